"""Many masks against many: samples of a model against the raters of one image.

Conventions
-----------
- Both sides are sets of masks of one lesion, and neither has an order: what a model draws is to be as various as the
  raters are, and about as far from each of them as they are from each other.
- Means are over all pairs with replacement, of a mask with itself too, as if both sets were the whole truth.
- Two empty masks are no distance apart.

References
----------
Székely, G. J. & Rizzo, M. L. (2013). Energy statistics. J. Stat. Plan. Inference 143, 1249.
Kohl, S. A. A. et al. (2018). A probabilistic U-Net for segmentation of ambiguous images. NeurIPS. arXiv:1806.05034
"""

from __future__ import annotations

import numpy as np
import xarray as xr

import overlap as ov

from ..._report import names_of
from ..images.grids import check_masks, grid_if_known, regrid
from ..images.places import in_place_of


def generalised_energy_distance(
    samples: xr.DataArray,
    raters: xr.DataArray,
    *,
    sample_dim: str = "sample",
    dim: str = "rater",
    tnorm: ov.raster.TNorm = "minimum",
    empty: float | ov.EmptyPolicy = 1.0,
) -> xr.Dataset:
    """Return the generalised energy distance (GED) of a model's samples from the raters.

    Parameters
    ----------
    samples : DataArray
        Masks along `sample_dim`, bool or floating in [0, 1]: what a model draws for one image.
    raters : DataArray
        Masks along `dim`, on the same grid.
    sample_dim, dim : str
        The dimensions of the samples and of the raters.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft masks intersect, see `overlap.raster.measure`.
    empty : float or EmptyPolicy
        IoU of two empty masks: by default 1, so that their distance is 0.

    Returns
    -------
    Dataset
        - ``ged``: 2 E d(S, Y) - E d(S, S') - E d(Y, Y') with d = 1 - IoU, which is what is called GED or D²_GED.
        - ``between``, ``within_samples``, ``within_raters``: the three means.
        - ``distance``: d of each sample and rater.

    Raises
    ------
    TypeError
        If a side holds labels.
    ValueError
        If a dimension is missing or empty, or the grids differ.

    See Also
    --------
    pairwise_agreement : Compare each rater with each other.
    rater_kappa : Return Cohen's kappa of each pair of raters.

    References
    ----------
    Kohl, S. A. A. et al. (2018). A probabilistic U-Net for segmentation of ambiguous images. NeurIPS.
    arXiv:1806.05034

    Examples
    --------
    A model that always draws the first rater, and one that draws each of them once:

    >>> raters = xr.DataArray([[True, True, False], [True, False, False]], dims=("rater", "x"))
    >>> always = raters.isel(rater=[0, 0]).rename(rater="sample")
    >>> float(generalised_energy_distance(always, raters).ged)
    0.25
    >>> float(generalised_energy_distance(raters.rename(rater="sample"), raters).ged)
    0.0
    """
    operation = "lesions.generalised_energy_distance"
    check_masks(operation, samples=samples, raters=raters)
    drawn = _in_a_row(operation, "samples", samples, sample_dim)
    grid = grid_if_known(samples)
    if grid is not None:
        raters = regrid(in_place_of(raters, samples), grid, operation)
    answered = _in_a_row(operation, "raters", raters, dim)
    if drawn[0].sizes != answered[0].sizes:
        raise ValueError(
            f"{operation}: samples has sizes {dict(samples.sizes)} and raters {dict(raters.sizes)}: besides "
            f"{sample_dim!r} and {dim!r} they must be the same"
        )
    distance = _distances(drawn, answered, tnorm, empty)
    between = distance.mean()
    within_samples = _distances(drawn, drawn, tnorm, empty).mean()
    within_raters = _distances(answered, answered, tnorm, empty).mean()
    return xr.Dataset(
        {
            "ged": 2 * between - within_samples - within_raters,
            "between": between,
            "within_samples": within_samples,
            "within_raters": within_raters,
            "distance": ((sample_dim, dim), distance),
        },
        attrs={
            **names_of(samples, raters),
            "definition": "2 E d(S, Y) - E d(S, S') - E d(Y, Y'), d = 1 - IoU, pairs with replacement",
            "tnorm": tnorm,
            "empty": str(empty),
            "version": ov.__version__,
        },
    )


def _in_a_row(operation: str, name: str, masks: xr.DataArray, dim: str) -> list[xr.DataArray]:
    """Return the masks along a dimension, one by one, their axes in one order."""
    if dim not in masks.dims or not masks.sizes[dim]:
        raise ValueError(
            f"{operation}: {name} has sizes {dict(masks.sizes)}, and none along {dim!r}: name its dimension"
        )
    others = sorted(str(d) for d in masks.dims if d != dim)
    ordered = masks.transpose(dim, *others)
    return list(ordered)


def _distances(
    first: list[xr.DataArray], second: list[xr.DataArray], tnorm: ov.raster.TNorm, empty: float | ov.EmptyPolicy
) -> np.ndarray:
    """Return 1 - IoU of each mask of one set and each of the other."""
    rows = []
    for a in first:
        row = [float(ov.raster.iou(a.values, b.values, tnorm=tnorm, empty=empty)) for b in second]
        rows.append(row)
    return 1 - np.array(rows)
