"""Two machines, two people and one file, for run_send.py: network namespaces with a wire or a slow line between them."""

import filecmp
import os
import random
import resource
import subprocess
from pathlib import Path
from typing import NamedTuple

from lab import SERVERS, Home, Lab, Line
from pdtest.fixtures import UNLIMITED
from pdtest.world import World
from routers import Nat

# Between the two machines: without one of the two protocols pdctl has no other link than the one that is measured.
BLOCK = """
flush ruleset
table inet bench {{
  chain input {{
    type filter hook input priority filter;
    iifname "lo" accept
    ip saddr {{ {servers} }} accept
    meta l4proto {protocol} drop
  }}
}}
"""


class Cost(NamedTuple):
    seconds: float
    processor: float  # seconds, of both ends


class Machines:
    """a sends to b. Two servers, two people, and one file."""

    def __init__(self, folder: Path, mebibytes: int, line: Line | None = None):
        self.lab = Lab(a=Home(Nat.NONE, line=line), b=Home(Nat.NONE))
        self.folder = folder
        self.file = folder / "sent" / "file"
        self.taken = folder / "taken"
        self.world = World(folder)
        self.file.parent.mkdir()
        random_file(self.file, mebibytes)

    def __enter__(self) -> "Machines":
        self.lab.__enter__()
        try:
            for number, domain in enumerate(SERVERS, 1):
                self.world.server(domain, *UNLIMITED, place=self.lab.place(f"s{number}"))
            self.world.start()
            self.olivier = self.world.person("olivier@example.org", place=self.lab.place("a")).register()
            gordon = self.world.person("gordon@blackmesa.us", place=self.lab.place("b")).register()
            options = ("--accept", "anyone", "--accept-files", "anyone", "--downloads", self.taken)
            self.listener = gordon.start("--json", "listen", *options)
            self.listener.wait_line('"listening"')
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.world.close()
        self.lab.__exit__()

    def block(self, protocol: str) -> None:
        rules = BLOCK.format(servers=", ".join(SERVERS.values()), protocol=protocol)
        for name in "ab":
            self.lab.places[name].run("nft", "-f", "-", input=rules)

    def start(self, place: str, command: list, **options) -> subprocess.Popen:
        return subprocess.Popen([*self.lab.places[place].prefix, *map(str, command)], **options)

    def measure(self, send) -> Cost:
        """Runs `send`, which returns the seconds that it took; checks what has arrived."""
        self.taken.mkdir(exist_ok=True)
        before = self.processor_seconds()
        seconds = send(self)
        cost = Cost(seconds, self.processor_seconds() - before)
        filecmp.clear_cache()  # which takes files of one size and time for the same
        assert filecmp.cmp(self.file, self.taken / self.file.name, shallow=False)
        (self.taken / self.file.name).unlink()
        return cost

    def processor_seconds(self) -> float:
        """Of all processes that have ended, and of the listener."""
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        fields = Path(f"/proc/{self.listener.child.pid}/stat").read_text().rpartition(")")[2].split()
        return usage.ru_utime + usage.ru_stime + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def random_file(path: Path, mebibytes: int) -> None:
    with path.open("wb") as file:
        for number in range(mebibytes):
            file.write(random.Random(number).randbytes(1 << 20))
