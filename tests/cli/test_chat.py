"""`listen` and `chat` as a person and as a program meet them: on a terminal, on pipes, interrupted, killed."""

import json
import os
import random
import signal
import subprocess
import time

import pytest

from pdtest.process import PATIENCE, wait_until


def texts(person, peer, **wanted):
    """What the history of `person` holds about `peer`, in order."""
    done = person.run("--json", "chat", peer.address, "--search", "m")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [e["text"] for e in events if all(e[name] == value for name, value in wanted.items())]


def event(process, kind):
    return json.loads(process.wait_line(lambda line: json.loads(line)["event"] == kind))


def test_one_listener_in_a_home_and_chat_beside_it(member):
    olivier, gordon = member(), member("blackmesa.us")
    first = gordon.listen()
    second = gordon.run("listen", "--bind", "127.0.0.1", status=1)
    assert f"another pdctl listen or agent runs in this home (process {first.child.pid})" in second.stderr
    olivier.listen()
    gordon.run("chat", olivier.address, input="beside it\n")
    olivier.run("chat", gordon.address, input="still there\n")
    assert event(first, "message")["text"] == "still there"


# --- on a terminal -------------------------------------------------------------------------------------------------------


def test_two_terminals_talk_and_what_is_half_typed_stays(member, terminal):
    olivier, gordon = member(), member("blackmesa.us")
    listener = terminal(gordon, "listen", "--bind", "127.0.0.1", "--accept", "anyone")
    listener.read_until("listening on 127.0.0.1:")
    chat = terminal(olivier, "chat", gordon.address)
    chat.read_until(f"{gordon.address} is connected")
    listener.read_until(f"{olivier.address} is connected")
    chat.type("half a ")
    chat.read_until("half a ")
    listener.type("Are you there?\n")  # the only one who is connected
    chat.read_until(f"{gordon.address}> Are you there?")
    chat.read_until("> half a ")
    chat.type("line\n")
    listener.read_until(f"{olivier.address}> half a line")
    chat.read_until(f"delivered to {gordon.address}")
    chat.type("\x04")
    assert chat.status() == 0, chat.shown
    listener.read_until("not connected any more")
    listener.type("\x04")
    assert listener.status() == 0, listener.shown


def test_a_line_can_be_edited_and_recalled(member, terminal):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    chat = terminal(olivier, "chat", gordon.address)
    chat.read_until("is connected")
    wait_until(lambda: not chat.echoes(), "libedit has the terminal")
    back, end, up = "\x02", "\x05", "\x1b[A"
    chat.type(f"helo{back}l{end}!\n")
    assert event(listener, "message")["text"] == "hello!"
    chat.type(f"{up}?\n")
    assert event(listener, "message")["text"] == "hello!?"
    chat.type(f"{up}{up}\n")
    assert event(listener, "message")["text"] == "hello!"
    chat.type("\x04")
    assert chat.status() == 0, chat.shown
    assert listener.stop(signal.SIGINT) == 0


def test_a_listener_on_a_terminal_says_to_whom(member, terminal):
    olivier, alyx, gordon = member(), member(), member("blackmesa.us")
    listener = terminal(gordon, "listen", "--bind", "127.0.0.1", "--accept", "anyone")
    listener.read_until("ADDRESS: TEXT")
    chats = {person: person.chat(gordon.address) for person in (olivier, alyx)}
    for person in chats:
        listener.read_until(f"{person.address} is connected")
    listener.type("to nobody\n")
    listener.read_until("to whom?")
    listener.type(f"{alyx.address}: hi alyx\n")
    assert event(chats[alyx], "message")["text"] == "hi alyx"
    listener.type(f"{olivier.address} hi olivier\n")
    assert event(chats[olivier], "message")["text"] == "hi olivier"
    listener.type("\x04")
    assert listener.status() == 0, listener.shown


def test_an_answer_to_the_only_visitor_is_kept_when_they_have_left(member, terminal):
    olivier, gordon = member(), member("blackmesa.us")
    listener = terminal(gordon, "listen", "--bind", "127.0.0.1", "--accept", "anyone")
    listener.read_until("listening on ")
    olivier.run("chat", gordon.address, input="call me\n")
    listener.read_until("not connected any more")
    listener.type("I will\n")
    listener.read_until("1 message is kept here")
    chat = olivier.chat(gordon.address)
    assert event(chat, "message")["text"] == "I will"
    listener.type("\x04")
    assert listener.status() == 0, listener.shown


@pytest.mark.parametrize("word", ["/quit", "/exit "])
def test_a_word_leaves_a_terminal(member, terminal, word):
    olivier, gordon = member(), member("blackmesa.us")
    listener = terminal(gordon, "listen", "--bind", "127.0.0.1", "--accept", "anyone")
    listener.read_until("/quit, Ctrl+D or Ctrl+C leaves")
    chat = terminal(olivier, "chat", gordon.address)
    chat.read_until("/quit, Ctrl+D or Ctrl+C leaves")
    chat.read_until("is connected")
    chat.type(f"/me waves\n{word}\n")
    assert chat.status() == 0, chat.shown
    listener.read_until("not connected any more")
    assert f"{olivier.address}> /me waves" in listener.shown and f"{olivier.address}> {word}" not in listener.shown
    listener.type(f"{word}\n")
    assert listener.status() == 0, listener.shown


@pytest.mark.parametrize("how", ["key", "SIGTERM", "SIGHUP"])
def test_an_interrupt_ends_a_terminal_at_once_and_restores_it(member, terminal, how):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    chat = terminal(olivier, "chat", gordon.address)
    chat.read_until("is connected")
    wait_until(lambda: not chat.echoes(), "libedit has the terminal")
    chat.type("not finished")
    chat.read_until("not finished")
    begin = time.monotonic()
    if how == "key":
        chat.type("\x03")
    else:
        os.kill(chat.pid, getattr(signal, how))
    assert chat.status() == 0, chat.shown
    assert time.monotonic() - begin < PATIENCE / 10
    assert event(listener, "disconnected")["reason"] == "done"
    assert listener.stop(signal.SIGINT) == 0


def test_nothing_that_a_peer_writes_commands_the_terminal(member, terminal):
    olivier, gordon = member(), member("blackmesa.us")
    listener = terminal(gordon, "listen", "--bind", "127.0.0.1", "--accept", "anyone")
    listener.read_until("listening on ")
    nasty = "\x1b]0;title\x07\x1b[2J\u202e\u2066evil\r# forged"
    olivier.run("chat", gordon.address, input=nasty + "\n")
    listener.read_until("forged")
    line = listener.shown.partition(f"{olivier.address}> ")[2].partition("\r\r\n")[0]
    assert line == "�]0;title��[2J��evil�# forged"
    listener.type("\x03")
    assert listener.status() == 0


# --- on pipes ------------------------------------------------------------------------------------------------------------


def test_plain_lines_on_pipes(member):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.start("listen", "--bind", "127.0.0.1", "--accept", "anyone")
    listener.wait_line("# listening on 127.0.0.1:")
    done = olivier.run("chat", gordon.address, input="first\n\nsecond\nno line feed")
    for text in ("first", "second", "no line feed"):
        assert listener.wait_line("\t") == f"{olivier.address}\t{text}"
    assert "# 3 messages delivered to " + gordon.address in done.stdout
    assert done.stderr == ""
    assert listener.stop(signal.SIGINT) == 0


def test_a_line_on_a_pipe_says_to_whom(member):
    olivier, alyx, gordon = member(), member(), member("blackmesa.us")
    listener = gordon.listen()
    chat, other = olivier.chat(gordon.address), alyx.chat(gordon.address)
    for _ in range(2):
        event(listener, "connected")
    for between in (": ", ":", " ", "\t", "> "):
        listener.write(f"{olivier.address}{between}said m: a@b.example, too")
        assert event(chat, "message")["text"] == "said m: a@b.example, too"
    listener.write(f"not an address {olivier.address}: m")
    assert "ADDRESS: TEXT" in event(listener, "not_sent")["text"]
    assert other.stop(signal.SIGINT) == 0
    assert texts(alyx, gordon) == []
    assert listener.stop(signal.SIGINT) == 0


def test_a_program_may_send_what_leaves_a_terminal(member):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    olivier.run("chat", gordon.address, input="/quit m1\n/quit\nm2\n")
    assert [event(listener, "message")["text"] for _ in range(3)] == ["/quit m1", "/quit", "m2"]
    assert listener.stop(signal.SIGINT) == 0


def test_a_file_is_a_pipe_too(member, tmp_path):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    file = tmp_path / "lines"
    file.write_text("".join(f"line m{n}\n" for n in range(500)))
    with open(file) as lines:
        subprocess.run(olivier.command("chat", gordon.address), stdin=lines, check=True, timeout=2 * PATIENCE)
    assert listener.stop(signal.SIGINT) == 0
    assert texts(gordon, olivier) == [f"line m{n}" for n in range(500)]


def test_what_cannot_be_sent_is_said_and_the_rest_is_sent(member):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    lines = b"before\n" + b"x" * 20_000 + b"\n" + b"\xff\xfe\n" + b"nul\0\n" + b"y" * 16_384 + b"\nafter\n"
    done = subprocess.run(olivier.command("--json", "chat", gordon.address), input=lines, capture_output=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done
    notes = [json.loads(line)["text"] for line in done.stdout.splitlines() if b'"not_sent"' in line]
    assert len(notes) == 3
    assert [event(listener, "message")["text"] for _ in range(3)] == ["before", "y" * 16_384, "after"]
    assert listener.stop(signal.SIGINT) == 0


def test_nobody_listens(member):
    olivier, gordon = member(), member("blackmesa.us")
    done = olivier.run("chat", gordon.address, "--wait", "1", input="waiting m1\n", status=5)
    assert f"calling {gordon.address}" in done.stdout
    assert done.stderr.startswith("pdctl: 1 message to ") and "hint: " in done.stderr
    listener = gordon.listen()
    olivier.run("chat", gordon.address, input="m2\n")
    assert [event(listener, "message")["text"] for _ in range(2)] == ["waiting m1", "m2"]
    assert listener.stop(signal.SIGINT) == 0
    # The record was withdrawn, so that nobody dials in vain.
    assert "they publish no address" in olivier.run("chat", gordon.address, "--wait", "1", input="m3\n", status=5).stdout


def test_the_history_is_shown(member):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    olivier.run("chat", gordon.address, input="m1\nm2\nm3\n")
    again = olivier.run("--json", "chat", gordon.address, "--history", "2", input="")
    shown = [json.loads(line) for line in again.stdout.splitlines()]
    assert [(e["text"], e["from"], e["delivered"]) for e in shown if e["event"] == "history"] == [
        ("m2", olivier.address, True),
        ("m3", olivier.address, True),
    ]
    assert listener.stop(signal.SIGINT) == 0
    assert texts(gordon, olivier) == ["m1", "m2", "m3"]


def test_a_message_has_one_id_everywhere(member):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.listen()
    chat = olivier.run("--json", "chat", gordon.address, input="m1\nm2\n")
    delivered = [e["id"] for e in map(json.loads, chat.stdout.splitlines()) if e["event"] == "delivered"]
    assert len(set(delivered)) == 2
    assert [event(listener, "message")["id"] for _ in range(2)] == delivered
    assert listener.stop(signal.SIGINT) == 0
    for person, peer in ((olivier, gordon), (gordon, olivier)):
        done = person.run("--json", "chat", peer.address, "--search", "m")
        assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == delivered


def test_only_contacts(member):
    olivier, gordon = member(), member("blackmesa.us")
    listener = gordon.start("--json", "listen", "--bind", "127.0.0.1", "--accept", "contacts")
    event(listener, "listening")
    olivier.run("chat", gordon.address, "--wait", "1", input="a stranger's m\n", status=5)
    assert event(listener, "refused")["claimed"] == olivier.address
    gordon.run("contacts", "name", olivier.address, "Olivier")
    olivier.run("chat", gordon.address, input="a friend's m\n")
    assert event(listener, "message")["text"] == "a stranger's m"
    assert listener.stop(signal.SIGINT) == 0


def test_who_reads_our_output_may_leave(member):
    gordon = member("blackmesa.us")
    olivier = member()
    listener = subprocess.Popen(gordon.command("listen", "--bind", "127.0.0.1", "--accept", "anyone"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert listener.stdout.readline().startswith(b"# listening")
    listener.stdout.close()
    olivier.run("chat", gordon.address, "--wait", "2", input="m\n", status=None)
    assert listener.wait(PATIENCE) == 0


@pytest.mark.parametrize("command", ["chat", "listen"])
def test_an_interrupt_while_a_server_says_nothing_returns_at_once(member, town, command):
    olivier, gordon = member(), member("blackmesa.us")
    server = town.servers["example.org"].process.child
    os.kill(server.pid, signal.SIGSTOP)
    try:
        arguments = ["chat", gordon.address] if command == "chat" else ["listen", "--bind", "127.0.0.1"]
        process = olivier.start(*arguments)
        wait_until(lambda: established(process.child.pid), "it asks the server", alive=process)
        begin = time.monotonic()
        assert process.stop(signal.SIGINT) == 0, process.report()
        assert time.monotonic() - begin < PATIENCE / 6
    finally:
        os.kill(server.pid, signal.SIGCONT)


def established(pid: int) -> bool:
    """True when a process has a TCP connection."""
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(entry.path).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            pass
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(row[3] == "01" and row[9] in inodes for row in rows)


# --- killed ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_kill_9_of_either_side_loses_nothing_and_doubles_nothing(member, seed):
    dice = random.Random(seed)
    olivier, gordon = member(), member("blackmesa.us")
    written = 0
    for _ in range(4):
        listener, chat = gordon.listen(), olivier.chat(gordon.address)
        event(chat, "connected")
        for _ in range(40):
            chat.write(f"m{written}")
            written += 1
        time.sleep(dice.random() * 0.08)  # somewhere in the middle of it
        for process in dice.sample([listener, chat], 2):
            process.child.kill()
            process.child.wait()
    listener = gordon.listen()
    known = texts(olivier, gordon)
    olivier.run("chat", gordon.address, input="")
    assert listener.stop(signal.SIGINT) == 0
    # A line that chat had not read when it was killed never was a message; every other is there, once, in order.
    assert texts(gordon, olivier) == known
    assert known == sorted(known, key=lambda text: int(text[1:])) and len(set(known)) == len(known)
    assert all(json.loads(line)["delivered"] for line in olivier.run("--json", "chat", gordon.address, "--search", "m").stdout.splitlines())
