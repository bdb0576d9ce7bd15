"""One HTTPS request to a server of the test, under its own name but at an address that the test knows."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The name at the end of a problem's type; empty if the answer is none (RFC 9457)."""
        if self.headers.get("content-type") != "application/problem+json":
            return ""
        return self.json["type"].rsplit(":", 1)[-1]


@dataclass
class Site:
    """Where a domain's server really listens."""

    domain: str
    port: int
    ca_file: str
    address: str = "127.0.0.1"
    timeout: float = 20
    new_socket: Callable = socket.socket  # somewhere else than here, for a place of the NAT lab

    @property
    def origin(self) -> str:
        return f"https://{self.domain}"

    def socket(self, source: str = "") -> ssl.SSLSocket:
        """A connection, from `source` where that is given: servers bound what one address may hold."""
        raw = self.new_socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.settimeout(self.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            raw.bind((source, 0))
        raw.connect((self.address, self.port))
        context = ssl.create_default_context(cafile=self.ca_file)
        return context.wrap_socket(raw, server_hostname=self.domain)

    def request(self, method: str, target: str, body: bytes | str = b"", headers: dict | None = None) -> Answer:
        body = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection(self.domain, timeout=self.timeout)
        connection.sock = self.socket()
        try:
            connection.request(method, target, body or None, {"Host": self.domain, **(headers or {})})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def get(self, target: str, headers: dict | None = None) -> Answer:
        return self.request("GET", target, b"", headers)

    def raw(self, data: bytes, patience: float = 30) -> bytes:
        """Sends bytes and returns everything until the server closes the connection, which it has to."""
        connection = self.socket()
        connection.settimeout(patience)
        received = b""
        try:
            connection.sendall(data)
        except (ConnectionError, ssl.SSLError):
            pass  # it does not have to read all of it
        try:
            while part := connection.recv(65536):
                received += part
        except TimeoutError:
            raise AssertionError(f"still open after {patience:g} s: {received!r}") from None
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            connection.close()
        return received


def is_problem(answer: Answer, status: int, name: str | None = None, rule: str | None = None) -> None:
    """What RFC 9457 and PROB-1 … PROB-3 ask for, and that it is this one."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json", answer
    assert answer.json["type"].startswith("urn:pd:problem:") and answer.json["status"] == status, answer
    assert name is None or answer.problem == name, answer
    assert rule is None or answer.json["rule"] == rule, answer


def is_raw_problem(received: bytes, statuses) -> None:
    """One whole problem, in whose body the status is that of the status line."""
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head[9:12])
    assert status in statuses, received
    assert b"content-type: application/problem+json" in head.lower(), received
    assert json.loads(body)["status"] == status, received
