"""A client of a person's agent, from schema/spec/agent.md alone; and agents that are real processes."""

import contextlib
import hashlib
import json
import os
import socket
from pathlib import Path

from .process import PATIENCE, Process, wait_until


def socket_path(home: Path) -> str:
    """AGT-1."""
    path = os.path.join(os.path.abspath(home), "agent.sock")
    if len(path) <= 107:
        return path
    digest = hashlib.sha256(os.path.abspath(home).encode()).hexdigest()[:16]
    return f"{os.environ['XDG_RUNTIME_DIR']}/pd-{digest}.sock"


class Refused(Exception):
    """The agent's answer was an error."""

    def __init__(self, error: dict):
        super().__init__(error["message"])
        self.code = error["code"]


class AgentClient:
    """Calls wait for their answers; notifications that come meanwhile are kept, in order."""

    def __init__(self, home: Path, subscribe: bool = False):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(socket_path(home))
        self.lines = self.socket.makefile("rb")
        self.told: list[dict] = []
        self._calls = 0
        if subscribe:
            self.call("subscribe")

    def close(self) -> None:
        self.lines.close()
        self.socket.close()

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> dict | None:
        """The next line, or None when the agent has closed the connection."""
        try:
            line = self.lines.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def call(self, method: str, **params):
        self._calls += 1
        self.write(json.dumps({"jsonrpc": "2.0", "id": self._calls, "method": method, "params": params}).encode() + b"\n")
        while (answer := self.read()) is not None:
            if "id" not in answer:
                self.told.append(answer)
                continue
            assert answer["id"] == self._calls, answer
            if "error" in answer:
                raise Refused(answer["error"])
            return answer["result"]
        raise ConnectionError("the agent has gone")

    def send(self, to: str, text: str) -> dict:
        return self.call("send", to=to, text=text)

    def wait(self, method: str, wanted=lambda params: True) -> dict:
        """The params of the next notification of that method for which `wanted` holds; others before it are dropped."""
        while True:
            told = self.told.pop(0) if self.told else self.read()
            assert told is not None, "the agent has gone"
            if told.get("method") == method and wanted(told["params"]):
                return told["params"]

    def history(self, peer: str) -> list[dict]:
        return self.call("history", limit=500, **{"with": peer})["messages"]


def texts(messages: list[dict], sender: str) -> list[str]:
    return [message["text"] for message in messages if message["from"] == sender]


def delivered(client: AgentClient, peer: str) -> bool:
    return all(message["state"] != "waiting" for message in client.history(peer))


def start_agent(person, *options) -> Process:
    """An agent of `person`, published on loopback, that answers on its socket; without options it takes everybody's calls."""
    return start_quiet_agent(person, "--bind", "127.0.0.1", *(options or ("--accept", "anyone")))


def start_quiet_agent(person, *options) -> Process:
    """One that publishes nothing."""
    process = person.start("agent", *options)
    wait_until(lambda: answers(person.home), f"the agent of {person.address} answers", alive=process)
    return process


def answers(home: Path) -> bool:
    with contextlib.suppress(OSError, ConnectionError):
        client = AgentClient(home)
        client.call("hello")
        client.close()
        return True
    return False


def published(person) -> None:
    """Returns when the agent of `person` has told their server where it is."""
    client = AgentClient(person.home)
    wait_until(lambda: client.call("status")["endpoints"], f"{person.address} is published")
    client.close()
