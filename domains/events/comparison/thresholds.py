"""Predictions at many thresholds, and the curve of a polyphonic sound detection score.

Conventions
-----------
- An operating point is what is predicted of all recordings at one threshold: a table. Several are one table with a
  column ``operating_point``.
- The curve is a staircase: its height at a rate holds up to the next rate.

References
----------
See `domains.events.protocols.psds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import UsageError
from ..protocols import Scored
from ..protocols.psd_roc import area
from ..protocols.psds import POINT, PsdsSettings, counts_of, curve_of, found_of
from ..protocols.reducers import names_of
from ..protocols.scored import check_scored
from ..schema import as_events


def operating_points(tables: Mapping[Any, Any]) -> pd.DataFrame:
    """Put what is predicted at several thresholds into one table, as the PSDS presets take it.

    Parameters
    ----------
    tables : mapping of name to DataFrame
        What is predicted at each threshold, see `as_events`; the names are what the points are called.

    Returns
    -------
    DataFrame
        The tables one below the other, with the column ``operating_point``.

    Raises
    ------
    TypeError
        If `tables` is no mapping.
    ValueError
        If a table is malformed.

    See Also
    --------
    psds_curve : Return the curve whose area is the polyphonic sound detection score.
    compare : Score predicted events against annotated ones.

    Examples
    --------
    >>> tables = {0.3: [[0.0, 2.0], [5.0, 6.0]], 0.7: [[0.0, 1.5]]}
    >>> operating_points(tables)["operating_point"].tolist()
    ['0.3', '0.3', '0.7']
    """
    if not isinstance(tables, Mapping):
        raise TypeError(
            f"events.operating_points: tables must be a mapping of thresholds to tables, such as {{0.5: table}}; got a "
            f"{type(tables).__name__}"
        )
    parts = [as_events([], "events")]
    for name, table in tables.items():
        parts.append(as_events(table, f"operating point {name}").assign(**{POINT: str(name)}))
    is_some = [part for part in parts if len(part)]
    return pd.concat(is_some or parts, ignore_index=True)


def psds_curve(scored: Scored) -> xr.Dataset:
    """Return the curve whose area is the polyphonic sound detection score.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it, by "psds", "psds_scenario1" or "psds_scenario2".

    Returns
    -------
    Dataset
        Over ``rate``, effective false alarms per unit of time, ascending from 0, each up to the next: ``tpr`` (label,
        rate), the share of each label's references that is found; ``mean`` and ``std`` of it over labels; ``etpr``,
        what the score is the area of. Where labels have references only: others have no curve. ``psds``, the area up
        to ``attrs["max_efpr"]`` over that rate.

    Raises
    ------
    UsageError
        If another protocol was scored.

    See Also
    --------
    plot_psd_roc : Draw what is found over the effective rate of false alarms.
    operating_points : Put what is predicted at several thresholds into one table.

    Examples
    --------
    >>> from .comparison import assess
    >>> table = pd.DataFrame({"onset": [0, 5], "offset": [2, 6], "label": ["dog", "cat"], "score": [0.9, 0.4]})
    >>> curve = psds_curve(assess(table, table, "psds", support=60.0))
    >>> curve.etpr.values.tolist(), float(curve.psds)
    ([1.0], 1.0)
    """
    check_scored("events.psds_curve", scored)
    settings = scored.settings
    if not isinstance(settings, PsdsSettings):
        raise UsageError(
            f"events.psds_curve: {scored.protocol_name} has no such curve; assess by psds, psds_scenario1 or "
            "psds_scenario2"
        )
    curve = curve_of(counts_of(scored, found_of(scored)), settings)
    labels = names_of(scored, "label")
    height = xr.DataArray(
        curve.height, {"label": [labels[k] for k in curve.labels], "rate": curve.rate}, ["label", "rate"], "tpr"
    )
    limit = settings.max_efpr
    if limit is None:
        limit = float(curve.rate[-1]) if len(curve.rate) else np.nan
    prediction, reference = scored.names
    return xr.Dataset(
        {
            "tpr": height,
            "mean": height.mean("label"),
            "std": height.std("label"),
            "etpr": ("rate", curve.effective),
            "psds": area(curve.rate, curve.effective, settings.max_efpr),
        },
        attrs={
            "prediction": prediction,
            "reference": reference,
            "protocol": scored.protocol_name,
            "alpha_ct": settings.alpha_ct,
            "alpha_st": settings.alpha_st,
            "max_efpr": limit,
            "unit": settings.unit,
            "version": settings.version,
        },
    )
