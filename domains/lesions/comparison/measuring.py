"""The numbers of one label: sizes, distances, the bands along the boundaries, lesions.

Conventions
-----------
- Sizes are in voxels, or their soft values. ``low`` and ``high`` are the least and the most that two soft masks can
  share, ``hard`` is of the masks cut at the level.
- Distances and bands are those of the cut masks, but with ``surface="iso"`` the distances are between level surfaces.
- A label is missed where the reference has it and the prediction has nothing of it: no volume, or none that reaches
  the level where the reference does.
- ``nsd`` and ``boundary_iou`` are indices: where a side is empty, the policy of indices says what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import overlap as ov
from overlap import surfaces

from ..images.grids import Grid
from ..instances import lesion_scores
from ..settings import Settings
from .assessment import Pair


@dataclass(frozen=True, eq=False)
class Measured:
    """The numbers of one label.

    Parameters
    ----------
    sizes, low, high, hard : Overlap
        As the settings say, the least and the most that two soft masks can share, and of the cut masks.
    bands : Overlap
        Of the bands along the boundaries of the cut masks.
    distances : dict of str to float
        By name, ``nsd`` among them; ``definitions`` says what each is.
    lesions : dict of str to float
        See `lesion_scores`.
    """

    sizes: ov.Overlap
    low: ov.Overlap
    high: ov.Overlap
    hard: ov.Overlap
    bands: ov.Overlap
    distances: dict[str, float]
    definitions: dict[str, str]
    lesions: dict[str, float]

    @property
    def is_missed(self) -> bool:
        """Whether the reference has the label, and the prediction nothing of it."""
        return _lacks_prediction(self.sizes) or _lacks_prediction(self.hard)


def measure_pair(pair: Pair, grid: Grid, settings: Settings) -> Measured:
    """Measure the two masks of a label."""
    a = pair.predicted.values
    b = pair.reference.values
    # all lesions together are the mask, cut at the level
    cut_a = pair.predicted_lesions.values > 0
    cut_b = pair.reference_lesions.values > 0
    hard = ov.raster.measure(cut_a, cut_b)
    sizes = low = high = hard
    if a.dtype != bool or b.dtype != bool:
        low = ov.raster.measure(a, b, tnorm="lukasiewicz")
        high = ov.raster.measure(a, b, tnorm="minimum")
        sizes = high if settings.tnorm == "minimum" else ov.raster.measure(a, b, tnorm=settings.tnorm)
    bands = surfaces.boundary_overlap(cut_a, cut_b, settings.boundary_width, spacing=grid.spacing)
    between = _between(pair, cut_a, cut_b, grid, settings)
    distances = {
        "hausdorff": between.hausdorff(),
        "hd95": between.hd95(),
        "assd": between.assd(),
        "masd": between.masd(),
        "nsd": _nsd(between, hard, settings),
    }
    definitions = {name: between.describe(name) for name in distances}
    scores = lesion_scores(pair.lesions, empty=settings.empty)
    return Measured(sizes, low, high, hard, bands, distances, definitions, scores)


def _between(
    pair: Pair, cut_a: np.ndarray, cut_b: np.ndarray, grid: Grid, settings: Settings
) -> surfaces.SurfaceDistances:
    """Return the distances between the boundaries of two masks; a level surface is that of the masks as they are."""
    surface = settings.own_surface
    empty = settings.empty_distance
    if surface is None:
        return surfaces.distances(cut_a, cut_b, spacing=grid.spacing, preset=settings.preset, empty=empty)
    if surface != "iso":
        return surfaces.distances(cut_a, cut_b, spacing=grid.spacing, surface=surface, empty=empty)
    a = pair.predicted.values
    b = pair.reference.values
    return surfaces.distances(a, b, spacing=grid.spacing, surface=surface, level=settings.level, empty=empty)


def _lacks_prediction(sizes: ov.Overlap) -> bool:
    return bool(sizes.size_b > 0 and sizes.size_a == 0)


def _nsd(between: surfaces.SurfaceDistances, hard: ov.Overlap, settings: Settings) -> float:
    """Return the surface Dice; where a side is empty it is what the Dice of the cut masks is."""
    if hard.size_a > 0 and hard.size_b > 0:
        return between.nsd(settings.nsd_tolerance)
    return float(ov.dice(hard, empty=settings.empty))
