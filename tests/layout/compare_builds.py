#!/usr/bin/env python3
"""compare_builds.py CMAKE_BUILD_DIR: CMake and Meson compile the same files of ours, as the same version, and install the same
programs with what belongs to them.

Configures a Meson build in a folder of its own and compares its sources with those in CMake's compile_commands.json, what it
would install with tests/install/installed.txt, which a test of CMake's own install goes by too, and the versions that both name.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("libidentity", "pd-server", "pd-client", "cmake")
VERSIONS = (("CMakeLists.txt", r"project\(pd VERSION (\S+)"), ("meson.build", r"\n  version: '([^']+)'"))
PRECOMPILED = Path("cmake/precompiled.cc")  # only CMake has it, and it is empty


def ours(paths) -> set[str]:
    """Relative to the tree; what a build generates counts by its name alone."""
    found = set()
    for path in map(Path, paths):
        if path.is_relative_to(ROOT):
            relative = path.relative_to(ROOT)
            if relative.parts[0] in OURS and relative != PRECOMPILED:
                found.add(str(relative))
                continue
        if re.search(r"_\d{4}_", path.name):
            found.add(path.name)
    return found


def sources_in(file: Path) -> list[Path]:
    """The file itself; or those that it brings together, where it is one of CMake's unity sources."""
    if file.parent.name != "Unity":
        return [file]
    return [Path(source) for source in re.findall(r'^#include "(.+)"', file.read_text(), re.MULTILINE)]


def compiled_by_cmake(build: Path) -> set[str]:
    commands = json.loads((build / "compile_commands.json").read_text())
    files = [(Path(entry["directory"]) / entry["file"]).resolve() for entry in commands]
    return ours(source for file in files for source in sources_in(file))


def configured_by_meson() -> tuple[list[dict], set[str], str]:
    """Its targets, the paths below the prefix to which it would install files, and the text of the server's unit."""
    prefix = Path("/usr")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["meson", "setup", f"--prefix={prefix}", folder, str(ROOT)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)
        command = ["meson", "introspect", "--targets", "--installed", folder]
        output = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        unit = (Path(folder) / "pd-server" / "pd-server.service").read_text()
    installed = {Path(place).relative_to(prefix) for place in output["installed"].values()}
    return output["targets"], {str(place) for place in installed}, unit


def compiled_by_meson(targets: list[dict]) -> set[str]:
    files = set()
    for target in targets:
        for group in target["target_sources"]:
            files.update(group.get("sources", []))
            files.update(group.get("generated_sources", []))
    return ours(file for file in files if file.endswith(".cc"))


def main() -> int:
    targets, installed, unit = configured_by_meson()
    cmake, meson = compiled_by_cmake(Path(sys.argv[1])), compiled_by_meson(targets)
    missing = set((ROOT / "tests" / "install" / "installed.txt").read_text().split()) - installed
    for file in sorted(missing):
        print(f"{file}: not installed by Meson")
    for file in sorted(cmake - meson):
        print(f"{file}: compiled by CMake, not by Meson")
    for file in sorted(meson - cmake):
        print(f"{file}: compiled by Meson, not by CMake")
    starts = "\nExecStart=/usr/bin/pd-server run " in unit
    if not starts:
        print("the unit that Meson would install does not start the program that it would install")
    versions = [re.search(pattern, (ROOT / file).read_text()) for file, pattern in VERSIONS]
    same = None not in versions and len({version[1] for version in versions}) == 1
    if not same:
        print("CMakeLists.txt and meson.build say different versions, or none")
    if cmake == meson:
        print(f"both compile the same {len(cmake)} files")
    return 0 if cmake == meson and cmake and same and starts and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
