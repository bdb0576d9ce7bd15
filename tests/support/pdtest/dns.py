"""A name server of the test's own (RFC 1035, RFC 2782), so that a name leads exactly where the test wants it to lead."""

import ipaddress
import socket
import struct
import threading

A, AAAA, SRV = 1, 28, 33
NO_SUCH_NAME = 3


def encoded(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def decoded(message: bytes, at: int) -> tuple[str, int]:
    """The name at that place of a question, and where it ends."""
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode().lower())
        at += length + 1
    return ".".join(labels), at + 1


class DnsServer:
    """Listens on a free UDP port of 127.0.0.1. A name that it was not told of does not exist."""

    def __init__(self):
        self.asked: list[str] = []
        self._records: dict[str, list[tuple[int, bytes]]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def add_address(self, name: str, address: str) -> None:
        parsed = ipaddress.ip_address(address)
        self._add(name, A if parsed.version == 4 else AAAA, parsed.packed)

    def add_service(self, name: str, target: str, port: int) -> None:
        self._add(name, SRV, struct.pack(">HHH", 0, 0, port) + encoded(target))

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _add(self, name: str, kind: int, data: bytes) -> None:
        self._records.setdefault(name, []).append((kind, data))

    def _serve(self) -> None:
        while True:
            question, source = self._socket.recvfrom(2048)
            if not question:
                return
            if len(question) > 12:
                self._socket.sendto(self._answer(question), source)

    def _answer(self, question: bytes) -> bytes:
        name, end = decoded(question, 12)
        (wanted,) = struct.unpack(">H", question[end : end + 2])
        self.asked.append(name)
        found = [data for kind, data in self._records.get(name, []) if kind == wanted]
        # An authoritative answer about the name in the question (a pointer to it), valid for no time at all.
        records = b"".join(struct.pack(">HHHIH", 0xC00C, wanted, 1, 0, len(data)) + data for data in found)
        status = 0 if name in self._records else NO_SUCH_NAME
        header = question[:2] + struct.pack(">HHHHH", 0x8580 | status, 1, len(found), 0, 0)
        return header + question[12 : end + 4] + records
