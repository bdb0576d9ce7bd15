// node webfinger.mjs ADDRESS PORT CA_FILE: resolves acct:ADDRESS with webfinger.js and prints the JRD that it understood. Only
// the way to the server is ours: the domain's port 443 is a port of this machine.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import WebFinger from "webfinger.js";

const [address, port, caFile] = process.argv.slice(2);
const ca = readFileSync(caFile);

globalThis.fetch = (url, options = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, pathname, search, host } = new URL(url);
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        servername: hostname,
        ca,
        path: pathname + search,
        headers: { ...options.headers, host },
      },
      (incoming) => {
        let body = "";
        incoming.on("data", (part) => (body += part));
        incoming.on("end", () => resolve(new Response(body, { status: incoming.statusCode, headers: incoming.headers })));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });

const client = new WebFinger({ tls_only: true, allow_private_addresses: true });
const answer = await client.lookup(address);
console.log(JSON.stringify(answer.object));
