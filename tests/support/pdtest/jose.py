"""Ed25519 keys, thumbprints and compact JWS (RFC 7515, 7638, 8037), written from the specifications alone."""

import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def compact(value) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    """An Ed25519 key pair."""

    def __init__(self, private: Ed25519PrivateKey | None = None):
        self.private = private or Ed25519PrivateKey.generate()
        self.raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @staticmethod
    def from_seed(seed: bytes) -> "Key":
        return Key(Ed25519PrivateKey.from_private_bytes(seed))

    @staticmethod
    def from_pem(path, passphrase: bytes | None = None) -> "Key":
        with open(path, "rb") as file:
            return Key(load_pem_private_key(file.read(), passphrase))

    def pem(self, passphrase: bytes | None = None) -> bytes:
        encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    @property
    def seed(self) -> bytes:
        return self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())

    @property
    def jwk(self) -> dict:
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(self.raw)}

    @property
    def id(self) -> str:
        canonical = {"crv": "Ed25519", "kty": "OKP", "x": b64(self.raw)}
        return b64(sha256(compact(canonical)))

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def sign_jws(key: Key, typ: str, payload: dict | bytes, embed: bool = False, /, **header) -> str:
    """A compact JWS. `header` overrides or adds header members; None removes one."""
    members = {"alg": "EdDSA", "kid": key.id, "typ": typ}
    if embed:
        members["jwk"] = key.jwk
    members.update(header)
    members = {name: value for name, value in members.items() if value is not None}
    body = payload if isinstance(payload, bytes) else compact(payload)
    signing_input = f"{b64(compact(members))}.{b64(body)}"
    return f"{signing_input}.{b64(key.sign(signing_input.encode()))}"


def payload_of(jws: str) -> dict:
    return json.loads(unb64(jws.split(".")[1]))


def jws_hash(jws: str) -> str:
    return b64(sha256(jws.encode()))


def random_id() -> str:
    return os.urandom(16).hex()
