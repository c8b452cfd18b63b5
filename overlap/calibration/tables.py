"""The table of a reliability diagram. Public through `overlap.calibration`."""

from __future__ import annotations

from math import nan
from statistics import NormalDist
from typing import TYPE_CHECKING

import array_api_compat.numpy as xp
import numpy as np

from .._arrays import Array, Axis, kept_and_summed, safe_ratio, values_on_host
from .._checks import check_real, shown
from .bins import Binning, Bins, Cells, Closed, check_bins, inner_edges, members_of, read_cells, sums_of

if TYPE_CHECKING:
    import pandas as pd


def reliability(
    prediction: Array,
    target: Array,
    *,
    n_bins: int = 15,
    binning: Binning = "width",
    closed: Closed = "right",
    level: float = 0.95,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
) -> pd.DataFrame:
    """Return the table of a reliability diagram: what is there, bin by bin of what is predicted.

    Parameters
    ----------
    prediction, target : array
        As in `brier`; on the host.
    n_bins, binning, closed
        As in `expected_calibration_error`.
    level : float
        Confidence level of the intervals, in (0, 1).
    axis, weights, where
        As in `brier`.

    Returns
    -------
    pandas.DataFrame
        A row for each bin; if `axis` leaves axes, for each place along them and bin. An empty bin has count 0 and NaN.

        - ``lower``, ``upper``: the ends of the bin.
        - ``count``: how many cells it has.
        - ``share``: of all weights.
        - ``predicted``, ``observed``: the mean of the predictions and of the targets.
        - ``low``, ``high``: Wilson's interval of ``observed``, if cells were independent draws. With weights, of as
          many as have the same variance, (Σw)²/Σw². Of a soft target it is wider than need be.

    Raises
    ------
    TypeError, ValueError
        As `expected_calibration_error`.

    See Also
    --------
    expected_calibration_error : Return the expected calibration error (ECE).
    overlap.plotting.reliability : Draw a reliability diagram.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. J. Am. Stat. Assoc. 22,
    209.

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([0.2, 0.2, 0.2, 0.9]), np.array([True, False, False, True])
    >>> reliability(prediction, target, n_bins=4).round(2)
         lower  upper  count  share  predicted  observed   low  high
    bin
    0     0.00   0.25      3   0.75        0.2      0.33  0.06  0.79
    1     0.25   0.50      0   0.00        NaN       NaN   NaN   NaN
    2     0.50   0.75      0   0.00        NaN       NaN   NaN   NaN
    3     0.75   1.00      1   0.25        0.9      1.00  0.21  1.00
    """
    operation = "calibration.reliability"
    check_real(operation, "level", level)
    if not 0 < level < 1:
        raise ValueError(f"{operation}: level must lie between 0 and 1, got {shown(level)}")
    check_bins(operation, n_bins, binning, closed)
    p = values_on_host(operation, "prediction", prediction)
    y = values_on_host(operation, "target", target)
    w = None if weights is None else values_on_host(operation, "weights", weights)
    counted = None if where is None else values_on_host(operation, "where", where)
    cells, _ = read_cells(operation, p, y, axis, w, counted)
    edges = inner_edges(cells, p.dtype, n_bins, binning, closed, xp)
    columns = _columns(cells, edges, members_of(cells.p, edges, closed, xp), level)
    table = _table(columns, [f"axis {k}" for k in kept_and_summed(p.ndim, axis)[0]])
    table.attrs = {"binning": binning, "closed": closed, "level": level}
    return table


def _columns(cells: Cells, edges: np.ndarray, members: list[np.ndarray], level: float) -> dict[str, np.ndarray]:
    """Return the columns of the table, each with the bins along the first axis."""
    bins = sums_of(cells, members, xp)
    has_size = cells.weights > 0
    counts = np.stack([np.count_nonzero(member & has_size, axis=-1) for member in members])
    lower, upper = _ends(edges, counts.shape)
    total = np.sum(bins.weight, axis=0)
    observed = safe_ratio(bins.observed, bins.weight, nan, xp)
    low, high = _wilson(observed, _draws(bins, cells, members), level)
    return {
        "lower": lower,
        "upper": upper,
        "count": counts,
        "share": safe_ratio(bins.weight, total, nan, xp),
        "predicted": safe_ratio(bins.predicted, bins.weight, nan, xp),
        "observed": observed,
        "low": low,
        "high": high,
    }


def _ends(edges: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper end of each bin, from those where two bins meet."""
    n_bins, *cases = shape
    inner = np.broadcast_to(edges[..., 0], (n_bins - 1, *cases))
    zeros = np.zeros((1, *cases))
    return np.concatenate([zeros, inner]), np.concatenate([inner, zeros + 1])


def _draws(bins: Bins, cells: Cells, members: list[np.ndarray]) -> np.ndarray:
    """Return how many draws of one weight have the variance of the weighted mean, (Σw)²/Σw²."""
    squared = cells.weights**2
    squares = np.stack([np.sum(np.where(member, squared, 0.0), axis=-1) for member in members])
    draws: np.ndarray = safe_ratio(bins.weight**2, squares, nan, xp)
    return draws


def _table(columns: dict[str, np.ndarray], names: list[str]) -> pd.DataFrame:
    """Return a row for each place along the named axes and bin, the bins of one place together."""
    import pandas as pd

    n_bins, *cases = columns["count"].shape
    rows = {name: np.moveaxis(values, 0, -1).reshape(-1) for name, values in columns.items()}
    if not names:
        return pd.DataFrame(rows, pd.RangeIndex(n_bins, name="bin"))
    ranges = [range(n) for n in (*cases, n_bins)]
    return pd.DataFrame(rows, pd.MultiIndex.from_product(ranges, names=[*names, "bin"]))


def _wilson(share: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of Wilson's interval of a share of n draws."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    widening = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / widening
    variance = share * (1 - share) / n + z**2 / (4 * n**2)
    half = z / widening * np.sqrt(variance)
    low = np.maximum(centre - half, 0.0)
    high = np.minimum(centre + half, 1.0)
    return low, high
