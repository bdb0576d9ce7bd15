"""HTTP message signatures (RFC 9421) with content digests (RFC 9530), as a client of pd makes them."""

import base64
import hashlib
import time

from .jose import Key, random_id


def content_digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signed_headers(
    key: Key,
    method: str,
    target_uri: str,
    body: bytes = b"",
    nonce: str | None = None,
    tag: str = "pd-user",
    identity: str | None = None,
    created: int | None = None,
    components: list[str] | None = None,
) -> dict[str, str]:
    """The headers that sign this request; every part can be made wrong on purpose."""
    headers: dict[str, str] = {}
    values = {"@method": method, "@target-uri": target_uri}
    if identity is not None:
        headers["PD-Identity"] = values["pd-identity"] = identity
    if body:
        headers["Content-Digest"] = values["content-digest"] = content_digest(body)
    covered = components if components is not None else list(values)
    created = int(time.time()) if created is None else created
    nonce = random_id() if nonce is None else nonce
    parameters = (
        f"({' '.join(chr(34) + name + chr(34) for name in covered)})"
        f';created={created};nonce="{nonce}";keyid="{key.id}";alg="ed25519";tag="{tag}"'
    )
    base = "".join(f'"{name}": {values[name]}\n' for name in covered) + f'"@signature-params": {parameters}'
    headers["Signature-Input"] = f"pd={parameters}"
    headers["Signature"] = f"pd=:{base64.b64encode(key.sign(base.encode())).decode()}:"
    return headers
