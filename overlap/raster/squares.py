"""The sizes of two soft masks in squares: `overlap.raster.squared`."""

from __future__ import annotations

from types import ModuleType

from .._arrays import Array, Axis, SameArray, bounded, is_bool, is_host, plain, sum_dtype
from ..counts import Overlap, unchecked
from .sizes import Names, check_axis, check_masks, counted_values, measure_checked, weigh


def squared(
    a: SameArray,
    b: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    check_values: bool | None = None,
) -> Overlap[SameArray]:
    """Measure two masks in squares, as V-Net's Dice does: |A∩B| = Σab, |A| = Σa², |B| = Σb².

    The Dice of these sizes is 1 − Σ(a − b)² / (Σa² + Σb²). It is 1 for equal masks only, soft ones too, and falls with
    the square of a difference. Hard masks have the sizes of `measure`.

    Parameters
    ----------
    a, b, axis, weights, where, check_values
        As in `measure`.

    Returns
    -------
    Overlap
        In cells, or in the unit of the weights. Take `overlap.dice` or `overlap.iou` of it: they are in [0, 1]. The
        intersection of soft masks may exceed one of the two sizes, so a precision or a recall may exceed 1.

    Raises
    ------
    TypeError, ValueError
        As `measure`.

    See Also
    --------
    measure : Measure how two masks on one grid overlap.
    overlap.losses.squared_dice_loss : Squared Dice loss of V-Net, 1 − 2Σpy / (Σp² + Σy²).

    References
    ----------
    Milletari, F., Navab, N. & Ahmadi, S.-A. (2016). V-Net. 3DV. arXiv:1606.04797

    Examples
    --------
    >>> import numpy as np
    >>> from overlap import dice
    >>> prediction, reference = np.array([0.5, 1.0]), np.array([True, True])
    >>> o = squared(prediction, reference)
    >>> float(o.intersection), float(o.size_a), float(o.size_b)
    (1.5, 1.25, 2.0)
    >>> round(float(dice(o)), 4)
    0.9231
    """
    names = Names("raster.squared")
    a, b, weights, where = plain(a, b, weights, where)
    xp = check_masks(names, a, b, weights, where, "product")
    return unchecked(*squared_checked(names, a, b, axis, weights, where, check_values, xp))


def squared_checked(
    names: Names,
    a: Array,
    b: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    check_values: bool | None,
    xp: ModuleType,
    a_is_in_range: bool = False,
) -> tuple[Array, Array, Array]:
    """Return the three sizes of masks that `check_masks` has passed; see `squared` and `measure_checked`."""
    if is_bool(a, xp) and is_bool(b, xp):
        return measure_checked(names, a, b, axis, weights, where, "product", check_values, xp)
    check_axis(names.operation, axis, a.ndim)
    if isinstance(axis, list):
        axis = tuple(axis)
    if check_values is None:
        check_values = is_host(a, b)
    a, b, weights = counted_values(names, a, b, weights, where, check_values, xp, a_is_in_range)
    dtype = sum_dtype((a, b), xp)
    a = xp.astype(a, dtype, copy=False)
    b = xp.astype(b, dtype, copy=False)
    both = a * b
    square_a = a * a
    square_b = b * b
    if weights is not None:
        both = weigh(both, weights, xp)
        square_a = weigh(square_a, weights, xp)
        square_b = weigh(square_b, weights, xp)
    size_a = xp.sum(square_a, axis=axis)
    size_b = xp.sum(square_b, axis=axis)
    # 2ab ≤ a² + b², whatever is rounded
    mean = (size_a + size_b) / 2
    return bounded(xp.sum(both, axis=axis), mean, mean, xp), size_a, size_b
