"""A home server that lies: neither the asking server nor pdctl believes it, and each lie has its own error."""

import pytest

from pdtest.fake_domain import FakeDomain
from pdtest.formats import DAY, DomainKeys, Identity, now
from pdtest.lies import LIES, truncated

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


@pytest.mark.parametrize("lie, rule", LIES, ids=[lie.__name__ for lie, _ in LIES])
def test_a_lie_is_not_passed_on(world, liar, lie, rule):
    gordon = liar.person("gordon")
    liar.resolving(lambda _: lie(liar, gordon))
    answer = world.servers["example.org"].resolve(gordon.address)
    assert (answer.status, answer.problem) == (502, "remote-lying"), answer
    assert answer.json["rule"] == rule


# Which of the domain's three keys are told, and in what order.
KEYS = [([1, 0, 2], "DKEY-3"), ([1, 2], "DKEY-3"), ([0, 2], "DKEY-3"), ([0, 1], "DESC-8")]


@pytest.mark.parametrize("order, rule", KEYS, ids=str)
def test_a_list_of_domain_keys_is_told_as_it_is(world, liar, order, rule):
    gordon = liar.person("gordon")
    liar.keys.rotate()
    liar.keys.rotate()
    told = liar.keys.descriptor()
    false = told | {"keys": [told["keys"][n] for n in order]}
    liar.resolving(lambda _: liar.resolution(gordon.address, domain=false))
    answer = world.servers["example.org"].resolve(gordon.address)
    assert (answer.status, answer.problem, answer.json["rule"]) == (502, "remote-lying", rule), answer


# A first descriptor with one wrong member.
DESCRIPTORS = [
    ({"exp": now() - 1000, "iat": now() - DAY}, "DESC-9"),
    ({"iss": "example.net"}, "DESC-3"),
    ({"api": "http://blackmesa.us"}, "DESC-6"),
    ({"api": "https://127.0.0.1"}, "DESC-6"),
    ({"api": "https://blackmesa.us@example.net"}, "DESC-6"),
]


@pytest.mark.parametrize("parts, rule", DESCRIPTORS, ids=["expired", "other domain", "plain http", "IP", "user"])
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
    person = world.visitor("alice@example.com")
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
