"""The life of a pd-server process: how it starts, what it reads again, how its keeper changes things under it, how it ends."""

import json
import signal
import socket
import sqlite3
import ssl
import subprocess

import pytest

from pdtest.formats import Identity
from pdtest.https import is_problem
from pdtest.jose import payload_of
from pdtest.process import wait_until
from pdtest.world import binary

from conftest import UNLIMITED


@pytest.fixture
def server(world):
    return world.server("example.org", *UNLIMITED).start()


def serial(server) -> str:
    with server.site.socket() as connection:
        return connection.getpeercert()["serialNumber"]


def ask(connection: ssl.SSLSocket, target: str) -> bytes:
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode())
    return connection.recv(65536)


def run(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([binary("pd-server"), *map(str, arguments)], capture_output=True, text=True, timeout=30)


# --- start ------------------------------------------------------------------------------------------------------


def test_without_a_certificate_it_says_what_to_do(tmp_path):
    done = run("run", "--domain", "example.org", "--data", tmp_path / "data", "--listen", "127.0.0.1:0")
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("pd-server: ") and "--tls-cert" in done.stderr and "hint: " in done.stderr


def test_a_port_in_use_is_an_error(world, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        certificate, key = world.authority.issue("example.org")
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        options = ("--listen", address, "--tls-cert", certificate, "--tls-key", key, "--data", tmp_path / "data")
        done = run("run", "--domain", "example.org", *options)
    assert done.returncode == 1 and address in done.stderr and "hint: " in done.stderr


def test_a_second_server_on_the_same_data_is_refused(server, world):
    certificate, key = world.authority.issue("example.org")
    options = ("--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key, "--data", server.data)
    done = run("run", "--domain", "example.org", *options)
    assert done.returncode == 1 and str(server.data) in done.stderr and "--data" in done.stderr.split("hint: ")[1]
    server.admin("user", "list")  # the keeper may still look
    assert server.site.get("/readyz").status == 200


def test_a_policy_that_is_none_is_an_error(world):
    server = world.server("example.org", policy="default perhaps\n")
    with pytest.raises(AssertionError, match="status 1"):
        server.start()
    assert "line 1" in server.log()
    server.process.stop()
    server.process = None


def test_what_run_would_refuse_is_refused_before_and_leaves_nothing_behind(world, tmp_path):
    certificate, key = world.authority.issue("example.org")
    _, other_key = world.authority.issue("example.net")
    policy = tmp_path / "policy"
    policy.write_text("allow everybody\n")
    absent = tmp_path / "absent"
    for options, words in [
        (("--tls-cert", absent, "--tls-key", key), f"{absent}: No such file or directory"),
        (("--tls-cert", certificate, "--tls-key", absent), f"{absent}: No such file or directory"),
        (("--tls-cert", certificate, "--tls-key", other_key), "is not that of"),
        (("--tls-cert", certificate, "--tls-key", key, "--policy", policy), f"{policy}: line 1"),
        (("--tls-cert", certificate, "--tls-key", key, "--ca-file", absent), str(absent)),
        (("--tls-cert", certificate, "--tls-key", key, "--ca-file", policy), str(policy)),
    ]:
        arguments = ("--domain", "example.org", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", *options)
        for command in (("config", "check"), ("run",)):
            done = run(*command, *arguments)
            assert done.returncode == 1 and words in done.stderr and "hint: " in done.stderr, (command, done.stderr)
        assert not (tmp_path / "data").exists()


def test_a_certificate_of_another_domain_is_a_warning(world, tmp_path):
    certificate, key = world.authority.issue("blackmesa.us")
    options = ("--domain", "example.org", "--data", tmp_path / "data", "--tls-cert", certificate, "--tls-key", key)
    done = run("config", "check", *options)
    assert done.returncode == 0 and "is not for example.org" in done.stderr
    elsewhere = run("config", "check", *options, "--api-url", "https://pd.blackmesa.us")
    assert elsewhere.returncode == 0 and elsewhere.stderr == ""


def test_the_ready_file_says_where_it_listens(world, tmp_path):
    certificate, key = world.authority.issue("example.org")
    ready = tmp_path / "ready"
    command = ["run", "--domain", "example.org", "--data", tmp_path / "data", "--listen", "127.0.0.1:0"]
    command += ["--listen", "[::1]:0", "--tls-cert", certificate, "--tls-key", key, "--ready-file", ready]
    child = subprocess.Popen([binary("pd-server"), *map(str, command)], stderr=subprocess.DEVNULL)
    try:
        wait_until(ready.exists, "it is ready", alive=child)
        addresses = ready.read_text().splitlines()
        assert len(addresses) == 2
        for address in addresses:
            host, port = address.rsplit(":", 1)
            socket.create_connection((host.strip("[]"), int(port))).close()
    finally:
        child.terminate()
        assert child.wait(30) == 0


# --- reload -----------------------------------------------------------------------------------------------------


def test_certificates_are_read_again_and_no_connection_is_dropped(world, server):
    before = serial(server)
    old = server.site.socket()
    assert b"200 OK" in ask(old, "/healthz")
    world.authority.issue("example.org")
    server.reload()
    wait_until(lambda: serial(server) != before, "the new certificate is served", alive=server.process)
    assert b"200 OK" in ask(old, "/healthz")
    old.close()


def test_a_broken_certificate_leaves_the_old_one(server):
    before = serial(server)
    server.certificate.write_text("this is no certificate\n")
    server.reload()
    wait_until(lambda: "not reloaded" in server.log(), "it says so", alive=server.process)
    assert serial(server) == before


def test_a_broken_policy_leaves_the_old_certificate_too(world):
    server = world.server("example.org", *UNLIMITED, policy="default allow\n").start()
    before = serial(server)
    world.authority.issue("example.org")
    server.policy.write_text("default perhaps\n")
    server.reload()
    wait_until(lambda: "not reloaded" in server.log(), "it says so", alive=server.process)
    assert serial(server) == before
    server.policy.write_text("default allow\n")
    server.reload()
    wait_until(lambda: serial(server) != before, "both are in force", alive=server.process)


# --- what it says of itself --------------------------------------------------------------------------------------


def test_readiness_is_a_real_write(server):
    """DOM-3: somebody else holds the database's write lock; the process lives and is not ready."""
    assert server.site.get("/readyz").status == 200
    outside = sqlite3.connect(server.data / "pd.db", isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    wait_until(lambda: server.site.get("/readyz").status == 503, "it is not ready", alive=server.process)
    assert server.site.get("/healthz").status == 200
    outside.execute("ROLLBACK")
    outside.close()
    wait_until(lambda: server.site.get("/readyz").status == 200, "it is ready again", alive=server.process)


def test_the_metrics_are_openmetrics(server):
    answer = server.figures()
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.body.endswith(b"\n# EOF\n") and answer.body.count(b"# EOF") == 1


def test_the_metrics_are_the_operators_alone(server):
    """DOM-4: on the public port they are a path that there is not, also for who comes from this very machine."""
    shown = server.site.get("/metrics")
    is_problem(shown, 404, "not-found")
    assert shown.body == server.site.get("/nothing").body
    assert b"pd_event_streams" in server.figures().body


def test_the_log_as_json(world):
    server = world.server("example.org", *UNLIMITED, "--log-format", "json", "--log-level", "debug").start()
    server.site.raw(b"\xff\xfe garbage\r\n\r\n")
    server.resolve("nobody@blackmesa.us")
    server.reload()
    wait_until(lambda: "reload" in server.log(), "it has read everything again", alive=server.process)
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert len(lines) >= 3 and all(isinstance(line, dict) for line in lines)


def test_the_printed_configuration_is_one(world, tmp_path):
    certificate, key = world.authority.issue("example.org")
    options = ["--domain", "example.org", "--data", tmp_path / "data", "--listen", "127.0.0.1:0"]
    options += ["--tls-cert", certificate, "--tls-key", key, "--rate-domain", "7:9"]
    printed = run("run", *options, "--print-config")
    assert printed.returncode == 0, printed.stderr
    file = tmp_path / "pd-server.toml"
    file.write_text(printed.stdout)
    again = run("run", "--config", file, "--print-config")
    assert (again.returncode, again.stdout) == (0, printed.stdout), again.stderr
    assert "7:9" in printed.stdout
    assert not (tmp_path / "data").exists(), "it only prints"


# --- administration beside a running server ---------------------------------------------------------------------


def test_a_rotation_of_the_domain_key_is_followed(server):
    olivier = Identity("olivier@example.org")
    assert server.register(olivier).status == 201
    before = server.site.get("/.well-known/pd").json
    server.resolve(olivier.address)
    server.admin("domain-key", "rotate")
    after = wait_until(
        lambda: (d := server.site.get("/.well-known/pd").json)["keys"] != before["keys"] and d,
        "the new key is in the descriptor",
        alive=server.process,
    )
    assert after["keys"][:-1] == before["keys"]
    assert payload_of(after["descriptor"])["seq"] > payload_of(before["descriptor"])["seq"]
    assert server.resolve(olivier.address).json["domain"]["keys"] == after["keys"]


def test_the_domain_keeps_its_key_over_a_restart(server):
    before = server.site.get("/.well-known/pd").json
    assert server.stop() == 0
    server.start()
    after = server.site.get("/.well-known/pd").json
    assert after["keys"] == before["keys"]
    assert payload_of(after["descriptor"])["seq"] > payload_of(before["descriptor"])["seq"]


def test_a_removed_user_is_gone_from_the_answers(server):
    olivier = Identity("olivier@example.org")
    assert server.register(olivier).status == 201
    assert server.resolve(olivier.address).status == 200
    server.admin("user", "remove", olivier.address, "--yes")
    wait_until(lambda: server.resolve(olivier.address).status == 404, "the answer is absent", alive=server.process)


def test_other_servers_accept_a_rotated_key(world):
    asking = world.server("example.org", *UNLIMITED)
    asked = world.server("blackmesa.us", *UNLIMITED)
    world.start()
    gordon, alyx = (Identity(f"{name}@blackmesa.us") for name in ("gordon", "alyx"))
    assert asked.register(gordon).status == asked.register(alyx).status == 201
    assert asking.resolve(gordon.address).status == 200
    keys = asking.site.get("/.well-known/pd").json["keys"]
    asking.admin("domain-key", "rotate")
    wait_until(lambda: asking.site.get("/.well-known/pd").json["keys"] != keys, "it signs with the new key")
    wait_until(lambda: asking.resolve(alyx.address).status == 200, "its question is believed", alive=asking.process)


# --- the service manager ------------------------------------------------------------------------------------------


def test_the_service_manager_is_told(world, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        server = world.server("example.org").start()
        heard = []

        def hear(wanted: str) -> None:
            while wanted not in heard:
                heard.extend(manager.recv(4096).decode().splitlines())

        hear("READY=1")
        heard.clear()
        server.reload()
        hear("RELOADING=1")
        hear("READY=1")
        assert heard.index("RELOADING=1") < heard.index("READY=1")
        assert server.stop() == 0
        hear("STOPPING=1")


# --- end --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_was_accepted_is_finished(server, how):
    connection = server.site.socket()
    connection.sendall(b"POST /v1/challenges HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/json\r\n")
    connection.sendall(b"Content-Length: 2\r\n\r\n{")
    idle = server.site.socket()
    assert b"200 OK" in ask(idle, "/healthz")
    server.process.child.send_signal(how)
    wait_until(lambda: "stopping" in server.log(), "it stops", alive=server.process)
    assert idle.recv(1) == b"", "an idle connection is closed at once"
    connection.sendall(b"}")
    assert b"200 OK" in connection.recv(65536)
    connection.close()
    assert server.process.child.wait(30) == 0
    server.process.stop()
    server.process = None
