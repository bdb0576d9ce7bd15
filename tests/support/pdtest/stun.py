"""STUN (RFC 8489), written from the standard and from schema/spec/stun.md alone: what a client sends and reads."""

import ipaddress
import os
import socket
import struct
import zlib
from typing import NamedTuple

COOKIE = 0x2112A442
BINDING, SUCCESS, ERROR = 0x0001, 0x0101, 0x0111
SOFTWARE = b"pd peer-discovery client"


class Answer(NamedTuple):
    type: int
    transaction: bytes
    attributes: dict[int, bytes]
    fingerprint: bool

    @property
    def mapped(self) -> tuple[str, int]:
        value = self.attributes[0x0020]
        port = struct.unpack("!H", value[2:4])[0] ^ COOKIE >> 16
        key = struct.pack("!I", COOKIE) + self.transaction
        assert len(value) == {1: 8, 2: 20}[value[1]]
        return str(ipaddress.ip_address(bytes(a ^ b for a, b in zip(value[4:], key)))), port


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(kind: int = BINDING, attributes: bytes = b"", transaction: bytes | None = None, fingerprint: bool = False) -> bytes:
    length = len(attributes) + (8 if fingerprint else 0)
    head = struct.pack("!HHI", kind, length, COOKIE) + (transaction or os.urandom(12))
    whole = head + attributes
    return whole + struct.pack("!HHI", 0x8028, 4, zlib.crc32(whole) ^ 0x5354554E) if fingerprint else whole


def request(**parts) -> bytes:
    """What pdctl sends."""
    return message(attributes=attribute(0x8022, SOFTWARE), fingerprint=True, **parts)


def read(data: bytes) -> Answer:
    kind, length, cookie = struct.unpack("!HHI", data[:8])
    assert cookie == COOKIE and length == len(data) - 20 and length % 4 == 0, data.hex()
    attributes, at, fingerprint = {}, 20, False
    while at < len(data):
        assert not fingerprint, "something follows the fingerprint"
        name, size = struct.unpack("!HH", data[at : at + 4])
        value = data[at + 4 : at + 4 + size]
        assert len(value) == size
        if name == 0x8028:
            fingerprint = True
            assert struct.unpack("!I", value)[0] == zlib.crc32(data[:at]) ^ 0x5354554E
        else:
            attributes[name] = value
        at += 4 + (size + 3) // 4 * 4
    assert at == len(data)
    return Answer(kind, data[8:20], attributes, fingerprint)


def family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def ask(server: tuple[str, int], data: bytes | None = None, patience: float = 10, sender: socket.socket | None = None) -> bytes | None:
    """One datagram from a socket of its own, unless `sender` is given; the answer, or None when there is none in time. Repeated as
    long as there is patience: datagrams may be lost."""
    data = request() if data is None else data
    one = sender or socket.socket(family(server[0]), socket.SOCK_DGRAM)
    try:
        tries = max(1, round(patience / 0.5))
        for _ in range(tries):
            one.settimeout(patience / tries)
            try:
                one.sendto(data, server)
                while True:
                    answer, source = one.recvfrom(4096)
                    if source[:2] == server and answer[8:20] == data[8:20]:
                        return answer
            except (TimeoutError, ConnectionRefusedError):
                pass
        return None
    finally:
        if sender is None:
            one.close()


def receive(stream: socket.socket) -> bytes:
    """The next message of a TCP connection, or nothing when it was closed before."""
    data = b""
    while len(data) < 20 or len(data) < 20 + struct.unpack("!H", data[2:4])[0]:
        wanted = 20 if len(data) < 20 else 20 + struct.unpack("!H", data[2:4])[0]
        try:
            more = stream.recv(wanted - len(data))
        except ConnectionResetError:
            more = b""
        if not more:
            return b""
        data += more
    return data
