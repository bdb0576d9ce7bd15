"""Operations, statements, domain keys, descriptors, endpoint records and signals, as schema/spec/ describes them."""

import json
import os
import time

from nacl.public import SealedBox
from nacl.signing import SigningKey, VerifyKey

from .jose import Key, b64, jws_hash, payload_of, sha256, sign_jws, unb64

DAY = 24 * 3600


def now() -> int:
    return int(time.time())


class Identity:
    """One person's keys and history; each method appends a genuine operation unless told otherwise."""

    def __init__(self, address: str, devices: int = 1, recovery: int = 1):
        self.address = address
        self.key = Key()
        self.devices = [(f"device {n}", Key()) for n in range(devices)]
        self.recovery = [Key() for _ in range(recovery)]
        self.operations: list[str] = []
        self.seq = -1

    @property
    def device(self) -> Key:
        return self.devices[0][1]

    @property
    def head(self) -> str:
        return jws_hash(self.operations[-1])

    def body(self, kind: str, **overrides) -> dict:
        body = {
            "v": 1,
            "type": kind,
            "address": self.address,
            "seq": self.seq + 1,
            "time": now(),
            "identity_key": self.key.jwk,
            "devices": [{"name": name, "key": key.jwk} for name, key in self.devices],
            "recovery": [key.id for key in self.recovery],
        }
        if self.operations:
            body["prev"] = self.head
        body.update(overrides)
        return {name: value for name, value in body.items() if value is not None}

    def sign(self, kind: str, key: Key | None = None, embed: bool = False, **overrides) -> str:
        """Signs an operation without appending it."""
        return sign_jws(key or self.key, "pd-op+jws", self.body(kind, **overrides), embed)

    def append(self, operation: str) -> str:
        self.operations.append(operation)
        self.seq += 1
        return operation

    def create(self, **overrides) -> str:
        return self.append(self.sign("create", **overrides))

    def update(self, **overrides) -> str:
        return self.append(self.sign("update", **overrides))

    def rotate(self) -> str:
        old, self.key = self.key, Key()
        return self.append(self.sign("update", key=old))


class DomainKeys:
    """A domain's key records and the key in force."""

    def __init__(self, domain: str):
        self.domain = domain
        self.keys = [Key()]
        self.records = [self._record(self.keys[0], self.keys[0])]

    def _record(self, signer: Key, key: Key) -> str:
        body = {"iss": self.domain, "n": len(getattr(self, "records", [])), "time": now(), "key": key.jwk}
        if body["n"]:
            body["prev"] = jws_hash(self.records[-1])
        return sign_jws(signer, "pd-domain-key+jws", body)

    @property
    def key(self) -> Key:
        return self.keys[-1]

    def rotate(self) -> None:
        key = Key()
        self.records.append(self._record(self.key, key))
        self.keys.append(key)

    def descriptor(self, key: Key | None = None, **overrides) -> dict:
        body = {
            "iss": self.domain,
            "seq": len(self.records),
            "iat": now() - 10,
            "exp": now() + 6 * DAY,
            "api": f"https://{self.domain}",
            "registration": "open",
        }
        body.update(overrides)
        return {"keys": list(self.records), "descriptor": sign_jws(key or self.key, "pd-descriptor+jws", body)}

    def statement(self, identity: Identity | str, key: Key | None = None, **overrides) -> str:
        """What the domain states of `identity`; of a bare address: that there is nobody."""
        body = {"iss": self.domain, "iat": now() - 10, "exp": now() + DAY - 60}
        if isinstance(identity, str):
            body |= {"sub": identity, "absent": True}
        else:
            body |= {
                "sub": identity.address,
                "head": identity.head,
                "seq": identity.seq,
                "count": len(identity.operations),
            }
        body.update(overrides)
        body = {name: value for name, value in body.items() if value is not None}
        return sign_jws(key or self.key, "pd-statement+jws", body)

    def resolution(self, identity: Identity | str, **overrides) -> dict:
        answer = {
            "operations": [] if isinstance(identity, str) else list(identity.operations),
            "statement": self.statement(identity),
            "domain": self.descriptor(),
        }
        answer.update(overrides)
        return answer


def sealed(receiver: Key, plain: bytes) -> bytes:
    return SealedBox(VerifyKey(receiver.raw).to_curve25519_public_key()).encrypt(plain)


def signal(sender: Identity, receiver: Identity, message: bytes, to: Key | None = None, by: Key | None = None, **overrides) -> str:
    """A signal (signals.md) from the device `by` to the device `to`; its box fits what it says, overrides included."""
    to, by = to or receiver.device, by or sender.device
    body = {"iss": sender.address, "sub": receiver.address, "dev": to.id, "jti": b64(os.urandom(16)), "iat": now()}
    body["exp"] = body["iat"] + 60
    body.update(overrides)
    binding = "".join(f"{part}\n" for part in ("pd-signal", by.id, body["iss"], body["sub"], body["dev"], body["jti"]))
    plain = sha256(binding.encode()) + message + b"\x80"
    size = next(size for size in (1024, 2048, 3584) if size >= len(plain))
    body.setdefault("box", b64(sealed(to, plain.ljust(size, b"\0"))))
    return sign_jws(by, "pd-signal+jws", body)


def open_signal(jws: str, device: Key) -> bytes:
    """What was sealed in it for that device."""
    body = payload_of(jws)
    private = SigningKey(device.seed).to_curve25519_private_key()
    plain = SealedBox(private).decrypt(unb64(body["box"]))
    kid = json.loads(unb64(jws.split(".")[0]))["kid"]
    binding = "".join(f"{part}\n" for part in ("pd-signal", kid, body["iss"], body["sub"], body["dev"], body["jti"]))
    assert plain[:32] == sha256(binding.encode())
    return plain[32:].rstrip(b"\0").removesuffix(b"\x80")


def endpoint(identity: Identity, tcp: list[str], key: Key | None = None, **overrides) -> str:
    body = {"sub": identity.address, "iat": now() - 10, "exp": now() + 3600, "tcp": tcp}
    body.update(overrides)
    return sign_jws(key or identity.device, "pd-endpoint+jws", body)
