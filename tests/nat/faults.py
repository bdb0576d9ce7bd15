"""What goes wrong in the network of a home while people talk: done to the machines of a lab."""

import contextlib
import os
import socket
import struct

from namespaces import Namespace

CUT = "table inet cut {\n chain forward {\n type filter hook forward priority -10; policy drop;\n }\n}\n"
NO_TCP = "table inet no_tcp {{\n chain forward {{\n type filter hook forward priority -10;\n ip {way} {address} meta l4proto tcp drop\n }}\n}}\n"


@contextlib.contextmanager
def cut(router: Namespace):
    """Nothing passes, and nobody is told."""
    router.run("nft", "-f", "-", input=CUT)
    try:
        yield
    finally:
        router.run("nft", "delete", "table", "inet", "cut")


def refuse_tcp_to(router: Namespace, address: str) -> None:
    router.run("nft", "-f", "-", input=NO_TCP.format(way="daddr", address=address))


def forget_mappings(router: Namespace) -> None:
    """As `conntrack -F` does: one message to the kernel (linux/netfilter/nfnetlink_conntrack.h)."""
    netfilter, conntrack, delete, request, acknowledge = 12, 1, 2, 1, 4
    with router.socket(socket.AF_NETLINK, socket.SOCK_RAW, netfilter) as kernel:
        kernel.send(struct.pack("=IHHIIBBH", 20, conntrack << 8 | delete, request | acknowledge, 1, 0, 0, 0, 0))
        error = struct.unpack_from("=i", kernel.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def change_address(machine: Namespace, port: str, old: str, new: str, gateway: str | None = None) -> None:
    machine.ip("addr", "del", f"{old}/24", "dev", port)
    machine.ip("addr", "add", f"{new}/24", "dev", port)
    if gateway:
        machine.ip("route", "replace", "default", "via", gateway)
