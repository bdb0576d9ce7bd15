"""Who is not let in learns nothing of address or presence, and neither who sends what is not a genuine signal (contacts.md, signals.md)."""

import contextlib
import json
import random
import signal as signals
import time

import pytest

from pdtest.callers import Listener, home_of, offer
from pdtest.events import send
from pdtest.formats import signal
from pdtest.https import is_problem
from pdtest.jose import Key, payload_of

CALLS = 6  # of one sender; a server keeps 8 (SGN-28)


@pytest.fixture
def gordon(person):
    return person("gordon", "blackmesa.us")


# --- the same as somebody who is not there -----------------------------------------------------------------------------------


class Refused:
    """The ways not to be let in: for each a caller, and whom they call."""

    def __init__(self, person, stranger):
        self.absent, self.asking, self.closed = (person(name, "blackmesa.us") for name in ("absent", "asking", "closed"))
        self.callers = {kind: stranger(name=kind) for kind in ("absent", "unknown", "declined", "blocked", "contacts", "friend")}
        self.callees = {kind: self.asking for kind in self.callers} | {"absent": self.absent, "contacts": self.closed}
        self.asking.run("contacts", "block", self.callers["blocked"].address)
        self.asking.run("contacts", "accept", self.callers["friend"].address)
        self.closed.run("contacts", "policy", "contacts")
        self.listeners = [Listener(self.asking), Listener(self.closed)]

    def decline(self) -> None:
        """Somebody can be declined who has asked (CON-8)."""
        declined = self.callers["declined"]
        declined.calls(self.asking)
        assert self.listeners[0].wait("asked")["peer"] == declined.address
        self.asking.run("contacts", "decline", declined.address)

    def hear_nothing(self) -> bool:
        return all(caller.hears_nothing(0.5) for kind, caller in self.callers.items() if kind != "friend")

    @contextlib.contextmanager
    def stopped(self):
        """Nobody's program does anything meanwhile, though its stream is open."""
        for listener in self.listeners:
            listener.process.child.send_signal(signals.SIGSTOP)
        try:
            yield
        finally:
            for listener in self.listeners:
                listener.process.child.send_signal(signals.SIGCONT)

    def end(self) -> None:
        for listener in self.listeners:
            listener.end()


@pytest.fixture
def refused(person, stranger):
    ways = Refused(person, stranger)
    yield ways
    ways.end()


def test_who_is_not_let_in_sees_the_same_bytes_as_if_nobody_were_there(refused):
    """CON-4, CON-5, SGN-26: every byte of the answer, its headers and their order; then nothing, whoever has accepted whom."""
    refused.decline()
    seen = {kind: refused.callers[kind].calls(callee) for kind, callee in refused.callees.items()}
    assert seen["absent"].startswith(b"HTTP/1.1 202 ") and b"\r\ndate: \r\n" in seen["absent"].lower()
    assert set(seen.values()) == {seen["absent"]}, seen
    assert refused.callers["friend"].answered()["kind"] == "answer", "the control: such an offer is one"
    assert refused.hear_nothing()
    requests = refused.asking.json("contacts", "requests")["requests"]
    assert [request["address"] for request in requests] == [refused.callers["unknown"].address]
    assert refused.closed.json("contacts", "requests")["requests"] == []


def looked_up(servers) -> list[float]:
    """How often each has looked up somebody of its own domain, and of another: both are counted before anything is answered."""
    own = [server.metric("pd_own_answers_ready_total") + server.metric("pd_own_answers_made_total") for server in servers]
    return own + [server.metric("pd_remote_answers_total") for server in servers]


def test_and_waits_for_the_same(refused):
    """The answer waits for nothing that a callee's program does: theirs are stopped here. And both servers do as much for each caller, whoever
    is there. (How long it took is printed; on a busy machine it says little.)"""
    refused.decline()
    servers = [refused.callers["friend"].server, home_of(refused.absent)]
    work, took = {}, {kind: [] for kind in refused.callees}
    with refused.stopped():
        for _ in range(CALLS - 1):  # the first time there is more to look up
            for kind in random.sample(list(took), len(took)):
                text = refused.callers[kind].seal(refused.callees[kind], offer())
                before, begun = looked_up(servers), time.monotonic()
                assert refused.callers[kind].send(text).status == 202
                took[kind].append(time.monotonic() - begun)
                work[kind] = [now - then for now, then in zip(looked_up(servers), before)]
    print({kind: f"{1000 * min(times):.1f} ms" for kind, times in took.items()}, work["absent"])
    assert all(each == work["absent"] for each in work.values()) and sum(work["absent"]) >= 2, work


def test_nobody_learns_more_by_asking_the_server(refused):
    """Who is on and who is off look the same where their endpoints are asked for, and a device that they do not have is called; and what is
    told of them to everybody stays the same when they come and go. (Figures: DOM-4.)"""
    here, there = refused.asking, refused.absent
    caller = refused.callers["unknown"]
    server = home_of(here)

    def seen(person) -> list[bytes]:
        endpoints = caller.sees("GET", f"/v1/identities/{person.address}/endpoints", server=server)
        return [endpoints, caller.calls(person, to=Key())]

    assert seen(here) == seen(there)
    assert [answer.split(b" ", 2)[1] for answer in seen(here)] == [b"200", b"410"]
    etags = [server.resolve(here.address).headers["etag"] for _ in range(2)]
    refused.listeners[0].end()
    etags.append(server.resolve(here.address).headers["etag"])
    refused.listeners[0] = Listener(here)
    etags.append(server.resolve(here.address).headers["etag"])
    assert len(set(etags)) == 1, "coming and going changes no answer"


# --- what is no genuine signal -----------------------------------------------------------------------------------------------


def test_a_removed_device_calls_nobody(gordon, stranger):
    """SGN-21."""
    olivier = stranger(name="olivier", devices=2)
    gordon.run("contacts", "accept", olivier.address)
    listener = Listener(gordon)
    assert olivier.send(olivier.seal(gordon, offer(), device=1), device=1).status == 202
    assert olivier.answered(device=1)["kind"] == "answer"
    _, lost = olivier.identity.devices.pop()
    assert olivier.server.put(olivier.identity, olivier.identity.update()).status == 200
    callee = Key.from_pem(gordon.home / "device.pem")
    text = signal(olivier.identity, gordon, offer(), to=callee, by=lost)
    is_problem(send(olivier.server, olivier.identity, text, key=lost), 401, "bad-signature")
    assert olivier.hears_nothing()
    listener.end()


def test_an_offer_is_taken_once(gordon, stranger):
    """SGN-15 for the signal, CALL-9 for the call in another signal."""
    olivier = stranger(name="olivier")
    gordon.run("contacts", "accept", olivier.address)
    listener = Listener(gordon)
    first = offer()
    text = olivier.seal(gordon, first)
    assert olivier.send(text).status == 202
    answer = olivier.answered()
    assert (answer["kind"], answer["call"]) == ("answer", json.loads(first)["call"])
    is_problem(olivier.send(text), 409, "signal-replayed")
    assert olivier.send(olivier.seal(gordon, first)).status == 202
    assert olivier.hears_nothing()
    assert olivier.send(olivier.seal(gordon, offer())).status == 202
    assert olivier.answered()["kind"] == "answer", "another call is taken"
    listener.end()


def test_a_box_of_somebody_else_opens_nothing(gordon, stranger):
    """SGN-8, SGN-14: a contact signs into a signal of their own what another contact has sealed, or what was sealed for another signal."""
    olivier, mallory = stranger(name="olivier"), stranger(name="mallory")
    for contact in (olivier, mallory):
        gordon.run("contacts", "accept", contact.address)
    listener = Listener(gordon)
    stolen = payload_of(olivier.seal(gordon, offer()))["box"]
    assert mallory.send(mallory.seal(gordon, b"", box=stolen)).status == 202
    own = payload_of(mallory.seal(gordon, offer()))["box"]
    assert mallory.send(mallory.seal(gordon, b"", box=own)).status == 202
    assert mallory.hears_nothing() and olivier.hears_nothing(0.1)
    assert mallory.send(mallory.seal(gordon, offer())).status == 202
    assert mallory.answered()["kind"] == "answer", "the control"
    listener.end()
