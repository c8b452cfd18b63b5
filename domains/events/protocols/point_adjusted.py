"""Point-adjusted F1 of anomalies, beside that of a guess. No preset: `POINT_ADJUSTED` is to be asked for.

Conventions
-----------
- If any sample of an annotated event is predicted, all of its samples count as found. What is predicted outside of
  events is a false alarm, sample by sample. What overlaps or touches, of one file and label, is one event.
- The longer the events are, the easier they are hit by chance: ``random_f1`` is what a detector gets that flags each
  sample at random, as many as the prediction has. A score that does not clearly exceed it says nothing.
- The guess flags a sample with probability p, hits an event of n samples with probability 1 − (1 − p)ⁿ, and has
  p (N − Σ n) false alarms in N samples. ``random_f1`` is F1 of these means.
- Sizes are seconds after the adjustment.

References
----------
Xu, H. et al. (2018). Unsupervised anomaly detection via variational auto-encoder. WWW, 187.
doi:10.1145/3178876.3185996 (the adjustment)
Kim, S. et al. (2022). Towards a rigorous evaluation of time-series anomaly detection. AAAI 36, 7194.
doi:10.1609/aaai.v36i7.20680 (what a guess gets)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ... import _report
from ..._checks import check_number
from ..schema import durations_of
from .criteria import Pairs, shared_time
from .matchers import NOBODY, all_pairs
from .preparation import unite_in_samples
from .reducers import coords_of, names_of, tally
from .scored import By, Matched, Protocol, Scored
from .settings import OPERATION, Empty, check_empty

__all__ = ["POINT_ADJUSTED"]


@dataclass(frozen=True)
class AdjustedSettings:
    """Settings of `POINT_ADJUSTED`.

    Parameters
    ----------
    rate : float
        Samples per second: events are whole samples, one at least, and a guess flags samples.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    rate: float = 1.0
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_number(OPERATION, "rate", self.rate, above=0)
        check_empty(self.empty)


def match_any(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: AdjustedSettings
) -> Matched:
    """Round the events of both sides to samples, unite them, and pair those that share a sample."""
    prediction = unite_in_samples(prediction, support, settings.rate)
    reference = unite_in_samples(reference, support, settings.rate)
    pairs = shared_time(prediction, reference)
    is_shared = pairs.value > 0
    pairs = Pairs(pairs.prediction[is_shared], pairs.reference[is_shared], pairs.value[is_shared])
    return Matched(prediction, reference, pairs, all_pairs(prediction, reference, pairs))


def adjust(scored: Scored, by: By) -> xr.Dataset:
    """Add up the time of events that were hit, that of false alarms, and what a guess would have of both.

    Parameters
    ----------
    scored : Scored
        Events in whole samples, and which share some; settings: ``rate empty``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b``, seconds; ``precision recall f1``; ``random_f1``, NaN where the support is not
        known, and the means it is made of: ``random_found random_false_alarms``.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> report = compare(np.array([[100, 101]]), np.array([[90, 190]]), POINT_ADJUSTED, support=1000)
    >>> float(report.f1), float(report.random_f1.round(3))
    (1.0, 0.172)
    """
    prediction = scored.prediction
    reference = scored.reference
    names = names_of(scored, by)
    is_hit = scored.matches.reference[0] != NOBODY
    length = durations_of(reference)
    shared = np.bincount(scored.pairs.prediction, scored.pairs.value, len(prediction))
    found = tally(reference, np.where(is_hit, length, 0.0)[None], names, by)[0]
    outside = tally(prediction, (durations_of(prediction) - shared)[None], names, by)[0]
    annotated = tally(reference, length[None], names, by)[0]
    coords = coords_of(scored, by)
    shape = [len(labels) for labels in coords.values()]
    overlap = ov.Overlap(found.reshape(shape), (found + outside).reshape(shape), annotated.reshape(shape))
    data = _report.measured(overlap, coords, ("precision", "recall", "dice"), empty=scored.settings.empty)

    guessed = _guessed(scored)
    random_found = tally(guessed, guessed["found"].to_numpy()[None], names, by)[0].reshape(shape)
    random_false = tally(guessed, guessed["false_alarms"].to_numpy()[None], names, by)[0].reshape(shape)
    both = random_found + random_false + data.size_b
    dims = data.size_b.dims
    return data.rename(dice="f1").assign(
        random_f1=2 * random_found / both.where(both > 0),
        random_found=(dims, random_found),
        random_false_alarms=(dims, random_false),
    )


def _guessed(scored: Scored) -> pd.DataFrame:
    """Return for each file and label what a guess finds on average, and its false alarms, seconds."""
    keys = ["file", "label"]
    rate = scored.settings.rate
    predicted = scored.prediction.assign(predicted=durations_of(scored.prediction)).groupby(keys)["predicted"].sum()
    annotated = scored.reference.assign(annotated=durations_of(scored.reference)).groupby(keys)["annotated"].sum()
    guessed = pd.concat([predicted, annotated], axis=1).fillna(0.0).reset_index()
    seconds = durations_of(scored.support)
    of_file = pd.Series(seconds, scored.support.index).groupby(level=0).sum(min_count=1)
    in_all = of_file.reindex(guessed["file"]).to_numpy()
    share = guessed["predicted"].to_numpy() / in_all
    place = pd.MultiIndex.from_frame(guessed[keys])
    row = place.get_indexer(pd.MultiIndex.from_frame(scored.reference[keys]))
    length = durations_of(scored.reference)
    chance = 1 - (1 - share[row]) ** np.rint(length * rate)
    found = np.bincount(row, length * chance, len(guessed))
    false_alarms = share * (in_all - guessed["annotated"].to_numpy())
    return guessed.assign(found=found, false_alarms=false_alarms)


POINT_ADJUSTED = Protocol(
    match_any,
    adjust,
    AdjustedSettings(),
    tool="",
    units="seconds, adjusted",
    stretches="cut",
)
"""Point-adjusted F1, to be passed as the protocol; see the module."""
