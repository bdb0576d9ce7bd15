"""Streams of events and sending signals, as a device does both (schema/spec/signals.md)."""

import json
from dataclasses import dataclass

from .formats import Identity
from .https import Answer
from .jose import Key
from .process import PATIENCE
from .signing import signed_headers


@dataclass
class Event:
    name: str
    id: str = ""
    data: str = ""


class Stream:
    """One `GET /v1/events`, open until it is closed. Reads the chunked coding and the event stream by itself."""

    def __init__(self, server, identity: Identity, device: Key | None = None, last_id: str = "", source: str = ""):
        headers = signed_headers(
            device or identity.device,
            "GET",
            f"https://{server.domain}/v1/events",
            nonce=server.challenge(),
            identity=identity.address,
        )
        if last_id:
            headers["Last-Event-ID"] = last_id
        self._socket = server.site.socket(source)
        self._input = b""
        self._body = b""
        self.ended = False
        self.comments = 0
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"GET /v1/events HTTP/1.1\r\nHost: {server.domain}\r\n{lines}\r\n".encode())
        head = self._until(b"\r\n\r\n").decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the stream ended in the middle")
        return data

    def _until(self, end: bytes) -> bytes:
        while end not in self._input:
            self._input += self._more()
        text, self._input = self._input.split(end, 1)
        return text

    def _chunk(self) -> None:
        size = int(self._until(b"\r\n"), 16)
        while len(self._input) < size + 2:
            self._input += self._more()
        assert self._input[size : size + 2] == b"\r\n"
        self._body += self._input[:size]
        self._input = self._input[size + 2 :]
        self.ended = size == 0

    def begun(self) -> "Stream":
        """Waits for the comment that a stream begins with (EVT-4)."""
        while not self.comments:
            self._block()
        return self

    def _block(self) -> Event | None:
        """The next event; nothing for a comment."""
        while b"\n\n" not in self._body:
            if self.ended:
                raise EOFError
            self._chunk()
        block, self._body = self._body.split(b"\n\n", 1)
        event = Event("message")
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "":
                self.comments += 1
                return None
            setattr(event, "name" if name == "event" else name, value)
        return event

    def next(self, patience: float = PATIENCE) -> Event | None:
        """The next event; none when the stream ends."""
        self._socket.settimeout(patience)
        try:
            while True:
                if event := self._block():
                    return event
        except EOFError:
            return None

    def silent(self, seconds: float = 0.3) -> bool:
        """True when no event comes for that long."""
        try:
            return self.next(seconds) is None
        except TimeoutError:
            return True

    def close(self) -> None:
        self._socket.close()


def send(server, sender: Identity, *signals: str, key: Key | None = None, **parts) -> Answer:
    """`POST /v1/signals` at the sender's server; parts of the signature can be replaced."""
    body = json.dumps({"signals": list(signals)})
    parts.setdefault("identity", sender.address)
    parts.setdefault("nonce", server.challenge())
    headers = signed_headers(key or sender.device, "POST", f"https://{server.domain}/v1/signals", body.encode(), **parts)
    return server.site.request("POST", "/v1/signals", body, {"Content-Type": "application/json", **headers})
