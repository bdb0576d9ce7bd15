import pytest

import namespaces
from pdtest.world import World

WHY_NOT = namespaces.missing()


def pytest_collection_modifyitems(items):
    if WHY_NOT:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=WHY_NOT))


def pytest_terminal_summary(terminalreporter):
    if WHY_NOT:
        terminalreporter.write_line(f"no NAT lab here: {WHY_NOT}")


@pytest.fixture
def world(tmp_path):
    """For servers and people with a place in a lab."""
    world = World(tmp_path)
    yield world
    world.close()
