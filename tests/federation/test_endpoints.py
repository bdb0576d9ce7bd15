"""Endpoint records at the server: published by a device, handed only to callers who sign as registered users."""

import pytest

from pdtest.formats import Identity, endpoint, now
from pdtest.jose import Key
from pdtest.signing import signed_headers


@pytest.fixture(scope="module")
def servers(four):
    return four.servers


def registered(server, name) -> Identity:
    identity = Identity(f"{name}@{server.domain}", devices=2)
    assert server.register(identity).status == 201
    return identity


def publish(server, identity, record, device=None, signer=None):
    device = device or identity.device
    target = f"/v1/identities/{identity.address}/endpoints/{device.id}"
    headers = signed_headers(
        signer or device,
        "PUT",
        f"https://{server.domain}{target}",
        record.encode(),
        nonce=server.challenge(),
        identity=identity.address,
    )
    return server.site.request("PUT", target, record, {"Content-Type": "application/jose", **headers})


def ask(server, callee: str, caller: Identity, signer: Key | None = None, nonce: str | None = None):
    target = f"/v1/identities/{callee}/endpoints"
    headers = signed_headers(
        signer or caller.device,
        "GET",
        f"https://{server.domain}{target}",
        nonce=nonce or server.challenge(),
        identity=caller.address,
    )
    return server.site.get(target, headers)


def test_a_registered_user_of_another_domain_gets_them(servers):
    gordon = registered(servers["blackmesa.us"], "gordon.e1")
    olivier = registered(servers["example.org"], "olivier.e1")
    record = endpoint(gordon, ["198.51.100.4:4433", "[2001:db8::1]:4433"])
    assert publish(servers["blackmesa.us"], gordon, record).status == 204
    answer = ask(servers["blackmesa.us"], gordon.address, olivier)
    assert answer.status == 200 and answer.json["endpoints"] == [record], answer


def test_the_public_does_not(servers):
    gordon = registered(servers["blackmesa.us"], "gordon.e2")
    publish(servers["blackmesa.us"], gordon, endpoint(gordon, ["198.51.100.4:4433"]))
    answer = servers["blackmesa.us"].site.get(f"/v1/identities/{gordon.address}/endpoints")
    assert (answer.status, answer.problem) == (401, "signature-required"), answer
    assert b"198.51.100.4" not in servers["blackmesa.us"].resolve(gordon.address).body


def test_strangers_and_the_unregistered_do_not(servers):
    server = servers["blackmesa.us"]
    gordon = registered(server, "gordon.e3")
    olivier = registered(servers["example.org"], "olivier.e3")
    publish(server, gordon, endpoint(gordon, ["198.51.100.4:4433"]))
    assert ask(server, gordon.address, olivier, signer=Key()).status == 401
    assert ask(server, gordon.address, Identity("nobody.e3@example.org")).status == 401
    nonce = server.challenge()
    assert ask(server, gordon.address, olivier, nonce=nonce).status == 200
    replay = ask(server, gordon.address, olivier, nonce=nonce)
    assert (replay.status, replay.problem) == (401, "challenge-used")


def test_a_removed_device_does_not(servers):
    server = servers["blackmesa.us"]
    gordon = registered(server, "gordon.e4")
    olivier = registered(servers["example.org"], "olivier.e4")
    removed = olivier.devices.pop()[1]
    assert servers["example.org"].put(olivier, olivier.update()).status == 200
    assert ask(server, gordon.address, olivier, signer=removed).status == 401
    assert ask(server, gordon.address, olivier).status == 200


def test_the_record_of_a_removed_device_is_not_handed_out(servers):
    """EPS-4, EP-6: it was good when it was put there."""
    server = servers["blackmesa.us"]
    gordon = registered(server, "gordon.e5")
    olivier = registered(servers["example.org"], "olivier.e5")
    device = gordon.devices[1][1]
    record = endpoint(gordon, ["198.51.100.4:4433"], key=device)
    assert publish(server, gordon, record, device=device).status == 204
    assert ask(server, gordon.address, olivier).json["endpoints"] == [record]
    gordon.devices.pop()
    assert server.put(gordon, gordon.update()).status == 200
    assert ask(server, gordon.address, olivier).json["endpoints"] == []


WRONG_RECORDS = {
    "expired": (400, "expired", "EP-7"),
    "future": (400, "not-yet-valid", "EP-7"),
    "too long": (400, "malformed", "EP-3"),
    "other address": (400, "wrong-subject", "EP-5"),
    "other device": (403, "wrong-key", "EPS-2"),
    "foreign key": (403, "wrong-key", "EPS-2"),
    "identity key": (403, "wrong-key", "EP-6"),
    "name": (400, "malformed", "EP-4"),
}


@pytest.mark.parametrize("wrong", WRONG_RECORDS)
def test_a_wrong_record_is_refused(servers, wrong):
    server = servers["blackmesa.us"]
    gordon = registered(server, f"gordon.{wrong.replace(' ', '')}")
    tcp = ["198.51.100.4:4433"]
    record = {
        "expired": lambda: endpoint(gordon, tcp, iat=now() - 7200, exp=now() - 3600),
        "future": lambda: endpoint(gordon, tcp, iat=now() + 7200, exp=now() + 9000),
        "too long": lambda: endpoint(gordon, tcp, exp=now() + 40 * 24 * 3600),
        "other address": lambda: endpoint(gordon, tcp, sub="alyx@blackmesa.us"),
        "other device": lambda: endpoint(gordon, tcp, key=gordon.devices[1][1]),
        "foreign key": lambda: endpoint(gordon, tcp, key=Key()),
        "identity key": lambda: endpoint(gordon, tcp, key=gordon.key),
        "name": lambda: endpoint(gordon, ["blackmesa.us:4433"]),
    }[wrong]()
    answer = publish(server, gordon, record, device=gordon.key if wrong == "identity key" else None)
    assert (answer.status, answer.problem, answer.json["rule"]) == WRONG_RECORDS[wrong], answer
