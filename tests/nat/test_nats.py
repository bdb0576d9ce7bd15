"""The lab itself: each of its routers behaves as the kind that it claims to be (RFC 4787), and a client behind it finds out which."""

import json
import os
import shutil
import signal
import socket
import struct
import sys
import time

import pytest

from lab import Home, Lab, Line
from namespaces import PREFIX, run
from pdtest.process import Process
from pdtest.world import binary
from routers import Nat, Udp

BARE = Home(Nat.NONE)


def bound(lab: Lab, place: str, port: int = 0, family: int = socket.AF_INET, patience: float = 3) -> socket.socket:
    one = lab.places[place].socket(family)
    one.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    one.settimeout(patience)
    return one


def hears(one: socket.socket, patience: float = 0.3) -> bytes | None:
    """What comes next; None when nothing does. Nothing here is slow, so that a third of a second without anything is nothing."""
    one.settimeout(patience)
    try:
        return one.recv(100)
    except (TimeoutError, ConnectionRefusedError):
        return None


class Behaviour:
    """What sockets on the public side see of one behind a router: how it maps and what it lets in."""

    def __init__(self, lab: Lab, inside: str = "a"):
        here = [bound(lab, "s1"), bound(lab, "s1")]  # two ports of one address
        there = bound(lab, "s2")  # and another address
        with bound(lab, inside, 4433) as one:
            self.mapped = []
            for place, server in (("s1", here[0]), ("s1", here[1]), ("s2", there)):
                one.sendto(b"out", (lab.addresses[place], server.getsockname()[1]))
                self.mapped.append(server.recvfrom(100)[1])
        with bound(lab, inside, 4434) as one:
            one.sendto(b"out", (lab.addresses["s1"], here[0].getsockname()[1]))
            _, outer = here[0].recvfrom(100)
            here[0].sendto(b"asked", outer)
            self.lets_in_answers = hears(one, 3) == b"asked"
            here[1].sendto(b"other port", outer)
            self.lets_in_other_ports = hears(one) == b"other port"
            there.sendto(b"other address", outer)
            self.lets_in_everybody = hears(one) == b"other address"
        for server in (*here, there):
            server.close()

    @property
    def same_mapping(self) -> bool:
        return len(set(self.mapped)) == 1


@pytest.mark.parametrize("nat", list(Nat), ids=lambda nat: nat.value)
def test_each_kind_maps_and_filters_as_it_should(nat):
    with Lab(a=Home(nat), b=BARE) as lab:
        seen = Behaviour(lab)
    address = "11.0.0.21" if nat is Nat.NONE else "11.0.0.11"
    assert {host for host, _ in seen.mapped} == {address}
    assert seen.lets_in_answers
    assert seen.same_mapping == (nat is not Nat.SYMMETRIC), seen.mapped
    assert seen.lets_in_other_ports == seen.lets_in_everybody == (nat in (Nat.NONE, Nat.FULL_CONE))


@pytest.mark.parametrize("carrier", [Nat.PORT_RESTRICTED, Nat.SYMMETRIC], ids=lambda nat: nat.value)
def test_two_routers_in_a_row(carrier):
    with Lab(a=Home(Nat.FULL_CONE, carrier=carrier), b=BARE) as lab:
        seen = Behaviour(lab)
    assert {host for host, _ in seen.mapped} == {"11.0.0.11"}
    assert seen.lets_in_answers and not seen.lets_in_everybody, "the stricter one counts"
    assert seen.same_mapping == (carrier is not Nat.SYMMETRIC)


@pytest.mark.parametrize("udp", [Udp.DROPPED, Udp.REJECTED], ids=lambda udp: udp.value)
def test_without_udp_there_is_tcp(udp):
    with Lab(a=Home(udp=udp), b=BARE) as lab:
        server = bound(lab, "s1")
        with bound(lab, "a") as one:
            one.connect((lab.addresses["s1"], server.getsockname()[1]))
            one.send(b"out")
            if udp is Udp.REJECTED:
                with pytest.raises(OSError):
                    one.settimeout(3)
                    one.recv(100)
            else:
                assert hears(one) is None
        assert hears(server) is None
        listener = lab.places["s1"].socket(kind=socket.SOCK_STREAM)
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        stream = lab.places["a"].socket(kind=socket.SOCK_STREAM)
        stream.settimeout(5)
        stream.connect((lab.addresses["s1"], listener.getsockname()[1]))
        for each in (stream, listener, server):
            each.close()


def test_two_machines_of_one_home():
    with Lab(same_nat=True) as lab:
        with bound(lab, "a") as one, bound(lab, "b") as other, bound(lab, "s1") as server:
            one.sendto(b"next door", (lab.addresses["b"], other.getsockname()[1]))
            assert other.recvfrom(100) == (b"next door", (lab.addresses["a"], one.getsockname()[1]))
            for each in (one, other):
                each.sendto(b"out", (lab.addresses["s1"], server.getsockname()[1]))
            assert {server.recvfrom(100)[1][0] for _ in range(2)} == {"11.0.0.11"}


def test_one_machine_for_both():
    with Lab(same_host=True) as lab:
        assert lab.places["a"] is lab.places["b"] and lab.addresses["a"] == lab.addresses["b"]


def test_ipv6_lets_in_only_who_was_written_to():
    with Lab(a=Home(ipv6=True), b=Home(ipv6=True)) as lab:
        with bound(lab, "a", 4433, socket.AF_INET6) as one, bound(lab, "b", 4434, socket.AF_INET6) as other:
            a, b = ("2001:db8:1::2", 4433), ("2001:db8:2::2", 4434)
            other.sendto(b"uninvited", a)
            assert hears(one) is None
            one.sendto(b"first", b)  # b's own packet has opened b's firewall for this one
            assert hears(other, 3) == b"first"
            other.sendto(b"answer", a)
            one.settimeout(3)
            assert one.recvfrom(100)[0] == b"answer"
            assert one.getsockname()[1] == 4433


@pytest.mark.skipif(shutil.which("miniupnpd") is None, reason="there is no miniupnpd (scripts/setup tests installs it)")
def test_a_port_is_mapped_when_the_router_is_asked():
    """NAT-PMP (RFC 6886), by hand."""
    with Lab(a=Home(Nat.SYMMETRIC, mapping=True), b=BARE) as lab:
        with bound(lab, "a") as ask, bound(lab, "a", 4433) as one, bound(lab, "b") as stranger:
            ask.sendto(struct.pack("!BBHHHI", 0, 1, 0, 4433, 4433, 600), ("10.1.0.1", 5351))
            _, operation, result, _, inner, outer, _ = struct.unpack("!BBHIHHI", ask.recv(16))
            assert (operation, result, inner) == (129, 0, 4433)
            stranger.sendto(b"hello", ("11.0.0.11", outer))
            assert hears(one, 3) == b"hello"


# --- what our STUN and our client make of it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "home, kind",
    [
        (BARE, "none"),
        (Home(Nat.PORT_RESTRICTED), "endpoint-independent"),
        (Home(Nat.FULL_CONE), "endpoint-independent"),
        (Home(Nat.SYMMETRIC), "dependent"),
        (Home(Nat.PORT_RESTRICTED, carrier=Nat.SYMMETRIC), "dependent"),
        (Home(Nat.PORT_RESTRICTED, carrier=Nat.PORT_RESTRICTED), "endpoint-independent"),
        (Home(udp=Udp.DROPPED), "unknown"),
    ],
    ids=["none", "port-restricted", "full cone", "symmetric", "behind a symmetric carrier", "behind a cone carrier", "no UDP"],
)
def test_a_client_knows_its_router(world, home, kind):
    with Lab(a=home, b=BARE) as lab:
        server = world.server("example.org", place=lab.place("s1")).start()
        places = [f"{host}:{port}" for host, port in server.stun]
        started = time.monotonic()
        done = lab.run("a", [binary("stun_probe"), lab.addresses["a"], *places])
        took = time.monotonic() - started
        assert server.stop() == 0
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    print(f"{said['kind']}: {said['mapped']}, {took * 1000:.0f} ms")
    assert said["kind"] == kind
    assert all(mapped is None for mapped in said["mapped"]) == (home.udp is not Udp.OPEN)


# --- slow lines -----------------------------------------------------------------------------------------------------


def test_a_slow_line_is_late_and_loses_some():
    with Lab(a=Home(Nat.NONE, line=Line(delay_ms=40, loss_percent=5)), b=BARE) as lab:
        with bound(lab, "a") as one, bound(lab, "b") as other:
            late = []
            for _ in range(10):  # in parts that fit into the receiver's buffer
                for _ in range(100):
                    one.sendto(struct.pack("!d", time.monotonic()), (lab.addresses["b"], other.getsockname()[1]))
                while heard := hears(other):
                    late.append(time.monotonic() - struct.unpack("!d", heard)[0])
    lost = 1000 - len(late)
    print(f"{lost} of 1000 datagrams lost; the others took {min(late) * 1000:.1f} ms at least")
    assert 0.040 <= min(late) < 0.060
    assert 15 <= lost <= 120, "about 50"


# --- nothing is left ------------------------------------------------------------------------------------------------


def left() -> list[str]:
    return [line.split()[0] for line in run("ip", "netns", "list").splitlines() if line.startswith(PREFIX)]


def test_nothing_is_left_behind(tmp_path):
    """Ended by SIGTERM, and ended outright: then the next lab cleans up."""
    program = "from lab import Lab\nwith Lab() as lab:\n  print('up', flush=True)\n  lab.run('a', ['sleep', '1000'], timeout=1000)\n"
    for how, leaves in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
        child = Process([sys.executable, "-c", program], tmp_path / "log", {"PYTHONPATH": os.pathsep.join(sys.path)})
        child.wait_line("up")
        mine = f"{PREFIX}-{child.child.pid}-"
        assert any(name.startswith(mine) for name in left())
        child.stop(how)
        assert any(name.startswith(mine) for name in left()) == leaves
    with Lab():
        assert not any(name.startswith(mine) for name in left())
