"""Bad input of every kind: a problem or a closed connection, in bounded time and memory, and the server goes on."""

import json
import re
import socket
import ssl
import time
from pathlib import Path

import pytest

from pdtest.formats import Identity
from pdtest.jose import b64, compact, sign_jws

from conftest import UNLIMITED


@pytest.fixture(scope="module")
def server(four):
    return four.servers["example.org"]


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    assert server.process.poll() is None, server.log()[-4000:]
    assert server.site.get("/healthz").status == 200


def is_problem(answer, statuses):
    assert answer.status in statuses, answer
    assert answer.headers["content-type"] == "application/problem+json", answer
    assert answer.json["type"].startswith("urn:pd:problem:")
    assert answer.json["status"] == answer.status


def raw(server, data: bytes, patience: float = 30) -> bytes:
    """Sends bytes, returns everything until the server closes or answers once."""
    connection = server.site.socket()
    connection.settimeout(patience)
    received = b""
    try:
        connection.sendall(data)
        while part := connection.recv(65536):
            received += part
            if b"\r\n\r\n" in received and b"connection: close" not in received.lower():
                break
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        connection.close()
    return received


def payload(identity: Identity) -> dict:
    return identity.body("create")


def doubled(identity: Identity) -> bytes:
    text = compact(payload(identity))
    return text[:-1] + b',"type":"create"}'


BAD_PAYLOADS = {
    "empty": lambda i: b"",
    "not JSON": lambda i: b"{",
    "an array": lambda i: b"[]",
    "deeply nested": lambda i: b'{"v":1,"x":' + b"[" * 3000 + b"]" * 3000 + b"}",
    "not UTF-8": lambda i: compact(payload(i))[:-1] + b',"x":"\xff\xfe"}',
    "duplicate keys": doubled,
    "negative time": lambda i: compact(payload(i) | {"time": -1}),
    "huge time": lambda i: compact(payload(i) | {"time": 2**63}),
    "huge number": lambda i: compact(payload(i))[:-1] + b',"seq":1e400}',
    "fraction": lambda i: compact(payload(i) | {"seq": 0.5}),
    "number as text": lambda i: compact(payload(i) | {"seq": "0"}),
    "version 2": lambda i: compact(payload(i) | {"v": 2}),
    "unknown type": lambda i: compact(payload(i) | {"type": "destroy"}),
    "too many devices": lambda i: compact(payload(i) | {"devices": payload(i)["devices"] * 17}),
    "a private key": lambda i: compact(payload(i) | {"identity_key": i.key.jwk | {"d": b64(bytes(32))}}),
    "a key of another kind": lambda i: compact(payload(i) | {"identity_key": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}),
    "a weak key": lambda i: compact(payload(i) | {"identity_key": {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(32))}}),
    "a control character in a name": lambda i: compact(
        payload(i) | {"devices": [{"name": "a\u001b[2J", "key": i.device.jwk}]}
    ),
}


@pytest.mark.parametrize("kind", BAD_PAYLOADS)
def test_a_bad_payload(server, kind):
    identity = Identity(f"bad{len(kind)}@example.org")
    operation = sign_jws(identity.key, "pd-op+jws", BAD_PAYLOADS[kind](identity))
    is_problem(server.put(identity, operation), (400, 413))


def test_unknown_members_are_kept(server):
    identity = Identity("unknown@example.org")
    operation = identity.create(favourite={"nested": [1, 2]})
    assert server.put(identity, operation).status == 201
    assert server.resolve(identity.address).json["operations"] == [operation]


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS256"}, {"crit": ["b64"], "b64": False}, {"typ": "JWT"}, {"typ": None}, {"kid": None}],
    ids=str,
)
def test_a_bad_header(server, header):
    identity = Identity("header@example.org")
    operation = sign_jws(identity.key, "pd-op+jws", payload(identity), **header)
    is_problem(server.put(identity, operation), (400,))


def test_an_operation_that_is_too_large(server):
    identity = Identity("large@example.org")
    is_problem(server.put(identity, identity.sign("create", padding="x" * 8000)), (413,))


def test_a_body_that_is_too_large(server):
    answer = raw(
        server,
        b"PUT /v1/identities/a@example.org HTTP/1.1\r\nHost: example.org\r\nContent-Length: 999999999\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413 "), answer


def test_a_wrong_content_type(server):
    identity = Identity("type@example.org")
    operation = identity.create()
    is_problem(server.put(identity, operation, headers={"Content-Type": "text/html"}), (415,))


@pytest.mark.parametrize(
    "target",
    [
        "/v1/identities/%00@example.org",
        "/v1/identities/%ff@example.org",
        "/v1/identities/a%40b%40example.org",
        "/v1/identities/" + "a" * 5000,
        "/v1/identities/a@127.0.0.1",
        "/v1/identities/a@[::1]",
        "/v1/identities/a@localhost",
        "/v1/identities/a@example.org:443",
        "/v1/identities/..%2f..%2fetc%2fpasswd",
        "/v1/identities/a'%20OR%201=1--@example.org",
        "/nowhere",
        "/.well-known/webfinger",
        "/.well-known/webfinger?resource=acct:",
    ],
)
def test_a_bad_target(server, target):
    is_problem(server.site.get(target), (400, 404, 414))


def test_a_wrong_method(server):
    answer = server.site.request("DELETE", "/v1/identities/a@example.org")
    is_problem(answer, (405,))
    assert "GET" in answer.headers["allow"]


def test_another_host(server):
    answer = server.site.get("/v1/identities/a@example.org", {"Host": "blackmesa.us"})
    is_problem(answer, (421,))


HEAD = b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n"

BAD_REQUESTS = {
    "a flood of headers": HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n",
    "one endless header": HEAD + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "an endless target": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "garbage": b"\x00\x01\x02\xff\xfe garbage\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": HEAD + b"Host: blackmesa.us\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "an overflowing length": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "a broken chunk": b"POST /v1/challenges HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a space before the colon": HEAD + b"X : a\r\n\r\n",
    "an obsolete fold": HEAD + b"X: a\r\n b\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("kind", BAD_REQUESTS)
def test_a_bad_request(server, kind):
    answer = raw(server, BAD_REQUESTS[kind])
    assert answer == b"" or answer[9:12] in (b"400", b"413", b"414", b"431", b"501", b"505"), answer


def test_pipelined_requests_are_answered_in_order(server):
    targets = [b"/healthz", b"/nowhere", b"/.well-known/pd", b"/healthz"]
    connection = server.site.socket()
    connection.sendall(b"".join(b"GET " + t + b" HTTP/1.1\r\nHost: example.org\r\n\r\n" for t in targets[:-1]))
    connection.sendall(b"GET " + targets[-1] + b" HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n")
    received = b""
    while part := connection.recv(65536):
        received += part
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", received)
    assert statuses == [b"200", b"404", b"200", b"200"]


def test_half_requests_hold_nothing_up(server):
    """Two hundred connections that never finish their request; the others are served meanwhile."""
    held = []
    for n in range(200):
        connection = server.site.socket() if n % 2 else socket.create_connection(("127.0.0.1", server.port))
        if n % 2:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: exam")
        held.append(connection)
    started = time.monotonic()
    for _ in range(20):
        assert server.site.get("/healthz").status == 200
    assert time.monotonic() - started < 10
    for connection in held:
        connection.close()


def memory(server) -> int:
    status = Path(f"/proc/{server.process.child.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


def test_memory_stays_bounded(server):
    for _ in range(20):
        server.resolve("warm@example.org")
    before = memory(server)
    for n in range(2000):
        assert server.resolve(f"nobody{n}@example.org").status == 404
    for kind in ("one endless header", "a flood of headers"):
        for _ in range(20):
            raw(server, BAD_REQUESTS[kind])
    assert memory(server) - before < 64 * 1024 * 1024


def test_too_many_requests(world):
    server = world.server("example.org", "--rate-address", "1:5")
    world.start()
    statuses = [server.site.get("/.well-known/pd").status for _ in range(8)]
    assert statuses[0] == 200 and 429 in statuses
    answer = server.site.get("/.well-known/pd")
    assert int(answer.headers["retry-after"]) >= 1 and answer.problem == "rate-limited"


def test_nothing_inside_shows(server):
    """Problems speak of the request, never of files, statements of SQL or code."""
    for target in ("/v1/identities/%ff", "/nowhere", "/v1/identities/x@y.z"):
        text = json.dumps(server.site.get(target).json)
        for word in ("/tmp", "sqlite", "SELECT", ".cc", "boost", "std::"):
            assert word not in text
