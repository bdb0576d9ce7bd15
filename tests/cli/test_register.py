"""Registration: what it prints and keeps, whom it refuses, and that a lost answer costs nothing."""

import json
import re
import stat
import subprocess

import pytest

from conftest import UNLIMITED, failed
from cutting import CuttingProxy

KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def test_prints_one_object(newcomer):
    person = newcomer()
    done = person.json("register", person.address, "--device", "laptop")
    assert set(done) == {"address", "identity_key", "device", "device_key", "recovery_words"}
    assert (done["address"], done["device"]) == (person.address, "laptop")
    assert KEY.fullmatch(done["identity_key"]) and KEY.fullmatch(done["device_key"])
    assert len(done["recovery_words"].split()) == 24
    seen = person.json("whoami")["directory"]
    assert seen["identity_key"] == done["identity_key"]
    assert seen["devices"] == [{"name": "laptop", "key": done["device_key"]}]


def test_keys_are_for_the_owner_alone(member):
    home = member().home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for path in home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_left_pending_and_no_recovery_key_is_kept(member):
    home = member().home
    assert sorted(path.name for path in home.iterdir() if path.is_file() and "db" not in path.name) == [
        "account.json", "device.pem", "identity.pem", "lock"]
    assert not list((home / "pending").iterdir())


def test_openssl_reads_the_keys(newcomer, tmp_path):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    person = newcomer()
    person.run("--passphrase-file", passphrase, "register", person.address)

    def openssl(name, *options):
        command = ["openssl", "pkey", "-in", str(person.home / name), "-noout", "-text", *options]
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    assert "ED25519 Private-Key" in openssl("identity.pem", "-passin", "pass:correct horse").stdout
    assert openssl("identity.pem", "-passin", "pass:wrong").returncode != 0
    assert "ED25519 Private-Key" in openssl("device.pem").stdout


def test_the_environment_may_name_the_passphrase_file(newcomer, tmp_path, monkeypatch):
    (tmp_path / "passphrase").write_text("sesame\n")
    person = newcomer()
    monkeypatch.setenv("PD_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    person.run("register", person.address)
    assert "ENCRYPTED" in (person.home / "identity.pem").read_text()
    person.run("rotate")
    assert "ENCRYPTED" in (person.home / "identity.pem").read_text(), "a rotation keeps the passphrase"
    (tmp_path / "passphrase").write_text("wrong\n")
    assert "passphrase" in failed(person, "rotate", status=1)


def test_a_recovery_file_overwrites_nothing(newcomer, tmp_path):
    words = tmp_path / "words"
    words.write_text("something else")
    person = newcomer()
    failed(person, "register", person.address, "--recovery-file", words, status=2)
    assert words.read_text() == "something else"
    words.unlink()
    done = person.json("register", person.address, "--recovery-file", words)
    assert done["recovery_file"] == str(words) and "recovery_words" not in done
    assert len(words.read_text().split()) == 24
    assert stat.S_IMODE(words.stat().st_mode) == 0o600


def test_a_recovery_file_that_cannot_be_made_registers_nobody(newcomer, tmp_path):
    person = newcomer()
    said = failed(person, "register", person.address, "--recovery-file", tmp_path / "none" / "words", status=2)
    assert f"cannot write {tmp_path / 'none' / 'words'}: No such file" in said and "hint: " in said
    assert not (person.home / "pending").exists()
    failed(person, "lookup", person.address, status=3)
    (tmp_path / "none").mkdir()
    person.run("register", person.address, "--recovery-file", tmp_path / "none" / "words")


def test_a_recovery_file_that_cannot_be_made_recovers_nobody(town, newcomer, tmp_path):
    person = newcomer()
    person.run("register", person.address, "--recovery-file", tmp_path / "words")
    arguments = ["recover", person.address, "--words-file", tmp_path / "words", "--recovery-file"]
    failed(person, *arguments, tmp_path / "none" / "words", status=2)
    failed(person, *arguments, tmp_path / "words", status=2)
    assert person.json("whoami")["directory"]["operations"] == 1


def test_a_registration_that_fails_leaves_no_recovery_file(newcomer, member, tmp_path):
    failed(newcomer(), "register", member().address, "--recovery-file", tmp_path / "words", status=1)
    assert not (tmp_path / "words").exists()


@pytest.mark.parametrize("address", ["", "olivier", "olivier@", "@example.org", "oli vier@example.org", "-o@example.org",
                                     "olivier@127.0.0.1", "olivier@example.org:443", "o" * 65 + "@example.org"])
def test_a_malformed_name_is_a_mistake_of_usage(newcomer, address):
    person = newcomer()
    failed(person, "register", "--", address, status=2)
    assert not (person.home / "account.json").exists()


def test_a_taken_name_is_refused_and_the_home_is_free_for_another(newcomer, member):
    taken = member()
    person = newcomer()
    assert "Somebody has this name" in failed(person, "register", taken.address, status=1)
    assert not list((person.home / "pending").iterdir())
    person.run("register", person.address)
    assert taken.json("whoami")["state"] == "active"


def test_words_that_nobody_could_read_are_shown_again(newcomer):
    person = newcomer()
    with open("/dev/full", "w") as full:
        done = subprocess.run(person.command("register", person.address), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "run the same command again" in done.stderr, done
    assert len(person.json("register", person.address)["recovery_words"].split()) == 24


def test_a_domain_that_cannot_be_reached_leaves_no_keys(newcomer):
    person = newcomer()
    failed(person, "register", "olivier@nowhere.invalid", status=5)
    assert not (person.home / "pending").exists()


def test_invites(town, newcomer):
    if "example.net" not in town.servers:
        town.server("example.net", *UNLIMITED, "--registration", "invite").start()
    server = town.servers["example.net"]
    code = re.search(r"\b[A-Za-z0-9_-]{16,}\b", server.admin("invite", "create")).group()
    person = newcomer("example.net")
    assert "--invite" in failed(person, "register", person.address, status=6)
    failed(person, "register", person.address, "--invite", "wrong", status=6)
    person.run("register", person.address, "--invite", code)
    other = newcomer("example.net")
    failed(other, "register", other.address, "--invite", code, status=6)


def through(person, proxy, *arguments, **options):
    """Runs a command of somebody for whom the proxy is example.org."""
    ways = dict(person.world.overrides)
    person.world.overrides["example.org"] = proxy.port
    try:
        return person.run(*arguments, **options)
    finally:
        person.world.overrides.update(ways)


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_lost_answer_costs_nothing(town, newcomer, lost):
    person = newcomer()
    with CuttingProxy(town.servers["example.org"], "PUT", lost) as proxy:
        through(person, proxy, "register", person.address, "--device", "laptop", status=5)
    begun = json.loads((person.home / "pending" / "intent.json").read_text())
    done = person.json("register", person.address)
    assert done["device"] == "laptop", "the same keys and names, not new ones"
    assert len(done["recovery_words"].split()) == 24
    assert begun["identity_key"]["x"] in person.run("export", "jwk", person.address).stdout
    assert not list((person.home / "pending").iterdir())
    person.run("rotate")


def test_an_unfinished_registration_is_not_forgotten_for_another(town, newcomer):
    person = newcomer()
    with CuttingProxy(town.servers["example.org"], "PUT", "answer") as proxy:
        through(person, proxy, "register", person.address, status=5)
    assert f"pdctl register {person.address}" in failed(person, "register", "another@example.org", status=1)


def test_somebody_may_take_the_name_before_it_is_tried_again(town, newcomer):
    person = newcomer()
    with CuttingProxy(town.servers["example.org"], "PUT", "request") as proxy:
        through(person, proxy, "register", person.address, status=5)
    town.person(person.address, "faster").register()
    assert "Somebody has this name" in failed(person, "register", person.address, status=1)
    assert not list((person.home / "pending").iterdir())
    person.run("register", "later-" + person.address)
