"""However the sums are taken, they are the same; the oracle is the array form in float64."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from overlap.nn.one_pass import take_sums  # noqa: E402
from overlap.nn.operations import sums_by_operations  # noqa: E402
from overlap.nn.sums import Settings  # noqa: E402
from overlap.nn.targets import Target  # noqa: E402

DRAW = torch.Generator().manual_seed(4)
X = torch.randn(2, 3, 7, 11, generator=DRAW)
LABELS = torch.randint(0, 3, (2, 7, 11), generator=DRAW)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("pooled", [False, True])
def test_single_precision_is_as_double(activation, pooled):
    settings = Settings(activation, "minimum", pooled=pooled, entropy=True)
    target = Target(LABELS, True)
    found = take_sums("nn.Loss", X, target, None, None, settings)
    expected = sums_by_operations("nn.Loss", X.double(), target, None, None, settings)
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x.double(), y.double(), rtol=1e-6, atol=0)
