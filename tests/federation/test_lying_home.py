"""A home server that lies: neither the asking server nor pdctl believes it, and each lie has its own error."""

import pytest

from pdtest.fake_domain import FakeDomain
from pdtest.formats import DAY, DomainKeys, Identity, now
from pdtest.jose import Key

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


def forged_operation(liar, gordon):
    return liar.resolution(gordon.address, operations=[gordon.operations[0][:-4] + "AAAA"])


def reordered(liar, gordon):
    gordon.update()
    gordon.update()
    first, second, third = gordon.operations
    return liar.resolution(gordon.address, operations=[first, third, second])


def truncated(liar, gordon):
    gordon.update()
    return liar.resolution(gordon.address, operations=gordon.operations[:-1])


def foreign_signed(liar, gordon):
    operation = gordon.sign("update", key=Key())
    gordon.append(operation)
    return liar.resolution(gordon.address)


def another_name(liar, gordon):
    other = liar.person("alyx")
    return liar.keys.resolution(other)


def statement_expired(liar, gordon):
    statement = liar.keys.statement(gordon, iat=now() - DAY, exp=now() - 600)
    return liar.resolution(gordon.address, statement=statement)


def statement_from_another_domain(liar, gordon):
    other = DomainKeys("example.net")
    return liar.resolution(gordon.address, statement=other.statement(gordon))


def statement_too_long_lived(liar, gordon):
    return liar.resolution(gordon.address, statement=liar.keys.statement(gordon, exp=now() + 30 * DAY))


def statement_by_a_rotated_out_key(liar, gordon):
    old = liar.keys.key
    liar.keys.rotate()
    return liar.resolution(gordon.address, statement=liar.keys.statement(gordon, key=old))


def statement_by_a_stranger(liar, gordon):
    return liar.resolution(gordon.address, statement=liar.keys.statement(gordon, key=Key()))


LIES = [
    forged_operation,
    reordered,
    truncated,
    foreign_signed,
    another_name,
    statement_expired,
    statement_from_another_domain,
    statement_too_long_lived,
    statement_by_a_rotated_out_key,
    statement_by_a_stranger,
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_is_not_passed_on(world, liar, lie):
    gordon = liar.person("gordon")
    liar.resolving(lambda _: lie(liar, gordon))
    answer = world.servers["example.org"].resolve(gordon.address)
    assert (answer.status, answer.problem) == (502, "remote-lying"), answer


def seen_before(world, liar, asker):
    gordon = liar.person("gordon")
    gordon.update()
    assert asker.json("lookup", gordon.address)["seq"] == 1
    return gordon


def lookup_fails_or_is_stale(asker, gordon):
    """The lie itself is never believed: what was verified before may still be shown, marked stale."""
    done = asker.run("--json", "lookup", gordon.address, status=None)
    assert done.returncode in (0, 4, 5), done
    if done.returncode == 0:
        assert '"stale":true' in done.stdout.replace(" ", "")
        assert '"seq":1' in done.stdout.replace(" ", "")


def test_an_older_head_than_seen(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    gordon.operations.pop()
    gordon.seq -= 1
    lookup_fails_or_is_stale(asker, gordon)


def test_a_forged_nobody(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    del liar.identities[gordon.address]
    lookup_fails_or_is_stale(asker, gordon)


def test_somebody_else_under_the_name(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    impostor = Identity(gordon.address)
    impostor.create()
    impostor.update()
    liar.identities[gordon.address] = impostor
    lookup_fails_or_is_stale(asker, gordon)


@pytest.mark.parametrize("change", ["older head", "nobody", "impostor"])
def test_pdctl_itself_notices_without_its_server(world, liar, asker, change):
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
    assert done.stderr.startswith("pdctl: ") and "hint: " in done.stderr, done.stderr


def test_a_domain_key_changed_unsigned(world, liar, asker):
    gordon = seen_before(world, liar, asker)
    liar.keys = DomainKeys(liar.domain)
    lookup_fails_or_is_stale(asker, gordon)


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
