"""What an import brings along: nothing that the caller did not ask for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from domains.cli import FIELDS

HEAVY = ("numba", "torch", "scipy", "pandas", "xarray", "matplotlib", "shapely", "skimage", "gemmi", "dask")


LOWER = (
    "overlap.boxes",
    "overlap.coco",
    "overlap.cuboids",
    "overlap.expected",
    "overlap.indices",
    "overlap.intervals",
    "overlap.losses",
    "overlap.matching",
    "overlap.oriented",
    "overlap.polygons",
    "overlap.raster",
    "overlap.surfaces",
)


def modules_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-P", "-c", script], check=True, capture_output=True, text=True).stdout
    return set(out.split())


def test_import_brings_nothing_not_even_numpy():
    assert modules_after("import overlap").isdisjoint((*HEAVY, "numpy"))


@pytest.mark.slow
def test_a_small_measurement_brings_numpy_only():
    code = (
        "import numpy as np, overlap; m = np.ones((4, 4), bool); assert overlap.dice(overlap.raster.measure(m, m)) == 1"
    )
    assert modules_after(code).isdisjoint(HEAVY)


@pytest.mark.slow
def test_lower_modules_bring_no_labels_or_plots():
    assert modules_after(f"import {', '.join(LOWER)}").isdisjoint(("torch", "matplotlib", "xarray", "numba"))


def test_help_brings_no_science():
    assert modules_after("import domains.cli").isdisjoint((*HEAVY, "numpy"))


@pytest.mark.slow
def test_nothing_is_broken_behind_the_lazy_names():
    pytest.importorskip("torch")
    pytest.importorskip("gemmi")
    packages = ["overlap", *(f"domains.{field}" for field in FIELDS)]
    assert "torch" in modules_after(f"import os; os.environ['EAGER_IMPORT'] = '1'; import {', '.join(packages)}")


def test_this_test_can_fail():
    assert "scipy" in modules_after("import scipy")


def test_the_import_is_ours():
    import overlap

    assert hasattr(overlap, "Overlap"), f"{overlap.__file__} is another package of the same name"


WITHOUT_NUMBA = """\
import sys
sys.modules["numba"] = None
import torch
from overlap import losses, nn

x = torch.zeros(1, 2, 4, 4, requires_grad=True)
y = torch.ones(1, 2, 4, 4)
nn.DiceCELoss(from_logits="sigmoid")(x, y).backward()
nn.DiceLoss()(x.sigmoid(), y).backward()
nn.ExpectedDiceLoss(from_logits="sigmoid")(x, y).backward()
nn.BoxLoss()(torch.tensor([[0.0, 0.0, 2.0, 2.0]], requires_grad=True), torch.tensor([[1.0, 1.0, 3.0, 3.0]])).backward()
nn.RunningOverlap(2).update(x > 0, y > 0)
"""


@pytest.mark.slow
def test_losses_need_no_numba():
    pytest.importorskip("torch")
    assert "overlap.nn.host" not in modules_after(WITHOUT_NUMBA.strip())
