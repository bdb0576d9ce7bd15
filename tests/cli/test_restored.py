"""A server that was restored from a backup older than what people changed: what they do, as docs/administration.md tells it."""

import pytest

from conftest import UNLIMITED, failed


@pytest.fixture
def server(world):
    return world.server("example.org", *UNLIMITED).start()


@pytest.fixture
def words(tmp_path):
    return tmp_path / "words"


@pytest.fixture
def olivier(world, server, words):
    """Registered, and in the backup."""
    person = world.person("olivier@example.org")
    person.run("register", person.address, "--recovery-file", words)
    server.admin("backup", str(world.folder / "backup"))
    return person


def restore(server):
    assert server.stop() == 0
    server.data = server.folder / "restored"
    server.admin("restore", str(server.world.folder / "backup"))
    server.start()


def accept_the_older(person):
    """Nothing is done before they say that they know."""
    said = failed(person, "whoami", status=4)
    assert "PIN-2" in said and f"pdctl trust reset {person.address}" in said
    person.run("trust", "reset", person.address)


def test_a_device_is_added_again(world, server, olivier):
    second = world.person(olivier.address, "second")
    line = world.folder / "line"
    line.write_text(second.run("devices", "request", olivier.address).stdout)
    olivier.run("devices", "add", "second", line)
    assert second.json("whoami")["device_listed"]
    restore(server)
    accept_the_older(olivier)
    accept_the_older(second)
    olivier.run("devices", "add", "second", line)
    assert second.json("whoami")["device_listed"]


def test_what_was_revoked_is_revoked_again(server, olivier):
    olivier.run("revoke", "--yes")
    restore(server)
    accept_the_older(olivier)
    assert olivier.json("whoami")["state"] == "active"
    olivier.run("revoke", "--yes")


def test_after_a_lost_rotation_the_recovery_words_help(server, olivier, words):
    olivier.run("rotate")
    restore(server)
    accept_the_older(olivier)
    failed(olivier, "rotate", status=1)
    olivier.run("recover", olivier.address, "--words-file", words)
    olivier.run("rotate")


def test_after_a_lost_recovery_the_words_before_it_help(server, olivier, words, tmp_path):
    newer = tmp_path / "newer"
    newer.write_text(olivier.json("recover", olivier.address, "--words-file", words)["recovery_words"])
    restore(server)
    accept_the_older(olivier)
    failed(olivier, "recover", olivier.address, "--words-file", newer, status=1)
    olivier.run("recover", olivier.address, "--words-file", words)
    olivier.run("rotate")


def test_a_lost_registration_is_made_again_in_another_home(world, server, olivier):
    later = world.person("later@example.org").register()
    restore(server)
    assert "PIN-3" in failed(later, "whoami", status=4)
    failed(later, "register", later.address, status=1)
    again = world.person(later.address, "again").register()
    assert again.json("whoami")["state"] == "active"
