"""What is too much, too long or too often: refused in bounded time and memory, and nobody else is held up."""

import os
import socket
import time
from pathlib import Path

import pytest

from pdtest.fake_domain import FakeDomain
from pdtest.formats import Identity
from pdtest.https import is_problem, is_raw_problem
from pdtest.signing import signed_headers

from conftest import UNLIMITED

HEAD_LIMIT = 10  # seconds for the head of a request
HEAD = b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n"
FLOOD_OF_HEADERS = HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n"
ENDLESS_HEADER = HEAD + b"X: " + b"a" * 200_000 + b"\r\n\r\n"


@pytest.fixture
def server(world):
    return world.server("example.org", *UNLIMITED).start()


def test_half_requests_hold_nothing_up(server):
    """Two hundred connections that never finish their request; the others are served meanwhile."""
    held = []
    for n in range(200):
        connection = server.site.socket() if n % 2 else socket.create_connection(("127.0.0.1", server.port))
        if n % 2:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: exam")
        held.append(connection)
    started = time.monotonic()
    for _ in range(20):
        assert server.site.get("/healthz").status == 200
    assert time.monotonic() - started < 10
    for connection in held:
        connection.close()


def test_a_half_request_is_ended_by_the_server(server):
    """However slowly it dribbles in: all of the head has to be there in time."""
    started = time.monotonic()
    is_raw_problem(server.site.raw(b"GET /healthz HTTP/1.1\r\nHost: exam", HEAD_LIMIT + 5), (408,))
    assert time.monotonic() - started > 1, "it waited a little"


def memory(server) -> int:
    status = Path(f"/proc/{server.process.child.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


def test_memory_stays_bounded(world, monkeypatch):
    """A leak grows in every round. What does not (caches, the allocator, a sanitizer's quarantine) fills up and stays."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8")
    server = world.server("example.org", *UNLIMITED, "--cache-answers", "100").start()
    if "libtsan" in Path(f"/proc/{server.process.child.pid}/maps").read_text():
        pytest.skip("ThreadSanitizer keeps a history of its own")
    grown = []
    for number in range(24):
        before = memory(server)
        for n in range(500):
            assert server.resolve(f"nobody{number}-{n}@example.org").status == 404
        for request in (ENDLESS_HEADER, FLOOD_OF_HEADERS):
            for _ in range(20):
                server.site.raw(request)
        grown.append(memory(server) - before)
        if number > 0 and grown[-1] < 512 * 1024:
            return
    raise AssertionError(f"each round takes more memory: {grown}")


def test_too_many_requests(world):
    server = world.server("example.org", "--rate-address", "1:5")
    world.start()
    statuses = [server.site.get("/.well-known/pd").status for _ in range(8)]
    assert statuses[0] == 200 and 429 in statuses
    answer = server.site.get("/.well-known/pd")
    assert int(answer.headers["retry-after"]) >= 1 and answer.problem == "rate-limited"


def test_too_many_requests_of_one_account(world):
    server = world.server("example.org", "--rate-account", "1:5").start()
    identity = Identity("olivier@example.org")
    assert server.register(identity).status == 201
    answers = [server.put(identity, identity.operations[-1]) for _ in range(8)]
    assert answers[0].status == 200
    is_problem(answers[-1], 429, "rate-limited")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert server.register(Identity("alyx@example.org")).status == 201, "others are not counted with them"


def test_too_many_requests_of_one_domain(world):
    server = world.server("example.org", "--rate-domain", "1:5")
    askers = {domain: FakeDomain(world, domain) for domain in ("blackmesa.us", "example.net")}
    server.start()

    def ask(domain):
        target = "/v1/identities/nobody@example.org"
        key = askers[domain].keys.key
        headers = signed_headers(key, "GET", f"https://example.org{target}", tag="pd-federation", identity=domain)
        return server.site.get(target, headers)

    answers = [ask("blackmesa.us") for _ in range(8)]
    assert answers[0].status == 404
    is_problem(answers[-1], 429, "rate-limited")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert ask("example.net").status == 404, "others are not counted with them"
