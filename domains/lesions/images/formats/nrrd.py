"""Images in NRRD files (.nrrd, .nhdr with its data beside), and segmentations of 3D Slicer (.seg.nrrd), by pynrrd.

Conventions
-----------
- Places are in the space that the header names: left-posterior-superior, right-anterior-superior and its kin, or
  scanner coordinates of none, which count as left-posterior-superior, as in ITK. Lengths are mm unless ``space units``
  says something else.
- An axis without a direction holds layers: raters, or the layers of a segmentation whose segments overlap, of which
  each is a mask then. Segments that do not overlap are one label map, with the numbers of the file.

References
----------
https://teem.sourceforge.net/nrrd/format.html
https://slicer.readthedocs.io/en/latest/user_guide/modules/segmentations.html
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ...._files import ReadError, check_budget
from ...._text import one_line
from .stored import DIRECTION, ITK_REMEDY, ORIGIN, TO_RAS, Stored, needs

MILLIMETRES = {"mm": 1.0, "m": 1000.0, "cm": 10.0, "um": 0.001, "µm": 0.001, "microns": 0.001}
SPACES = {
    "": TO_RAS,
    "left-posterior-superior": TO_RAS,
    "lps": TO_RAS,
    "right-anterior-superior": np.eye(4),
    "ras": np.eye(4),
    "left-anterior-superior": np.diag([-1.0, 1.0, 1.0, 1.0]),
    "las": np.diag([-1.0, 1.0, 1.0, 1.0]),
}
"""What takes places in a space to ours."""

_BYTES_OF_A_VALUE = 8
_LARGE = 1 << 25


def read_nrrd(operation: str, path: Path) -> Stored:
    """Read the voxels of a NRRD file, and where they lie.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ImportError
        If pynrrd is not installed.
    ReadError
        If the file is damaged, no image, or needs more memory than is free.
    """
    try:
        import nrrd
    except ImportError:
        raise needs("NRRD files", "pynrrd") from None
    with warnings.catch_warnings():
        # numbers that are none are a warning of numpy
        warnings.simplefilter("error")
        header = nrrd.read_header(str(path))
    if "sizes" not in header:
        raise ReadError("not a NRRD file, or the beginning of one: its header has no sizes; fetch or write it again")
    needed = prod(int(n) for n in header["sizes"]) * _BYTES_OF_A_VALUE
    if needed > _LARGE:
        check_budget(operation, path, needed, "the image")
    values, _ = nrrd.read(str(path))
    if values.dtype.kind not in "uif":
        raise ReadError(f"the values are {one_line(values.dtype, 40)}, not numbers: save labels or shares as numbers")
    return _placed(values, header)


# numbers that are too large, or none, are refused when it is placed
@np.errstate(over="ignore", invalid="ignore")
def _placed(values: np.ndarray, header: Any) -> Stored:
    directions = _directions(header, values.ndim)
    is_spatial = np.isfinite(directions).all(axis=1)
    layered = [axis for axis in range(values.ndim) if not is_spatial[axis]]
    if is_spatial.sum() not in (2, 3) or len(layered) > 1:
        raise ReadError(
            f"{int(is_spatial.sum())} axes with a direction and {len(layered)} without; an image has x, y, z and at "
            "most one axis of layers: save one image a file"
        )
    values = np.moveaxis(values, layered, [-1] * len(layered)) if layered else values
    steps = directions[is_spatial]
    if len(steps) == 2:
        values = np.expand_dims(values, 2)
        steps = np.vstack([steps, _across(steps)])
    affine = np.eye(4)
    affine[:3, :3] = steps.T
    affine[:3, 3] = _origin(header, len(steps))
    space = one_line(header.get("space", ""), 60).lower()
    if space not in SPACES:
        raise ReadError(f"the space {space!r} is none of a patient: {ITK_REMEDY}")
    has_height = np.size(header.get("space origin", ())) == 3
    placed = Stored(values, SPACES[space] @ affine, mm=_unit(header), has_height=has_height, unsaid=_unsaid(header))
    if values.ndim == 4 and "Segment0_LabelValue" in header:
        return _as_segments(placed, header)
    return placed


def _directions(header: Any, n_axes: int) -> np.ndarray:
    """Return the step along each axis, shape (axes, 3); NaN where there is none."""
    found = header.get("space directions")
    if found is not None:
        rows = np.full((n_axes, 3), np.nan)
        for axis, row in enumerate(found):
            if row is not None and np.isfinite(row).all():
                rows[axis, : len(row)] = row
                rows[axis, len(row) :] = 0
        return rows
    spacings = header.get("spacings")
    if spacings is None:
        raise ReadError("the header gives voxels no size (neither space directions nor spacings): " + ITK_REMEDY)
    along: np.ndarray = np.eye(max(n_axes, 3))[:n_axes, :3] * np.asarray(spacings, float)[:, None]
    return along


def _across(steps: np.ndarray) -> np.ndarray:
    """Return a step of 1 at right angles to two others."""
    normal = np.cross(steps[0], steps[1])
    across: np.ndarray = normal / np.linalg.norm(normal)
    return across


def _origin(header: Any, n: int) -> np.ndarray:
    found = header.get("space origin", header.get("axis mins"))
    origin = np.zeros(3)
    if found is not None:
        known = np.asarray(found, float)[:n]
        origin[: len(known)] = known
    return origin


def _unsaid(header: Any) -> tuple[str, ...]:
    """Return what the header does not say of the place."""
    unsaid = []
    if "space origin" not in header and "axis mins" not in header:
        unsaid.append(ORIGIN)
    if header.get("space directions") is None:
        unsaid.append(DIRECTION)
    return tuple(unsaid)


def _unit(header: Any) -> float:
    """Return how many mm the unit of length is."""
    stated = header.get("space units", header.get("units", []))
    units = {one_line(unit, 20).strip('"').lower() for unit in stated}
    lengths = units - {"???", "none", ""}
    if len(lengths) > 1 or not lengths <= set(MILLIMETRES):
        raise ReadError(f"its units of length are {', '.join(sorted(lengths))}: {ITK_REMEDY}, in mm")
    return MILLIMETRES[lengths.pop()] if lengths else 1.0


def _as_segments(layered: Stored, header: Any) -> Stored:
    """Return a mask for each segment: a label of one of the layers."""
    masks: list[np.ndarray] = []
    names = []
    while f"Segment{len(masks)}_LabelValue" in header:
        segment = f"Segment{len(masks)}"
        layer = int(header.get(f"{segment}_Layer", 0))
        masks.append(layered.values[..., layer] == int(header[f"{segment}_LabelValue"]))
        names.append(one_line(header.get(f"{segment}_Name", segment), 80))
    return replace(layered, values=np.stack(masks, axis=-1), layer="label", names=tuple(names))
