"""The program that runs the vectors, given vectors that must not pass: what nobody reads or nobody defines is a failure."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCHEMA = Path(os.environ["PD_SOURCE"]) / "schema"
PROGRAM = Path(os.environ["PD_BIN"]) / "test_vectors"
GENUINE = "vectors/statement/expired.json"  # refused, under a rule


@pytest.fixture
def schema(tmp_path):
    return Path(shutil.copytree(SCHEMA, tmp_path / "schema"))


def run(schema) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, schema], capture_output=True, text=True, timeout=100)


def fails(schema, why: str) -> None:
    done = run(schema)
    assert done.returncode == 1, done.stdout[-2000:]
    assert why in done.stdout.replace('\\"', '"'), done.stdout[-2000:]
    assert " 1 FAILED TEST\n" in done.stdout, "the planted one and no other"


def test_the_vectors_as_they_are_pass(schema):
    done = run(schema)
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_kind_that_nobody_reads(schema):
    (schema / "vectors" / "horoscope").mkdir()
    shutil.copy(schema / GENUINE, schema / "vectors" / "horoscope" / "planted.json")
    fails(schema, 'nobody reads vectors of the kind "horoscope"')


def test_a_vector_beside_the_kinds(schema):
    shutil.copy(schema / GENUINE, schema / "vectors" / "planted.json")
    fails(schema, 'nobody reads vectors of the kind ""')


@pytest.mark.parametrize("name", ["planted.jsn", "planted", "expired.json.orig"])
def test_a_file_of_another_name(schema, name):
    shutil.copy(schema / GENUINE, schema / "vectors" / "statement" / name)
    fails(schema, "not a .json file")


@pytest.mark.parametrize(
    "change, why",
    [
        ({"rule": "STMT-" + "99"}, "no page of schema/spec defines its rule"),  # in two parts, since check_rules.py reads this file too
        ({"rule": "STMT-7"}, "refused under STMT-8"),
        ({"more": 1}, "members that nobody reads"),
        ({"rule": None}, 'not one of "output" and "rule"'),
        ({"about": None}, 'no "about"'),
    ],
    ids=["unknown rule", "another rule", "another member", "no rule", "no about"],
)
def test_a_vector_that_says_something_else(schema, change, why):
    file = schema / GENUINE
    content = json.loads(file.read_text()) | change
    file.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
    fails(schema, why)


def test_a_page_that_is_not_in_the_index(schema):
    (schema / "spec" / "planted.md").write_text("# Planted\n")
    fails(schema, "README.md does not name")
