#!/usr/bin/env python3
"""Every rule that the code cites is defined by a page of schema/spec, and no rule is defined twice.

With --self-test it first plants a citation of a rule that nobody defined, and a second definition, and must refuse both.
"""

import collections
import re
import sys
import tempfile
from pathlib import Path

FOLDERS = ["libidentity", "pd-server", "pd-client", "tests"]
SUFFIXES = {".cc", ".h", ".py", ".inc"}
DEFINITION = re.compile(r"\*\*([A-Z]+-[0-9]+)\*\*")


def definitions(spec: Path) -> dict[str, list[str]]:
    found = collections.defaultdict(list)
    for page in sorted(spec.glob("*.md")):
        for rule in DEFINITION.findall(page.read_text(encoding="utf-8")):
            found[rule].append(page.name)
    return found


def citations(root: Path, prefixes: set[str]):
    # Only what begins like a rule of ours: "RFC-9421" and "P-256" are something else.
    citation = re.compile(r"\b((?:" + "|".join(sorted(prefixes)) + r")-[0-9]+)\b")
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                for rule in citation.findall(line):
                    yield f"{file.relative_to(root)}:{number}", rule


def offences(root: Path) -> list[str]:
    rules = definitions(root / "schema" / "spec")
    found = [f"{rule} is defined more than once: {', '.join(pages)}" for rule, pages in rules.items() if len(pages) > 1]
    prefixes = {rule.split("-")[0] for rule in rules}
    return found + [f"{place}: no page defines {rule}" for place, rule in citations(root, prefixes) if rule not in rules]


def self_test() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "schema" / "spec").mkdir(parents=True)
        (root / "libidentity").mkdir()
        (root / "schema" / "spec" / "page.md").write_text("**ABC-1** One.\n\n**ABC-2** Two.\n\n**ABC-2** Again.\n")
        (root / "libidentity" / "planted.cc").write_text("// ABC-1, ABC-3, P-256\n")
        found = offences(root)
        assert len(found) == 2 and "ABC-2" in found[0] and "ABC-3" in found[1], found


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    found = offences(Path(__file__).resolve().parents[2])
    print("\n".join(found) or "every rule that is cited is defined, once")
    sys.exit(1 if found else 0)
