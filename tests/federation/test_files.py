"""Files between real processes: what arrives, what is kept, and what never happens."""

import hashlib
import json
import os
import random
import resource
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from pdtest.formats import Identity
from pdtest.peers import ACCEPT, BEGIN, CANCEL, END, ERROR, RECEIVED, FileSender, frame
from pdtest.process import PATIENCE, ReservedPort, wait_until

LARGE = 64 * 1024 * 1024


def events(process, kind, **members):
    def fits(line):
        event = json.loads(line)
        return event.get("event") == kind and all(event.get(name) == value for name, value in members.items())

    return json.loads(process.wait_line(fits))


def random_file(path: Path, size: int, seed: int = 1) -> str:
    block = random.Random(seed).randbytes(1024 * 1024 + seed)  # its end is somewhere else in each
    with path.open("wb") as file:
        for begin in range(0, size, len(block)):
            file.write(block[: size - begin])
    return hash_of(path)


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module")
def olivier(four):
    return four.person("files.olivier@example.org").register()


@pytest.fixture
def gordon(gordon_account, tmp_path):
    """A listener who takes files of anyone, into a folder of this test."""
    listener = Listener(gordon_account, tmp_path / "downloads")
    yield listener
    listener.process.stop(signal.SIGINT)


@pytest.fixture(scope="module")
def gordon_account(four):
    return four.person("files.gordon@example.org").register()


class Listener:
    def __init__(self, person, folder: Path, *options: str):
        self.person = person
        self.folder = folder
        self.options = options or ("--accept-files", "anyone")
        self.start()

    @property
    def address(self) -> str:
        return self.person.address

    def start(self) -> None:
        self.process = self.person.start(
            "--json", "listen", "--bind", "127.0.0.1", "--accept", "anyone", "--downloads", self.folder, *self.options
        )
        listening = json.loads(self.process.wait_line('"listening"'))
        self.port = int(listening["endpoints"][0].rsplit(":", 1)[1])

    def kill(self) -> None:
        self.process.stop(signal.SIGKILL)

    def names(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if ".pd-part" not in path.parts}

    def parts(self) -> list[Path]:
        return list((self.folder / ".pd-part").glob("*.data"))


def test_files_and_directories_arrive(olivier, gordon, tmp_path):
    lab = tmp_path / "lab"
    (lab / "inside").mkdir(parents=True)
    (lab / "empty").mkdir()
    (lab / "nothing").touch()
    (lab / "run.sh").write_text("#!/bin/sh\n")
    (lab / "run.sh").chmod(0o755)
    digest = random_file(lab / "inside" / "large", LARGE)
    (tmp_path / "Übung 1.txt").write_text("one")
    done = olivier.run("--json", "send", gordon.address, lab, tmp_path / "Übung 1.txt")
    assert json.loads(done.stdout.splitlines()[-1]) == {"event": "sent", "to": gordon.address, "files": 4, "bytes": LARGE + 13}
    events(gordon.process, "files_received")
    assert gordon.names() == {"lab", "lab/inside", "lab/empty", "lab/nothing", "lab/run.sh", "lab/inside/large", "Übung 1.txt"}
    assert hash_of(gordon.folder / "lab/inside/large") == digest
    assert os.access(gordon.folder / "lab/run.sh", os.X_OK) and not os.access(gordon.folder / "lab/nothing", os.X_OK)
    assert (gordon.folder / "lab/run.sh").stat().st_mtime == int((lab / "run.sh").stat().st_mtime)
    assert not list((gordon.folder / ".pd-part").iterdir())


def test_nothing_is_overwritten(olivier, gordon, tmp_path):
    (tmp_path / "a.txt").write_text("first")
    olivier.run("send", gordon.address, tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("second")
    olivier.run("send", gordon.address, tmp_path / "a.txt")
    assert (gordon.folder / "a.txt").read_text() == "first"
    assert (gordon.folder / "a (1).txt").read_text() == "second"


@pytest.mark.parametrize("killed", ["sender", "receiver"])
def test_a_killed_process_is_taken_up_again(olivier, gordon, tmp_path, killed):
    digest = random_file(tmp_path / "large", 4 * LARGE, seed=2)
    sender = olivier.start("--json", "send", gordon.address, tmp_path / "large")
    wait_until(lambda: any(part.stat().st_size > LARGE // 2 for part in gordon.parts()), "a part is there", alive=sender)
    if killed == "sender":
        sender.stop(signal.SIGKILL)
        events(gordon.process, "files_stopped")
        sender = olivier.start("--json", "send", gordon.address, tmp_path / "large")
    else:
        events(sender, "accepted")
        gordon.kill()
        gordon.start()
    there = events(sender, "accepted")
    assert there["bytes_there"] > LARGE // 2
    assert sender.child.wait(PATIENCE) == 0, sender.report()
    assert hash_of(gordon.folder / "large") == digest
    assert gordon.names() == {"large"}


class Relay:
    """A TCP relay in front of a port, whose connections can be cut."""

    def __init__(self, port: int):
        self.target = port
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source, sink) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def cut(self) -> None:
        for one in self.sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        self.sockets.clear()

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.cut()


def test_a_cut_link_is_taken_up_by_itself(olivier, gordon_account, tmp_path):
    reserved = ReservedPort()
    relay = Relay(reserved.number)
    options = ("--accept-files", "anyone", "--port", str(reserved.number), "--endpoint", f"127.0.0.1:{relay.port}")
    gordon = Listener(gordon_account, tmp_path / "downloads", *options)
    digest = random_file(tmp_path / "large", 2 * LARGE, seed=3)
    sender = olivier.start("--json", "send", gordon.address, tmp_path / "large")
    wait_until(lambda: any(part.stat().st_size > LARGE // 4 for part in gordon.parts()), "a part is there", alive=sender)
    relay.cut()
    events(sender, "accepted")
    events(sender, "disconnected")
    assert events(sender, "accepted")["bytes_there"] > LARGE // 4
    assert sender.child.wait(PATIENCE) == 0, sender.report()
    assert hash_of(gordon.folder / "large") == digest
    relay.close()
    gordon.process.stop(signal.SIGINT)
    reserved.close()


def test_messages_pass_a_transfer(olivier, gordon, tmp_path):
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 16 * LARGE)  # sparse
    chat = olivier.chat(gordon.address)
    events(chat, "connected")
    sender = olivier.start("--json", "send", gordon.address, tmp_path / "large")
    events(sender, "progress")
    for n in range(5):
        chat.write(f"message {n}")
        assert events(gordon.process, "message")["text"] == f"message {n}"
        gordon.process.write(f"{olivier.address}\tanswer {n}")
        assert events(chat, "message")["text"] == f"answer {n}"
    assert sender.poll() is None, "the transfer was over before"
    assert sender.stop(signal.SIGINT) == 1
    assert "stopped before all had arrived" in sender.errors()
    chat.close_input()
    assert chat.child.wait(PATIENCE) == 0
    for part in gordon.parts():
        part.unlink()


def test_nobody_is_taken_from_unless_it_is_said(olivier, gordon_account, tmp_path):
    (tmp_path / "a").write_text("x")
    gordon = Listener(gordon_account, tmp_path / "downloads", "--publish")
    done = olivier.run("send", gordon.address, tmp_path / "a", status=6)
    assert "does not take it" in done.stderr
    assert not gordon.folder.exists()
    gordon.process.stop(signal.SIGINT)


@pytest.mark.parametrize("answer, status", [("/accept 1", 0), ("/decline", 6)])
def test_its_owner_is_asked(olivier, gordon_account, tmp_path, answer, status):
    (tmp_path / "a").write_text("x")
    gordon = Listener(gordon_account, tmp_path / "downloads", "--accept-files", "ask")
    sender = olivier.start("--json", "send", gordon.address, tmp_path / "a")
    offer = events(gordon.process, "files_offered")
    assert (offer["from"], offer["names"], offer["bytes"]) == (olivier.address, ["a"], 1)
    gordon.process.write(answer)
    assert sender.child.wait(PATIENCE) == status, sender.report()
    gordon.process.stop(signal.SIGINT)


def test_errors_are_said_before_anything_is_sent(olivier, gordon_account, tmp_path):
    assert "No such file" in olivier.run("send", gordon_account.address, tmp_path / "missing", status=1).stderr
    (tmp_path / "a\nb").touch()
    assert "FILE-4" in olivier.run("send", gordon_account.address, tmp_path / "a\nb", status=1).stderr
    (tmp_path / "fine").touch()
    done = olivier.run("send", "--wait", "0", gordon_account.address, tmp_path / "fine", status=5)
    assert "cannot be reached" in done.stderr


def test_a_disk_that_is_full_is_no_success(olivier, gordon_account, tmp_path):
    random_file(tmp_path / "large", LARGE, seed=5)
    limit = LARGE // 4
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        gordon = Listener(gordon_account, tmp_path / "downloads")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    done = olivier.run("send", gordon.address, tmp_path / "large", status=1)
    assert "cannot be written" in done.stderr
    assert "File too large" in events(gordon.process, "files_stopped")["reason"]
    assert gordon.names() == set()
    gordon.process.stop(signal.SIGINT)


class Liar:
    """Somebody registered, whose client is not pdctl."""

    def __init__(self, world, folder: Path, address: str):
        self.folder = folder
        self.identity = Identity(address)
        assert world.servers[address.split("@")[1]].register(self.identity).status in (200, 201)

    def call(self, port: int) -> FileSender:
        sender = FileSender(self.folder, port, self.identity.address, self.identity.device)
        sender.greet()
        return sender


@pytest.fixture(scope="module")
def liar(four, tmp_path_factory):
    return Liar(four, tmp_path_factory.mktemp("liar"), "files.liar@example.org")


def entry(path: str, size: int = 5) -> dict:
    return {"path": path, "size": size, "mtime": 1767225600}


HOSTILE = {
    "parent": "../a",
    "absolute": "/tmp/a",
    "parent_inside": "a/../../b",
    "dot": "x/./a",
    "right_to_left": "a\u202egpj.exe",
    "escape": "\x1b[2J",
    "part_folder": ".pd-part/a",
    "only_parent": "..",
}


@pytest.mark.parametrize("path", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_end_the_session(liar, gordon, path):
    peer = liar.call(gordon.port)
    kind, payload = peer.offer(entry(path))
    assert (kind, payload["code"]) == (ERROR, "malformed")
    assert not gordon.folder.exists()
    peer.close()


def test_a_wrong_tag_gets_no_name(liar, gordon):
    peer = liar.call(gordon.port)
    assert peer.offer(entry("a"))[0] == ACCEPT
    peer.send(frame(BEGIN, {"transfer": 1, "entry": 0, "offset": 0}))
    peer.data(b"12345")
    peer.send(frame(END, {"transfer": 1, "tag": "0" * 32}))
    kind, payload = peer.next()
    assert (kind, payload["reason"]) == (CANCEL, "damaged")
    assert gordon.names() == set() and not gordon.parts()
    peer.close()


def test_more_than_was_offered_ends_the_session(liar, gordon):
    peer = liar.call(gordon.port)
    assert peer.offer(entry("a"))[0] == ACCEPT
    peer.send(frame(BEGIN, {"transfer": 1, "entry": 0, "offset": 0}))
    peer.data(b"123456")
    assert peer.next()[0] == ERROR
    assert gordon.names() == set()
    peer.close()


def test_traps_in_the_folder_lead_nowhere(liar, gordon, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    gordon.folder.mkdir()
    (gordon.folder / "d").symlink_to(outside)
    (gordon.folder / "a").symlink_to(outside / "planted")
    peer = liar.call(gordon.port)
    kind, accept = peer.offer({"path": "d", "directory": True}, entry("d/x"), entry("a"))
    assert kind == ACCEPT
    for number in (1, 2):
        peer.send(frame(BEGIN, {"transfer": 1, "entry": number, "offset": 0}))
        peer.data(b"12345")
        peer.end(accept["key"], b"12345")
    while (found := peer.next()) != (RECEIVED, {"transfer": 1, "next": 3}):
        assert found[0] == RECEIVED
    assert not list(outside.iterdir())
    assert (gordon.folder / "d (1)/x").read_bytes() == b"12345"
    assert (gordon.folder / "a (1)").read_bytes() == b"12345"
    peer.close()


@pytest.fixture
def pipe(olivier, gordon_account):
    """A listening end and a calling one, binary: (gordon's, olivier's)."""
    started = []

    def start(person, *arguments, until=None):
        process = subprocess.Popen(
            person.command("--json", "pipe", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(process)
        while until and until not in process.stderr.readline():
            assert process.poll() is None, "it ended before it listened"
        threading.Thread(target=process.stderr.read, daemon=True).start()
        return process

    ends = (
        start(gordon_account, "--listen", "--bind", "127.0.0.1", olivier.address, until=b'"listening"'),
        start(olivier, gordon_account.address),
    )
    yield ends
    for process in started:
        process.kill()
        process.wait()


def test_a_pipe_carries_both_ways_at_once(pipe):
    contents = [random.Random(seed).randbytes(LARGE) for seed in (6, 7)]
    outputs = {}

    def feed(end, content):
        end.stdin.write(content)
        end.stdin.close()

    def drain(n, end):
        outputs[n] = hashlib.sha256(end.stdout.read()).hexdigest()

    threads = [threading.Thread(target=feed, args=pair) for pair in zip(pipe, contents)]
    threads += [threading.Thread(target=drain, args=(n, end)) for n, end in enumerate(pipe)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
        assert not thread.is_alive()
    assert [end.wait(PATIENCE) for end in pipe] == [0, 0]
    assert [outputs[1], outputs[0]] == [hashlib.sha256(content).hexdigest() for content in contents]


def test_one_direction_may_end_before_the_other(pipe):
    waiting, calling = pipe
    calling.stdin.write(b"question")
    calling.stdin.close()
    assert waiting.stdout.read() == b"question"
    waiting.stdin.write(b"answer")
    waiting.stdin.close()
    assert calling.stdout.read() == b"answer"
    assert [end.wait(PATIENCE) for end in pipe] == [0, 0]


def test_a_pipe_that_is_cut_is_no_success(pipe):
    waiting, calling = pipe
    calling.stdin.write(b"half")
    calling.stdin.flush()
    assert waiting.stdout.read(4) == b"half"
    waiting.kill()
    assert calling.wait(PATIENCE) == 1
