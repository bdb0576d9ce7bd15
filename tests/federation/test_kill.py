"""kill -9 under load: what was acknowledged is there after the restart, and nothing is half there."""

import json
import os
import random
import signal
import sqlite3
import threading

from pdtest.formats import Identity
from pdtest.process import PATIENCE

from conftest import UNLIMITED

KILLS = int(os.environ.get("PD_KILLS", "100"))
WRITERS = 4


class Person:
    """Somebody, and how many of their operations were acknowledged; one more may have been accepted."""

    def __init__(self, address: str):
        self.identity = Identity(address)
        self.sure = 0

    @property
    def unsure(self) -> bool:
        return len(self.identity.operations) > self.sure


class Writer(threading.Thread):
    """Registers people, and updates each once, until its server dies. What is no such end is a failure."""

    def __init__(self, server, prefix: str, progress: threading.Semaphore, invite: str | None = None):
        super().__init__()
        self.server = server
        self.prefix = prefix
        self.headers = {"PD-Invite": invite} if invite else {}
        self.people: list[Person] = []
        self.failures: list[str] = []
        self.progress = progress
        self.killed = False  # set before the server is

    def run(self):
        n = 0
        while self._write(n):
            n += 1

    def _write(self, n: int) -> bool:
        person = Person(f"{self.prefix}n{n}@{self.server.domain}")
        self.people.append(person)
        person.identity.create()
        if not self._acknowledged(person, 201):
            return False
        person.identity.update()
        return self._acknowledged(person, 200)

    def _acknowledged(self, person: Person, status: int) -> bool:
        try:
            answer = self.server.put(person.identity, person.identity.operations[-1], headers=self.headers)
        except Exception as error:  # no answer, or half of one
            if not self.killed:
                self.failures.append(f"{person.identity.address}: {error!r}")
            return False
        if answer.status != status:
            self.failures.append(f"{person.identity.address}: {answer}")
            return False
        person.sure += 1
        self.progress.release()
        return True


def round_of_writing(server, prefix: str, writes: int, invite: str | None = None) -> list[Person]:
    """Everybody who was written until the server was killed after so many acknowledgements."""
    progress = threading.Semaphore(0)
    writers = [Writer(server, f"{prefix}w{n}", progress, invite) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(writes):
        assert progress.acquire(timeout=PATIENCE), server.log()[-2000:]
    for writer in writers:
        writer.killed = True
    server.stop(signal.SIGKILL)
    for writer in writers:
        writer.join()
    assert not [failure for writer in writers for failure in writer.failures]
    return [person for writer in writers for person in writer.people]


def stored(server, person: Person) -> int:
    """How many operations are stored: those that were acknowledged, or with them the one that may have been."""
    answer = server.resolve(person.identity.address)
    count = len(answer.json["operations"])
    assert answer.status == (200 if count else 404), answer
    assert count in (person.sure, len(person.identity.operations)), (person.identity.address, person.sure, answer)
    assert answer.json["operations"] == person.identity.operations[:count]
    return count


def settle(server, person: Person, headers: dict | None = None) -> None:
    """Whoever got no answer sends the same again, and succeeds whether it had been accepted or not (REG-8, REG-9)."""
    before = stored(server, person)
    answer = server.put(person.identity, person.identity.operations[-1], headers=headers or {})
    expected = 201 if before == 0 else 200
    assert answer.status == expected, (person.identity.address, before, answer)
    person.sure = len(person.identity.operations)


def is_sound(server) -> None:
    database = sqlite3.connect(f"file:{server.data / 'pd.db'}?mode=ro", uri=True)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        database.close()


def test_what_was_acknowledged_survives(world):
    choose = random.Random(1)
    server = world.server("example.org", *UNLIMITED)
    server.start()
    everybody: list[Person] = []
    settled = 0
    for number in range(KILLS):
        people = round_of_writing(server, f"r{number}", choose.randint(1, 20))
        if number % 10 == 0:
            is_sound(server)  # as it was left behind: the log of the killed process is replayed by whoever opens it
        server.start()
        for person in people:
            if person.unsure:
                settle(server, person)
                settled += 1
        everybody += people
    acknowledged = sum(person.sure for person in everybody)
    assert acknowledged >= KILLS
    for person in everybody:
        assert stored(server, person) == person.sure
    assert server.stop() == 0
    is_sound(server)
    print(f"{KILLS} kills, {acknowledged} acknowledged and all there, {settled} unsure and none half there")


def test_invitations_are_spent_exactly_once(world):
    """REG-7: a registration and the use of its invitation survive together, or neither does."""
    choose = random.Random(2)
    uses = 10_000
    server = world.server("example.org", *UNLIMITED, "--registration", "invite").start()
    code = json.loads(server.admin("invite", "create", "--uses", str(uses), "--json"))["code"]
    everybody: list[Person] = []
    for number in range(max(1, KILLS // 10)):
        everybody += round_of_writing(server, f"r{number}", choose.randint(1, 20), code)
        server.start()
    for person in everybody:
        if person.unsure and person.sure == 0:
            settle(server, person, {"PD-Invite": code})
    assert server.stop() == 0
    is_sound(server)
    with sqlite3.connect(server.data / "pd.db") as database:
        (left,) = database.execute("SELECT uses FROM invite").fetchone()
        (registered,) = database.execute("SELECT count(*) FROM name WHERE state = 'taken'").fetchone()
    assert uses - left == registered == len(everybody)
