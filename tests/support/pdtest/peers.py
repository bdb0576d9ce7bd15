"""Peers of pdctl that are not pdctl: TLS 1.3 on a device key and frames, from schema/spec/session.md alone, or wrong on purpose."""

import contextlib
import json
import socket
import ssl
import struct
import subprocess
import threading
from pathlib import Path

from cryptography.hazmat.primitives.poly1305 import Poly1305

from .jose import Key, random_id
from .process import PATIENCE

HELLO, MESSAGE, ACK, BYE, ERROR = 1, 2, 3, 6, 7


def device_certificate(folder: Path, address: str, key: Key | None = None, rsa: bool = False) -> tuple[Path, Path]:
    """A self-signed certificate for that address (CERT-1), on `key` or on a new one: its path and the key's."""
    stem = folder / f"peer-{random_id()}"
    certificate, key_file = stem.with_suffix(".crt"), stem.with_suffix(".key")
    if rsa:
        subprocess.run(["openssl", "genrsa", "-out", key_file, "2048"], check=True, capture_output=True)
    else:
        key_file.write_bytes((key or Key()).pem())
    subprocess.run(
        ["openssl", "req", "-x509", "-key", key_file, "-subj", "/", "-days", "2", "-out", certificate]
        + ["-addext", f"subjectAltName=critical,URI:acct:{address}"],
        check=True,
        capture_output=True,
    )
    return certificate, key_file


def context_for(side: int, files: tuple[Path, Path], version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(*files)
    context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = version
    context.set_alpn_protocols(["pd/1"])
    return context


def frame(kind: int, payload: dict) -> bytes:
    body = json.dumps(payload).encode()
    return struct.pack(">IB", len(body), kind) + body


def hello() -> dict:
    return {"v": 1, "session": random_id(), "features": ["chat"]}


def message(text: str, id: str | None = None) -> dict:
    return {"id": id or random_id(), "time": 1767225600, "text": text}


class Frames:
    """Reads frames from a connection."""

    def __init__(self, connection: socket.socket):
        self.connection = connection

    def read_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def next(self) -> tuple[int, dict]:
        length, kind = struct.unpack(">IB", self.read_exactly(5))
        return kind, json.loads(self.read_exactly(length))


class Answerer:
    """Listens on loopback like a device, for as many as come: says hello, and acknowledges every message.

    `texts` are the messages, `arrivals` counts connections, `frames` is everything that was received inside of TLS.
    """

    def __init__(self, folder: Path, address: str, key: Key | None = None, rsa=False, version=ssl.TLSVersion.TLSv1_3):
        self.context = context_for(ssl.PROTOCOL_TLS_SERVER, device_certificate(folder, address, key, rsa), version)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.arrivals = 0
        self.frames: list[tuple[int, dict]] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def texts(self) -> list[str]:
        return [payload["text"] for kind, payload in self.frames if kind == MESSAGE]

    def close(self) -> None:
        """Takes nobody any more, and waits for the one who is there to leave."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "somebody is still connected"

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.arrivals += 1
            raw.settimeout(PATIENCE)
            with contextlib.suppress(OSError, EOFError), self.context.wrap_socket(raw, server_side=True) as connection:
                self._serve(connection)

    def _serve(self, connection) -> None:
        frames = Frames(connection)
        while True:
            kind, payload = frames.next()
            self.frames.append((kind, payload))
            if kind == HELLO:
                connection.sendall(frame(HELLO, payload))
            elif kind == MESSAGE:
                connection.sendall(frame(ACK, {"ids": [payload["id"]]}))


class Dialler:
    """Calls a listener like a device of `address`; `speaks` is False when it was refused in the handshake."""

    def __init__(self, folder: Path, port: int, address: str, key: Key, version=ssl.TLSVersion.TLSv1_3):
        context = context_for(ssl.PROTOCOL_TLS_CLIENT, device_certificate(folder, address, key), version)
        raw = socket.create_connection(("127.0.0.1", port), PATIENCE)
        try:
            self.connection = context.wrap_socket(raw)
            self.speaks = True
        except OSError:
            self.speaks = False

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # being cut off is what many of these are for
            self.connection.sendall(data)

    def rest(self) -> list[tuple[int, dict]]:
        """Every frame until the other side ends the connection."""
        found = []
        frames = Frames(self.connection)
        with contextlib.suppress(OSError, EOFError):
            while True:
                found.append(frames.next())
        return found

    def greet(self) -> None:
        """Says hello and waits for the answer, which a verified caller alone gets (SESS-10)."""
        ours = hello()
        self.send(frame(HELLO, ours))
        kind, theirs = Frames(self.connection).next()
        assert (kind, theirs["session"]) == (HELLO, ours["session"])

    def close(self) -> None:
        self.connection.close()


OFFER, ACCEPT, BEGIN, DATA, END, RECEIVED, CANCEL = 16, 17, 18, 19, 20, 22, 23


class FileSender(Dialler):
    """Offers files from schema/spec/files.md alone, and may lie about them."""

    def greet(self) -> None:
        ours = {**hello(), "features": ["files"]}
        self.send(frame(HELLO, ours))
        kind, theirs = Frames(self.connection).next()
        assert kind == HELLO and "files" in theirs["features"]

    def offer(self, *entries: dict) -> tuple[int, dict]:
        """Offers these, and returns the answer."""
        self.send(frame(OFFER, {"transfer": 1, "entries": list(entries)}))
        return self.next()

    def next(self) -> tuple[int, dict]:
        """The next frame that is no credit and no ping."""
        frames = Frames(self.connection)
        while (found := frames.next())[0] in (4, 21):
            pass
        return found

    def end(self, key: str, content: bytes, transfer: int = 1) -> None:
        """The end of a file with this content; the key is that of the accept (FILE-9)."""
        tag = Poly1305.generate_tag(bytes.fromhex(key), content).hex()
        self.send(frame(END, {"transfer": transfer, "tag": tag}))

    def data(self, content: bytes, transfer: int = 1) -> None:
        self.send(struct.pack(">IBI", len(content) + 4, DATA, transfer) + content)
