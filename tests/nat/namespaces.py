"""Network namespaces with names of their own, wires between them, and the certainty that all of it goes away."""

import ctypes
import itertools
import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

PREFIX = "pdnat"
CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)


def run(*command, input: str | None = None) -> str:
    done = subprocess.run([str(part) for part in command], input=input, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def missing() -> str | None:
    """Why there can be no lab here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            return f"there is no {program} (scripts/setup tests installs it)"
    try:
        with Namespaces() as trial:
            inside = trial.add("trial")
            inside.run("nft", "-f", "-", input="table inet trial {\n chain post {\n type nat hook postrouting priority srcnat;\n }\n}\n")
    except RuntimeError as error:
        return f"the kernel refuses: {error}"
    return None


class Namespace:
    def __init__(self, name: str):
        self.name = name

    @property
    def prefix(self) -> list[str]:
        """What to put before a command so that it runs in here. The process stays the same one."""
        return ["ip", "netns", "exec", self.name]

    def run(self, *command, input: str | None = None) -> str:
        return run(*self.prefix, *command, input=input)

    def ip(self, *arguments) -> str:
        return run("ip", "-n", self.name, *arguments)

    def set(self, name: str, value: int) -> None:
        """A setting of its network, by its place below /proc/sys/net."""
        self.run("sh", "-c", f"echo {value} > /proc/sys/net/{name}")

    def socket(self, family: int = socket.AF_INET, kind: int = socket.SOCK_DGRAM, protocol: int = 0) -> socket.socket:
        """A socket of this namespace, for this process: it stays where it was made, and a thread can be elsewhere for a moment."""
        made = []

        def make() -> None:
            with open(f"/run/netns/{self.name}") as here:
                if ctypes.CDLL(None, use_errno=True).setns(here.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.socket(family, kind, protocol))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]


class Namespaces:
    """A set of namespaces; leaving it ends every process in them and removes them, also on SIGTERM. What an earlier set left behind,
    since its process was killed outright, goes first."""

    def __init__(self):
        self._label = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        self._all: list[Namespace] = []
        self._before = None

    def __enter__(self) -> "Namespaces":
        remove_left_over()
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._terminated)
        return self

    def __exit__(self, *_) -> None:
        # A second signal must not keep the rest from being removed.
        if self._before is not None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for namespace in reversed(self._all):
            remove(namespace.name)
        self._all.clear()
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    @staticmethod
    def _terminated(number, _frame) -> None:
        raise SystemExit(128 + number)

    def add(self, role: str) -> Namespace:
        namespace = Namespace(f"{self._label}-{role}")
        run("ip", "netns", "add", namespace.name)
        self._all.append(namespace)
        # Addresses are ours alone here: nobody needs to wait until that is found out.
        namespace.set("ipv6/conf/default/accept_dad", 0)
        namespace.ip("link", "set", "lo", "up")
        return namespace

    def wire(self, one: Namespace, its_end: str, other: Namespace, other_end: str) -> None:
        run("ip", "link", "add", its_end, "netns", one.name, "type", "veth", "peer", "name", other_end, "netns", other.name)
        one.ip("link", "set", its_end, "up")
        other.ip("link", "set", other_end, "up")


def remove(name: str) -> None:
    """Ends what still runs in a namespace of ours, and removes it. The wires go with it."""
    try:
        for process in run("ip", "netns", "pids", name).split():
            try:
                os.kill(int(process), signal.SIGKILL)
            except ProcessLookupError:
                pass
        run("ip", "netns", "delete", name)
    except RuntimeError:
        pass  # gone already


def remove_left_over() -> None:
    folder = Path("/run/netns")
    for file in folder.glob(f"{PREFIX}-*") if folder.exists() else []:
        owner = file.name.split("-")[1]
        if not Path(f"/proc/{owner}").exists():
            remove(file.name)
