"""Whether a probability map means what it says: reliability, calibration errors and Brier score, by case and cohort.

Conventions
-----------
- All voxels that count are looked at, whatever lesion they are of. Most of an image is background that nobody doubts:
  it makes every error small. ``where=`` says which voxels count, and errors on other fields of view are other numbers.
- Bins and errors are those of `overlap.calibration`. Of a soft reference what counts as observed is its mean.
- A case has its errors. A cohort has the means of its cases' errors, and those of all its voxels as if they were of one
  image: bins are added up. The second hides errors that go one way in one case and the other way in another.
- Voxels of an image are no independent draws, cases are: intervals of a cohort are from resampled cases.

References
----------
Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Mon. Weather Rev. 78, 1.
Guo, C. et al. (2017). On calibration of modern neural networks. ICML. arXiv:1706.04599
"""

from __future__ import annotations

from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import calibration as of_arrays
from overlap import resample

from ..._checks import check_number, check_whole
from ..._report import name_of, names_of
from ..images.grids import check_masks, grid_if_known, regrid, spatial_axes
from ..images.resampling import in_one_field

Binning = Literal["width", "mass"]
Closed = Literal["right", "left"]
ERRORS = ("brier", "ece", "ace", "mce")
TABLE = ("lower", "upper", "count", "share", "predicted", "observed", "low", "high")


def calibration(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    n_bins: int = 15,
    binning: Binning = "width",
    closed: Closed = "right",
    confidence: float = 0.95,
    where: xr.DataArray | None = None,
) -> xr.Dataset:
    """Compare a probability map with what is there: how far off its probabilities are.

    Parameters
    ----------
    predicted : DataArray
        A probability map, floating in [0, 1].
    reference : DataArray
        A mask on the same grid: bool, or floating, such as ``consensus(raters)``.
    n_bins : int
        Number of bins.
    binning : {"width", "mass"}
        Bins of equal width, or with equally many voxels as far as ties allow.
    closed : {"right", "left"}
        Which end a bin has.
    confidence : float
        Of the intervals of ``observed``, in (0, 1): Wilson's, as if voxels were independent.
    where : DataArray of bool, optional
        Voxels that count.

    Returns
    -------
    Dataset, dimension bin (case × bin if there are cases)
        - ``brier``, ``ece``, ``ace``, ``mce``: the Brier score, and the expected, average and maximum calibration
          error, see `overlap.calibration`; by case.
        - ``lower upper count share predicted observed low high``: the reliability table, by case and bin;
          ``overlap.plotting.reliability(report.to_dataframe())`` draws that of one case.

    Raises
    ------
    TypeError
        If a mask holds labels.
    ValueError
        If the grids differ, or a choice or a value is out of range.

    See Also
    --------
    pool_calibration : Return the calibration of a cohort.
    plot_reliability : Draw a reliability diagram of a probability map.
    decide : Set the mask of the largest expected Dice beside the cut of a probability map.

    References
    ----------
    Guo, C. et al. (2017). On calibration of modern neural networks. ICML. arXiv:1706.04599

    Examples
    --------
    Two raters as a forecast of the other two:

    >>> from ..images.io import example, read_image
    >>> from ..raters.raters import consensus
    >>> raters = read_image(example("nodule_00")) == 1
    >>> report = calibration(consensus(raters.isel(rater=[0, 1])), consensus(raters.isel(rater=[2, 3])), n_bins=3)
    >>> round(float(report.ece), 4), round(float(report.brier), 4)
    (0.0095, 0.011)
    >>> report.predicted.values, report.observed.values.round(2)
    (array([0. , 0.5, 1. ]), array([0.  , 0.37, 0.99]))
    """
    operation = "lesions.calibration"
    check_masks(operation, predicted=predicted, reference=reference)
    check_number(operation, "confidence", confidence, above=0, at_most=1)
    predicted, reference = in_one_field(predicted, reference)
    grid = grid_if_known(predicted)
    if grid is not None:
        reference = regrid(reference, grid, operation, name_of(predicted, "prediction"))
    images = [predicted, reference]
    if where is not None:
        images.append(where)
    dims = spatial_axes(predicted)
    ordered = [image.transpose(..., *dims) for image in xr.broadcast(*images)]
    p = ordered[0]
    y = ordered[1].values
    counted = None if where is None else ordered[2].values
    kept = [str(dim) for dim in p.dims if dim not in dims]
    axis = tuple(range(-len(dims), 0))
    binned: dict[str, Any] = {"n_bins": n_bins, "binning": binning, "closed": closed, "axis": axis, "where": counted}

    report = xr.Dataset(coords={dim: p[dim] for dim in kept if dim in p.coords})
    report["brier"] = kept, of_arrays.brier(p.values, y, axis=axis, where=counted)
    report["ece"] = kept, of_arrays.expected_calibration_error(p.values, y, **binned)
    report["ace"] = kept, of_arrays.average_calibration_error(p.values, y, **binned)
    report["mce"] = kept, of_arrays.maximum_calibration_error(p.values, y, **binned)
    # the table has a row for each bin of each case
    table = of_arrays.reliability(p.values, y, level=confidence, **binned)
    shape = [p.sizes[dim] for dim in kept]
    for name in TABLE:
        report[name] = [*kept, "bin"], table[name].to_numpy().reshape(*shape, n_bins)
    return report.assign_attrs(
        **names_of(predicted, reference),
        binning=binning,
        closed=closed,
        confidence=confidence,
        interval="Wilson, independent voxels",
        version=ov.__version__,
    )


def pool_calibration(cases: xr.Dataset, *, dim: str = "case", n_resamples: int = 2000, rng: int = 0) -> xr.Dataset:
    """Return the calibration of a cohort: its bins added up, and the means of the cases' errors.

    Parameters
    ----------
    cases : Dataset
        Reports of `calibration` along `dim`: of images with cases, or ``xarray.concat(reports, "case")``.
    dim : str
        The dimension of the cases.
    n_resamples, rng : int
        How often the cases are resampled for the intervals, and the seed.

    Returns
    -------
    Dataset, dimensions bin and error
        - ``brier``, ``ece``: of all voxels, as if they were of one image.
        - ``mean``, ``mean_low``, ``mean_high``: by ``error`` ("brier", "ece", "ace", "mce"), over the cases, with its
          interval; ``n_defined``, how many cases it is a mean of.
        - ``lower upper count share predicted observed low high``: the reliability table of all voxels; its intervals
          are from resampled cases.

    Raises
    ------
    ValueError
        If there are no cases, or their bins differ: bins of equal mass end elsewhere in each case.

    See Also
    --------
    calibration : Compare a probability map with what is there.
    cohort_calibration : Say whether the probability maps of a cohort mean what they say.

    Examples
    --------
    >>> predicted = xr.DataArray([[0.25, 0.75, 0.75, 0.25], [0.25, 0.25, 0.75, 0.75]], dims=("case", "x"))
    >>> reference = xr.DataArray([[False, True, True, False], [True, False, False, True]], dims=("case", "x"))
    >>> cohort = pool_calibration(calibration(predicted, reference, n_bins=2))
    >>> float(cohort.ece), float(cohort["mean"].sel(error="ece")), cohort.observed.values
    (0.0, 0.25, array([0.25, 0.75]))
    """
    operation = "lesions.pool_calibration"
    check_whole(operation, "n_resamples", n_resamples, at_least=1)
    _check_may_be_pooled(operation, cases, dim)
    drawn: dict[str, Any] = {"level": cases.attrs["confidence"], "n_resamples": n_resamples, "rng": rng}
    count = cases["count"].transpose(dim, "bin")
    # a bin without voxels has no mean, and adds nothing
    predicted = (cases["predicted"] * count).fillna(0.0)
    observed = (cases["observed"] * count).fillna(0.0)

    report = cases[["lower", "upper"]].isel({dim: 0}, drop=True)
    in_bin = count.sum(dim)
    total = in_bin.sum("bin")
    report["count"] = in_bin
    report["share"] = in_bin / total
    report["predicted"] = predicted.sum(dim) / in_bin
    report["observed"] = observed.sum(dim) / in_bin
    low, high = _interval_of_bins(observed.transpose(dim, "bin").values, count.values, drawn)
    report["low"] = "bin", low
    report["high"] = "bin", high

    squares = (cases["brier"] * count.sum("bin")).fillna(0.0)
    report["brier"] = squares.sum(dim) / total
    gaps = abs(predicted.sum(dim) - observed.sum(dim))
    report["ece"] = gaps.sum("bin") / total
    report = report.assign_coords(error=list(ERRORS))
    for name, values in _means_over_cases(cases, dim, drawn).items():
        report[str(name)] = "error", values.to_numpy()
    return report.assign_attrs(cases.attrs, interval="resampled cases", cases=cases.sizes[dim])


def _check_may_be_pooled(operation: str, cases: xr.Dataset, dim: str) -> None:
    """Refuse reports that have no cases, or other bins in each."""
    if dim not in cases.dims or not cases.sizes[dim]:
        raise ValueError(f"{operation}: the reports have sizes {dict(cases.sizes)}, and no {dim!r}: concatenate them")
    lower = cases["lower"]
    has_one_table = bool((lower == lower.isel({dim: 0})).all())
    if cases.attrs["binning"] != "width" or not has_one_table:
        raise ValueError(f'{operation}: the bins of the cases differ: make the reports with binning="width"')


def _interval_of_bins(observed: np.ndarray, count: np.ndarray, drawn: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of the observed share of each bin, from (cases, bins): a share is a precision."""
    n_cases, n_bins = count.shape
    if n_cases < 2:
        unknown = np.full(n_bins, nan)
        return unknown, unknown
    share = ov.Overlap(observed, count, observed)
    low, high = resample.confidence_interval(share, "precision", method="percentile", **drawn)
    return low, high


def _means_over_cases(cases: xr.Dataset, dim: str, drawn: dict[str, Any]) -> pd.DataFrame:
    """Return for each error its mean over the cases, the interval, and how many cases have the error."""
    rows = []
    for name in ERRORS:
        values = cases[name].transpose(dim).values
        defined = values[~np.isnan(values)]
        mean = defined.mean() if defined.size else nan
        low, high = resample.interval_of(values, **drawn)
        rows.append((mean, float(low), float(high), defined.size))
    return pd.DataFrame(rows, columns=["mean", "mean_low", "mean_high", "n_defined"])
