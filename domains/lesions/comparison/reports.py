"""The report of a comparison: a Dataset by label, and the names of what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov
from overlap import surfaces

from ... import _report
from ..images.grids import Grid
from ..instances import KINDS
from ..settings import Settings
from .labels import Name
from .measuring import Measured

SIZES = _report.SIZES
INDICES = ("iou", "dice", "precision", "recall")
BOUNDS = ("iou_low", "iou_high", "iou_hard", "dice_low", "dice_high", "dice_hard")
DISTANCES = ("hausdorff", "hd95", "assd", "masd")
LESION_COUNTS = ("lesions_predicted", "lesions_reference", "lesions_matched", *(f"lesions_{kind}" for kind in KINDS))
LESION_INDICES = ("lesion_f1", "lesion_sq", "lesion_pq")
FIELDS = ("left_out", "padded")
"""How much of the prediction lies outside the reference's field, and which share of that has no prediction."""
BOUNDARY_INDICES = ("nsd", "boundary_iou")
DEFINED = (*INDICES, *BOUNDS, *DISTANCES, *BOUNDARY_INDICES, *LESION_INDICES)
"""What may be undefined, and is counted in ``n_defined``."""


def build_report(
    measured: Mapping[Name, Measured],
    grid: Grid,
    settings: Settings,
    *,
    joined: tuple[float, float] | None,
    fields: Mapping[str, float],
    prediction: str,
    reference: str,
    told: Mapping[str, str],
) -> xr.Dataset:
    """Return the report of `compare`.

    Parameters
    ----------
    measured : mapping of name to Measured
        Of each label.
    grid : Grid
        Where the voxels lie.
    settings : Settings
        What decided the numbers.
    joined : tuple of float, optional
        How much all labels of each side hold together, in voxels; None where the labels' sizes add.
    fields : mapping of str to float
        See `FIELDS`.
    prediction, reference : str
        Their names.
    told : mapping of str to str
        What else is in ``attrs``.
    """
    rows = list(measured.values())
    sizes = _stacked([row.sizes for row in rows])
    if joined is None:
        joined = (float(sizes.size_a.sum()), float(sizes.size_b.sum()))
    units = {"units": grid.units}
    more: dict[str, Any] = {}
    more["together_a"] = (), joined[0] * grid.voxel, units
    more["together_b"] = (), joined[1] * grid.voxel, units
    more["left_out"] = (), fields["left_out"], units
    more["padded"] = (), fields["padded"]
    more.update(_bounds(rows, settings))
    more.update(_of_boundaries(rows, settings))
    more["missed"] = "label", [int(row.is_missed) for row in rows]
    for name in ("predicted", "reference", "matched", *KINDS):
        more[f"lesions_{name}"] = "label", [row.lesions[name] for row in rows]
    for name in ("f1", "sq", "pq"):
        more[f"lesion_{name}"] = "label", [row.lesions[name] for row in rows]
    return _report.build(
        sizes,
        {"label": list(measured)},
        INDICES,
        prediction=prediction,
        reference=reference,
        units=grid.units,
        cell=grid.voxel,
        more=more,
        also_defined=[name for name in DEFINED if name not in INDICES],
        **_decisions(grid, settings),
        **dict[str, Any](told),
    )


def _bounds(rows: Sequence[Measured], settings: Settings) -> dict[str, Any]:
    """Return the indices of the least, the most and the cut overlap."""
    low = _stacked([row.low for row in rows])
    high = _stacked([row.high for row in rows])
    hard = _stacked([row.hard for row in rows])
    bounds: dict[str, Any] = {}
    for bound, overlap in (("low", low), ("high", high), ("hard", hard)):
        bounds[f"iou_{bound}"] = "label", ov.iou(overlap, empty=settings.empty)
        bounds[f"dice_{bound}"] = "label", ov.dice(overlap, empty=settings.empty)
    return bounds


def _of_boundaries(rows: Sequence[Measured], settings: Settings) -> dict[str, Any]:
    """Return the distances and the indices of boundaries, each with what it means."""
    columns: dict[str, Any] = {}
    for name, definition in rows[0].definitions.items():
        values = [row.distances[name] for row in rows]
        measure = {"tolerance": settings.nsd_tolerance} if name == "nsd" else {"units": "mm"}
        columns[name] = "label", values, {"definition": definition, **measure}
    bands = _stacked([row.bands for row in rows])
    width = settings.boundary_width
    definition = f"IoU of the voxels at most {width:g} mm from a boundary voxel of their own mask"
    boundary_iou = ov.iou(bands, empty=settings.empty)
    columns["boundary_iou"] = "label", boundary_iou, {"definition": definition, "width": width}
    return columns


def _decisions(grid: Grid, settings: Settings) -> dict[str, Any]:
    """Return the settings, with what is left to the image or the preset filled in."""
    decisions = dict(vars(settings))
    decisions["radius"] = settings.radius or "none"
    decisions["resample"] = settings.resample or "none"
    decisions["surface"] = settings.surface or surfaces.PRESETS[settings.preset].surface
    decisions["connectivity"] = settings.connectivity or len(grid.axes)
    decisions["empty_distance"] = str(settings.empty_distance)
    return decisions


def _stacked(overlaps: Sequence[ov.Overlap]) -> ov.Overlap:
    """Return overlaps of single labels as one overlap of all of them."""
    intersection = np.array([o.intersection for o in overlaps])
    size_a = np.array([o.size_a for o in overlaps])
    size_b = np.array([o.size_b for o in overlaps])
    return ov.Overlap(intersection, size_a, size_b)
