"""A home server that lies: neither the asking server nor pdctl believes it, and each lie has its own error."""

import pytest

from pdtest.fake_domain import FakeDomain
from pdtest.formats import DAY, DomainKeys, Identity, now
from pdtest.jose import Key, b64, jws_hash, payload_of, unb64

from conftest import UNLIMITED


@pytest.fixture
def liar(world):
    """blackmesa.us lies on command; example.org is honest."""
    liar = FakeDomain(world, "blackmesa.us")
    world.server("example.org", *UNLIMITED, "--answer-fresh", "0")
    world.start()
    return liar


@pytest.fixture
def asker(world, liar):
    return world.person("olivier@example.org").register()


def vouched(liar, gordon, operations, head) -> dict:
    """These operations under a statement that fits them, so that only what is wrong with the operations can decide."""
    statement = liar.keys.statement(
        gordon, head=jws_hash(head), seq=payload_of(head)["seq"], count=len(operations)
    )
    return liar.resolution(gordon.address, operations=operations, statement=statement)


def stating(liar, gordon, key=None, **parts) -> dict:
    """The genuine operations under another statement."""
    return liar.resolution(gordon.address, statement=liar.keys.statement(gordon, key=key, **parts))


def forged_operation(liar, gordon):
    header, payload, signature = gordon.operations[0].split(".")
    flipped = bytearray(unb64(signature))
    flipped[0] ^= 1
    forged = f"{header}.{payload}.{b64(bytes(flipped))}"
    return vouched(liar, gordon, [forged], forged)


def reordered(liar, gordon):
    gordon.update()
    gordon.update()
    first, second, third = gordon.operations
    return vouched(liar, gordon, [first, third, second], third)


def truncated(liar, gordon):
    gordon.update()
    return liar.resolution(gordon.address, operations=gordon.operations[:-1])


def withheld(liar, gordon):
    return liar.resolution(gordon.address, operations=[])


def foreign_signed(liar, gordon):
    gordon.append(gordon.sign("update", key=Key()))
    return liar.resolution(gordon.address)


def another_name(liar, gordon):
    return liar.keys.resolution(liar.person("alyx"))


def somebody_elses_history(liar, gordon):
    alyx = liar.person("alyx")
    return vouched(liar, gordon, alyx.operations, alyx.operations[-1])


def statement_expired(liar, gordon):
    return stating(liar, gordon, iat=now() - DAY, exp=now() - 600)


def statement_not_yet_valid(liar, gordon):
    return stating(liar, gordon, iat=now() + 3600, exp=now() + DAY)


def statement_of_another_domain(liar, gordon):
    """The right key, so that it is the domain it speaks for that decides (STMT-3) and not who signed (STMT-7)."""
    return stating(liar, gordon, iss="example.net")


def statement_by_another_domain(liar, gordon):
    other = DomainKeys("example.net")
    return stating(liar, gordon, key=other.key)


def statement_too_long_lived(liar, gordon):
    return stating(liar, gordon, exp=now() + 30 * DAY)


def statement_by_a_rotated_out_key(liar, gordon):
    old = liar.keys.key
    liar.keys.rotate()
    return stating(liar, gordon, key=old)


def statement_by_a_stranger(liar, gordon):
    return stating(liar, gordon, key=Key())


def descriptor_by_a_rotated_out_key(liar, gordon):
    old = liar.keys.key
    liar.keys.rotate()
    return liar.resolution(gordon.address, domain=liar.keys.descriptor(key=old))


def descriptor_of_another_domain(liar, gordon):
    return liar.resolution(gordon.address, domain=DomainKeys("example.net").descriptor())


# What is answered, and the rule of schema/spec that it breaks.
LIES = [
    (forged_operation, "JWS-10"),
    (reordered, "HIST-3"),
    (truncated, "RES-9"),
    (withheld, "RES-6"),
    (foreign_signed, "HIST-6"),
    (another_name, "STMT-6"),
    (somebody_elses_history, "RES-8"),
    (statement_expired, "STMT-8"),
    (statement_not_yet_valid, "STMT-8"),
    (statement_of_another_domain, "STMT-3"),
    (statement_by_another_domain, "STMT-7"),
    (statement_too_long_lived, "STMT-4"),
    (statement_by_a_rotated_out_key, "STMT-7"),
    (statement_by_a_stranger, "STMT-7"),
    (descriptor_by_a_rotated_out_key, "DESC-8"),
    (descriptor_of_another_domain, "DESC-3"),
]


@pytest.mark.parametrize("lie, rule", LIES, ids=[lie.__name__ for lie, _ in LIES])
def test_a_lie_is_not_passed_on(world, liar, lie, rule):
    gordon = liar.person("gordon")
    liar.resolving(lambda _: lie(liar, gordon))
    answer = world.servers["example.org"].resolve(gordon.address)
    assert (answer.status, answer.problem) == (502, "remote-lying"), answer
    assert answer.json["rule"] == rule


@pytest.mark.parametrize("parts, rule", [({"exp": now() - 1000, "iat": now() - DAY}, "DESC-9"), ({"iss": "example.net"}, "DESC-3")])
def test_a_false_descriptor_is_not_believed(world, liar, parts, rule):
    liar.answer = lambda _: (200, {}, liar.keys.descriptor(**parts))
    answer = world.servers["example.org"].resolve("gordon@blackmesa.us")
    assert (answer.status, answer.problem, answer.json["rule"]) == (502, "remote-lying", rule), answer


def test_pdctl_names_the_rule(liar, asker):
    gordon = liar.person("gordon")
    liar.resolving(lambda _: truncated(liar, gordon))
    assert "(RES-9)" in asker.run("lookup", gordon.address, status=4).stderr


# --- what was seen before ---------------------------------------------------------------------------------------


def seen_before(world, liar, asker):
    gordon = liar.person("gordon")
    gordon.update()
    assert asker.json("lookup", gordon.address)["seq"] == 1
    return gordon


def remains(world, asker, address, operations):
    """The lie leaves no trace: the server and pdctl answer with what was verified before, marked stale (FED-16)."""
    answer = world.servers["example.org"].resolve(address)
    assert answer.status == 200 and answer.json["stale"] is True, answer
    assert answer.json["operations"] == operations
    shown = asker.json("lookup", address)
    assert (shown["stale"], shown["seq"]) == (True, len(operations) - 1), shown


def test_an_older_head_than_seen(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    seen = list(gordon.operations)
    gordon.operations.pop()
    gordon.seq -= 1
    remains(world, asker, gordon.address, seen)


def test_a_forged_nobody(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    del liar.identities[gordon.address]
    remains(world, asker, gordon.address, gordon.operations)


def test_somebody_else_under_the_name(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    impostor = Identity(gordon.address)
    impostor.create()
    impostor.update()
    liar.identities[gordon.address] = impostor
    remains(world, asker, gordon.address, gordon.operations)


@pytest.mark.parametrize("change, rule", [("older head", "PIN-2"), ("nobody", "PIN-3"), ("impostor", "PIN-1")])
def test_pdctl_itself_notices_without_its_server(world, liar, asker, change, rule):
    """The pin is the client's own: asked without an account, straight from the lying domain, it still holds."""
    gordon = seen_before(world, liar, asker)
    (asker.home / "account.json").unlink()
    if change == "older head":
        gordon.operations.pop()
        gordon.seq -= 1
    elif change == "nobody":
        del liar.identities[gordon.address]
    else:
        impostor = Identity(gordon.address)
        impostor.create()
        liar.identities[gordon.address] = impostor
    done = asker.run("lookup", gordon.address, status=4)
    assert done.stderr.startswith("pdctl: ") and f"({rule})" in done.stderr and "hint: " in done.stderr, done.stderr


def test_a_domain_key_changed_unsigned(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    liar.keys = DomainKeys(liar.domain)
    server = world.servers["example.org"]
    remains(world, asker, gordon.address, gordon.operations)
    liar.person("alyx")
    answer = server.resolve("alyx@blackmesa.us")
    assert (answer.status, answer.problem, answer.json["rule"]) == (502, "remote-key-changed", "DKEY-8"), answer
    assert "remote.key_changed" in server.log()
    assert server.metric("pd_remote_key_changes_total") >= 1


def test_a_domain_key_changed_with_a_signature(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    liar.keys.rotate()
    gordon.update()
    assert asker.json("lookup", gordon.address)["seq"] == 2


def test_ones_own_server_cannot_name_a_false_domain_key(world, liar):
    """example.org is a fake too: it passes on a made-up blackmesa.us. pdctl asks the true domain and sees it."""
    home = FakeDomain(world, "example.com")
    gordon = liar.person("gordon")
    false_keys = DomainKeys("blackmesa.us")
    impostor = Identity(gordon.address)
    impostor.create()
    home.resolving(lambda _: false_keys.resolution(impostor))
    person = world.person("alice@example.com")
    person.home.mkdir(parents=True, mode=0o700)
    done = person.run("lookup", "--server", "example.com", gordon.address, status=4)
    assert "pdctl: " in done.stderr


def test_what_cannot_be_confirmed_is_shown_as_unconfirmed(world, liar):
    home = FakeDomain(world, "example.com")
    gordon = liar.person("gordon")
    answer = liar.resolution(gordon.address)
    home.resolving(lambda _: answer)
    liar.stop()
    person = world.person("alice@example.com")
    done = person.json("lookup", "--server", "example.com", gordon.address)
    assert done["confirmed"] is False
    liar.restart()
    assert person.json("lookup", "--server", "example.com", gordon.address)["confirmed"] is True
