"""How well two regions of the torus agree.

Conventions
-----------
- Prediction first, reference second. The comparison takes place on the prediction's grid; how the reference came
  onto it is in ``attrs["regridding"]``.
- Sizes are in cells of that grid, all equal: the torus is flat. Shares are per cent.
- An index of two empty regions is NaN unless ``empty=`` says otherwise; ``n_defined`` counts those that are not.
- A 2° grid alone costs 0.02 to 0.04 of IoU at the boundary: two regions from one truth reach about 0.97.
"""

from __future__ import annotations

import warnings
from math import nan
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from .empirical import Category, Level
from .regions import onto
from .regions import region as _region
from .torus import check_grid

INDICES = ("iou", "dice")


def compare(
    predicted: xr.DataArray,
    reference: str | xr.Dataset | xr.DataArray = "top8000",
    *,
    category: Category | None = None,
    level: Level = "favored",
    weights: xr.DataArray | None = None,
    tnorm: ov.raster.TNorm = "minimum",
    empty: float | ov.EmptyPolicy = nan,
) -> xr.Dataset:
    """Compare a predicted region with a reference one, as two sets on the torus.

    Parameters
    ----------
    predicted : DataArray, dimensions (..., psi, phi)
        Bool, or floating in [0, 1] for a soft prediction; further dimensions (several models) are kept.
    reference : str, Dataset or DataArray
        The name of an empirical reference, a Dataset like it, or any region.
    category : str, optional
        Which empirical region; by default the prediction's own (``attrs["category"]``), else "general". A
        prediction with a dimension ``category`` meets each category's region.
    level : {"favored", "allowed"}
        Which empirical region; "allowed" holds the favored cells too.
    weights : DataArray, optional
        Size of each cell; equal by default.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect, see `overlap.raster.measure`.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.

    Returns
    -------
    Dataset
        ``intersection``, ``size_a`` (prediction), ``size_b`` (reference) in cells; ``iou``, ``dice``;
        ``share_a``, ``share_b``, per cent of the torus; ``outside``, share of the prediction outside the
        reference; ``missed``, share of the reference not predicted; ``n_defined``. Decisions are in ``attrs``.

    Raises
    ------
    TypeError
        If the prediction is no DataArray.
    ValueError
        If a grid does not cover the torus once, or a name is unknown.

    Warns
    -----
    UserWarning
        If the two regions are of different categories.

    Examples
    --------
    >>> from .regions import region
    >>> report = compare(region("top8000", "glycine"), region("top8000", "glycine", "allowed"))
    >>> round(float(report.outside), 4), round(float(report.missed), 4)
    (0.0, 0.428)
    """
    if not isinstance(predicted, xr.DataArray):
        raise TypeError(
            f"compare: the prediction is a {type(predicted).__name__}; pass a DataArray with dimensions psi and phi "
            "and cell centres in degrees, as read_region returns"
        )
    predicted = check_grid(predicted, "prediction")
    truth = reference if isinstance(reference, xr.DataArray) else _empirical(predicted, reference, category, level)
    _check_category(predicted, truth)
    truth, regridding = onto(truth, predicted)
    counts = ov.labelled.measure(_bare(predicted), _bare(truth), ["psi", "phi"], weights=weights, tnorm=tnorm)
    report = _report(counts, empty, _torus(predicted, weights))
    return report.assign_attrs(
        prediction=_name(predicted, "prediction"),
        reference=_name(truth, "reference"),
        category=str(truth.attrs.get("category", category or "")),
        level=str(truth.attrs.get("level", "")),
        regridding=f"reference: {regridding}",
        grid=f"{predicted.sizes['psi']} × {predicted.sizes['phi']} cells (psi × phi)",
        units="cells" if weights is None else "weighted cells",
        version=ov.__version__,
        **_hint(predicted, truth, counts),
    )


def _report(counts: xr.Dataset, empty: float | ov.EmptyPolicy, torus: float) -> xr.Dataset:
    indices = ov.labelled.indices(counts, (*INDICES, "precision", "recall"), empty=empty)
    report = xr.merge([counts, indices[list(INDICES)]], combine_attrs="drop")
    shares = {"share_a": counts.size_a, "share_b": counts.size_b}
    report = report.assign({k: (100 * x / torus).assign_attrs(units="%") for k, x in shares.items()})
    report = report.assign(outside=1 - indices.precision, missed=1 - indices.recall)
    defined = xr.concat([indices[k].notnull().sum() for k in INDICES], xr.Variable("index", list(INDICES)))
    return report.assign(n_defined=defined).assign_attrs(indices.attrs)


def _empirical(
    predicted: xr.DataArray, reference: str | xr.Dataset, category: Category | None, level: Level
) -> xr.DataArray:
    if category is None and "category" in predicted.dims:
        return _region(reference, None, level).sel(category=predicted.category)
    own = predicted.attrs.get("category")
    return _region(reference, category or own or "general", level)


def _check_category(predicted: xr.DataArray, truth: xr.DataArray) -> None:
    own, other = (x.attrs.get("category") for x in (predicted, truth))
    if own and other and own != other and "all" not in (own, other):
        warnings.warn(f"compare: the prediction is of category {own!r}, the reference of {other!r}", stacklevel=3)


def _bare(x: xr.DataArray) -> xr.DataArray:
    """Leave the score behind, which need not agree between the two."""
    return x.drop_vars([name for name in x.coords if name not in x.dims])


def _torus(predicted: xr.DataArray, weights: xr.DataArray | None) -> float:
    one = xr.ones_like(predicted.isel({d: 0 for d in predicted.dims if d not in ("psi", "phi")}), float)
    return float((one if weights is None else _bare(one) * weights).sum())


def _name(x: xr.DataArray, fallback: str) -> str:
    return str(x.attrs.get("name") or x.name or fallback)


def _hint(predicted: xr.DataArray, truth: xr.DataArray, counts: xr.Dataset) -> dict[str, str]:
    """Say so if the prediction would fit far better swapped, mirrored or shifted: the usual slips with axes."""
    cells = np.asarray(predicted)
    if cells.ndim != 2 or truth.ndim != 2:
        return {}
    slips: dict[str, Any] = {
        "phi and psi swapped": cells.T,
        "psi upside down": cells[::-1],
        "phi mirrored": cells[:, ::-1],
        "0 to 360 read as -180 to 180": np.roll(cells, [n // 2 for n in cells.shape], (0, 1)),
    }
    possible = {name: x for name, x in slips.items() if x.shape == truth.shape}
    found = {name: float(ov.iou(ov.raster.measure(x, np.asarray(truth)))) for name, x in possible.items()}
    best = max(found, key=lambda name: np.nan_to_num(found[name]))
    now = float(ov.labelled.indices(counts, ["iou"]).iou)
    if not found[best] > now + 0.25:
        return {}
    return {"hint": f"with {best} the IoU would be {found[best]:.2f}, not {now:.2f}: are the axes what they say?"}
