#!/usr/bin/env python3
"""The engine beside nginx: a body kept ready against a static file of the same size, over the same TLS, in the same run.

    tests/bench/run_http.py [--build build/bench] [--seconds 2] [--rounds 8] …

wrk asks both in turn, several rounds, so that whatever else the machine does meets both; the medians are compared. The processor time
that each spends on a request depends less on that, so it is shown too. And the memory of idle connections: how much both grow by
a thousand of them. Needs wrk, nginx and the build of the preset "bench".
"""

import argparse
import os
import re
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from pdtest.process import ReservedPort  # noqa: E402

PATH = "/v1/identities/olivier@example.org"

NGINX = """
worker_processes {threads};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  sendfile on; tcp_nodelay on; open_file_cache max=100;
  keepalive_requests 1000000000; keepalive_timeout 60s;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:P-256:P-384; ssl_prefer_server_ciphers on;
    root {folder}/root;
    add_header Cache-Control max-age=300;
  }}
}}
"""


class Failure(Exception):
    pass


def make_certificate(folder: Path) -> None:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)


def wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Failure(f"{process.args[0]} does not listen")


@contextmanager
def running(process: subprocess.Popen):
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def start_engine(options, folder: Path):
    process = subprocess.Popen([Path(options.build) / "bin/bench_http_server", str(options.threads), str(options.bytes),
                                folder / "cert.pem", folder / "key.pem"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def start_nginx(options, folder: Path, port: int):
    page = folder / "root" / PATH[1:]
    page.parent.mkdir(parents=True)
    page.write_text("x" * options.bytes)
    folder.chmod(0o755)  # its workers run as somebody else when it is started by root
    (folder / "nginx.conf").write_text(NGINX.format(threads=options.threads, folder=folder, port=port))
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    wait_for(port, process)
    return process


class Round(NamedTuple):
    rate: float          # requests per second
    microseconds: float  # of processor time for each


def measure(options, pid: int, port: int) -> Round:
    before = processor_seconds(pid)
    result = subprocess.run(["wrk", "-t", str(options.threads), "-c", str(options.connections), "-d", f"{options.seconds}s",
                             f"https://127.0.0.1:{port}{PATH}"], capture_output=True, text=True, timeout=options.seconds + 30)
    if "Non-2xx" in result.stdout or "Socket errors" in result.stdout or result.returncode != 0:
        raise Failure("not every request was answered:\n" + result.stdout + result.stderr)
    spent = processor_seconds(pid) - before
    return Round(float(re.search(r"Requests/sec:\s+([\d.]+)", result.stdout)[1]),
                 spent * 1e6 / int(re.search(r"(\d+) requests in", result.stdout)[1]))


def family(pid: int) -> list[int]:
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid] + [int(child) for child in children]


def processor_seconds(pid: int) -> float:
    def ticks(one: int) -> int:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    return sum(ticks(one) for one in family(pid)) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    return sum(int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{one}/status").read_text())[1]) for one in family(pid))


def idle_kib(pid: int, port: int, count: int) -> float:
    """How much memory one connection costs that has had its answer and waits."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    def connect() -> ssl.SSLSocket:
        connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10))
        connection.sendall(request)
        if not connection.recv(12).endswith(b" 200"):
            raise Failure("no answer")
        return connection

    warm = [connect() for _ in range(20)]
    before = resident_kib(pid)
    open_ones = [connect() for _ in range(count)]
    grown = resident_kib(pid) - before
    for connection in warm + open_ones:
        connection.close()
    return grown / count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(Path(__file__).resolve().parents[2] / "build/bench"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--bytes", type=int, default=3072)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--least", type=float, default=0, help="fail if the ratio is below this")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="pd-bench-") as name:
        folder = Path(name)
        make_certificate(folder)
        engine, engine_port = start_engine(options, folder)
        with running(engine):
            reserved = ReservedPort()
            nginx = start_nginx(options, folder, reserved.number)
            with running(nginx):
                memory = idle_kib(engine.pid, engine_port, options.idle), idle_kib(nginx.pid, reserved.number, options.idle)
                rounds = [(measure(options, engine.pid, engine_port), measure(options, nginx.pid, reserved.number))
                          for _ in range(options.rounds)]
    for ours, theirs in rounds:
        print(f"  engine {ours.rate:7.0f} requests/s {ours.microseconds:5.1f} µs   nginx {theirs.rate:7.0f} requests/s "
              f"{theirs.microseconds:5.1f} µs   {ours.rate / theirs.rate:.2f}")
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in rounds)
    ours, theirs = (Round(*map(statistics.median, zip(*column))) for column in zip(*rounds))
    print(f"engine {ours.rate:.0f} requests/s, nginx {theirs.rate:.0f} requests/s, ratio {ratio:.2f}")
    print(f"processor time for a request: engine {ours.microseconds:.1f} µs, nginx {theirs.microseconds:.1f} µs")
    print(f"idle TLS connection: engine {memory[0]:.1f} KiB, nginx {memory[1]:.1f} KiB ({options.idle} connections)")
    return 0 if ratio >= options.least else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"run_http: {failure}")
