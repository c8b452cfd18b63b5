"""How far the boundaries of matched events lie from those of their references.

Conventions
-----------
- An error is predicted minus annotated, seconds: a bias below 0 is too early. Of many matches the reference's own
  partner counts, the one of greatest value.
- The latency of a reference is the onset of the first prediction that found it, minus its own onset.
- Means and medians are over references that were found; without any they are NaN. What was missed has no latency: say
  the recall beside it.

References
----------
Ward, J. A., Lukowicz, P. & Gellersen, H. W. (2011). Performance metrics for activity recognition. ACM TIST 2, 6.
doi:10.1145/1889681.1889687
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..schema import times_of
from .matchers import NOBODY
from .reducers import coords_of, medians, names_of, tally
from .scored import By, Scored, dims_of


def boundary_figures(scored: Scored, by: By, k: int = 0) -> xr.Dataset:
    """Return how far boundaries lie from those of references that were found, and how late these were found.

    Parameters
    ----------
    scored : Scored
        Events and their matches.
    by : {"label", "file"}, both or None
        What to keep apart.
    k : int
        Which row of the matches, where there are several thresholds.

    Returns
    -------
    Dataset
        ``pairs``; ``onset_bias offset_bias`` (means), ``onset_sd offset_sd`` (standard deviations, divided by n),
        ``onset_error offset_error`` (means of amounts), ``latency`` (mean) ``latency_sd latency_median``, seconds.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> figures = boundary_figures(assess([[1.5, 4.0]], [[1.0, 4.25]], "tiou", thresholds=(0.5,)), None)
    >>> float(figures.onset_bias), float(figures.offset_bias), float(figures.latency)
    (0.5, -0.25, 0.5)
    """
    partner = scored.matches.reference[k]
    is_found = partner != NOBODY
    rows = np.flatnonzero(is_found)
    difference = np.zeros((len(scored.reference), 2))
    difference[rows] = times_of(scored.prediction)[partner[rows]] - times_of(scored.reference)[rows]
    onset = difference[:, 0]
    offset = difference[:, 1]
    latency = _latencies(scored, k)
    sums = {
        "onset_bias": onset,
        "onset_error": np.abs(onset),
        "offset_bias": offset,
        "offset_error": np.abs(offset),
        "latency": latency,
    }
    spreads = {"onset_sd": onset, "offset_sd": offset, "latency_sd": latency}
    names = names_of(scored, by)
    coords = coords_of(scored, by)
    shape = tuple(len(labels) for labels in coords.values())
    pairs = tally(scored.reference, is_found[None], names, by)[0].reshape(shape)
    figures = {"pairs": (tuple(coords), pairs)}
    for name, values in sums.items():
        figures[name] = (tuple(coords), _mean_of(values, pairs, scored, by))
    for name, values in spreads.items():
        mean_of_squares = _mean_of(
            (values - _own_mean(values, is_found, scored, by)) ** 2 * is_found, pairs, scored, by
        )
        figures[name] = (tuple(coords), np.sqrt(mean_of_squares))
    middle = medians(scored.reference, np.where(is_found, latency, np.nan), names, by)
    figures["latency_median"] = (tuple(coords), middle.reshape(shape))
    return xr.Dataset(figures, coords)


def _mean_of(values: np.ndarray, pairs: np.ndarray, scored: Scored, by: By) -> np.ndarray:
    """Return the means over the references that were found, in the shape of their numbers; values of others are 0."""
    total = tally(scored.reference, values[None], names_of(scored, by), by)[0].reshape(pairs.shape)
    return np.asarray(np.divide(total, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0))


def _own_mean(values: np.ndarray, is_found: np.ndarray, scored: Scored, by: By) -> np.ndarray:
    """Return for each reference the mean of those that are kept together with it."""
    known = pd.Series(np.where(is_found, values, np.nan))
    dims = list(dims_of(by))
    if not dims:
        return np.full(len(known), known.mean())
    together = [scored.reference[dim].to_numpy() for dim in dims]
    return known.groupby(together).transform("mean").fillna(0.0).to_numpy()


def _latencies(scored: Scored, k: int) -> np.ndarray:
    """Return how much later than each reference the first prediction that found it begins; 0 where none did."""
    of_prediction = scored.matches.prediction[k]
    of_reference = scored.matches.reference[k]
    onset = scored.prediction["onset"].to_numpy(float)
    i = np.flatnonzero(of_prediction != NOBODY)
    j = np.flatnonzero(of_reference != NOBODY)
    found = np.append(of_prediction[i], j)
    begins = np.append(onset[i], onset[of_reference[j]])
    first = pd.Series(begins).groupby(found).min()
    latency = np.zeros(len(scored.reference))
    latency[j] = first.reindex(j).to_numpy() - scored.reference["onset"].to_numpy(float)[j]
    return latency
