"""Calls between real programs of two domains, where nobody has published an endpoint (calling.md, contacts.md)."""

import itertools
import json
import os
import signal as signals
import time

import pytest

from pdtest.agent import AgentClient, answers
from pdtest.events import Stream, send
from pdtest.formats import Identity, open_signal, signal
from pdtest.https import is_problem
from pdtest.jose import Key, b64
from pdtest.process import wait_until

NUMBERS = itertools.count()


@pytest.fixture
def person(town):
    """Somebody registered whose name no other test has."""
    return lambda name, domain: town.person(f"{name}{next(NUMBERS)}@{domain}").register()


@pytest.fixture
def olivier(person):
    return person("olivier", "example.org")


@pytest.fixture
def gordon(person):
    return person("gordon", "blackmesa.us")


def home_of(person):
    return person.world.servers[person.address.split("@")[1]]


class Listener:
    """A `pdctl listen` that publishes nothing, with its stream of events open."""

    def __init__(self, person, *options):
        server = home_of(person)
        before = server.metric("pd_event_streams")
        self.process = person.start("--json", "listen", *options)
        assert self.wait("listening")["endpoints"] == []
        wait_until(lambda: server.metric("pd_event_streams") > before, "it can be called", alive=self.process)

    def wait(self, kind: str) -> dict:
        return event(self.process, kind)

    def kinds(self) -> list[str]:
        """Of all events that were seen."""
        return [json.loads(line)["event"] for line in self.process.output]

    def end(self) -> None:
        assert self.process.stop(signals.SIGINT) == 0, self.process.report()


def event(process, kind: str) -> dict:
    return json.loads(process.wait_line(lambda line: json.loads(line)["event"] == kind))


def leave(chat) -> None:
    chat.close_input()
    assert chat.child.wait(30) == 0, chat.report()


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
    assert set(kinds) <= {"waiting", "connected"}, "until then there was nothing to be seen"
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
    agents = [who.start("agent", "--accept", "anyone") for who in (olivier, gordon)]
    for who, agent in zip((olivier, gordon), agents):
        wait_until(lambda: answers(who.home), "the agent answers", alive=agent)
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


# --- who is not let in -----------------------------------------------------------------------------------------------------


class Stranger:
    """Somebody who writes their own signals, and sees all that comes back."""

    def __init__(self, town, name="eve", devices=1):
        self.server = town.servers["example.org"]
        self.identity = Identity(f"{name}{next(NUMBERS)}@example.org", devices=devices)
        assert self.server.register(self.identity).status == 201
        self.streams = [Stream(self.server, self.identity, device=key).begun() for _, key in self.identity.devices]

    def offer(self, call=None) -> bytes:
        description = {"v": 1, "secret": b64(os.urandom(32)), "nat": "open", "candidates": []}
        message = {"v": 1, "kind": "offer", "call": call or os.urandom(16).hex(), "description": description}
        return json.dumps(message).encode()

    def seal(self, person, message: bytes, device=0) -> str:
        callee = Key.from_pem(person.home / "device.pem")
        return signal(self.identity, person, message, to=callee, by=self.identity.devices[device][1])

    def send(self, text: str, device=0) -> tuple:
        answer = send(self.server, self.identity, text, key=self.identity.devices[device][1])
        return answer.status, answer.body, {name: value for name, value in answer.headers.items() if name != "date"}

    def answered(self, device=0) -> dict:
        return json.loads(open_signal(self.streams[device].next().data, self.identity.devices[device][1]))

    def hears_nothing(self) -> bool:
        return all(stream.silent(2) for stream in self.streams)

    def close(self) -> None:
        for stream in self.streams:
            stream.close()


@pytest.fixture
def stranger(town):
    made = []

    def make(**options) -> Stranger:
        made.append(Stranger(town, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_who_is_not_let_in_learns_nothing(gordon, stranger):
    """CON-4, CON-5: absent, asking, blocked: the same bytes, and nothing afterwards."""
    absent, unknown, blocked, friend = (stranger(name=name) for name in ("absent", "unknown", "blocked", "friend"))
    seen = {"absent": absent.send(absent.seal(gordon, absent.offer()))}
    gordon.run("contacts", "block", blocked.identity.address)
    gordon.run("contacts", "accept", friend.identity.address)
    listener = Listener(gordon)
    seen["unknown"] = unknown.send(unknown.seal(gordon, unknown.offer()))
    assert listener.wait("asked")["peer"] in (unknown.identity.address, absent.identity.address)
    seen["blocked"] = blocked.send(blocked.seal(gordon, blocked.offer()))
    seen["accepted"] = friend.send(friend.seal(gordon, friend.offer()))
    assert friend.answered()["kind"] == "answer", "the control: such an offer is one"
    assert seen["unknown"] == seen["blocked"] == seen["absent"] == seen["accepted"]
    assert absent.hears_nothing() and unknown.hears_nothing() and blocked.hears_nothing()
    requests = {request["address"] for request in gordon.json("contacts", "requests")["requests"]}
    assert blocked.identity.address not in requests
    listener.end()


def test_a_removed_device_calls_nobody(town, gordon, stranger):
    olivier = stranger(name="olivier", devices=2)
    gordon.run("contacts", "accept", olivier.identity.address)
    listener = Listener(gordon)
    assert olivier.send(olivier.seal(gordon, olivier.offer(), device=1), device=1)[0] == 202
    assert olivier.answered(device=1)["kind"] == "answer"
    _, lost = olivier.identity.devices.pop()
    assert olivier.server.put(olivier.identity, olivier.identity.update()).status == 200
    callee = Key.from_pem(gordon.home / "device.pem")
    text = signal(olivier.identity, gordon, olivier.offer(), to=callee, by=lost)
    is_problem(send(olivier.server, olivier.identity, text, key=lost), 401, "bad-signature")
    assert olivier.hears_nothing()
    listener.end()


def test_an_offer_is_taken_once(gordon, stranger):
    """SGN-15 for the signal, CALL-9 for the call in another signal."""
    olivier = stranger(name="olivier")
    gordon.run("contacts", "accept", olivier.identity.address)
    listener = Listener(gordon)
    offer = olivier.offer()
    text = olivier.seal(gordon, offer)
    assert olivier.send(text)[0] == 202
    answer = olivier.answered()
    assert (answer["kind"], answer["call"]) == ("answer", json.loads(offer)["call"])
    is_problem(send(olivier.server, olivier.identity, text), 409, "signal-replayed")
    assert olivier.send(olivier.seal(gordon, offer))[0] == 202
    assert olivier.hears_nothing()
    assert olivier.send(olivier.seal(gordon, olivier.offer()))[0] == 202
    assert olivier.answered()["kind"] == "answer", "another call is taken"
    listener.end()
