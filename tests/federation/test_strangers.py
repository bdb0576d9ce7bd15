"""A stranger who runs a domain of their own, and sees all that comes there, calls somebody who has not let them in."""

import signal as signals

import pytest

from pdtest.callers import event, offer
from pdtest.fake_domain import FakeDomain
from pdtest.formats import signal
from pdtest.jose import Key
from pdtest.process import wait_until

from conftest import UNLIMITED


class Eve:
    """Her domain lets nobody keep an answer, so that whoever looks her up has to ask there each time."""

    def __init__(self, world, server):
        self.domain, self.server = FakeDomain(world, "blackmesa.us"), server
        self.identity = self.domain.person("eve")

    def call(self, person, identity=None) -> tuple:
        callee = Key.from_pem(person.home / "device.pem")
        answer = self.domain.relay(self.server, signal(identity or self.identity, person, offer(), to=callee))
        return answer.status, answer.body, {name: value for name, value in answer.headers.items() if name != "date"}

    def seen(self) -> tuple:
        """All that came to her domain since last time: how many connections, and what was asked."""
        seen = self.domain.connections, list(self.domain.requests)
        self.domain.connections, self.domain.requests[:] = 0, []
        return seen


@pytest.fixture
def gordon(world):
    world.server("example.org", *UNLIMITED)
    world.eve = Eve(world, world.servers["example.org"])
    world.start()
    return world.person("gordon@example.org").register()


def listening(gordon, *options):
    server = gordon.world.servers["example.org"]
    listener = gordon.start("--json", "listen", *options)
    listener.wait_line('"listening"')
    wait_until(lambda: server.metric("pd_event_streams") == 1, "he can be called", alive=listener)
    return listener


def test_a_domain_does_not_see_that_its_caller_was_heard(world, gordon):
    """CALL-21, API-14, FED-20: the stranger's own domain sees the same whether the device is on or not."""
    eve = world.eve
    absent = eve.call(gordon)
    assert absent[0] == 202
    assert eve.seen()[1] == ["/.well-known/pd", "/v1/identities/eve@blackmesa.us"], "the server has asked"
    listener = listening(gordon)
    assert event(listener, "asked")["peer"] == eve.identity.address, "what has waited in the server"
    assert eve.seen() == (0, []), "he has looked her up, and nobody noticed"
    mallory = eve.domain.person("mallory")
    present = eve.call(gordon, mallory)
    assert event(listener, "asked")["peer"] == mallory.address
    assert listener.stop(signals.SIGINT) == 0, listener.report()
    assert present == absent and eve.seen()[1] == ["/v1/identities/mallory@blackmesa.us"]
    requests = gordon.json("contacts", "requests")["requests"]
    assert [request["confirmed"] for request in requests] == [False, False]


def test_who_is_accepted_is_looked_up_at_their_domain(world, gordon):
    """The control: what is not seen above would be seen."""
    eve = world.eve
    gordon.run("contacts", "accept", eve.identity.address)
    listener = listening(gordon)
    assert eve.call(gordon)[0] == 202
    wait_until(lambda: eve.domain.requests.count("/.well-known/pd") == 2, "his server asks, and he himself", alive=listener)
    assert listener.stop(signals.SIGINT) == 0, listener.report()
