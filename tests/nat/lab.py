"""Two homes behind routers of any kind, and the servers of two domains, in network namespaces of this machine.

                                    net: a bridge, 11.0.0.0/24, 2001:db8::/64
          ┌───────────────┬─────────────┴──┬─────────────────┬──────────────────┐
     11.0.0.1        11.0.0.2         11.0.0.11         11.0.0.12         11.0.0.21, .22
     example.org     blackmesa.us     router ra         router rb         a, b, when they have
     (s1)            (s2)                 │                 │             no router
                                      10.1.0.1          10.2.0.1
                                      2001:db8:1::1     2001:db8:2::1
                                      ┌───┴───┐             │
                                  10.1.0.2 10.1.0.3     10.2.0.2
                                      a       b             b
                                          (same NAT)

With `carrier` a second router stands between: ra has 100.64.1.2 then, and the carrier's, ca, 100.64.1.1 and 11.0.0.11.
With `same_host` b is a. A slow line replaces the wire between a router (or a machine without one) and the bridge.

11.0.0.0/24 belongs to somebody else in the world outside, which nothing here can reach: with the addresses that are reserved for
documentation miniupnpd maps no ports, and clients take them for what they are.
"""

import dataclasses
import subprocess
import tempfile
from pathlib import Path

from namespaces import Namespace, Namespaces
from pdtest.process import PATIENCE, Process, wait_until
from pdtest.world import Place, binary
from routers import Nat, Udp, port_mapper, rules

SERVERS = {"example.org": "11.0.0.1", "blackmesa.us": "11.0.0.2"}


@dataclasses.dataclass(frozen=True)
class Line:
    """One way of a line: what is sent arrives so much later, or is lost, or waits in a queue of 200 ms."""

    delay_ms: float = 0
    loss_percent: float = 0
    megabits: float = 1000


@dataclasses.dataclass(frozen=True)
class Home:
    nat: Nat = Nat.PORT_RESTRICTED
    udp: Udp = Udp.OPEN
    ipv6: bool = False  # a public IPv6 address behind a stateful firewall
    mapping: bool = False  # the router maps ports when asked: UPnP, NAT-PMP, PCP
    carrier: Nat | None = None  # a second router, of the provider
    line: Line | None = None


class Lab:
    """with Lab(a=Home(Nat.SYMMETRIC), b=Home()) as lab: lab.run("a", ["pdctl", …])

    `same_nat` and `same_host` put b into a's home, or onto a's machine; b's Home is not looked at then."""

    def __init__(self, a: Home = Home(), b: Home = Home(), same_nat: bool = False, same_host: bool = False):
        self._homes = {"a": a, "b": b}
        self._same_nat, self._same_host = same_nat, same_host
        self._spaces = Namespaces()
        self._folder = tempfile.TemporaryDirectory(prefix="pdnat-")
        self._children: list[Process] = []
        self._ports = 0
        self.places: dict[str, Namespace] = {}
        self.addresses: dict[str, str] = {}  # IPv4, of each machine as it knows itself

    # --- what tests use --------------------------------------------------------------------------------------------

    def run(self, place: str, command: list, **options) -> subprocess.CompletedProcess:
        """Runs a program to its end on a machine: a, b, s1 or s2."""
        options = {"capture_output": True, "text": True, "timeout": 2 * PATIENCE, **options}
        return subprocess.run([*self.places[place].prefix, *map(str, command)], **options)

    def place(self, name: str) -> Place:
        """For World.server() and World.person(): where their programs run."""
        return Place(self.places[name].prefix, self.addresses[name], self.places[name].socket)

    def passer_by(self, place: str, *addresses: str) -> Namespace:
        """Another machine of the bridge, with these addresses of 11.0.0.0/24."""
        space = self._public(place, addresses[0], f"2001:db8::{addresses[0].rpartition('.')[2]}")
        for address in addresses[1:]:
            space.ip("addr", "add", f"{address}/24", "dev", "eth0")
        return space

    def start(self, place: str, command: list, name: str | None = None) -> Process:
        """Starts one, which ends with the lab at the latest."""
        log = Path(self._folder.name) / f"{name or place}-{len(self._children)}.log"
        child = Process([*self.places[place].prefix, *command], log)
        self._children.append(child)
        return child

    # --- building ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> "Lab":
        self._spaces.__enter__()
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        try:
            for child in reversed(self._children):
                child.stop()
        finally:
            self._spaces.__exit__()
            self._folder.cleanup()

    def _build(self) -> None:
        self._net = self.places["net"] = self._spaces.add("net")
        self._net.ip("link", "add", "br0", "type", "bridge")
        self._net.ip("link", "set", "br0", "up")
        for number, (domain, address) in enumerate(SERVERS.items(), 1):
            self._public(f"s{number}", address, f"2001:db8::{number}")
        for number, who in enumerate("ab", 1):
            if who == "b" and self._same_host:
                self.places["b"], self.addresses["b"] = self.places["a"], self.addresses["a"]
            elif who == "b" and self._same_nat:
                self._machine("b", 1, 3, self._homes["a"])
            elif self._homes[who].nat is Nat.NONE:
                self._public(who, f"11.0.0.{20 + number}", f"2001:db8::{20 + number}", self._homes[who].line)
            else:
                self._router(who, number, self._homes[who])
                self._machine(who, number, 2, self._homes[who])

    def _public(self, place: str, ipv4: str, ipv6: str, line: Line | None = None, port: str = "eth0") -> Namespace:
        """A machine, or a router, on the bridge."""
        space = self.places[place] = self.places.get(place) or self._spaces.add(place)
        self._ports += 1
        plug = f"p{self._ports}"
        if line is None:
            self._spaces.wire(space, port, self._net, plug)
        else:
            self._slow(space, port, plug, line)
        self._net.ip("link", "set", plug, "master", "br0")
        space.ip("addr", "add", f"{ipv4}/24", "dev", port)
        space.ip("addr", "add", f"{ipv6}/64", "dev", port)
        for number, home in enumerate(self._homes.values(), 1):
            if home.ipv6 and ipv6 != f"2001:db8::{10 + number}":
                space.ip("route", "add", f"2001:db8:{number}::/64", "via", f"2001:db8::{10 + number}")
        self.addresses[place] = ipv4
        return space

    def _router(self, who: str, number: int, home: Home) -> None:
        router = self.places[f"r{who}"] = self._spaces.add(f"r{who}")
        if home.carrier is None:
            self._public(f"r{who}", f"11.0.0.{10 + number}", f"2001:db8::{10 + number}", home.line, "wan")
        else:
            carrier = self._public(f"c{who}", f"11.0.0.{10 + number}", f"2001:db8::{10 + number}", home.line, "wan")
            self._spaces.wire(router, "wan", carrier, "lan")
            carrier.ip("addr", "add", f"100.64.{number}.1/24", "dev", "lan")
            router.ip("addr", "add", f"100.64.{number}.2/24", "dev", "wan")
            router.ip("route", "add", "default", "via", f"100.64.{number}.1")
            self._forward(carrier, rules(home.carrier, Udp.OPEN, f"100.64.{number}.2"))
        router.ip("link", "add", "lan", "type", "bridge")
        router.ip("link", "set", "lan", "up")
        router.ip("addr", "add", f"10.{number}.0.1/24", "dev", "lan")
        router.ip("addr", "add", f"2001:db8:{number}::1/64", "dev", "lan")
        self._forward(router, rules(home.nat, home.udp, f"10.{number}.0.2"))
        if home.mapping:
            self._map_ports(f"r{who}", f"10.{number}.0.0")

    def _machine(self, who: str, number: int, host: int, home: Home) -> None:
        machine = self.places[who] = self._spaces.add(who)
        router = self.places["ra" if number == 1 else "rb"]
        self._spaces.wire(machine, "eth0", router, f"lan{host}")
        router.ip("link", "set", f"lan{host}", "master", "lan")
        self.addresses[who] = f"10.{number}.0.{host}"
        machine.ip("addr", "add", f"{self.addresses[who]}/24", "dev", "eth0")
        machine.ip("route", "add", "default", "via", f"10.{number}.0.1")
        if home.ipv6:
            machine.ip("addr", "add", f"2001:db8:{number}::{host}/64", "dev", "eth0")
            machine.ip("route", "add", "default", "via", f"2001:db8:{number}::1")

    @staticmethod
    def _forward(router: Namespace, ruleset: str) -> None:
        router.set("ipv4/ip_forward", 1)
        router.set("ipv6/conf/all/forwarding", 1)
        router.run("nft", "-f", "-", input=ruleset)

    def _map_ports(self, place: str, lan: str) -> None:
        folder = Path(self._folder.name) / place
        folder.mkdir()
        (folder / "conf").write_text(port_mapper(folder, lan))
        # In the foreground (-d), so that it is a child of ours.
        child = self.start(place, ["miniupnpd", "-d", "-f", folder / "conf", "-P", folder / "pid"], "miniupnpd")
        listening = lambda: "5351" in self.places[place].run("ss", "-Hlun")
        wait_until(listening, "miniupnpd listens", alive=child)

    def _slow(self, space: Namespace, port: str, plug: str, line: Line) -> None:
        options = [line.delay_ms, line.loss_percent, line.megabits]
        command = [binary("slow_line"), f"/run/netns/{space.name}", port, f"/run/netns/{self._net.name}", plug, *options]
        child = Process(command, Path(self._folder.name) / f"line-{plug}.log")
        self._children.append(child)
        child.wait_line("up")
        space.ip("link", "set", port, "up")
        self._net.ip("link", "set", plug, "up")
