"""How far the boundaries of events lie from where they were annotated, under any protocol that matches events.

Conventions
-----------
- An error is predicted minus annotated, seconds. See `domains.events.protocols.boundaries`.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError
from ..protocols import By, Protocol
from ..protocols.boundaries import boundary_figures
from ..protocols.scored import checked_by
from ..schema import Support
from .comparison import Events, assess


def boundary_errors(
    predicted: Events,
    reference: Events,
    protocol: str | Protocol = "tiou",
    *,
    support: Support = None,
    threshold: float | None = None,
    by: By = None,
    corrected: bool = False,
    **parameters: Any,
) -> xr.Dataset:
    """Return how far the boundaries of matched events lie from those of their references, and how late they are found.

    Parameters
    ----------
    predicted, reference, protocol, support
        See `compare`.
    threshold : float, optional
        Which threshold, if the protocol has several; by default the one nearest to 0.5.
    by : {"label", "file"} or both, optional
        Keep labels or files apart; by default all are pooled.
    corrected
        See `compare`.
    **parameters
        Settings of the protocol.

    Returns
    -------
    Dataset
        ``pairs``; ``onset_bias`` and ``offset_bias``, the means of predicted minus annotated, so that what is too early
        is below 0; ``onset_sd`` and ``offset_sd``, their standard deviations (divided by n); ``onset_error`` and
        ``offset_error``, the means of their amounts; ``latency``, how long after the onset of a reference the first
        prediction that found it begins, on average, ``latency_sd`` and ``latency_median``. Seconds, NaN where nothing
        was found. What was matched under is in ``attrs``.

    Raises
    ------
    ValueError
        As `compare`; if the protocol scores time or segments and matches no events.

    See Also
    --------
    align : List row by row what a protocol matched.
    assess : Match predicted events with annotated ones under a protocol.

    Examples
    --------
    >>> errors = boundary_errors([[1.5, 4.0], [8.0, 9.0]], [[1.0, 4.25], [8.25, 9.0]])
    >>> int(errors.pairs), float(errors.onset_bias), float(errors.onset_error), float(errors.offset_bias)
    (2, 0.125, 0.375, -0.125)
    """
    by = checked_by("events.boundary_errors", by)
    scored = assess(predicted, reference, protocol, support=support, corrected=corrected, **parameters)
    units = scored.protocol.units
    if units in ("seconds", "segments"):
        raise UsageError(
            f"events.boundary_errors: {scored.protocol_name} scores {units} and matches no events; pass a protocol "
            'that does, such as "tiou"'
        )
    chosen = scored.nearest_threshold(threshold)
    thresholds = scored.matches.thresholds
    k = 0 if thresholds is None else int(np.flatnonzero(thresholds == chosen)[0])
    prediction, reference_name = scored.names
    return boundary_figures(scored, by, k).assign_attrs(
        prediction=prediction,
        reference=reference_name,
        protocol=scored.protocol_name,
        corrected=str(corrected),
        threshold="none" if chosen is None else f"{chosen:g}",
        units="seconds",
    )
