#!/usr/bin/env python3
"""Refuses co_await in a condition, `if (co_await ready())`, and inside braces, `Found{co_await look()}`.

g++ 12 lays such a coroutine's frame out wrongly when what is awaited has a destructor, as an awaitable has: the program
compiles and crashes when it runs. A variable helps: `if (const bool is_ready = co_await ready())`, or a line of its own.

With --self-test it first must find the planted ones.
"""

import re
import sys
from pathlib import Path

CONDITION = re.compile(r"\b(if|while|switch|for)\s*(?:constexpr\s*)?\(")
BRACES = re.compile(r"[\w>]\{[^;{}]*\bco_await\b[^;]*\}")
DECLARATION = re.compile(r"^\s*(const\s+)?[\w:<>,\s]+[&*\s]+(\w+|\[[^\]]*\])\s*=[^=]")

BAD = ["if (co_await a()) {}", "while (!co_await a()) {}", "switch (co_await a()) {}", "if (x && co_await a()) {}",
       "for (; co_await a();) {}", "if (int x = 1; co_await a() == x) {}", "do {} while (co_await a());",
       "co_return Found{co_await a(), 1};", "f(X{1, co_await a()});"]
GOOD = ["if (const bool ok = co_await a()) {}", "while (auto x = co_await a()) {}", "for (auto& x : co_await a()) {}",
        "if (auto [e] = co_await a(); e) {}", "if (x) co_await a();", "for (int i = co_await a(); i < 3;) {}"]


def inside(text: str, start: int) -> str:
    """What stands between the parenthesis that opens just before `start` and its partner."""
    depth = 1
    for end in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    return text[start:]


def condition(word: str, text: str) -> str:
    parts = text.split(";")
    if word == "for":
        return parts[1] if len(parts) == 3 else ""
    return parts[-1]


def offences(text: str) -> list[int]:
    text = re.sub(r"//[^\n]*", "", text)
    found = []
    for match in CONDITION.finditer(text):
        checked = condition(match[1], inside(text, match.end()))
        if "co_await" in checked and not DECLARATION.match(checked):
            found.append(text.count("\n", 0, match.start()) + 1)
    found += [text.count("\n", 0, match.start()) + 1 for match in BRACES.finditer(text)]
    return found


def main() -> int:
    if "--self-test" in sys.argv:
        assert all(offences(line) for line in BAD), "a planted co_await was not found"
        assert not any(offences(line) for line in GOOD), "a harmless co_await was refused"
    root = Path(__file__).resolve().parents[2]
    found = [f"{path.relative_to(root)}:{line}: co_await in a condition or inside braces"
             for top in ("pd-server", "pd-client", "tests") for path in sorted((root / top).rglob("*"))
             if path.suffix in (".h", ".cc") for line in offences(path.read_text())]
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
