"""Who calls and who is called, in real programs and in signals that the test writes itself (calling.md)."""

import itertools
import json
import os
import re
import signal as signals

from .events import Stream, send
from .formats import Identity, open_signal, signal
from .jose import Key, b64
from .process import wait_until
from .signing import signed_headers

NUMBERS = itertools.count()


def home_of(person):
    return person.world.servers[person.address.split("@")[1]]


def event(process, kind: str) -> dict:
    return json.loads(process.wait_line(lambda line: json.loads(line)["event"] == kind))


def leave(chat) -> None:
    chat.close_input()
    assert chat.child.wait(30) == 0, chat.report()


class Listener:
    """A `pdctl listen` that publishes nothing, with its stream of events open."""

    def __init__(self, person, *options):
        server = home_of(person)
        before = server.metric("pd_event_streams")
        self.process = person.start("--json", "listen", *options)
        assert self.wait("listening")["endpoints"] == []
        wait_until(lambda: server.metric("pd_event_streams") > before, "it can be called", alive=self.process)

    def wait(self, kind: str) -> dict:
        return event(self.process, kind)

    def kinds(self) -> list[str]:
        """Of all events that were seen."""
        return [json.loads(line)["event"] for line in self.process.output]

    def end(self) -> None:
        assert self.process.stop(signals.SIGINT) == 0, self.process.report()


def offer(call: str | None = None, **parts) -> bytes:
    """What a caller seals, with a description (reach.md) that may be anything."""
    description = {"v": 1, "secret": b64(os.urandom(32)), "nat": "open", "candidates": [], **parts}
    return json.dumps({"v": 1, "kind": "offer", "call": call or os.urandom(16).hex(), "description": description}).encode()


class Stranger:
    """Somebody of that server who writes their own signals, and sees all that comes back."""

    def __init__(self, server, name="eve", devices=1):
        self.server = server
        self.identity = Identity(f"{name}{next(NUMBERS)}@{server.domain}", devices=devices)
        assert self.server.register(self.identity).status == 201
        self.streams = [Stream(self.server, self.identity, device=key).begun() for _, key in self.identity.devices]

    @property
    def address(self) -> str:
        return self.identity.address

    def seal(self, person, message: bytes, device=0, **parts) -> str:
        callee = parts.pop("to", None) or Key.from_pem(person.home / "device.pem")
        return signal(self.identity, person, message, to=callee, by=self.identity.devices[device][1], **parts)

    def send(self, text: str, device=0):
        return send(self.server, self.identity, text, key=self.identity.devices[device][1])

    def sees(self, method: str, target: str, body: bytes = b"", server=None) -> bytes:
        """Every byte of the answer to such a signed request, at their own server unless another is given, but for the time in it."""
        server = server or self.server
        uri = f"https://{server.domain}{target}"
        headers = signed_headers(self.identity.device, method, uri, body, nonce=server.challenge(), identity=self.address)
        headers |= {"Host": server.domain, "Connection": "close"}
        headers |= {"Content-Type": "application/json", "Content-Length": len(body)} if body else {}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        raw = server.site.raw(f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return re.sub(rb"(?im)^(date: ).*\r$", rb"\1\r", raw)

    def calls(self, person, **parts) -> bytes:
        """Every byte that the server answers to an offer."""
        return self.sees("POST", "/v1/signals", json.dumps({"signals": [self.seal(person, offer(), **parts)]}).encode())

    def answered(self, device=0) -> dict:
        return json.loads(open_signal(self.streams[device].next().data, self.identity.devices[device][1]))

    def hears_nothing(self, seconds: float = 2) -> bool:
        return all(stream.silent(seconds) for stream in self.streams)

    def close(self) -> None:
        for stream in self.streams:
            stream.close()
