"""The calls that users have, by name, as `compare.py` times them.

Each case prepares its data and returns the call to time. It uses public names only, so that it runs with any checkout
that has them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Call = Callable[[], object]

TORUS = (360.0, 360.0)

TOGETHER: Any = {"coords": "minimal", "compat": "override", "combine_attrs": "drop_conflicts"}
"""How regions of several classes or levels are joined."""

# ---- masks


def some_masks(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    a = rng.random(shape) < 0.4
    b = rng.random(shape) < 0.6
    return a, b


def some_maps(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    a = rng.random(shape, dtype=np.float32)
    b = rng.random(shape, dtype=np.float32)
    return a, b


def raster_hard_small() -> Call:
    from overlap import raster

    a, b = some_masks(64, 64)
    return lambda: raster.measure(a, b)


def raster_hard_large() -> Call:
    from overlap import raster

    a, b = some_masks(256, 256, 256)
    return lambda: raster.measure(a, b)


def raster_hard_by_axis() -> Call:
    from overlap import raster

    a, b = some_masks(64, 128, 128)
    return lambda: raster.measure(a, b, axis=(1, 2))


def raster_soft_small() -> Call:
    from overlap import raster

    a, b = some_maps(64, 64)
    return lambda: raster.measure(a, b)


def raster_soft_large() -> Call:
    from overlap import raster

    a, b = some_maps(192, 192, 192)
    return lambda: raster.measure(a, b)


def raster_soft_large_product() -> Call:
    from overlap import raster

    a, b = some_maps(192, 192, 192)
    return lambda: raster.measure(a, b, tnorm="product")


def raster_contingency() -> Call:
    from overlap import raster

    rng = np.random.default_rng(0)
    a = rng.integers(0, 20, (128, 128, 64))
    b = rng.integers(0, 20, (128, 128, 64))
    return lambda: raster.contingency(a, b)


def surfaces_distances() -> Call:
    from overlap import surfaces

    axis = np.linspace(-1, 1, 96)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    a = x**2 + y**2 + z**2 < 0.5
    b = (x - 0.05) ** 2 + y**2 + (1.1 * z) ** 2 < 0.5
    return lambda: surfaces.distances(a, b, spacing=(1, 1, 2)).hd95()


# ---- losses


def descend(loss: Callable[[Any, Any], Any], *shape: int) -> Call:
    """Return a step of training: the loss of a prediction and its gradient."""
    import torch

    torch.set_num_threads(1)
    a, b = some_maps(*shape)
    prediction = torch.as_tensor(a).requires_grad_()
    target = torch.as_tensor(b)

    def step() -> None:
        prediction.grad = None
        loss(prediction, target).backward()

    return step


def dice_loss_small() -> Call:
    from overlap.losses import dice_loss

    return descend(dice_loss, 2, 1, 64, 64)


def dice_loss_large() -> Call:
    from overlap.losses import dice_loss

    return descend(dice_loss, 1, 1, 128, 128, 128)


def nn_dice_loss_small() -> Call:
    from overlap import nn

    return descend(nn.DiceLoss(), 2, 1, 64, 64)


def nn_dice_loss_large() -> Call:
    from overlap import nn

    return descend(nn.DiceLoss(), 1, 1, 128, 128, 128)


# ---- boxes, polygons, intervals, matching


def some_boxes(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 1000, (n, 2))
    high = low + rng.uniform(1, 100, (n, 2))
    return np.concatenate([low, high], axis=1).astype(np.float32)


def boxes_pairwise() -> Call:
    from overlap import boxes

    a = some_boxes(5000)
    b = a[::-1].copy()
    return lambda: boxes.pairwise(a, b)


def boxes_measure_one() -> Call:
    from overlap import boxes

    a, b = some_boxes(2)
    return lambda: boxes.measure(a, b)


def boxes_giou() -> Call:
    from overlap import boxes

    a = some_boxes(100_000)
    b = a[::-1].copy()
    return lambda: boxes.giou(a, b)


def oriented_pairwise() -> Call:
    from overlap import oriented

    rng = np.random.default_rng(0)
    centre = rng.uniform(0, 1000, (2000, 2))
    sides = rng.uniform(24, 80, (2000, 2))
    angle = rng.uniform(-np.pi, np.pi, (2000, 1))
    both = np.concatenate([centre, sides, angle], axis=1)
    a = both[:1000]
    b = both[1000:]
    return lambda: oriented.pairwise(a, b)


def some_polygons(n: int) -> Any:
    """Return round polygons of 120 vertices anywhere on a torus of angles."""
    import shapely

    rng = np.random.default_rng(0)
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    centre = rng.uniform(-180, 180, (n, 1, 2))
    radius = rng.uniform(10, 80, (n, 1, 1))
    return shapely.polygons(centre + radius * ring)


def polygons_pair() -> Call:
    from overlap import polygons

    a, b = some_polygons(2)
    return lambda: polygons.measure(a, b, period=TORUS)


def polygons_batch() -> Call:
    from overlap import polygons

    both = some_polygons(1000)
    a = both[:500]
    b = both[500:]
    return lambda: polygons.measure(a, b, period=TORUS)


def stars(vertices: int, n: int) -> Any:
    """Return n pairs (2, n) of polygons whose corners lie at random distances from centres near by."""
    import shapely

    rng = np.random.default_rng(5)
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = rng.uniform(0.6, 1, (2, n, vertices, 1))
    centre = rng.uniform(-0.3, 0.3, (2, n, 1, 2))
    return shapely.polygons(centre + radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1))


def polygons_on_the_plane(vertices: int, n: int = 1) -> Call:
    from overlap import polygons

    a, b = stars(vertices, n)
    return lambda: polygons.measure(a, b)


def polygons_large_rings() -> Call:
    """Measure two wavy rings of 10 000 vertices that cross ten times."""
    import shapely

    from overlap import polygons

    turn = np.linspace(0, 2 * np.pi, 10_000, endpoint=False)
    phase = np.array([[0.0], [0.3]])
    radius = 1 + 0.1 * np.sin(5 * turn + phase)
    a, b = shapely.polygons(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1))
    return lambda: polygons.measure(a, b)


def intervals_overlap_pairs() -> Call:
    from overlap import intervals

    rng = np.random.default_rng(0)
    n = 100_000
    start = rng.uniform(0, n, (2, n))
    stop = start + rng.uniform(0, 2, (2, n))
    a, b = np.stack([start, stop], axis=-1)
    return lambda: intervals.overlap_pairs(a, b)


def matching_average_precision() -> Call:
    from matching import detections
    from scipy import sparse

    from overlap import matching

    rng = np.random.default_rng(0)
    confidence, label_a, label_b, pairs = detections(rng, 100_000, 30_000, videos=5000, classes=20)
    i, j, iou = pairs
    scores = sparse.coo_array((iou, (i, j)), (len(label_a), len(label_b)))
    thresholds = np.arange(50, 100, 5) / 100
    return lambda: matching.average_precision(confidence, scores, thresholds, labels_a=label_a, labels_b=label_b)


# ---- the fields


def ramachandran_validate_pdb() -> Call:
    from domains import ramachandran

    path = ramachandran.example("1a28")
    return lambda: ramachandran.validate(path)


def ramachandran_validate_cif() -> Call:
    from domains import ramachandran

    path = ramachandran.example("1a8o")
    return lambda: ramachandran.validate(path)


def ramachandran_compare_one() -> Call:
    from domains import ramachandran

    predicted = ramachandran.region("top8000", "general", "allowed").roll(psi=5)
    return lambda: ramachandran.compare(predicted, level="allowed")


def all_categories(level: Any) -> Any:
    """Return the regions of the six classes of residues."""
    import pandas as pd
    import xarray as xr

    from domains import ramachandran

    categories = list(ramachandran.CATEGORIES)
    regions = [ramachandran.region("top8000", category, level).drop_vars("score") for category in categories]
    return xr.concat(regions, pd.Index(categories, name="category"), **TOGETHER)


def ramachandran_compare_six_by_level() -> Call:
    from domains import ramachandran

    favored = all_categories("favored").roll(psi=5)
    allowed = all_categories("allowed").roll(psi=5)

    def call() -> None:
        ramachandran.compare(favored, level="favored")
        ramachandran.compare(allowed, level="allowed")

    return call


def six_categories_at_both_levels() -> Any:
    """Return the regions of the six classes of residues at both levels."""
    import pandas as pd
    import xarray as xr

    from domains import ramachandran

    levels = list(ramachandran.LEVELS)
    regions = [all_categories(level) for level in levels]
    return xr.concat(regions, pd.Index(levels, name="level"), **TOGETHER)


def ramachandran_compare_six_at_once(off: int) -> Call:
    from domains import ramachandran

    predicted = six_categories_at_both_levels().roll(psi=off)
    categories = list(ramachandran.CATEGORIES)
    levels = list(ramachandran.LEVELS)
    return lambda: ramachandran.compare(predicted, category=categories, level=levels)


def lesions_compare() -> Call:
    from domains import lesions

    raters = lesions.read_image(lesions.example("nodule_00")) == 1
    predicted = raters.isel(rater=0, drop=True)
    reference = raters.isel(rater=1, drop=True)
    return lambda: lesions.compare(predicted, reference)


def events_compare_szcore() -> Call:
    from domains import events

    rng = np.random.default_rng(0)
    start = np.sort(rng.uniform(0, 80_000, 200))
    reference = np.stack([start, start + rng.uniform(10, 60, 200)], axis=1)
    predicted = reference + rng.normal(0, 10, (200, 1))
    predicted = predicted[rng.random(200) < 0.9].clip(0, 86_000)
    return lambda: events.compare(predicted, reference, "szcore", support=86_400.0)


# ---- from a shell


def import_overlap() -> Call:
    """Time the import inside a new process: this call returns its own seconds."""
    code = "import time; begin = time.perf_counter(); import overlap; print(time.perf_counter() - begin)"

    def call() -> float:
        process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        return float(process.stdout)

    return call


def overlap_help() -> Call:
    return lambda: subprocess.run([sys.executable, "-m", "domains.cli", "--help"], check=True, capture_output=True)


TIMED_INSIDE = ("import overlap",)
"""Cases whose call returns its seconds."""

CASES: dict[str, Callable[[], Call]] = {
    "raster.measure, 64² bool": raster_hard_small,
    "raster.measure, 256³ bool": raster_hard_large,
    "raster.measure, 64 × 128² bool, by slice": raster_hard_by_axis,
    "raster.measure, 64² float32": raster_soft_small,
    "raster.measure, 192³ float32": raster_soft_large,
    "raster.measure, 192³ float32, product": raster_soft_large_product,
    "raster.contingency, 128² × 64, 20 labels": raster_contingency,
    "surfaces.distances and hd95, 96³": surfaces_distances,
    "losses.dice_loss and gradient, 2 × 64²": dice_loss_small,
    "losses.dice_loss and gradient, 128³": dice_loss_large,
    "nn.DiceLoss and gradient, 2 × 64²": nn_dice_loss_small,
    "nn.DiceLoss and gradient, 128³": nn_dice_loss_large,
    "boxes.measure, one pair": boxes_measure_one,
    "boxes.pairwise, 5000 × 5000": boxes_pairwise,
    "boxes.giou, 100 000 pairs": boxes_giou,
    "oriented.pairwise, 1000 × 1000": oriented_pairwise,
    "polygons.measure, one pair of 120-gons on a torus": polygons_pair,
    "polygons.measure, 500 such pairs": polygons_batch,
    "polygons.measure, one pair of 4-gons on the plane": partial(polygons_on_the_plane, 4),
    "polygons.measure, one pair of 12-gons on the plane": partial(polygons_on_the_plane, 12),
    "polygons.measure, one pair of 40-gons on the plane": partial(polygons_on_the_plane, 40),
    "polygons.measure, one pair of 200-gons on the plane": partial(polygons_on_the_plane, 200),
    "polygons.measure, 1000 pairs of 12-gons on the plane": partial(polygons_on_the_plane, 12, 1000),
    "polygons.measure, two rings of 10 000 vertices": polygons_large_rings,
    "intervals.overlap_pairs, 100 000 × 100 000": intervals_overlap_pairs,
    "matching.average_precision, 100 000 predictions": matching_average_precision,
    "ramachandran.validate, 1a28 (PDB)": ramachandran_validate_pdb,
    "ramachandran.validate, 1a8o (mmCIF)": ramachandran_validate_cif,
    "ramachandran.compare, one class": ramachandran_compare_one,
    "ramachandran.compare, six classes, a call a level": ramachandran_compare_six_by_level,
    "ramachandran.compare, six classes × two levels": partial(ramachandran_compare_six_at_once, 0),
    "ramachandran.compare, six classes × two levels, 10° off": partial(ramachandran_compare_six_at_once, 5),
    "lesions.compare, a nodule": lesions_compare,
    "events.compare, szcore, 200 events": events_compare_szcore,
    "import overlap": import_overlap,
    "overlap --help": overlap_help,
}
