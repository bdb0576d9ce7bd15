"""Every pair of homes of the lab: two people, the servers of their domains, and one message between them.

    PD_BIN=build/release/bin PYTHONPATH=tests/support python3 tests/nat/matrix.py [--slow | --all] [--repeat N] [NAME…]

prints a matrix: the path that won, and the milliseconds until it was authenticated (the median of N), as `chat` tells them. Where no
path can be, the sentence with which `chat` explains it, and after how long. Its exit status is 1 when anything is otherwise than expected.
"""

import argparse
import dataclasses
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import namespaces
from lab import Home, Lab, Line
from pdtest.process import Process
from pdtest.world import World
from routers import Nat, Udp

SLOW = Line(delay_ms=40, loss_percent=5)
WITHIN = 10.0  # s, from the command to the link, or to the sentence that explains why there is none
QUICK, SPRAYED = 100, 1000  # ms, on a lab without delay


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    a: Home = Home()  # who calls
    b: Home = Home()
    same_nat: bool = False
    same_host: bool = False
    paths: tuple[str, ...] = ()  # that may win; none named: any
    explained: str = ""  # no path can be, and a word of the sentence that says so
    budget: int = QUICK
    needs: str | None = None  # a program

    def slow(self) -> "Case":
        """The same with a line to a's home that is late and loses some, each way."""
        return dataclasses.replace(self, name=f"{self.name}, slow", a=dataclasses.replace(self.a, line=SLOW))


def pair(one: Nat, other: Nat) -> Case:
    both = {one, other}
    if both == {Nat.SYMMETRIC}:
        return Case("symmetric – symmetric", Home(one), Home(other), explained="symmetric")
    sprayed = both == {Nat.SYMMETRIC, Nat.PORT_RESTRICTED}
    return Case(f"{one.value} – {other.value}", Home(one), Home(other), budget=SPRAYED if sprayed else QUICK)


SYMMETRIC = Home(Nat.SYMMETRIC)
IPV6 = Home(Nat.SYMMETRIC, ipv6=True)
CASES = [pair(one, other) for one in Nat for other in Nat] + [
    Case("same NAT", same_nat=True, paths=("local network",)),
    Case("same host", same_host=True, paths=("same machine", "local network")),
    Case("IPv6, stateful firewalls", IPV6, IPV6, paths=("IPv6",)),
    Case("UDP dropped – port-restricted", Home(udp=Udp.DROPPED), Home()),
    Case("UDP rejected – port-restricted", Home(udp=Udp.REJECTED), Home()),
    Case("symmetric, maps ports – symmetric", Home(Nat.SYMMETRIC, mapping=True), SYMMETRIC, needs="miniupnpd"),
    Case("symmetric – symmetric, maps ports", SYMMETRIC, Home(Nat.SYMMETRIC, mapping=True), needs="miniupnpd"),
    Case("two NATs – port-restricted", Home(Nat.FULL_CONE, carrier=Nat.PORT_RESTRICTED), Home()),
    Case("port-restricted – two NATs", Home(), Home(Nat.FULL_CONE, carrier=Nat.PORT_RESTRICTED)),
]
SLOW_CASES = [case.slow() for case in CASES if not case.same_host]  # on one machine there is no line


@dataclasses.dataclass(frozen=True)
class Result:
    """What `chat` has said first that counts."""

    path: str | None  # that won
    ms: float | None  # until it was authenticated
    sentence: str | None  # why there is none
    after: float  # s since `chat` was started

    def text(self) -> str:
        return f"{self.path:26} {self.ms:7.0f} ms" if self.path else f"{self.sentence} ({self.after:.1f} s)"


def settle(world: World, lab: Lab) -> tuple:
    """Both servers, and a person on each machine."""
    for number, domain in enumerate(("example.org", "blackmesa.us"), 1):
        world.server(domain, place=lab.place(f"s{number}"))
    world.start()
    people = world.person("olivier@example.org", place=lab.place("a")), world.person("gordon@blackmesa.us", place=lab.place("b"))
    return tuple(person.register() for person in people)


def outcome(chat: Process, begun: float, case: Case) -> Result:
    """Connected, or why there is no path. That the endpoints which they publish lead nowhere is said before, and is neither."""
    waiting = lambda line: '"event":"waiting"' in line and case.explained and case.explained in json.loads(line)["reason"]
    event = json.loads(chat.wait_line(lambda line: '"event":"connected"' in line or waiting(line)))
    after = time.monotonic() - begun
    if event["event"] == "waiting":
        return Result(None, None, event["reason"], after)
    return Result(event["path"], event["ms"], None, after)


def run(case: Case, world: World) -> Result:
    """Builds the homes, calls once, and sends one message, which must arrive."""
    with Lab(a=case.a, b=case.b, same_nat=case.same_nat, same_host=case.same_host) as lab:
        try:
            olivier, gordon = settle(world, lab)
            listener = gordon.start("--json", "listen", "--accept", "anyone")
            listener.wait_line('"listening"')
            begun = time.monotonic()
            chat = olivier.chat(gordon.address)
            chat.write("hello")
            result = outcome(chat, begun, case)
            if result.path:
                assert json.loads(listener.wait_line('"message"'))["text"] == "hello"
                chat.wait_line('"delivered"')
        finally:
            world.close()
    return result


def fault(case: Case, result: Result) -> str | None:
    """What is otherwise than expected."""
    if case.explained and result.path:
        return f"connected over {result.path}, which nobody expected"
    if case.paths and result.path not in case.paths:
        return f"went over {result.path} instead of {' or '.join(case.paths)}"
    if result.after > WITHIN and not case.a.line:  # where some of it is lost a second attempt is fine
        return f"{'connected' if result.path else 'explained'} after {result.after:.1f} s only"
    return None


# --- the program ------------------------------------------------------------------------------------------------------


def once(case: Case) -> Result:
    with tempfile.TemporaryDirectory(prefix="pdmatrix-") as folder:
        return run(case, World(Path(folder)))


def line(case: Case, results: list[Result], slow: bool) -> tuple[str, bool]:
    """The line of the matrix, and whether it is as it should be."""
    faults = [found for found in (fault(case, result) for result in results) if found]
    if faults:
        return f"FAULT  {faults[0]}", False
    median = sorted(results, key=lambda result: result.ms or result.after)[len(results) // 2]
    if case.explained:
        return f"none   {median.text()}", True
    over = not slow and statistics.median(result.ms for result in results) > case.budget
    return f"{'OVER' if over else 'ok':6} {median.text()}" + (f", more than {case.budget} ms" if over else ""), not over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--slow", action="store_true", help="with 40 ms of delay and 5 %% of loss")
    parser.add_argument("--all", action="store_true", help="without and with them")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases whose name contains this; without: every one")
    arguments = parser.parse_args()
    if why := namespaces.missing():
        print(f"no NAT lab here: {why}")
        return 1
    chosen = ([] if arguments.slow else CASES) + (SLOW_CASES if arguments.slow or arguments.all else [])
    fine = True
    for case in chosen:
        if arguments.names and not any(name in case.name for name in arguments.names):
            continue
        text, good = line(case, [once(case) for _ in range(arguments.repeat)], case in SLOW_CASES)
        fine = fine and good
        print(f"{case.name:44} {text}", flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
