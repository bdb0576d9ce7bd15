"""The small packets with which two devices look for a path (reach.md), from the specification alone."""

import hashlib
import hmac
import os
import struct

REQUEST, RESPONSE = 1, 2
NOMINATES = 1


def keys(caller_secret: bytes, callee_secret: bytes) -> tuple[bytes, bytes]:
    """REACH-11: of the caller's packets, and of the callee's. (HKDF of RFC 5869 with one block of output.)"""
    extracted = hmac.digest(bytes(32), caller_secret + callee_secret, hashlib.sha256)
    sides = (b"pd/1 probes of the caller", b"pd/1 probes of the callee")
    return tuple(hmac.digest(extracted, info + b"\x01", hashlib.sha256) for info in sides)


def probe(key: bytes, kind: int = REQUEST, flags: int = 0, transaction: bytes | None = None) -> bytes:
    """REACH-12."""
    head = bytes([kind, flags, 0, 0]) + (transaction or os.urandom(8))
    return head + hmac.digest(key, head, hashlib.sha256)[:16]


def datagram(source: tuple[str, int], to: tuple[str, int], payload: bytes) -> bytes:
    """An IPv4 packet for a raw socket, by whoever writes it that it is from `source`."""
    addresses = b"".join(bytes(map(int, host.split("."))) for host, _ in (source, to))
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0) + addresses
    return head + struct.pack("!HHHH", source[1], to[1], 8 + len(payload), 0) + payload
