"""Several raters of one image: what they agree on, and how well.

Conventions
-----------
- Raters are a dimension (``rater``) of one mask, bool, or floating in [0, 1] for soft raters. Of a label map, one
  label at a time: ``raters == 1``.
- The majority is more than half of the raters: two of four are not.
- A rater who marked nothing may have seen nothing or not have looked. ``absent="empty"`` takes the empty mask at its
  word; ``absent="skip"`` leaves that rater out.
- Means over pairs are over unordered pairs of two raters, of which an undefined one counts in ``n_defined`` only.

References
----------
Armato, S. G. et al. (2011). The Lung Image Database Consortium (LIDC) and Image Database Resource Initiative (IDRI).
Med. Phys. 38, 915. doi:10.1118/1.3528204
"""

from __future__ import annotations

from math import nan
from typing import Literal

import numpy as np
import xarray as xr

import overlap as ov

from .grids import Grid, check_masks

Method = Literal["mean", "majority"]
Absent = Literal["empty", "skip"]
INDICES = ("iou", "dice")


def consensus(
    raters: xr.DataArray, method: Method = "mean", *, dim: str = "rater", absent: Absent = "empty"
) -> xr.DataArray:
    """Join raters into one mask.

    Parameters
    ----------
    raters : DataArray
        Masks along `dim`, bool or floating in [0, 1].
    method : {"mean", "majority"}
        The share of raters (a soft mask), or where it is more than half (a hard one).
    dim : str
        The raters' dimension.
    absent : {"empty", "skip"}
        What a rater is who marked nothing.

    Returns
    -------
    DataArray
        Without `dim`; ``attrs["raters"]`` tells how many were joined.

    Raises
    ------
    TypeError
        If the masks hold labels.
    ValueError
        If `dim` or a choice is unknown, or nobody is left.

    Examples
    --------
    >>> raters = xr.DataArray([[True, True, False], [True, False, False], [False] * 3], dims=("rater", "x"))
    >>> consensus(raters).values.round(2)
    array([0.67, 0.33, 0.  ])
    >>> consensus(raters, absent="skip").values
    array([1. , 0.5, 0. ])
    >>> consensus(raters, "majority").values
    array([ True, False, False])
    """
    present = _present("consensus", raters, dim, absent)
    if not present.sizes[dim]:
        raise ValueError('consensus: no rater marked anything; absent="empty" gives an empty mask')
    if method not in ("mean", "majority"):
        raise ValueError(f'consensus: method must be "mean" or "majority", got {method!r}')
    mean = present.mean(dim, dtype=float, keep_attrs=True)
    joined: xr.DataArray = mean if method == "mean" else mean > 0.5
    return joined.assign_attrs({**raters.attrs, "consensus": method, "absent": absent, "raters": present.sizes[dim]})


def pairwise_agreement(
    raters: xr.DataArray,
    *,
    dim: str = "rater",
    absent: Absent = "empty",
    where: xr.DataArray | None = None,
    tnorm: ov.raster.TNorm = "minimum",
    empty: float | ov.EmptyPolicy = nan,
) -> xr.Dataset:
    """Compare each rater with each other.

    Parameters
    ----------
    raters : DataArray
        Masks along `dim`, bool or floating in [0, 1].
    dim : str
        The raters' dimension.
    absent : {"empty", "skip"}
        What a rater is who marked nothing.
    where : DataArray of bool, optional
        Voxels that count.
    tnorm, empty
        See `overlap.raster.measure` and `overlap.dice`.

    Returns
    -------
    Dataset
        ``intersection size_a size_b iou dice`` by rater and ``other``; ``mean_iou``, ``mean_dice`` over the pairs;
        ``n_defined``, how many pairs they are means of.

    Examples
    --------
    >>> from .io import example, read_image
    >>> agreement = pairwise_agreement(read_image(example("nodule_00")) == 1)
    >>> round(float(agreement.mean_dice), 7)
    0.6738006
    """
    present = _numbered(_present("pairwise_agreement", raters, dim, absent), dim)
    over = [d for d in present.dims if d != dim]
    others = present.rename({dim: "other"})
    counts = ov.labelled.measure(present, others, over, where=where, tnorm=tnorm)
    report = _report(counts, raters, empty)
    first, second = np.triu_indices(present.sizes[dim], 1)
    pairs = report[list(INDICES)].isel({dim: xr.Variable("pair", first), "other": xr.Variable("pair", second)})
    return _means(report, pairs, "pair").assign_attrs(absent=absent)


def leave_one_out(
    raters: xr.DataArray,
    method: Method = "majority",
    *,
    dim: str = "rater",
    absent: Absent = "empty",
    where: xr.DataArray | None = None,
    tnorm: ov.raster.TNorm = "minimum",
    empty: float | ov.EmptyPolicy = nan,
) -> xr.Dataset:
    """Compare the consensus of all raters but one, as the prediction, with the one left out, as the reference.

    Parameters
    ----------
    raters : DataArray
        See `pairwise_agreement`.
    method : {"mean", "majority"}
        See `consensus`.
    dim, absent, where, tnorm, empty
        See `pairwise_agreement`.

    Returns
    -------
    Dataset
        ``intersection size_a size_b iou dice`` by the rater left out; ``mean_iou``, ``mean_dice``, ``n_defined``.

    Raises
    ------
    ValueError
        If there are fewer than two raters.

    Examples
    --------
    >>> from .io import example, read_image
    >>> leave_one_out(read_image(example("nodule_00")) == 1).dice.values.round(3)
    array([0.651, 0.649, 0.837, 0.794])
    """
    present = _numbered(_present("leave_one_out", raters, dim, absent), dim)
    n = present.sizes[dim]
    if n < 2:
        raise ValueError(f"leave_one_out: at least two raters are needed, got {n}")
    rest = [consensus(present.isel({dim: np.arange(n) != k}), method, dim=dim) for k in range(n)]
    joined = xr.concat(rest, present[dim], combine_attrs="drop", coords="minimal", compat="override")
    over = [d for d in present.dims if d != dim]
    counts = ov.labelled.measure(joined, present, over, where=where, tnorm=tnorm)
    report = _report(counts, raters, empty)
    return _means(report, report, dim).assign_attrs(
        prediction=f"{method} of the others", reference="rater left out", absent=absent
    )


def _present(operation: str, raters: xr.DataArray, dim: str, absent: str) -> xr.DataArray:
    check_masks(operation, raters=raters)
    if dim not in raters.dims:
        raise ValueError(f"{operation}: no dimension {dim!r} of raters; the masks have {raters.dims}: pass dim=")
    if absent not in ("empty", "skip"):
        raise ValueError(f'{operation}: absent must be "empty" or "skip", got {absent!r}')
    if absent == "empty":
        return raters
    return raters.isel({dim: np.flatnonzero((raters > 0).any([d for d in raters.dims if d != dim]))})


def _numbered(raters: xr.DataArray, dim: str) -> xr.DataArray:
    return raters if dim in raters.coords else raters.assign_coords({dim: np.arange(raters.sizes[dim])})


def _report(counts: xr.Dataset, raters: xr.DataArray, empty: float | ov.EmptyPolicy) -> xr.Dataset:
    indices = ov.labelled.indices(counts, INDICES, empty=empty)
    size, unit = _voxel(raters)
    sizes = {str(k): (x * size if unit != "voxels" else x).assign_attrs(units=unit) for k, x in counts.items()}
    return xr.Dataset({**sizes, **indices}, attrs={**indices.attrs, "units": unit, "version": ov.__version__})


def _voxel(x: xr.DataArray) -> tuple[float, str]:
    try:
        grid = Grid.of(x)
    except ValueError:
        return 1.0, "voxels"
    return grid.voxel, grid.units


def _means(report: xr.Dataset, over: xr.Dataset, dim: str) -> xr.Dataset:
    means = {f"mean_{k}": over[k].mean(dim) for k in INDICES}
    defined = xr.concat([over[k].notnull().sum() for k in INDICES], xr.Variable("index", list(INDICES)))
    return report.assign(means).assign(n_defined=defined)
