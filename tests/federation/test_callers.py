"""Who calls a real `pdctl listen`: whoever does not prove a device of whom they claim to be, or talks nonsense, is shown the door."""

import json
import struct
import subprocess

import pytest

from pdtest.jose import Key
from pdtest.peers import ERROR, MESSAGE, Dialler, frame, message
from pdtest.process import PATIENCE
from pdtest.world import binary


@pytest.fixture(scope="module")
def olivier(town):
    return town.person("olivier@example.org").register()


@pytest.fixture(scope="module")
def gordon(town):
    return town.person("gordon@blackmesa.us").register()


@pytest.fixture
def listener(gordon):
    listener = Listener(gordon)
    yield listener
    listener.process.stop()


class Listener:
    """Gordon's `pdctl listen`, with all the events that it showed."""

    def __init__(self, gordon):
        self.process = gordon.start("--json", "listen", "--bind", "127.0.0.1", "--accept", "anyone")
        self.events = []
        self.port = int(self.wait("listening")["endpoints"][0].rpartition(":")[2])

    def wait(self, kind: str) -> dict:
        """The next event of that kind. Every other before it is kept too."""
        while True:
            self.events.append(json.loads(self.process.wait_line('"event"')))
            if self.events[-1]["event"] == kind:
                return self.events[-1]

    def kinds(self) -> list[str]:
        return [event["event"] for event in self.events]

    def lets_in(self, olivier, gordon, text: str) -> None:
        """A genuine caller gets in, and nobody did before."""
        assert not {"connected", "message"} & set(self.kinds()), self.events
        olivier.run("chat", gordon.address, input=text + "\n")
        assert self.wait("message")["text"] == text
        assert self.kinds().count("connected") == 1


def device_key(person) -> Key:
    return Key.from_pem(person.home / "device.pem")


# --- who they are ----------------------------------------------------------------------------------------------------------


def test_a_device_gets_in(listener, olivier, tmp_path):
    """The control of all that follow."""
    caller = Dialler(tmp_path, listener.port, olivier.address, device_key(olivier))
    caller.greet()
    caller.send(frame(MESSAGE, message("it is me")))
    assert listener.wait("message")["text"] == "it is me"
    caller.close()


def is_no_device(listener, caller, claimed):
    refused = listener.wait("refused")
    assert refused["claimed"] == claimed.address
    assert refused["reason"] == f"the key is not a device of {claimed.address}"
    assert caller.rest() == []


def test_somebody_elses_key_under_ones_address(listener, olivier, gordon, tmp_path):
    """SESS-4"""
    caller = Dialler(tmp_path, listener.port, olivier.address, Key())
    caller.send(frame(MESSAGE, message("believe me")))
    is_no_device(listener, caller, olivier)
    listener.lets_in(olivier, gordon, "the true one")


def test_a_device_that_was_removed(listener, olivier, gordon, tmp_path):
    lost = Key()
    (tmp_path / "phone.jwk").write_text(json.dumps(lost.jwk))
    olivier.run("devices", "add", "phone", tmp_path / "phone.jwk")
    before = Dialler(tmp_path, listener.port, olivier.address, lost)
    before.greet()
    before.close()
    assert listener.wait("connected")["peer"] == olivier.address
    listener.wait("disconnected")
    listener.events.clear()

    olivier.run("devices", "remove", "phone")
    caller = Dialler(tmp_path, listener.port, olivier.address, lost)
    caller.send(frame(MESSAGE, message("found this phone")))
    is_no_device(listener, caller, olivier)
    listener.lets_in(olivier, gordon, "from the laptop")


def test_a_name_that_nobody_has(listener, olivier, gordon, tmp_path):
    caller = Dialler(tmp_path, listener.port, "nobody@example.org", Key())
    assert listener.wait("refused")["claimed"] == "nobody@example.org"
    assert caller.rest() == []
    listener.lets_in(olivier, gordon, "somebody")


# --- in the handshake --------------------------------------------------------------------------------------------------------


def raw_dial(listener, olivier, folder, signing: Key, version: str) -> str:
    (folder / "shown.pem").write_bytes(device_key(olivier).pem())
    (folder / "signing.pem").write_bytes(signing.pem())
    command = [binary("raw_peer"), "dial", str(listener.port), olivier.address, folder / "shown.pem", folder / "signing.pem", version]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout.strip()


def test_the_raw_peer_with_both_keys_is_answered(listener, olivier, tmp_path):
    """The control: what is refused below is refused for its signature."""
    assert raw_dial(listener, olivier, tmp_path, device_key(olivier), "1.3") == "answered"


@pytest.mark.parametrize("kind", ["wrong private key", "TLS 1.2"])
def test_who_fails_the_handshake_is_named_by_where_they_are(listener, olivier, gordon, tmp_path, kind):
    wrong = kind == "wrong private key"
    signing = Key() if wrong else device_key(olivier)
    assert raw_dial(listener, olivier, tmp_path, signing, "1.3" if wrong else "1.2") == "closed"
    failed = listener.wait("handshake_failed")
    assert failed["endpoint"].startswith("127.0.0.1:")
    assert failed["reason"] == (
        "they do not hold the key of the certificate that they show (SESS-2)" if wrong else "they do not speak TLS 1.3 (SESS-1)"
    )
    listener.lets_in(olivier, gordon, kind)


@pytest.mark.parametrize("kind", ["handshake_failed", "refused"])
def test_a_flood_of_strangers_does_not_flood_the_screen(listener, olivier, gordon, tmp_path, kind):
    for _ in range(40):
        if kind == "refused":
            assert Dialler(tmp_path, listener.port, olivier.address, Key()).rest() == []
        else:
            assert raw_dial(listener, olivier, tmp_path, Key(), "1.3") == "closed"
    listener.lets_in(olivier, gordon, f"through a flood of {kind}")
    assert 1 <= listener.kinds().count(kind) < 30


# --- what they say -----------------------------------------------------------------------------------------------------------

NONSENSE = {
    "noise": bytes(range(256)) * 40,
    "a frame that is too large": struct.pack(">IB", 65_537, MESSAGE),
    "a frame of four gigabytes": struct.pack(">IB", 0xFFFFFFFF, MESSAGE) + b"{" * 4096,
    "no JSON": struct.pack(">IB", 5, MESSAGE) + b"\xff\xfe{}}",
    "deep JSON": struct.pack(">IB", 60_000, MESSAGE) + b"[" * 60_000,
    "a second hello": frame(1, {"v": 1, "session": "0" * 32, "features": []}),
    "an unknown frame": frame(9, {}),
    "a message without an id": frame(MESSAGE, {"time": 1, "text": "no id"}),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_after_a_genuine_hello(listener, olivier, gordon, tmp_path, kind):
    """SESS-7 … SESS-11"""
    caller = Dialler(tmp_path, listener.port, olivier.address, device_key(olivier))
    caller.greet()
    caller.send(NONSENSE[kind])
    assert [kind for kind, _ in caller.rest()] == [ERROR], "the error, and then the end (SESS-22)"
    assert listener.wait("disconnected")["reason"] == "broken"
    assert "message" not in listener.kinds()
    listener.events.clear()
    listener.lets_in(olivier, gordon, f"real chat after {kind}")
