"""With --json every command prints JSON and nothing else: one object, or for a conversation one a line."""

import json
import signal

import pytest

from pdtest.agent import published, start_agent
from pdtest.process import PATIENCE, wait_until
from test_help import COMMANDS


def one_object(done) -> dict:
    assert done.stdout.endswith("\n") and done.stdout.count("\n") == 1, done.stdout
    shown = json.loads(done.stdout)
    assert isinstance(shown, dict), shown
    return shown


class Scene:
    """Olivier and gordon, who have met; `other` is olivier on another machine."""

    def __init__(self, town, newcomer, folder):
        self.newcomer = newcomer
        self.folder = folder
        self.olivier, self.gordon = newcomer(), newcomer("blackmesa.us")
        self.olivier.run("register", self.olivier.address, "--recovery-file", folder / "words", "--device", "laptop")
        self.gordon.register()
        self.olivier.run("lookup", self.gordon.address)
        self.other = town.person(self.olivier.address, f"{self.olivier.address}-other")

    def olivier_says(self, *arguments, **options) -> dict:
        return one_object(self.olivier.run("--json", *arguments, **options))

    def register(self):
        someone = self.newcomer()
        shown = one_object(someone.run("--json", "register", someone.address))
        assert shown["address"] == someone.address and len(shown["recovery_words"].split()) == 24

    def lookup(self):
        assert self.olivier_says("lookup", self.gordon.address)["address"] == self.gordon.address

    def listen(self):
        process = self.gordon.start("--json", "listen", "--bind", "127.0.0.1", "--accept", "anyone")
        process.wait_line("listening")
        self.olivier.run("chat", self.gordon.address, input="hello\n")
        process.wait_line("disconnected")
        assert process.stop() == 0
        assert {json.loads(line)["event"] for line in process.drain()} >= {"listening", "connected", "message", "disconnected"}

    def chat(self):
        done = self.olivier.run("--json", "chat", self.gordon.address, "--wait", "1", input="hello\n", status=5)
        assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["calling"], done.stdout

    def send(self):
        (self.folder / "a").write_text("x")
        options = ("--accept", "anyone", "--accept-files", "anyone", "--downloads", self.folder / "downloads")
        process = self.gordon.start("--json", "listen", "--bind", "127.0.0.1", *options)
        process.wait_line("listening")
        done = self.olivier.run("--json", "send", self.gordon.address, self.folder / "a")
        assert "sent" in [json.loads(line)["event"] for line in done.stdout.splitlines()], done.stdout
        process.wait_line("files_received")
        assert process.stop() == 0

    def pipe(self):
        """Its output is what the other side has put in; what is said about it goes to standard error."""
        process = self.gordon.start("--json", "pipe", "--listen", "--bind", "127.0.0.1", self.olivier.address)
        wait_until(lambda: '"listening"' in process.errors(), "it listens", alive=process)
        process.write("answer")
        process.close_input()
        done = self.olivier.run("--json", "pipe", self.gordon.address, input="question\n")
        assert (done.stdout, process.drain()) == ("answer\n", ["question"])
        assert "connected" in [json.loads(line)["event"] for line in done.stderr.splitlines()], done.stderr

    def agent(self):
        process = start_agent(self.olivier)
        assert process.stop() == 0 and process.drain() == [], "what it says of itself goes to standard error"

    def agent_status(self):
        process = start_agent(self.olivier)
        assert self.olivier_says("agent", "status")["pid"] == process.child.pid
        assert process.stop() == 0

    def agent_stop(self):
        process = start_agent(self.olivier)
        assert self.olivier_says("agent", "stop") == {"stopped": True}
        assert process.child.wait(PATIENCE) == 0

    def offered(self):
        """Gordon offers something to the agent of Olivier: agent, sender, and what the agent says of it."""
        (self.folder / "a").write_text("x")
        process = start_agent(self.olivier, "--accept", "anyone", "--downloads", self.folder / "downloads")
        published(self.olivier)
        sender = self.gordon.start("--json", "send", self.olivier.address, self.folder / "a")
        wait_until(lambda: self.olivier_says("agent", "files")["files"], "it is offered", alive=sender)
        listed, = self.olivier_says("agent", "files")["files"]
        return process, sender, listed

    def agent_files(self):
        process, sender, listed = self.offered()
        assert (listed["with"], listed["state"], listed["names"]) == (self.gordon.address, "offered", ["a"])
        assert sender.stop() == 1 and process.stop() == 0

    def agent_accept(self):
        process, sender, listed = self.offered()
        taken = self.olivier_says("agent", "accept", self.gordon.address, "--into", self.folder / "there")
        assert (taken["number"], taken["folder"]) == (listed["number"], str(self.folder / "there"))
        assert sender.child.wait(PATIENCE) == 0 and process.stop() == 0

    def agent_decline(self):
        process, sender, listed = self.offered()
        number = str(listed["number"])
        assert self.olivier_says("agent", "decline", number) == {"declined": number}
        assert sender.child.wait(PATIENCE) == 6 and process.stop() == 0

    def agent_cancel(self):
        process, sender, listed = self.offered()
        number = str(listed["number"])
        sender.child.send_signal(signal.SIGSTOP)  # so that nothing comes before it is cancelled
        self.olivier_says("agent", "accept", number)
        assert self.olivier_says("agent", "cancel", number) == {"cancelled": number}
        sender.child.send_signal(signal.SIGCONT)
        assert sender.child.wait(PATIENCE) == 1 and process.stop() == 0

    def verify(self):
        assert self.olivier_says("verify", self.gordon.address)["safety_number"]

    def contacts(self):
        assert [each["address"] for each in self.olivier_says("contacts")["contacts"]] == [self.gordon.address]

    def contacts_list(self):
        assert self.olivier_says("contacts", "list") == self.olivier_says("contacts")

    def contacts_name(self):
        assert self.olivier_says("contacts", "name", self.gordon.address, "Gordon")["name"] == "Gordon"

    def contacts_remove(self):
        assert self.olivier_says("contacts", "remove", self.gordon.address) == {"removed": self.gordon.address}
        assert self.olivier_says("contacts")["contacts"] == []

    def contacts_requests(self):
        assert self.olivier_says("contacts", "requests") == {"requests": []}

    def contacts_accept(self):
        assert self.olivier_says("contacts", "accept", self.gordon.address) == {"accepted": self.gordon.address}
        assert self.olivier_says("contacts")["contacts"][0]["decision"] == "accepted"

    def contacts_decline(self):
        process = self.olivier.start("--json", "listen", "--bind", "127.0.0.1")
        process.wait_line("listening")
        self.gordon.run("chat", self.olivier.address, "--wait", "1", input="hello\n", status=5)
        assert json.loads(process.wait_line('"asked"'))["peer"] == self.gordon.address
        assert process.stop() == 0
        request = self.olivier_says("contacts", "requests")["requests"][0]
        assert (request["address"], request["confirmed"]) == (self.gordon.address, True)
        assert self.olivier_says("contacts", "decline", self.gordon.address) == {"declined": self.gordon.address}
        assert self.olivier_says("contacts", "requests") == {"requests": []}

    def contacts_block(self):
        assert self.olivier_says("contacts", "block", self.gordon.address) == {"blocked": self.gordon.address}
        assert self.olivier_says("contacts", "block") == {"block_list": [self.gordon.address]}

    def contacts_unblock(self):
        self.contacts_block()
        assert self.olivier_says("contacts", "unblock", self.gordon.address) == {"unblocked": self.gordon.address}
        assert self.olivier_says("contacts", "block") == {"block_list": []}

    def contacts_policy(self):
        assert self.olivier_says("contacts", "policy") == {"policy": "ask"}
        assert self.olivier_says("contacts", "policy", "contacts") == {"policy": "contacts"}
        assert self.olivier_says("contacts", "policy") == {"policy": "contacts"}

    def whoami(self):
        assert self.olivier_says("whoami")["directory"]["state"] == "active"

    def devices(self):
        assert [each["name"] for each in self.olivier_says("devices")["devices"]] == ["laptop"]

    def devices_list(self):
        assert self.olivier_says("devices", "list") == self.olivier_says("devices")

    def devices_request(self):
        done = self.other.run("--json", "devices", "request", self.olivier.address)
        assert one_object(done)["kty"] == "OKP"

    def devices_add(self):
        (self.folder / "key").write_text(self.other.run("--json", "devices", "request", self.olivier.address).stdout)
        shown = self.olivier_says("devices", "add", "phone", self.folder / "key")
        assert [each["name"] for each in shown["devices"]] == ["laptop", "phone"]

    def devices_remove(self):
        self.devices_add()
        shown = self.olivier_says("devices", "remove", "phone")
        assert [each["name"] for each in shown["devices"]] == ["laptop"]

    def rotate(self):
        before = self.olivier_says("whoami")["directory"]["identity_key"]
        assert self.olivier_says("rotate")["identity_key"] != before

    def recover(self):
        done = self.other.run("--json", "recover", self.olivier.address, "--words-file", self.folder / "words")
        assert len(one_object(done)["recovery_words"].split()) == 24

    def revoke(self):
        assert self.olivier_says("revoke", "--yes")["state"] == "revoked"

    def move(self):
        shown = self.olivier_says("move", self.gordon.address, "--yes")
        assert (shown["state"], shown["moved_to"]) == ("moved", self.gordon.address)

    def trust(self):
        assert {each["domain"] for each in self.olivier_says("trust")["domains"]} == {"example.org", "blackmesa.us"}

    def trust_list(self):
        assert self.olivier_says("trust", "list") == self.olivier_says("trust")

    def trust_reset(self):
        assert self.olivier_says("trust", "reset", self.gordon.address) == {"reset": self.gordon.address}
        assert self.olivier_says("trust", "reset", "blackmesa.us") == {"reset": "blackmesa.us"}

    def export(self):
        for form in ("ssh", "git", "age"):
            assert len(self.olivier_says("export", form, self.gordon.address)["lines"]) == 1
        assert self.olivier_says("export", "jwk", self.gordon.address)["keys"]

    def doctor(self):
        shown = self.olivier_says("doctor")
        assert shown["server"]["ready"] and shown["findings"][0]["grade"] == "good"

    def completion(self):
        for shell in ("bash", "zsh", "fish"):
            shown = self.olivier_says("completion", shell)
            assert shown == {"shell": shell, "script": self.olivier.run("completion", shell).stdout}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_prints_json(town, newcomer, tmp_path, path):
    getattr(Scene(town, newcomer, tmp_path), "_".join(path))()


@pytest.mark.parametrize("path", [("lookup", "nobody@example.org"), ("whoami",), ("trust", "reset", "nobody@example.org")], ids=" ".join)
def test_a_failure_prints_no_json(newcomer, path):
    done = newcomer().run("--json", *path, status=None)
    assert done.returncode != 0 and done.stdout == "" and done.stderr.startswith("pdctl: "), done
