"""A domain that is down, slow, endless or garbage hurts nobody but its own users, and those only when nothing is cached."""

import threading
import time

import pytest

from pdtest.fake_domain import FakeDomain, endless_body, endless_headers, garbage, one_byte_a_second
from pdtest.process import wait_until

from conftest import UNLIMITED

BAD = {
    "down": None,
    "slow": lambda: one_byte_a_second(b" " * 600),
    "endless body": endless_body,
    "endless headers": endless_headers,
    "garbage": garbage,
}


@pytest.fixture
def bad(world):
    bad = FakeDomain(world, "blackmesa.us")
    world.server("example.org", *UNLIMITED, "--remote-timeout", "2", "--answer-fresh", "1")
    world.server("example.net", *UNLIMITED)
    world.start()
    return bad


def misbehave(bad, kind):
    if BAD[kind] is None:
        bad.stop()
    else:
        bad.answer = lambda _: (200, {}, BAD[kind]())


@pytest.mark.parametrize("kind", BAD)
def test_its_users_resolve_from_cache_marked_stale(world, bad, kind):
    gordon = bad.person("gordon")
    server = world.servers["example.org"]
    first = server.resolve(gordon.address)
    assert first.status == 200 and "stale" not in first.json, first
    misbehave(bad, kind)
    stale = wait_until(lambda: (a := server.resolve(gordon.address)).json.get("stale") and a, "the answer turns stale")
    assert stale.status == 200
    assert stale.json["operations"] == first.json["operations"]


@pytest.mark.parametrize("kind", BAD)
def test_strangers_of_it_get_an_error_in_bounded_time(world, bad, kind):
    misbehave(bad, kind)
    started = time.monotonic()
    answer = world.servers["example.org"].resolve("nobody@blackmesa.us")
    assert answer.status in (502, 504) and answer.problem.startswith("remote-"), answer
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("kind", BAD)
def test_other_domains_are_not_delayed(world, bad, kind):
    """While fifty lookups hang on the bad domain, every lookup for a good one is answered before the first of them."""
    alice = world.person("alice@example.net").register()
    server = world.servers["example.org"]
    misbehave(bad, kind)
    order = []

    def ask(address, name):
        answer = server.resolve(address)
        order.append((name, answer.status))

    hanging = [threading.Thread(target=ask, args=(f"user{n}@blackmesa.us", "bad")) for n in range(50)]
    for thread in hanging:
        thread.start()
    answers = []
    for _ in range(20):
        answers.append(server.resolve(alice.address).status)
    waiting = sum(thread.is_alive() for thread in hanging)
    for thread in hanging:
        thread.join()
    assert answers == [200] * 20
    if kind == "slow":
        assert waiting > 0, "the good answers came while the bad domain was still being waited for"
    assert all(status in (429, 502, 503, 504) for _, status in order), order


def test_one_request_in_flight_for_an_address(world, bad):
    gordon = bad.person("gordon")
    gate = threading.Event()
    honest = bad.honest

    def held(path):
        if path.startswith("/v1/identities/"):
            gate.wait(5)
        return honest(path)

    server = world.servers["example.org"]
    assert server.resolve("nobody@blackmesa.us").status == 404
    bad.answer = held
    bad.requests.clear()
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(server.resolve(gordon.address).status)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: bad.requests, "the request arrives")
    gate.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20
    assert sum("gordon" in path for path in bad.requests) == 1


def test_requests_to_another_domain_are_signed(world, bad):
    gordon = bad.person("gordon")
    assert world.servers["example.org"].resolve(gordon.address).status == 200
    headers = bad.signed[-1]["headers"]
    assert headers["pd-identity"] == "example.org"
    assert 'tag="pd-federation"' in headers["signature-input"]


def test_a_name_that_leads_to_a_private_address_is_not_followed(world):
    """Without --resolve, a domain whose DNS points inside reaches nothing."""
    server = world.server("example.org", *UNLIMITED)
    world.start()
    answer = server.resolve("root@localhost.localdomain")
    assert answer.status in (502, 504), answer
