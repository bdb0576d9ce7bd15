"""How `pdctl pipe` ends when the other side is gone, and when nobody reads what comes (files.md, FILE-18, FILE-19)."""

import array
import fcntl
import itertools
import json
import os
import signal
import struct
import subprocess
import termios
import threading

import pytest

from pdtest.formats import endpoint
from pdtest.jose import Key
from pdtest.peers import BYE, ERROR, HELLO, Answerer, Dialler, Frames, frame
from pdtest.process import PATIENCE, wait_until

from conftest import UNLIMITED

NUMBERS = itertools.count()
PIPE_DATA = 24


class Cutter(Answerer):
    """Says hello, writes into the pipe and is gone, all in one breath."""

    def _serve(self, connection):
        _, theirs = Frames(connection).next()
        data = struct.pack(">IB", 5, PIPE_DATA) + b"hello"
        connection.sendall(frame(HELLO, {**theirs, "features": ["pipe"]}) + data + frame(ERROR, {"code": "busy", "message": ""}))


def test_what_came_before_the_cut_is_written_out(world, blackmesa, gordon, tmp_path):
    cutter = Cutter(tmp_path, gordon.address, gordon.device)
    record = endpoint(gordon, [f"127.0.0.1:{cutter.port}"])
    blackmesa.answer = lambda path: (200, {}, {"endpoints": [record]}) if path.endswith("/endpoints") else blackmesa.honest(path)
    world.server("example.org", *UNLIMITED)
    world.start()
    olivier = world.person("olivier@example.org").register()
    for _ in range(15):  # the end overtakes the disk's thread now and then
        assert olivier.run("pipe", gordon.address, status=1).stdout == "hello"
    cutter.close()


@pytest.fixture
def start():
    """Starts an end of a pipe, which ends with the test."""
    started = []

    def start(person, *arguments):
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(person.command("--json", "pipe", *arguments), **streams))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_session_of_their_agent_does_not_end_it(town, tmp_path, start):
    number = next(NUMBERS)
    gordon, olivier = (town.person(f"{name}{number}@example.org").register() for name in ("gordon", "olivier"))
    waiting = start(gordon, "--listen", "--bind", "127.0.0.1", olivier.address)
    listening = json.loads(waiting.stderr.readline())
    port = int(listening["endpoints"][0].rpartition(":")[2])
    agent = Dialler(tmp_path, port, olivier.address, Key.from_pem(olivier.home / "device.pem"))
    agent.greet()

    calling = start(olivier, gordon.address)
    calling.stdin.write(b"half")
    calling.stdin.flush()
    assert waiting.stdout.read(4) == b"half"
    agent.send(frame(BYE, {"reason": "done"}))
    agent.rest()
    agent.close()
    calling.stdin.write(b" and half")
    calling.stdin.close()
    assert waiting.stdout.read() == b" and half"
    waiting.stdin.close()
    assert [end.wait(PATIENCE) for end in (waiting, calling)] == [0, 0]


def unread(pipe) -> int:
    """How many bytes wait in it."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


class Flooded:
    """A pipe whose one end, `reader`, nobody reads, and is full; `writer` still writes."""

    def __init__(self, reading, reading_arguments, writing, writing_arguments, listener_first):
        sides = [(reading, reading_arguments), (writing, writing_arguments)]
        started = {}
        for person, arguments in sides if listener_first else reversed(sides):
            process = subprocess.Popen(
                person.command("pipe", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            started[person] = process
            if "--listen" in arguments:
                while b"listening" not in process.stderr.readline():
                    assert process.poll() is None
        self.reader, self.writer = started[reading], started[writing]
        threading.Thread(target=self._feed, daemon=True).start()
        room = fcntl.fcntl(self.reader.stdout, fcntl.F_GETPIPE_SZ)
        wait_until(lambda: unread(self.reader.stdout) == room, "nothing more fits", alive=self.writer)

    def _feed(self):
        try:
            while True:
                os.write(self.writer.stdin.fileno(), b"x" * 65_536)
        except OSError:
            pass

    def close(self):
        for process in (self.reader, self.writer):
            process.kill()
            process.wait()


@pytest.fixture(params=["the listener", "the caller"])
def flooded(town, request):
    number = next(NUMBERS)
    gordon, olivier = (town.person(f"{name}{number}@example.org").register() for name in ("gordon", "olivier"))
    listens, calls = ["--listen", "--bind", "127.0.0.1", olivier.address], [gordon.address]
    reads = request.param == "the listener"
    flooded = Flooded(gordon, listens, olivier, calls, True) if reads else Flooded(olivier, calls, gordon, listens, False)
    yield flooded
    flooded.close()


def test_an_interrupt_ends_it_though_nobody_reads(flooded):
    flooded.reader.send_signal(signal.SIGINT)
    assert flooded.reader.wait(PATIENCE) == 1
    assert flooded.writer.wait(PATIENCE) == 1


def test_it_waits_for_a_late_reader_when_it_was_cut(flooded):
    flooded.writer.kill()
    flooded.reader.stdout.read()
    assert flooded.reader.wait(PATIENCE) == 1


def test_interrupts_end_that_wait(flooded):
    """One that comes in the moment in which it ceases to look for them may be lost, and the next is not."""
    flooded.writer.kill()
    flooded.writer.wait()

    def ended() -> bool:
        flooded.reader.send_signal(signal.SIGINT)
        return flooded.reader.poll() is not None

    wait_until(ended, "it ends")
    assert flooded.reader.returncode in (1, 128 + signal.SIGINT, -signal.SIGINT)
