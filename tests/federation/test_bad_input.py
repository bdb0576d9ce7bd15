"""Bad input of every kind: a problem of its own, then at most a closed connection, and the server goes on."""

import json
import re

import pytest

from pdtest.formats import Identity
from pdtest.https import is_problem, is_raw_problem
from pdtest.jose import b64, compact, sign_jws


@pytest.fixture(scope="module")
def server(four):
    return four.servers["example.org"]


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    assert server.process.poll() is None, server.log()[-4000:]
    assert server.site.get("/healthz").status == 200


def payload(identity: Identity) -> dict:
    return identity.body("create")


def changed(identity: Identity, **parts) -> bytes:
    return compact(payload(identity) | parts)


def doubled(identity: Identity) -> bytes:
    text = compact(payload(identity))
    return text[:-1] + b',"type":"create"}'


# A payload, and the problem and rule by which it is refused.
BAD_PAYLOADS = {
    "empty": (lambda i: b"", "malformed", "JWS-8"),
    "not JSON": (lambda i: b"{", "malformed", "JWS-8"),
    "an array": (lambda i: b"[]", "malformed", "JWS-8"),
    "deeply nested": (lambda i: b'{"v":1,"x":' + b"[" * 1000 + b"]" * 1000 + b"}", "too-large", "JWS-8"),
    "not UTF-8": (lambda i: compact(payload(i))[:-1] + b',"x":"\xff\xfe"}', "malformed", "JWS-8"),
    "duplicate keys": (doubled, "malformed", "JWS-8"),
    "negative time": (lambda i: changed(i, time=-1), "malformed", "OP-7"),
    "huge time": (lambda i: changed(i, time=2**63), "malformed", "OP-7"),
    "huge number": (lambda i: compact(payload(i))[:-1] + b',"x":1e400}', "malformed", "JWS-8"),
    "fraction": (lambda i: changed(i, seq=0.5), "malformed", "OP-5"),
    "number as text": (lambda i: changed(i, seq="0"), "malformed", "OP-5"),
    "version 2": (lambda i: changed(i, v=2), "unsupported", "OP-2"),
    "unknown type": (lambda i: changed(i, type="destroy"), "unsupported", "OP-3"),
    "too many devices": (lambda i: changed(i, devices=payload(i)["devices"] * 17), "too-large", "OP-9"),
    "a device twice": (lambda i: changed(i, devices=payload(i)["devices"] * 2), "malformed", "OP-11"),
    "a private key": (lambda i: changed(i, identity_key=i.key.jwk | {"d": b64(bytes(32))}), "malformed", "OP-8"),
    "a key of another kind": (lambda i: changed(i, identity_key={"kty": "RSA", "n": "AQAB", "e": "AQAB"}), "unsupported", "OP-8"),
    "a weak key": (lambda i: changed(i, identity_key=i.key.jwk | {"x": b64(bytes(32))}), "malformed", "OP-8"),
    "a control character in a name": (
        lambda i: changed(i, devices=[{"name": "a\u001b[2J", "key": i.device.jwk}]),
        "malformed",
        "OP-10",
    ),
}


@pytest.mark.parametrize("kind", BAD_PAYLOADS)
def test_a_bad_payload(server, kind):
    make, name, rule = BAD_PAYLOADS[kind]
    identity = Identity(f"bad{len(kind)}@example.org")
    operation = sign_jws(identity.key, "pd-op+jws", make(identity))
    is_problem(server.put(identity, operation), 413 if name == "too-large" else 400, name, rule)


def test_unknown_members_are_kept(server):
    identity = Identity("unknown@example.org")
    operation = identity.create(favourite={"nested": [1, 2]})
    assert server.put(identity, operation).status == 201
    assert server.resolve(identity.address).json["operations"] == [operation]


@pytest.mark.parametrize(
    "header, name, rule",
    [
        ({"alg": "none"}, "unsupported", "JWS-4"),
        ({"alg": "HS256"}, "unsupported", "JWS-4"),
        ({"crit": ["b64"], "b64": False}, "unsupported", "JWS-6"),
        ({"typ": "JWT"}, "unsupported", "JWS-5"),
        ({"typ": "pd-statement+jws"}, "unsupported", "JWS-5"),
        ({"typ": None}, "malformed", "JWS-5"),
        ({"kid": None}, "malformed", "JWS-7"),
    ],
    ids=str,
)
def test_a_bad_header(server, header, name, rule):
    identity = Identity("header@example.org")
    operation = sign_jws(identity.key, "pd-op+jws", payload(identity), **header)
    is_problem(server.put(identity, operation), 400, name, rule)


def test_an_operation_that_is_too_large(server):
    identity = Identity("large@example.org")
    is_problem(server.put(identity, identity.sign("create", padding="x" * 8000)), 413, "too-large", "JWS-1")


def test_a_body_that_is_too_large(server):
    answer = server.site.raw(
        b"PUT /v1/identities/a@example.org HTTP/1.1\r\nHost: example.org\r\nContent-Length: 999999999\r\n\r\n",
    )
    is_raw_problem(answer, (413,))


def test_a_wrong_content_type(server):
    identity = Identity("type@example.org")
    operation = identity.create()
    is_problem(server.put(identity, operation, headers={"Content-Type": "text/html"}), 415, "wrong-content-type")


@pytest.mark.parametrize(
    "target, status, name",
    [
        ("/v1/identities/%00@example.org", 400, "malformed"),
        ("/v1/identities/%ff@example.org", 400, "malformed"),
        ("/v1/identities/a%40b%40example.org", 400, "malformed"),
        ("/v1/identities/" + "a" * 5000, 400, "malformed"),
        ("/v1/identities/a@127.0.0.1", 400, "malformed"),
        ("/v1/identities/a@[::1]", 400, "malformed"),
        ("/v1/identities/a@localhost", 400, "malformed"),
        ("/v1/identities/a@example.org:443", 400, "malformed"),
        ("/v1/identities/..%2f..%2fetc%2fpasswd", 400, "malformed"),
        ("/v1/identities/a'%20OR%201=1--@example.org", 400, "malformed"),
        ("/nowhere", 404, "not-found"),
        ("/.well-known/webfinger", 400, "malformed"),
        ("/.well-known/webfinger?resource=acct", 400, "malformed"),
        ("/.well-known/webfinger?resource=acct:", 404, "nobody"),
    ],
)
def test_a_bad_target(server, target, status, name):
    is_problem(server.site.get(target), status, name)


BAD_BODIES = {
    "not JSON": (b"{", 400, "malformed"),
    "an array": (b"[]", 400, "malformed"),
    "nested": (b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}", 400, "malformed"),
    "not UTF-8": (b'{"a":"\xff"}', 400, "malformed"),
    "a member twice": (b'{"a":1,"a":2}', 400, "malformed"),
    "a huge number": (b'{"a":1e400}', 400, "malformed"),
    "too large": (b'{"a":"' + b"x" * 65536 + b'"}', 413, "too-large"),
}


@pytest.mark.parametrize("kind", BAD_BODIES)
def test_a_bad_body(server, kind):
    body, status, name = BAD_BODIES[kind]
    answer = server.site.request("POST", "/v1/challenges", body, {"Content-Type": "application/json"})
    is_problem(answer, status, name)


def test_members_that_nobody_knows_are_ignored(server):
    answer = server.site.request("POST", "/v1/challenges", b'{"later":[{}]}', {"Content-Type": "application/json"})
    assert answer.status == 200 and answer.json["challenge"], answer


def test_a_wrong_method(server):
    answer = server.site.request("DELETE", "/v1/identities/a@example.org")
    is_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


def test_another_host(server):
    answer = server.site.get("/v1/identities/a@example.org", {"Host": "blackmesa.us"})
    is_problem(answer, 421, "wrong-host")


HEAD = b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n"

BAD_REQUESTS = {
    "a flood of headers": (HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n", (431,)),
    "one endless header": (HEAD + b"X: " + b"a" * 200_000 + b"\r\n\r\n", (431,)),
    "an endless target": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: example.org\r\n\r\n", (414,)),
    "garbage": (b"\x00\x01\x02\xff\xfe garbage\r\n\r\n", (400,)),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", (400,)),
    "two hosts": (HEAD + b"Host: blackmesa.us\r\n\r\n", (400,)),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", (400,)),
    "length and chunks": (HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", (400,)),
    "an overflowing length": (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", (400, 413)),
    "a broken chunk": (b"POST /v1/challenges HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
    "a space before the colon": (HEAD + b"X : a\r\n\r\n", (400,)),
    "an obsolete fold": (HEAD + b"X: a\r\n b\r\n\r\n", (400,)),
    "HTTP/0.9": (b"GET /healthz\r\n\r\n", (400, 505)),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
}


@pytest.mark.parametrize("kind", BAD_REQUESTS)
def test_a_bad_request(server, kind):
    """It may hang up without a word only on what is no HTTP."""
    data, statuses = BAD_REQUESTS[kind]
    is_raw_problem(server.site.raw(data), statuses)


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


def test_nothing_inside_shows(server):
    """Problems speak of the request, never of files, statements of SQL or code."""
    for target in ("/v1/identities/%ff", "/nowhere", "/v1/identities/x@y.z"):
        text = json.dumps(server.site.get(target).json)
        for word in ("/tmp", "sqlite", "SELECT", ".cc", "boost", "std::"):
            assert word not in text
