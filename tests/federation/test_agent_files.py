"""Files that others send to an agent: real processes, and what its owner sees and decides."""

import signal

import pytest

from pdtest.agent import AgentClient, answers, published, start_agent
from pdtest.process import PATIENCE, wait_until
from pdtest.terminal import Terminal
from test_files import LARGE, events, hash_of, random_file

pytestmark = pytest.mark.usefixtures("runtime_dir")


class Receiver:
    """Somebody with an agent, and a program that hears what it tells."""

    def __init__(self, person, folder, *options):
        self.person = person
        self.folder = folder
        self.options = options
        self.start()

    @property
    def address(self) -> str:
        return self.person.address

    def start(self) -> None:
        self.agent = start_agent(self.person, "--accept", "anyone", "--downloads", self.folder, *self.options)
        published(self.person)
        self.client = AgentClient(self.person.home, subscribe=True)

    def kill(self) -> None:
        self.client.close()
        self.agent.child.kill()
        self.agent.child.wait()

    def stop(self) -> None:
        self.client.close()
        assert self.agent.stop(signal.SIGINT) == 0, self.agent.report()

    def files(self) -> list[dict]:
        return self.person.json("agent", "files")["files"]


@pytest.fixture
def olivier(pair):
    return pair[0]


@pytest.fixture
def receiver(pair, tmp_path):
    started = []

    def start(*options) -> Receiver:
        started.append(Receiver(pair[1], tmp_path / "downloads", *options))
        return started[0]

    yield start
    for each in started:
        each.stop()


def send(sender, receiver, *files):
    return sender.start("--json", "send", receiver.address, *files)


def part_of(folder, size: int):
    """Whether so much of a file is there that is not whole."""
    return lambda: any(part.stat().st_size > size for part in (folder / ".pd-part").glob("*.data"))


def ended(process, status: int) -> None:
    assert process.child.wait(PATIENCE) == status, process.report()


def test_an_offer_waits_until_its_owner_takes_it(olivier, receiver, tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "notes.txt").write_text("Hello, Gordon.")
    gordon = receiver()
    sender = send(olivier, gordon, tmp_path / "lab")
    events(sender, "offered")
    offer = gordon.client.wait("files_offered")
    wanted = {"with": olivier.address, "state": "offered", "files": 1, "bytes": 14, "names": ["lab/"]}
    assert offer == {"number": offer["number"], **wanted}
    assert gordon.files() == [offer]
    assert "1 by others" in gordon.person.run("agent", "status").stdout
    assert "lab/ (1 file, 14 bytes)" in gordon.person.run("agent", "files").stdout
    assert sender.poll() is None and not gordon.folder.exists(), "nothing happens before it is taken"
    taken = gordon.person.json("agent", "accept", str(offer["number"]))
    assert (taken["state"], taken["folder"]) == ("receiving", str(gordon.folder))
    ended(sender, 0)
    told = gordon.client.wait("file")
    assert told == {"number": offer["number"], "with": olivier.address, "path": "lab/notes.txt", "size": 14, "unsaid": 0}
    received = gordon.client.wait("files_received")
    assert (received["number"], received["missing"], received["bytes_there"]) == (offer["number"], 0, 14)
    assert (gordon.folder / "lab" / "notes.txt").read_text() == "Hello, Gordon."
    assert gordon.files() == []


def test_what_is_declined_is_said_to_the_sender(olivier, receiver, tmp_path):
    (tmp_path / "a").write_text("x")
    gordon = receiver()
    sender = olivier.start("send", gordon.address, tmp_path / "a")
    assert "waiting for them to accept" in sender.wait_line("offered to")
    gordon.client.wait("files_offered")
    gordon.person.run("agent", "decline", olivier.address)
    ended(sender, 6)
    assert "does not take it: they do not want it" in sender.errors()
    assert gordon.client.wait("files_stopped")["reason"] == "you have declined it"
    assert not gordon.folder.exists()
    done = gordon.person.run("agent", "accept", olivier.address, status=1)
    assert "no such offer" in done.stderr and "hint: pdctl agent files" in done.stderr


def test_an_offer_is_gone_with_its_sender(olivier, receiver, tmp_path):
    (tmp_path / "a").write_text("x")
    gordon = receiver()
    sender = send(olivier, gordon, tmp_path / "a")
    offer = gordon.client.wait("files_offered")
    assert sender.stop(signal.SIGINT) == 1
    assert gordon.client.wait("files_stopped")["number"] == offer["number"]
    assert gordon.files() == []


def test_the_same_offer_takes_the_place_of_the_one_that_waits(olivier, receiver, tmp_path):
    """AGT-24: the session of the first need not know yet that it is dead."""
    (tmp_path / "a").write_text("x")
    gordon = receiver()
    first = send(olivier, gordon, tmp_path / "a")
    gordon.client.wait("files_offered")
    second = send(olivier, gordon, tmp_path / "a")
    ended(first, 6)
    assert "it is offered again" in first.errors()
    gordon.client.wait("files_offered")
    gordon.person.run("agent", "accept", olivier.address)
    ended(second, 0)


@pytest.mark.parametrize("killed", ["sender", "agent"])
def test_its_owner_is_asked_once(olivier, receiver, tmp_path, killed):
    """FILE-20: into the same folder, whoever is killed in the middle."""
    digest = random_file(tmp_path / "large", 4 * LARGE, seed=8)
    gordon = receiver()
    elsewhere = tmp_path / "elsewhere"
    sender = send(olivier, gordon, tmp_path / "large")
    gordon.client.wait("files_offered")
    gordon.person.run("agent", "accept", olivier.address, "--into", elsewhere)
    wait_until(part_of(elsewhere, LARGE // 2), "a part is there", alive=sender)
    if killed == "sender":
        sender.stop(signal.SIGKILL)
        gordon.client.wait("files_stopped")
        sender = send(olivier, gordon, tmp_path / "large")
    else:
        gordon.kill()
        gordon.start()
    assert gordon.client.wait("files_receiving")["bytes_there"] > LARGE // 2
    ended(sender, 0)
    assert gordon.client.wait("files_received")["folder"] == str(elsewhere)
    assert hash_of(elsewhere / "large") == digest
    assert not gordon.folder.exists()
    sender = send(olivier, gordon, tmp_path / "large")
    gordon.client.wait("files_offered")  # all had come: the next time is another one
    sender.stop(signal.SIGINT)


def test_an_offer_that_was_not_answered_is_made_again_to_the_next_agent(olivier, receiver, tmp_path):
    (tmp_path / "a").write_text("x")
    gordon = receiver()
    sender = send(olivier, gordon, tmp_path / "a")
    gordon.client.wait("files_offered")
    gordon.kill()
    gordon.start()
    number = gordon.client.wait("files_offered")["number"]
    gordon.client.call("accept_files", number=number)
    ended(sender, 0)
    assert (gordon.folder / "a").read_text() == "x"


def test_what_its_owner_stops_is_kept_and_asked_for_again(olivier, receiver, tmp_path):
    digest = random_file(tmp_path / "large", 4 * LARGE, seed=9)
    gordon = receiver()
    sender = send(olivier, gordon, tmp_path / "large")
    gordon.client.wait("files_offered")
    gordon.person.run("agent", "accept", olivier.address)
    wait_until(part_of(gordon.folder, LARGE // 2), "a part is there", alive=sender)
    sender.child.send_signal(signal.SIGSTOP)  # so that not all has come before it is cancelled
    listed, = gordon.files()
    assert listed["bytes_there"] > 0
    gordon.person.run("agent", "cancel", str(listed["number"]))
    sender.child.send_signal(signal.SIGCONT)
    ended(sender, 1)
    assert "they have stopped it" in sender.errors()
    assert gordon.client.wait("files_stopped")["reason"] == "you have stopped it"
    sender = send(olivier, gordon, tmp_path / "large")
    gordon.client.wait("files_offered")
    gordon.person.run("agent", "accept", olivier.address)
    assert gordon.client.wait("files_receiving")["bytes_there"] > LARGE // 2
    ended(sender, 0)
    assert hash_of(gordon.folder / "large") == digest


def test_whose_files_are_taken_can_be_said_before(olivier, receiver, tmp_path):
    (tmp_path / "a").write_text("x")
    gordon = receiver("--accept-files", "contacts")
    olivier.run("send", gordon.address, tmp_path / "a", status=6)
    assert "--accept-files" in gordon.client.wait("files_stopped")["reason"]
    assert not gordon.folder.exists()
    gordon.person.run("contacts", "accept", olivier.address)
    olivier.run("send", gordon.address, tmp_path / "a")
    assert (gordon.folder / "a").read_text() == "x"


def test_a_stranger_learns_nothing_by_an_offer(pair, tmp_path):
    """CON-5: it gets no further than a message would."""
    olivier, gordon = pair
    (tmp_path / "a").write_text("x")
    agent = start_agent(gordon, "--accept", "ask", "--downloads", tmp_path / "downloads", "--accept-files", "anyone")
    published(gordon)
    client = AgentClient(gordon.home, subscribe=True)
    done = olivier.run("--json", "send", "--wait", "1", gordon.address, tmp_path / "a", status=5)
    assert '"offered"' not in done.stdout
    assert client.wait("asked")["with"] == olivier.address
    assert client.call("files") == {"files": []}
    client.close()
    assert agent.stop(signal.SIGINT) == 0, agent.report()


def test_an_agent_that_does_not_listen_takes_files_of_those_it_talks_to(pair, tmp_path):
    """AGT-22."""
    olivier, gordon = pair
    digest = random_file(tmp_path / "large", 4 * LARGE, seed=10)
    (tmp_path / "downloads").mkdir()

    def start_quiet():
        agent = gordon.start("agent", "--no-listen", "--accept", "anyone", "--downloads", tmp_path / "downloads")
        wait_until(lambda: answers(gordon.home), "the agent answers", alive=agent)
        return agent, AgentClient(gordon.home, subscribe=True)

    agent, client = start_quiet()
    client.call("open", **{"with": olivier.address})
    sender = olivier.start("--json", "send", gordon.address, tmp_path / "large")
    number = client.wait("files_offered")["number"]
    client.call("accept_files", number=number)
    wait_until(part_of(tmp_path / "downloads", LARGE // 2), "a part is there", alive=sender)
    client.close()
    assert agent.stop(signal.SIGINT) == 0, agent.report()
    agent, client = start_quiet()  # nobody has opened the conversation, but what was accepted goes on
    client.wait("files_received")
    ended(sender, 0)
    assert hash_of(tmp_path / "downloads" / "large") == digest
    client.close()
    assert agent.stop(signal.SIGINT) == 0, agent.report()


def test_progress_is_told_now_and_then(olivier, receiver, tmp_path):
    """AGT-26: neither each write nor each of many files is a notification of its own."""
    (tmp_path / "many").mkdir()
    for number in range(200):
        (tmp_path / "many" / f"{number:03}").touch()
    gordon = receiver("--accept-files", "anyone")
    olivier.run("send", gordon.address, tmp_path / "many")
    told = []
    while not told or told[-1]["method"] != "files_received":
        told.append(gordon.client.told.pop(0) if gordon.client.told else gordon.client.read())
    files = [each for each in told if each["method"] == "file"]
    assert 16 <= len(files) < 100
    assert sum(1 for path in (gordon.folder / "many").iterdir()) == 200


def test_an_offer_is_shown_and_answered_in_a_chat(olivier, receiver, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    gordon = receiver()
    before = send(olivier, gordon, tmp_path / "a")
    gordon.client.wait("files_offered")
    chat = Terminal([str(word) for word in gordon.person.command("chat", olivier.address)])
    chat.read_until(f"{olivier.address} offers a (1 file, 1 byte): /accept 1 or /decline 1")
    chat.type("/accept\r")
    chat.read_until("all of it is in")
    ended(before, 0)
    assert (gordon.folder / "a").read_text() == "a"
    after = send(olivier, gordon, tmp_path / "b")
    chat.read_until("/decline 2")
    chat.type("/decline 2\r")
    ended(after, 6)
    chat.type("/accept 7\r")
    chat.read_until("no such offer")
    chat.type("/quit\r")
    assert chat.status() == 0
    assert gordon.client.history(olivier.address) == [], "no answer was sent as a message"


def test_a_chat_on_a_pipe_says_how_to_answer(olivier, receiver, tmp_path):
    (tmp_path / "a").write_text("x")
    gordon = receiver()
    chat = gordon.person.start("chat", olivier.address)
    sender = send(olivier, gordon, tmp_path / "a")
    line = chat.wait_line(" offers ")
    assert line.endswith("pdctl agent accept 1 or pdctl agent decline 1")
    gordon.person.run("agent", "accept", "1")
    ended(sender, 0)
    chat.wait_line("all of it is in")
    chat.stop(signal.SIGINT)
