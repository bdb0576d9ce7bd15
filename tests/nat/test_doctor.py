"""`pdctl doctor` behind routers of every kind: it finds out which, and what would help."""

import shutil

import pytest

from lab import Home, Lab
from routers import Nat, Udp

BARE = Home(Nat.NONE)


def examine(world, home: Home) -> tuple[dict, dict]:
    with Lab(a=home, b=BARE) as lab:
        world.server("example.org", place=lab.place("s1")).start()
        olivier = world.person("olivier@example.org", place=lab.place("a")).register()
        shown = olivier.json("doctor")
        assert world.servers["example.org"].stop() == 0
    return shown["network"], {finding["name"]: finding for finding in shown["findings"]}


@pytest.mark.parametrize(
    "home, kind, outside",
    [
        (BARE, "open", "11.0.0.21"),
        (Home(Nat.PORT_RESTRICTED), "endpoint-independent", "11.0.0.11"),
        (Home(Nat.FULL_CONE), "endpoint-independent", "11.0.0.11"),
        (Home(Nat.SYMMETRIC), "symmetric", "11.0.0.11"),
        (Home(Nat.PORT_RESTRICTED, carrier=Nat.SYMMETRIC), "symmetric", "11.0.0.11"),
    ],
    ids=["none", "port-restricted", "full cone", "symmetric", "behind a symmetric carrier"],
)
def test_the_kind_of_nat(world, home, kind, outside):
    network, findings = examine(world, home)
    assert network["nat"] == kind
    assert {address.rsplit(":", 1)[0] for address in network["mapped_udp"] + network["mapped_tcp"]} == {outside}
    assert findings["UDP"]["grade"] == "good"
    assert findings["NAT"]["grade"] == ("limited" if kind == "symmetric" else "good")
    assert ("help" in findings["NAT"]) == (kind == "symmetric")


@pytest.mark.parametrize("udp", [Udp.DROPPED, Udp.REJECTED], ids=lambda udp: udp.value)
def test_udp_is_blocked(world, udp):
    network, findings = examine(world, Home(udp=udp))
    assert network["nat"] == "blocked" and network["mapped_udp"] == [] and network["mapped_tcp"]
    assert findings["UDP"]["grade"] == "limited" and "TCP" in findings["UDP"]["help"]


def test_ipv6(world):
    _, findings = examine(world, Home(ipv6=True))
    assert findings["IPv6"]["grade"] == "good" and "2001:db8:1::2" in findings["IPv6"]["found"]


@pytest.mark.skipif(shutil.which("miniupnpd") is None, reason="there is no miniupnpd (scripts/setup tests installs it)")
def test_a_router_that_maps_ports(world):
    network, findings = examine(world, Home(Nat.SYMMETRIC, mapping=True))
    assert network["forwarded_udp"].startswith("11.0.0.11:")
    assert findings["port mapping"]["grade"] == "good"
