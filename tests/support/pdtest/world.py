"""Servers of several domains, each really running, that can reach each other and nothing else."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from .authority import Authority
from .formats import Identity
from .https import Answer, Site
from .jose import Key
from .process import PATIENCE, Process, ReservedPort, wait_until
from .signing import signed_headers


def binary(name: str) -> str:
    folder = os.environ.get("PD_BIN")
    if not folder:
        raise RuntimeError("PD_BIN must name the folder with pd-server and pdctl")
    return str(Path(folder) / name)


def places(lines: list[str], kind: str) -> list[tuple[str, int]]:
    """Host and port of each line of a ready file that begins with that word."""
    pairs = [line.split()[1].rsplit(":", 1) for line in lines if line.startswith(kind + " ")]
    return [(host.strip("[]"), int(port)) for host, port in pairs]


class Place:
    """Where a program runs: this machine, unless it is one of the NAT lab."""

    def __init__(self, prefix: tuple[str, ...] = (), address: str = "127.0.0.1", new_socket=socket.socket):
        self.prefix = list(prefix)  # before its command
        self.address = address  # on which servers there are reached
        self.new_socket = new_socket  # from there, for the test itself


HERE = Place()


class Server:
    """One pd-server process. It can be stopped, killed and started again on the same data and port."""

    def __init__(self, world: "World", domain: str, options: list[str], policy: str | None = None, place: Place = HERE):
        self.world = world
        self.domain = domain
        self.place = place
        self._reserved = ReservedPort() if place is HERE else None
        self.port = self._reserved.number if self._reserved else 443
        self._stun_ports = (0, 0) if self._reserved else (3478, 3479)  # the same when it is started again
        self.folder = world.folder / domain
        self.data = self.folder / "data"
        self.data.mkdir(parents=True, mode=0o700)
        self.certificate, self.key = world.authority.issue(domain)
        self.options = list(options)
        self.policy = self.folder / "policy"
        if policy is not None:
            self.policy.write_text(policy)
            self.options += ["--policy", str(self.policy)]
        self.process: Process | None = None
        self.starts = 0
        self.stun: list[tuple[str, int]] = []  # where it answers STUN, in the order of its options; known once it has started
        self.operations = ("", 0)  # where its figures are; known once it has started

    @property
    def site(self) -> Site:
        return Site(self.domain, self.port, str(self.world.authority.ca_file), self.place.address, new_socket=self.place.new_socket)

    def start(self) -> "Server":
        self.starts += 1
        ready = self.folder / f"ready-{self.starts}"
        address = self.place.address
        command = [*self.place.prefix, binary("pd-server"), "run", "--domain", self.domain, "--data", self.data]
        command += ["--listen", f"{address}:{self.port}", "--metrics-listen", f"{address}:0", "--ready-file", ready]
        if "--stun" not in self.options:
            for port in self._stun_ports:
                command += ["--stun", f"{address}:{port}"]
            command += ["--stun-host", address]
        command += ["--tls-cert", self.certificate, "--tls-key", self.key, "--ca-file", self.world.authority.ca_file]
        command += self.world.resolve_options() + self.options
        self.process = Process(command, self.folder / "server.log")
        wait_until(ready.exists, f"pd-server of {self.domain} is ready", alive=self.process)
        lines = ready.read_text().splitlines()
        self.stun = places(lines, "stun")
        self.operations, = places(lines, "metrics")
        return self

    def stop(self, how: int = signal.SIGTERM) -> int:
        status = self.process.stop(how)
        self.process = None
        return status

    def reload(self) -> None:
        self.process.child.send_signal(signal.SIGHUP)

    def admin(self, *arguments: str) -> str:
        command = [binary("pd-server"), *arguments, "--data", str(self.data), "--domain", self.domain]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def challenge(self) -> str:
        answer = self.site.request("POST", "/v1/challenges")
        assert answer.status in (200, 201), answer
        return answer.json["challenge"]

    def put(self, identity: Identity, operation: str, signer: Key | None = None, **parts) -> Answer:
        """Sends an operation with a signed request. Parts that can be replaced: nonce, target_uri, method, tag, created,
        components, signed_body, headers."""
        target = parts.pop("target", f"/v1/identities/{identity.address}")
        extra = parts.pop("headers", {})
        signed_body = parts.pop("signed_body", operation)
        parts.setdefault("nonce", None)
        nonce = parts.pop("nonce") or self.challenge()
        headers = signed_headers(
            signer or identity.key,
            parts.pop("method", "PUT"),
            parts.pop("target_uri", f"https://{self.domain}{target}"),
            signed_body.encode(),
            nonce=nonce,
            **parts,
        )
        return self.site.request("PUT", target, operation, {"Content-Type": "application/jose", **headers, **extra})

    def register(self, identity: Identity) -> Answer:
        if not identity.operations:
            identity.create()
        return self.put(identity, identity.operations[-1])

    def resolve(self, address: str) -> Answer:
        return self.site.get(f"/v1/identities/{address}")

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def figures(self) -> Answer:
        """What the operator alone is shown (DOM-4)."""
        connection = http.client.HTTPConnection(*self.operations)
        connection.sock = self.place.new_socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.sock.settimeout(PATIENCE)
        with contextlib.closing(connection):
            connection.sock.connect(self.operations)
            connection.request("GET", "/metrics")
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        total = 0.0
        for line in self.figures().body.decode().splitlines():
            if not line.startswith("#") and line.split("{")[0].split(" ")[0] == name:
                total += float(line.rsplit(" ", 1)[1])
        return total


class Person:
    """Somebody with a home folder and a pdctl."""

    def __init__(self, world: "World", address: str, name: str | None = None, place: Place = HERE):
        self.world = world
        self.address = address
        self.place = place
        self.home = world.folder / "homes" / (name or address)
        self.home.parent.mkdir(exist_ok=True)
        self.log = world.folder / f"{name or address}.log"

    def command(self, *arguments) -> list[str]:
        options = ["--home", str(self.home), "--ca-file", str(self.world.authority.ca_file)]
        return [*self.place.prefix, binary("pdctl"), *options, *self.world.resolve_options(), *map(str, arguments)]

    def run(self, *arguments, input: str = "", status: int | None = 0) -> subprocess.CompletedProcess:
        command = self.command(*arguments)
        done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=2 * PATIENCE)
        if status is not None:
            assert done.returncode == status, f"{command}\nstatus {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments, **options) -> dict:
        return json.loads(self.run("--json", *arguments, **options).stdout)

    def start(self, *arguments) -> Process:
        process = Process(self.command(*arguments), self.log)
        self.world.processes.append(process)
        return process

    def register(self) -> "Person":
        self.json("register", self.address)
        return self

    def listen(self, *options) -> Process:
        """A listener on loopback, published and ready."""
        process = self.start("--json", "listen", "--bind", "127.0.0.1", "--accept", "anyone", *options)
        process.wait_line('"listening"')
        return process

    def chat(self, address: str, *options) -> Process:
        return self.start("--json", "chat", address, *options)


class World:
    """Some domains, their authority, and how each is reached."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.authority = Authority(folder / "authority")
        self.servers: dict[str, Server] = {}
        self.overrides: dict[str, int] = {}
        self.processes: list[Process] = []
        self._closers: list = []

    def resolve_options(self) -> list[str]:
        options = []
        for domain, port in self.overrides.items():
            address = self.servers[domain].place.address if domain in self.servers else HERE.address
            options += ["--resolve", f"{domain}:443:{address}:{port}"]
        return options

    def server(self, domain: str, *options: str, policy: str | None = None, place: Place = HERE) -> Server:
        """Prepares a server without starting it, so that every server knows the way to every other."""
        server = Server(self, domain, list(options), policy, place)
        self.servers[domain] = server
        self.overrides[domain] = server.port
        return server

    def start(self) -> "World":
        """Starts every server, or none: a fixture that fails here never gets to close()."""
        try:
            for server in self.servers.values():
                server.start()
        except BaseException:
            for server in self.servers.values():
                if server.process is not None:
                    server.stop(signal.SIGKILL)
            raise
        return self

    def person(self, address: str, name: str | None = None, place: Place = HERE) -> Person:
        return Person(self, address, name, place)

    def visitor(self, address: str) -> Person:
        """Somebody with a home folder and no account in it."""
        person = self.person(address)
        person.home.mkdir(parents=True, mode=0o700)
        return person

    def on_close(self, closer) -> None:
        self._closers.append(closer)

    def close(self) -> None:
        """Ends everything; a sanitizer's report or a status other than 0 fails the test."""
        failures = []
        for closer in self._closers:
            closer()
        for process in self.processes:
            if process.poll() is None:
                process.stop(signal.SIGINT)
        for server in self.servers.values():
            if server.process is not None:
                status = server.stop()
                if status != 0:
                    failures.append(f"pd-server of {server.domain} ended with {status}\n{server.log()[-4000:]}")
        for log in self.folder.rglob("*.log"):
            text = log.read_text(errors="replace")
            if report := re.search(r"(WARNING|ERROR): \w+Sanitizer|runtime error:|Sanitizer", text):
                failures.append(f"{log.name}:\n{text[report.start():][:8000]}")
        assert not failures, "\n".join(failures)
