"""A call between two people, with everything recorded that both home servers get, send, keep and say: nothing of it tells where the two
are, what they say, or what they give each other (SGN-7, CALL-10)."""

import json
import re

import pytest

from pdtest.callers import Listener, event, leave
from pdtest.exposure import address, endpoint, exposed, port, text
from pdtest.formats import open_signal
from pdtest.jose import Key, b64, payload_of, unb64
from pdtest.tap import Tap

from conftest import UNLIMITED

SAID, ANSWERED = "Morgan's lab, in five \"minutes\"", "überall \\ nirgends"
FILE, CONTENT = "plan of the lambda complex.txt", b"through the coolant system, then left at the reactor"
SIGNAL = re.compile(rb"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{86}")


@pytest.fixture
def taps(world):
    for domain in ("example.org", "blackmesa.us"):
        world.server(domain, *UNLIMITED, "--log-level", "debug")
    taps = {domain: Tap(world, server) for domain, server in world.servers.items()}
    world.start()
    return taps


def talk(olivier, gordon, folder) -> None:
    """By signals alone: nobody has published anything."""
    listener = Listener(gordon, "--accept", "anyone", "--accept-files", "anyone", "--downloads", str(folder / "there"))
    chat = olivier.chat(gordon.address)
    chat.write(SAID)
    assert listener.wait("message")["text"] == SAID
    listener.process.write(ANSWERED)
    assert event(chat, "message")["text"] == ANSWERED
    leave(chat)
    (folder / FILE).write_bytes(CONTENT)
    olivier.run("send", gordon.address, folder / FILE)
    assert listener.wait("files_received")["from"] == olivier.address
    listener.end()


def signals_in(taps) -> list[str]:
    texts = {found.decode() for tap in taps.values() for found in SIGNAL.findall(bytes(tap.received))}
    return [each for each in texts if json.loads(unb64(each.split(".")[0]))["typ"] == "pd-signal+jws"]


def messages(taps, *people) -> list[dict]:
    """What was sealed in the recorded signals, opened with the keys that their devices alone have."""
    keys = {key.id: key for key in (Key.from_pem(person.home / "device.pem") for person in people)}
    return [json.loads(open_signal(text, keys[payload_of(text)["dev"]])) for text in signals_in(taps)]


def secrets_of(told: dict) -> dict:
    """All that a description tells, each with the ways to write it."""
    machine = told["machine"]
    found = {f"secret {each}": text(unb64(each)) + text(each) for each in (told["secret"], machine["tag"])}
    found |= {f"port {number}": port(number) for number in (machine["udp"], machine["tcp"])}
    for candidate in told["candidates"]:
        host, _, number = candidate["address"].rpartition(":")
        found[candidate["address"]] = endpoint(candidate["address"])
        found[host] = address(host.strip("[]"))
        found[f"port {number}"] = port(int(number))
    return found


def seen_by(server, tap) -> dict[str, bytes]:
    """All that it got and sent, its log, and every file that it has written."""
    files = {path.name: path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
    return {"received": bytes(tap.received), "sent": bytes(tap.sent), "log": server.log().encode()} | files


def test_servers_see_who_calls_whom_and_nothing_else(world, taps, tmp_path):
    olivier, gordon = world.person("olivier@example.org").register(), world.person("gordon@blackmesa.us").register()
    talk(olivier, gordon, tmp_path)
    opened = messages(taps, olivier, gordon)
    kinds = [message["kind"] for message in opened]
    assert kinds.count("offer") >= 2 and kinds.count("answer") >= 2, "a chat and a file, both by call"
    secrets = {"what was said": text(SAID), "what was answered": text(ANSWERED), "the file's name": text(FILE), "the file": text(CONTENT)}
    for message in opened:
        secrets |= secrets_of(message["description"]) if "description" in message else {}
    print(f"{len(opened)} signals, {len(secrets)} secrets: {', '.join(sorted(secrets))}")
    figures = {domain: server.figures().body for domain, server in world.servers.items()}
    while_running = {domain: seen_by(server, taps[domain]) for domain, server in world.servers.items()}
    for server in world.servers.values():
        assert server.stop() == 0
    for domain, server in world.servers.items():
        seen = seen_by(server, taps[domain]) | {f"{name}, running": data for name, data in while_running[domain].items()}
        seen["figures"] = figures[domain]
        assert b"gordon@blackmesa.us" in seen["received"] and len(seen["pd.db"]) > 10_000, "it is the record of that call"
        found = {name: shown for name, data in seen.items() if (shown := exposed(data, secrets))}
        assert not found, f"the server of {domain} has seen {found}"


def test_what_is_there_would_be_found():
    """The control: each secret, written in every way that a server could keep it in."""
    secrets = {"address": address("198.51.100.4"), "IPv6": address("2001:db8::20"), "port": port(51820), "text": text(SAID)}
    secrets["endpoint"] = endpoint("198.51.100.4:51820")
    plain = {
        "address": b'x 198.51.100.4:1', "IPv6": b"[2001:db8::20]:7", "port": b'{"udp":51820}', "text": SAID.encode(),
        "endpoint": bytes([198, 51, 100, 4, 202, 108]),
    }
    for name, data in plain.items():
        ways = [data, b64(data).encode(), data.hex().encode(), data.hex().upper().encode(), b"zz" + json.dumps(data.decode("latin-1")).encode()]
        ways += [b64(json.dumps({"a": {"b": data.hex()}}).encode()).encode(), "".join(f"%{byte:02x}" for byte in data).encode()]
        ways += [b"." + b64(b"ab" + data + b"cd").encode() + b".", b"%s" % json.dumps({"box": b64(b64(data).encode())}).encode()]
        if data.isascii():
            ways += [b'"' + "".join(f"\\u{byte:04x}" for byte in data).encode() + b'"']
        for way in ways:
            assert name in exposed(b"GET / HTTP/1.1\r\n" + way + b"\r\n", secrets), (name, way)
    assert not exposed(b"198.51.100.40 1198.51.100.4 2001:db8::201 :518201 51820 " + b64(b"198.51.100.41").encode(), secrets)
