"""STAPLE: one mask from several raters, each weighed by how reliable it turns out to be.

Conventions
-----------
- There is one true mask that nobody saw. Each rater marks a voxel of it with his sensitivity and leaves one outside of
  it with his specificity, voxel by voxel. Truth and reliability are estimated in turns.
- The prior, how much of the image is lesion, is the mean share that raters marked. It falls with the field of view,
  and the estimate moves with it: a crop of the image has another one.
- A truth that all raters miss in part is not in the model. Where they differ in kind rather than in care, the mean of
  the raters says more.

References
----------
Warfield, S. K., Zou, K. H. & Wells, W. M. (2004). Simultaneous truth and performance level estimation (STAPLE): an
algorithm for the validation of image segmentation. IEEE Trans. Med. Imaging 23, 903. doi:10.1109/TMI.2004.828354
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from ..._checks import check_number, check_whole
from ..images.grids import check_images, spatial_axes
from .raters import Absent, numbered_raters, present_raters


def staple(
    raters: xr.DataArray,
    *,
    dim: str = "rater",
    absent: Absent = "empty",
    prior_weight: float = 1.0,
    max_iterations: int = 1000,
) -> xr.Dataset:
    """Estimate the mask behind several raters, and how reliable each of them is, by SimpleITK's STAPLE.

    Parameters
    ----------
    raters : DataArray of bool
        Masks of one lesion along `dim`.
    dim : str
        The raters' dimension.
    absent : {"empty", "skip"}
        What a rater is who marked nothing: see `consensus`.
    prior_weight : float
        What the mean share of marked voxels is multiplied by to give the prior, > 0.
    max_iterations : int
        The estimate stops here if it has not settled before.

    Returns
    -------
    Dataset
        ``probability``, a soft mask: the chance of each voxel to be in the mask. ``sensitivity`` and ``specificity``
        by rater. ``attrs``: how many ``iterations`` it took, and the ``prior``.

    Raises
    ------
    ImportError
        If SimpleITK is not installed.
    TypeError
        If the raters are not bool.
    ValueError
        If there is no such dimension or another one than x, y and z besides, if there are fewer than two raters, or
        nobody marked anything.

    See Also
    --------
    consensus : Join raters into one mask.

    References
    ----------
    Warfield, S. K., Zou, K. H. & Wells, W. M. (2004). IEEE Trans. Med. Imaging 23, 903.

    Examples
    --------
    Three raters agree on two voxels, and a fourth on nothing:

    >>> careful = [True, True, False, False, False, False]
    >>> raters = xr.DataArray([careful, careful, careful, [False, True, True, True, False, False]], dims=("rater", "x"))
    >>> result = staple(raters)
    >>> result.probability.values.round(2)
    array([1., 1., 0., 0., 0., 0.])
    >>> result.sensitivity.values.round(2), result.specificity.values.round(2)
    (array([1. , 1. , 1. , 0.5]), array([1. , 1. , 1. , 0.5]))
    """
    operation = "lesions.staple"
    check_images(operation, raters=raters)
    check_number(operation, "prior_weight", prior_weight, above=0)
    check_whole(operation, "max_iterations", max_iterations, at_least=1)
    if raters.dtype != bool:
        raise TypeError(f"{operation}: raters has dtype {raters.dtype}: pass hard masks of one label, `raters == 1`")
    present = numbered_raters(present_raters(operation, raters, dim, absent), dim)
    ordered = _in_order(operation, present, dim)
    prior = prior_weight * float(ordered.mean())
    if not 0 < prior < 1:
        raise ValueError(
            f"{operation}: the prior, prior_weight times the mean share that raters marked, is {prior:.4g}: it must "
            "lie between 0 and 1, so leave out images that nobody marked, and widen a field of view that is all lesion"
        )
    estimate = _estimator(prior_weight, max_iterations)
    one = ordered.isel({dim: 0}, drop=True)
    chances = _run(estimate, ordered.values)
    probability = one.copy(data=chances).assign_attrs(
        {**raters.attrs, "consensus": "staple", "absent": absent, "raters": ordered.sizes[dim]}
    )
    return xr.Dataset(
        {
            "probability": probability,
            "sensitivity": (dim, list(estimate.GetSensitivity())),
            "specificity": (dim, list(estimate.GetSpecificity())),
        },
        coords={dim: ordered[dim]},
        attrs={"iterations": estimate.GetElapsedIterations(), "prior": prior, "version": ov.__version__},
    )


def _in_order(operation: str, raters: xr.DataArray, dim: str) -> xr.DataArray:
    """Return the raters before x, y and z; refuse what STAPLE is not for."""
    n = raters.sizes[dim]
    if n < 2:
        raise ValueError(f"{operation}: raters has {n} along {dim!r}: pass two or more")
    axes = spatial_axes(raters)
    extra = [d for d in raters.dims if d not in (*axes, dim)]
    if extra:
        raise ValueError(f"{operation}: raters has a dimension {extra[0]!r}: choose one, isel({extra[0]}=0)")
    return raters.transpose(dim, *axes)


def _estimator(prior_weight: float, max_iterations: int) -> Any:
    sitk = _simpleitk()
    estimate = sitk.STAPLEImageFilter()
    estimate.SetForegroundValue(1)
    estimate.SetConfidenceWeight(prior_weight)
    estimate.SetMaximumIterations(max_iterations)
    return estimate


def _run(estimate: Any, masks: np.ndarray) -> np.ndarray:
    """Return the chance of each voxel, from the masks (raters, ...)."""
    sitk = _simpleitk()
    # voxel by voxel: their places do not matter
    rows = masks.reshape(len(masks), 1, -1).astype(np.uint8)
    images = [sitk.GetImageFromArray(row) for row in rows]
    chances: np.ndarray = sitk.GetArrayFromImage(estimate.Execute(images))
    return chances.reshape(masks.shape[1:])


def _simpleitk() -> ModuleType:
    try:
        import SimpleITK
    except ImportError:
        raise ImportError('lesions.staple: STAPLE needs SimpleITK: pip install "overlap-toolkit[imaging]"') from None
    module: ModuleType = SimpleITK
    return module
