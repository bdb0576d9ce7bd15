"""The administrator's commands on the data of a server that runs."""

import json
import subprocess

import pytest

from pdtest.formats import Identity
from pdtest.https import is_problem
from pdtest.jose import random_id
from pdtest.process import wait_until
from pdtest.world import binary

from conftest import UNLIMITED


@pytest.fixture
def server(world):
    server = world.server("example.org", *UNLIMITED)
    return server.start()


def newcomer() -> Identity:
    return Identity(f"n{random_id()[:12]}@example.org")


def keys(server) -> list:
    return server.site.get("/.well-known/pd").json["keys"]


def command(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([binary("pd-server"), *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_a_rotation_is_noticed_and_survives_a_restart(server):
    somebody = newcomer()
    assert server.register(somebody).status == 201
    before = keys(server)
    for count in (2, 3):
        rotated = json.loads(server.admin("domain-key", "rotate", "--json"))
        wait_until(lambda: len(keys(server)) == count, "the server uses the new key", alive=server.process)
        assert keys(server) == rotated["records"]
        assert keys(server)[: len(before)] == before
    answer = server.resolve(somebody.address)
    assert answer.status == 200
    assert answer.json["domain"]["keys"] == rotated["records"]
    assert server.stop() == 0
    server.start()
    assert keys(server) == rotated["records"]


def test_somebody_who_is_removed_is_gone_everywhere(server):
    somebody = newcomer()
    assert server.register(somebody).status == 201
    assert server.resolve(somebody.address).status == 200
    server.admin("user", "remove", somebody.address, "--yes")
    wait_until(lambda: server.resolve(somebody.address).status == 404, "the answer is dropped", alive=server.process)
    assert server.register(Identity(somebody.address)).problem == "name-tombstoned"


def test_reserved_names_come_and_go(server):
    newcome = newcomer()
    server.admin("user", "reserve", newcome.address)
    assert server.register(newcome).problem == "name-reserved"
    server.admin("user", "unreserve", newcome.address)
    assert server.register(newcome).status == 201


def test_an_invitation_admits_as_many_as_it_says(world):
    server = world.server("example.org", "--registration", "invite", *UNLIMITED).start()
    invite = json.loads(server.admin("invite", "create", "--uses", "2", "--json"))

    def register(identity, code):
        identity.create()
        return server.put(identity, identity.operations[-1], headers={"PD-Invite": code} if code else {})

    assert register(newcomer(), None).status == 403
    assert register(newcomer(), "a" * 26).problem == "invite-unknown"
    assert register(newcomer(), invite["code"]).status == 201
    assert register(newcomer(), invite["code"]).status == 201
    assert register(newcomer(), invite["code"]).problem == "invite-unknown"
    other = json.loads(server.admin("invite", "create", "--json"))
    server.admin("invite", "revoke", other["id"])
    assert register(newcomer(), other["code"]).problem == "invite-unknown"


def test_where_registration_is_closed_nobody_registers(world):
    server = world.server("example.org", "--registration", "closed", *UNLIMITED).start()
    is_problem(server.register(newcomer()), 403, "registration-closed")
    done = world.person("olivier@example.org").run("register", "olivier@example.org", status=6)
    assert done.stderr.startswith("pdctl: ") and "hint: " in done.stderr, done.stderr
    assert server.resolve("olivier@example.org").status == 404


def test_a_backup_brings_the_domain_back(world, server):
    people = [newcomer() for _ in range(3)]
    for identity in people:
        assert server.register(identity).status == 201
    server.admin("domain-key", "rotate")
    descriptor = server.site.get("/.well-known/pd").json
    backup = world.folder / "backup"
    server.admin("backup", str(backup))
    later = newcomer()
    assert server.register(later).status == 201
    assert server.stop() == 0

    server.data = world.folder / "restored"
    done = command("restore", backup, "--data", server.data)
    assert done.returncode == 0, done.stderr
    server.start()
    for identity in people:
        assert server.resolve(identity.address).json["operations"] == identity.operations
    assert server.resolve(later.address).status == 404
    wait_until(lambda: len(keys(server)) == 2, "the rotated key", alive=server.process)
    assert keys(server)[:1] == descriptor["keys"][:1]


def test_a_newer_schema_is_refused_at_the_start(server):
    import sqlite3

    server.stop()
    database = sqlite3.connect(server.data / "pd.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    done = command("run", "--domain", "example.org", "--data", server.data, "--listen", "127.0.0.1:0", "--behind-proxy")
    assert done.returncode == 1
    assert "has schema 99" in done.stderr and "newer pd-server" in done.stderr
