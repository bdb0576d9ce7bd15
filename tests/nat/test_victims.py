"""What an accepted but hostile person can make a real pdctl send to others, by naming their addresses as its own or by writing packets in
their name: a bounded number of small packets (REACH-23, RACE-5, RACE-8). (pytest -s prints how many.)"""

import contextlib
import json
import os
import random
import socket
import threading
import time

import pytest

from lab import Home, Lab
from pdtest import probes
from pdtest.callers import Listener, Stranger, offer
from pdtest.fixtures import UNLIMITED
from pdtest.jose import b64, unb64
from routers import Nat
from witness import SYN, TCP, UDP, Witness, most

REFUSING = [f"11.0.0.{number}" for number in range(100, 116)]  # nothing listens there, and it says so
SILENT = [f"11.0.0.{number}" for number in range(120, 136)]
DROP = f"""
table ip v {{
  chain input {{
    type filter hook input priority filter;
    ip daddr {SILENT[0]}-{SILENT[-1]} drop
  }}
}}
"""
PORT = 4433
PROBE = 28  # bytes
REQUESTS = 24  # to a pair that is not valid, and as many responses
SPRAYED_PORTS, SPRAYED_SOCKETS = 4096, 512  # REACH-22, REACH-23
PACKETS_AFTER = 512  # of a call that has a path
KEEP_ALIVES = 15  # REACH-21
REFLEXIVE = 16  # addresses of others that are believed when a packet comes from there (REACH-15)
SYNS = 16  # to one candidate: at once, after 50 ms, then after twice as long each time, up to every 800 ms, for 10 s (RACE-5, RACE-8)
HELLO = 1000  # bytes of a ClientHello, at most


class Stage:
    """Gordon at home, mallory whom he has accepted, and machines that have nothing to do with it."""

    def __init__(self, world, lab: Lab, home: Home):
        self.lab, self.seen_from = lab, "11.0.0.21" if home.nat is Nat.NONE else "11.0.0.11"
        self.victims = lab.passer_by("v", *REFUSING, *SILENT)
        self.victims.run("nft", "-f", "-", input=DROP)
        server = world.server("example.org", *UNLIMITED, place=lab.place("s1")).start()
        self.gordon = world.person("gordon@example.org", place=lab.place("a")).register()
        self.mallory = Stranger(server, "mallory", devices=4)
        self.gordon.run("contacts", "accept", self.mallory.address)

    def witness(self) -> Witness:
        return Witness(self.victims, self.seen_from)

    def called(self, *descriptions: dict) -> list:
        """Mallory calls, from a device with each description at once. What came to the victims until gordon's program has given up."""
        listener, witness = Listener(self.gordon), self.witness()
        for device, description in enumerate(descriptions):
            assert self.mallory.send(self.mallory.seal(self.gordon, offer(**description), device), device).status == 202
        for _ in descriptions:
            listener.wait("missed")
        listener.end()
        return witness.close()

    def calling(self, **description) -> list:
        """Gordon calls mallory, who answers with it."""
        pipe, witness = self.gordon.start("pipe", self.mallory.address), self.witness()
        theirs = self.mallory.answered()
        told = {"v": 1, "secret": b64(os.urandom(32)), "nat": "open", "candidates": [], **description}
        answer = {"v": 1, "kind": "answer", "call": theirs["call"], "description": told}
        assert self.mallory.send(self.mallory.seal(self.gordon, json.dumps(answer).encode())).status == 202
        assert pipe.child.wait(60) == 5, pipe.report()
        return witness.close()


@contextlib.contextmanager
def stage(world, home: Home = Home(Nat.NONE)):
    with Lab(a=home, b=Home(Nat.NONE)) as lab:
        try:
            scene = Stage(world, lab, home)
            yield scene
            scene.mallory.close()
        finally:
            world.close()


def candidates(transport: str, victims: list[str], kind: str = "host") -> list[dict]:
    return [{"type": kind, "transport": transport, "address": f"{host}:{PORT}"} for host in victims]


def judged(name: str, packets: list, datagrams: int, payload: int = 0) -> tuple[list, list]:
    """Nothing but probes, at most so many, and attempts to connect, with at most so many bytes each: UDP and TCP apart."""
    udp, tcp = ([packet for packet in packets if packet.protocol == protocol] for protocol in (UDP, TCP))
    syns = [packet for packet in tcp if packet.flags & SYN]
    sent = sum(len(packet.payload) for packet in tcp)
    print(f"\n{name}: {len(udp)} datagrams of {PROBE} bytes, at most {most(packet.to for packet in udp)} to one port; "
          f"{len(syns)} SYNs, at most {most(packet.to for packet in syns)} to one port, {sent} bytes over TCP", end="")
    assert len(udp) + len(tcp) == len(packets), "nothing else"
    assert all(len(packet.payload) == PROBE for packet in udp) and len(udp) <= datagrams
    assert all(packet.flags == SYN for packet in tcp) or payload, "nobody has answered"
    assert most(packet.to for packet in syns) <= SYNS and sent <= payload * len(syns)
    return udp, tcp


# --- named as addresses of the caller's, or the callee's -------------------------------------------------------------------


def test_who_is_called_is_told_addresses_of_others(world):
    with stage(world) as scene:
        kinds = [(transport, victims) for transport in ("udp", "tcp") for victims in (REFUSING, SILENT)]
        packets = scene.called(*({"candidates": candidates(*kind)} for kind in kinds))
    udp, tcp = judged("called, 4 times 16 candidates", packets, datagrams=2 * 16 * REQUESTS)
    for protocol, victims in ((udp, REFUSING), (udp, SILENT), (tcp, REFUSING), (tcp, SILENT)):
        assert {packet.to for packet in protocol} >= {(host, PORT) for host in victims}, "the control: it does try them"
    assert most(packet.to for packet in udp) <= REQUESTS


def test_who_calls_is_told_addresses_of_others(world):
    told = [each for transport in ("udp", "tcp") for victims in (REFUSING, SILENT) for each in candidates(transport, victims[:4])]
    with stage(world) as scene:
        packets = scene.calling(candidates=told)
    udp, tcp = judged("calling, 16 candidates", packets, datagrams=8 * REQUESTS)
    assert len({packet.to for packet in udp}) == len({packet.to for packet in tcp}) == 8
    assert most(packet.to for packet in udp) <= REQUESTS


def test_one_side_says_that_it_is_symmetric(world):
    """REACH-22: the other one looks for it at random ports of the one address that it has named."""
    told = candidates("udp", REFUSING[:1], "server-reflexive") + candidates("udp", REFUSING[1:])
    with stage(world) as scene:
        packets = scene.called({"nat": "symmetric", "candidates": told})
    udp, _ = judged("called by a symmetric one", packets, datagrams=16 * REQUESTS + SPRAYED_PORTS)
    assert len(udp) > SPRAYED_PORTS / 2, "the control: it does look"
    assert len({packet.to for packet in udp if packet.to[0] != REFUSING[0]}) == 15, "nobody else is sprayed"
    assert most(packet.to for packet in udp) <= REQUESTS


def test_one_side_is_symmetric(world):
    """REACH-22: it sends from 256 more ports to the one address."""
    told = candidates("udp", REFUSING[:1], "server-reflexive") + candidates("udp", REFUSING[1:])
    with stage(world, Home(Nat.SYMMETRIC)) as scene:
        packets = scene.called({"nat": "open", "candidates": told})
    udp, _ = judged("called behind a symmetric NAT", packets, datagrams=16 * REQUESTS + SPRAYED_SOCKETS)
    assert SPRAYED_SOCKETS / 2 < most(packet.to for packet in udp) <= SPRAYED_SOCKETS + REQUESTS
    assert most(packet.to for packet in udp if packet.to[0] != REFUSING[0]) <= REQUESTS


@pytest.mark.parametrize("stays", [True, False], ids=["says nothing", "hangs up"])
def test_a_service_of_somebody_else_is_there(world, stays):
    """The caller is the TLS client (RACE-6): it says hello to whoever takes the connection."""
    taken = []
    with stage(world) as scene, contextlib.ExitStack() as stack:
        for host in REFUSING:
            listener = scene.victims.socket(kind=socket.SOCK_STREAM)
            listener.bind((host, PORT))
            listener.listen()
            threading.Thread(target=answer_calls, args=(listener, taken if stays else None), daemon=True).start()
            stack.callback(listener.close)
        packets = scene.calling(candidates=candidates("tcp", REFUSING))
    _, tcp = judged(f"calling, a service that {'says nothing' if stays else 'hangs up'}", packets, 0, payload=HELLO)
    assert {packet.to[0] for packet in tcp if packet.payload} == set(REFUSING), "the control: it does speak to them"


def answer_calls(listener: socket.socket, kept: list | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            if kept is None:
                connection.close()
            else:
                kept.append(connection)


# --- by packets in their name ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [0, probes.NOMINATES], ids=["requests", "nominations"])
def test_packets_that_are_not_from_whom_they_say(world, flags):
    """REACH-13, REACH-15: a request from a new address is answered there, and tried from there on. Mallory knows the keys, and can write
    packets in the name of others; each costs a packet of the same size."""
    with stage(world) as scene:
        scene.lab.passer_by("m", "11.0.0.99")
        raw = scene.lab.places["m"].socket(kind=socket.SOCK_RAW, protocol=socket.IPPROTO_RAW)
        secret = os.urandom(32)
        listener, witness = Listener(scene.gordon), scene.witness()
        assert scene.mallory.send(scene.mallory.seal(scene.gordon, offer(secret=b64(secret)))).status == 202
        told = scene.mallory.answered()["description"]
        key, _ = probes.keys(secret, unb64(told["secret"]))
        target = next(each["address"] for each in told["candidates"] if each["transport"] == "udp" and each["address"].startswith("11."))
        host, port = target.rsplit(":", 1)
        dice, sent = random.Random(15), 0
        end = time.monotonic() + 8  # it gives up after 10, and then the system itself answers that nobody is there
        while time.monotonic() < end:
            source = dice.choice(REFUSING), 5000 + dice.randrange(2)
            raw.sendto(probes.datagram(source, (host, int(port)), probes.probe(key, flags=flags)), (host, 0))
            sent += 1
            time.sleep(0.001)
        listener.wait("missed")
        listener.end()
        raw.close()
        packets = witness.close()
    udp, _ = judged(f"{sent} packets in the name of 32 others", packets, datagrams=min(sent, REFLEXIVE * 2 * REQUESTS + PACKETS_AFTER))
    assert udp, "the control: they are believed"
    assert len({packet.to for packet in udp}) <= REFLEXIVE
    assert most(packet.to for packet in udp) <= 2 * REQUESTS + (KEEP_ALIVES if flags else 0)
