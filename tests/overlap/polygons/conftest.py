"""Let the tests of this folder import the helpers beside them, and take the array path whatever ran before."""

import sys
from math import inf
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def nothing_pays_for_the_compiler(monkeypatch):
    """Keep calls from the compiled version, which earlier ones may have paid for."""
    from overlap.polygons import outlines

    monkeypatch.setattr(outlines, "_edges_so_far", -inf)
