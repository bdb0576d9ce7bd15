"""Contacts ask each other whether they are there, and nobody else learns it (CALL-18, CALL-25, AGT-27)."""

import contextlib
import json
import os
import signal as signals

import pytest

from pdtest.agent import AgentClient, start_quiet_agent
from pdtest.callers import Stranger, home_of
from pdtest.process import wait_until

pytestmark = pytest.mark.usefixtures("runtime_dir")


@pytest.fixture
def olivier(person):
    return person("olivier", "example.org")


@pytest.fixture
def gordon(person):
    return person("gordon", "blackmesa.us")


def accept(person, *others) -> None:
    for other in others:
        person.run("lookup", other.address)
        person.run("contacts", "accept", other.address)


@contextlib.contextmanager
def agent_of(person):
    """One that publishes nothing, with its stream of events open."""
    server = home_of(person)
    before = server.metric("pd_event_streams")
    process = start_quiet_agent(person)
    wait_until(lambda: server.metric("pd_event_streams") > before, "it can be asked", alive=process)
    yield process
    assert process.stop(signals.SIGINT) == 0, process.report()


def message(kind: str, call: str | None = None) -> bytes:
    return json.dumps({"v": 1, "kind": kind, "call": call or os.urandom(16).hex()}).encode()


def say(stranger, person, *parts, device=0) -> None:
    assert stranger.send(stranger.seal(person, message(*parts), device=device), device=device).status == 202


def listed(person) -> dict[str, bool]:
    return {each["address"]: each["here"] for each in person.json("contacts", "list", "--here")["contacts"]}


# --- two contacts ------------------------------------------------------------------------------------------------------------


def test_contacts_with_agents_see_each_other(olivier, gordon):
    accept(olivier, gordon)
    accept(gordon, olivier)
    with agent_of(olivier), agent_of(gordon):
        client = AgentClient(olivier.home, subscribe=True)
        assert client.call("who_is_here") == {"here": [], "asked": 1}
        assert client.wait("here") == {"with": gordon.address}
        assert client.call("who_is_here") == {"here": [gordon.address], "asked": 0}, "nobody is asked twice in a minute"
        client.close()
        line, = gordon.run("contacts", "list", "--here").stdout.splitlines()
        assert line.split()[:4] == [olivier.address, "seen", "accepted", "here"]
        assert listed(gordon) == {olivier.address: True}
    line, = gordon.run("contacts", "list").stdout.splitlines()
    assert line.split()[:3] == [olivier.address, "seen", "accepted"] and len(line.split()) == 4
    assert "here" not in gordon.json("contacts", "list")["contacts"][0]


def test_who_is_connected_is_not_asked(olivier, gordon):
    accept(gordon, olivier)
    with agent_of(olivier), agent_of(gordon):
        client = AgentClient(olivier.home, subscribe=True)
        client.send(gordon.address, "hello")
        client.wait("presence", lambda params: params["connected"])
        assert client.call("who_is_here") == {"here": [gordon.address], "asked": 0}
        client.close()


def test_whose_agent_is_stopped_is_not_there(olivier, gordon):
    accept(olivier, gordon)
    accept(gordon, olivier)
    with agent_of(gordon):
        pass
    with agent_of(olivier):
        line, = olivier.run("contacts", "list", "--here").stdout.splitlines()
        assert line.split()[:4] == [gordon.address, "seen", "accepted", "-"]
        assert listed(olivier) == {gordon.address: False}


def test_an_agent_is_started_for_it_unless_it_may_not(olivier, gordon, monkeypatch):
    accept(olivier, gordon)
    accept(gordon, olivier)
    with agent_of(gordon):
        assert "no agent runs" in olivier.run("contacts", "list", "--here", status=1).stderr
        monkeypatch.delenv("PD_AGENT")
        try:
            assert listed(olivier) == {gordon.address: True}
            assert olivier.json("agent", "status")["endpoints"] == [], "nobody is told where this machine is"
        finally:
            olivier.run("agent", "stop")


def test_an_interrupt_ends_the_wait(olivier, stranger):
    absent = stranger(name="absent")
    accept(olivier, absent)
    with agent_of(olivier):
        listing = olivier.start("contacts", "list", "--here")
        assert absent.answered()["kind"] == "here?"
        assert listing.stop(signals.SIGINT) == 0, listing.report()
        assert listing.wait_line(absent.address).split()[3] == "-"


def test_so_many_are_asked_at_once(town, olivier):
    """AGT-28."""
    accept(olivier, *(Stranger(town.servers["blackmesa.us"], name="friend", devices=0) for _ in range(32)))
    with agent_of(olivier):
        client = AgentClient(olivier.home)
        assert client.call("who_is_here") == {"here": [], "asked": 30}
        client.close()


def test_an_agent_ends_while_it_asks(olivier, gordon):
    accept(olivier, gordon)
    server = home_of(olivier)
    try:
        with agent_of(olivier):
            client = AgentClient(olivier.home)
            server.process.child.send_signal(signals.SIGSTOP)
            assert client.call("who_is_here") == {"here": [], "asked": 1}
            client.close()
    finally:
        server.process.child.send_signal(signals.SIGCONT)
    wait_until(lambda: server.metric("pd_event_streams") == 0, "it has gone", alive=server.process)


# --- anybody else ------------------------------------------------------------------------------------------------------------


def test_who_is_no_contact_learns_nothing(gordon, stranger):
    """CALL-8, CALL-18: nothing comes back, and a question is no wish to talk."""
    unknown, blocked, friend = (stranger(name=name) for name in ("unknown", "blocked", "friend"))
    accept(gordon, blocked, friend)
    gordon.run("contacts", "block", blocked.address)
    with agent_of(gordon):
        for asking in (unknown, blocked, friend):
            say(asking, gordon, "here?")
        assert friend.answered()["kind"] == "here", "the control"
        assert unknown.hears_nothing() and blocked.hears_nothing(0.1)
        assert gordon.json("contacts", "requests")["requests"] == []


def test_only_contacts_are_asked(gordon, stranger):
    """CON-3: of three who are remembered."""
    seen, blocked, friend = (stranger(name=name) for name in ("seen", "blocked", "friend"))
    accept(gordon, blocked, friend)
    gordon.run("lookup", seen.address)
    gordon.run("contacts", "block", blocked.address)
    with agent_of(gordon):
        client = AgentClient(gordon.home)
        assert client.call("who_is_here") == {"here": [], "asked": 1}
        assert friend.answered()["kind"] == "here?"
        assert seen.hears_nothing() and blocked.hears_nothing(0.1)
        client.close()


def test_only_who_was_asked_is_believed(gordon, stranger):
    """CALL-25: every device is asked, and any of them answers; nobody else does, and nobody unasked."""
    friend, other = stranger(name="friend", devices=2), stranger(name="other")
    accept(gordon, friend, other)
    with agent_of(gordon):
        client = AgentClient(gordon.home, subscribe=True)
        say(friend, gordon, "here")
        say(friend, gordon, "here?")
        assert friend.answered()["kind"] == "here", "what came before was read"
        assert client.call("who_is_here") == {"here": [], "asked": 2}
        questions = [friend.answered(device) for device in range(2)]
        assert questions[0] == questions[1] and questions[0]["kind"] == "here?"
        assert other.answered()["call"] != questions[0]["call"]
        say(other, gordon, "here", questions[0]["call"])
        say(other, gordon, "here?")
        assert other.answered()["kind"] == "here"
        assert client.call("who_is_here")["here"] == []
        say(friend, gordon, "here", questions[0]["call"], device=1)
        assert client.wait("here") == {"with": friend.address}
        client.close()
