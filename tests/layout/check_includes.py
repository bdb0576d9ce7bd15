#!/usr/bin/env python3
"""Holds the layers apart: reads every include line and refuses one that the table does not allow.

With --self-test it first plants a forbidden include in a copy of the tree and must refuse that.
"""

import re
import sys
import tempfile
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

# folder: what its files may include besides their own folder and identity/ (a folder, or one header of it).
ALLOWED = {
    "libidentity": set(),
    "pd-server/http": set(),
    "pd-server/limit": set(),
    "pd-server/ops": set(),
    "pd-server/config": {"limit", "ops"},
    "pd-server/stun": {"http/accept.h", "http/peer.h", "limit", "ops"},
    "pd-server/store": {"ops"},
    "pd-server/federation": {"store/store.h", "limit", "ops", "http/message.h"},
    "pd-server/service": {"store/store.h", "federation/family.h", "federation/remote.h", "limit", "ops"},
    "pd-server/api": {"service", "http", "federation/remote.h", "limit", "ops"},
    "pd-server/admin": {"config", "store", "federation", "ops", "limit"},
    "pd-server/server": {"api", "service", "federation", "store", "http", "stun", "limit", "ops", "config"},
    "pd-server": {"server", "admin", "config", "ops"},
    "pd-client/directory": set(),
    "pd-client/punch": set(),
    "pd-client/net": set(),
    "pd-client/stun": set(),
    "pd-client/connect": {"directory/peer.h"},
    "pd-client/gather": {"connect", "net", "punch", "stun"},
    "pd-client/reach": {"connect", "directory/peer.h", "gather", "net", "punch", "quic"},
    "pd-client/quic": {"connect", "net", "directory/peer.h"},
    "pd-client/session": {"connect", "directory/backoff.h", "directory/contact_policy.h", "directory/contacts.h",
                          "directory/database.h", "directory/failure.h", "directory/peer.h"},
    "pd-client/files": {"session", "directory/database.h", "directory/failure.h", "directory/peer.h"},
    "pd-client/call": {"connect", "session", "punch/description.h", "directory/failure.h", "directory/peer.h",
                       "directory/contact_policy.h"},
    "pd-client/agent": {"session", "connect", "directory"},
    "pd-client/doctor": {"connect/link.h", "connect/outcome.h", "directory", "gather", "punch", "reach/report.h", "session/reach.h"},
    "pd-client/terminal": set(),
    "pd-client/command": {"directory", "connect", "session", "files", "call", "gather", "reach", "agent", "doctor",
                          "terminal"},
    "pd-client": {"command"},
}
# Files in these folders may include identity/; the engine, the limits and the sockets know no domain word.
KNOW_NO_IDENTITY = {"pd-server/http", "pd-server/limit", "pd-client/net"}
# A backend is named by the composition root and by administration alone.
BACKENDS = ("store/sqlite/", "store/postgres/")
MAY_NAME_BACKENDS = {"pd-server/server", "pd-server/admin", "pd-server/store"}


def layer_of(path: Path) -> str | None:
    parts = path.parts
    if parts[0] in ("pd-server", "pd-client") and len(parts) > 2:
        return f"{parts[0]}/{parts[1]}"
    return parts[0] if parts[0] in ("pd-server", "pd-client", "libidentity") else None


def allowed(layer: str, included: str) -> bool:
    if included.startswith(BACKENDS) and layer not in MAY_NAME_BACKENDS:
        return False
    folder = included.split("/")[0]
    if folder == "identity":
        return layer not in KNOW_NO_IDENTITY
    if "/" not in included or folder == layer.split("/")[-1]:
        return True
    return folder in ALLOWED[layer] or included in ALLOWED[layer]


def offences(root: Path) -> list[str]:
    found = []
    for top in ("libidentity", "pd-server", "pd-client"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            relative = path.relative_to(root)
            layer = layer_of(relative)
            if layer not in ALLOWED:
                found.append(f"{relative}: the folder {layer} is not in the table of layers")
                continue
            for included in INCLUDE.findall(path.read_text()):
                if not allowed(layer, included):
                    found.append(f"{relative}: {layer} may not include {included}")
    return found


def self_test() -> None:
    for layer, included in (("libidentity/src", "store/store.h"), ("pd-server/api", "store/store.h"),
                            ("pd-server/service", "store/sqlite/sqlite_store.h"), ("pd-client/session", "http/engine.h"),
                            ("pd-server/http", "identity/key.h")):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / layer
            place.mkdir(parents=True)
            (place / "planted.cc").write_text(f'#include "{included}"\n')
            assert offences(Path(folder)), f"{layer} including {included} went unnoticed"


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    found = offences(Path(__file__).resolve().parents[2])
    print("\n".join(found) or "every include keeps to its layer")
    sys.exit(1 if found else 0)
