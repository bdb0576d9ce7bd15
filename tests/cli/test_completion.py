"""The completion scripts, run by the shells that are there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from test_help import COMMANDS, options_of

PDCTL = Path(os.environ["PD_BIN"]) / "pdctl"


def script(shell):
    done = subprocess.run([PDCTL, "completion", shell], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout


def bash_offers(*words, home="/nonexistent"):
    """What bash would offer for the last of `words`."""
    quoted = " ".join(f"'{word}'" for word in words)
    program = f"""{script("bash")}
COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _pdctl; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True,
                          env={"PATH": f"{PDCTL.parent}:{os.environ['PATH']}", "PD_HOME": str(home)})
    assert done.stderr == "", done
    return done.stdout.split()


def test_bash_offers_every_command():
    assert {path[0] for path in COMMANDS} <= set(bash_offers("pdctl", ""))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_bash_offers_the_options_of_every_command(path):
    assert set(options_of(*path)) <= set(bash_offers("pdctl", *path, "--"))


def test_bash_finishes_words():
    assert bash_offers("pdctl", "reg") == ["register"]
    assert bash_offers("pdctl", "devices", "re") == ["remove", "request"]
    assert bash_offers("pdctl", "--home", "/tmp", "who") == ["whoami"]
    assert bash_offers("pdctl", "export", "s") == ["ssh"]
    assert bash_offers("pdctl", "register", "--inv") == ["--invite"]
    assert bash_offers("pdctl", "contacts", "policy", "a") == ["ask", "anyone"]
    assert bash_offers("pdctl", "agent", "--port", "") == []


def test_bash_offers_files_for_files(tmp_path):
    (tmp_path / "words.txt").touch()
    assert bash_offers("pdctl", "recover", "--words-file", f"{tmp_path}/wo") == [f"{tmp_path}/words.txt"]


def test_bash_offers_contacts_without_asking_a_server(town, member):
    olivier, gordon = member(), member("blackmesa.us")
    olivier.run("lookup", gordon.address)
    assert gordon.address in bash_offers("pdctl", "chat", "", home=olivier.home)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_theirs(shell):
    text = script(shell)
    for path in COMMANDS:
        assert path[-1] in text
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    done = subprocess.run([program, "-n"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_other_shell():
    done = subprocess.run([PDCTL, "completion", "csh"], capture_output=True, text=True)
    assert done.returncode == 2 and "pdctl: " in done.stderr and "hint: " in done.stderr
