"""kill -9 under load: what was acknowledged is there after the restart, and nothing is half there."""

import os
import random
import signal
import threading

from pdtest.formats import Identity
from pdtest.jose import jws_hash
from pdtest.process import PATIENCE

from conftest import UNLIMITED

KILLS = int(os.environ.get("PD_KILLS", "100"))
WRITERS = 4


class Writer(threading.Thread):
    """Registers people, and updates them, until its server dies."""

    def __init__(self, server, round_number: int, number: int, progress: threading.Semaphore):
        super().__init__()
        self.server = server
        self.prefix = f"r{round_number}w{number}n"
        self.acknowledged: list[Identity] = []
        self.unsure: list[Identity] = []
        self.progress = progress

    def run(self):
        for n in range(10_000):
            identity = Identity(f"{self.prefix}{n}@{self.server.domain}")
            identity.create()
            try:
                answer = self.server.put(identity, identity.operations[-1])
            except OSError:
                self.unsure.append(identity)
                return
            except Exception:  # half an answer
                self.unsure.append(identity)
                return
            assert answer.status == 201, answer
            self.acknowledged.append(identity)
            self.progress.release()


def test_what_was_acknowledged_survives(world):
    choose = random.Random(1)
    server = world.server("example.org", *UNLIMITED)
    server.start()
    acknowledged, unsure = [], []
    for round_number in range(KILLS):
        progress = threading.Semaphore(0)
        writers = [Writer(server, round_number, n, progress) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(choose.randint(1, 20)):
            assert progress.acquire(timeout=PATIENCE), server.log()[-2000:]
        server.stop(signal.SIGKILL)
        for writer in writers:
            writer.join()
            acknowledged += writer.acknowledged
            unsure += writer.unsure
        server.start()
        for identity in writers[0].acknowledged + writers[-1].acknowledged:
            assert server.resolve(identity.address).json["operations"] == identity.operations
    assert len(acknowledged) >= KILLS
    for identity in acknowledged:
        answer = server.resolve(identity.address)
        assert answer.status == 200, (identity.address, answer)
        assert [jws_hash(operation) for operation in answer.json["operations"]] == [identity.head]
    for identity in unsure:
        answer = server.resolve(identity.address)
        assert answer.status in (200, 404), (identity.address, answer)
        assert answer.json["operations"] == (identity.operations if answer.status == 200 else [])
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged and all there, {len(unsure)} unsure and none half there")
