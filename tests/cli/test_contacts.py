"""Who may reach the owner: the policy, requests of strangers, and the block list, on real processes (schema/spec/contacts.md)."""

import json

import pytest

from conftest import failed


def event(process, kind):
    return json.loads(process.wait_line(f'"event":"{kind}"'))


@pytest.fixture
def listening(member):
    """Gordon, listening with the policy that everybody begins with."""
    gordon = member("blackmesa.us")
    process = gordon.start("--json", "listen", "--bind", "127.0.0.1")
    event(process, "listening")
    yield gordon, process
    process.stop()


def calls_in_vain(olivier, gordon):
    olivier.run("chat", gordon.address, "--wait", "1", input="let me in\n", status=5)


def test_a_stranger_becomes_a_request_and_gets_in_once_accepted(listening, member):
    gordon, process = listening
    olivier = member()
    calls_in_vain(olivier, gordon)
    asked = event(process, "asked")
    assert asked["peer"] == olivier.address and asked["confirmed"] is True
    request, = gordon.json("contacts", "requests")["requests"]
    assert request["identity_key"] == asked["identity_key"] == olivier.json("whoami")["directory"]["identity_key"]
    gordon.run("contacts", "accept", olivier.address)
    assert gordon.json("contacts", "requests")["requests"] == []
    olivier.run("chat", gordon.address, input="thank you\n")
    assert [event(process, "message")["text"] for _ in range(2)] == ["let me in", "thank you"]


def test_who_is_declined_is_not_asked_about_again(listening, member):
    gordon, process = listening
    olivier = member()
    calls_in_vain(olivier, gordon)
    event(process, "asked")
    gordon.run("contacts", "decline", olivier.address)
    calls_in_vain(olivier, gordon)
    assert event(process, "refused")["claimed"] == olivier.address
    assert gordon.json("contacts", "requests")["requests"] == []


def test_a_block_beats_everything(member):
    olivier, gordon = member(), member("blackmesa.us")
    gordon.run("lookup", olivier.address)
    gordon.run("contacts", "name", olivier.address, "Olivier")
    gordon.run("contacts", "block", olivier.address)
    process = gordon.start("--json", "listen", "--bind", "127.0.0.1", "--accept", "anyone")
    event(process, "listening")
    calls_in_vain(olivier, gordon)
    assert event(process, "refused")["claimed"] == olivier.address
    gordon.run("contacts", "unblock", olivier.address)
    olivier.run("chat", gordon.address, input="m\n")
    assert event(process, "message")["text"] == "let me in"
    process.stop()


def test_text_for_people(member):
    olivier, gordon = member(), member("blackmesa.us")
    assert olivier.run("contacts", "policy").stdout == "ask\n"
    assert olivier.run("contacts", "policy", "contacts").stdout == ""
    assert olivier.run("contacts", "policy").stdout == "contacts\n"
    olivier.run("contacts", "block", gordon.address)
    assert olivier.run("contacts", "block").stdout == f"{gordon.address}\n"


def test_mistakes(member):
    olivier = member()
    assert "has not asked" in failed(olivier, "contacts", "decline", "nobody@example.org", status=3)
    assert "is not blocked" in failed(olivier, "contacts", "unblock", "nobody@example.org", status=3)
    failed(olivier, "contacts", "policy", "friends", status=2)
