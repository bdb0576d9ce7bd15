"""Calls between real programs of two domains, where nobody has published an endpoint (calling.md, contacts.md)."""

import json
import os
import signal as signals
import time

import pytest

from pdtest.agent import AgentClient, start_quiet_agent
from pdtest.callers import Listener, event, leave


@pytest.fixture
def olivier(person):
    return person("olivier", "example.org")


@pytest.fixture
def gordon(person):
    return person("gordon", "blackmesa.us")


# --- between two people ----------------------------------------------------------------------------------------------------


def test_a_call_without_any_published_endpoint(olivier, gordon):
    listener = Listener(gordon, "--accept", "anyone")
    chat = olivier.chat(gordon.address)
    assert event(chat, "connected")["peer"] == gordon.address
    chat.write("Gordon, are you there?")
    heard = listener.wait("message")
    assert (heard["from"], heard["text"]) == (olivier.address, "Gordon, are you there?")
    event(chat, "delivered")
    listener.process.write("I am")
    assert event(chat, "message")["text"] == "I am"
    leave(chat)
    listener.end()


def test_the_doctor_reaches_them_by_a_call_beside_an_agent(olivier, gordon):
    def path(status: int = 0) -> dict:
        findings = olivier.json("doctor", gordon.address, status=status)["findings"]
        return next(finding for finding in findings if finding["name"] == "path")

    assert "nobody answers" in path(status=5)["found"]
    listener = Listener(gordon, "--accept", "anyone")
    beside = Listener(olivier)
    assert path()["grade"] == "good"
    beside.end()
    listener.end()
    assert set(listener.kinds()) <= {"listening", "connected", "disconnected"}, "nobody wrote anything"


def test_a_stranger_asks_and_gets_through_once_accepted(olivier, gordon):
    listener = Listener(gordon)
    chat = olivier.chat(gordon.address)
    chat.write("let me in")
    asked = listener.wait("asked")
    assert asked["peer"] == olivier.address
    request, = gordon.json("contacts", "requests")["requests"]
    assert request["address"] == olivier.address
    gordon.run("contacts", "accept", olivier.address)
    event(chat, "connected")
    assert listener.wait("message")["text"] == "let me in"
    kinds = [json.loads(line)["event"] for line in chat.output]
    assert set(kinds) <= {"calling", "waiting", "connected"}, "until then there was nothing to be seen"
    leave(chat)
    listener.end()


def test_two_who_call_each_other_at_once_have_one_talk(olivier, gordon):
    """CALL-16, from two processes that take no other calls."""
    chats = {who: who.chat(other.address) for who, other in ((olivier, gordon), (gordon, olivier))}
    for who, chat in chats.items():
        chat.write(f"from {who.address}")
    for who, other in ((olivier, gordon), (gordon, olivier)):
        assert event(chats[who], "message")["text"] == f"from {other.address}"
    for chat in chats.values():
        assert chat.stop(signals.SIGINT) == 0, chat.report()


def test_files_and_pipes_go_over_calls(olivier, gordon, tmp_path):
    listener = Listener(gordon, "--accept", "anyone", "--accept-files", "anyone", "--downloads", str(tmp_path / "there"))
    content = os.urandom(300_000)
    (tmp_path / "file").write_bytes(content)
    olivier.run("send", gordon.address, tmp_path / "file")
    assert listener.wait("files_received")["from"] == olivier.address
    arrived, = [path for path in (tmp_path / "there").rglob("file") if path.is_file()]
    assert arrived.read_bytes() == content
    listener.end()


def test_two_agents_that_publish_nothing(olivier, gordon):
    agents = [start_quiet_agent(who, "--accept", "anyone") for who in (olivier, gordon)]
    theirs = AgentClient(gordon.home, subscribe=True)
    ours = AgentClient(olivier.home)
    ours.send(gordon.address, "from agent to agent")
    assert theirs.wait("message")["text"] == "from agent to agent"
    for client, agent in ((ours, agents[0]), (theirs, agents[1])):
        client.close()
        assert agent.stop(signals.SIGINT) == 0, agent.report()


# --- no way ----------------------------------------------------------------------------------------------------------------


def test_nobody_there_is_one_sentence_in_time(olivier, gordon):
    began = time.monotonic()
    done = olivier.run("pipe", gordon.address, status=5)
    assert time.monotonic() - began < 20
    said = [line for line in done.stderr.splitlines() if line.startswith("pdctl: ")]
    assert said == [
        f"pdctl: {gordon.address} cannot be reached: nobody answers: they are not there, or have not accepted you"
    ], done.stderr


def test_a_program_beside_a_listener_places_calls_too(olivier, gordon):
    """CALL-22, CALL-23: it hears the answers through the one that has the stream."""
    listener, callee = Listener(olivier), Listener(gordon, "--accept", "anyone")
    chat = olivier.chat(gordon.address)
    event(chat, "connected")
    chat.write("from beside")
    assert callee.wait("message")["text"] == "from beside"
    leave(chat)
    listener.end()
    callee.end()
