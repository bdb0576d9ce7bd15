"""A server in front of a server that loses what a client most wants to hear."""

import socket
import ssl
import threading


class CuttingProxy:
    """Stands in for a domain with a certificate of its own, and passes requests on, except that those of `method` get no
    answer: with lost = "request" the server never hears of them, with lost = "answer" it does."""

    def __init__(self, server, method: str, lost: str):
        self._method = method.encode()
        self._lost = lost
        self._target = server.port
        self._name = server.domain
        self._inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._inward.load_cert_chain(server.certificate, server.key)
        self._outward = ssl.create_default_context(cafile=str(server.world.authority.ca_file))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, socket_of_client):
        with self._inward.wrap_socket(socket_of_client, server_side=True) as client:
            request = read_message(client)
            cut = request.startswith(self._method + b" ")
            if cut and self._lost == "request":
                return
            upstream = socket.create_connection(("127.0.0.1", self._target))
            with self._outward.wrap_socket(upstream, server_hostname=self._name) as server:
                server.sendall(request)
                answer = read_message(server)
            if not cut:
                client.sendall(answer)


def read_message(source) -> bytes:
    """One HTTP message with a Content-Length, or without a body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(source)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += receive(source)
    return head + b"\r\n\r\n" + body


def receive(source) -> bytes:
    piece = source.recv(65536)
    if not piece:
        raise EOFError
    return piece
