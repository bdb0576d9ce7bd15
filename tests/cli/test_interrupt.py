"""Terminals and signals: what is asked, what is not shown, and what Ctrl+C leaves behind."""

import os
import re
import signal
import subprocess
import time

import pytest

from pdtest.process import PATIENCE
from pdtest.terminal import Terminal


def until_hidden(shell):
    end = time.monotonic() + PATIENCE
    while shell.echoes():
        assert time.monotonic() < end, "what is typed would be seen"
        time.sleep(0.005)


def test_registering_asks_for_a_passphrase_and_shows_words_and_a_code(newcomer, terminal):
    person = newcomer()
    shell = terminal(person, "register", person.address)
    shell.read_until("empty: none): ")
    until_hidden(shell)
    shell.type("sesame\n")
    shell.read_until("The same again: ")
    shell.type("different\n")
    shell.read_until("They differ. Passphrase for your identity key (empty: none): ")
    shell.shown = ""
    shell.type("sesame\n")
    shell.read_until("The same again: ")
    shell.type("sesame\n")
    assert shell.status() == 0, shell.shown
    assert "sesame" not in shell.shown
    words = shell.shown.partition("take over your address.")[2].partition("\x1b")[0].split()
    assert len(words) == 24
    assert "▀" in shell.shown and "█" in shell.shown
    assert "ENCRYPTED" in (person.home / "identity.pem").read_text()
    shell = terminal(person, "rotate")
    shell.read_until("Passphrase of your identity key: ")
    shell.type("sesame\n")
    assert shell.status() == 0, shell.shown
    assert shell.shown.count("Passphrase") == 1, "asked once"


def test_an_empty_passphrase_is_none(newcomer, terminal):
    person = newcomer()
    shell = terminal(person, "register", person.address)
    shell.read_until("empty: none): ")
    shell.type("\n")
    assert shell.status() == 0, shell.shown
    assert "ENCRYPTED" not in (person.home / "identity.pem").read_text()


@pytest.mark.parametrize("how", ["key", "signal"])
def test_an_interrupt_while_asking_restores_the_terminal_and_leaves_nothing(newcomer, terminal, how):
    person = newcomer()
    shell = terminal(person, "register", person.address)
    shell.read_until("empty: none): ")
    until_hidden(shell)
    shell.type("half a pass")
    if how == "key":
        shell.type("\x03")
    else:
        os.kill(shell.pid, signal.SIGTERM)
    assert shell.status() == -(signal.SIGINT if how == "key" else signal.SIGTERM), shell.shown
    assert not (person.home / "account.json").exists()
    assert not list(person.home.rglob("*.pem"))
    person.run("register", person.address)


@pytest.fixture
def owner(newcomer, tmp_path):
    """Somebody registered, and their recovery words in the four lines of a terminal."""
    person = newcomer()
    person.run("register", person.address, "--recovery-file", tmp_path / "words")
    words = (tmp_path / "words").read_text().split()
    return person, [" ".join(words[first : first + 6]) for first in range(0, 24, 6)]


def test_recovery_words_may_be_typed_as_they_were_shown(owner, terminal):
    person, lines = owner
    before = person.json("whoami")["directory"]["identity_key"]
    shell = terminal(person, "recover", person.address)
    shell.read_until("on one line or several")
    until_hidden(shell)
    shell.type("".join(f"  {line}\n" for line in lines))
    shell.read_until("empty: none): ")
    shell.type("\n")
    assert shell.status() == 0, shell.shown
    assert lines[0] not in shell.shown
    assert person.json("whoami")["directory"]["identity_key"] != before


@pytest.mark.parametrize("end", ["\n", "\x04"], ids=["empty line", "end of input"])
def test_recovery_words_that_are_too_few_are_not_left_for_the_shell(owner, end):
    person, lines = owner
    script = '"$@"; echo status $?; IFS= read -r -t 1 rest; echo "rest [$rest]"'
    shell = Terminal(["/bin/bash", "-c", script, "bash", *person.command("recover", person.address)])
    shell.read_until("on one line or several")
    until_hidden(shell)
    shell.type("\n".join(lines[:3]) + f"\n{end}{lines[3]}\nls\n")
    shell.read_until("rest [")
    shell.status()
    assert "18 words, not 24" in shell.shown and "status 1" in shell.shown, shell.shown
    assert "rest []" in shell.shown, shell.shown
    os.close(shell.master)


def test_destructive_things_are_asked_for(member, terminal):
    person = member()
    shell = terminal(person, "revoke")
    shell.read_until("Type yes: ")
    assert shell.echoes()
    shell.type("y\n")
    assert shell.status() == 1
    assert person.json("whoami")["state"] == "active"
    shell = terminal(person, "revoke")
    shell.read_until("Type yes: ")
    shell.type("yes\n")
    assert shell.status() == 0
    assert person.json("whoami")["state"] == "revoked"


def test_the_code_of_a_safety_number_is_drawn(member, terminal):
    olivier, gordon = member(), member("blackmesa.us")
    shell = terminal(olivier, "verify", gordon.address)
    assert shell.status() == 0
    assert "▀" in shell.shown and re.search(r"\d{5}( \d{5}){11}", shell.shown)


@pytest.mark.parametrize("delay", range(8))
def test_a_kill_at_any_moment_of_registering_loses_nothing(newcomer, delay):
    """Wherever it is hit: either nothing happened, or the same command goes on with the same keys."""
    person = newcomer()
    child = subprocess.Popen(person.command("register", person.address), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.012 * delay)
    child.kill()
    child.communicate()
    done = person.run("--json", "register", person.address, status=None)
    finished = done.returncode == 1 and "this home is already" in done.stderr
    assert finished or done.returncode == 0, done
    person.run("rotate")
    assert person.json("whoami")["device_listed"] is True
