import itertools
import shutil
import tempfile
from pathlib import Path

import pytest

from pdtest.callers import Stranger
from pdtest.fixtures import UNLIMITED, blackmesa, gordon, world
from pdtest.world import World


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Four servers of four domains, up for a whole file of tests."""
    world = World(tmp_path_factory.mktemp("four"))
    for domain in ("example.org", "blackmesa.us", "example.net", "example.com"):
        world.server(domain, *UNLIMITED)
    world.start()
    yield world
    world.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Two servers of two domains, up for a whole file of tests, which ask each other again for every answer."""
    world = World(tmp_path_factory.mktemp("town"))
    for domain in ("example.org", "blackmesa.us"):
        world.server(domain, *UNLIMITED, "--answer-fresh", "0")
    world.start()
    yield world
    world.close()


@pytest.fixture
def runtime_dir(monkeypatch):
    """A short place for sockets: pytest's own folders have long names."""
    folder = tempfile.mkdtemp(prefix="pd-", dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    yield Path(folder)
    shutil.rmtree(folder)


NUMBERS = itertools.count()


@pytest.fixture
def person(town):
    """Somebody of the town whose name no other test has."""
    return lambda name, domain: town.person(f"{name}{next(NUMBERS)}@{domain}").register()


@pytest.fixture
def pair(four):
    """Two of the four domains whose names no other test has."""
    return tuple(four.person(f"one{next(NUMBERS)}@{domain}").register() for domain in ("example.org", "blackmesa.us"))


@pytest.fixture
def stranger(town):
    """Somebody of example.org who writes their own signals."""
    made = []

    def make(**options) -> Stranger:
        made.append(Stranger(town.servers["example.org"], **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
