"""Whatever is forged, replayed or not allowed when somebody registers or changes something: refused, each with its own problem."""

import pytest

from pdtest.formats import DAY, Identity, now
from pdtest.jose import Key, b64, random_id, sign_jws, unb64


@pytest.fixture(scope="module")
def server(four):
    return four.servers["example.org"]


@pytest.fixture
def somebody(server):
    """A registered identity of a name of this test's own."""
    name = f"u{random_id()[:12]}"
    identity = Identity(f"{name}@example.org", devices=2, recovery=2)
    assert server.register(identity).status == 201
    return identity


def newcomer() -> Identity:
    return Identity(f"n{random_id()[:12]}@example.org")


def refused(answer, status, problem, rule=None):
    assert (answer.status, answer.problem) == (status, problem), answer
    if rule is not None:
        assert answer.json.get("rule") == rule, answer.json


# --- operations -------------------------------------------------------------------------------------------------


def test_a_forged_operation(server, somebody):
    operation = somebody.sign("update")
    header, payload, signature = operation.split(".")
    flipped = bytearray(unb64(signature))
    flipped[0] ^= 1
    refused(server.put(somebody, f"{header}.{payload}.{b64(bytes(flipped))}"), 403, "bad-signature")


def test_an_operation_signed_by_a_stranger(server, somebody):
    stranger = Key()
    refused(server.put(somebody, somebody.sign("update", key=stranger), signer=stranger), 403, "wrong-key")


def test_an_operation_signed_by_a_device(server, somebody):
    operation = somebody.sign("update", key=somebody.device)
    refused(server.put(somebody, operation, signer=somebody.device), 403, "wrong-key")


def test_operations_out_of_order(server, somebody):
    first = somebody.update()
    second = somebody.update()
    refused(server.put(somebody, second), 409, "out-of-order")
    assert server.put(somebody, first).status == 200
    assert server.put(somebody, second).status == 200
    assert server.put(somebody, second).status == 200, "repeating the last one is harmless"
    refused(server.put(somebody, first), 409, "out-of-order")


def test_a_truncated_operation(server, somebody):
    operation = somebody.sign("update")
    for cut in (operation[:-1], operation[: len(operation) // 2], operation.rsplit(".", 1)[0], ""):
        assert server.put(somebody, cut).status in (400, 403), cut


def test_an_operation_of_somebody_else_under_this_name(server, somebody):
    other = newcomer()
    refused(server.put(somebody, other.create(), signer=other.key), 400, "wrong-subject")


def test_an_operation_dated_wrongly(server):
    for time, reason in ((now() + DAY, "not-yet-valid"), (now() - DAY, "expired")):
        identity = newcomer()
        refused(server.put(identity, identity.sign("create", time=time)), 400, reason)


def test_a_recovery_by_the_weaker_key_does_not_undo_the_stronger(server, somebody):
    strong, weak = somebody.recovery
    before = somebody.head
    seq = somebody.seq
    taken = somebody.sign("recover", key=strong, embed=True, identity_key=somebody.key.jwk)
    assert server.put(somebody, taken, signer=strong).status == 200
    undo = somebody.sign("recover", key=weak, embed=True, prev=before, seq=seq + 1)
    refused(server.put(somebody, undo, signer=weak), 403, "not-allowed")


def test_a_thief_is_undone_by_the_recovery_key(server, somebody):
    thief = Key()
    genuine_head, seq = somebody.head, somebody.seq
    stolen = somebody.sign("update", identity_key=thief.jwk, recovery=[Key().id])
    assert server.put(somebody, stolen).status == 200
    key = Key()
    strong = somebody.recovery[0]
    undo = somebody.sign("recover", key=strong, embed=True, prev=genuine_head, seq=seq + 1, identity_key=key.jwk)
    answer = server.put(somebody, undo, signer=strong)
    assert answer.status == 200, answer
    assert len(answer.json["operations"]) == 3


def test_nothing_follows_a_revocation(server, somebody):
    assert server.put(somebody, somebody.append(somebody.sign("revoke"))).status == 200
    refused(server.put(somebody, somebody.sign("update")), 403, "not-allowed")


# --- challenges -------------------------------------------------------------------------------------------------


def test_a_replayed_challenge(server):
    identity = newcomer()
    nonce = server.challenge()
    assert server.put(identity, identity.create(), nonce=nonce).status == 201
    refused(server.put(identity, identity.update(), nonce=nonce), 401, "challenge-used")


def test_an_invented_challenge(server):
    identity = newcomer()
    refused(server.put(identity, identity.create(), nonce=b64(bytes(48))), 401, "challenge-unknown")


def test_a_challenge_of_another_domain(four, server):
    identity = newcomer()
    nonce = four.servers["blackmesa.us"].challenge()
    refused(server.put(identity, identity.create(), nonce=nonce), 401, "challenge-unknown")


# --- request signatures -----------------------------------------------------------------------------------------


def test_no_signature(server):
    identity = newcomer()
    answer = server.site.request(
        "PUT", f"/v1/identities/{identity.address}", identity.create(), {"Content-Type": "application/jose"}
    )
    refused(answer, 401, "signature-required")


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "POST"},
        {"target_uri": "https://example.org/v1/identities/other@example.org"},
        {"target_uri": "https://blackmesa.us/v1/identities/other@example.org"},
        {"tag": "pd-federation"},
        {"signed_body": "another body"},
        {"components": ["@method"]},
        {"components": ["@method", "@target-uri"]},
        {"created": 1},
        {"created": 4_000_000_000},
    ],
    ids=["method", "path", "host", "tag", "body", "target-uncovered", "body-uncovered", "old", "future"],
)
def test_a_signature_over_something_else(server, wrong):
    identity = newcomer()
    answer = server.put(identity, identity.create(), **wrong)
    assert answer.status in (400, 401), answer
    assert answer.problem in ("bad-signature", "malformed", "wrong-subject", "expired", "not-yet-valid"), answer
    assert server.resolve(identity.address).status == 404


def test_a_signature_by_another_key_than_the_operation(server):
    identity = newcomer()
    refused(server.put(identity, identity.create(), signer=Key()), 401, "wrong-key")


# --- names ------------------------------------------------------------------------------------------------------


def test_a_taken_name(server, somebody):
    refused(server.register(Identity(somebody.address)), 409, "name-taken")


@pytest.mark.parametrize("name", ["postmaster", "admin", "root", "abuse"])
def test_a_reserved_name(server, name):
    refused(server.register(Identity(f"{name}@example.org")), 403, "name-reserved")


def test_a_tombstoned_name(server, somebody):
    server.admin("user", "remove", somebody.address, "--yes")
    refused(server.register(Identity(somebody.address)), 409, "name-tombstoned")


def test_a_revoked_name_is_never_handed_out_again(server, somebody):
    assert server.put(somebody, somebody.append(somebody.sign("revoke"))).status == 200
    refused(server.register(Identity(somebody.address)), 409, "name-taken")


@pytest.mark.parametrize(
    "address", ["@example.org", "-a@example.org", "a b@example.org", "ü@example.org", "a" * 65 + "@example.org"]
)
def test_a_malformed_name(server, address):
    identity = Identity(address)
    operation = sign_jws(identity.key, "pd-op+jws", identity.body("create"))
    answer = server.put(identity, operation, target="/v1/identities/" + address.replace(" ", "%20").replace("ü", "%C3%BC"))
    assert answer.status in (400, 404), answer


def test_a_name_of_another_domain(server):
    identity = Identity("somebody@blackmesa.us")
    answer = server.put(identity, identity.create())
    refused(answer, 421, "not-our-domain")
