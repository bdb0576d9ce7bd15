"""Whether something that nobody may see can be read in bytes that somebody saw, however it is written there."""

import base64
import binascii
import ipaddress
import json
import re
import struct
from urllib.parse import unquote_to_bytes

BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){4,}")
ESCAPED = re.compile(rb'(?:[^"\\\x00-\x1f]|\\.)*\\.(?:[^"\\\x00-\x1f]|\\.)*')
DEEP = 5  # a signal in JSON, its payload, its box, and what might be in there


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


def readings(data: bytes, deep: int = DEEP):
    """The bytes, and all that is encoded in them: base64 of both alphabets, hexadecimal, JSON's and URIs' escapes; and in these again."""
    yield data
    if deep == 0:
        return
    inside = [decoded for found in BASE64.findall(data) if (decoded := unbase64(found))]
    inside += [binascii.unhexlify(found) for found in HEX.findall(data)]
    inside += [unescaped for found in ESCAPED.findall(data) if (unescaped := unescape(found))]
    if b"%" in data and (decoded := unquote_to_bytes(data)) != data:
        inside.append(decoded)
    for each in inside:
        yield from readings(each, deep - 1)


def unbase64(found: bytes) -> bytes:
    whole = found.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def unescape(found: bytes) -> bytes:
    try:
        return json.loads(b'"%s"' % found).encode("utf-8", "surrogatepass")
    except ValueError:
        return b""


def exposed(data: bytes, secrets: dict[str, list[re.Pattern]]) -> set[str]:
    """The names of those secrets that can be read in `data`."""
    return {name for reading in readings(bytes(data)) for name, patterns in secrets.items() for pattern in patterns if pattern.search(reading)}
