"""Two agents that talk for a minute, 30 messages a second each way, while everything goes wrong that can: each message arrives once and in
order, and soon after each fault they flow again. (pytest -s prints how soon.)"""

import shutil
import tempfile
import threading
import time

import pytest

import faults
from lab import Home, Lab
from matrix import settle
from pdtest.agent import AgentClient, answers, texts
from pdtest.process import PATIENCE, wait_until
from pdtest.world import Person, World
from routers import Udp

RATE = 30  # messages a second, each way
AT_LEAST = 60.0  # s
BETWEEN = 3.0  # s in which nothing goes wrong
CUT = 12.0  # s
WITHIN = PATIENCE / 2  # from the end of a fault until messages flow again


@pytest.fixture(autouse=True)
def runtime_dir(monkeypatch):
    """A short place for sockets: pytest's own folders have long names."""
    folder = tempfile.mkdtemp(prefix="pd-", dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    yield
    shutil.rmtree(folder)


class Side:
    """One person: an agent, somebody who writes numbers to the other through it, and somebody who looks at what arrives."""

    def __init__(self, person: Person, other: str):
        self.person, self.other = person, other
        self.written: list[float] = []  # when the agent had stored each number
        self.heard: dict[int, float] = {}  # when each was told to have arrived; who comes again after a kill has missed some
        self.odd: list[int] = []  # that were told twice, or after a greater one
        self.enough, self.over = threading.Event(), threading.Event()
        self.writer, self.reader = (threading.Thread(target=work, daemon=True) for work in (self._write, self._read))

    def start_agent(self) -> None:
        self.agent = self.person.start("agent")
        wait_until(lambda: answers(self.person.home), f"the agent of {self.person.address} answers", alive=self.agent)

    def kill_agent(self) -> None:
        self.agent.child.kill()
        self.agent.child.wait()

    def received(self) -> list[int]:
        client, messages, more = AgentClient(self.person.home), [], True
        while more:
            before = {"before": messages[0]["seq"]} if messages else {}
            page = client.call("history", limit=500, **{"with": self.other}, **before)
            messages, more = page["messages"] + messages, page["more"]
        client.close()
        return [int(text) for text in texts(messages, self.other)]

    def _write(self) -> None:
        begun = time.monotonic()
        while not self.enough.is_set():
            try:
                client = AgentClient(self.person.home)
                stored = texts(client.history(self.other), self.person.address)
                if stored and int(stored[-1]) == len(self.written):  # by an agent that was killed before it could say so
                    self.written.append(time.monotonic())
                while not self.enough.is_set():
                    time.sleep(max(0, begun + len(self.written) / RATE - time.monotonic()))
                    client.send(self.other, str(len(self.written)))
                    self.written.append(time.monotonic())
            except OSError:
                time.sleep(0.01)

    def _read(self) -> None:
        while not self.over.is_set():
            try:
                client = AgentClient(self.person.home, subscribe=True)
                while (told := client.told.pop(0) if client.told else client.read()) is not None and not self.over.is_set():
                    if told["method"] == "message" and told["params"]["from"] == self.other:
                        self._hear(int(told["params"]["text"]))
            except OSError:
                time.sleep(0.01)

    def _hear(self, number: int) -> None:
        if self.heard and number <= max(self.heard):
            self.odd.append(number)
        self.heard[number] = time.monotonic()


class Trouble:
    """What goes wrong, each thing until it is over."""

    def __init__(self, lab: Lab, world: World, sides: tuple[Side, Side]):
        self.lab, self.world, self.sides = lab, world, sides

    def the_link_is_cut(self) -> None:
        with faults.cut(self.lab.places["ra"]):
            time.sleep(CUT)  # how long it lasts

    def the_nat_forgets(self) -> None:
        faults.forget_mappings(self.lab.places["ra"])

    def the_router_has_another_address(self) -> None:
        faults.change_address(self.lab.places["ra"], "wan", "11.0.0.11", "11.0.0.31")

    def the_machine_has_another_address(self) -> None:
        faults.change_address(self.lab.places["a"], "eth0", "10.1.0.2", "10.1.0.7", gateway="10.1.0.1")

    def the_server_restarts(self) -> None:
        server = self.world.servers["example.org"]
        assert server.stop() == 0
        server.start()

    def an_agent_is_killed(self) -> None:
        self.sides[1].kill_agent()
        self.sides[1].start_agent()


FAULTS = [
    Trouble.the_link_is_cut,
    Trouble.the_nat_forgets,
    Trouble.the_router_has_another_address,
    Trouble.the_machine_has_another_address,
    Trouble.the_server_restarts,
    Trouble.an_agent_is_killed,
]


def flow_again(sides: tuple[Side, Side], since: float, what: str) -> float:
    """Waits until what was written after that moment arrives, both ways."""
    marks = [next_number(side, since) for side in sides]
    for reader, mark in zip(sides[::-1], marks):
        wait_until(lambda: reader.heard and max(reader.heard) >= mark, f"{what}: messages to {reader.person.address} flow again", WITHIN)
    return time.monotonic() - since


def next_number(side: Side, since: float) -> int:
    """The first that was written after that moment."""
    wait_until(lambda: side.written and side.written[-1] >= since, f"{side.person.address} writes on", alive=side.agent)
    return next(number for number, when in enumerate(side.written) if when >= since)


def converse(lab: Lab, world: World, over: str) -> None:
    one, other = settle(world, lab)
    sides = Side(one, other.address), Side(other, one.address)
    for side in sides:
        side.person.run("contacts", "accept", side.other)
        side.start_agent()
    begun = time.monotonic()
    for side in sides:
        side.writer.start()
        side.reader.start()
    flow_again(sides, begun, "at first")
    for fault in FAULTS:
        time.sleep(BETWEEN)
        name = fault.__name__.replace("_", " ")
        fault(Trouble(lab, world, sides))
        print(f"\n{over}: {name:36} {flow_again(sides, time.monotonic(), name):5.2f} s", end="", flush=True)
    time.sleep(max(BETWEEN, begun + AT_LEAST - time.monotonic()))
    for side in sides:
        side.enough.set()
        side.writer.join(PATIENCE)
    for side, writer in zip(sides, sides[::-1]):
        everything = list(range(len(writer.written)))
        wait_until(lambda: side.received()[-1] == everything[-1], f"{side.person.address} has everything", alive=side.agent)
        side.over.set()
        assert side.received() == everything
        assert not side.odd
    print(f"\n{over}: {len(sides[0].written)} and {len(sides[1].written)} messages in {time.monotonic() - begun:.0f} s", end="")


@pytest.mark.parametrize("over", ["QUIC", "TCP"])
def test_every_message_arrives_once_and_in_order(world, over):
    with Lab(a=Home(udp=Udp.DROPPED if over == "TCP" else Udp.OPEN)) as lab:
        try:
            if over == "QUIC":
                faults.refuse_tcp_to(lab.places["ra"], lab.addresses["rb"])
            converse(lab, world, over)
        finally:
            world.close()
