"""Kappa: how often raters say the same of a voxel, beyond chance.

Conventions
-----------
- Raters are a dimension (``rater``) of masks, or of label maps: a voxel has one label of each rater, and 0 is a label
  like any other.
- Kappa is no ratio of the three sizes of an overlap: it needs the voxels that nobody marked too.
- So it rises with the field of view: the same outlines on twice the background agree better. ``where=`` says which
  voxels count; Dice needs no such choice.
- Where all raters give all voxels one label there is no chance to fail, and kappa is NaN.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales. Educ. Psychol. Meas. 20, 37.
Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychol. Bull. 76, 378.
"""

from __future__ import annotations

from itertools import combinations
from math import nan

import numpy as np
import xarray as xr

import overlap as ov

from ..images.grids import check_images
from .raters import Absent, numbered_raters, present_raters


def rater_kappa(
    raters: xr.DataArray, *, dim: str = "rater", absent: Absent = "empty", where: xr.DataArray | None = None
) -> xr.Dataset:
    """Return Cohen's kappa of each pair of raters, and Fleiss' kappa of all of them.

    Parameters
    ----------
    raters : DataArray
        Masks (bool) or label maps (whole numbers) along `dim`.
    dim : str
        The raters' dimension.
    absent : {"empty", "skip"}
        What a rater is who marked nothing: see `consensus`.
    where : DataArray of bool, optional
        Voxels that count, without `dim`.

    Returns
    -------
    Dataset
        - ``cohen``, ``observed``, ``chance``: by rater and ``other``, (observed - chance) / (1 - chance).
        - ``mean_cohen``: over the pairs; ``n_defined``, how many pairs it is a mean of.
        - ``fleiss``: of all raters, as if each voxel were rated by any of them.
        - ``n_voxels``: how many voxels count.

    Raises
    ------
    TypeError
        If the raters are soft.
    ValueError
        If there are fewer than two raters, or no `dim`.

    See Also
    --------
    pairwise_agreement : Compare each rater with each other.

    References
    ----------
    Cohen, J. (1960). Educ. Psychol. Meas. 20, 37.
    Fleiss, J. L. (1971). Psychol. Bull. 76, 378.

    Examples
    --------
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> report = rater_kappa(raters)
    >>> round(float(report.mean_cohen), 3), round(float(report.fleiss), 3)
    (0.66, 0.658)

    Of the voxels that somebody marked:

    >>> round(float(rater_kappa(raters, where=(raters > 0).any("rater")).fleiss), 3)
    0.209
    """
    operation = "lesions.rater_kappa"
    check_images(operation, raters=raters)
    if raters.dtype.kind not in "biu":
        raise TypeError(f"{operation}: raters has dtype {raters.dtype}, soft masks: cut them, `raters >= 0.5`")
    present = numbered_raters(present_raters(operation, raters, dim, absent), dim)
    n = present.sizes[dim]
    if n < 2:
        raise ValueError(f"{operation}: raters has {n} along {dim!r}: pass two or more")
    ratings = _ratings(present, dim, where)
    labels, shares = _shares(ratings)
    observed = _shares_alike(ratings)
    chance = shares @ shares.T
    cohen = _kappa(observed, chance)
    pairs = np.triu_indices(n, k=1)
    share_of_all = shares.mean(axis=0)
    fleiss = _kappa(observed[pairs].mean(), np.sum(share_of_all**2))
    of_pairs = xr.DataArray(cohen[pairs])
    by_pair = (dim, "other")
    names = present[dim].values
    return xr.Dataset(
        {
            "cohen": (by_pair, cohen),
            "observed": (by_pair, observed),
            "chance": (by_pair, chance),
            "mean_cohen": of_pairs.mean(),
            "n_defined": of_pairs.notnull().sum(),
            "fleiss": fleiss,
            "n_voxels": ratings.shape[1],
        },
        coords={dim: names, "other": names},
        attrs={"labels": labels.tolist(), "absent": absent, "version": ov.__version__},
    )


def _ratings(raters: xr.DataArray, dim: str, where: xr.DataArray | None) -> np.ndarray:
    """Return the labels of the voxels that count, (raters, voxels)."""
    if where is None:
        return raters.transpose(dim, ...).values.reshape(raters.sizes[dim], -1)
    voxels = [d for d in raters.dims if d != dim]
    if set(where.dims) != set(voxels) or where.dtype != bool:
        raise ValueError(
            f"lesions.rater_kappa: where is {where.dtype} over {where.dims}: pass bool over {tuple(voxels)}, "
            "True = counted"
        )
    ordered, counts = xr.align(raters.transpose(dim, *voxels), where.transpose(*voxels), join="exact")
    ratings: np.ndarray = ordered.values[:, counts.values]
    return ratings


def _shares(ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that occur, and which share of the voxels has each of them: (raters, labels)."""
    labels = np.unique(ratings)
    shares = [np.mean(ratings == label, axis=1) for label in labels]
    return labels, np.stack(shares, axis=1) if shares else np.zeros((len(ratings), 0))


def _shares_alike(ratings: np.ndarray) -> np.ndarray:
    """Return which share of the voxels has one label of two raters, for each pair; NaN of no voxel."""
    n = len(ratings)
    alike = np.eye(n)
    for i, j in combinations(range(n), 2):
        share = np.mean(ratings[i] == ratings[j]) if ratings.size else nan
        alike[i, j] = share
        alike[j, i] = share
    return alike


def _kappa(observed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return (p_o - p_e) / (1 - p_e); NaN where chance alone makes all agree."""
    left = 1 - chance
    is_open = left > 0
    kappa: np.ndarray = np.where(is_open, (observed - chance) / np.where(is_open, left, 1), nan)
    return kappa
