"""Changing keys: rotation and recovery whose answer is lost, a thief's changes undone, two machines at once."""

import fcntl
import json
import shutil

import pytest

from conftest import failed
from cutting import CuttingProxy
from test_register import through


@pytest.fixture
def owner(newcomer, tmp_path):
    """Somebody registered, whose recovery words are in tmp_path/words."""
    person = newcomer()
    person.run("register", person.address, "--recovery-file", tmp_path / "words")
    return person


def identity_key(person):
    return person.json("whoami")["directory"]["identity_key"]


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_rotation_whose_answer_was_lost(town, owner, lost):
    before = identity_key(owner)
    with CuttingProxy(town.servers["example.org"], "PUT", lost) as proxy:
        through(owner, proxy, "rotate", status=5)
    owner.run("devices", "remove", "nothing", status=3)  # any command that changes something settles what was lost
    assert (identity_key(owner) != before) == (lost == "answer")
    owner.run("rotate")
    assert identity_key(owner) != before
    owner.run("rotate")


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_recovery_whose_answer_was_lost(town, owner, tmp_path, lost):
    machine = town.person(owner.address, f"{owner.address}-new-{lost}")
    with CuttingProxy(town.servers["example.org"], "PUT", lost) as proxy:
        through(machine, proxy, "recover", owner.address, "--words-file", tmp_path / "words", status=5)
    done = machine.json("recover", owner.address, "--words-file", tmp_path / "words")
    assert len(done["recovery_words"].split()) == 24
    assert identity_key(machine) == done["identity_key"]
    machine.run("rotate")
    (tmp_path / "words").write_text(done["recovery_words"])
    third = town.person(owner.address, f"{owner.address}-third-{lost}")
    third.run("recover", owner.address, "--words-file", tmp_path / "words")


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_recovery_after_a_rotation_whose_answer_was_lost(town, owner, tmp_path, lost):
    """The rotation's keys are not taken for those of the recovery: words are asked for, and what comes out works."""
    with CuttingProxy(town.servers["example.org"], "PUT", lost) as proxy:
        through(owner, proxy, "rotate", status=5)
    failed(owner, "recover", owner.address, "--words-file", tmp_path / "none", status=2)
    done = owner.json("recover", owner.address, "--words-file", tmp_path / "words")
    assert identity_key(owner) == done["identity_key"]
    owner.run("rotate")


def test_a_recovery_does_not_take_the_place_of_a_registration(town, newcomer, owner, tmp_path):
    person = newcomer()
    with CuttingProxy(town.servers["example.org"], "PUT", "answer") as proxy:
        through(person, proxy, "register", person.address, status=5)
    said = failed(person, "recover", person.address, "--words-file", tmp_path / "words", status=1)
    assert f"finish it: pdctl register {person.address}" in said
    said = failed(person, "devices", "request", person.address, status=1)
    assert f"finish it: pdctl register {person.address}" in said
    done = person.json("register", person.address)
    assert identity_key(person) == done["identity_key"]
    assert len(done["recovery_words"].split()) == 24


def test_other_commands_keep_the_words_that_a_recovery_has_not_shown(town, owner, tmp_path):
    with CuttingProxy(town.servers["example.org"], "PUT", "answer") as proxy:
        through(owner, proxy, "recover", owner.address, "--words-file", tmp_path / "words", status=5)
    for command in (["rotate"], ["devices", "remove", "nothing"], ["revoke", "--yes"]):
        assert f"finish it: pdctl recover {owner.address}" in failed(owner, *command, status=1)
    done = owner.json("recover", owner.address)
    assert len(done["recovery_words"].split()) == 24
    assert identity_key(owner) == done["identity_key"]
    owner.run("rotate")


def test_a_rotation_does_not_take_the_place_of_a_recovery(town, owner, tmp_path):
    with CuttingProxy(town.servers["example.org"], "PUT", "request") as proxy:
        through(owner, proxy, "recover", owner.address, "--words-file", tmp_path / "words", status=5)
    assert f"finish it: pdctl recover {owner.address}" in failed(owner, "rotate", status=1)
    owner.run("recover", owner.address, "--words-file", tmp_path / "words")


@pytest.mark.parametrize("command", ["register", "recover"])
def test_words_overwrite_nothing_when_a_command_is_run_again(town, newcomer, owner, tmp_path, command):
    person = newcomer() if command == "register" else owner
    arguments = [command, person.address]
    if command == "recover":
        arguments += ["--words-file", tmp_path / "words"]
    new = tmp_path / "new words"
    with CuttingProxy(town.servers["example.org"], "PUT", "answer") as proxy:
        through(person, proxy, *arguments, "--recovery-file", new, status=5)
    new.write_text("something else")
    said = person.run(*arguments, "--recovery-file", new, status=2).stderr
    assert "is there already" in said and "without --recovery-file, shows the words" in said
    assert new.read_text() == "something else"
    person.run(*arguments, "--recovery-file", tmp_path / "newer words")
    assert len((tmp_path / "newer words").read_text().split()) == 24
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new words", "newer words", "words"]
    person.run("rotate")


def test_recovery_undoes_a_theft(town, owner, tmp_path):
    stolen_home = town.folder / "homes" / f"{owner.address}-thief"
    shutil.copytree(owner.home, stolen_home)
    thief = town.person(owner.address, f"{owner.address}-thief")
    thief.run("rotate")
    thief.run("revoke", "--yes")
    assert owner.json("whoami")["state"] == "revoked"
    machine = town.person(owner.address, f"{owner.address}-new")
    done = machine.json("recover", owner.address, "--words-file", tmp_path / "words")
    assert machine.json("whoami")["state"] == "active"
    assert identity_key(machine) == done["identity_key"]
    assert failed(thief, "devices", "remove", "x", status=3)
    assert machine.json("lookup", owner.address)["operations"] == 4, "what was undone stays in the history"


def test_somebody_who_saw_the_theft_still_believes_the_owner(town, owner, member, tmp_path):
    friend = member("blackmesa.us")
    friend.run("lookup", owner.address)
    owner.run("rotate")
    friend.run("lookup", owner.address)
    machine = town.person(owner.address, f"{owner.address}-new")
    machine.run("recover", owner.address, "--words-file", tmp_path / "words")
    assert friend.json("lookup", owner.address)["identity_key"] == identity_key(machine)


def test_wrong_words_change_nothing(owner, town, tmp_path):
    words = (tmp_path / "words").read_text().split()
    machine = town.person(owner.address, f"{owner.address}-new")
    for wrong in (words[:23], words[:-1] + ["zoo" if words[-1] != "zoo" else "ability"], ["xyzzy"] * 24, []):
        (tmp_path / "wrong").write_text(" ".join(wrong))
        failed(machine, "recover", owner.address, "--words-file", tmp_path / "wrong", status=1)
    assert not (machine.home / "pending").exists()


def test_the_words_of_somebody_else_change_nothing(owner, member, town, tmp_path):
    other = member()
    machine = town.person(other.address, f"{other.address}-new")
    assert "no recovery key of" in failed(machine, "recover", other.address, "--words-file", tmp_path / "words", status=1)
    assert not (machine.home / "pending").exists()


def test_words_may_be_written_as_people_write_them(owner, town, tmp_path):
    words = (tmp_path / "words").read_text().upper().split()
    (tmp_path / "words").write_text("\n  ".join(words))
    machine = town.person(owner.address, f"{owner.address}-new")
    done = machine.json("recover", owner.address, "--words-file", tmp_path / "words")
    again = done["recovery_words"].replace(" ", "\n")
    machine.run("recover", owner.address, "--words-file", "/dev/stdin", input=again + "\n")


def test_revoking_with_the_words_alone(owner, tmp_path):
    (owner.home / "identity.pem").unlink()
    failed(owner, "revoke", "--yes", status=1)
    assert owner.json("revoke", "--yes", "--words-file", tmp_path / "words")["state"] == "revoked"


def test_two_writers_do_not_meet(owner):
    with open(owner.home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another pdctl" in failed(owner, "rotate", status=1)
        owner.run("whoami")


def test_a_home_of_a_later_version_is_left_alone(owner):
    account = owner.home / "account.json"
    account.write_text(json.dumps({"v": 2, "address": owner.address}))
    assert "newer pdctl" in failed(owner, "whoami", status=1)
