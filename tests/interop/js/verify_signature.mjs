// Reads {method, target_uri, headers, jwk} from standard input and verifies the request's signature with http-message-sig.
// Exits 0 when that accepts it, 1 when it does not.
import { createPublicKey, verify } from "node:crypto";
import { verifySignature } from "http-message-sig";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const request = JSON.parse(text);
const key = createPublicKey({ key: request.jwk, format: "jwk" });

const verifier = {
  algorithm: "ed25519",
  verify: (data, signature) => verify(null, data, key, signature),
};
try {
  await verifySignature(
    {
      kind: "request",
      method: request.method,
      targetUri: request.target_uri,
      fields: Object.entries(request.headers).map(([name, value]) => ({ name, value })),
    },
    {
      policy: {
        algorithms: ["ed25519"],
        requiredComponents: request.covered,
        requiredParameters: ["created", "keyid", "nonce", "tag"],
        maxAge: 300,
        clockSkew: 5,
      },
      resolveVerifier: () => verifier,
    },
  );
} catch (error) {
  console.error(`${error.code ?? ""} ${error.message}`);
  process.exit(1);
}
