"""The matrix of homes, with real servers and real pdctl: everybody reaches everybody, but for symmetric NATs on both sides without a
mapped port, and that is explained in one sentence within ten seconds. (pytest -s prints it.)"""

import shutil

import pytest

from matrix import CASES, SLOW_CASES, fault, run


@pytest.mark.parametrize("case", [*CASES, *SLOW_CASES], ids=lambda case: case.name)
def test_homes(world, case):
    if case.needs and shutil.which(case.needs) is None:
        pytest.skip(f"there is no {case.needs} (scripts/setup tests installs it)")
    result = run(case, world)
    print(f"\n{case.name:44} {result.text()}", end="")
    assert not fault(case, result), result
