"""Sound events found by the shares that they cover. Preset "intersection".

Conventions
-----------
- A prediction is relevant if references of its label cover a share `dtc` of it (detection tolerance criterion). One
  that is not is a false alarm.
- A reference is found if relevant predictions of its label cover a share `gtc` of it (ground truth intersection
  criterion). Several may find one together, and one may find several: nothing is matched one to one.
- A false alarm is a cross-trigger on another label if references of that label cover a share `cttc` of it.
- A relevant prediction of a reference that is not found counts nowhere.

References
----------
Bilen, C., Ferroni, G., Tuveri, F., Azcarreta, J. & Krstulović, S. (2020). A framework for the robust evaluation of
sound event detection. ICASSP, 61. arXiv:1910.08440
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ..._checks import check_choice, check_number
from ..schema import places_in
from .criteria import Pairs, Repeated, covered, shared_time
from .descriptions import NO_COLLAR, NOT_USED, Description, Headline, of_nothing, of_outside, within
from .matchers import NOBODY, Matches
from .preparation import Outside, ordered, within_support
from .reducers import count, names_of
from .scored import By, Matched, Protocol, Scored, Weighed, dims_of
from .settings import OPERATION, Empty, check_amount, check_empty, check_outside
from .weighing import weighed_sums

REPEATS = "time counts as often as events of one label hold it (psds_eval 0.5.3 refuses such events)"
SHARES = "comparisons with a share depend on the last bit of a time"
POINTS = "events without duration are left out"
MACRO = "the macro average leaves out labels of which nothing is found, and those that only the prediction has"


@dataclass(frozen=True)
class IntersectionSettings:
    """Settings of "intersection".

    Parameters
    ----------
    dtc : float
        Share of a prediction that references of its label must cover, in (0, 1].
    gtc : float
        Share of a reference that relevant predictions must cover, in (0, 1].
    cttc : float
        Share of a false alarm that references of another label must cover for a cross-trigger, in (0, 1].
    tolerance : float
        How far below a share still counts.
    repeated : {"each", "once"}
        Whether time that two events of one label hold counts for each of them, or once.
    points : {"left_out", "errors", "within"}
        Events without duration: left out, as psds_eval 0.5 does; false alarms and misses, as 0.3 has them; or
        covered where they lie in an event of the other side.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    macro : {"found", "all"}
        Which labels the macro average is of: those of which something is found, or all.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    dtc: float = 0.5
    gtc: float = 0.5
    cttc: float = 0.3
    tolerance: float = 0.0
    repeated: Repeated = "each"
    points: Literal["left_out", "errors", "within"] = "left_out"
    outside: Outside = "dropped"
    macro: Literal["found", "all"] = "found"
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_criteria(self)
        check_choice(OPERATION, "macro", self.macro, ("found", "all"))
        check_empty(self.empty)


def check_criteria(settings: Any) -> None:
    """Check the shares, and what may be covered.

    Examples
    --------
    >>> IntersectionSettings(dtc=50)
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: dtc must be a number > 0 and <= 1; got 50
    """
    for name in ("dtc", "gtc", "cttc"):
        check_number(OPERATION, name, getattr(settings, name), above=0, at_most=1)
    check_amount("tolerance", settings.tolerance)
    check_choice(OPERATION, "repeated", settings.repeated, ("each", "once"))
    check_choice(OPERATION, "points", settings.points, ("left_out", "errors", "within"))
    check_outside(settings.outside)


def match_intersections(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: IntersectionSettings
) -> Matched:
    """Find the relevant predictions, and the references that they cover."""
    prediction, reference = prepared(prediction, reference, support, settings)
    is_relevant = relevant(prediction, reference, settings)
    is_found = covered_by(reference, prediction[is_relevant], settings.gtc, settings)
    pairs = shared_time(prediction, reference)
    return Matched(prediction, reference, pairs, largest_partners(pairs, is_relevant, is_found))


def prepared(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sort both sides, and leave out what does not count."""
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    prediction = ordered(prediction, "time")
    reference = ordered(reference, "time")
    if leaves_points_out(settings):
        prediction = with_duration(prediction)
        reference = with_duration(reference)
    return prediction, reference


def leaves_points_out(settings: Any) -> bool:
    """Say whether events without duration are left out.

    Examples
    --------
    >>> leaves_points_out(IntersectionSettings()), leaves_points_out(IntersectionSettings(points="within"))
    (True, False)
    """
    return bool(settings.points == "left_out")


def with_duration(events: pd.DataFrame) -> pd.DataFrame:
    """Leave out events without duration."""
    return events[events["onset"] < events["offset"]].reset_index(drop=True)


def relevant(prediction: pd.DataFrame, reference: pd.DataFrame, settings: Any) -> np.ndarray:
    """Return which predictions references of their label cover well enough.

    Examples
    --------
    >>> from ..schema import as_events
    >>> relevant(as_events([[0, 10], [0, 12]]), as_events([[5, 20]]), IntersectionSettings()).tolist()
    [True, True]
    """
    return covered_by(prediction, reference, settings.dtc, settings)


def covered_by(events: pd.DataFrame, others: pd.DataFrame, share: float, settings: Any) -> np.ndarray:
    """Return which events those of their label on the other side cover well enough."""
    found = covered(events, others, repeated=settings.repeated, points=settings.points == "within")
    is_covered = np.zeros(len(events), bool)
    is_covered[found.prediction] = found.value >= share - settings.tolerance
    return is_covered


def cross_triggers(false_alarms: pd.DataFrame, reference: pd.DataFrame, settings: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of false alarms that are cross-triggers, and a row of the reference of the label they trigger on.

    Examples
    --------
    >>> from ..schema import as_events
    >>> dog = as_events([[0, 10]]).assign(label="dog")
    >>> cross_triggers(dog, dog.assign(label="cat"), IntersectionSettings())
    (array([0]), array([0]))
    """
    found = covered(
        false_alarms, reference, repeated=settings.repeated, points=settings.points == "within", across=True
    )
    is_enough = found.value >= settings.cttc - settings.tolerance
    return found.prediction[is_enough], found.reference[is_enough]


def largest_partners(pairs: Pairs, is_relevant: np.ndarray, is_found: np.ndarray) -> Matches:
    """Name as partner of what is relevant or found the event that shares most time with it."""
    of_prediction = np.full(len(is_relevant), NOBODY)
    of_reference = np.full(len(is_found), NOBODY)
    order = np.argsort(pairs.value, kind="stable")
    i = pairs.prediction[order]
    j = pairs.reference[order]
    # of several writes to one place the last stays
    is_partner = is_relevant[i]
    of_prediction[i[is_partner]] = j[is_partner]
    is_partner &= is_found[j]
    of_reference[j[is_partner]] = i[is_partner]
    return Matches(of_prediction[None], of_reference[None], np.zeros(len(is_found), bool))


def count_intersections(scored: Scored, by: By) -> xr.Dataset:
    """Count relevant and found events, and average F1 over labels.

    Parameters
    ----------
    scored : Scored
        Events and their matches; settings: those of `IntersectionSettings`.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        Beside those of `count`: ``macro_f1`` unless labels are kept apart; ``cross_triggers`` (prediction, reference)
        where all is pooled, false alarms of one label that trigger on another.
    """
    data = count(scored, by)
    dims = dims_of(by)
    if "label" in dims:
        return data
    each = count(scored, ("file", "label") if dims else "label")
    data = data.assign(macro_f1=macro_average(each, scored.settings.macro))
    return data if dims else data.assign(cross_triggers=cross_trigger_table(scored))


def macro_average(counts: xr.Dataset, macro: Literal["found", "all"]) -> xr.DataArray:
    """Return the mean of F1 over labels; NaN where there is none to average.

    Examples
    --------
    >>> counts = xr.Dataset({"f1": ("label", [1.0, 0.0]), "intersection": ("label", [3, 0])})
    >>> float(macro_average(counts, "found")), float(macro_average(counts, "all"))
    (1.0, 0.5)
    """
    f1 = counts["f1"]
    if macro == "found":
        f1 = f1.where(counts["intersection"] > 0)
    return f1.mean("label")


def weigh_labels(scored: Scored) -> Weighed:
    """Return the macro average of recordings that count several times."""
    of_files = count(scored, ("file", "label"))[["intersection", "size_a", "size_b"]]
    macro = scored.settings.macro

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        sizes = (sums[name].to_numpy() for name in ("intersection", "size_a", "size_b"))
        f1 = xr.DataArray(ov.dice(ov.Overlap(*sizes), empty=scored.settings.empty), dims=sums["size_b"].dims)
        # a label of recordings that are not drawn is none
        is_there = sums["size_a"] + sums["size_b"] > 0
        return xr.Dataset({"macro_f1": macro_average(sums.assign(f1=f1.where(is_there)), macro)})

    return figures


def cross_trigger_table(scored: Scored) -> xr.DataArray:
    """Count false alarms of each label that trigger on each other label, (prediction, reference)."""
    is_false = scored.matches.prediction[0] == NOBODY
    false_alarms = scored.prediction[is_false].reset_index(drop=True)
    i, j = cross_triggers(false_alarms, scored.reference, scored.settings)
    labels = pd.Index(names_of(scored, "label"))
    a = places_in(labels, false_alarms["label"].iloc[i])
    b = places_in(labels, scored.reference["label"].iloc[j])
    n = len(labels)
    counts = np.bincount(a * n + b, minlength=n * n).reshape(n, n)
    names = list(labels)
    return xr.DataArray(counts, {"prediction": names, "reference": names}, ["prediction", "reference"])


def describe_intersections(settings: IntersectionSettings) -> Description:
    """Say what "intersection" does."""
    of = "of all labels" if settings.macro == "all" else "of the labels of which something is found"
    return Description(
        criterion=criterion_of(settings),
        matcher="many to many",
        collar=NO_COLLAR,
        boundaries=within(settings.tolerance),
        average=f"F1 of each label over all recordings, then the mean {of}",
        empties=f"what is predicted there are false alarms; {of_nothing(settings.empty)}",
        labels="must agree",
        scores=NOT_USED,
        support=of_outside(settings.outside),
    )


def criterion_of(settings: Any) -> str:
    """Say which shares have to be covered."""
    once = "" if settings.repeated == "once" else ", time counting as often as events hold it"
    return f"share of the prediction ≥ {settings.dtc:g}, of the reference ≥ {settings.gtc:g}{once}"


INTERSECTION = Protocol(
    match_intersections,
    count_intersections,
    IntersectionSettings(),
    corrected={"tolerance": 1e-9, "repeated": "once", "points": "within", "macro": "all"},
    faults=(REPEATS, SHARES, POINTS, MACRO),
    tool="psds_eval 0.5.3",
    headline=Headline("macro_f1", "macro F1"),
    describe=describe_intersections,
    weigh=weigh_labels,
    stretches="whole",
    needs_duration=leaves_points_out,
)
