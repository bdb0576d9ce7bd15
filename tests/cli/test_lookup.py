"""What `lookup` warns of, and how what it remembers is given up: `trust reset`, and nothing else."""

import pytest

from pdtest.authority import Authority
from pdtest.formats import DomainKeys, Identity
from pdtest.process import wait_until

from conftest import UNLIMITED, failed


@pytest.fixture
def alice(world):
    """Somebody without an account: her pdctl asks blackmesa.us itself."""
    return world.visitor("alice@example.com")


def reset_as_the_hint_says(alice, said: str, whom: str) -> None:
    assert f"pdctl trust reset {whom}" in said.splitlines()[-1]
    done = alice.run("trust", "reset", whom)
    assert done.stdout.startswith(f"{whom} is forgotten") and done.stderr == ""


def test_a_reset_lets_a_changed_person_in_and_pins_them_again(blackmesa, gordon, alice):
    alice.run("lookup", gordon.address)
    other = Identity(gordon.address)
    other.create()
    blackmesa.identities[gordon.address] = other
    said = failed(alice, "lookup", gordon.address, status=4)
    assert gordon.key.id in said and other.key.id in said and "(PIN-1)" in said
    reset_as_the_hint_says(alice, said, gordon.address)
    assert alice.json("lookup", gordon.address)["identity_key"] == other.key.id
    blackmesa.identities[gordon.address] = gordon
    failed(alice, "lookup", gordon.address, status=4)


def test_a_reset_lets_a_changed_domain_in_and_pins_it_again(blackmesa, gordon, alice):
    alice.run("lookup", gordon.address)
    before, blackmesa.keys = blackmesa.keys, DomainKeys("blackmesa.us")
    said = failed(alice, "lookup", gordon.address, status=4)
    assert before.key.id in said and blackmesa.keys.key.id in said
    reset_as_the_hint_says(alice, said, "blackmesa.us")
    assert alice.json("lookup", gordon.address)["confirmed"] is True
    assert [each["key"] for each in alice.json("trust", "list")["domains"]] == [blackmesa.keys.key.id]
    blackmesa.keys = before
    failed(alice, "lookup", gordon.address, status=4)


def test_a_reset_of_a_domain_keeps_what_is_known_of_its_people(blackmesa, gordon, alice):
    alice.run("lookup", gordon.address)
    alice.run("trust", "reset", "blackmesa.us")
    other = Identity(gordon.address)
    other.create()
    blackmesa.identities[gordon.address] = other
    assert "(PIN-1)" in failed(alice, "lookup", gordon.address, status=4)


def test_a_certificate_of_an_unknown_authority_is_told_from_one_of_another_name(blackmesa, gordon, alice, tmp_path):
    other = Authority(tmp_path / "other").ca_file
    said = failed(alice, "--ca-file", other, "lookup", gordon.address, status=5)
    assert "not issued by an authority that this machine trusts" in said and "--ca-file FILE" in said
    alice.world.overrides["example.net"] = blackmesa.port
    said = failed(alice, "lookup", "gordon@example.net", status=5)
    assert "not valid for example.net" in said and "--ca-file" not in said


def test_a_stale_answer_is_shown_with_a_warning(world, blackmesa, gordon):
    world.server("example.org", *UNLIMITED, "--remote-timeout", "2")
    world.start()
    olivier = world.person("olivier@example.org").register()
    assert olivier.run("lookup", gordon.address).stderr == ""
    blackmesa.stop()

    def stale():
        done = olivier.run("lookup", gordon.address)
        return done if done.stderr else None

    done = wait_until(stale, "the answer turns stale")
    assert done.stderr == "pdctl: warning: blackmesa.us cannot be asked now; this is its last answer, still valid\n"
    assert done.stdout.startswith(gordon.address) and gordon.key.id in done.stdout
    assert olivier.json("lookup", gordon.address)["stale"] is True
