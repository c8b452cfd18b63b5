"""The million pairs of `benchmarks/box_gradients.py`, a few of each family: nothing infinite, and no pull lost."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
RESULTS = BENCHMARKS / "results" / "box_gradients.md"
pytestmark = pytest.mark.clone
SHAPES = ("boxes", "oriented", "cuboids")


@pytest.fixture(scope="module")
def gradients():
    """Return the script, with the smallest and the largest scale in single precision alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        module = import_module("box_gradients")
        patch.setattr(module, "SCALES", (1e-6, 1e6))
        patch.setattr(module, "OFFSETS", (1.0,))
        patch.setattr(module, "DTYPES", (torch.float32,))
        yield module
    del sys.modules["box_gradients"]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_every_slope_is_finite_and_none_is_lost(gradients, shape):
    for options in gradients.KINDS[shape]:
        row = gradients.check(shape, options, 200, seed=1)
        assert row["pairs"] == 200
        assert row["NaN or infinite"] == 0, options
        assert row["largest slope"] < 200, options
        assert (row["apart, no slope"] > 0) == (options["kind"] == "iou"), options


def test_the_script_can_find_what_it_looks_for(gradients, monkeypatch):
    """A loss that divides by 0 where boxes are equal, and one that does not pull."""
    monkeypatch.setattr(gradients, "box_loss", lambda a, b, **options: ((a - b) ** 2).sum(dim=1) ** 0.5)
    assert gradients.check("oriented", {"kind": "eiou"}, 400)["NaN or infinite"] > 0
    monkeypatch.setattr(gradients, "box_loss", lambda a, b, **options: 0 * (a + b).sum(dim=1))
    assert gradients.check("oriented", {"kind": "eiou"}, 400)["apart, no slope"] > 0


def test_what_was_found(gradients):
    rows = [line.strip("| ").split(" | ") for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    found = [row for row in rows if row[0] in SHAPES and row[1] != "loss"]
    assert [row[0] for row in found] == [shape for shape in SHAPES for _ in gradients.KINDS[shape]]
    for _, kind, pairs, infinite, largest, still in found:
        assert int(pairs.replace(",", "")) == gradients.PAIRS
        assert (int(infinite), float(largest) < 100) == (0, True)
        assert (int(still) == 0) == (kind != "iou")


def test_the_families_are_what_they_are_called(gradients):
    a = gradients.random_boxes(50, 2, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    pairs = {name: family(a, rng) for name, family in gradients.FAMILIES.items()}
    iou = {name: gradients.oriented.iou(a, b, empty=0.0) for name, b in pairs.items()}
    np.testing.assert_allclose(iou["equal"], 1, atol=1e-12)
    np.testing.assert_allclose(iou["another name"], 1, atol=1e-12)
    np.testing.assert_allclose(iou["shifted by half"], 1 / 3, atol=1e-12)
    np.testing.assert_allclose(iou["nested"], 1 / 4, atol=1e-12)
    np.testing.assert_allclose(iou["nested at an edge"], 1 / 4, atol=1e-12)
    for name in ("touching", "touching at a corner", "far apart", "no width", "a point"):
        np.testing.assert_allclose(iou[name], 0, atol=1e-12)
