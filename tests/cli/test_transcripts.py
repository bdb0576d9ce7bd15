"""What people see: each file in transcripts/ is a session at a terminal, and must still look like that.

    olivier$ pdctl whoami           a command of somebody; each has a home of their own
    no such thing …                 its standard output, then its standard error, marked by "! "
    [3]                             its exit status, unless 0

In the output KEY, TIME, NUMBER, WORDS and PATH stand for what differs from run to run, and … for the rest of a line.
In a command {name} is a file of the session, the same wherever it is named.
"""

import re
import shlex
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "transcripts"
STAND_INS = {
    "KEY": r"[A-Za-z0-9_-]{43}",
    "TIME": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "NUMBER": r"\d{5}( \d{5}){11}",
    "WORDS": r"[a-z]+( [a-z]+){23}",
    "PATH": r"/\S+",
    "…": r".*",
}
COMMAND = re.compile(r"^(\w+)\$ pdctl(?: (.*))?$")


def pattern(line: str) -> str:
    parts = re.split(r"(\b(?:KEY|TIME|NUMBER|WORDS|PATH)\b|…)", line)
    return "".join(STAND_INS.get(part) or re.escape(part) for part in parts)


def steps(text: str):
    """The commands of a transcript, each with the lines that must follow."""
    wanted = None
    for line in text.splitlines():
        command = COMMAND.match(line)
        if command:
            wanted = []
            yield command[1], command[2] or "", wanted
        elif wanted is not None and line:
            wanted.append(line)


def shown(done) -> list[str]:
    lines = [line for line in done.stdout.splitlines() if line]
    lines += ["! " + line for line in done.stderr.splitlines() if line]
    return lines + ([f"[{done.returncode}]"] if done.returncode else [])


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_looks_like_the_transcript(town, tmp_path, name):
    files = {file: tmp_path / file for file in ("words", "newwords", "key", "passphrase")}
    (tmp_path / "passphrase").write_text("correct horse\n")
    for who, arguments, wanted in list(steps((FOLDER / f"{name}.txt").read_text())):
        person = town.person(f"{who}@example.org", f"{name}-{who}")
        done = person.run(*shlex.split(arguments.format(**files)), status=None)
        if "request" in arguments:
            files["key"].write_text(done.stdout)
        lines = shown(done)
        where = f"{name}.txt: {who}$ pdctl {arguments}\n" + "\n".join(lines)
        assert len(lines) == len(wanted), where
        for line, expected in zip(lines, wanted):
            assert re.fullmatch(pattern(expected), line), f"{where}\n--- wanted:\n{expected}"
