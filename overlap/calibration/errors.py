"""How wrong probabilities are, in one number. Public through `overlap.calibration`."""

from __future__ import annotations

from math import nan
from types import ModuleType

from .._arrays import Array, Axis, SameArray, safe_ratio
from .bins import Binning, Bins, Closed, check_bins, inner_edges, members_of, read_cells, sums_of


def brier(
    prediction: SameArray,
    target: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
) -> SameArray:
    """Return the Brier score, the mean of (prediction − target)².

    Of a soft target, the mean of several raters, it is the score of the mean: that of the raters one by one is larger
    by the mean of y(1 − y), whatever is predicted.

    Parameters
    ----------
    prediction : array
        Probabilities: floating in [0, 1], or bool.
    target : array
        What is there, of the shape of `prediction`: bool, or floating in [0, 1].
    axis : int or tuple of int, optional
        Axes of the cells of one case; all by default. What is left is the shape of the result.
    weights : array, optional
        Size of each cell (≥ 0); broadcasts to the prediction.
    where : array of bool, optional
        True = counted; broadcasts to the prediction. What is not counted may hold anything, NaN too.

    Returns
    -------
    array
        In [0, 1], of the shape that `axis` leaves; NaN where no cell counts.

    Raises
    ------
    TypeError
        If an operand is neither bool nor floating, or they come from different libraries.
    ValueError
        If the shapes do not fit, or a counted value is outside [0, 1] where values may be looked at.

    See Also
    --------
    expected_calibration_error : Return the expected calibration error (ECE).
    reliability : Return the table of a reliability diagram.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Mon. Weather Rev. 78, 1.

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([0.2, 0.9, 0.4]), np.array([False, True, True])
    >>> round(float(brier(prediction, target)), 4)
    0.1367
    """
    cells, xp = read_cells("calibration.brier", prediction, target, axis, weights, where)
    squares = xp.sum(cells.weights * (cells.p - cells.y) ** 2, axis=-1)
    return safe_ratio(squares, xp.sum(cells.weights, axis=-1), nan, xp)


def expected_calibration_error(
    prediction: SameArray,
    target: SameArray,
    *,
    n_bins: int = 15,
    binning: Binning = "width",
    closed: Closed = "right",
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
) -> SameArray:
    """Return the expected calibration error (ECE): how far bins are off, each by its mean, weighed by their cells.

    Parameters
    ----------
    prediction, target : array
        As in `brier`.
    n_bins : int
        Number of bins.
    binning : {"width", "mass"}
        Bins of equal width, or with equally many cells (equal sums of weights) as far as ties allow.
    closed : {"right", "left"}
        Which end a bin has. The first bin has 0 and the last one 1, whatever is said.
    axis, weights, where
        As in `brier`.

    Returns
    -------
    array
        In [0, 1], of the shape that `axis` leaves; NaN where no cell counts. Its gradient takes the bins as they are.

    Raises
    ------
    TypeError, ValueError
        As `brier`, and if an option is out of its range.

    See Also
    --------
    average_calibration_error : Return the average calibration error (ACE).
    maximum_calibration_error : Return the maximum calibration error (MCE).
    brier : Return the Brier score, the mean of (prediction − target)².
    reliability : Return the table of a reliability diagram.

    References
    ----------
    Naeini, M. P., Cooper, G. F. & Hauskrecht, M. (2015). Obtaining well calibrated probabilities using Bayesian
    binning. AAAI.

    Examples
    --------
    Of three cells at 0.2 one is there, and the one at 0.9 is:

    >>> import numpy as np
    >>> prediction, target = np.array([0.2, 0.2, 0.2, 0.9]), np.array([True, False, False, True])
    >>> round(float(expected_calibration_error(prediction, target)), 4), round((3 * (1 / 3 - 0.2) + 0.1) / 4, 4)
    (0.125, 0.125)

    Of several classes, the largest probability against whether that class is right:

    >>> probabilities, labels = np.array([[0.7, 0.3, 0.5], [0.3, 0.7, 0.5]]), np.array([0, 1, 1])
    >>> right = probabilities.argmax(axis=0) == labels
    >>> round(float(expected_calibration_error(probabilities.max(axis=0), right)), 4)
    0.3667
    """
    operation = "calibration.expected_calibration_error"
    bins, xp = _binned(operation, prediction, target, n_bins, binning, closed, axis, weights, where)
    off = xp.sum(xp.abs(bins.predicted - bins.observed), axis=0)
    total = xp.sum(bins.weight, axis=0)
    return safe_ratio(off, total, nan, xp)


def average_calibration_error(
    prediction: SameArray,
    target: SameArray,
    *,
    n_bins: int = 15,
    binning: Binning = "width",
    closed: Closed = "right",
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
) -> SameArray:
    """Return the average calibration error (ACE): as `expected_calibration_error`, but bins with a cell count alike.

    See Also
    --------
    expected_calibration_error : Return the expected calibration error (ECE).
    maximum_calibration_error : Return the maximum calibration error (MCE).

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([0.2, 0.2, 0.2, 0.9]), np.array([True, False, False, True])
    >>> round(float(average_calibration_error(prediction, target)), 4), round((1 / 3 - 0.2 + 0.1) / 2, 4)
    (0.1167, 0.1167)
    """
    operation = "calibration.average_calibration_error"
    bins, xp = _binned(operation, prediction, target, n_bins, binning, closed, axis, weights, where)
    has_cells = xp.astype(bins.weight > 0, bins.weight.dtype)
    n_with_cells = xp.sum(has_cells, axis=0)
    off = xp.sum(_gaps(bins, xp), axis=0)
    return safe_ratio(off, n_with_cells, nan, xp)


def maximum_calibration_error(
    prediction: SameArray,
    target: SameArray,
    *,
    n_bins: int = 15,
    binning: Binning = "width",
    closed: Closed = "right",
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
) -> SameArray:
    """Return the maximum calibration error (MCE): as `expected_calibration_error`, but of the bin that is worst.

    See Also
    --------
    expected_calibration_error : Return the expected calibration error (ECE).
    average_calibration_error : Return the average calibration error (ACE).

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([0.2, 0.2, 0.2, 0.9]), np.array([True, False, False, True])
    >>> round(float(maximum_calibration_error(prediction, target)), 4), round(1 / 3 - 0.2, 4)
    (0.1333, 0.1333)
    """
    operation = "calibration.maximum_calibration_error"
    bins, xp = _binned(operation, prediction, target, n_bins, binning, closed, axis, weights, where)
    worst = xp.max(_gaps(bins, xp), axis=0)
    is_empty = xp.sum(bins.weight, axis=0) == 0
    return xp.where(is_empty, nan, worst)


def _binned(
    operation: str,
    prediction: Array,
    target: Array,
    n_bins: int,
    binning: Binning,
    closed: Closed,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
) -> tuple[Bins, ModuleType]:
    """Check what a user passes; return the sums of the bins, and their array namespace."""
    check_bins(operation, n_bins, binning, closed)
    cells, xp = read_cells(operation, prediction, target, axis, weights, where)
    edges = inner_edges(cells, prediction.dtype, n_bins, binning, closed, xp)
    members = members_of(cells.p, edges, closed, xp)
    return sums_of(cells, members, xp), xp


def _gaps(bins: Bins, xp: ModuleType) -> Array:
    """Return how far each bin is off; 0 of an empty one."""
    off = xp.abs(bins.predicted - bins.observed)
    return safe_ratio(off, bins.weight, 0.0, xp)
