"""Several raters of one image: what they agree on, and how well.

Conventions
-----------
- Raters are a dimension (``rater``) of one mask, bool, or floating in [0, 1] for soft raters. Of a label map, one
  label at a time: ``raters == 1``.
- The majority is at least half of the raters, as soft masks are cut (>= 0.5): two of four are. ``ties="out"`` asks for
  more than half.
- A rater who marked nothing may have seen nothing or not have looked. ``absent="empty"`` takes the empty mask as
  an answer; ``absent="skip"`` leaves that rater out.
- Means over pairs are over unordered pairs of two raters, of which an undefined one counts in ``n_defined`` only.

References
----------
Armato, S. G. et al. (2011). The Lung Image Database Consortium (LIDC) and Image Database Resource Initiative (IDRI).
Med. Phys. 38, 915. doi:10.1118/1.3528204
"""

from __future__ import annotations

from math import nan
from typing import Literal, get_args

import numpy as np
import xarray as xr

import overlap as ov

from ..._checks import check_choice
from ..images.grids import check_masks, grid_if_known

Method = Literal["mean", "majority"]
Absent = Literal["empty", "skip"]
Ties = Literal["in", "out"]
METHODS = get_args(Method)
ABSENT = get_args(Absent)
TIES = get_args(Ties)
INDICES = ("iou", "dice")


def consensus(
    raters: xr.DataArray,
    method: Method = "mean",
    *,
    dim: str = "rater",
    absent: Absent = "empty",
    ties: Ties = "in",
) -> xr.DataArray:
    """Join raters into one mask.

    Parameters
    ----------
    raters : DataArray
        Masks along `dim`, bool or floating in [0, 1].
    method : {"mean", "majority"}
        The share of raters (a soft mask), or where it is at least half (a hard one).
    dim : str
        The raters' dimension.
    absent : {"empty", "skip"}
        What a rater is who marked nothing.
    ties : {"in", "out"}
        Whether a voxel that exactly half of the raters marked is in the majority.

    Returns
    -------
    DataArray
        Without `dim`; ``attrs["raters"]`` says how many were joined.

    Raises
    ------
    TypeError
        If the masks hold labels.
    ValueError
        If `dim` or a choice is unknown, or nobody is left.

    See Also
    --------
    staple : Estimate the mask behind several raters, and how reliable each of them is.
    leave_one_out : Compare the consensus of all raters but one, as the prediction, with the one left out.

    Examples
    --------
    >>> raters = xr.DataArray([[True, True, False], [True, False, False], [False] * 3], dims=("rater", "x"))
    >>> consensus(raters).values.round(2)
    array([0.67, 0.33, 0.  ])
    >>> consensus(raters, absent="skip").values
    array([1. , 0.5, 0. ])
    >>> consensus(raters, "majority").values
    array([ True, False, False])
    >>> consensus(raters[:2], "majority").values, consensus(raters[:2], "majority", ties="out").values
    (array([ True,  True, False]), array([ True, False, False]))
    """
    check_masks("lesions.consensus", raters=raters)
    present = present_raters("lesions.consensus", raters, dim, absent)
    check_choice("lesions.consensus", "method", method, METHODS)
    check_choice("lesions.consensus", "ties", ties, TIES)
    if not present.sizes[dim]:
        raise ValueError('lesions.consensus: no rater marked anything: absent="empty" gives an empty mask')
    share: xr.DataArray = present.mean(dim, dtype=float, keep_attrs=True)
    joined = share if method == "mean" else _majority(share, ties)
    return joined.assign_attrs({**raters.attrs, "consensus": method, "absent": absent, "raters": present.sizes[dim]})


def _majority(share: xr.DataArray, ties: Ties) -> xr.DataArray:
    """Return where a share of raters is a majority."""
    return share >= 0.5 if ties == "in" else share > 0.5


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

    See Also
    --------
    leave_one_out : Compare the consensus of all raters but one, as the prediction, with the one left out.
    rater_kappa : Return Cohen's kappa of each pair of raters.
    consensus : Join raters into one mask.

    Examples
    --------
    >>> from ..images.io import example, read_image
    >>> agreement = pairwise_agreement(read_image(example("nodule_00")) == 1)
    >>> round(float(agreement.mean_dice), 7)
    0.6738006
    """
    check_masks("lesions.pairwise_agreement", raters=raters)
    present = numbered_raters(present_raters("lesions.pairwise_agreement", raters, dim, absent), dim)
    over = [d for d in present.dims if d != dim]
    counts = ov.labelled.measure(present, present.rename({dim: "other"}), over, where=where, tnorm=tnorm)
    report = _as_report(counts, raters, empty)
    first, second = np.triu_indices(present.sizes[dim], k=1)
    pairs = report.isel({dim: xr.Variable("pair", first), "other": xr.Variable("pair", second)})
    return _with_means(report, pairs, "pair").assign_attrs(absent=absent)


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

    See Also
    --------
    consensus : Join raters into one mask.
    pairwise_agreement : Compare each rater with each other.

    Examples
    --------
    >>> from ..images.io import example, read_image
    >>> leave_one_out(read_image(example("nodule_00")) == 1).dice.values.round(3)
    array([0.651, 0.649, 0.837, 0.794])
    """
    check_masks("lesions.leave_one_out", raters=raters)
    present = numbered_raters(present_raters("lesions.leave_one_out", raters, dim, absent), dim)
    n = present.sizes[dim]
    if n < 2:
        raise ValueError(f"lesions.leave_one_out: raters has {n} along {dim!r}: pass two or more")
    joined = []
    for k in range(n):
        others = np.arange(n) != k
        joined.append(consensus(present.isel({dim: others}), method, dim=dim))
    predicted = xr.concat(joined, present[dim], combine_attrs="drop", coords="minimal", compat="override")
    over = [d for d in present.dims if d != dim]
    counts = ov.labelled.measure(predicted, present, over, where=where, tnorm=tnorm)
    report = _as_report(counts, raters, empty)
    return _with_means(report, report, dim).assign_attrs(
        prediction=f"{method} of the others", reference="rater left out", absent=absent
    )


def present_raters(caller: str, raters: xr.DataArray, dim: str, absent: str) -> xr.DataArray:
    """Return the raters who count.

    Raises
    ------
    ValueError
        If there is no such dimension, or no such choice.
    """
    check_choice(caller, "absent", absent, ABSENT)
    if dim not in raters.dims:
        raise ValueError(f"{caller}: raters has dimensions {raters.dims}, and no {dim!r}: pass dim=")
    if absent == "empty":
        return raters
    others = [d for d in raters.dims if d != dim]
    marked = (raters > 0).any(others)
    return raters.isel({dim: np.flatnonzero(marked)})


def numbered_raters(raters: xr.DataArray, dim: str) -> xr.DataArray:
    """Return the raters with names; their numbers, if they have none."""
    if dim in raters.coords:
        return raters
    return raters.assign_coords({dim: np.arange(raters.sizes[dim])})


def _as_report(counts: xr.Dataset, raters: xr.DataArray, empty: float | ov.EmptyPolicy) -> xr.Dataset:
    """Return the sizes in the image's unit, and their indices."""
    indices = ov.labelled.indices(counts, INDICES, empty=empty)
    grid = grid_if_known(raters)
    units = "voxels" if grid is None else grid.units
    sizes = {}
    for name, count in counts.items():
        size = count if grid is None else count * grid.voxel
        sizes[name] = size.assign_attrs(units=units)
    return xr.Dataset({**sizes, **indices}, attrs={**indices.attrs, "units": units, "version": ov.__version__})


def _with_means(report: xr.Dataset, values: xr.Dataset, dim: str) -> xr.Dataset:
    """Return a report with the mean of each index along `dim`, and how many values it is a mean of."""
    means = {}
    defined = []
    for name in INDICES:
        means[f"mean_{name}"] = values[name].mean(dim)
        defined.append(values[name].notnull().sum())
    n_defined = xr.concat(defined, xr.Variable("index", list(INDICES)))
    return report.assign(means).assign(n_defined=n_defined)
