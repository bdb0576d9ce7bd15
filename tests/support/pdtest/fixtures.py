"""Fixtures that several folders of tests share: imported by their conftest.py."""

import pytest

from .fake_domain import FakeDomain
from .world import World

# Generous, so that tests about something else never meet a limit.
UNLIMITED = [
    "--rate-address", "100000:100000",
    "--rate-registration", "100000:100000",
    "--rate-account", "100000:100000",
    "--rate-domain", "100000:100000",
]


@pytest.fixture
def world(tmp_path):
    """An empty world; the test adds servers and starts them."""
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def blackmesa(world):
    return FakeDomain(world, "blackmesa.us")


@pytest.fixture
def gordon(blackmesa):
    return blackmesa.person("gordon")
