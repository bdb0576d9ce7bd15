"""Agents: real processes that keep conversations while their owners' programs come and go, and are killed."""

import itertools
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pdtest.agent import AgentClient, Refused, answers, delivered, published, socket_path, start_agent, texts
from pdtest.process import PATIENCE, Process, wait_until

BOT = Path(os.environ["PD_SOURCE"]) / "docs" / "bot" / "echo_bot.py"


pytestmark = pytest.mark.usefixtures("runtime_dir")
NUMBERS = itertools.count()


@pytest.fixture
def person(four):
    """Somebody registered whose name no other test has."""
    return lambda domain: four.person(f"person{next(NUMBERS)}@{domain}").register()


@pytest.fixture
def distant(four, person):
    """Somebody whose home has so long a name that the socket is elsewhere."""
    near = person("example.org")
    far = four.person(near.address, name="x" * 100 + near.address)
    shutil.copytree(near.home, far.home)
    return far


def stop(process: Process) -> None:
    assert process.stop(signal.SIGINT) == 0, process.report()


def event(process: Process, kind: str) -> dict:
    return json.loads(process.wait_line(lambda line: json.loads(line)["event"] == kind))


# --- two agents ------------------------------------------------------------------------------------------------------------


def test_two_agents_deliver_both_ways_what_was_written_while_one_was_down(pair):
    olivier, gordon = pair
    agent = start_agent(olivier)
    client = AgentClient(olivier.home, subscribe=True)
    sent = [f"m{n}" for n in range(120)]
    for text in sent:
        assert client.send(gordon.address, text)["state"] == "waiting"
    other = start_agent(gordon)
    theirs = AgentClient(gordon.home, subscribe=True)
    wait_until(lambda: delivered(client, gordon.address), "all is delivered", alive=agent)
    assert texts(theirs.history(olivier.address), olivier.address) == sent
    assert [theirs.wait("message")["text"] for _ in sent] == sent
    theirs.send(olivier.address, "I am back")
    assert client.wait("message")["text"] == "I am back"
    stop(agent)
    stop(other)
    assert not os.path.exists(socket_path(olivier.home)) and not os.path.exists(socket_path(gordon.home))


@pytest.mark.parametrize("seed", range(2))
def test_kill_9_in_mid_conversation_loses_nothing_and_doubles_nothing(pair, seed):
    dice = random.Random(seed)
    agents = {each: start_agent(each) for each in pair}
    for each in pair:
        published(each)
    written = {each: [] for each in pair}
    for round in range(4):
        clients = {each: AgentClient(each.home) for each in pair}
        for n in range(30):
            for each, other in (pair, pair[::-1]):
                clients[each].send(other.address, text := f"{round}-{n}")
                written[each].append(text)
        time.sleep(dice.random() * 0.1)  # somewhere in the middle of it
        victim = dice.choice(pair)
        agents[victim].child.kill()
        agents[victim].child.wait()
        for client in clients.values():
            client.close()
        agents[victim] = start_agent(victim)  # on the socket that the dead one has left
    for each, other in (pair, pair[::-1]):
        client = AgentClient(each.home)
        wait_until(lambda: delivered(client, other.address), "all is delivered", patience=3 * PATIENCE, alive=agents[each])
        client.close()
    for each, other in (pair, pair[::-1]):
        client = AgentClient(each.home)
        assert texts(client.history(other.address), other.address) == written[other]
        client.close()
        stop(agents[each])


def test_an_agent_talks_to_listen_and_chat_as_well(pair):
    olivier, gordon = pair
    agent = start_agent(olivier)
    published(olivier)
    client = AgentClient(olivier.home, subscribe=True)
    listener = gordon.listen()
    client.send(gordon.address, "from an agent")
    assert event(listener, "message")["text"] == "from an agent"
    stop(listener)
    gordon.run("chat", olivier.address, input="to an agent\n")
    assert client.wait("message")["text"] == "to an agent"
    stop(agent)


def test_an_agent_lets_nobody_in_whom_its_owner_has_not_accepted(pair):
    """CON-4 … CON-6: as listen does."""
    olivier, gordon = pair
    agent = start_agent(olivier, "--accept", "ask")
    published(olivier)
    client = AgentClient(olivier.home, subscribe=True)
    gordon.run("chat", olivier.address, "--wait", "1", input="let me in\n", status=5)
    asked = client.wait("asked")
    assert (asked["with"], asked["confirmed"]) == (gordon.address, True)
    request, = olivier.json("contacts", "requests")["requests"]
    assert (request["address"], request["identity_key"]) == (gordon.address, asked["identity_key"])
    olivier.run("contacts", "accept", gordon.address)
    gordon.run("chat", olivier.address, input="thank you\n")
    assert texts(client.history(gordon.address), gordon.address) == ["let me in", "thank you"]
    olivier.run("contacts", "block", gordon.address)
    gordon.run("chat", olivier.address, "--wait", "1", input="again\n", status=5)
    assert [message["text"] for message in client.history(gordon.address)][-1] == "thank you"
    stop(agent)


# --- chat ------------------------------------------------------------------------------------------------------------------


def test_two_chats_at_once_on_one_agent_and_what_is_unread(person):
    olivier, gordon, alyx = person("example.org"), person("blackmesa.us"), person("example.net")
    agent = start_agent(olivier)
    published(olivier)
    for other in (gordon, alyx):
        other.run("chat", olivier.address, input=f"m from {other.address}\n")
    listed = olivier.json("chat")["conversations"]
    assert [(each["with"], each["unread"]) for each in listed] == [(alyx.address, 1), (gordon.address, 1)]
    assert "1 unread" in olivier.run("chat").stdout
    for other in (gordon, alyx):
        other.listener = other.listen()
    chats = {other: olivier.chat(other.address) for other in (gordon, alyx)}
    for other, chat in chats.items():
        assert event(chat, "history")["text"] == f"m from {other.address}", "what was not read is shown"
        event(chat, "connected")
        chat.write(f"to {other.address}")
        assert event(other.listener, "message")["text"] == f"to {other.address}"
        event(chat, "delivered")
        other.listener.write(f"{olivier.address}: back")
        assert event(chat, "message")["text"] == "back"
    wait_until(lambda: all(each["unread"] == 0 for each in olivier.json("chat")["conversations"]), "all is read")
    for chat in chats.values():
        stop(chat)
    assert agent.poll() is None and answers(olivier.home), "leaving a chat leaves the agent"
    for other in (gordon, alyx):
        stop(other.listener)
    stop(agent)


def test_a_chat_through_an_agent_has_the_statuses_of_one_without(pair):
    olivier, gordon = pair
    agent = start_agent(olivier)
    done = olivier.run("chat", f"nobody-{gordon.address}", input="m\n", status=3)
    assert done.stderr.startswith("pdctl: ")
    done = olivier.run("chat", gordon.address, "--wait", "0", input="m\n", status=5)
    assert "1 message to" in done.stderr and "the agent delivers" in done.stderr
    other = start_agent(gordon)
    published(gordon)
    olivier.run("chat", gordon.address, input="and another m\n")
    client = AgentClient(gordon.home)
    assert texts(client.history(olivier.address), olivier.address) == ["m", "and another m"]
    stop(agent)
    stop(other)


def test_a_chat_ends_when_its_agent_does(pair):
    olivier, gordon = pair
    agent = start_agent(olivier)
    chat = olivier.chat(gordon.address)
    event(chat, "waiting")
    agent.child.kill()
    agent.child.wait()
    assert chat.child.wait(PATIENCE) == 1
    assert "the agent has ended" in chat.errors()


def test_chat_starts_an_agent_on_demand_unless_it_may_not(pair, monkeypatch):
    olivier, gordon = pair
    listener = gordon.listen()
    olivier.run("chat", gordon.address, input="without\n")
    assert not answers(olivier.home), "PD_AGENT is off"
    monkeypatch.delenv("PD_AGENT")
    olivier.run("chat", "--no-agent", gordon.address, input="without too\n")
    assert not answers(olivier.home)
    olivier.run("chat", gordon.address, input="with\n")
    status = olivier.json("agent", "status")
    assert status["endpoints"] == [], "nobody is told where this machine is"
    pid = status["pid"]
    try:
        assert os.getsid(pid) == pid, "it has a session of its own"
        assert stat.S_IMODE((olivier.home / "agent.log").stat().st_mode) == 0o600
        olivier.run("chat", gordon.address, input="with the same\n")
        assert olivier.json("agent", "status")["pid"] == pid
        assert [event(listener, "message")["text"] for _ in range(4)] == ["without", "without too", "with", "with the same"]
    finally:
        olivier.run("agent", "stop")
    wait_until(lambda: not runs(pid), "the agent has ended")
    stop(listener)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_agent_or_listen_in_a_home(pair):
    olivier, _ = pair
    agent = start_agent(olivier)
    assert f"(process {agent.child.pid})" in olivier.run("agent", status=1).stderr
    assert f"(process {agent.child.pid})" in olivier.run("listen", "--bind", "127.0.0.1", status=1).stderr
    assert olivier.run("agent", "--background", status=1).stderr.startswith("pdctl: ")
    olivier.run("agent", "stop")
    assert agent.child.wait(PATIENCE) == 0
    assert "no agent runs" in olivier.run("agent", "stop", status=1).stderr
    olivier.run("agent", "--background", "--no-listen")
    assert olivier.json("agent", "stop") == {"stopped": True}


def test_an_agent_starts_while_its_server_is_away(four, pair):
    olivier, gordon = pair
    server = four.servers["example.org"]
    server.stop()
    agent = start_agent(olivier)
    client = AgentClient(olivier.home)
    client.send(gordon.address, "later")
    wait_until(lambda: "problem" in client.call("status"), "it says what is wrong", alive=agent)
    server.start()
    listener = gordon.listen()
    assert event(listener, "message")["text"] == "later"
    stop(listener)
    stop(agent)


# --- the socket --------------------------------------------------------------------------------------------------------------


def test_the_socket_is_for_its_owner_alone(distant, runtime_dir):
    """AGT-1, AGT-2."""
    olivier = distant
    agent = start_agent(olivier)
    path = socket_path(olivier.home)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    if os.geteuid() != 0:
        stop(agent)
        pytest.skip("only root can be somebody else")
    # Whoever gets past the file's mode is still asked for by the system's word.
    os.chmod(path, 0o666)
    runtime_dir.chmod(0o755)
    program = (
        "import socket,sys\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(30); s.connect(sys.argv[1])\n"
        "try: s.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"whoami\"}\\n'); print(s.recv(100))\n"
        "except (BrokenPipeError, ConnectionResetError): print(b'')\n"
    )
    command = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", program, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, "b''\n"), done
    stop(agent)


def test_clients_that_are_wrong_slow_or_silent_harm_nobody(pair):
    """AGT-5, AGT-6, AGT-9."""
    olivier, gordon = pair
    agent = start_agent(olivier)
    good = AgentClient(olivier.home)
    bad = AgentClient(olivier.home)
    for line, code in [(b"\xff\xfe", -32700), (b"[]", -32700), (b"{}", -32600), (b'{"jsonrpc":"2.0","id":1,"method":"fly"}', -32601)]:
        bad.write(line + b"\n")
        assert bad.read()["error"]["code"] == code, line
    with pytest.raises(Refused) as refused:
        bad.call("send", to=gordon.address, text="x" * 16_385)
    assert refused.value.code == -32602
    bad.write(b"x" * 131_073)
    assert bad.read()["error"]["code"] == -32600 and bad.read() is None
    half = AgentClient(olivier.home)
    half.write(b'{"jsonrpc":"2.0",')
    slow = AgentClient(olivier.home, subscribe=True)
    for _ in range(200):
        good.send(gordon.address, "x" * 16_000)
    wait_until(lambda: good.call("status")["clients"] == 2, "who does not read is cut off", alive=agent)
    assert memory_mb(agent.child.pid) < 500  # a sanitizer keeps freed memory for a while
    assert good.call("hello")["v"] == 1
    slow.close()
    half.close()
    stop(agent)


def memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no memory")


def test_a_home_with_a_long_name_has_its_socket_elsewhere(distant, runtime_dir, monkeypatch):
    agent = start_agent(distant)
    assert socket_path(distant.home).startswith(str(runtime_dir))
    assert distant.json("agent", "status")["pid"] == agent.child.pid
    stop(agent)
    assert not list(runtime_dir.iterdir())
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    done = distant.run("agent", status=1)
    assert "too long for a socket" in done.stderr and "hint: set XDG_RUNTIME_DIR" in done.stderr


# --- a bot -----------------------------------------------------------------------------------------------------------------


def test_the_bot_of_the_documentation_answers(pair, tmp_path):
    echo, gordon = pair
    assert len(BOT.read_text().splitlines()) <= 65
    agent = start_agent(echo)
    published(echo)
    early = gordon.start("--json", "chat", "--no-agent", echo.address)
    early.write("before the bot was there")
    event(early, "delivered")
    bot = Process([sys.executable, BOT, echo.home], tmp_path / "bot.log")
    assert event(early, "message")["text"] == "before the bot was there"
    early.write("and after, with ünïcode")
    assert event(early, "message")["text"] == "and after, with ünïcode"
    wait_until(lambda: echo.json("chat")["conversations"][0]["unread"] == 0, "the bot has read it", alive=bot)
    stop(early)
    bot.stop(signal.SIGKILL)
    stop(agent)
