"""What the server really answers is what schema/openapi.yaml says: status, headers, type and body."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from pdtest.events import Stream
from pdtest.fake_domain import FakeDomain
from pdtest.formats import Identity, endpoint, signal
from pdtest.jose import Key
from pdtest.signing import signed_headers

from conftest import UNLIMITED

DESCRIPTION = yaml.safe_load((Path(os.environ["PD_SOURCE"]) / "schema" / "openapi.yaml").read_text())
RESOLVER = jsonschema.RefResolver.from_schema(DESCRIPTION)


def resolved(node):
    while "$ref" in node:
        _, node = RESOLVER.resolve(node["$ref"])
    return node


def operation(method: str, target: str):
    """(operationId, description) of what the description calls this request."""
    path = target.split("?")[0].strip("/").split("/")
    for pattern, item in DESCRIPTION["paths"].items():
        parts = pattern.strip("/").split("/")
        if len(parts) == len(path) and all(a == b or a.startswith("{") for a, b in zip(parts, path)):
            return item[method.lower()]
    raise AssertionError(f"{target} is not described")


def holds(method: str, target: str, answer) -> None:
    """The answer is one that the description allows for this request."""
    described = operation(method, target)
    what = f"{method} {target}: {answer.status}"
    assert str(answer.status) in described["responses"], f"{what} is not described"
    response = resolved(described["responses"][str(answer.status)])
    for name, header in response.get("headers", {}).items():
        header = resolved(header)
        if header.get("required"):
            assert name.lower() in answer.headers, f"{what}: no {name}"
        if name.lower() in answer.headers:
            jsonschema.validate(answer.headers[name.lower()], header["schema"], resolver=RESOLVER)
    if "content" not in response:
        assert answer.body == b"", what
        return
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in response["content"], f"{what}: {kind} is not described"
    schema = response["content"][kind]["schema"]
    if resolved(schema)["type"] == "object":
        jsonschema.Draft202012Validator(schema, resolver=RESOLVER).validate(answer.json)


@pytest.fixture(scope="module")
def server(four):
    return four.servers["example.org"]


@pytest.fixture
def somebody(server, request):
    identity = Identity(f"api{abs(hash(request.node.name)) % 10**9}@example.org")
    assert server.register(identity).status == 201
    return identity


def check(server, method, target, body="", headers=None, status=None):
    answer = server.site.request(method, target, body, headers)
    holds(method, target, answer)
    assert status is None or answer.status == status, answer
    return answer


def signed(server, method, target, key, body="", identity=None, **parts):
    parts.setdefault("nonce", server.challenge())
    headers = signed_headers(key, method, f"https://example.org{target}", body.encode(), identity=identity, **parts)
    return {"Content-Type": "application/jose", **headers} if body else headers


def test_the_domain(server, somebody):
    answer = check(server, "GET", "/.well-known/pd", status=200)
    check(server, "GET", "/.well-known/pd", headers={"If-None-Match": answer.headers["etag"]}, status=304)
    check(server, "GET", "/.well-known/pd", headers={"Host": "example.com"}, status=421)
    base = "/.well-known/webfinger?resource="
    check(server, "GET", f"{base}acct:{somebody.address}", status=200)
    check(server, "GET", f"{base}acct:nobody@example.org", status=404)
    check(server, "GET", f"{base}", status=400)


def test_challenges(server):
    check(server, "POST", "/v1/challenges", status=200)
    check(server, "POST", "/v1/challenges", "[", {"Content-Type": "application/json"}, status=400)
    check(server, "POST", "/v1/challenges", "{}", {"Content-Type": "text/plain"}, status=415)


def test_operations(server):
    check(server, "GET", "/healthz", status=200)
    check(server, "GET", "/readyz", status=200)
    holds("GET", "/metrics", server.figures())
    check(server, "GET", "/metrics", status=404)


def test_resolving(server, somebody):
    target = f"/v1/identities/{somebody.address}"
    answer = check(server, "GET", target, status=200)
    check(server, "GET", target, headers={"If-None-Match": answer.headers["etag"]}, status=304)
    check(server, "GET", "/v1/identities/nobody@example.org", status=404)
    check(server, "GET", "/v1/identities/nobody", status=400)
    check(server, "GET", target, headers={"PD-Identity": "example.net"}, status=401)
    check(server, "GET", target, headers={"Host": "example.com"}, status=421)


def test_resolving_elsewhere(world):
    bad = FakeDomain(world, "blackmesa.us")
    gordon = bad.person("gordon")
    server = world.server("example.org", *UNLIMITED, policy="default allow\ndeny example.net\n")
    world.overrides["example.com"] = 1
    world.start()
    check(server, "GET", f"/v1/identities/{gordon.address}", status=200)
    check(server, "GET", "/v1/identities/nobody@blackmesa.us", status=404)
    bad.answer = bad.resolving_any = lambda path: (200, {}, {"keys": []})
    check(server, "GET", "/v1/identities/other@blackmesa.us", status=502)
    check(server, "GET", "/v1/identities/barney@example.net", status=403)
    check(server, "GET", "/v1/identities/barney@example.com", status=504)


def test_submitting(server):
    identity = Identity("submitter@example.org")
    target = f"/v1/identities/{identity.address}"
    put = lambda operation, **parts: check(  # noqa: E731
        server, "PUT", target, operation, signed(server, "PUT", target, identity.key, operation, **parts)
    )
    assert put(identity.create()).status == 201
    assert put(identity.update()).status == 200
    assert put("garbage").status == 400
    assert put(identity.sign("update", key=identity.device)).status == 403
    assert put(identity.operations[0]).status == 409
    assert put(identity.sign("update", padding="x" * 8000)).status == 413
    assert put(identity.sign("update"), nonce="A" * 75).status == 401
    check(server, "PUT", target, "x", {"Content-Type": "text/plain"}, status=415)
    check(server, "PUT", "/v1/identities/gordon@blackmesa.us", "x", {"Content-Type": "application/jose"}, status=421)


def test_endpoints(server, somebody):
    base = f"/v1/identities/{somebody.address}/endpoints"
    target = f"{base}/{somebody.device.id}"
    record = endpoint(somebody, ["198.51.100.4:4433"])
    put = lambda body, key=somebody.device: check(  # noqa: E731
        server, "PUT", target, body, signed(server, "PUT", target, key, body, somebody.address)
    )
    ask = lambda where, key: check(  # noqa: E731
        server, "GET", where, headers=signed(server, "GET", where, key, identity=somebody.address)
    )
    assert put(record).status == 204
    assert put("garbage").status == 400
    assert put(record, somebody.key).status == 403
    assert ask(base, somebody.device).json["endpoints"] == [record]
    assert ask(base, Key()).status == 401
    assert ask("/v1/identities/nobody@example.org/endpoints", somebody.device).status == 404
    check(server, "PUT", target, record, {"Content-Type": "application/jose"}, status=401)
    check(server, "PUT", target, record, {"Content-Type": "text/plain"}, status=415)
    check(server, "GET", base, status=401)


def test_signals(server, somebody):
    target = "/v1/signals"

    def post(*texts, key=somebody.device):
        body = json.dumps({"signals": texts})
        headers = signed(server, "POST", target, key, body, somebody.address) | {"Content-Type": "application/json"}
        return check(server, "POST", target, body, headers)

    text = signal(somebody, somebody, b"to myself")
    assert post(text).status == 202
    assert post(text).status == 409
    assert post("garbage").status == 400
    assert post(signal(somebody, somebody, b"", to=Key())).status == 410
    assert post(signal(somebody, Identity("nobody@example.org"), b"")).status == 404
    assert post(signal(somebody, somebody, b"", padding="x" * 8000)).status == 413
    assert post(text, key=Key()).status == 401
    check(server, "POST", target, "{}", {"Content-Type": "text/plain"}, status=415)
    check(server, "POST", target, "{}", {"Content-Type": "application/json"}, status=401)
    stream = Stream(server, somebody).begun()
    assert "200" in operation("GET", "/v1/events")["responses"] and stream.status == 200
    stream.close()
    check(server, "GET", "/v1/events", status=401)


def test_limits(world):
    server = world.server("example.org", "--rate-address", "0.001:1").start()
    server.site.get("/healthz")
    for target in ("/.well-known/pd", "/.well-known/webfinger", "/v1/identities/a@example.org", "/healthz"):
        assert check(server, "GET", target, status=429).headers["retry-after"]
