"""The trust policy, each way round: whom a server asks, and whom it answers."""

import subprocess
import threading

import pytest

from pdtest.fake_domain import FakeDomain
from pdtest.formats import DAY, Identity, now
from pdtest.jose import Key, sign_jws
from pdtest.process import wait_until
from pdtest.signing import signed_headers
from pdtest.world import binary

from conftest import UNLIMITED

DOMAIN = "blackmesa.us"

# (the policy of example.org, may it ask blackmesa.us?, does it answer blackmesa.us?)
RULES = [
    ("# nothing is said, so nobody is trusted\n", False, False),
    ("default deny\n", False, False),
    ("default allow\n", True, True),
    ("default deny\nallow blackmesa.us\n", True, True),
    ("default allow\ndeny blackmesa.us\n", False, False),
    ("default allow\ndeny *.us\n", False, False),
    ("default deny\nallow *.us\n", True, True),
    ("default allow\ndeny *.us\nallow blackmesa.us\n", True, True),
    ("default deny\nallow example.net\n", False, False),
    ("default ask allow\n", True, False),
    ("default answer allow\n", False, True),
    ("allow ask blackmesa.us\n", True, False),
    ("allow answer blackmesa.us\n", False, True),
    ("default allow\ndeny ask *.us\n", False, True),
    ("default allow\ndeny answer blackmesa.us\n", True, False),
]


@pytest.mark.parametrize(
    "policy, asks, answers", RULES, ids=[policy.strip().replace("\n", "; ") for policy, _, _ in RULES]
)
def test_each_way(world, policy, asks, answers):
    ours = world.server("example.org", *UNLIMITED, policy=policy)
    theirs = world.server(DOMAIN, *UNLIMITED)
    world.start()
    gordon, olivier = Identity(f"gordon@{DOMAIN}"), Identity("olivier@example.org")
    assert theirs.register(gordon).status == ours.register(olivier).status == 201
    asked = ours.resolve(gordon.address)
    assert (asked.status, asked.problem) == ((200, "") if asks else (403, "policy")), asked
    answered = theirs.resolve(olivier.address)
    assert (answered.status, answered.problem) == ((200, "") if answers else (403, "refused-by-remote")), answered


def test_a_policy_is_read_again_on_hangup(world):
    asking = world.server("example.org", *UNLIMITED, policy="default deny\n")
    world.server(DOMAIN, *UNLIMITED)
    world.start()
    gordon = world.person(f"gordon@{DOMAIN}").register()
    assert asking.resolve(gordon.address).status == 403
    asking.policy.write_text("default allow\n")
    asking.reload()
    wait_until(lambda: asking.resolve(gordon.address).status == 200, "the new policy holds")


def test_pdctl_says_refused_by_policy(world):
    world.server("example.org", *UNLIMITED, policy="default deny\n")
    world.server(DOMAIN, *UNLIMITED)
    world.start()
    olivier = world.person("olivier@example.org").register()
    world.person(f"gordon@{DOMAIN}").register()
    done = olivier.run("lookup", f"gordon@{DOMAIN}", status=6)
    assert done.stderr.startswith("pdctl: ") and "hint: " in done.stderr


# --- communities ------------------------------------------------------------------------------------------------

CLUB = "club.example"
LIST = "/.well-known/pd-community"


class Club:
    """Serves the signed list of a community, and says what a policy has to say to trust it."""

    def __init__(self, world):
        self.key = Key()
        self.site = FakeDomain(world, CLUB)
        self.serve(self.sign([DOMAIN]))
        self.policy = f"community https://{CLUB}{LIST} {self.key.id}\n"

    def sign(self, domains, key=None, **parts) -> str:
        body = {"iss": CLUB, "seq": 1, "iat": now() - 10, "exp": now() + 30 * DAY, "domains": domains} | parts
        return sign_jws(key or self.key, "pd-community+jws", body, True)

    def serve(self, text: str) -> None:
        self.site.answer = lambda path: (200, {}, text.encode()) if path == LIST else (404, {}, {})


def two_in_a_community(world, club):
    ours = world.server("example.org", *UNLIMITED, "--remote-timeout", "60", policy=club.policy)
    theirs = world.server(DOMAIN, *UNLIMITED)
    world.start()
    gordon, olivier = Identity(f"gordon@{DOMAIN}"), Identity("olivier@example.org")
    assert theirs.register(gordon).status == ours.register(olivier).status == 201
    return ours, theirs, gordon.address, olivier.address


def test_a_question_waits_for_the_list(world):
    """COM-8: while the list is on its way, a question for its domains waits, and one from them is refused."""
    club = Club(world)
    gate = threading.Event()
    text = club.sign([DOMAIN]).encode()
    club.site.answer = lambda path: (gate.wait(60) and 200, {}, text)
    ours, theirs, gordon, olivier = two_in_a_community(world, club)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ours.resolve(gordon)))
    asking.start()
    refused = theirs.resolve(olivier)
    assert (refused.status, refused.problem) == (403, "refused-by-remote"), refused
    asking.join(0.3)
    assert asking.is_alive() and not answers, answers
    gate.set()
    asking.join()
    assert answers[0].status == 200, answers


def test_a_community_allows_its_domains_to_ask(world):
    club = Club(world)
    _, theirs, _, olivier = two_in_a_community(world, club)
    answer = wait_until(lambda: (a := theirs.resolve(olivier)).status != 403 and a, "the list has been fetched")
    assert answer.status == 200, answer
    assert club.site.requests == [LIST]


WRONG_LISTS = {
    "another signer": lambda club: club.sign([DOMAIN], key=Key()),
    "expired": lambda club: club.sign([DOMAIN], iat=now() - DAY, exp=now() - 60),
    "of later": lambda club: club.sign([DOMAIN], iat=now() + 3600),
    "too long": lambda club: club.sign([DOMAIN], exp=now() + 91 * DAY),
    "another host": lambda club: club.sign([DOMAIN], iss=DOMAIN),
    "without it": lambda club: club.sign(["example.net"]),
    "garbage": lambda club: "a.b.c",
}


@pytest.mark.parametrize("wrong", WRONG_LISTS)
def test_a_wrong_list_allows_nobody(world, wrong):
    club = Club(world)
    club.serve(WRONG_LISTS[wrong](club))
    ours, theirs, gordon, olivier = two_in_a_community(world, club)
    answer = ours.resolve(gordon)  # waits until the list has been looked at
    assert (answer.status, answer.problem) == (403, "policy"), answer
    answer = theirs.resolve(olivier)
    assert (answer.status, answer.problem) == (403, "refused-by-remote"), answer
    assert ("remote.community_failed" in ours.log()) == (wrong != "without it")


def test_a_list_as_its_keeper_signs_it(world, tmp_path):
    def run(*arguments):
        done = subprocess.run([binary("pd-server"), "community", *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    club = Club(world)
    key_id = run("key", tmp_path / "key.pem").strip()
    (tmp_path / "domains").write_text(f"# friends\n{DOMAIN}\nexample.net\n")
    options = ("--key", tmp_path / "key.pem", "--issuer", CLUB, "--expires", "7d")
    club.serve(run("sign", tmp_path / "domains", *options).strip())
    club.policy = f"community https://{CLUB}{LIST} {key_id}\n"
    ours, _, gordon, _ = two_in_a_community(world, club)
    answer = ours.resolve(gordon)
    assert answer.status == 200, answer


# --- a question, byte for byte ----------------------------------------------------------------------------------


@pytest.fixture
def asked(world):
    """example.org, which somebody asks in the name of other domains, each with its own key."""
    world.neighbours = {domain: FakeDomain(world, domain) for domain in (DOMAIN, "example.net")}
    server = world.server("example.org", *UNLIMITED, policy="default allow\ndeny example.net\n").start()
    assert server.register(Identity("olivier@example.org")).status == 201
    return server


TARGET = "/v1/identities/olivier@example.org"

# What is wrong with a question, and what it gets.
QUESTIONS = {
    "nothing": ({}, 200, "", None),
    "another key": ({"key": Key()}, 401, "wrong-key", "SIG-8"),
    "another host": ({"target_uri": f"https://example.com{TARGET}"}, 401, "bad-signature", "SIG-10"),
    "another name": ({"target_uri": f"https://example.org{TARGET[:-1]}"}, 401, "bad-signature", "SIG-10"),
    "long ago": ({"created": 1}, 401, "expired", "SIG-9"),
    "a person's purpose": ({"tag": "pd-user"}, 401, "wrong-subject", "SIG-7"),
    "no name covered": ({"components": ["@method", "@target-uri"]}, 400, "malformed", "SIG-1"),
    "a denied domain": ({"identity": "example.net"}, 403, "policy", None),
    "somebody else's name": ({"identity": "example.net", "key": DOMAIN}, 403, "policy", None),
}


@pytest.mark.parametrize("wrong", QUESTIONS)
def test_a_question_is_refused(world, asked, wrong):
    parts, status, problem, rule = QUESTIONS[wrong]
    parts = {"identity": DOMAIN, "tag": "pd-federation", "target_uri": f"https://example.org{TARGET}"} | parts
    key = parts.pop("key", parts["identity"])
    signer = key if isinstance(key, Key) else world.neighbours[key].keys.key
    headers = signed_headers(signer, "GET", parts.pop("target_uri"), **parts)
    answer = asked.site.get(TARGET, headers)
    assert (answer.status, answer.problem) == (status, problem), answer
    assert answer.json.get("rule") == rule
    if problem == "policy":
        assert world.neighbours["example.net"].connections == 0, "whom it does not answer it does not visit"


@pytest.mark.parametrize("domain, allowed", [(DOMAIN, True), ("example.net", False)])
def test_endpoints_are_for_people_of_admitted_domains(world, asked, domain, allowed):
    caller = world.neighbours[domain].person("gordon")
    target = f"{TARGET}/endpoints"
    headers = signed_headers(
        caller.device, "GET", f"https://example.org{target}", nonce=asked.challenge(), identity=caller.address
    )
    answer = asked.site.get(target, headers)
    assert (answer.status, answer.problem) == ((200, "") if allowed else (403, "policy")), answer
