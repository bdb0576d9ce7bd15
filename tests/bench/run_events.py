#!/usr/bin/env python3
"""Agents that listen for events on one real server, each over TLS of its own: what a stream costs in memory, and how long a signal takes.

    tests/bench/run_events.py [--build build/release] [--streams 10000] [--signals 200]

Everything is on loopback, each 200 clients with an address of their own, since a server bounds the connections of one. Needs as many open
files (ulimit -Hn) as there are streams, for either side.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from pdtest.events import Stream, send  # noqa: E402
from pdtest.fixtures import UNLIMITED  # noqa: E402
from pdtest.formats import Identity, signal  # noqa: E402
from pdtest.jose import Key  # noqa: E402
from pdtest.process import memory  # noqa: E402
from pdtest.world import World  # noqa: E402

DEVICES = 16  # of one person, the most
OF_ONE_ADDRESS = 200
FIRST = 208  # before the memory is counted: what the server needs once is there then


def connect(server, streams: list[tuple[Identity, Key, Stream]], count: int) -> None:
    """Adds to `streams` until there are `count`."""
    while len(streams) < count:
        identity = Identity(f"agent{len(streams)}@{server.domain}", devices=DEVICES)
        assert server.register(identity).status == 201
        for _, device in identity.devices[: count - len(streams)]:
            number = len(streams) // OF_ONE_ADDRESS
            source = f"127.0.{number // 250 + 1}.{number % 250 + 1}"
            streams.append((identity, device, Stream(server, identity, device, source=source).begun()))


def deliveries(server, streams, count: int) -> list[float]:
    """Milliseconds from sending a signal to having it."""
    times = []
    for n in range(count):
        sender, key, _ = streams[n % len(streams)]
        receiver, to, stream = streams[-1 - n * 7 % len(streams)]
        text = signal(sender, receiver, b"hello", to=to, by=key)
        begun = time.monotonic()
        assert send(server, sender, text, key=key).status == 202
        assert stream.next().data == text
        times.append(1000 * (time.monotonic() - begun))
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--signals", type=int, default=200)
    options = parser.parse_args()
    os.environ["PD_BIN"] = str(Path(options.build) / "bin")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        server = world.server("example.org", *UNLIMITED)
        world.start()
        try:
            streams = []
            connect(server, streams, FIRST)
            before, begun = memory(server.process), time.monotonic()
            connect(server, streams, options.streams)
            took = time.monotonic() - begun
            each = (memory(server.process) - before) / (len(streams) - FIRST)
            times = deliveries(server, streams, options.signals)
            print(f"{int(server.metric('pd_event_streams'))} streams, opened in {took:.0f} s")
            print(f"memory      {each / 1024:8.1f} KiB a stream, {memory(server.process) / 2**20:.0f} MiB in all")
            print(f"a signal    {statistics.median(times):8.1f} ms at the median, {max(times):.1f} ms at most")
            begun = time.monotonic()
            server.stop()
            assert all(stream.next() is None for _, _, stream in streams)
            print(f"stopping    {time.monotonic() - begun:8.1f} s, every stream ended cleanly")
        finally:
            world.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
