"""A domain that is down, slow, endless, garbage or lying hurts nobody but its own users, and those only when nothing is cached."""

import os
import threading
import time

import pytest

from pdtest.dns import DnsServer
from pdtest.fake_domain import FakeDomain, endless_body, endless_headers, garbage, one_byte_a_second
from pdtest.formats import Identity, now
from pdtest.jose import Key
from pdtest.process import wait_until

from conftest import UNLIMITED

# A lookup that only passes a bad neighbour by takes less than this many seconds.
PROMPT = 3.0 * float(os.environ.get("PD_TEST_PATIENCE", "1"))


def streaming(make):
    def misbehave(bad):
        bad.answer = lambda _: (200, {}, make())

    return misbehave


def lie(bad):
    stranger = Key()

    def resolution(address):
        about = bad.identities.get(address, address)
        return bad.resolution(address, statement=bad.keys.statement(about, key=stranger))

    bad.resolving(resolution)


BAD = {
    "down": lambda bad: bad.stop(),
    "slow": streaming(lambda: one_byte_a_second(b" " * 600)),
    "endless body": streaming(endless_body),
    "endless headers": streaming(endless_headers),
    "garbage": streaming(garbage),
    "lying": lie,
}


@pytest.fixture
def bad(world):
    bad = FakeDomain(world, "blackmesa.us")
    world.server("example.org", *UNLIMITED, "--remote-timeout", "2", "--answer-fresh", "1")
    world.server("example.net", *UNLIMITED)
    world.start()
    return bad


def failure_of(kind) -> tuple[int, str]:
    return (502, "remote-lying") if kind == "lying" else (504, "remote-unreachable")


@pytest.mark.parametrize("kind", BAD)
def test_its_users_resolve_from_cache_marked_stale(world, bad, kind):
    gordon = bad.person("gordon")
    server = world.servers["example.org"]
    first = server.resolve(gordon.address)
    assert first.status == 200 and "stale" not in first.json, first
    BAD[kind](bad)
    stale = wait_until(lambda: (a := server.resolve(gordon.address)).json.get("stale") and a, "the answer turns stale")
    assert stale.status == 200
    assert stale.json["operations"] == first.json["operations"]


@pytest.mark.parametrize("kind", BAD)
def test_strangers_of_it_get_an_error_in_bounded_time(world, bad, kind):
    BAD[kind](bad)
    started = time.monotonic()
    answer = world.servers["example.org"].resolve("nobody@blackmesa.us")
    assert (answer.status, answer.problem) == failure_of(kind), answer
    # FED-7
    assert time.monotonic() - started < 5 + PROMPT, "--remote-timeout is 2, and there is a descriptor and an answer to ask for"


def look_past(world, addresses) -> dict:
    """Looks up twenty people of a good domain, each for the first time, while others ask for `addresses`: the answers to those."""
    good = [Identity(f"user{n}@example.net") for n in range(20)]
    for identity in good:
        assert world.servers["example.net"].register(identity).status == 201
    server = world.servers["example.org"]
    answers = {}

    def ask(address):
        answers[address] = server.resolve(address)

    hanging = [threading.Thread(target=ask, args=(address,)) for address in addresses]
    for thread in hanging:
        thread.start()
    times = []
    for identity in good:
        started = time.monotonic()
        answer = server.resolve(identity.address)
        times.append(time.monotonic() - started)
        assert answer.status == 200 and "stale" not in answer.json, answer
    for thread in hanging:
        thread.join()
    assert max(times) < PROMPT, times
    return answers


@pytest.mark.parametrize("kind", BAD)
def test_other_domains_are_not_delayed(world, bad, kind):
    BAD[kind](bad)
    answers = look_past(world, [f"user{n}@blackmesa.us" for n in range(50)])
    assert {(answer.status, answer.problem) for answer in answers.values()} == {failure_of(kind)}


def test_all_of_them_at_once_delay_nobody(world):
    neighbours = {kind: FakeDomain(world, f"{kind.replace(' ', '-')}.example") for kind in BAD}
    world.server("example.org", *UNLIMITED, "--remote-timeout", "2")
    world.server("example.net", *UNLIMITED)
    world.start()
    for kind, neighbour in neighbours.items():
        BAD[kind](neighbour)
    answers = look_past(world, [f"user{n}@{bad.domain}" for bad in neighbours.values() for n in range(10)])
    for kind, neighbour in neighbours.items():
        of_this = [answer for address, answer in answers.items() if address.endswith("@" + neighbour.domain)]
        assert {(answer.status, answer.problem) for answer in of_this} == {failure_of(kind)}, kind


def test_stale_until_the_statement_runs_out(world, bad):
    """FED-16: what was verified is answered while its statement lasts (STMT-8) and no longer, not even out of the database."""
    gordon = bad.person("gordon")
    end = now() + int(6 * max(1.0, PROMPT))
    bad.resolving(lambda address: bad.resolution(address, statement=bad.keys.statement(gordon, exp=end)))
    server = world.servers["example.org"]
    first = server.resolve(gordon.address)
    assert first.status == 200 and "stale" not in first.json, first
    bad.stop()
    while True:
        asked = time.time()
        answer = server.resolve(gordon.address)
        if answer.status != 200:
            break
        assert answer.json["stale"] is True and answer.json["operations"] == gordon.operations
        assert asked < end, "the statement has run out"
    assert time.time() >= end, "the statement had not run out"
    assert (answer.status, answer.problem) == (504, "remote-unreachable"), answer
    assert server.stop() == 0
    server.start()
    answer = server.resolve(gordon.address)
    assert (answer.status, answer.problem) == (504, "remote-unreachable"), answer


def test_a_domain_that_fails_is_left_alone_for_a_while(world, bad):
    """FED-14: after three failures it is refused at once, without a connection; a little later it is asked again."""
    server = world.servers["example.org"]
    shortest = 0.75  # of the pause, in seconds: one, give or take a quarter
    for attempt in range(5):
        bad.stop()
        for n in range(3):
            failed = time.monotonic()
            assert server.resolve(f"somebody{n}@blackmesa.us").problem == "remote-unreachable"
        bad.restart()
        bad.connections = 0
        answer = server.resolve(f"nobody{attempt}@blackmesa.us")
        connections = bad.connections
        in_time = time.monotonic() - failed < shortest
        wait_until(lambda: server.resolve(f"nobody{attempt}@blackmesa.us").status == 404, "it is asked again")
        if in_time:
            break
    else:
        raise AssertionError("this machine is too slow to see the pause")
    assert (answer.status, answer.problem, connections) == (504, "remote-unreachable", 0), answer


def test_one_request_in_flight_for_an_address(world, bad):
    gordon = bad.person("gordon")
    gate = threading.Event()
    honest = bad.honest

    def held(path):
        if path.startswith("/v1/identities/"):
            gate.wait(60)
            status, _, body = honest(path)
            return status, {"Cache-Control": "max-age=60"}, body  # whoever comes late is answered from memory
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


# --- where a name leads (FED-8) -----------------------------------------------------------------------------------


@pytest.fixture
def dns(world):
    dns = DnsServer()
    world.on_close(dns.stop)
    return dns


def neighbour_by_name(world, domain) -> FakeDomain:
    """A domain that is found by its name alone: there is no --resolve for it."""
    neighbour = FakeDomain(world, domain)
    del world.overrides[domain]
    return neighbour


INSIDE = ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "fc00::1", "fe80::1"]
INSIDE += ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0", "::"]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_followed(world, dns, address):
    dns.add_address("inside.example", address)
    server = world.server("example.org", *UNLIMITED, "--dns-server", dns.address).start()
    answer = server.resolve("root@inside.example")
    assert (answer.status, answer.problem) == (502, "remote-forbidden-address"), answer
    assert "inside.example" in dns.asked


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1"])
def test_a_service_record_that_leads_inside_is_not_followed(world, dns, address):
    behind = neighbour_by_name(world, "inside.example")
    dns.add_service("_pd._tcp.inside.example", "host.inside.example", behind.port)
    dns.add_address("host.inside.example", address)
    server = world.server("example.org", *UNLIMITED, "--dns-server", dns.address).start()
    answer = server.resolve("root@inside.example")
    assert (answer.status, answer.problem) == (502, "remote-forbidden-address"), answer
    assert "host.inside.example" in dns.asked
    assert behind.connections == 0


def test_an_api_that_leads_inside_is_not_followed(world, dns):
    """The descriptor is where it may be; the API that it names is not."""
    bad = FakeDomain(world, "blackmesa.us")
    behind = neighbour_by_name(world, "inside.example")
    dns.add_address("inside.example", "127.0.0.1")
    bad.answer = lambda _: (200, {}, bad.keys.descriptor(api=f"https://inside.example:{behind.port}"))
    server = world.server("example.org", *UNLIMITED, "--dns-server", dns.address).start()
    answer = server.resolve("root@blackmesa.us")
    assert (answer.status, answer.problem) == (502, "remote-forbidden-address"), answer
    assert bad.connections > 0 and behind.connections == 0


def test_a_policy_may_call_a_domain_private(world, dns):
    """POL-8, FED-9: the same service record, with a rule that says so."""
    inside = neighbour_by_name(world, "inside.example")
    gordon = inside.person("gordon")
    dns.add_service("_pd._tcp.inside.example", "host.inside.example", inside.port)
    dns.add_address("host.inside.example", "127.0.0.1")
    policy = "default allow\nprivate inside.example\n"
    server = world.server("example.org", *UNLIMITED, "--dns-server", dns.address, policy=policy).start()
    answer = server.resolve(gordon.address)
    assert answer.status == 200 and answer.json["operations"] == gordon.operations, answer
