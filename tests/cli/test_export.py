"""Keys for other programs, judged by those programs."""

import json
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwcrypto.jwk import JWKSet

from conftest import failed


def ssh_keygen(*arguments, **options):
    done = subprocess.run(["ssh-keygen", *map(str, arguments)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done
    return done.stdout


def private_key_for_ssh(person, file):
    key = load_pem_private_key((person.home / "identity.pem").read_bytes(), None)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    file.chmod(0o600)
    return file


def test_ssh_keygen_reads_the_key_and_finds_it_in_the_private_one(member, tmp_path):
    person = member()
    public = tmp_path / "key.pub"
    public.write_text(person.run("export", "ssh", person.address).stdout)
    listed = ssh_keygen("-l", "-f", public).split()
    assert (listed[0], listed[2], listed[3]) == ("256", person.address, "(ED25519)")
    derived = ssh_keygen("-y", "-f", private_key_for_ssh(person, tmp_path / "key"))
    assert derived.split()[:2] == public.read_text().split()[:2]


def test_git_signatures_verify_by_the_exported_line(member, tmp_path):
    person, reader = member(), member("blackmesa.us")
    signers = tmp_path / "allowed_signers"
    signers.write_text(reader.run("export", "git", person.address).stdout)
    message = tmp_path / "message"
    message.write_text("a commit\n")
    ssh_keygen("-Y", "sign", "-n", "git", "-f", private_key_for_ssh(person, tmp_path / "key"), message)
    with message.open() as signed:
        said = ssh_keygen("-Y", "verify", "-n", "git", "-f", signers, "-I", person.address, "-s", f"{message}.sig", stdin=signed)
    assert "Good" in said


def test_jwcrypto_reads_the_set_and_agrees_on_the_key_ids(member):
    person = member()
    seen = person.json("lookup", person.address)
    text = person.run("export", "jwk", person.address).stdout
    listed = [json.loads(text)["keys"][0]["kid"]] + [key["kid"] for key in json.loads(text)["keys"][1:]]
    assert listed == [seen["identity_key"]] + [device["key"] for device in seen["devices"]]
    for key in JWKSet.from_json(text)["keys"]:
        assert key.thumbprint() == json.loads(key.export_public())["kid"]


def test_age_gets_a_recipient_that_it_knows(member):
    person = member()
    line = person.run("export", "age", person.address).stdout
    assert line.split() == person.run("export", "ssh", person.address).stdout.split()[:2]


def test_the_devices_instead(member):
    person = member()
    person.run("devices", "list")
    lines = person.run("export", "ssh", "--devices", person.address).stdout.splitlines()
    assert len(lines) == 1 and lines[0].split()[2] == person.address
    assert lines[0].split()[1] != person.run("export", "ssh", person.address).stdout.split()[1]


def test_an_object_with_json(member):
    person = member()
    done = person.json("export", "ssh", person.address)
    assert set(done) == {"address", "format", "lines"} and done["format"] == "ssh" and len(done["lines"]) == 1


def test_nothing_for_an_identity_that_has_ended(member):
    person, reader = member(), member("blackmesa.us")
    person.run("revoke", "--yes")
    for form in ("ssh", "git", "age", "jwk"):
        assert "revoked" in failed(reader, "export", form, person.address, status=1)


@pytest.mark.parametrize("arguments", [["pgp", "olivier@example.org"], ["ssh"], []])
def test_usage(member, arguments):
    failed(member(), "export", *arguments, status=2)
