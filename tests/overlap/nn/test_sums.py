"""What travels together: sums and settings."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from overlap.nn.sums import Settings, Sums  # noqa: E402


def test_classes_are_left_out_of_every_sum():
    sums = Sums(*torch.arange(42.0).reshape(7, 2, 3))
    without = sums.of_classes(1)
    assert all(x.shape == (2, 2) for x in without)
    assert without.cells.tolist() == [[31.0, 32.0], [34.0, 35.0]]
    pooled = Sums(*torch.arange(21.0).reshape(7, 3))
    assert pooled.of_classes(1).both.tolist() == [1.0, 2.0]


def test_settings_are_compared_and_kept():
    assert Settings("sigmoid", "minimum") == Settings("sigmoid", "minimum", pooled=False)
    with pytest.raises(AttributeError):
        Settings("sigmoid", "minimum").form = "product"
