"""`pdctl doctor` against real servers with STUN: what it finds, what it says would help, and its exit status."""

import json

import pytest

from pdtest.world import World

from conftest import failed


@pytest.fixture(autouse=True)
def ask_no_router(monkeypatch):
    monkeypatch.setenv("PD_PORT_MAPPING", "off")  # that of whoever runs the tests


def examine(person, *arguments, status: int = 0) -> tuple[dict, dict]:
    """All of it, and the findings by their names."""
    shown = person.json("doctor", *arguments, status=status)
    return shown, {finding["name"]: finding for finding in shown["findings"]}


def test_where_all_is_well(member):
    shown, findings = examine(member())
    for name in ("server", "certificate", "descriptor", "clock", "identity", "STUN", "UDP"):
        assert findings[name]["grade"] == "good", findings[name]
        assert "help" not in findings[name]
    assert shown["server"]["ready"] and abs(shown["server"]["clock_ahead"]) <= 30
    assert shown["network"]["mapped_udp"][0].startswith("127.0.0.1:")
    assert shown["network"]["mapped_tcp"][0].startswith("127.0.0.1:")
    assert len(shown["network"]["stun"]) == 2


def test_people_see_a_line_for_each_finding_and_what_would_help(member):
    lines = member().run("doctor").stdout.splitlines()
    assert lines[0] == "  server          example.org answers and is ready"
    assert any(line.startswith("- port mapping") for line in lines), lines
    assert "                  help: unset PD_PORT_MAPPING" in lines


def test_somebody_who_listens(member):
    olivier, gordon = member(), member("blackmesa.us")
    gordon.listen()
    _, findings = examine(olivier, gordon.address)
    assert findings["directory"]["grade"] == "good"
    assert findings["path"]["grade"] == "good" and findings["path"]["found"].startswith("published endpoint, 127.0.0.1:")


def test_somebody_who_does_not(member):
    olivier, gordon = member(), member("blackmesa.us")
    _, findings = examine(olivier, gordon.address, status=5)
    assert findings["directory"]["grade"] == "good"
    assert findings["path"]["grade"] == "bad"


def test_nobody_of_that_name(member):
    _, findings = examine(member(), "nobody@blackmesa.us", status=3)
    assert findings["directory"]["grade"] == "bad"


def test_without_an_account_the_domain_of_whom_to_reach_is_asked(newcomer, member):
    gordon = member("blackmesa.us")
    shown, findings = examine(newcomer(), gordon.address)
    assert shown["server"]["domain"] == "blackmesa.us"
    assert findings["directory"]["grade"] == "good" and "path" not in findings


def test_without_an_account_and_an_address_there_is_nothing_to_ask(newcomer):
    assert "pdctl register" in failed(newcomer(), "doctor", status=1)


def test_a_server_that_is_gone(tmp_path):
    world = World(tmp_path)
    try:
        server = world.server("example.org").start()
        olivier = world.person("olivier@example.org").register()
        assert server.stop() == 0
        shown, findings = examine(olivier, status=5)
        assert findings["server"]["grade"] == "bad" and findings["server"]["help"]
        assert shown["network"]["stun"], "those that were named are asked all the same"
        assert "no answer" in findings["STUN"]["found"] and "UDP" not in findings
    finally:
        world.close()
