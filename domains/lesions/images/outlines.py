"""Outlines in DICOM (RTSTRUCT) as polygons, by pydicom, and masks that are drawn from them.

Conventions
-----------
- A polygon lies in an axial plane: x and y point to the patient's right and front, in mm, at the height z.
- The closed outlines of one structure in one plane are joined by exclusive or: an outline inside another is a hole
  (DICOM PS3.3, C.8.8.6.3). A structure that leaves a plane out is not there.
- Heights that differ by rounding, by a hundredth of a mm or less, are one plane.
- Structures of one name are one: each has its rows, and what any of them encloses is drawn.
- A voxel belongs to the nearest plane within half the distance of two planes (of a lone plane: half a voxel).
- An outline has no voxels: it is drawn on the grid of an image. A hard mask has the voxels whose centre is inside; a
  soft one the covered share of each voxel in its plane.

References
----------
DICOM PS3.3, C.8.8.6 (ROI Contour Module).
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
import xarray as xr

import overlap as ov

from ..._checks import check_choice
from ..._files import ReadError, reading
from ..._text import file_name, one_line, printable
from .formats.dicom_seg import OUTLINES, class_of
from .grids import Grid, check_images
from .resampling import extended

DRAWN = "drawn"
"""The attribute of an image that was drawn on the voxels of another."""

COLUMNS = ["name", "z", "polygon"]
_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_FLAT = 0.01
"""How far the points of an outline may be from its plane, and heights of one plane from each other, mm."""

_NOT_TURNED = 1e-4
_AGAIN = "export both from one frame of reference"
_FARTHEST = 2000
"""Outlines that reach farther than this from an image, in voxels, are a damaged file."""


def read_outlines(path: str | Path) -> pd.DataFrame:
    """Read the outlines of a DICOM structure set (RTSTRUCT).

    Parameters
    ----------
    path : path
        A file.

    Returns
    -------
    DataFrame
        A row for each structure and plane: name, z (mm), polygon (shapely; x to the right and y to the front, mm).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If pydicom is not installed.
    ReadError
        If it is no structure set, is damaged, or has outlines in other planes than axial ones.

    See Also
    --------
    draw_outlines : Draw outlines on the grid of an image.
    read_image : Read a label map or a soft mask.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"lesions.read_outlines: {file_name(path)}: no such file")
    with reading("lesions.read_outlines", path):
        return outlines_of(path)


def outlines_of(path: Path) -> pd.DataFrame:
    """Return what `read_outlines` does, without the name of the file in its errors."""
    if class_of(path) != OUTLINES:
        raise ReadError("a DICOM segmentation, no outlines: read_image reads it")
    import pydicom

    with warnings.catch_warnings():
        # values that are not as the standard wants them, and can be read
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        names = {int(roi.ROINumber): printable(roi.ROIName) for roi in dataset.get("StructureSetROISequence", [])}
        rows: list[tuple[str, float, Any]] = []
        for structure in dataset.get("ROIContourSequence", []):
            name = names.get(int(structure.ReferencedROINumber), f"{structure.ReferencedROINumber}")
            for z, polygon in _planes(structure).items():
                rows.append((name, z, polygon))
    if not rows:
        raise ReadError("it holds no closed outlines: draw some")
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_outlines(
    outlines: pd.DataFrame, like: xr.DataArray, mode: Literal["centre", "coverage"] = "centre"
) -> xr.DataArray:
    """Draw outlines on the grid of an image.

    Parameters
    ----------
    outlines : DataFrame
        As `read_outlines` returns it.
    like : DataArray
        An image in three dimensions that is not turned against the patient.
    mode : {"centre", "coverage"}
        A hard mask of voxel centres, or the covered share of each voxel in its plane.

    Returns
    -------
    DataArray, dimensions (x, y, z[, label])
        Bool or floating; with a dimension ``label`` if there are several structures.

    Raises
    ------
    UsageError
        If there is no such mode.
    ValueError
        If the image is a slice, or turned.

    See Also
    --------
    read_outlines : Read the outlines of a DICOM structure set (RTSTRUCT).
    consensus : Join raters into one mask.

    Examples
    --------
    >>> from .grids import as_image
    >>> outlines = pd.DataFrame({"name": "GTV", "z": [0.0], "polygon": [shapely.box(0.5, 0.5, 2.5, 1.75)]})
    >>> like = as_image(np.zeros((4, 3, 2)), (1.0, 1.0, 2.0))
    >>> draw_outlines(outlines, like, "coverage").values[:, :, 0]
    array([[0.  , 0.  , 0.  ],
           [0.  , 1.  , 0.25],
           [0.  , 1.  , 0.25],
           [0.  , 0.  , 0.  ]])
    """
    check_choice("lesions.draw_outlines", "mode", mode, ("centre", "coverage"))
    check_images("lesions.draw_outlines", like=like)
    grid = Grid.of(like)
    if set(grid.axes) != {"x", "y", "z"} or not np.allclose(grid.directions, np.eye(3).ravel(), atol=_NOT_TURNED):
        raise ValueError(
            "lesions.draw_outlines: axial outlines are drawn on a volume that is not turned; this is "
            f"{grid.geometry()}: draw them on another, and bring that onto it with resample_onto"
        )
    names = list(dict.fromkeys(outlines["name"]))
    masks = [_drawn(outlines[outlines["name"] == name], like, mode) for name in names]
    coordinates = {axis: like[axis] for axis in ("x", "y", "z")}
    attributes = {key: like.attrs[key] for key in ("directions", "orientation") if key in like.attrs}
    if len(names) == 1:
        return xr.DataArray(masks[0], dims=("x", "y", "z"), coords=coordinates, attrs=attributes)
    stacked = np.stack(masks, axis=-1)
    coordinates["label"] = xr.DataArray(names, dims="label")
    return xr.DataArray(stacked, dims=("x", "y", "z", "label"), coords=coordinates, attrs=attributes)


def outside(outlines: pd.DataFrame, like: xr.DataArray) -> float:
    """Return how much of what outlines enclose lies outside the field of view of an image, mm³.

    Parameters
    ----------
    outlines : DataFrame
        As `read_outlines` returns it.
    like : DataArray
        An image in three dimensions.

    Examples
    --------
    >>> from .grids import as_image
    >>> outlines = pd.DataFrame({"name": "GTV", "z": [0.0, 9.0], "polygon": [shapely.box(0.5, 0.5, 4.5, 1.5)] * 2})
    >>> round(outside(outlines, as_image(np.zeros((4, 3, 2)), (1.0, 1.0, 9.0))), 3)
    18.0
    """
    grid = Grid.of(like.transpose("x", "y", "z", ...))
    half = np.array(grid.spacing) / 2
    low = np.array([float(centres.min()) for centres in grid.centres]) - half
    high = np.array([float(centres.max()) for centres in grid.centres]) + half
    view = shapely.box(low[0], low[1], high[0], high[1])
    lost = 0.0
    for _, planes in outlines.groupby("name", sort=False):
        heights = planes["z"].to_numpy()
        polygons = planes["polygon"].to_numpy(copy=True)
        is_seen = (heights >= low[2]) & (heights <= high[2])
        polygons[is_seen] = shapely.difference(polygons[is_seen], view)
        lost += float(shapely.area(polygons).sum()) * 2 * _reach(heights, grid.spacing[2])
    return lost


def holding(outlines: pd.DataFrame, like: xr.DataArray) -> xr.DataArray:
    """Return an image of nothing on the voxels of another, and on as many more as outlines reach.

    Parameters
    ----------
    outlines : DataFrame
        As `read_outlines` returns it.
    like : DataArray
        An image in three dimensions, such as a segmentation of which only some frames are stored.

    Raises
    ------
    ReadError
        If the outlines reach too far for that.

    Examples
    --------
    >>> from .grids import as_image
    >>> outlines = pd.DataFrame({"name": "GTV", "z": [0.0, 9.0], "polygon": [shapely.box(0.5, 0.5, 4.5, 1.5)] * 2})
    >>> dict(holding(outlines, as_image(np.zeros((4, 3, 2)), (1.0, 1.0, 9.0))).sizes)
    {'x': 5, 'y': 3, 'z': 2}
    """
    grid = Grid.of(like.transpose("x", "y", "z", ...))
    heights = outlines["z"].to_numpy()
    left, back, right, front = shapely.total_bounds(outlines["polygon"].to_numpy())
    # a plane counts for the voxels whose centres it reaches
    beyond = _reach(heights, grid.spacing[2]) - grid.spacing[2] / 2
    lowest = np.array([left, back, heights.min() - beyond])
    highest = np.array([right, front, heights.max() + beyond])
    first = np.array([float(centres[0]) for centres in grid.centres])
    begin = np.floor((lowest - first) / grid.spacing + 0.5)
    end = np.ceil((highest - first) / grid.spacing - 0.5) + 1
    farthest = max(-begin.min(), end.max())
    if farthest > _FARTHEST:
        raise ReadError(f"its outlines reach {farthest:.2g} voxels away from the other image: {_AGAIN}")
    return extended(grid, begin.astype(int), end.astype(int)).assign_attrs(like.attrs)


def _drawn(planes: pd.DataFrame, like: xr.DataArray, mode: Literal["centre", "coverage"]) -> np.ndarray:
    """Return the mask of one structure along x, y and z."""
    x = like["x"].values
    y = like["y"].values
    z = like["z"].values
    drawn = np.zeros((x.size, y.size, z.size), bool if mode == "centre" else float)
    heights = planes["z"].to_numpy()
    reach = _reach(heights, Grid.of(like.transpose("x", "y", "z", ...)).spacing[2])
    for k, height in enumerate(z):
        nearest = heights[np.abs(heights - height).argmin()]
        if abs(nearest - height) <= reach:
            of_plane = np.abs(heights - nearest) <= _FLAT
            polygon = shapely.union_all(planes["polygon"].to_numpy()[of_plane])
            drawn[:, :, k] = ov.polygons.rasterize(polygon, (x, y), mode).T
    return drawn


def _reach(heights: np.ndarray, step: float) -> float:
    """Return how far from a plane its outline holds: half the distance of two planes, or half a voxel."""
    gaps = np.diff(np.unique(heights))
    apart = gaps[gaps > _FLAT]
    gap = float(apart.min()) if apart.size else step
    return gap / 2 * (1 + 1e-6)


def _planes(structure: Any) -> dict[float, Any]:
    """Return the polygon of a structure in each of its planes."""
    contours = [_contour(contour) for contour in structure.get("ContourSequence", []) if _is_closed(contour)]
    if not contours:
        return {}
    heights = np.array([height for height, _ in contours])
    polygons = np.array([polygon for _, polygon in contours])
    order = np.argsort(heights, kind="stable")
    is_next = np.diff(heights[order]) > _FLAT
    starts = np.flatnonzero(is_next) + 1
    planes = {}
    for members in np.split(order, starts):
        polygon = shapely.symmetric_difference_all(polygons[members])
        # two outlines that are the same leave nothing
        if polygon.area > 0:
            planes[round(float(heights[members].mean()), 3)] = polygon
    return planes


def _is_closed(contour: Any) -> bool:
    return one_line(contour.get("ContourGeometricType", ""), 40) in _CLOSED


def _contour(contour: Any) -> tuple[float, Any]:
    """Return the height of a closed outline, and what it encloses."""
    points = np.asarray(contour.ContourData, float).reshape(-1, 3)
    if len(points) < 3 or not np.isfinite(points).all():
        raise ReadError(f"an outline of {len(points)} points, or without a place; write it again")
    if np.ptp(points[:, 2]) > _FLAT:
        raise ReadError("an outline that lies in no axial plane: read the masks that it was made from")
    # the frame of DICOM is left and back
    ring = shapely.Polygon(-points[:, :2])
    polygon = shapely.make_valid(ring, method="structure", keep_collapsed=False)
    return float(points[:, 2].mean()), polygon
