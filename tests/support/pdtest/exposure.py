"""Whether something that nobody may see can be read in bytes that somebody saw, however it is written there."""

import base64
import binascii
import ipaddress
import re
import struct

BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){4,}")
ESCAPE = re.compile(rb'\\u[0-9A-Fa-f]{4}|\\["\\/bfnrt]|%[0-9A-Fa-f]{2}')
PLAIN = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}


def address(text: str) -> list[re.Pattern]:
    """An IP address: as text, not as a part of a longer one, and as bytes."""
    parsed = ipaddress.ip_address(text)
    spellings = {parsed.compressed, parsed.exploded}
    edge = rb"0-9A-Fa-f:" if parsed.version == 6 else rb"0-9."
    texts = [re.compile(rb"(?<![%s])%s(?![%s])" % (edge, re.escape(each.encode()), edge), re.I) for each in spellings]
    return texts + [re.compile(re.escape(parsed.packed), re.S)]


def port(number: int) -> list[re.Pattern]:
    """A port behind an address or as a number of JSON. (Two bytes alone would be everywhere.)"""
    return [re.compile(rb":\s*%d(?![0-9])" % number)]


def endpoint(text: str) -> list[re.Pattern]:
    """An address and a port as bytes, in network order."""
    host, _, number = text.rpartition(":")
    return [re.compile(re.escape(ipaddress.ip_address(host.strip("[]")).packed + struct.pack("!H", int(number))), re.S)]


def text(value: str | bytes) -> list[re.Pattern]:
    data = value.encode() if isinstance(value, str) else value
    # Base64 that began in the middle of something else: what its 3 alignments have in common with any surroundings.
    shifted = [base64.b64encode(b"\0" * shift + data)[4 if shift else 0 : -4] for shift in range(3)]
    spellings = [data] + [each for found in shifted for each in (found, found.translate(bytes.maketrans(b"+/", b"-_"))) if len(found) > 7]
    return [re.compile(re.escape(each), re.S) for each in spellings]


def readings(data: bytes, deep: int = 4, escapes: int = 2):
    """The bytes, and all that is encoded in them: base64 of both alphabets, hexadecimal, the escapes of JSON and of URIs; and in these
    again (a signal in JSON, its payload, its box, and what might be in there)."""
    yield data
    if escapes and ESCAPE.search(data):
        for each in {unescaped(data, "utf-8"), unescaped(data, "latin-1")}:
            yield from readings(each, deep, escapes - 1)
    if deep:
        for found in BASE64.findall(data):
            yield from readings(unbase64(found), deep - 1)
        for found in HEX.findall(data):
            yield from readings(binascii.unhexlify(found), deep - 1)


def unbase64(found: bytes) -> bytes:
    whole = found.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def unescaped(data: bytes, coding: str) -> bytes:
    """With Latin-1: of bytes that were written as if each were a character."""

    def read(found) -> bytes:
        what = found[0]
        if what[:1] == b"%":
            return bytes([int(what[1:], 16)])
        char = chr(int(what[2:], 16)) if len(what) > 2 else PLAIN[what[1:]]
        return char.encode(coding, "surrogatepass" if coding == "utf-8" else "ignore")

    return ESCAPE.sub(read, data)


def exposed(data: bytes, secrets: dict[str, list[re.Pattern]]) -> set[str]:
    """The names of those secrets that can be read in `data`."""
    return {name for reading in readings(bytes(data)) for name, patterns in secrets.items() for pattern in patterns if pattern.search(reading)}
