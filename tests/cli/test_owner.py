"""What is said of one's own address when this device, or the whole account, does not count any more: words for its owner."""

import pytest

from conftest import failed


def is_told(said, *words):
    for word in words:
        assert word in said, said
    assert "run the same command again" not in said and "ask them" not in said and "spoken to them" not in said, said


@pytest.fixture
def phone(town, member):
    """A second device of somebody, and the one with their identity key: (phone, laptop)."""
    laptop = member()
    phone = town.person(laptop.address, f"{laptop.address}-phone")
    key = phone.run("devices", "request", laptop.address).stdout
    laptop.run("devices", "add", "phone", "-", input=key)
    return phone, laptop


def talk(person, peer):
    """How each command that talks ends for them."""
    yield failed(person, "listen", "--bind", "127.0.0.1", status=None)
    done = person.run("chat", peer.address, "--wait", "1", input="m\n", status=None)
    assert done.returncode not in (0, 5), done
    yield done.stderr


def test_a_device_that_was_removed(phone, member):
    phone, laptop = phone
    laptop.run("devices", "remove", "phone")
    for said in talk(phone, member("blackmesa.us")):
        is_told(said, f"this device is not one of {phone.address} any more", f"pdctl devices request {phone.address}",
                "pdctl devices add", "pdctl recover")


def test_the_hint_to_a_removed_device_helps(phone, member):
    phone, laptop = phone
    laptop.run("devices", "remove", "phone")
    key = phone.run("devices", "request", laptop.address).stdout
    laptop.run("devices", "add", "phone", "-", input=key)
    phone.listen()


def test_an_account_that_was_removed(town, member):
    olivier, gordon = member(), member("blackmesa.us")
    town.servers["example.org"].admin("user", "remove", olivier.address, "--yes")
    gone = f"your account {olivier.address} was removed by example.org"
    for command in (["whoami"], ["rotate"], ["devices"]):
        is_told(failed(olivier, *command, status=3), gone, "ask whoever runs example.org")
    for said in talk(olivier, gordon):
        is_told(said, gone, "ask whoever runs example.org")
    assert "in another way" in failed(gordon, "lookup", olivier.address, status=3), "others are told as before"


def test_an_identity_that_has_ended(member):
    olivier, gordon = member(), member("blackmesa.us")
    olivier.run("revoke", "--yes")
    for command in (["revoke", "--yes"], ["rotate"], ["move", gordon.address, "--yes"], ["verify", gordon.address]):
        is_told(failed(olivier, *command, status=1), f"your address {olivier.address} is revoked", "pdctl recover")
    for said in talk(olivier, gordon):
        is_told(said, f"your address {olivier.address} is revoked")
