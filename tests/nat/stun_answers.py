"""stun_answers.py PORT…: answers STUN Binding requests (RFC 8489) on these ports, over UDP and TCP, and says `ready` first."""

import socket
import socketserver
import struct
import sys
import threading

COOKIE = 0x2112A442


def answer(request: bytes, host: str, port: int) -> bytes:
    address = struct.unpack("!I", socket.inet_aton(host))[0] ^ COOKIE
    attribute = struct.pack("!HHBBHI", 0x0020, 8, 0, 1, port ^ (COOKIE >> 16), address)
    return struct.pack("!HH", 0x0101, len(attribute)) + request[4:20] + attribute


class OverUdp(socketserver.BaseRequestHandler):
    def handle(self):
        request, socket_ = self.request
        socket_.sendto(answer(request, *self.client_address), self.client_address)


class OverTcp(socketserver.BaseRequestHandler):
    def handle(self):
        while request := self.request.recv(1500):
            self.request.sendall(answer(request, *self.client_address))


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


for number in map(int, sys.argv[1:]):
    for server in (socketserver.UDPServer(("0.0.0.0", number), OverUdp), Tcp(("0.0.0.0", number), OverTcp)):
        threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
