"""Which mask to hand out when a probability map is all that is known.

Conventions
-----------
- A probability map is floating in [0, 1]: each voxel is lesion with its probability, by itself. Where voxels stand or
  fall together this is not so, and no map of single voxels can tell: see the explanation "A box against a haze".
- One Dice is taken over x, y and z. Any other dimension, such as ``case`` or ``label``, is kept.
- A cut is ``probability >= level``.
- Sizes are mm³ (mm² in a single slice), or voxels if the map has no coordinates.

References
----------
Dai, B. & Li, C. (2023). RankSEG: a consistent ranking-based framework for segmentation. J. Mach. Learn. Res. 24, 224.
arXiv:2206.13086
Bertels, J. et al. (2021). Theoretical analysis and experimental validation of volume bias of soft Dice optimized
segmentation maps in the context of inherent uncertainty. Med. Image Anal. 67, 101833. arXiv:2211.04161
"""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov
from overlap import expected

from ..._checks import check_empty, check_number
from ..._report import name_of
from ..images.grids import AXES, check_images, grid_if_known, regrid, spatial_axes
from ..images.places import in_place_of

OPTIMAL = "optimal"
CUT = "cut"


def expected_dice(
    mask: xr.DataArray,
    probability: xr.DataArray,
    *,
    where: xr.DataArray | None = None,
    empty: float | ov.EmptyPolicy = nan,
) -> xr.DataArray:
    """Return the Dice that a mask is expected to have, where a probability map is all that is known of the reference.

    Parameters
    ----------
    mask : DataArray
        What is handed out: bool, or floating in [0, 1].
    probability : DataArray
        The chance of each voxel to be lesion: floating in [0, 1], on the same grid.
    where : DataArray of bool, optional
        Voxels that count.
    empty : float or EmptyPolicy
        Dice where the mask and the reference turn out empty; NaN leaves that outcome out of the mean.

    Returns
    -------
    DataArray
        Without x, y and z; right to 1e-8 of itself.

    Raises
    ------
    TypeError
        If an image is no DataArray, the mask a label map, or the map of probabilities not floating.
    ValueError
        If the grids differ, or a probability is outside [0, 1].

    See Also
    --------
    optimal_mask : Return the mask of the largest expected Dice under a probability map.
    overlap.expected.expected_dice : Return the expected Dice of a mask, E[2|A∩Y| / (|A| + |Y|)].

    References
    ----------
    Dai, B. & Li, C. (2023). RankSEG. J. Mach. Learn. Res. 24, 224. arXiv:2206.13086

    Examples
    --------
    Two voxels, each lesion in one of two cases. If the first alone is handed out, Dice is 1, 0, 2/3, or 0 where
    neither is lesion:

    >>> probability = xr.DataArray([0.5, 0.5], dims="x")
    >>> mask = xr.DataArray([True, False], dims="x")
    >>> round(float(expected_dice(mask, probability)), 6)
    0.416667
    """
    operation = "lesions.expected_dice"
    check_images(operation, mask=mask)
    _check_probability(operation, probability)
    check_empty(operation, "empty", empty)
    if mask.dtype.kind not in "bf":
        raise TypeError(f"{operation}: mask has dtype {mask.dtype}, a label map: pass one label, `mask == 1`")
    probability = _on_grid_of(mask, probability, operation)
    return _over_space(_expected_dice, [mask, probability], where, empty=empty)


def optimal_mask(
    probability: xr.DataArray, *, where: xr.DataArray | None = None, empty: float | ov.EmptyPolicy = nan
) -> xr.DataArray:
    """Return the mask of the largest expected Dice under a probability map.

    It holds the most probable voxels. Of a large lesion the least probable of them has half of the expected Dice, so
    the mask is at least as large as a cut at 0.5, and the larger the less is certain.

    Parameters
    ----------
    probability : DataArray
        The chance of each voxel to be lesion: floating in [0, 1].
    where : DataArray of bool, optional
        Voxels that count; what does not is not in the mask.
    empty : float or EmptyPolicy
        Dice where the mask and the reference turn out empty. With 1 the empty mask may be the best one.

    Returns
    -------
    DataArray of bool
        On the grid of the map; no mask has an expected Dice that is larger by more than 2e-8 of it.

    Raises
    ------
    TypeError
        If the map is no DataArray, or not floating.
    ValueError
        If a probability is outside [0, 1].

    See Also
    --------
    decide : Set the mask of the largest expected Dice beside the cut of a probability map.
    expected_dice : Return the Dice that a mask is expected to have.
    overlap.expected.optimal_mask : Return the hard mask of the largest expected Dice.

    References
    ----------
    Dai, B. & Li, C. (2023). RankSEG. J. Mach. Learn. Res. 24, 224. arXiv:2206.13086

    Examples
    --------
    >>> optimal_mask(xr.DataArray([0.9, 0.45, 0.3, 0.1], dims="x")).values
    array([ True,  True, False, False])
    """
    operation = "lesions.optimal_mask"
    _check_probability(operation, probability)
    check_empty(operation, "empty", empty)
    found = _over_space(_optimal_mask, [probability], where, keep=spatial_axes(probability), empty=empty)
    mask = found.transpose(*probability.dims)
    return mask.assign_attrs({**probability.attrs, "decision": "the largest expected Dice"})


def decide(
    probability: xr.DataArray,
    *,
    level: float = 0.5,
    where: xr.DataArray | None = None,
    empty: float | ov.EmptyPolicy = nan,
) -> xr.Dataset:
    """Set the mask of the largest expected Dice beside the cut of a probability map, each with its bias in volume.

    Parameters
    ----------
    probability : DataArray
        The chance of each voxel to be lesion: floating in [0, 1].
    level : float
        Where the map is cut (>=), in (0, 1].
    where, empty
        See `optimal_mask`.

    Returns
    -------
    Dataset, dimension decision: "optimal", "cut"
        - ``mask``: what is handed out.
        - ``expected_dice``: see `expected_dice`.
        - ``volume``: of the mask; ``expected_volume``: of the map, its sum.
        - ``volume_bias``: ``(volume - expected_volume) / expected_volume``.
        - ``edge``: the least probability in the mask.

    Raises
    ------
    TypeError, ValueError
        As `optimal_mask`, and if the level is out of range.

    See Also
    --------
    optimal_mask : Return the mask of the largest expected Dice under a probability map.
    expected_dice : Return the Dice that a mask is expected to have.

    Examples
    --------
    A lesion of ten voxels, and a haze of thirty around it that are lesion in four of ten cases:

    >>> report = decide(xr.DataArray([1.0] * 10 + [0.4] * 30, dims="x"))
    >>> report.volume.values, report.volume_bias.values.round(3), report.expected_dice.values.round(3)
    (array([40., 10.]), array([ 0.818, -0.545]), array([0.707, 0.629]))
    """
    operation = "lesions.decide"
    _check_probability(operation, probability)
    check_number(operation, "level", level, above=0, at_most=1)
    counted = probability if where is None else probability.where(where, 0.0)
    masks = [optimal_mask(probability, where=where, empty=empty), counted >= level]
    names = xr.Variable("decision", [OPTIMAL, CUT])
    mask = xr.concat(masks, names, combine_attrs="drop", coords="minimal", compat="override")
    grid = grid_if_known(probability)
    units = "voxels" if grid is None else grid.units
    voxel = 1.0 if grid is None else grid.voxel
    dims = spatial_axes(probability)
    volume = mask.sum(dims) * voxel
    expected_volume = counted.sum(dims, dtype=float) * voxel
    report = xr.Dataset(
        {
            "mask": mask,
            "expected_dice": expected_dice(mask, probability, where=where, empty=empty),
            "volume": volume.assign_attrs(units=units),
            "expected_volume": expected_volume.assign_attrs(units=units),
            "volume_bias": (volume - expected_volume) / expected_volume.where(expected_volume > 0),
            "edge": probability.where(mask).min(dims),
        }
    )
    name = name_of(probability, "probability")
    assumed = "voxels are lesion independently"
    return report.assign_attrs(
        probability=name, level=level, assumed=assumed, empty=str(empty), units=units, version=ov.__version__
    )


def _over_space(
    function: Any, images: list[xr.DataArray], where: xr.DataArray | None, keep: tuple[str, ...] = (), **options: Any
) -> xr.DataArray:
    """Apply a function of arrays, whose last axes are x, y and z, to images and to which voxels count."""
    operands = images if where is None else [*images, where]
    dims = spatial_axes(images[0])
    ordered = [operand.transpose(..., *dims) for operand in xr.broadcast(*operands)]
    result: xr.DataArray = xr.apply_ufunc(
        function,
        *ordered,
        kwargs={**options, "axis": tuple(range(-len(dims), 0))},
        input_core_dims=[dims] * len(ordered),
        output_core_dims=[keep],
        join="exact",
    )
    return result


def _expected_dice(
    mask: np.ndarray, probability: np.ndarray, where: np.ndarray | None = None, **options: Any
) -> np.ndarray:
    value: np.ndarray = expected.expected_dice(mask, probability, where=where, **options)
    return value


def _optimal_mask(probability: np.ndarray, where: np.ndarray | None = None, **options: Any) -> np.ndarray:
    mask: np.ndarray = expected.optimal_mask(probability, where=where, **options)
    return mask


def _check_probability(operation: str, probability: xr.DataArray) -> None:
    check_images(operation, probability=probability)
    if probability.dtype.kind != "f":
        raise TypeError(
            f"{operation}: probability has dtype {probability.dtype}: pass a map of chances in [0, 1], such as "
            "consensus(raters)"
        )
    if not spatial_axes(probability):
        axes = ", ".join(AXES)
        raise ValueError(f"{operation}: probability has dimensions {probability.dims}, none of {axes}: rename them")


def _on_grid_of(mask: xr.DataArray, probability: xr.DataArray, operation: str) -> xr.DataArray:
    """Return the map with the very coordinates of the mask; one without coordinates as it is."""
    grid = grid_if_known(mask)
    if grid is None:
        return probability
    probability = in_place_of(probability, mask)
    return regrid(probability, grid, operation, name_of(mask, "mask"))
