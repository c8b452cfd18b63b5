"""Every cut of a soft mask: Dice at each level, and the volumes that a lesion may have.

Conventions
-----------
- A cut at a level is ``mask >= level``, or ``mask > level``: which of the two is named, since a mean of n raters has
  no value but k/n, and its levels are hit exactly. Levels are compared in the dtype of the mask: 0.7 is 0.7.
- Nested: the lesion of a case is one of the cuts, at a level drawn evenly from 0 to 1. A voxel is then lesion with its
  probability, and all voxels stand or fall as one haze does. No other way to draw them spreads the volume wider.
- Independent: each voxel is drawn by itself. The volume hardly varies: raters differ far more.
- Sizes are mm³ (mm² in a single slice), or voxels if the mask has no coordinates.

References
----------
Li, H. et al. (2024). QUBIQ: uncertainty quantification for biomedical image segmentation challenge. arXiv:2405.18435
Dhaene, J. et al. (2002). The concept of comonotonicity in actuarial science and finance: theory. Insur. Math. Econ.
31, 3. (Of sums with given terms, that of nested events varies most.)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Literal, get_args

import numpy as np
import xarray as xr

import overlap as ov

from ..._checks import check_choice, check_empty, check_number
from ..._report import name_of, names_of
from ..images.grids import check_images, check_masks, grid_if_known, regrid, spatial_axes
from ..images.resampling import in_one_field

Inequality = Literal[">=", ">"]
INEQUALITIES = get_args(Inequality)
LEVELS = tuple(k / 10 for k in range(1, 10))
"""Those of the QUBIQ challenge."""


def threshold_averaged_dice(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    levels: Sequence[float] = LEVELS,
    inequality: Inequality = ">=",
    where: xr.DataArray | None = None,
    empty: float | ov.EmptyPolicy = nan,
) -> xr.Dataset:
    """Cut two soft masks at each of several levels, and average the Dice of the cuts.

    Parameters
    ----------
    predicted, reference : DataArray
        Masks on one grid, bool or floating in [0, 1], such as a probability map and ``consensus(raters)``.
    levels : sequence of float
        Where both are cut, in [0, 1].
    inequality : {">=", ">"}
        What is inside of a cut. With few raters it decides: of two raters one is a share of 0.5.
    where : DataArray of bool, optional
        Voxels that count.
    empty : float or EmptyPolicy
        Dice of two empty cuts. NaN leaves such a level out of the mean; the challenge counts it as 1.

    Returns
    -------
    Dataset, dimension level
        ``dice intersection size_a size_b`` at each level; ``mean_dice`` over the levels; ``n_defined``, how many
        it is a mean of.

    Raises
    ------
    TypeError
        If a mask holds labels.
    ValueError
        If the grids differ, or a choice or a level is out of range.

    See Also
    --------
    compare : Compare a predicted segmentation with a reference one.
    soft_volume : Return the volume that a soft mask stands for.

    References
    ----------
    Li, H. et al. (2024). QUBIQ. arXiv:2405.18435

    Examples
    --------
    >>> predicted = xr.DataArray([0.9, 0.6, 0.2], dims="x")
    >>> raters = xr.DataArray([1.0, 0.5, 0.5], dims="x")
    >>> report = threshold_averaged_dice(predicted, raters, levels=[0.25, 0.5, 0.75])
    >>> report.dice.values.round(3), round(float(report.mean_dice), 3)
    (array([0.8, 0.8, 1. ]), 0.867)
    >>> threshold_averaged_dice(predicted, raters, levels=[0.5], inequality=">").dice.values.round(3)
    array([0.667])
    """
    operation = "lesions.threshold_averaged_dice"
    check_masks(operation, predicted=predicted, reference=reference)
    check_choice(operation, "inequality", inequality, INEQUALITIES)
    check_empty(operation, "empty", empty)
    for level in levels:
        check_number(operation, "level", level, at_least=0, at_most=1)
    predicted, reference = in_one_field(predicted, reference)
    grid = grid_if_known(predicted)
    if grid is not None:
        reference = regrid(reference, grid, operation, name_of(predicted, "prediction"))
    dims = spatial_axes(predicted)
    counts = []
    for level in levels:
        a = _cut(predicted, level, inequality)
        b = _cut(reference, level, inequality)
        counts.append(ov.labelled.measure(a, b, dims, where=where))
    along = xr.Variable("level", np.array(levels, float))
    sizes = xr.concat(counts, along, combine_attrs="drop_conflicts")
    dice = ov.labelled.indices(sizes, "dice", empty=empty)["dice"]
    if grid is not None:
        sizes = sizes * grid.voxel
    units = "voxels" if grid is None else grid.units
    report = sizes.assign(dice=dice, mean_dice=dice.mean("level"), n_defined=dice.notnull().sum("level"))
    return report.assign_attrs(
        **names_of(predicted, reference),
        inequality=inequality,
        empty=str(empty),
        units=units,
        version=ov.__version__,
    )


def soft_volume(
    probability: xr.DataArray, *, confidence: float = 0.95, where: xr.DataArray | None = None
) -> xr.Dataset:
    """Return the volume that a soft mask stands for, and how far it may be from that.

    Parameters
    ----------
    probability : DataArray
        Floating in [0, 1], such as a probability map or ``consensus(raters)``; or bool.
    confidence : float
        Of the interval, in (0, 1].
    where : DataArray of bool, optional
        Voxels that count.

    Returns
    -------
    Dataset
        - ``volume``: the sum, which is the mean however voxels depend on each other.
        - ``low``, ``high``: between which the volume lies if the cuts are nested: the volumes of the cuts at
          (1 + confidence) / 2 and (1 - confidence) / 2. Of few raters' shares: what all marked, what any marked.
        - ``deviation_nested``, ``deviation_independent``: the standard deviation, if cuts are nested, and if each
          voxel is drawn by itself: the most it can be, and one that is far too small for outlines.

    Raises
    ------
    TypeError
        If the mask holds labels.
    ValueError
        If the confidence or a probability is out of range.

    See Also
    --------
    threshold_averaged_dice : Cut two soft masks at each of several levels.
    compare : Compare a predicted segmentation with a reference one.

    References
    ----------
    Dhaene, J. et al. (2002). The concept of comonotonicity in actuarial science and finance: theory. Insur. Math.
    Econ. 31, 3.

    Examples
    --------
    >>> from ..images.io import example, read_image
    >>> from ..raters.raters import consensus
    >>> report = soft_volume(consensus(read_image(example("nodule_00")) == 1))
    >>> [round(float(report[name])) for name in ("volume", "low", "high")]
    [246, 121, 419]
    """
    operation = "lesions.soft_volume"
    check_masks(operation, probability=probability)
    check_number(operation, "confidence", confidence, above=0, at_most=1)
    grid = grid_if_known(probability)
    voxel = 1.0 if grid is None else grid.voxel
    units = "voxels" if grid is None else grid.units
    dims = spatial_axes(probability)
    counted = probability.astype(float)
    if where is not None:
        check_images(operation, where=where)
        counted = counted.where(where, 0.0)
    if not bool(((counted >= 0) & (counted <= 1)).all()):
        raise ValueError(f"{operation}: probability has values outside [0, 1]: divide by the value that means 1")
    tail = (1 - confidence) / 2
    variance = counted * (1 - counted)
    sizes: dict[str, xr.DataArray] = {
        "volume": counted.sum(dims),
        "low": (counted >= 1 - tail).sum(dims),
        "high": (counted > tail).sum(dims),
        "deviation_nested": _nested_deviation(counted, dims),
        "deviation_independent": variance.sum(dims) ** 0.5,
    }
    report = xr.Dataset()
    for name, size in sizes.items():
        volume = size * voxel
        report[name] = volume.assign_attrs(units=units)
    called = name_of(probability, "probability")
    return report.assign_attrs(probability=called, confidence=confidence, units=units, version=ov.__version__)


def _cut(mask: xr.DataArray, level: float, inequality: Inequality) -> xr.DataArray:
    # a plain number is compared in the dtype of the mask
    return mask >= float(level) if inequality == ">=" else mask > float(level)


def _nested_deviation(p: xr.DataArray, dims: tuple[str, ...]) -> xr.DataArray:
    """Return the standard deviation of |{p >= u}| for u drawn evenly from 0 to 1.

    E|Y|² = Σᵢⱼ min(pᵢ, pⱼ), and in falling order the k-th of them is the lesser one of 2k − 1 pairs.
    """
    in_a_row = p.stack(voxel=dims, create_index=False)
    falling = -in_a_row.copy(data=np.sort(-in_a_row.values, axis=-1))
    n_pairs = xr.DataArray(2 * np.arange(falling.sizes["voxel"]) + 1, dims="voxel")
    variance = (falling * n_pairs).sum("voxel") - falling.sum("voxel") ** 2
    return variance.clip(min=0.0) ** 0.5
