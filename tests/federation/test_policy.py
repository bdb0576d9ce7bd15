"""The trust policy, each way round: whom a server asks, and whom it answers."""

import pytest

from pdtest.fake_domain import FakeDomain

from conftest import UNLIMITED

DOMAIN = "blackmesa.us"

# (policy of the asking server, may it ask blackmesa.us?)
RULES = [
    ("# nothing is said, so nobody is trusted\n", False),
    ("default deny\n", False),
    ("default allow\n", True),
    ("default deny\nallow blackmesa.us\n", True),
    ("default allow\ndeny blackmesa.us\n", False),
    ("default allow\ndeny *.us\n", False),
    ("default deny\nallow *.us\n", True),
    ("default allow\ndeny *.us\nallow blackmesa.us\n", True),
    ("default deny\nallow example.net\n", False),
]


@pytest.mark.parametrize("policy, allowed", RULES, ids=[policy.strip().replace("\n", "; ") for policy, _ in RULES])
def test_asking(world, policy, allowed):
    asking = world.server("example.org", *UNLIMITED, policy=policy)
    world.server(DOMAIN, *UNLIMITED)
    world.start()
    gordon = world.person(f"gordon@{DOMAIN}").register()
    answer = asking.resolve(gordon.address)
    if allowed:
        assert answer.status == 200, answer
    else:
        assert (answer.status, answer.problem) == (403, "policy"), answer


@pytest.mark.parametrize("policy, allowed", RULES, ids=[policy.strip().replace("\n", "; ") for policy, _ in RULES])
def test_being_asked(world, policy, allowed):
    asked = world.server("example.org", *UNLIMITED, policy=policy)
    asking = world.server(DOMAIN, *UNLIMITED)
    world.start()
    olivier = world.person("olivier@example.org").register()
    answer = asking.resolve(olivier.address)
    if allowed:
        assert answer.status == 200, answer
    else:
        assert (answer.status, answer.problem) == (403, "refused-by-remote"), answer
    assert asked.process.poll() is None


def test_a_policy_is_read_again_on_hangup(world):
    asking = world.server("example.org", *UNLIMITED, policy="default deny\n")
    world.server(DOMAIN, *UNLIMITED)
    world.start()
    gordon = world.person(f"gordon@{DOMAIN}").register()
    assert asking.resolve(gordon.address).status == 403
    asking.policy.write_text("default allow\n")
    asking.reload()
    from pdtest.process import wait_until

    wait_until(lambda: asking.resolve(gordon.address).status == 200, "the new policy holds")


def test_pdctl_says_refused_by_policy(world):
    world.server("example.org", *UNLIMITED, policy="default deny\n")
    world.server(DOMAIN, *UNLIMITED)
    world.start()
    olivier = world.person("olivier@example.org").register()
    world.person(f"gordon@{DOMAIN}").register()
    done = olivier.run("lookup", f"gordon@{DOMAIN}", status=6)
    assert done.stderr.startswith("pdctl: ") and "hint: " in done.stderr
