"""Few-shot detection of animal sounds as DCASE's task 5 scores it. Preset "dcase_fewshot".

Conventions
-----------
- Reference events are POS (the sound), or UNK (nobody could say). The first five POS of a recording were shown to the
  system: they, and all that ends no later than the fifth, are left out.
- Predictions are matched with POS events first, one to one, as many as can be, where the temporal IoU is greater than
  0.3. UNK events take up what is left over of the predictions; the rest is spurious.
- Precision, recall and F1 are those of each subset; the task's numbers are their harmonic means, for which a ratio of
  nothing is 1e-5. The subset of a recording is what ``subsets`` says, else the column ``subset`` of the reference, else
  the folder in its name; without any, all are one.
- Predictions have no label, or that of POS. The official code knows no scored stretches: the support makes no
  difference, and several of a file are refused.

References
----------
Morfi, V. et al. (2021). Few-shot bioacoustic event detection: a new task at the DCASE 2021 challenge. DCASE, 145.
Nolasco, I. et al. (2023). Learning to detect an animal sound from five examples. Ecol. Inform. 77, 102258.
doi:10.1016/j.ecoinf.2023.102258
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import intervals, matching

from ... import _report
from ..._checks import UsageError, check_choice, check_number, check_whole
from ..._text import one_line
from ..schema import as_list, times_of
from .bipartite import largest_matching
from .criteria import Pairs, groups
from .descriptions import NO_COLLAR, NOT_USED, Description, Headline, of_nothing, within
from .matchers import NOBODY, Matches, as_matrix
from .preparation import Order
from .reducers import coords_of, names_of, tally
from .scored import By, Matched, Protocol, Scored, Weighed
from .settings import OPERATION, Empty, check_amount, check_empty, check_order, check_share, check_text
from .weighing import weighed_sums

MEAN_F1 = Headline("mean_f1", "F1, harmonic mean over subsets")
RATIOS = ("precision", "recall", "f1")
SIZES = ("intersection", "size_a", "size_b")


@dataclass(frozen=True)
class FewShotSettings:
    """Settings of "dcase_fewshot".

    Parameters
    ----------
    positive, unknown : str
        The labels of the two kinds of reference events; others are left out.
    shots : int
        How many positive events of each recording were shown to the system.
    subsets : mapping of str to str, optional
        The subset of each recording.
    min_iou : float
        A pair has a greater temporal IoU than this.
    tolerance : float
        How much greater it has to be: rounding may carry 0.3 to 0.30000000000000004.
    order : {"rows", "time"}
        Which row is the last shot: that of the positive events by time; or, where rows are out of order, the one whose
        place by time is the place that the last shot has among the rows, as the official code has it.
    silent : {"all", "rest"}
        What is missed in a recording without predictions: all positive events, those that were shown too, or the rest.
    early : {"spurious", "left out"}
        What predictions are that end no later than the last shot.
    matching : {"found", "most"}
        Which predictions are left over of several largest matchings: those of the matching that the official code ends
        with, or those of which unknown events take up the most.
    floor : float or None
        The least value of a ratio, also of 0/0; None: as it is.
    empty : float or EmptyPolicy
        Value of an index that is 0/0, where there is no floor.
    """

    positive: str = "POS"
    unknown: str = "UNK"
    shots: int = 5
    subsets: Mapping[str, str] | None = None
    min_iou: float = 0.3
    tolerance: float = 0.0
    order: Order = "rows"
    silent: Literal["all", "rest"] = "all"
    early: Literal["spurious", "left out"] = "spurious"
    matching: Literal["found", "most"] = "found"
    floor: float | None = 1e-5
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_text("positive", self.positive)
        check_text("unknown", self.unknown)
        check_whole(OPERATION, "shots", self.shots, at_least=0)
        if self.subsets is not None and not isinstance(self.subsets, Mapping):
            raise UsageError(
                f"{OPERATION}: subsets must be a mapping of recordings to subsets, such as "
                f'{{"a.wav": "HB"}}; got {one_line(repr(self.subsets), 80)}'
            )
        check_share("min_iou", self.min_iou)
        check_amount("tolerance", self.tolerance)
        check_order(self.order)
        check_choice(OPERATION, "silent", self.silent, ("all", "rest"))
        check_choice(OPERATION, "early", self.early, ("spurious", "left out"))
        check_choice(OPERATION, "matching", self.matching, ("found", "most"))
        if self.floor is not None:
            check_number(OPERATION, "floor", self.floor, above=0, at_most=1)
        check_empty(self.empty)


def match_few_shots(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: FewShotSettings
) -> Matched:
    """Leave out the shots, match predictions with positive events, and let unknown ones take up the rest."""
    _check_labels(prediction, settings)
    reference = _by_time(reference)
    end_of_shots = _end_of_shots(prediction, reference, settings)
    is_later = reference["offset"].to_numpy() > end_of_shots.reindex(reference["file"]).to_numpy()
    is_known = reference["label"].isin([settings.positive, settings.unknown]).to_numpy()
    reference = reference[is_later & is_known].reset_index(drop=True)
    prediction = _in_official_order(prediction).assign(label=settings.positive)
    if settings.early == "left out":
        is_later = prediction["offset"].to_numpy() > end_of_shots.reindex(prediction["file"]).to_numpy()
        prediction = prediction[is_later].reset_index(drop=True)
    pairs = _overlapping(prediction, reference, settings)
    of_reference = _match(pairs, prediction, reference, settings)
    of_prediction = np.full(len(prediction), NOBODY)
    rows = np.flatnonzero(of_reference != NOBODY)
    of_prediction[of_reference[rows]] = rows
    matches = Matches(of_prediction[None], of_reference[None], np.zeros(len(reference), bool))
    return Matched(prediction, reference, pairs, matches)


def count_few_shots(scored: Scored, by: By) -> xr.Dataset:
    """Count positive events found and missed and what was spurious; of each subset, and the harmonic means.

    Parameters
    ----------
    scored : Scored
        Events and their matches; settings: see `FewShotSettings`.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b precision recall f1``; ``subset_precision subset_recall subset_f1`` (subset);
        ``mean_precision mean_recall mean_f1``, harmonic means over subsets.
    """
    names = names_of(scored, by)
    coords = coords_of(scored, by)
    shape = tuple(len(labels) for labels in coords.values())
    data = _ratios([x.reshape(shape) for x in _counts(scored, names, by)], coords, scored)
    pieces = _of_subsets(scored)
    of_subsets = [pieces[name].sum("file").to_numpy().astype(np.int64) for name in SIZES]
    each = _ratios(of_subsets, {"subset": pieces["subset"].to_numpy()}, scored)
    for name in RATIOS:
        data[f"subset_{name}"] = each[name]
        data[f"mean_{name}"] = _harmonic_mean(each[name])
    return data


def weigh_few_shots(scored: Scored) -> Weighed:
    """Return the ratios, and their harmonic means over subsets, of recordings that count several times."""
    pieces = _of_subsets(scored)

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, pieces)
        coords = {"draw": np.arange(len(weights)), "subset": pieces["subset"].to_numpy()}
        each = _ratios([sums[name].to_numpy() for name in SIZES], coords, scored)
        pooled = _ratios([sums[name].sum("subset").to_numpy() for name in SIZES], {"draw": coords["draw"]}, scored)
        data = pooled[list(RATIOS)]
        for name in RATIOS:
            data[f"mean_{name}"] = _harmonic_mean(each[name], is_there=sums["recordings"] > 0)
        return data.drop_vars("draw")

    return figures


def _of_subsets(scored: Scored) -> xr.Dataset:
    """Return the sizes of each file at the place of its subset, (file, subset)."""
    sizes = _counts(scored, names_of(scored, "file"), "file")
    subset = _subsets(scored)
    subsets = sorted(set(subset))
    is_of = np.array(subset, object)[:, None] == np.array(subsets, object)[None, :]
    pieces = {"recordings": (("file", "subset"), is_of.astype(int))}
    for name, size in zip(SIZES, sizes, strict=True):
        pieces[name] = (("file", "subset"), is_of * size[:, None])
    return xr.Dataset(pieces, {"subset": subsets})


def _check_labels(prediction: pd.DataFrame, settings: FewShotSettings) -> None:
    others = sorted(set(prediction["label"]) - {"", settings.positive})
    if others:
        raise UsageError(
            f"{OPERATION}: predictions have no label here, or {settings.positive!r}; {as_list(others[:3])} are others: "
            "leave out the rows that are no detections, and the column label"
        )


def _by_time(events: pd.DataFrame) -> pd.DataFrame:
    """Return events sorted by file and time, with the place that each row had in its file."""
    place = events.groupby("file").cumcount()
    return events.assign(row=place).sort_values(["file", "onset", "offset"], kind="stable", ignore_index=True)


def _in_official_order(prediction: pd.DataFrame) -> pd.DataFrame:
    """Return predictions sorted by file and onset, which the official code sorts as text."""
    as_text = prediction["onset"].map(repr)
    order = pd.DataFrame({"file": prediction["file"], "text": as_text})
    rows = order.sort_values(["file", "text"], kind="stable").index
    return prediction.loc[rows].reset_index(drop=True)


def _end_of_shots(prediction: pd.DataFrame, reference: pd.DataFrame, settings: FewShotSettings) -> pd.Series[float]:
    """Return when the last shot of each file ends; -inf where none is left out."""
    files = sorted({*prediction["file"], *reference["file"]})
    end = pd.Series(-np.inf, index=files)
    if settings.shots == 0:
        return end
    predicted = set(prediction["file"])
    in_files = dict(tuple(reference.groupby("file", sort=False)))
    for file in files:
        if settings.silent == "all" and file not in predicted:
            continue
        events = in_files.get(file, reference[:0])
        positive = events[events["label"] == settings.positive]
        if len(positive) < settings.shots:
            raise ValueError(
                f"{OPERATION}: {one_line(file, 80)!r} has {len(positive)} events {settings.positive!r} in the "
                f"reference, and {settings.shots} of each recording were shown: leave the recording out, or say "
                "shots=0 if none were (at the command line --param shots=0)"
            )
        last = positive.iloc[settings.shots - 1]
        if settings.order == "rows":
            last = events.iloc[last["row"]]
        end[file] = last["offset"]
    return end


def _overlapping(prediction: pd.DataFrame, reference: pd.DataFrame, settings: FewShotSettings) -> Pairs:
    """Pair events of one file whose temporal IoU is great enough; the value is the IoU."""
    a = times_of(prediction)
    b = times_of(reference)
    i, j, _ = intervals.overlap_pairs(a, b, by=groups(prediction, reference, "file"))
    shared = np.minimum(a[i, 1], b[j, 1]) - np.maximum(a[i, 0], b[j, 0])
    # of two that overlap the union is the span; taken so, it rounds as in the official code
    spanned = np.maximum(a[i, 1], b[j, 1]) - np.minimum(a[i, 0], b[j, 0])
    iou = np.divide(shared, spanned, out=np.zeros(len(i)), where=spanned > 0)
    is_enough = iou > settings.min_iou + settings.tolerance
    return Pairs(i[is_enough], j[is_enough], iou[is_enough])


def _match(pairs: Pairs, prediction: pd.DataFrame, reference: pd.DataFrame, settings: FewShotSettings) -> np.ndarray:
    """Return the prediction of each reference, or -1: positive events first, then unknown ones."""
    is_positive = (reference["label"] == settings.positive).to_numpy()
    of_reference = np.full(len(reference), NOBODY)
    if settings.matching == "most":
        # a positive event weighs more than all unknown ones together: as many of these as can be, then of all
        weight = np.where(is_positive, 1.0 + len(reference), 1.0)[pairs.reference]
        scores = as_matrix(pairs._replace(value=weight), len(prediction), len(reference))
        matched = matching.match(scores, 0.5, "total").pairs
        of_reference[matched[:, 1]] = matched[:, 0]
        return of_reference
    of_positive = is_positive[pairs.reference]
    found = largest_matching(pairs.prediction[of_positive], pairs.reference[of_positive])
    is_taken = np.isin(pairs.prediction, [*found.values()])
    left_over = ~of_positive & ~is_taken
    found |= largest_matching(pairs.prediction[left_over], pairs.reference[left_over])
    of_reference[[*found]] = [*found.values()]
    return of_reference


def _counts(scored: Scored, names: list[Any], by: By) -> list[np.ndarray]:
    """Return how many positive events were found, what was found or spurious, and how many positive events are."""
    is_positive = (scored.reference["label"] == scored.settings.positive).to_numpy()
    is_found = scored.matches.reference != NOBODY
    found = tally(scored.reference, is_found & is_positive, names, by)[0]
    spurious = tally(scored.prediction, scored.matches.prediction == NOBODY, names, by)[0]
    positive = tally(scored.reference, is_positive[None], names, by)[0]
    return [found, found + spurious, positive]


def _ratios(sizes: list[np.ndarray], coords: Mapping[str, Any], scored: Scored) -> xr.Dataset:
    """Return sizes, precision, recall and F1, none less than the floor."""
    settings = scored.settings
    indices = ("precision", "recall", "dice")
    data = _report.measured(ov.Overlap(*sizes), coords, indices, empty=settings.empty).rename(dice="f1")
    if settings.floor is None:
        return data
    is_none = data["intersection"] == 0
    return data.assign({name: data[name].where(~is_none, settings.floor).clip(min=settings.floor) for name in RATIOS})


def _subsets(scored: Scored) -> list[str]:
    """Return the subset of each file that was scored."""
    files = scored.files
    said = scored.settings.subsets
    given = scored.given[1]
    if said is not None:
        unknown = sorted(set(files) - set(said))
        if unknown:
            raise UsageError(f"{OPERATION}: subsets says nothing of {as_list(unknown[:3])}; name their subset too")
        return [str(said[file]) for file in files]
    if "subset" in given:
        of_file = dict(zip(given["file"], given["subset"].astype(str), strict=True))
        return [of_file.get(file, "") for file in files]
    return [file.rpartition("/")[0] for file in files]


def _harmonic_mean(values: xr.DataArray, is_there: xr.DataArray | bool = True) -> xr.DataArray:
    """Return the harmonic mean over the subsets that are there: 0 if a value is, NaN if one is undefined."""
    number = xr.ones_like(values).where(is_there, 0.0).sum("subset")
    with np.errstate(divide="ignore"):
        inverse = (1 / values).where(is_there, 0.0).sum("subset", skipna=False)
    return (number / inverse).where(number > 0)


def describe_few_shots(settings: FewShotSettings) -> Description:
    """Say what "dcase_fewshot" does."""
    floor = of_nothing(settings.empty) if settings.floor is None else f"no ratio is less than {settings.floor:g}"
    silent = "the shots too" if settings.silent == "all" else "the shots apart"
    return Description(
        criterion=f"temporal IoU > {settings.min_iou:g}",
        matcher="as many pairs as can be with positive events, one to one; unknown ones take up what is left over",
        collar=NO_COLLAR,
        boundaries=within(settings.tolerance),
        average="counts of each subset, the ratio once, then the harmonic mean over subsets",
        empties=f"all positive events of a recording without predictions are missed, {silent}; {floor}",
        labels=f"{settings.positive} and {settings.unknown}; the first {settings.shots} {settings.positive} left out",
        scores=NOT_USED,
        support=NOT_USED,
    )


DCASE_FEWSHOT = Protocol(
    match_few_shots,
    count_few_shots,
    FewShotSettings(),
    corrected={
        "tolerance": 1e-9,
        "order": "time",
        "silent": "rest",
        "early": "left out",
        "matching": "most",
        "floor": None,
    },
    faults=(
        "a recording without predictions counts the events that were shown as missed",
        "where the rows of the reference are not sorted by time, another event is taken for the last that was shown",
        "predictions of what was shown are spurious",
        "which predictions unknown events can take up depends on the order of rows",
        "comparisons with the threshold depend on the last bit of a temporal IoU",
        "a ratio of nothing is 1e-5",
    ),
    tool="dcase-few-shot-bioacoustic 3d85cc67",
    uses_labels=False,
    headline=MEAN_F1,
    describe=describe_few_shots,
    weigh=weigh_few_shots,
)
