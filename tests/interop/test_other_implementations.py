"""What pd-server and pdctl really send, before other people's implementations."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature

from pdtest.fake_domain import FakeDomain
from pdtest.fixtures import world
from pdtest.formats import Identity
from pdtest.jose import Key, b64, payload_of
from pdtest.signing import content_digest

JS = Path(__file__).parent / "js"
OPENAPI = Path(os.environ["PD_SOURCE"]) / "schema" / "openapi.yaml"


def node(script: str, *arguments, input: str = "") -> subprocess.CompletedProcess:
    command = ["node", JS / script, *map(str, arguments)]
    return subprocess.run(command, input=input, capture_output=True, text=True, timeout=60)


def accepted(request: dict, jwk: dict, covered: list[str]) -> bool:
    question = {**request, "jwk": jwk, "covered": covered, "body": None}
    return node("verify_signature.mjs", input=json.dumps(question)).returncode == 0


def holds_only_as_it_is(request: dict, jwk: dict, covered: list[str]) -> None:
    """http-message-sig accepts the request, and refuses it with anything covered changed or under another key."""
    assert accepted(request, jwk, covered)
    assert not accepted(request, Key().jwk, covered)
    assert not accepted({**request, "method": "DELETE"}, jwk, covered)
    assert not accepted({**request, "target_uri": request["target_uri"] + "x"}, jwk, covered)
    for name in covered:
        if not name.startswith("@"):
            changed = {**request["headers"], name: request["headers"][name] + "x"}
            assert not accepted({**request, "headers": changed}, jwk, covered)


def test_http_message_sig_accepts_a_servers_request(world):
    other = FakeDomain(world, "blackmesa.us")
    gordon = other.person("gordon")
    server = world.server("example.org").start()
    assert server.resolve(gordon.address).status == 200
    descriptor = server.site.get("/.well-known/pd").json
    key = payload_of(descriptor["keys"][-1])["key"]
    holds_only_as_it_is(other.signed[-1], key, ["@method", "@target-uri", "pd-identity"])


def test_http_message_sig_accepts_a_persons_request(world):
    home = FakeDomain(world, "example.org")
    olivier = world.person("olivier@example.org")
    olivier.run("register", olivier.address, status=None)
    request = next(request for request in home.signed if request["method"] == "PUT")
    assert request["headers"]["content-digest"] == content_digest(request["body"])
    key = payload_of(request["body"].decode())["identity_key"]
    holds_only_as_it_is(request, key, ["@method", "@target-uri", "content-digest"])


def test_a_webfinger_client_resolves_a_user(world):
    server = world.server("example.org").start()
    olivier = world.person("olivier@example.org").register()
    done = node("webfinger.mjs", olivier.address, server.port, world.authority.ca_file)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])  # it greets first
    assert answer["subject"] == "acct:olivier@example.org"
    assert any(link["href"] == "https://example.org/v1/identities/olivier@example.org" for link in answer["links"])


def verified(text: str, keys: dict[str, JWK]) -> None:
    jws = JWS()
    jws.deserialize(text)
    jws.allowed_algs = ["EdDSA"]
    jws.verify(keys[jws.jose_header["kid"]])


def test_jwcrypto_accepts_what_a_server_answers(world):
    """All that is signed in an answer about somebody of another domain: history, statement, domain keys, descriptor."""
    asking, home = world.server("example.org"), world.server("blackmesa.us")
    world.start()
    gordon = Identity("gordon@blackmesa.us")
    assert home.register(gordon).status == 201
    before = gordon.key
    assert home.put(gordon, gordon.rotate(), signer=before).status == 200
    answer = asking.resolve(gordon.address).json
    texts = [*answer["operations"], answer["statement"], *answer["domain"]["keys"], answer["domain"]["descriptor"]]
    assert len(texts) == 5
    named = [payload_of(text) for text in texts]
    keys = {jwk.thumbprint(): jwk for jwk in (JWK(**p[n]) for p in named for n in ("identity_key", "key") if n in p)}
    for text in texts:
        verified(text, keys)
        other = text.rpartition(".")[0] + "." + b64(bytes(64))
        with pytest.raises(InvalidJWSSignature):
            verified(other, keys)


def test_a_linter_accepts_the_openapi_description():
    done = node("lint_openapi.mjs", OPENAPI)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("old, new", [("operationId: ", "operationld: "), ("#/components/schemas/", "#/components/schemes/")])
def test_the_linter_finds_what_is_wrong(tmp_path, old, new):
    """A negative control: what it accepts above it has read."""
    text = OPENAPI.read_text()
    assert old in text
    broken = tmp_path / "openapi.yaml"
    broken.write_text(text.replace(old, new, 1))
    done = node("lint_openapi.mjs", broken)
    assert done.returncode == 1, done.stdout + done.stderr
