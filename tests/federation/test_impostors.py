"""Whom pdctl dials: only what a device of the callee signed, and only who proves to be one (EP-5 … EP-9, SESS-1 … SESS-3)."""

import ssl
import subprocess

import pytest

from pdtest.formats import Identity, endpoint, now
from pdtest.jose import Key
from pdtest.peers import Answerer
from pdtest.process import PATIENCE
from pdtest.world import binary

from conftest import UNLIMITED

SECRET = "this is secret"


@pytest.fixture
def answerer(tmp_path, gordon):
    """Makes somebody who answers where gordon should: with his own device key, unless told otherwise."""
    opened = []

    def make(key: Key | None = gordon.device, **options) -> Answerer:
        opened.append(Answerer(tmp_path, gordon.address, key, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def called(world, blackmesa, gordon, *records, **options):
    """Olivier calls gordon, whose server hands out `records`. Returns what pdctl did."""

    def answer(path):
        return (200, {}, {"endpoints": records}) if path.endswith("/endpoints") else blackmesa.honest(path)

    blackmesa.answer = answer
    world.server("example.org", *UNLIMITED)
    world.start()
    olivier = world.person("olivier@example.org").register()
    return olivier.run("chat", gordon.address, "--wait", "2", input=SECRET + "\n", **options)


def at(port: int) -> list[str]:
    return [f"127.0.0.1:{port}"]


# --- records -------------------------------------------------------------------------------------------------------------


def test_a_good_record_is_dialled(world, blackmesa, gordon, answerer):
    device = answerer()
    done = called(world, blackmesa, gordon, endpoint(gordon, at(device.port)), status=0)
    assert device.texts == [SECRET], done


RECORDS = {
    "expired": (lambda gordon, tcp: endpoint(gordon, tcp, iat=now() - 3600, exp=now() - 1), "(EP-7)"),
    "of the future": (lambda gordon, tcp: endpoint(gordon, tcp, iat=now() + 900, exp=now() + 1800), "(EP-7)"),
    "by another key": (lambda gordon, tcp: endpoint(gordon, tcp, key=Key()), "(EP-6)"),
    "by the identity key": (lambda gordon, tcp: endpoint(gordon, tcp, key=gordon.key), "(EP-6)"),
    "of somebody else": (lambda gordon, tcp: endpoint(gordon, tcp, sub="alyx@blackmesa.us"), "(EP-5)"),
    "too long": (lambda gordon, tcp: endpoint(gordon, tcp, exp=now() + 100_000), "(EP-3)"),
    "signature broken": (lambda gordon, tcp: endpoint(gordon, tcp)[:-4] + "AAAA", "(JWS-10)"),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_what_no_device_signed_for_now_is_not_dialled(world, blackmesa, gordon, answerer, kind):
    """The device itself listens there, so that nothing but the record is wrong."""
    make_record, rule = RECORDS[kind]
    device = answerer()
    done = called(world, blackmesa, gordon, make_record(gordon, at(device.port)), status=5)
    assert device.arrivals == 0
    said = f"an endpoint record of {gordon.address} is not believed"
    assert said in done.stdout and rule in done.stdout, done.stdout
    assert done.stderr.startswith("pdctl: ") and said in done.stderr and rule in done.stderr, done.stderr


def test_a_bad_record_beside_a_good_one_is_told_and_does_no_harm(world, blackmesa, gordon, answerer):
    device, decoy = answerer(), answerer()
    bad, good = endpoint(gordon, at(decoy.port), key=Key()), endpoint(gordon, at(device.port))
    done = called(world, blackmesa, gordon, bad, good, status=0)
    assert device.texts == [SECRET] and decoy.arrivals == 0
    assert done.stdout.count("is not believed") == 1 and "(EP-6)" in done.stdout, done.stdout


# --- who answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["another key", "another address"])
def test_an_impostor_hears_nothing(world, blackmesa, gordon, tmp_path, kind):
    wrong = Answerer(tmp_path, gordon.address) if kind == "another key" else Answerer(tmp_path, "alyx@blackmesa.us", gordon.device)
    done = called(world, blackmesa, gordon, endpoint(gordon, at(wrong.port)), status=4)
    wrong.close()
    assert wrong.arrivals == 1, "a wrong key is final"
    assert wrong.frames == []
    assert done.stderr.startswith("pdctl: ") and "not a device key of gordon@blackmesa.us" in done.stderr, done.stderr
    assert "hint: " in done.stderr


def test_the_right_key_with_an_older_tls_hears_nothing(world, blackmesa, gordon, answerer):
    device = answerer(version=ssl.TLSVersion.TLSv1_2)
    done = called(world, blackmesa, gordon, endpoint(gordon, at(device.port)), status=5)
    device.close()
    assert device.arrivals >= 1 and device.frames == []
    assert "does not speak TLS 1.3 (SESS-1)" in done.stderr, done.stderr


def test_an_rsa_certificate_hears_nothing(world, blackmesa, gordon, answerer):
    device = answerer(key=None, rsa=True)
    done = called(world, blackmesa, gordon, endpoint(gordon, at(device.port)), status=5)
    device.close()
    assert device.arrivals >= 1 and device.frames == []
    assert "hint: " in done.stderr, done.stderr


def test_the_right_certificate_without_its_key_hears_nothing(world, blackmesa, gordon, tmp_path):
    (tmp_path / "shown.pem").write_bytes(gordon.device.pem())
    (tmp_path / "signing.pem").write_bytes(Key().pem())
    command = [binary("raw_peer"), "serve", gordon.address, tmp_path / "shown.pem", tmp_path / "signing.pem", "1.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as peer:
        port = int(peer.stdout.readline())
        done = called(world, blackmesa, gordon, endpoint(gordon, at(port)), status=4)
        assert peer.stdout.readline() == "\n", "nothing was said to it"
        assert peer.wait(PATIENCE) == 0
    assert "do not hold its key" in done.stderr, done.stderr


def test_the_raw_peer_with_both_keys_is_spoken_to(world, blackmesa, gordon, tmp_path):
    """The control: what is refused above is refused for its signature."""
    (tmp_path / "key.pem").write_bytes(gordon.device.pem())
    command = [binary("raw_peer"), "serve", gordon.address, tmp_path / "key.pem", tmp_path / "key.pem", "1.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as peer:
        port = int(peer.stdout.readline())
        done = called(world, blackmesa, gordon, endpoint(gordon, at(port)), status=5)  # it never says hello
        assert '"session"' in peer.stdout.read(), done
