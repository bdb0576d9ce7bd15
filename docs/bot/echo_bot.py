#!/usr/bin/env python3
"""Answers every message with the same words. Needs a running agent (`pdctl agent`) and nothing but Python.

    echo_bot.py [HOME]        HOME is the directory of pdctl; without it the usual one
"""

import hashlib
import json
import os
import socket
import sys
from pathlib import Path


def usual_home() -> Path:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return Path(os.environ.get("PD_HOME") or data / "pd")


def socket_path(home: Path) -> str:  # AGT-1
    home = os.path.abspath(home)
    path = os.path.join(home, "agent.sock")
    if len(os.fsencode(path)) > 107:
        path = f"{os.environ['XDG_RUNTIME_DIR']}/pd-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}.sock"
    return path


class Agent:
    def __init__(self, home: Path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(socket_path(home))
        self.lines = self.socket.makefile(encoding="utf-8")

    def request(self, method: str, **params) -> None:
        text = json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params})
        self.socket.sendall(text.encode() + b"\n")


def echo(agent: Agent) -> None:
    agent.request("subscribe")
    agent.request("conversations")  # what came while no bot was there
    for line in agent.lines:
        said = json.loads(line)
        if said.get("id") == "conversations":
            for conversation in said["result"]["conversations"]:
                if conversation["unread"]:
                    agent.request("history", **{"with": conversation["with"], "limit": conversation["unread"]})
        messages = said["result"]["messages"] if said.get("id") == "history" else []
        if said.get("method") == "message":
            messages = [said["params"]]
        for message in messages:
            if message["state"] == "received":
                agent.request("send", to=message["with"], text=message["text"])
                agent.request("mark_read", **{"with": message["with"], "through": message["seq"]})


if __name__ == "__main__":
    try:
        echo(Agent(Path(sys.argv[1]) if len(sys.argv) > 1 else usual_home()))
    except (FileNotFoundError, ConnectionRefusedError):
        sys.exit("echo_bot: there is no agent: start one with pdctl agent")
    except KeyboardInterrupt:
        pass
