"""Safety numbers and QR texts: the same on both sides, and what is marked stays marked until the key changes."""

import pytest

from conftest import failed


def test_both_sides_see_the_same(member):
    olivier, gordon = member(), member("blackmesa.us")
    one, other = olivier.json("verify", gordon.address), gordon.json("verify", olivier.address)
    assert one["safety_number"] == other["safety_number"]
    assert one["qr_text"] == other["qr_text"]
    assert one["trust"] == other["trust"] == "seen"


def test_a_scanned_text_marks(member):
    olivier, gordon = member(), member("blackmesa.us")
    scanned = gordon.json("verify", olivier.address)["qr_text"]
    assert olivier.json("verify", gordon.address, "--qr-text", scanned)["trust"] == "verified"
    assert olivier.json("lookup", gordon.address)["trust"] == "verified"
    assert gordon.json("lookup", olivier.address)["trust"] == "seen", "each marks for themselves"


def test_the_text_of_somebody_else_does_not(member):
    olivier, gordon, alyx = member(), member("blackmesa.us"), member("blackmesa.us")
    scanned = alyx.json("verify", olivier.address)["qr_text"]
    for text in (scanned, scanned[:-1], ""):
        failed(olivier, "verify", gordon.address, "--qr-text", text, status=4)
    assert olivier.json("lookup", gordon.address)["trust"] == "seen"


def test_a_new_key_is_said_until_it_is_compared_again(member):
    olivier, gordon = member(), member("blackmesa.us")
    olivier.run("verify", "--mark", gordon.address)
    gordon.run("rotate")
    done = olivier.run("lookup", gordon.address)
    assert "new identity key since you compared" in done.stderr
    assert olivier.json("contacts")["contacts"][0]["trust"] == "rekeyed"
    olivier.run("verify", "--mark", gordon.address)
    assert olivier.run("lookup", gordon.address).stderr == ""


def test_a_device_without_the_identity_key_verifies_too(town, member):
    olivier, gordon = member(), member("blackmesa.us")
    phone = town.person(olivier.address, f"{olivier.address}-phone")
    key = phone.run("devices", "request", olivier.address).stdout
    olivier.run("devices", "add", "phone", "-", input=key)
    number = olivier.json("verify", gordon.address)["safety_number"]
    assert phone.json("verify", gordon.address)["safety_number"] == number


def test_without_an_account_there_is_nothing_to_compare(newcomer, member):
    failed(newcomer(), "verify", member().address, status=1)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "\u009b31m", "\u202enodrog", "zero\u200bwidth", " gordon", "\udcff\udcfe"])
def test_a_contact_has_no_name_that_could_not_be_shown(member, name):
    olivier, gordon = member(), member("blackmesa.us")
    olivier.run("lookup", gordon.address)
    failed(olivier, "contacts", "name", gordon.address, name, status=2)
    assert [contact["name"] for contact in olivier.json("contacts")["contacts"]] == [""]
    olivier.run("contacts", "name", gordon.address, "Gordon Freeman, \u043a\u043d\u0438\u0433\u0430")
    assert olivier.json("contacts")["contacts"][0]["name"] == "Gordon Freeman, \u043a\u043d\u0438\u0433\u0430"
