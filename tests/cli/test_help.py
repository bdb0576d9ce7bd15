"""One table of commands: help, manual page and completion all show the same."""

import os
import re
import subprocess
from pathlib import Path

import pytest

PDCTL = Path(os.environ["PD_BIN"]) / "pdctl"
MANUAL = Path(os.environ["PD_SOURCE"]) / "packaging" / "man" / "pdctl.1"


def run(*arguments):
    return subprocess.run([PDCTL, *arguments], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})


def names_below(*path):
    done = run(*path, "--help")
    assert done.returncode == 0 and done.stderr == ""
    _, _, listed = done.stdout.partition("Subcommands:\n")
    return re.findall(r"^  (\S+)", listed, re.MULTILINE)


COMMANDS = [(name,) for name in names_below()]
COMMANDS += [(name, sub) for (name,) in COMMANDS for sub in names_below(name)]


def options_of(*path):
    return sorted(set(re.findall(r"(--[a-z-]+)", run(*path, "--help").stdout.partition("Options:")[2].partition("\n\n")[0])))


def test_the_commands_of_the_design_are_there():
    wanted = "register lookup listen chat send pipe agent verify contacts whoami devices rotate recover revoke move trust export doctor completion"
    assert set(wanted.split()) <= {path[0] for path in COMMANDS if len(path) == 1}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help(path):
    done = run(*path, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert " ".join(("pdctl", *path)) in done.stdout
    assert re.search(r"--home and --json .*pdctl --help\n*$", done.stdout), done.stdout


@pytest.mark.parametrize("command, words", [("listen", ["ADDRESS: TEXT", "/quit", "Ctrl+D"]), ("chat", ["/quit", "Ctrl+D"])])
def test_help_tells_what_can_be_typed(command, words):
    shown = run(command, "--help").stdout
    for word in words:
        assert word in shown, word


def manual():
    return MANUAL.read_text().replace("\\-", "-")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_in_the_manual(path):
    text = manual()
    assert re.search(r"^\.B.*[ \"]" + re.escape(" ".join(path)) + r"\b", text.replace("pdctl ", " "), re.MULTILINE), path
    for option in options_of(*path):
        assert option in text, f"{option} of {' '.join(path)}"


def test_every_global_option_is_in_the_manual():
    for option in options_of():
        assert option in manual(), option


def test_the_manual_is_well_formed():
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(MANUAL)], capture_output=True, text=True)
    assert done.stderr == ""


def test_the_version_is_that_of_the_project():
    wanted = re.search(r"project\(pd VERSION (\S+)", (Path(os.environ["PD_SOURCE"]) / "CMakeLists.txt").read_text())[1]
    assert run("--version").stdout == f"pdctl {wanted}\n"


def test_options_may_stand_before_and_after_the_command(tmp_path):
    for arguments in (["--home", tmp_path / "a", "whoami"], ["whoami", "--home", tmp_path / "a"],
                      ["devices", "list", "--home", tmp_path / "a"]):
        done = run(*map(str, arguments))
        assert done.returncode == 1 and str(tmp_path / "a") in done.stderr, done
