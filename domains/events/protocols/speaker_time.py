"""Who speaks when, in seconds: missed, falsely alarmed and confused time; error rates, purity and coverage.

Conventions
-----------
- Sizes are speaker time, seconds: where two speak at once, a second counts twice. The intersection is what the right
  speaker has, ``size_a`` what the prediction has, ``size_b`` what the reference has.
- At each moment as many speakers as both sides have are right or confused; what the reference has beyond them is
  missed, what the prediction has beyond them is a false alarm. All are sums over the stretches of a sweep.
- Every rate is a ratio of sums over recordings, for JER over their speakers. ``by="file"`` gives the terms.

References
----------
NIST (2009). The 2009 (RT-09) rich transcription meeting recognition evaluation plan. (diarisation error rate)
Ryant, N. et al. (2019). The second DIHARD diarization challenge. Interspeech, 978. doi:10.21437/Interspeech.2019-1268
Bredin, H. (2017). pyannote.metrics. Interspeech, 3587. doi:10.21437/Interspeech.2017-411
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import intervals

from ... import _report
from ..schema import durations_of, places_in, times_of
from .criteria import groups
from .preparation import united
from .reducers import coords_of
from .scored import By, Scored, Weighed
from .weighing import weighed_sums

SUMS = [
    "right",
    "predicted",
    "annotated",
    "both",
    "jaccard_errors",
    "speakers",
    "pure",
    "predicted_once",
    "covered",
    "annotated_once",
]


def add_speaker_time(scored: Scored, by: By) -> xr.Dataset:
    """Add up the time of each kind of error, and what follows from it.

    Parameters
    ----------
    scored : Scored
        Pieces of turns within what is scored; the label of a predicted one is the speaker of the reference that it is
        mapped to. Settings: ``empty without_reference``.
    by : {"label", "file"}, both or None
        What to keep apart. A label is a speaker; a confusion is no single speaker's, and DER is left out there.

    Returns
    -------
    Dataset
        ``intersection size_a size_b``, seconds; ``iou dice precision recall``; ``jer`` and its terms
        ``jaccard_errors speakers``; but for labels also ``missed false_alarm confused der`` and ``purity coverage
        purity_coverage_f``.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> report = compare(np.array([[0, 10]]), np.array([[2, 12]]), "pyannote_der")
    >>> float(report.missed), float(report.false_alarm), float(report.der)
    (2.0, 2.0, 0.4)
    """
    if by in (None, "file"):
        of_files = _of_files(scored)
        if by == "file":
            return _with_rates(of_files, "file", scored.settings)
        return _with_rates(of_files.sum().to_frame().T, None, scored.settings)
    speakers = _of_speakers(scored)
    if by == "label":
        return _of_sums(speakers.groupby("label")[SUMS].sum(), "label", scored.settings)
    return _of_each(speakers, scored, by)


def weigh_speakers(scored: Scored) -> Weighed:
    """Return the rates of recordings that count several times."""
    of_files = _of_files(scored)
    pieces = xr.Dataset({str(name): ("file", sums.to_numpy(float)) for name, sums in of_files.items()})

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, pieces).to_dataframe()
        data = _with_rates(sums, "draw", scored.settings)
        return data[["purity", "coverage", "purity_coverage_f"]]

    return figures


def _of_files(scored: Scored) -> pd.DataFrame:
    """Return the sums of each file."""
    of_files = _of_speakers(scored).groupby("file")[SUMS].sum().reindex(scored.files, fill_value=0.0)
    return of_files.assign(both=_time_of_both(scored))


def cut_where_confused(prediction: pd.DataFrame, reference: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut what only one side has where it is confused with what only the other has, and say which is.

    Parameters
    ----------
    prediction, reference : DataFrame
        Pieces with ``matched``, as `cut_where_shared` returns them.

    Returns
    -------
    prediction, reference : DataFrame
        Pieces with ``confused`` too. Where more speakers are alone on one side than on the other, the first rows are
        confused, and the others missed or false alarms: which of them is not said by any error rate.

    Examples
    --------
    >>> a = pd.DataFrame({"file": "", "label": "anna", "onset": [0.0], "offset": [9.0], "matched": False})
    >>> b = pd.DataFrame({"file": "", "label": "bert", "onset": [4.0], "offset": [9.0], "matched": False})
    >>> cut_where_confused(a, b)[0][["onset", "offset", "confused"]].to_numpy().tolist()
    [[0.0, 4.0, False], [4.0, 9.0, True]]
    """
    alone = [side[~side["matched"]].reset_index(drop=True) for side in (prediction, reference)]
    file = groups(alone[0], alone[1], "file")
    swept = intervals.sweep(times_of(alone[0]), times_of(alone[1]), by=file)
    stretches = np.stack([swept.start, swept.end], axis=1)
    n_confused = swept.counts.min(axis=1)
    cut = []
    for side, own, of_row in zip((prediction, reference), alone, file, strict=True):
        row, stretch, _ = intervals.overlap_pairs(times_of(own), stretches, by=(of_row, np.asarray(swept.group)))
        place = pd.Series(stretch).groupby(stretch).cumcount().to_numpy()
        pieces = pd.DataFrame({"row": row, "onset": swept.start[stretch], "offset": swept.end[stretch]})
        pieces["confused"] = place < n_confused[stretch]
        united = _touching_united(pieces.sort_values(["row", "onset"], ignore_index=True))
        rows = own.iloc[united["row"]].reset_index(drop=True).assign(**united.drop(columns="row"))
        cut.append(pd.concat([side[side["matched"]].assign(confused=False), rows], ignore_index=True))
    return cut[0], cut[1]


def _touching_united(pieces: pd.DataFrame) -> pd.DataFrame:
    """Unite pieces of one row that touch and are alike."""
    before = pieces.shift()
    is_same = (pieces["row"] == before["row"]) & (pieces["confused"] == before["confused"])
    run = (~(is_same & (pieces["onset"] == before["offset"]))).cumsum()
    whole = pieces.groupby(run).agg({"row": "first", "onset": "first", "offset": "last", "confused": "first"})
    return whole.astype({"row": int, "confused": bool}).reset_index(drop=True)


def _of_each(speakers: pd.DataFrame, scored: Scored, by: By) -> xr.Dataset:
    """Return the numbers of each speaker of each file."""
    places = pd.MultiIndex.from_product([*coords_of(scored, by).values()], names=["file", "label"])
    sums = speakers.set_index(["file", "label"])[SUMS].reindex(places, fill_value=0.0)
    data = _of_sums(sums.reset_index(drop=True), "place", scored.settings)
    return data.assign_coords(xr.Coordinates.from_pandas_multiindex(places, "place")).unstack("place")


def _with_rates(sums: pd.DataFrame, dim: str | None, settings: Any) -> xr.Dataset:
    """Return the numbers of files, or of all of them."""
    data = _of_sums(sums, dim, settings)
    missed = _rest(sums["annotated"], sums["both"])
    false_alarm = _rest(sums["predicted"], sums["both"])
    confused = _rest(sums["both"], sums["right"])
    errors = missed + false_alarm + confused
    der = _ratio(errors, sums["annotated"])
    if settings.without_reference == "one":
        is_error = (errors > 0).astype(float)
        der = der.fillna(is_error)
    purity = _ratio(sums["pure"], sums["predicted_once"])
    coverage = _ratio(sums["covered"], sums["annotated_once"])
    rates = {
        "missed": missed,
        "false_alarm": false_alarm,
        "confused": confused,
        "der": der,
        "purity": purity,
        "coverage": coverage,
        "purity_coverage_f": _ratio(2 * purity * coverage, purity + coverage),
    }
    return data.assign({name: _variable(values, dim) for name, values in rates.items()})


def _of_sums(sums: pd.DataFrame, dim: str | None, settings: Any) -> xr.Dataset:
    """Return the sizes, their indices and JER."""
    predicted = sums["predicted"].to_numpy()
    annotated = sums["annotated"].to_numpy()
    # added up in another order, it may exceed them by a rounding
    right = np.minimum(sums["right"].to_numpy(), np.minimum(predicted, annotated))
    overlap = ov.Overlap(right, predicted, annotated)
    coords: dict[str, Any] = {dim: sums.index.tolist()} if dim else {}
    if dim is None:
        overlap = overlap[0]
    data = _report.measured(overlap, coords, ("iou", "dice", "precision", "recall"), empty=settings.empty)
    jer = _ratio(sums["jaccard_errors"], sums["speakers"])
    if settings.without_reference == "one":
        jer = jer.fillna(1.0)
    return data.assign(
        jaccard_errors=_variable(sums["jaccard_errors"], dim),
        speakers=_variable(sums["speakers"], dim),
        jer=_variable(jer, dim),
    )


def _of_speakers(scored: Scored) -> pd.DataFrame:
    """Return the sums of each speaker of each file: those of the reference, and predicted ones mapped to nobody."""
    prediction = scored.prediction
    reference = scored.reference
    number = groups(prediction, reference, "file", "label")
    names = ["file", "label"]
    both = pd.concat([prediction[names], reference[names]], ignore_index=True)
    speakers = both.iloc[np.unique(np.concatenate(number), return_index=True)[1]].reset_index(drop=True)
    n = len(speakers)
    speakers["right"] = _least(prediction, reference, number, n)
    speakers["predicted"] = np.bincount(number[0], durations_of(prediction), n)
    speakers["annotated"] = np.bincount(number[1], durations_of(reference), n)
    once_a, speaker_a = _once(prediction, number[0])
    once_b, speaker_b = _once(reference, number[1])
    speakers["predicted_once"] = np.bincount(speaker_a, once_a[:, 1] - once_a[:, 0], n)
    speakers["annotated_once"] = np.bincount(speaker_b, once_b[:, 1] - once_b[:, 0], n)
    file = pd.factorize(speakers["file"])[0]
    i, j, shared = intervals.overlap_pairs(once_a, once_b, by=(file[speaker_a], file[speaker_b]))
    together = _added_up(speaker_a[i], speaker_b[j], shared)
    speakers["pure"] = together.groupby("a")["shared"].max().reindex(speakers.index, fill_value=0.0)
    speakers["covered"] = together.groupby("b")["shared"].max().reindex(speakers.index, fill_value=0.0)
    of_one = together[together["a"] == together["b"]].set_index("a")["shared"]
    own = of_one.reindex(speakers.index, fill_value=0.0)
    in_reference = speakers["annotated_once"] > 0
    union = speakers["predicted_once"] + speakers["annotated_once"] - own
    speakers["jaccard_errors"] = np.where(in_reference, 1 - own / union.where(in_reference, 1.0), 0.0)
    speakers["speakers"] = in_reference.astype(float)
    return speakers.assign(both=0.0)


def _time_of_both(scored: Scored) -> np.ndarray:
    """Return for each file the time of as many speakers as both sides have at a moment."""
    files = pd.Index(scored.files)
    file_a = places_in(files, scored.prediction["file"])
    file_b = places_in(files, scored.reference["file"])
    return _least(scored.prediction, scored.reference, (file_a, file_b), len(files))


def _least(
    prediction: pd.DataFrame, reference: pd.DataFrame, number: tuple[np.ndarray, np.ndarray], n: int
) -> np.ndarray:
    """Return for each of n groups the integral of the lesser of two counts, rows of either side."""
    stretches = intervals.sweep(times_of(prediction), times_of(reference), by=number)
    least = stretches.counts.min(axis=1)
    return np.bincount(stretches.group, least * stretches.length, n)


def _once(pieces: pd.DataFrame, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return when each speaker speaks, however many rows say so, and the speaker's number."""
    unions, row = united(times_of(pieces), number)
    return unions, number[row]


def _added_up(a: np.ndarray, b: np.ndarray, shared: np.ndarray) -> pd.DataFrame:
    """Return how long each two speakers speak at once."""
    table = pd.DataFrame({"a": a, "b": b, "shared": shared})
    return table.groupby(["a", "b"])["shared"].sum().reset_index()


def _rest(whole: pd.Series[float], part: pd.Series[float]) -> pd.Series[float]:
    """Return what is left of a whole; parts are added up in another order, and may exceed it by a rounding."""
    return (whole - part).clip(lower=0)


def _ratio(above: pd.Series[float], below: pd.Series[float]) -> pd.Series[float]:
    """Return a ratio, NaN where there is nothing to divide by."""
    return above / below.where(below > 0)


def _variable(values: pd.Series[float], dim: str | None) -> tuple[tuple[str, ...], Any]:
    if dim is None:
        return (), values.iloc[0]
    return (dim,), values.to_numpy(float)
