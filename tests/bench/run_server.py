#!/usr/bin/env python3
"""What a lookup and a registration cost on a real pd-server.

    run_server.py [--bin BUILD/bin] [--seconds N] [--rounds N] [--connections N] [--people N]

Lookups: wrk over kept-alive TLS, in turns against pd-server with a registered person and against nginx with a static file of
the same bytes, the same certificate, as many workers as cores. Registrations: bench_registration, beside the rate at which one core
verifies Ed25519 signatures. Prints a table; nothing passes or fails. Needs wrk, nginx and the build of the preset "bench".
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from pdtest.formats import Identity  # noqa: E402
from pdtest.process import ReservedPort, wait_until  # noqa: E402
from pdtest.world import World  # noqa: E402

NO_LIMITS = [f"--rate-{what}=10000000:10000000" for what in ("address", "registration", "account", "domain")]

NGINX = """
daemon off;
{user}
worker_processes {cores};
error_log {folder}/nginx.log error;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  open_file_cache max=100;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder}/www;
    location / {{ etag on; add_header Cache-Control max-age=300; }}
  }}
}}
"""


def cpu_seconds(pid: int) -> float:
    """Of a process and its children (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(cpu_seconds(int(c)) for c in children)


class Nginx:
    """A static file over TLS."""

    def __init__(self, folder: Path, body: bytes, certificate, key):
        self._reserved = ReservedPort()
        self.port = self._reserved.number
        (folder / "www").mkdir()
        (folder / "www" / "file").write_bytes(body)
        config = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""  # or its workers could not read the folder
        parts = {"user": user, "cores": os.cpu_count(), "folder": folder, "port": self.port}
        config.write_text(NGINX.format(**parts, certificate=certificate, key=key))
        command = ["nginx", "-e", folder / "nginx.log", "-p", folder, "-c", config]
        self.child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until((folder / "nginx.pid").exists, "nginx is up", alive=self.child)

    def stop(self):
        self.child.terminate()
        self.child.wait()


def wrk(pid: int, port: int, target: str, options) -> tuple[float, float]:
    """Requests a second, and CPU microseconds of the server for each. Any answer that is not 200 stops the benchmark."""
    command = ["wrk", "-t", str(os.cpu_count()), "-c", str(options.connections), "-d", f"{options.seconds}s"]
    command += ["-H", "Host: example.org", f"https://127.0.0.1:{port}{target}"]
    before = cpu_seconds(pid)
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pid) - before
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{' '.join(command)}\n{output}")
    requests = int(re.search(r"(\d+) requests in", output)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), used / requests * 1e6


def median(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return tuple(statistics.median(column) for column in zip(*rounds))


def lookups(server, nginx, target: str, options) -> tuple[tuple[float, float], tuple[float, float]]:
    """Medians of rounds taken in turns, so that whatever else the machine does falls on both."""
    ours, theirs = [], []
    for number in range(options.rounds):
        ours.append(wrk(server.process.child.pid, server.port, target, options))
        theirs.append(wrk(nginx.child.pid, nginx.port, "/file", options))
        line = "   ".join(f"{name} {rate:6.0f}/s {cpu:5.1f} µs" for name, (rate, cpu) in
                          (("pd-server", ours[-1]), ("nginx", theirs[-1])))
        print(f"  round {number + 1}: {line}", file=sys.stderr)
    return median(ours), median(theirs)


def registrations(server, options) -> dict:
    command = [Path(options.bin) / "bench_registration", server.domain, server.port, server.world.authority.ca_file]
    command += [options.people, options.connections, server.process.child.pid]
    return json.loads(subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(HERE.parent.parent / "build" / "bench" / "bin"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--people", type=int, default=6400)
    options = parser.parse_args()
    os.environ["PD_BIN"] = options.bin

    with tempfile.TemporaryDirectory(prefix="pd-bench-") as name:
        world = World(Path(name))
        server = world.server("example.org", *NO_LIMITS)
        server.start()
        olivier = Identity("olivier@example.org")
        assert server.register(olivier).status == 201
        target = f"/v1/identities/{olivier.address}"
        body = server.site.get(target).body
        folder = Path(name) / "nginx"
        folder.mkdir()
        nginx = Nginx(folder, body, server.certificate, server.key)
        try:
            (ours, our_cpu), (theirs, their_cpu) = lookups(server, nginx, target, options)
            registered = registrations(server, options)
        finally:
            nginx.stop()
            world.close()

    verification = registered["verification_seconds"] * 1e6
    registration = registered["cpu_seconds"] * 1e6
    print(f"cores                                    {os.cpu_count()}, shared with wrk and the driver")
    print(f"answer                                   {len(body)} bytes")
    print(f"lookups over kept-alive TLS              {ours:.0f}/s, {our_cpu:.1f} µs CPU each")
    print(f"nginx, a static file of that size        {theirs:.0f}/s, {their_cpu:.1f} µs CPU each")
    print(f"pd-server to nginx                       {ours / theirs:.2f} in rate, {our_cpu / their_cpu:.2f} in CPU time")
    print(f"an Ed25519 verification                  {verification:.0f} µs CPU")
    print(f"registrations                            {registered['per_second']:.0f}/s, {registration:.0f} µs CPU each")
    print(f"registration, in verifications           {registration / verification:.1f}")


if __name__ == "__main__":
    main()
