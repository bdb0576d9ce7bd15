#!/usr/bin/env python3
"""Each of scripts/ says with --help what it is, refuses an option that it does not know, and does nothing else then."""

import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def offences(script: Path):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as elsewhere:
            return subprocess.run([script, *arguments], cwd=elsewhere, capture_output=True, text=True, timeout=30)

    for option in ("--help", "-h"):
        done = run(option)
        if done.returncode != 0 or f"scripts/{script.name}" not in done.stdout or done.stderr:
            yield f"{option} does not say what it is: {done}"
    for arguments in (["--nonsense"], ["--nonsense", "again"]):
        done = run(*arguments)
        if done.returncode != 2 or not done.stderr.startswith(f"usage: scripts/{script.name} ") or done.stdout:
            yield f"{' '.join(arguments)} is not refused: {done}"


if __name__ == "__main__":
    found = [f"{script.name}: {offence}" for script in sorted(SCRIPTS.iterdir()) for offence in offences(script)]
    print("\n".join(found) or "every script explains itself")
    sys.exit(1 if found else 0)
