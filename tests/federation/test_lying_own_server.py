"""One's own server lies about a stranger of an honest domain: pdctl proves every answer itself, and says which rule it broke."""

import pytest

from pdtest.fake_domain import FakeDomain
from pdtest.formats import DomainKeys, Identity
from pdtest.lies import another_name, foreign_signed, forged_operation, reordered, statement_expired, truncated


@pytest.fixture
def honest(blackmesa):
    """Where gordon lives. pdctl asks it for its keys, and nothing else."""
    return blackmesa


@pytest.fixture
def home(world):
    """example.com, the server that everything is asked of."""
    return FakeDomain(world, "example.com")


@pytest.fixture
def alice(world):
    return world.visitor("alice@example.com")


def serve(home, answer, status=200, headers=None):
    """The same answer to every question about a person."""

    def respond(path):
        return (status, headers or {}, answer) if path.startswith("/v1/identities/") else home.honest(path)

    home.answer = respond


def look_up(alice, gordon, **options):
    return alice.run("lookup", "--server", "example.com", gordon.address, **options)


def refused(alice, gordon, *words):
    """pdctl believes nothing, shows nothing, and says why."""
    done = look_up(alice, gordon, status=4)
    assert done.stdout == ""
    assert done.stderr.startswith("pdctl: "), done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    return done.stderr


def statement_by_home_in_its_name(home, honest, gordon):
    return honest.resolution(gordon.address, statement=home.keys.statement(gordon, iss="blackmesa.us"))


def statement_by_home(home, honest, gordon):
    return honest.resolution(gordon.address, statement=home.keys.statement(gordon))


LIES = {
    "forged operation": (lambda home, honest, gordon: forged_operation(honest, gordon), "(JWS-10)"),
    "reordered": (lambda home, honest, gordon: reordered(honest, gordon), "(HIST-3)"),
    "truncated": (lambda home, honest, gordon: truncated(honest, gordon), "(RES-9)"),
    "foreign signed": (lambda home, honest, gordon: foreign_signed(honest, gordon), "(HIST-6)"),
    "another name": (lambda home, honest, gordon: another_name(honest, gordon), "(STMT-6)"),
    "statement expired": (lambda home, honest, gordon: statement_expired(honest, gordon), "(STMT-8)"),
    "statement by home in its name": (statement_by_home_in_its_name, "(STMT-7)"),
    "statement by home": (statement_by_home, "(STMT-3)"),
}


@pytest.mark.parametrize("lie", LIES)
def test_ones_own_server_cannot_lie(honest, home, gordon, alice, lie):
    tell, rule = LIES[lie]
    serve(home, tell(home, honest, gordon))
    refused(alice, gordon, rule)


def absent(statement):
    """An absence with that statement; `domain` is the true one."""
    return lambda home, honest, gordon: honest.keys.resolution(gordon.address, statement=statement(home, honest, gordon))


ABSENCES = {
    "by home": (absent(lambda home, honest, gordon: home.keys.statement(gordon.address)), "(STMT-3)"),
    "by home in its name": (
        absent(lambda home, honest, gordon: home.keys.statement(gordon.address, iss="blackmesa.us")),
        "(STMT-7)",
    ),
    "of another name": (absent(lambda home, honest, gordon: honest.keys.statement("alyx@blackmesa.us")), "(STMT-6)"),
    "with a head": (absent(lambda home, honest, gordon: honest.keys.statement(gordon)), "(RES-6)"),
}


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("absence", ABSENCES)
def test_ones_own_server_cannot_forge_an_absence(honest, home, gordon, alice, absence, status):
    tell, rule = ABSENCES[absence]
    serve(home, tell(home, honest, gordon), status)
    refused(alice, gordon, rule)


def test_a_true_absence_is_nobody(honest, home, alice):
    """The control: with the signature of the domain it is believed."""
    nobody = Identity("nobody@blackmesa.us")
    serve(home, honest.keys.resolution(nobody.address), 404)
    assert "signed it" in look_up(alice, nobody, status=3).stderr


PROBLEM = b'{"type":"urn:pd:problem:nobody","title":"Nobody has this name","status":404}'
BARE = {
    "problem": (PROBLEM, {"Content-Type": "application/problem+json"}),
    "html": (b"<h1>404 Not Found</h1>", {"Content-Type": "text/html"}),
    "JSON": (b"{}", {}),
}


@pytest.mark.parametrize("seen", [False, True], ids=["stranger", "seen before"])
@pytest.mark.parametrize("kind", BARE)
def test_nobody_without_a_proof_is_not_believed(honest, home, gordon, alice, kind, seen):
    if seen:
        serve(home, honest.resolution(gordon.address))
        look_up(alice, gordon)
    body, headers = BARE[kind]
    serve(home, body, 404, headers)
    said = refused(alice, gordon, "RES-3" if kind != "JSON" else "")
    assert ("PIN-3" in said) == (seen and kind != "JSON"), said
    serve(home, honest.resolution(gordon.address))
    look_up(alice, gordon)


def test_what_was_seen_holds(honest, home, gordon, alice):
    older = honest.resolution(gordon.address)
    gordon.update()
    true = honest.resolution(gordon.address)
    impostor = Identity(gordon.address)
    impostor.create()
    serve(home, true)
    look_up(alice, gordon)

    serve(home, older)
    refused(alice, gordon, "an older or another history", "(PIN-2)", f"pdctl trust reset {gordon.address}")
    serve(home, honest.keys.resolution(impostor))
    refused(alice, gordon, "is somebody else now", "(PIN-1)", f"pdctl trust reset {gordon.address}")
    serve(home, honest.keys.resolution(gordon.address), 404)
    refused(alice, gordon, "is denied now", "(PIN-3)")
    serve(home, DomainKeys("blackmesa.us").resolution(gordon))  # DKEY-8
    refused(alice, gordon, "the key of blackmesa.us has changed", "pdctl trust reset blackmesa.us")

    serve(home, true)
    look_up(alice, gordon)
