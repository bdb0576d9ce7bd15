"""STUN as a real server answers it: right, never with more than it was asked with, within its limits, and beside HTTP."""

import os
import random
import socket
import struct
import time

import pytest

from pdtest import stun
from pdtest.jose import payload_of
from pdtest.process import wait_until

from conftest import UNLIMITED

PLENTY = ["--rate-stun", "100000:100000"]


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from pdtest.world import World

    world = World(tmp_path_factory.mktemp("stun"))
    yield world.server("example.org", *UNLIMITED, *PLENTY).start()
    world.close()


def open_stream(server, port: int = 0) -> socket.socket:
    return socket.create_connection(server.stun[port], timeout=30)


# --- right answers ------------------------------------------------------------------------------------------------


def check(answer: bytes, request: bytes, mapped: tuple[str, int]) -> None:
    read = stun.read(answer)
    assert read.type == stun.SUCCESS and read.transaction == request[8:20]
    assert read.mapped == mapped
    assert list(read.attributes) == [0x0020], "nothing more than is needed"
    assert len(answer) <= len(request)


@pytest.mark.parametrize("port", [0, 1])
def test_udp(server, port):
    assert len({port for _, port in server.stun}) == 2, "two ports"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        request = stun.request()
        answer = stun.ask(server.stun[port], request, sender=one)
        check(answer, request, one.getsockname())
        assert stun.read(answer).fingerprint
        request = stun.message(attributes=stun.attribute(0x8022, b"somebody else"))
        answer = stun.ask(server.stun[port], request, sender=one)
        check(answer, request, one.getsockname())
        assert not stun.read(answer).fingerprint


@pytest.mark.parametrize("port", [0, 1])
def test_tcp(server, port):
    with open_stream(server, port) as stream:
        for _ in range(3):
            request = stun.request()
            stream.sendall(request)
            check(stun.receive(stream), request, stream.getsockname())


def test_the_descriptor_names_them(server):
    said = payload_of(server.site.get("/.well-known/pd").json["descriptor"])["stun"]
    assert said == [f"{host}:{port}" for host, port in server.stun]


@needs_ipv6
def test_a_wildcard_answers_from_the_address_that_was_asked(world):
    options = ("--stun", "[::]:0", "--stun", "0.0.0.0:0", "--stun-host", "stun.example.org")
    server = world.server("example.org", *UNLIMITED, *options).start()
    both, four = (port for _, port in server.stun)
    # ask() takes an answer from no other address.
    for address, port in [("::1", both), ("127.0.0.1", both), ("127.0.0.2", both), ("127.0.0.3", four)]:
        with socket.socket(stun.family(address), socket.SOCK_DGRAM) as one:
            one.bind(("::1" if ":" in address else "127.0.0.1", 0))
            request = stun.request()
            check(stun.ask((address, port), request, sender=one), request, one.getsockname()[:2])
        with socket.create_connection((address, port), timeout=30) as stream:
            request = stun.request()
            stream.sendall(request)
            check(stun.receive(stream), request, stream.getsockname()[:2])
    said = payload_of(server.site.get("/.well-known/pd").json["descriptor"])["stun"]
    assert said == [f"stun.example.org:{both}", f"stun.example.org:{four}"]


def test_an_unknown_attribute(server):
    request = stun.message(attributes=stun.attribute(0x0003, bytes(4)) + stun.attribute(0x8022, stun.SOFTWARE))
    answer = stun.ask(server.stun[0], request)
    read = stun.read(answer)
    assert read.type == stun.ERROR and read.attributes == {0x0009: b"\0\0\4\x14", 0x000A: b"\0\3"}
    assert len(answer) <= len(request)


def test_without_stun_there_is_none(world):
    server = world.server("example.org", "--stun", "127.0.0.1:0").start()
    assert len(server.stun) == 1
    assert "stun" in payload_of(server.site.get("/.well-known/pd").json["descriptor"])


# --- never larger ---------------------------------------------------------------------------------------------------


def malformed(dice: random.Random) -> bytes:
    """Something that resembles a request more or less."""
    kinds = [0x0001] * 6 + [0x0011, 0x0101, 0x0111, 0x0003, dice.randrange(0x10000)]
    attributes = b"".join(
        stun.attribute(dice.choice([0x0003, 0x0006, 0x0008, 0x0020, 0x0026, 0x8022, 0xC057, dice.randrange(0x10000)]),
                       dice.randbytes(dice.choice([0, 1, 4, 4, 8, 20, 24])))
        for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 6, 20]))
    )
    data = bytearray(stun.message(dice.choice(kinds), attributes, dice.randbytes(12), fingerprint=dice.random() < 0.4))
    for _ in range(dice.choice([0, 0, 0, 1, 3])):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.15:
        del data[dice.randrange(len(data)) :]
    if dice.random() < 0.1:
        data += dice.randbytes(dice.randrange(1400))
    return bytes(data)


def test_no_answer_is_larger_than_its_request(server):
    """STUN-4, STUN-8. Each with a socket of its own turn, so that an answer is known to be of its request. Silence is told by
    the answer to a good request that was sent behind."""
    dice = random.Random(5389)
    asked = answered = sent_bytes = answer_bytes = 0
    largest = (0.0, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(30)
        for _ in range(2000):
            data = malformed(dice)
            one.sendto(data, server.stun[0])
            end = stun.request()
            one.sendto(end, server.stun[0])
            asked, sent_bytes = asked + 1, sent_bytes + len(data)
            while (answer := one.recv(65536))[8:20] != end[8:20]:
                assert len(answer) <= len(data), (data.hex(), answer.hex())
                stun.read(answer)
                answered, answer_bytes = answered + 1, answer_bytes + len(answer)
                largest = max(largest, (len(answer) / len(data), len(data), len(answer)))
    assert answered > 100, "the property is about answers, too"
    print(f"{asked} requests of {sent_bytes} bytes, {answered} answers of {answer_bytes} bytes; "
          f"at most {largest[0]:.2f} of the request ({largest[2]} of {largest[1]} bytes)")


# --- limits -----------------------------------------------------------------------------------------------------------


def test_too_many_requests(world):
    server = world.server("example.org", *UNLIMITED, "--rate-stun", "0.001:5").start()
    answers = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for _ in range(12):
            one.sendto(stun.request(), server.stun[0])
        wait_until(lambda: server.metric("pd_stun_requests_total") >= 12, "all were read", alive=server.process)
        one.settimeout(0.2)
        try:
            while True:
                answers.append(one.recv(4096))
        except TimeoutError:
            pass
    assert len(answers) == 5
    with open_stream(server) as stream:
        stream.sendall(stun.request())
        assert stun.receive(stream) == b"", "over TCP the connection is closed"
    assert server.site.get("/healthz").status == 200, "HTTP has limits of its own"


def test_what_gets_no_answer_counts_for_nothing(world):
    server = world.server("example.org", *UNLIMITED, "--rate-stun", "0.001:5").start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for _ in range(50):
            one.sendto(os.urandom(60), server.stun[0])
    assert stun.ask(server.stun[0]) is not None


def test_half_messages(server):
    """STUN-10: however a message is cut, it is answered when it is whole."""
    with open_stream(server) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = stun.request()
        for byte in range(len(request)):
            stream.sendall(request[byte : byte + 1])
        check(stun.receive(stream), request, stream.getsockname())
        several = [stun.request() for _ in range(5)]
        stream.sendall(b"".join(several) + request[:30])
        for each in several:
            check(stun.receive(stream), each, stream.getsockname())
        stream.sendall(request[30:])
        check(stun.receive(stream), request, stream.getsockname())


def test_a_half_message_is_ended_by_the_server(server):
    with open_stream(server) as stream:
        stream.sendall(stun.request()[:30])
        started = time.monotonic()
        assert stream.recv(1) == b""
        assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", bytes(20), struct.pack("!HHI", 1, 0xFFFC, stun.COOKIE) + bytes(12)],
    ids=["http", "zeros", "64 kilobytes"],
)
def test_what_is_not_stun_ends_a_connection(server, data):
    with open_stream(server) as stream:
        stream.sendall(data)
        assert stun.receive(stream) == b""


def test_a_connection_has_a_hundred_messages(server):
    with open_stream(server) as stream:
        for _ in range(100):
            stream.sendall(stun.request())
            assert stun.receive(stream)
        assert stream.recv(1) == b""


def test_one_address_does_not_take_all_connections(server):
    held = [open_stream(server) for _ in range(40)]
    try:
        for stream in held[:16]:
            stream.sendall(stun.request())
            assert stun.receive(stream)
        assert held[39].recv(1) == b"", "those beyond are closed at once"
    finally:
        for stream in held:
            stream.close()


def test_http_goes_on_in_a_flood(server):
    dice = random.Random(1)
    flood = [malformed(dice) for _ in range(200)] + [stun.request()]
    slowest = 0.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for _ in range(20):
            for data in flood:
                one.sendto(data, server.stun[1])
            started = time.monotonic()
            assert server.site.get("/healthz").status == 200
            slowest = max(slowest, time.monotonic() - started)
    assert stun.ask(server.stun[1]) is not None
    print(f"{20 * len(flood)} datagrams; the slowest of 20 HTTP requests meanwhile took {slowest * 1000:.0f} ms")


# --- life -------------------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_an_error(world):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        server = world.server("example.org", "--stun", f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(AssertionError, match="status 1"):
            server.start()
        assert "cannot listen for STUN" in server.log() and "hint: " in server.log()
        server.process.stop()
        server.process = None


def test_it_goes_on_over_a_reload_and_ends_with_the_server(world):
    server = world.server("example.org", *UNLIMITED).start()
    with open_stream(server) as stream:
        server.reload()
        wait_until(lambda: "reloaded" in server.log(), "it has read everything again", alive=server.process)
        stream.sendall(stun.request())
        assert stun.receive(stream)
        assert server.stop() == 0
        assert stream.recv(1) == b""
