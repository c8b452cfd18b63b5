"""What the tests of modules share: the precision of logits."""

from __future__ import annotations

from typing import Any

import pytest


# each is compiled by itself, for seconds
@pytest.fixture(params=["float32", pytest.param("float64", marks=pytest.mark.slow)])
def dtype(request: pytest.FixtureRequest) -> Any:
    torch = pytest.importorskip("torch")
    return getattr(torch, request.param)


@pytest.fixture
def rounding(dtype: Any) -> float:
    """Return how far, as a share, a loss of a few hundred cells may be from the exact one."""
    return 1e-13 if dtype.itemsize == 8 else 1e-6
