"""A home server that misbehaves as it is told, speaking the protocol from the specifications alone."""

import contextlib
import http.server
import json
import socket
import ssl
import threading
import time
from urllib.parse import unquote

from .formats import DomainKeys, Identity, now
from .https import Answer
from .jose import Key, random_id
from .signing import signed_headers
from .world import World


class FakeDomain:
    """Serves one domain honestly until `answer` is replaced.

    `answer(path) -> (status, headers, body)`: `body` is bytes, a JSON value, or an iterator of chunks that is sent as long
    as the client reads.
    """

    def __init__(self, world: World, domain: str):
        self.domain = domain
        self.keys = DomainKeys(domain)
        self.identities: dict[str, Identity] = {}
        self.connections = 0  # accepted, whatever came of them
        self.requests: list[str] = []
        self.signed: list[dict] = []
        self.answer = self.honest
        certificate, key = world.authority.issue(domain)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._stopped = threading.Event()
        self._connections: list[socket.socket] = []
        self._server = self._listen(0)
        self.port = self._server.server_address[1]
        world.overrides[domain] = self.port
        world.on_close(self.stop)

    def person(self, local: str, **options) -> Identity:
        identity = Identity(f"{local}@{self.domain}", **options)
        identity.create()
        self.identities[identity.address] = identity
        return identity

    def resolution(self, address: str, **overrides) -> dict:
        return self.keys.resolution(self.identities.get(address, address), **overrides)

    def honest(self, path: str):
        if path == "/.well-known/pd":
            return 200, {}, self.keys.descriptor()
        if path.startswith("/v1/identities/"):
            address = unquote(path[len("/v1/identities/") :])
            known = address in self.identities
            return 200 if known else 404, {"Cache-Control": "max-age=0"}, self.resolution(address)
        return 404, {}, {}

    def resolving(self, make):
        """Honest but for identities: those are answered with `make(address)`."""

        def answer(path: str):
            if not path.startswith("/v1/identities/"):
                return self.honest(path)
            return 200, {"Cache-Control": "max-age=0"}, make(unquote(path[len("/v1/identities/") :]))

        self.answer = answer

    def relay(self, server, *signals: str, key: Key | None = None) -> Answer:
        """Brings signals to a real server as a home server does (SGN-24)."""
        body = json.dumps({"signals": signals})
        uri = f"https://{server.domain}/v1/signals"
        headers = signed_headers(key or self.keys.key, "POST", uri, body.encode(), tag="pd-federation", identity=self.domain)
        return server.site.request("POST", "/v1/signals", body, {"Content-Type": "application/json", **headers})

    def record(self, handler) -> None:
        """Keeps the request: its path always, all of it when it is signed."""
        self.requests.append(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        if "signature" in headers:
            target_uri = f"https://{self.domain}{handler.path}"
            self.signed.append({"method": handler.command, "target_uri": target_uri, "headers": headers, "body": body})

    def stop(self) -> None:
        if self._server is not None:
            self._stopped.set()
            self._server.shutdown()
            self._server.server_close()
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._connections.clear()
            self._server = None

    def restart(self) -> None:
        """Listens again on the same port."""
        self._stopped.clear()
        self._server = self._listen(self.port)

    def _listen(self, port: int) -> http.server.ThreadingHTTPServer:
        domain = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                self.request.settimeout(10)
                self.request = domain._context.wrap_socket(self.request, server_side=True)
                domain._connections.append(self.request)
                super().setup()

            def finish(self):
                # The server closes the socket that it accepted, which wrapping has left empty.
                super().finish()
                self.request.close()

            def log_message(self, *_):
                pass

            def do_GET(self):
                domain.record(self)
                status, headers, body = domain.answer(self.path)
                if not isinstance(body, bytes) and hasattr(body, "__next__"):
                    self._stream(body)
                    return
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self):
                domain.record(self)
                self.send_response(204)
                self.end_headers()

            def do_POST(self):
                domain.record(self)
                body = json.dumps({"challenge": random_id(), "expires": now() + 120}).encode()
                self.send_response(202 if self.path == "/v1/signals" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _stream(self, chunks):
                """Raw bytes, the status line included, for as long as the client listens."""
                self.close_connection = True
                for chunk in chunks:
                    if domain._stopped.is_set():
                        return
                    self.wfile.write(chunk)
                    self.wfile.flush()

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def process_request(self, request, client_address):
                domain.connections += 1
                super().process_request(request, client_address)

            def handle_error(self, request, client_address):
                pass  # clients hang up on a misbehaving server: that is the point

        listener = Listener(("127.0.0.1", port), Handler)
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        return listener


def one_byte_a_second(body: bytes):
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    for byte in body:
        yield bytes([byte])
        time.sleep(1)


def endless_body():
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"1000\r\n" + b" " * 0x1000 + b"\r\n"


def endless_headers():
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"a" * 1000 + b"\r\n"


def garbage():
    yield b"\x00\xff\x16\x03\x01 this is not HTTP \r\n\r\n" * 10
