"""A day in the life of two servers and three agents, an hour in seconds: people write and call, links drop, strangers are refused, programs and
servers are stopped, killed and started again. Nothing leaks: what each process holds does not grow from one quarter of the day to the
last, and each ends by SIGTERM with status 0, without a word of a sanitizer (World.close looks for it).

PD_DAYS=7 makes a week of it. (pytest -s prints the figures.)"""

import itertools
import os
import random
import signal
import socket
import struct
from pathlib import Path
from typing import NamedTuple

from pdtest.agent import AgentClient, delivered, published, start_agent, start_quiet_agent
from pdtest.callers import Stranger, offer
from pdtest.events import Stream
from pdtest.fixtures import UNLIMITED
from pdtest.jose import Key
from pdtest.peers import MESSAGE, Dialler, frame, message
from pdtest.process import PATIENCE, wait_until

HOURS = 24 * int(os.environ.get("PD_DAYS", "1"))
NUMBERS = itertools.count()


class Held(NamedTuple):
    """What a process holds."""

    kilobytes: int
    descriptors: int
    threads: int


def held(process) -> Held:
    folder = Path(f"/proc/{process.child.pid}")
    resident = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    memory = 0 if "libtsan" in (folder / "maps").read_text() else int(resident.split()[1])  # it keeps a history of its own
    return Held(memory, len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir())))


def most(samples: list[Held]) -> Held:
    return Held(*map(max, zip(*samples)))


class Day:
    """olivier publishes where he is and takes everybody's calls; gordon publishes nothing, and lets in whom he has accepted; alyx comes and
    goes. olivier's server goes on all day, as his and gordon's agents do; gordon's is started again now and then."""

    def __init__(self, world, folder: Path):
        self.world, self.folder, self.dice = world, folder, random.Random(8)
        self.home, self.other = (world.server(domain, *UNLIMITED) for domain in ("example.org", "blackmesa.us"))
        world.start()
        names = ("olivier@example.org", "gordon@blackmesa.us", "alyx@example.org")
        self.olivier, self.gordon, self.alyx = self.people = [world.person(name).register() for name in names]
        self.friend, self.unknown, self.blocked = self.strangers = [Stranger(self.home, name) for name in ("friend", "unknown", "blocked")]
        for known in (self.olivier.address, self.alyx.address, self.friend.address):
            self.gordon.run("contacts", "accept", known)
        self.gordon.run("contacts", "block", self.blocked.address)
        self.agents = {
            self.olivier: start_agent(self.olivier),
            self.gordon: start_quiet_agent(self.gordon, "--accept", "ask"),
            self.alyx: start_quiet_agent(self.alyx, "--accept", "anyone"),
        }
        published(self.olivier)
        self.samples = {"the server": [], "olivier's agent": [], "gordon's agent": []}

    # --- what happens ---------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Everybody writes to everybody, and all of it arrives."""
        for each, other in itertools.permutations(self.people, 2):
            client = AgentClient(each.home)
            client.send(other.address, f"{next(NUMBERS)} to {other.address}")
            client.close()

    def all_arrived(self) -> None:
        for each, other in itertools.permutations(self.people, 2):
            client = AgentClient(each.home)
            arrived = lambda: delivered(client, other.address)
            wait_until(arrived, f"{each.address} has reached {other.address}", 4 * PATIENCE, alive=self.agents[each])
            client.close()

    def call_gordon(self) -> None:
        """A contact, who then is nowhere to be found, somebody unknown, and somebody who is blocked; each once again with the same words."""
        for stranger in self.strangers:
            text = stranger.seal(self.gordon, offer())
            stranger.send(text)
            assert stranger.send(text).status == 409

    def dial_olivier(self) -> None:
        """Links that drop: before a word, after the handshake, in the middle of a frame; and a caller who is somebody else."""
        endpoint, = self.status(self.olivier)["endpoints"]
        port = int(endpoint.rpartition(":")[2])
        device = Key.from_pem(self.alyx.home / "device.pem")
        socket.create_connection(("127.0.0.1", port)).close()
        for ends in ("greeting", "a message", "half a message"):
            caller = Dialler(self.folder, port, self.alyx.address, device)
            caller.greet()
            if ends != "greeting":
                whole = frame(MESSAGE, message(f"dialled {next(NUMBERS)}"))
                caller.send(whole if ends == "a message" else whole[:-9])
            if self.dice.random() < 0.5:  # a reset instead of an end
                caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            caller.close()
        assert Dialler(self.folder, port, self.alyx.address, Key()).rest() == []

    def ask_servers(self) -> None:
        for server in (self.home, self.other):
            server.resolve(self.olivier.address)
            server.resolve(f"nobody{next(NUMBERS)}@blackmesa.us")
            server.site.raw(b"\xff\xfe no request\r\n\r\n")
            server.site.socket().close()
        for stranger in self.strangers:  # a newer stream ends the one before (EVT-5)
            stranger.streams.append(Stream(stranger.server, stranger.identity).begun())
            stranger.streams.pop(0).close()

    def restart_alyx(self, how: int) -> None:
        agent = self.agents[self.alyx]
        if how == signal.SIGKILL:
            agent.child.kill()
            agent.child.wait()
        else:
            assert agent.stop(how) == 0, agent.report()
        self.agents[self.alyx] = start_quiet_agent(self.alyx, "--accept", "anyone")

    def restart_server(self) -> None:
        assert self.other.stop(signal.SIGTERM) == 0, self.other.log()[-4000:]
        self.other.start()

    def hour(self, number: int) -> None:
        self.write()
        self.call_gordon()
        self.dial_olivier()
        self.ask_servers()
        if number % 3 == 1:
            self.restart_alyx(signal.SIGTERM if number % 2 else signal.SIGKILL)
        if number % 6 == 4:
            self.restart_server()
        self.all_arrived()
        for name, process in self.lasting():
            self.samples[name].append(held(process))

    # --- what is seen ---------------------------------------------------------------------------------------------------

    def lasting(self):
        return zip(self.samples, (self.home.process, self.agents[self.olivier], self.agents[self.gordon]))

    def status(self, person) -> dict:
        client = AgentClient(person.home)
        status = client.call("status")
        client.close()
        return status

    def end(self) -> None:
        for agent in self.agents.values():
            assert agent.stop(signal.SIGTERM) == 0, agent.report()
        for stranger in self.strangers:
            stranger.close()
        for server in (self.home, self.other):
            assert server.stop(signal.SIGTERM) == 0, server.log()[-4000:]


def test_a_day_leaves_nothing_behind(world, tmp_path, runtime_dir, monkeypatch):
    # A sanitizer keeps what was freed for a while; that is no leak, and need not be much to find mistakes.
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4")
    day = Day(world, tmp_path)
    for number in range(HOURS):
        day.hour(number)
    day.end()
    quarter = HOURS // 4
    for name, samples in day.samples.items():
        early, late = most(samples[quarter : 2 * quarter]), most(samples[-quarter:])
        print(f"\n{name}: {early} in the second quarter, {late} in the last", end="")
        assert late.kilobytes < 1.1 * early.kilobytes + 2048, (name, samples)
        assert late.descriptors <= early.descriptors + 8 and late.threads <= early.threads + 2, (name, samples)
