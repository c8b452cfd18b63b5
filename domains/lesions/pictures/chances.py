"""Whether a probability map is lesion as often as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

import overlap as ov

from ..._checks import UsageError
from ..._pictures import COLUMN, axes_or_new, printed
from ..._report import name_of
from ..decisions.calibrated import TABLE, calibration
from .cohort_scores import short_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_reliability(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    n_bins: int = 10,
    where: xr.DataArray | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a reliability diagram of a probability map: what is lesion against what was predicted.

    Parameters
    ----------
    predicted : DataArray
        The chance of each voxel to be lesion, floating in [0, 1].
    reference : DataArray
        A mask on the same grid, or the share of raters.
    n_bins : int
        Bins of equal width.
    where : DataArray of bool, optional
        Voxels that count, by default all. Background makes any map look calibrated: count what an organ's mask holds,
        or where the map is above 0. Which voxels count must not be chosen by the reference.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        See `overlap.plotting.reliability`; beside it are the expected calibration error (ECE) and the Brier score.

    Raises
    ------
    TypeError, ValueError
        As `calibration`, and if the map has several cases.

    See Also
    --------
    calibration : Compare a probability map with what is there.
    overlap.plotting.reliability : Draw a reliability diagram.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..images.io import example, read_image
    >>> from ..raters.raters import consensus
    >>> raters = read_image(example("nodule_00")) == 1
    >>> share = consensus(raters.isel(rater=[0, 1, 2])).assign_attrs(name="three raters")
    >>> ax = plot_reliability(share, raters.isel(rater=3))
    >>> ax.get_legend().get_texts()[1].get_text()
    'three raters (6 of 10 bins empty)'
    >>> print(ax.texts[0].get_text())
    ECE 0.009
    Brier 0.015
    """
    report = calibration(predicted, reference, n_bins=n_bins, where=where)
    if "bin" not in report.dims or report["ece"].ndim:
        raise UsageError("lesions.plot_reliability: the map has several cases: choose one, such as isel(case=0)")
    return plot_reliability_table(report, name_of(predicted, "prediction"), ax)


def plot_reliability_table(report: xr.Dataset, name: str, ax: Axes | None = None) -> Axes:
    """Draw the reliability diagram of a report of `calibration` or `pool_calibration` along ``bin``.

    Parameters
    ----------
    report : Dataset
        Of one case, or of one label of a cohort.
    name : str
        Of the prediction.
    ax : matplotlib Axes, optional
        Where to draw.
    """
    table = report[list(TABLE)].to_dataframe()
    error = float(report["ece"])
    brier = float(report["brier"])
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.3 * COLUMN))
        ov.plotting.reliability(table, ax=ax, label=short_label(name))
        ax.text(0.04, 0.96, f"ECE {error:.3f}\nBrier {brier:.3f}", transform=ax.transAxes, va="top")
    return ax
