"""What comes to a machine of the lab, packet by packet."""

import collections
import socket
import struct
import threading
from typing import NamedTuple

from namespaces import Namespace

IPV4 = 0x0800
TCP, UDP = 6, 17
SYN = 0x02
FORCED_BUFFER, STATISTICS = 33, 6  # SO_RCVBUFFORCE, PACKET_STATISTICS of SOL_PACKET
SOL_PACKET = 263


class Packet(NamedTuple):
    protocol: int
    source: str
    to: tuple[str, int]
    flags: int  # of TCP
    payload: bytes


def read(data: bytes) -> Packet:
    head = (data[0] & 15) * 4
    size, protocol = struct.unpack("!H", data[2:4])[0], data[9]
    source, destination = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
    inside = data[head:size]
    port = struct.unpack("!H", inside[2:4])[0] if protocol in (TCP, UDP) else 0
    if protocol == TCP:
        return Packet(protocol, source, (destination, port), inside[13], inside[(inside[12] >> 4) * 4 :])
    return Packet(protocol, source, (destination, port), 0, inside[8:])


class Witness:
    """Sees all IPv4 packets that come to a machine from `suspect`, from now until it is closed."""

    def __init__(self, place: Namespace, suspect: str):
        self.packets: list[Packet] = []
        self._suspect = suspect
        self._socket = place.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IPV4))
        self._socket.setsockopt(socket.SOL_SOCKET, FORCED_BUFFER, 64 << 20)
        self._socket.settimeout(0.1)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            try:
                data, (_, _, kind, *_) = self._socket.recvfrom(65536)
            except TimeoutError:
                if self._closing.is_set():
                    return
                continue
            packet = read(data)
            if kind == socket.PACKET_HOST and packet.source == self._suspect:
                self.packets.append(packet)

    def close(self) -> list[Packet]:
        """All of them; none was missed."""
        self._closing.set()
        self._thread.join()
        _, missed = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, STATISTICS, 8))
        self._socket.close()
        assert missed == 0, f"{missed} packets were not seen"
        return self.packets


def most(counts) -> int:
    return max(collections.Counter(counts).values(), default=0)
