"""Whatever is forged, replayed or not allowed when somebody registers or changes something: refused, each with its own problem."""

import pytest

from pdtest.formats import DAY, Identity, now
from pdtest.jose import Key, b64, jws_hash, random_id, sign_jws, unb64
from pdtest.signing import content_digest


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
    refused(server.put(somebody, f"{header}.{payload}.{b64(bytes(flipped))}"), 403, "bad-signature", "JWS-10")


def test_an_operation_signed_by_a_stranger(server, somebody):
    stranger = Key()
    refused(server.put(somebody, somebody.sign("update", key=stranger), signer=stranger), 403, "wrong-key", "REG-3")


def test_an_operation_signed_by_a_device(server, somebody):
    operation = somebody.sign("update", key=somebody.device)
    refused(server.put(somebody, operation, signer=somebody.device), 403, "wrong-key", "REG-3")


def test_operations_out_of_order(server, somebody):
    first = somebody.update()
    second = somebody.update()
    refused(server.put(somebody, second), 409, "out-of-order", "HIST-3")
    assert server.put(somebody, first).status == 200
    assert server.put(somebody, second).status == 200
    assert server.put(somebody, second).status == 200, "repeating the last one is harmless"
    refused(server.put(somebody, first), 409, "out-of-order", "HIST-3")


TRUNCATIONS = {
    "by a letter": (lambda text: text[:-1], "JWS-2"),
    "by half": (lambda text: text[: len(text) // 2], "JWS-1"),
    "by its signature": (lambda text: text.rpartition(".")[0], "JWS-1"),
    "to nothing": (lambda text: "", "JWS-1"),
}


@pytest.mark.parametrize("cut", TRUNCATIONS)
def test_a_truncated_operation(server, somebody, cut):
    shorten, rule = TRUNCATIONS[cut]
    refused(server.put(somebody, shorten(somebody.sign("update"))), 400, "malformed", rule)


def test_an_operation_of_somebody_else_under_this_name(server, somebody):
    other = newcomer()
    refused(server.put(somebody, other.create(), signer=other.key), 400, "wrong-subject", "REG-2")


def test_an_operation_dated_wrongly(server):
    for time, reason in ((now() + DAY, "not-yet-valid"), (now() - DAY, "expired")):
        identity = newcomer()
        refused(server.put(identity, identity.sign("create", time=time)), 400, reason, "HIST-12")


def test_a_recovery_by_the_weaker_key_does_not_undo_the_stronger(server, somebody):
    strong, weak = somebody.recovery
    before = somebody.head
    seq = somebody.seq
    taken = somebody.sign("recover", key=strong, embed=True, identity_key=somebody.key.jwk)
    assert server.put(somebody, taken, signer=strong).status == 200
    undo = somebody.sign("recover", key=weak, embed=True, prev=before, seq=seq + 1)
    refused(server.put(somebody, undo, signer=weak), 403, "not-allowed", "HIST-9")


def test_a_thief_is_undone_by_the_recovery_key(server, somebody):
    thief, thiefs_recovery = Key(), Key()
    genuine_head, seq = somebody.head, somebody.seq
    stolen = somebody.sign("update", identity_key=thief.jwk, recovery=[thiefs_recovery.id])
    assert server.put(somebody, stolen).status == 200
    key = Key()
    strong = somebody.recovery[0]
    undo = somebody.sign("recover", key=strong, embed=True, prev=genuine_head, seq=seq + 1, identity_key=key.jwk)
    answer = server.put(somebody, undo, signer=strong)
    assert answer.status == 200, answer
    assert len(answer.json["operations"]) == 3
    # The thief goes on from what was undone, and tries the recovery key that was put in with it.
    goes_on = somebody.sign("update", key=thief, prev=jws_hash(stolen), seq=seq + 2, identity_key=thief.jwk)
    refused(server.put(somebody, goes_on, signer=thief), 409, "out-of-order", "HIST-3")
    back = {"prev": jws_hash(undo), "seq": seq + 2, "identity_key": thief.jwk}
    again = somebody.sign("recover", key=thiefs_recovery, embed=True, **back)
    refused(server.put(somebody, again, signer=thiefs_recovery), 403, "wrong-key", "HIST-8")


def test_nothing_follows_a_revocation(server, somebody):
    assert server.put(somebody, somebody.append(somebody.sign("revoke"))).status == 200
    refused(server.put(somebody, somebody.sign("update")), 403, "not-allowed", "HIST-5")


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


OTHER_PATH = "https://example.org/v1/identities/other@example.org"
OTHER_HOST = "https://blackmesa.us/v1/identities/{address}"

# What the signature is over instead of the request that is sent, and what that is called.
WRONG_SIGNATURES = {
    "method": ({"method": "POST"}, 401, "bad-signature", "SIG-10"),
    "path": ({"target_uri": OTHER_PATH}, 401, "bad-signature", "SIG-10"),
    "host": ({"target_uri": OTHER_HOST}, 401, "bad-signature", "SIG-10"),
    "purpose": ({"tag": "pd-federation"}, 401, "wrong-subject", "SIG-7"),
    "body": ({"signed_body": "another body"}, 401, "wrong-subject", "SIG-4"),
    "nothing": ({"components": []}, 400, "malformed", "SIG-1"),
    "method alone": ({"components": ["@method"]}, 400, "malformed", "SIG-1"),
    "all but the body": ({"components": ["@method", "@target-uri"]}, 400, "malformed", "SIG-1"),
    "long ago": ({"created": 1}, 401, "expired", "SIG-9"),
    "the future": ({"created": 4_000_000_000}, 401, "not-yet-valid", "SIG-9"),
}


@pytest.mark.parametrize("wrong", WRONG_SIGNATURES)
def test_a_signature_over_something_else(server, wrong):
    parts, status, problem, rule = WRONG_SIGNATURES[wrong]
    identity = newcomer()
    if "target_uri" in parts:
        parts = {"target_uri": parts["target_uri"].format(address=identity.address)}
    refused(server.put(identity, identity.create(), **parts), status, problem, rule)
    assert server.resolve(identity.address).status == 404


def test_a_body_that_was_replaced_with_its_digest(server):
    identity = newcomer()
    operation = identity.create()
    digest = {"Content-Digest": content_digest(operation.encode())}
    refused(server.put(identity, operation, signed_body="another body", headers=digest), 401, "bad-signature", "SIG-10")
    assert server.resolve(identity.address).status == 404


def test_a_signature_by_another_key_than_the_operation(server):
    identity = newcomer()
    refused(server.put(identity, identity.create(), signer=Key()), 401, "wrong-key", "SIG-8")


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
    refused(answer, 400, "malformed", "ADDR-2")


def test_a_name_of_another_domain(server):
    identity = Identity("somebody@blackmesa.us")
    answer = server.put(identity, identity.create())
    refused(answer, 421, "not-our-domain")
