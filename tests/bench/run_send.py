#!/usr/bin/env python3
"""`pdctl send` of one large file between two machines, beside openssl and Debian's magic-wormhole with the same file, in the same run.

    tests/bench/run_send.py [--build build/bench] [--rounds 5] [--mebibytes 1024] [--pipe-mebibytes 512] [--folder /dev/shm]

The machines are network namespaces with a wire between them, so it needs root. Everybody sends in turn, several rounds, and what counts is
how long the command takes, from its start until the file is there: with pdctl that is the lookup, the call, the tags and the fsync too.
Speed is compared by the medians of the ratios within a round, so that whatever else the machine does meets all of them. The processor time
of both ends together depends less on that, and is shown beside it. The file lies in memory, or the disk would be measured.

Then the same over a line of 200 Mbit/s that is 40 ms late each way and loses 0.5 %: how full of the file's bytes pdctl keeps it, from when
the other side takes the file until all has arrived. openssl over that line without loss shows that the line itself carries as much.

Exit status 1 when pdctl is slower than it shall be. Needs the build of the preset "bench", openssl, and magic-wormhole with
python3-magic-wormhole-mailbox-server; without these two it goes on without them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "nat")]
import namespaces  # noqa: E402
from lab import SERVERS, Line  # noqa: E402
from machines import Cost, Machines  # noqa: E402
from pdtest.process import wait_until  # noqa: E402

PATIENCE = 600  # s, for one command
LINE = Line(delay_ms=40, loss_percent=0.5, megabits=200)
WITHOUT_LOSS = Line(delay_ms=40, megabits=200)
TLS_PORT, MAILBOX_PORT = 4433, 4000
TCP_SHARE, QUIC_SHARE, PIPE_SHARE = 0.8, 0.5, 0.8


def finish(process: subprocess.Popen) -> None:
    status = process.wait(PATIENCE)
    assert status == 0, f"{process.args}: status {status}"


# --- who sends --------------------------------------------------------------------------------------------------------


def pdctl(machines: Machines, without: str) -> float:
    machines.block(without)
    command = machines.olivier.command("--json", "send", "gordon@blackmesa.us", machines.file)
    begun = time.monotonic()
    finish(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    return time.monotonic() - begun


def over_tcp(machines: Machines) -> float:
    return pdctl(machines, without="udp")


def over_quic(machines: Machines) -> float:
    return pdctl(machines, without="tcp")


def over_quic_once_accepted(machines: Machines) -> float:
    """Without the lookup and the call, which take several round trips to servers."""
    machines.block("tcp")
    process = machines.olivier.start("--json", "send", "gordon@blackmesa.us", machines.file)
    process.wait_line('"accepted"')
    begun = time.monotonic()
    process.wait_line('"sent"', patience=PATIENCE)
    seconds = time.monotonic() - begun
    process.drain()
    return seconds


def openssl(machines: Machines) -> float:
    machines.block("udp")
    certificate, key = machines.world.authority.issue("gordon.example")
    server = ["openssl", "s_server", "-accept", TLS_PORT, "-naccept", 1, "-quiet", "-tls1_3", "-cert", certificate, "-key", key]
    address = machines.lab.addresses["b"]
    client = ["openssl", "s_client", "-connect", f"{address}:{TLS_PORT}", "-quiet", "-no_ign_eof", "-nocommands"]
    with machines.file.open("rb") as sent, (machines.taken / machines.file.name).open("wb") as taken:
        receiver = machines.start("b", server, stdin=subprocess.PIPE, stdout=taken)
        listening = lambda: f":{TLS_PORT} " in machines.lab.places["b"].run("ss", "-Hltn")
        wait_until(listening, "openssl listens", alive=receiver)
        begun = time.monotonic()
        sender = machines.start("a", client, stdin=sent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        finish(sender)
        finish(receiver)
        seconds = time.monotonic() - begun
        receiver.stdin.close()
    return seconds


class Wormhole:
    """With a mailbox server of our own; what is sent goes from machine to machine."""

    def __init__(self, machines: Machines):
        self._log = (machines.folder / "wormhole.log").open("wb")
        self._relay = f"ws://{SERVERS['example.org']}:{MAILBOX_PORT}/v1"
        self._sent = 0
        mailbox = ["twist3", "wormhole-mailbox", f"--port=tcp:{MAILBOX_PORT}"]
        self._mailbox = machines.start("s1", mailbox, cwd=machines.folder, stdout=self._log, stderr=self._log)
        listening = lambda: f":{MAILBOX_PORT} " in machines.lab.places["s1"].run("ss", "-Hltn")
        wait_until(listening, "the mailbox server listens", alive=self._mailbox)

    @staticmethod
    def missing() -> str | None:
        there = subprocess.run(["/usr/bin/python3", "-c", "import wormhole, wormhole_mailbox_server"], stderr=subprocess.DEVNULL)
        return None if there.returncode == 0 else "apt-get install magic-wormhole python3-magic-wormhole-mailbox-server"

    def __call__(self, machines: Machines) -> float:
        machines.block("udp")
        self._sent += 1
        code = f"{self._sent}-adroitness-adviser"
        command = ["wormhole", "--relay-url", self._relay, "--transit-helper", ""]
        begun = time.monotonic()
        options = {"stdout": self._log, "stderr": self._log}
        send = [*command, "send", "--hide-progress", "--code", code, machines.file]
        take = [*command, "receive", "--hide-progress", "--accept-file", "-o", machines.taken / machines.file.name, code]
        sender, receiver = machines.start("a", send, **options), machines.start("b", take, **options)
        finish(sender)
        finish(receiver)
        return time.monotonic() - begun

    def close(self) -> None:
        self._mailbox.terminate()
        self._mailbox.wait()
        self._log.close()


# --- the program ------------------------------------------------------------------------------------------------------


class Verdict:
    def __init__(self):
        self.fine = True

    def least(self, what: str, value: float, least: float) -> None:
        good = value >= least
        self.fine = self.fine and good
        print(f"{what:48} {value:5.2f}   at least {least}: {'ok' if good else 'MISSED'}")


def speed(machines: Machines, options, verdict: Verdict) -> None:
    senders = {"openssl": openssl, "pdctl, TCP": over_tcp, "pdctl, QUIC": over_quic}
    wormhole = None
    if missing := Wormhole.missing():
        print(f"no magic-wormhole here: {missing}")
    else:
        wormhole = senders["magic-wormhole"] = Wormhole(machines)
    costs = {name: [] for name in senders}
    try:
        for number in range(options.rounds):
            for name, send in senders.items():
                costs[name].append(machines.measure(send))
            line = "   ".join(f"{name} {took[-1].seconds:.1f} s ({took[-1].processor:.1f})" for name, took in costs.items())
            print(f"  round {number + 1}: {line}", file=sys.stderr)
    finally:
        if wormhole:
            wormhole.close()

    def ratio(name: str, beside: str, what: str) -> float:
        pairs = zip(costs[name], costs[beside])
        return statistics.median(getattr(theirs, what) / getattr(ours, what) for ours, theirs in pairs)

    megabytes = options.mebibytes * 1.048576
    print(f"\n{options.mebibytes} MiB, medians of {options.rounds} rounds, {os.cpu_count()} cores for both ends")
    print(f"{'':20} {'MB/s':>8} {'processor s':>12} {'speed, beside openssl':>23} {'by processor time':>19}")
    for name, took in costs.items():
        seconds, processor = (statistics.median(column) for column in zip(*took))
        beside = [ratio(name, "openssl", what) for what in Cost._fields]
        print(f"{name:20} {megabytes / seconds:8.0f} {processor:12.2f} {beside[0]:23.2f} {beside[1]:19.2f}")
    print()
    verdict.least("TCP link beside openssl", ratio("pdctl, TCP", "openssl", "seconds"), TCP_SHARE)
    verdict.least("QUIC link beside openssl", ratio("pdctl, QUIC", "openssl", "seconds"), QUIC_SHARE)
    if wormhole:
        for name in ("pdctl, TCP", "pdctl, QUIC"):
            verdict.least(f"{name} beside magic-wormhole", ratio(name, "magic-wormhole", "seconds"), 1.0)


def share(machines: Machines, send, options, rounds: int) -> float:
    """Of the line's bits, how many were bits of the file."""
    bits = options.pipe_mebibytes * 8 * 2**20
    shares = []
    for number in range(rounds):
        cost = machines.measure(send)
        shares.append(bits / (cost.seconds * 1e6 * LINE.megabits))
        print(f"  round {number + 1}: {shares[-1]:.2f} ({cost.processor:.1f} s of processor)", file=sys.stderr)
    return statistics.median(shares)


def pipe(folder: Path, options, verdict: Verdict) -> None:
    print(f"\n{options.pipe_mebibytes} MiB over {LINE.megabits} Mbit/s, {LINE.delay_ms} ms late each way")
    (folder / "clean").mkdir()
    with Machines(folder / "clean", options.pipe_mebibytes, WITHOUT_LOSS) as machines:
        verdict.least("openssl, without loss: what the line carries", share(machines, openssl, options, 1), PIPE_SHARE)
    (folder / "lossy").mkdir()
    with Machines(folder / "lossy", options.pipe_mebibytes, LINE) as machines:
        full = share(machines, over_quic_once_accepted, options, options.rounds)
        verdict.least(f"QUIC link, {LINE.loss_percent} % lost", full, PIPE_SHARE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--pipe-mebibytes", type=int, default=512)
    parser.add_argument("--folder", default="/dev/shm", help="where the files lie (default: /dev/shm, which is memory)")
    parser.add_argument("--only", choices=["speed", "pipe"], help="one of the two parts")
    options = parser.parse_args()
    os.environ["PD_BIN"] = str(Path(options.build).resolve() / "bin")
    if why := namespaces.missing():
        print(f"cannot be measured here: {why}")
        return 1
    verdict = Verdict()
    with tempfile.TemporaryDirectory(prefix="pd-send-", dir=options.folder) as name:
        folder = Path(name)
        if options.only != "pipe":
            (folder / "wire").mkdir()
            with Machines(folder / "wire", options.mebibytes) as machines:
                speed(machines, options, verdict)
        if options.only != "speed":
            pipe(folder, options, verdict)
    return 0 if verdict.fine else 1


if __name__ == "__main__":
    sys.exit(main())
