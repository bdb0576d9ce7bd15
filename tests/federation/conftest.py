import pytest

from pdtest.world import World

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


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Four servers of four domains, up for a whole file of tests."""
    world = World(tmp_path_factory.mktemp("four"))
    for domain in ("example.org", "blackmesa.us", "example.net", "example.com"):
        world.server(domain, *UNLIMITED)
    world.start()
    yield world
    world.close()
