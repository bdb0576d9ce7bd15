import itertools
import os

import pytest

from pdtest import fixtures
from pdtest.fixtures import blackmesa, gordon, world
from pdtest.terminal import Terminal
from pdtest.world import World

# What changed is seen at once by the other domain.
UNLIMITED = [*fixtures.UNLIMITED, "--answer-fresh", "0"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Two servers of two domains, up for a whole file of tests."""
    world = World(tmp_path_factory.mktemp("town"))
    for domain in ("example.org", "blackmesa.us"):
        world.server(domain, *UNLIMITED)
    world.start()
    yield world
    world.close()


@pytest.fixture(scope="module")
def _numbers():
    return itertools.count()


@pytest.fixture
def newcomer(town, _numbers):
    """Somebody with a name of their own who has not registered yet."""
    return lambda domain="example.org": town.person(f"person{next(_numbers)}@{domain}")


@pytest.fixture
def member(newcomer):
    """Somebody who is registered."""
    return lambda domain="example.org": newcomer(domain).register()


@pytest.fixture
def terminal():
    opened = []

    def start(person, *arguments):
        opened.append(Terminal(person.command(*arguments)))
        return opened[-1]

    yield start
    for each in opened:
        os.close(each.master)


def failed(person, *arguments, status, **options):
    """Runs a command that must fail with that status, in the form that every failure has; returns what it said."""
    done = person.run(*arguments, status=status, **options)
    assert done.stderr.splitlines()[-1].startswith(("pdctl: ", "hint: ")), done.stderr
    assert any(line.startswith("pdctl: ") for line in done.stderr.splitlines()), done.stderr
    assert done.stdout == "", done.stdout
    return done.stderr
