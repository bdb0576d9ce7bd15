"""The signed formats, before jwcrypto and OpenSSL's command line: they agree with what the vectors say."""

import base64
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature
from nacl.public import SealedBox
from nacl.signing import SigningKey

SCHEMA = Path(os.environ["PD_SOURCE"]) / "schema"
SIGNED = ["operation", "history", "statement", "domain-keys", "descriptor", "resolution", "endpoint", "signal"]
COMPACT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def vectors(kind: str) -> list[tuple[str, dict]]:
    found = [(f"{kind}/{file.stem}", json.loads(file.read_text())) for file in sorted((SCHEMA / "vectors" / kind).iterdir())]
    assert found
    return found


def accepted(kind: str):
    return [pytest.param(vector, id=name) for name, vector in vectors(kind) if "output" in vector]


def refused_under(rule: str):
    return [pytest.param(v, id=name) for kind in SIGNED for name, v in vectors(kind) if v.get("rule") == rule]


def all_signed(value) -> list[str]:
    """Every JWS that is somewhere in `value`."""
    return COMPACT.findall(json.dumps(value))


def keys_in(value) -> list[JWK]:
    """Every public JWK that is somewhere in `value`, what its JWS say included."""
    if isinstance(value, dict):
        if value.get("kty") == "OKP":
            return [JWK(**value)]
        return [key for member in value.values() for key in keys_in(member)]
    if isinstance(value, list):
        return [key for item in value for key in keys_in(item)]
    if isinstance(value, str) and COMPACT.fullmatch(value):
        return [key for part in value.split(".")[:2] for key in keys_in(json.loads(decoded(part)))]
    return []


def verify(text: str, keys: list[JWK]) -> dict:
    """Has jwcrypto verify `text` under the key that its kid names; returns the payload."""
    jws = JWS()
    jws.deserialize(text)
    jws.allowed_algs = ["EdDSA"]
    kid = json.loads(jws.objects["protected"])["kid"]
    jws.verify(next(key for key in keys if key.thumbprint() == kid))
    return json.loads(jws.payload)


@pytest.mark.parametrize("vector", [param for kind in SIGNED for param in accepted(kind)])
def test_jwcrypto_verifies_what_is_accepted(vector):
    # A recovery key is named by its thumbprint alone; who signs with it brings it along. The endpoint's device is in the
    # history, the statement's key beside it.
    keys = keys_in(vector["input"])
    texts = all_signed(vector["input"])
    assert texts
    for text in texts:
        assert verify(text, keys)


@pytest.mark.parametrize("vector", refused_under("JWS-10"))
def test_jwcrypto_refuses_what_is_forged(vector):
    keys = keys_in(vector["input"])
    with pytest.raises(InvalidJWSSignature):
        for text in all_signed(vector["input"]):
            verify(text, keys)


@pytest.mark.parametrize("vector", accepted("operation"))
def test_operations_read_the_same(vector):
    text, output = vector["input"]["jws"], vector["output"]
    payload = verify(text, keys_in(text))
    assert output["hash"] == base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    assert output["state"]["identity_key"] == JWK(**payload["identity_key"]).thumbprint()
    devices = [{"name": device["name"], "key": JWK(**device["key"]).thumbprint()} for device in payload["devices"]]
    assert output["state"]["devices"] == devices
    assert output["state"]["recovery"] == payload["recovery"]


@pytest.mark.parametrize("vector", accepted("signal"))
def test_pynacl_opens_signals(vector):
    signal = verify(vector["input"]["jws"], keys_in(vector["input"]))
    device = SigningKey(decoded(vector["input"]["seed"]))
    plain = SealedBox(device.to_curve25519_private_key()).decrypt(decoded(signal["box"]))
    parts = ["pd-signal", vector["output"]["device"], *(signal[name] for name in ("iss", "sub", "dev", "jti"))]
    assert plain[:32] == hashlib.sha256("".join(f"{part}\n" for part in parts).encode()).digest()
    message, mark, zeros = plain[32:].rpartition(b"\x80")
    assert mark and message == decoded(vector["output"]["message"])
    assert set(zeros) <= {0} and len(plain) in (1024, 2048, 3584)


@pytest.mark.parametrize("vector", accepted("key"))
def test_thumbprints_are_the_same(vector):
    assert JWK(**vector["input"]["jwk"]).thumbprint() == vector["output"]["thumbprint"]


def openssl_public_key(pem: str, passphrase: str) -> bytes:
    command = ["openssl", "pkey", "-pubout", "-outform", "DER", "-passin", "pass:" + passphrase]
    done = subprocess.run(command, input=pem.encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout[-32:]  # RFC 8410, section 4: the key is the end of the structure


@pytest.mark.parametrize("vector", accepted("private-key"))
def test_openssl_reads_private_keys_at_rest(vector):
    raw = decoded(vector["output"]["jwk"]["x"])
    assert openssl_public_key(vector["output"]["pem"], "") == raw
    assert openssl_public_key(vector["input"]["pem"], vector["input"].get("passphrase", "")) == raw


@pytest.mark.parametrize("page", ["operations", "statement", "descriptor", "resolution", "endpoints", "signals"])
def test_the_examples_of_the_pages_are_vectors(page):
    blocks = re.findall(r"```\w*\n(.*?)```\n", (SCHEMA / "spec" / f"{page}.md").read_text(), re.DOTALL)
    examples = [text for block in blocks for text in COMPACT.findall("".join(block.split()))]
    known = {text for kind in SIGNED for _, vector in vectors(kind) for text in all_signed(vector)}
    assert examples and set(examples) <= known


def test_the_threats_are_shown_by_vectors_that_are_there():
    text = (SCHEMA.parent / "docs" / "threats.md").read_text()
    named = re.findall(r"`([a-z-]+/[a-z0-9-]+)`", text)
    assert named
    assert [name for name in named if not (SCHEMA / "vectors" / f"{name}.json").exists()] == []
    rules = {rule for page in (SCHEMA / "spec").iterdir() for rule in re.findall(r"\*\*([A-Z]+-\d+)\*\*", page.read_text())}
    assert set(re.findall(r"\b[A-Z]+-\d+\b", text)) <= rules


def rules_in(text: str) -> set[str]:
    """The rules that a text names; "EP-5 … EP-9" are five."""
    named = set(re.findall(r"\b[A-Z]+-\d+\b", text))
    for kind, first, last in re.findall(r"\b([A-Z]+)-(\d+) … [A-Z]+-(\d+)\b", text):
        named |= {f"{kind}-{n}" for n in range(int(first), int(last) + 1)}
    return named


def threats() -> list[list[str]]:
    """The rows of the tables: attack, rules, vectors, tests."""
    lines = (SCHEMA.parent / "docs" / "threats.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\|.*[A-Z]+-\d+", line)]
    assert len(rows) > 30 and {len(row) for row in rows} == {4}
    return rows


@pytest.mark.parametrize("attack, rules, _, tests", threats(), ids=[row[0] for row in threats()])
def test_what_real_programs_live_through_names_the_rule(attack, rules, _, tests):
    """A test that is named in a row asserts, or says, one of the rules of that row."""
    folder = SCHEMA.parent / "tests"
    support = folder / "support" / "pdtest"
    for name in re.findall(r"\w+", tests):
        found, = [*folder.glob(f"federation/{name}.py"), *folder.glob(f"nat/{name}.py")]
        text = found.read_text()
        if re.search(r"from pdtest.lies import .*\bLIES\b", text):
            text += (support / "lies.py").read_text()
        assert rules_in(text) & rules_in(rules), f"{attack}: {name} knows nothing of {rules}"
