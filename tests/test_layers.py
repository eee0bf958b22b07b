"""Imports run one way: schemas, then t4s_data, then pipelines; only pipelines knows Beam."""

from __future__ import annotations

import subprocess
import sys

import pytest

WALK = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def imported_by(package: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", WALK, package], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("package", "not_allowed"),
    [("schemas", {"apache_beam", "t4s_data", "pipelines"}), ("t4s_data", {"apache_beam", "pipelines"})],
)
def test_a_lower_layer_does_not_import_an_upper_one(package: str, not_allowed: set[str]):
    assert package in imported_by(package)
    assert not imported_by(package) & not_allowed
