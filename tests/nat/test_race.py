"""Two peers in the lab: each gathers, they tell each other, and both race. Every pair of NATs, and what else homes are like.

The matrix is printed (pytest -s): the path that won, and the milliseconds until it was authenticated."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab import SERVERS, Home, Lab
from pdtest.process import PATIENCE
from pdtest.world import binary
from routers import Nat, Udp

STUN_PORTS = (3478, 3479)


class Peer:
    """One side, and the line that it tells the other."""

    def __init__(self, lab: Lab, place: str, role: str, *options: str):
        servers = [word for port in STUN_PORTS for word in ("--stun", f"{SERVERS['example.org']}:{port}")]
        command = [*lab.places[place].prefix, binary("nat_peer"), role, *servers, *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.told = self.process.stdout.readline()

    def hear(self, other: "Peer") -> None:
        self.process.stdin.write(other.told)
        self.process.stdin.flush()

    def result(self) -> dict:
        out, errors = self.process.communicate(timeout=2 * PATIENCE)
        assert out, errors
        return json.loads(out)


def race(name: str, a: Home, b: Home, options: tuple = (), **kind) -> tuple[dict, dict]:
    with Lab(a=a, b=b, **kind) as lab:
        stun = lab.start("s1", [sys.executable, Path(__file__).parent / "stun_answers.py", *map(str, STUN_PORTS)])
        stun.wait_line("ready")
        caller, callee = Peer(lab, "a", "caller", *options), Peer(lab, "b", "callee", *options)
        callee.hear(caller)
        caller.hear(callee)
        results = caller.result(), callee.result()
    first = results[0]
    print(f"\n{name:32} {first.get('path') or first['sentence']:36} {first.get('ms', '-')} ms", end="")
    return results


def both_reached(results: tuple[dict, dict]) -> dict:
    caller, callee = results
    assert caller["ok"] and callee["ok"], results
    assert caller["transport"] == callee["transport"]
    return caller


PAIRS = [(one, other) for one in Nat for other in Nat if (one, other) != (Nat.SYMMETRIC, Nat.SYMMETRIC)]


@pytest.mark.parametrize("one, other", PAIRS, ids=lambda nat: nat.value)
def test_every_pair_of_nats_but_one(one, other):
    both_reached(race(f"{one.value} – {other.value}", Home(one), Home(other)))


@pytest.mark.parametrize("one, other", PAIRS, ids=lambda nat: nat.value)
def test_every_pair_of_nats_over_udp_alone(one, other):
    reached = both_reached(race(f"{one.value} – {other.value}, UDP", Home(one), Home(other), ("--no-tcp",)))
    assert reached["transport"] == "udp"


def test_symmetric_against_symmetric_is_explained():
    caller, _ = race("symmetric – symmetric", Home(Nat.SYMMETRIC), Home(Nat.SYMMETRIC))
    assert not caller["ok"]
    assert "symmetric NATs" in caller["sentence"] and caller["help"]


@pytest.mark.parametrize("options", [(), ("--no-tcp",)], ids=["both", "UDP"])
def test_a_mapped_port_helps_symmetric_against_symmetric(options):
    home = Home(Nat.SYMMETRIC, mapping=True)
    caller = both_reached(race("symmetric, mapped – symmetric", Home(Nat.SYMMETRIC), home, ("--map", *options)))
    assert caller["path"] == "mapped port"


def test_on_one_network_and_on_one_machine():
    assert both_reached(race("same NAT", Home(), Home(), same_nat=True))["path"] == "local network"
    # Its addresses in the network lead there too, and whichever answers first is taken.
    assert both_reached(race("same machine", Home(), Home(), same_host=True))["path"] in ("same machine", "local network")


def test_ipv6_through_two_firewalls():
    symmetric = Home(Nat.SYMMETRIC, ipv6=True)
    assert both_reached(race("IPv6, symmetric both", symmetric, symmetric))["path"] == "IPv6"


@pytest.mark.parametrize("udp", [Udp.DROPPED, Udp.REJECTED], ids=lambda udp: udp.value)
def test_where_udp_is_blocked_there_is_tcp(udp):
    assert both_reached(race(f"UDP {udp.value}", Home(udp=udp), Home()))["transport"] == "tcp"


def test_two_routers_in_a_row():
    both_reached(race("double NAT", Home(Nat.FULL_CONE, carrier=Nat.PORT_RESTRICTED), Home()))
