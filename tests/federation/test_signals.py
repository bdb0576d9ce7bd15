"""Signals between devices of two domains, and the streams that bring them (signals.md)."""

import json
import re
import resource
from pathlib import Path

import pytest

from pdtest.events import Stream, send
from pdtest.fake_domain import FakeDomain
from pdtest.formats import Identity, now, open_signal, signal
from pdtest.https import is_problem
from pdtest.jose import Key, b64
from pdtest.process import memory, wait_until
from pdtest.signing import signed_headers

from conftest import UNLIMITED

ADDRESS = b"198.51.100.4:4433"  # what a message says and no server may see


@pytest.fixture(scope="module")
def servers(four):
    return four.servers


@pytest.fixture
def olivier(servers, request):
    return registered(servers["example.org"], f"olivier{unique(request)}")


@pytest.fixture
def gordon(servers, request):
    return registered(servers["blackmesa.us"], f"gordon{unique(request)}")


def unique(request) -> int:
    return abs(hash(request.node.name)) % 10**9


def registered(server, name, devices=2) -> Identity:
    identity = Identity(f"{name}@{server.domain}", devices=devices)
    assert server.register(identity).status == 201
    return identity


def home(servers, identity):
    return servers[identity.address.split("@")[1]]


@pytest.fixture
def stream(servers):
    """Opens streams, and closes them."""
    opened = []

    def open_stream(identity, **options) -> Stream:
        opened.append(Stream(home(servers, identity), identity, **options).begun())
        return opened[-1]

    yield open_stream
    for one in opened:
        one.close()


def test_a_signal_crosses_two_domains(servers, olivier, gordon, stream):
    listening = stream(gordon)
    assert (listening.status, listening.headers["content-type"]) == (200, "text/event-stream")
    assert listening.headers["cache-control"] == "no-store"
    text = signal(olivier, gordon, ADDRESS)
    answer = send(servers["example.org"], olivier, text)
    assert (answer.status, answer.body) == (202, b""), answer
    event = listening.next()
    assert (event.name, event.data) == ("signal", text) and event.id
    assert open_signal(event.data, gordon.device) == ADDRESS
    back = signal(gordon, olivier, b"yes")
    at_home = stream(olivier)
    assert send(servers["blackmesa.us"], gordon, back).status == 202
    assert at_home.next().data == back


def test_and_one(servers, olivier, stream):
    alyx = registered(servers["example.org"], olivier.address.split("@")[0] + ".alyx")
    listening = stream(alyx)
    text = signal(olivier, alyx, b"near")
    assert send(servers["example.org"], olivier, text).status == 202
    assert listening.next().data == text


def test_each_device_gets_its_own(servers, olivier, gordon, stream):
    first, second = (stream(gordon, device=key) for _, key in gordon.devices)
    texts = [signal(olivier, gordon, b"hello", to=key) for _, key in gordon.devices]
    assert send(servers["example.org"], olivier, *texts).status == 202
    assert [first.next().data, second.next().data] == texts
    assert first.silent() and second.silent()


def test_the_answer_is_the_same_whether_anybody_listens(servers, olivier, gordon, stream):
    """SGN-26: nobody learns from it who is present."""

    def answer():
        got = send(servers["example.org"], olivier, signal(olivier, gordon, b"there?"))
        return got.status, got.body, {name: value for name, value in got.headers.items() if name != "date"}

    absent = answer()
    listening = stream(gordon)
    assert answer() == absent
    listening.close()
    assert answer() == absent


def test_who_comes_back_gets_what_was_missed(servers, olivier, gordon, stream):
    """EVT-3: by Last-Event-ID, and without one all of the last minute."""
    texts = [signal(olivier, gordon, b"%d" % n) for n in range(4)]
    listening = stream(gordon)
    assert send(servers["example.org"], olivier, texts[0]).status == 202
    last = listening.next().id
    listening.close()
    for text in texts[1:]:
        assert send(servers["example.org"], olivier, text).status == 202
    again = stream(gordon, last_id=last)
    assert [again.next().data for _ in range(3)] == texts[1:]
    again.close()
    for unknown in ("", "nonsense", "AAAAAAAA.3"):
        everything = stream(gordon, last_id=unknown)
        assert [everything.next().data for _ in range(4)] == texts
        everything.close()


def test_a_newer_stream_replaces_the_older(servers, olivier, gordon, stream):
    """EVT-5"""
    older, newer = stream(gordon), stream(gordon)
    event = older.next()
    assert (event.name, event.data) == ("replaced", "{}")
    assert older.next() is None
    text = signal(olivier, gordon, b"hello")
    assert send(servers["example.org"], olivier, text).status == 202
    assert newer.next().data == text


def test_a_closed_stream_is_noticed(servers, gordon):
    server = servers["blackmesa.us"]
    before = server.metric("pd_event_streams")
    listening = Stream(server, gordon).begun()
    assert server.metric("pd_event_streams") == before + 1
    listening.close()
    wait_until(lambda: server.metric("pd_event_streams") == before, "the stream is over")


def test_only_a_device_listens(servers, gordon, olivier):
    """EVT-1"""
    server = servers["blackmesa.us"]

    def ask(identity=gordon.address, key=gordon.device, **parts):
        parts.setdefault("nonce", server.challenge())
        headers = signed_headers(key, "GET", "https://blackmesa.us/v1/events", identity=identity, **parts)
        return server.site.get("/v1/events", headers)

    is_problem(server.site.get("/v1/events"), 401, "signature-required")
    is_problem(ask(key=gordon.key), 403, "wrong-key", "EVT-1")
    is_problem(ask(key=olivier.device), 401, "bad-signature")
    is_problem(ask(identity=olivier.address, key=olivier.device), 421, "not-our-domain")
    is_problem(ask(nonce="A" * 75), 401, "challenge-unknown")


def test_a_head_request_replaces_nobody(servers, gordon, stream):
    server = servers["blackmesa.us"]
    listening = stream(gordon)
    nonce = server.challenge()
    headers = signed_headers(gordon.device, "HEAD", "https://blackmesa.us/v1/events", nonce=nonce, identity=gordon.address)
    answer = server.site.request("HEAD", "/v1/events", headers=headers)
    assert (answer.status, answer.body) == (200, b"")
    assert listening.silent()


REFUSED = {
    "expired": (400, "expired", "SGN-12"),
    "future": (400, "not-yet-valid", "SGN-12"),
    "too long a life": (400, "malformed", "SGN-5"),
    "oversized": (413, "too-large", "JWS-1"),
    "box of another size": (400, "malformed", "SGN-6"),
    "no random id": (400, "malformed", "SGN-4"),
    "signed by another device": (403, "wrong-key", "SGN-21"),
    "signed by the identity key": (403, "wrong-key", "SGN-11"),
    "forged": (403, "bad-signature", "JWS-10"),
    "of somebody else": (400, "wrong-subject", "SGN-21"),
    "one device twice": (400, "malformed", "SGN-20"),
    "two receivers": (400, "wrong-subject", "SGN-20"),
    "seventeen": (400, "malformed", "SGN-20"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_wrong_signal_is_refused(servers, olivier, gordon, wrong):
    def made(**changes):
        return signal(olivier, gordon, b"hello", **changes)

    genuine = made()
    texts = {
        "expired": lambda: [made(iat=now() - 400, exp=now() - 350)],
        "future": lambda: [made(iat=now() + 400, exp=now() + 450)],
        "too long a life": lambda: [made(exp=now() + 90)],
        "oversized": lambda: [made(padding="x" * 8000)],
        "box of another size": lambda: [made(box="AAAA")],
        "no random id": lambda: [made(jti="1")],
        "signed by another device": lambda: [made(by=olivier.devices[1][1])],
        "signed by the identity key": lambda: [made(by=olivier.key)],
        "forged": lambda: [genuine[:-86] + ("B" if genuine[-86] == "A" else "A") + genuine[-85:]],
        "of somebody else": lambda: [made(iss="alyx@example.org")],
        "one device twice": lambda: [genuine, made()],
        "two receivers": lambda: [genuine, made(sub="alyx@blackmesa.us", to=Key())],
        "seventeen": lambda: [made(to=Key()) for _ in range(17)],
    }[wrong]()
    key = olivier.key if wrong == "signed by the identity key" else olivier.device
    is_problem(send(servers["example.org"], olivier, *texts, key=key), *REFUSED[wrong])


def test_replayed_and_readdressed_signals_are_refused(servers, olivier, gordon, stream):
    """SGN-15, SGN-23; and the box of one signal fits no other (SGN-8)."""
    server, listening = servers["example.org"], stream(gordon)
    text = signal(olivier, gordon, b"hello")
    assert send(server, olivier, text).status == 202
    is_problem(send(server, olivier, text), 409, "signal-replayed")
    assert listening.next().data == text and listening.silent()
    is_problem(send(server, olivier, signal(olivier, gordon, b"hello", sub="nobody@blackmesa.us")), 404, "nobody")
    is_problem(send(server, olivier, signal(olivier, gordon, b"hello", to=Key())), 410, "device-removed")
    is_problem(send(server, olivier, signal(olivier, gordon, b"hello", sub=olivier.address)), 410, "device-removed")
    stranger = registered(server, olivier.address.split("@")[0] + ".thief")
    is_problem(send(server, stranger, text), 400, "wrong-subject", "SGN-21")


def test_a_removed_device_neither_gets_nor_sends(servers, olivier, gordon):
    removed = gordon.devices.pop()[1]
    assert servers["blackmesa.us"].put(gordon, gordon.update()).status == 200
    text = signal(olivier, gordon, b"hello", to=removed)
    is_problem(send(servers["example.org"], olivier, text), 410, "device-removed")
    back = signal(gordon, olivier, b"hello", by=removed)
    is_problem(send(servers["blackmesa.us"], gordon, back, key=removed), 401, "bad-signature")


def test_a_domain_speaks_only_for_its_own(world):
    """SGN-25: a signed federation request, and signals that are not of its people, or not genuine."""
    bad = FakeDomain(world, "blackmesa.us")
    barney = bad.person("barney")
    server = world.server("example.org", *UNLIMITED)
    world.start()
    olivier = registered(server, "olivier")

    def relay(*texts, **parts):
        return bad.relay(server, *texts, **parts)

    genuine = signal(barney, olivier, b"hello")
    assert relay(genuine).status == 202
    is_problem(relay(genuine), 409, "signal-replayed")
    is_problem(relay(signal(olivier, olivier, b"hello")), 400, "wrong-subject", "SGN-25")
    is_problem(relay(signal(barney, olivier, b"hello", by=Key())), 403, "wrong-key", "SGN-11")
    is_problem(relay(signal(Identity("nobody@blackmesa.us"), olivier, b"hello")), 400, "wrong-subject", "SGN-10")
    is_problem(relay(signal(barney, barney, b"hello")), 421, "not-our-domain")
    is_problem(relay(signal(barney, olivier, b"hello"), key=Key()), 401)
    is_problem(relay(signal(barney, olivier, b"hello", iat=now() - 500, exp=now() - 450)), 400, "expired", "SGN-12")
    is_problem(relay(genuine, signal(barney, olivier, b"hello", sub=barney.address, to=olivier.devices[1][1])), 400, "wrong-subject", "SGN-20")
    stream = Stream(server, olivier)
    assert stream.next().data == genuine and stream.silent()
    stream.close()


def test_a_domain_brings_nothing_larger_than_a_client_may(world):
    """SGN-1, SGN-6, SGN-20, API-4: what is oversized is refused from a server as from anybody, and nothing of it is passed on."""
    bad = FakeDomain(world, "blackmesa.us")
    barney = bad.person("barney")
    server = world.server("example.org", *UNLIMITED)
    world.start()
    olivier = registered(server, "olivier")
    made = lambda **changes: signal(barney, olivier, b"hello", **changes)
    is_problem(bad.relay(server, made(padding="x" * 8000)), 413, "too-large", "JWS-1")
    is_problem(bad.relay(server, made(box=b64(bytes(3633)))), 400, "malformed", "SGN-6")
    is_problem(bad.relay(server, made(), made(to=olivier.devices[1][1], padding="x" * 8000)), 413, "too-large", "JWS-1")
    is_problem(bad.relay(server, *[made(to=Key()) for _ in range(17)]), 400, "malformed", "SGN-20")
    is_problem(bad.relay(server, *[made(to=Key(), padding="x" * 5000) for _ in range(16)]), 413, "too-large")
    stream = Stream(server, olivier)
    assert bad.relay(server, whole := made()).status == 202, "the control"
    assert stream.next().data == whole and stream.silent()
    stream.close()


def test_a_domain_brings_nothing_of_a_removed_device(world):
    """SGN-25: the sender is resolved at their home, and what their removed device has signed is refused, also where it was sealed before."""
    bad = FakeDomain(world, "blackmesa.us")
    barney = bad.person("barney", devices=2)
    server = world.server("example.org", *UNLIMITED)
    world.start()
    olivier = registered(server, "olivier")
    lost = barney.devices[1][1]
    text = signal(barney, olivier, b"hello", by=lost)
    assert bad.relay(server, signal(barney, olivier, b"hello", by=lost)).status == 202
    barney.devices.pop()
    barney.update()
    is_problem(bad.relay(server, text), 403, "wrong-key", "SGN-11")
    assert bad.relay(server, signal(barney, olivier, b"hello")).status == 202
    gone = olivier.devices.pop()[1]
    assert server.put(olivier, olivier.update()).status == 200
    is_problem(bad.relay(server, signal(barney, olivier, b"hello", to=gone)), 410, "device-removed")


def test_what_a_server_sees(world):
    """The body that goes from one server to the other holds nothing of the message (SGN-7)."""
    seeing = FakeDomain(world, "blackmesa.us")
    gordon = seeing.person("gordon")
    server = world.server("example.org", *UNLIMITED)
    world.start()
    olivier = registered(server, "olivier")
    text = signal(olivier, gordon, ADDRESS)
    assert send(server, olivier, text).status == 202
    request = next(request for request in seeing.signed if request["method"] == "POST")
    assert json.loads(request["body"]) == {"signals": [text]}
    assert request["headers"]["pd-identity"] == "example.org" and "content-digest" in request["headers"]
    for bytes_seen in (request["body"], repr(request["headers"]).encode(), server.log().encode()):
        assert ADDRESS not in bytes_seen and b"198.51" not in bytes_seen
    assert open_signal(text, gordon.device) == ADDRESS


def test_a_policy_stops_signals_both_ways(world):
    closed = world.server("blackmesa.us", *UNLIMITED, policy="default allow\ndeny example.org\n")
    open_to_all = world.server("example.org", *UNLIMITED)
    world.start()
    olivier, gordon = registered(open_to_all, "olivier"), registered(closed, "gordon")
    is_problem(send(open_to_all, olivier, signal(olivier, gordon, b"hello")), 403, "refused-by-remote")
    is_problem(send(closed, gordon, signal(gordon, olivier, b"hello")), 403, "policy")


def test_senders_are_limited(world):
    """SGN-27 and SGN-28: 8 for one device, and the rate of an account."""
    server = world.server("example.org", *UNLIMITED).start()
    olivier, alyx = registered(server, "olivier"), registered(server, "alyx")
    for _ in range(8):
        assert send(server, olivier, signal(olivier, alyx, b"hello")).status == 202
    answer = send(server, olivier, signal(olivier, alyx, b"hello"))
    is_problem(answer, 429, "rate-limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert send(server, alyx, signal(alyx, alyx, b"to myself", to=alyx.devices[1][1])).status == 202


def test_a_restart_ends_the_streams_and_clients_come_back(world):
    """EVT-6: the end is clean, and what was kept is gone."""
    server = world.server("example.org", *UNLIMITED).start()
    olivier = registered(server, "olivier")
    listening = Stream(server, olivier).begun()
    assert send(server, olivier, signal(olivier, olivier, b"before")).status == 202
    last = listening.next().id
    assert server.stop() == 0
    assert listening.next() is None  # the last chunk came
    listening.close()
    server.start()
    again = Stream(server, olivier, last_id=last).begun()
    text = signal(olivier, olivier, b"after")
    assert send(server, olivier, text).status == 202
    assert again.next().data == text
    again.close()


def test_a_thousand_streams_on_one_server(world):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = world.server("example.org", *UNLIMITED).start()
    sanitized = re.search("lib[at]san", Path(f"/proc/{server.process.child.pid}/maps").read_text())
    identities = [Identity(f"agent{n}@example.org", devices=16) for n in range(63)]
    for identity in identities:
        assert server.register(identity).status == 201
    devices = [(identity, key) for identity in identities for _, key in identity.devices][:1000]
    warm = [Stream(server, *device).begun() for device in devices[:50]]
    before = memory(server.process)
    # A server bounds the connections of one address.
    streams = warm + [Stream(server, *devices[n], source=f"127.0.0.{n // 200 + 1}").begun() for n in range(50, 1000)]
    each = (memory(server.process) - before) / (len(streams) - len(warm))
    assert server.metric("pd_event_streams") == 1000
    print(f"{len(streams)} streams, {each / 1024:.1f} KiB each")
    sender = identities[0]
    for n in (0, 500, 999):
        identity, key = devices[n]
        text = signal(sender, identity, b"hello", to=key)
        assert send(server, sender, text).status == 202
        assert streams[n].next().data == text
    assert server.stop() == 0
    assert all(stream.next() is None for stream in streams)
    for stream in streams:
        stream.close()
    if not sanitized:
        assert each < 48 * 1024
