"""Who speaks when, as speech research scores it. Presets "nist_der", "pyannote_der" and "jer".

Conventions
-----------
- A row is a turn, its label the speaker. The two sides name speakers as they like: in each recording, each predicted
  speaker is mapped to one of the reference at most, so that as much as possible agrees.
- A collar takes the time around the boundaries of the reference out of what is scored. NIST's reaches so far to each
  side; pyannote's is its whole width, half to each side.
- Turns are cut to the scored stretches (UEM), several a file; collars lie around the boundaries of whole turns, so that
  the end of a stretch has none. The speech of the error rate is what lies within.
- Where the support does not say what was scored, the turns do: from the first begin to the last end.
- Turns without duration are no turns.

References
----------
NIST (2009). The 2009 (RT-09) rich transcription meeting recognition evaluation plan. (md-eval)
Bredin, H. (2017). pyannote.metrics. Interspeech, 3587. doi:10.21437/Interspeech.2017-411
Ryant, N. et al. (2019). The second DIHARD diarization challenge. Interspeech, 978. doi:10.21437/Interspeech.2019-1268
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from overlap import intervals

from ..._checks import check_choice
from ..schema import durations_of, times_of
from .criteria import groups, shared_time
from .descriptions import DIARISATION_ERROR, EXACT, JACCARD_ERROR, NO_COLLAR, NOT_USED, Description, of_nothing
from .matchers import all_pairs
from .preparation import ordered, united
from .scored import Matched, Protocol, always
from .settings import OPERATION, Empty, check_amount, check_empty, check_flag
from .speaker_time import add_speaker_time, weigh_speakers

EXTENT = "without a support, what is predicted before the first and after the last turn of the reference is not scored"
SILENT = "a file in which the reference has no turn is not scored, whatever is predicted there"
MAPPING = "speakers are mapped by all of the recording, with the time that collars and overlaps take out"
ROWS = "a turn that is written as two rows which touch has a collar in its middle"
TWICE = "a speaker's own turns that overlap count twice, and as overlapping speech"
NOBODY = "where the reference has no speech, the error is 1 if anything is predicted, and that of JER always"
TIES = "of mappings that share as much time, one is taken by the order of names and by the last bit of a time"
JACCARD = "speakers are mapped by the time they share, not by the Jaccard index that is scored"

TIE = 1e-9
"""Mappings closer than this, relatively, are equal."""


@dataclass(frozen=True)
class SpeakerSettings:
    """Settings of "nist_der", "pyannote_der" and "jer".

    Parameters
    ----------
    collar : float
        How much around each boundary of the reference is not scored, seconds.
    collar_is : {"each_side", "total"}
        Whether the collar reaches so far to each side of a boundary (md-eval, dscore), or half as far (pyannote).
    skip_overlap : bool
        Whether time in which two of the reference speak is not scored.
    extent : {"reference", "both"}
        Whose turns say what was scored, where the support does not. With "reference", files in which the reference has
        no turn are not scored, whatever the support says.
    turns : {"rows", "speech"}
        Whether boundaries and overlaps are those of the rows, or those of each speaker's rows united.
    repeated : {"each", "once"}
        Whether two rows of one speaker that overlap count each, or once.
    mapped_on : {"support", "scored"}
        Whether speakers are mapped by all of the recording, or by what is left after collars and overlaps.
    mapping : {"time", "jaccard"}
        What the mapping makes as large as can be: the time of right speakers, or the sum of Jaccard indices.
    ties : {"first", "best"}
        Of mappings that are equal to within 1e-9, the one that SciPy finds; or the one that is best in the other of
        the two measures.
    without_reference : {"one", "undefined"}
        The error rates where the reference has no speech: 1 (DER 0 if nothing is predicted either), or NaN.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    collar: float = 0.0
    collar_is: Literal["each_side", "total"] = "each_side"
    skip_overlap: bool = False
    extent: Literal["reference", "both"] = "both"
    turns: Literal["rows", "speech"] = "rows"
    repeated: Literal["each", "once"] = "once"
    mapped_on: Literal["support", "scored"] = "scored"
    mapping: Literal["time", "jaccard"] = "time"
    ties: Literal["first", "best"] = "first"
    without_reference: Literal["one", "undefined"] = "undefined"
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_amount("collar", self.collar)
        check_choice(OPERATION, "collar_is", self.collar_is, ("each_side", "total"))
        check_flag("skip_overlap", self.skip_overlap)
        check_choice(OPERATION, "extent", self.extent, ("reference", "both"))
        check_choice(OPERATION, "turns", self.turns, ("rows", "speech"))
        check_choice(OPERATION, "repeated", self.repeated, ("each", "once"))
        check_choice(OPERATION, "mapped_on", self.mapped_on, ("support", "scored"))
        check_choice(OPERATION, "mapping", self.mapping, ("time", "jaccard"))
        check_choice(OPERATION, "ties", self.ties, ("first", "best"))
        check_choice(OPERATION, "without_reference", self.without_reference, ("one", "undefined"))
        check_empty(self.empty)


def match_speakers(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: SpeakerSettings
) -> Matched:
    """Cut both sides to what is scored, map the predicted speakers, and pair the turns of one speaker."""
    files, file_a, file_b, file_of_support = _numbered(prediction["file"], reference["file"], support.index)
    labels, label_a, label_b = _numbered(prediction["label"], reference["label"])
    support = support.set_axis(file_of_support).rename_axis("file")
    # sums in the order of time: the order of rows cannot matter
    prediction = _with_duration(ordered(prediction.assign(file=file_a, label=label_a), "time"))
    reference = _with_duration(ordered(reference.assign(file=file_b, label=label_b), "time"))
    if settings.turns == "speech":
        prediction = _united(prediction)
        reference = _united(reference)
    recorded = extents(prediction, reference, support, settings.extent)
    scored = without_collars(recorded, reference, settings)
    pieces_a = _within(prediction, scored, settings.repeated)
    pieces_b = _within(reference, scored, settings.repeated)
    if settings.mapped_on == "scored":
        mapping = map_speakers(pieces_a, pieces_b, mapping=settings.mapping, ties=settings.ties)
    else:
        all_a = _within(prediction, recorded, settings.repeated)
        all_b = _within(reference, recorded, settings.repeated)
        mapping = map_speakers(all_a, all_b, mapping=settings.mapping, ties=settings.ties)
    speaker = pieces_a["label"].to_numpy()
    pieces_a = _mapped(pieces_a, mapping, len(labels))
    pairs = shared_time(pieces_a, pieces_b)
    matches = all_pairs(pieces_a, pieces_b, pairs)
    names = np.concatenate([labels, _names_of_nobody(labels)])
    pieces_a = pieces_a.assign(file=files[pieces_a["file"]], label=names[pieces_a["label"]], speaker=labels[speaker])
    pieces_b = pieces_b.assign(file=files[pieces_b["file"]], label=labels[pieces_b["label"]])
    return Matched(pieces_a, pieces_b, pairs, matches)


def extents(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, extent: Literal["reference", "both"]
) -> pd.DataFrame:
    """Return what was recorded of each file that is scored: the support, or what the turns reach over.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> extents(as_events([[0, 9]]), as_events([[2, 5]]), as_support(None, [""]), "reference")
      file  onset  offset
    0         2.0     5.0
    """
    known = support.dropna().reset_index()[["file", "onset", "offset"]]
    turns = pd.concat([prediction, reference])
    if extent == "reference":
        turns = reference
        known = known[known["file"].isin(reference["file"])]
    is_unknown = ~turns["file"].isin(known["file"])
    reach = turns[is_unknown].groupby("file").agg({"onset": "min", "offset": "max"}).reset_index()
    return pd.concat([known, reach], ignore_index=True)


def without_collars(recorded: pd.DataFrame, reference: pd.DataFrame, settings: SpeakerSettings) -> pd.DataFrame:
    """Return what is scored of what was recorded: without collars, and without overlapping speech if that is skipped.

    Examples
    --------
    >>> from ..schema import as_events
    >>> recorded = pd.DataFrame({"file": [""], "onset": [0.0], "offset": [9.0]})
    >>> without_collars(recorded, as_events([[2, 5]]), SpeakerSettings(collar=0.5))["onset"].tolist()
    [0.0, 2.5, 5.5]
    """
    each_side = settings.collar if settings.collar_is == "each_side" else settings.collar / 2
    boundaries = times_of(reference).ravel()
    collars = np.stack([boundaries - each_side, boundaries + each_side], axis=1)
    file = reference["file"].to_numpy()
    files = recorded["file"].to_numpy(), np.repeat(file, 2), file
    stretches = intervals.sweep(times_of(recorded), collars, times_of(reference), by=files)
    in_record, in_collar, speaking = stretches.counts.T
    is_scored = (in_record > 0) & (in_collar == 0)
    if settings.skip_overlap:
        is_scored &= speaking < 2
    times = np.stack([stretches.start, stretches.end], axis=1)[is_scored]
    file = stretches.group[is_scored]
    unions, row = united(times, pd.factorize(file)[0])
    return pd.DataFrame({"file": file[row], "onset": unions[:, 0], "offset": unions[:, 1]})


def map_speakers(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    mapping: Literal["time", "jaccard"] = "time",
    ties: Literal["first", "best"] = "first",
) -> pd.DataFrame:
    """Map predicted speakers to those of the reference, one to one in each file.

    Parameters
    ----------
    prediction, reference : DataFrame
        Turns, or pieces of them.
    mapping : {"time", "jaccard"}
        What is as large as can be in all: the time that they share, or their Jaccard indices.
    ties : {"first", "best"}
        Of equal mappings the one that SciPy finds, or the best in the other measure.

    Returns
    -------
    DataFrame
        ``file label mapped``: who, and to whom; those that share no time with anybody are not mapped.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events(pd.DataFrame({"onset": [0, 4], "offset": [4, 9], "label": ["x", "y"]}))
    >>> b = as_events(pd.DataFrame({"onset": [0, 5], "offset": [5, 9], "label": ["anna", "bert"]}))
    >>> map_speakers(a, b)[["label", "mapped"]].to_numpy().tolist()
    [['x', 'anna'], ['y', 'bert']]
    """
    speakers_a, number_a = _speakers(prediction)
    speakers_b, number_b = _speakers(reference)
    i, j, shared = intervals.overlap_pairs(
        times_of(prediction), times_of(reference), by=groups(prediction, reference, "file")
    )
    # slow to import, and only speakers need it
    from scipy.optimize import linear_sum_assignment

    shape = len(speakers_b), len(speakers_a)
    time = sparse.coo_array((shared, (number_b[j], number_a[i])), shape).tocsr()
    jaccard = _jaccard(time, prediction, reference, number_a, number_b)
    value, other = (time, jaccard) if mapping == "time" else (jaccard, time)
    if ties == "best" and value.nnz:
        value = value / value.max() + TIE * other / other.max()
    best_a = []
    best_b = []
    for rows_b, rows_a in _files_of(speakers_b, speakers_a):
        of_file = value[rows_b][:, rows_a].toarray()
        # of equal mappings the one that SciPy finds for reference by prediction, as pyannote does for JER
        b, a = linear_sum_assignment(of_file, maximize=True)
        is_shared = of_file[b, a] > 0
        best_a.append(rows_a[a[is_shared]])
        best_b.append(rows_b[b[is_shared]])
    rows_a = np.concatenate([np.zeros(0, int), *best_a])
    rows_b = np.concatenate([np.zeros(0, int), *best_b])
    names = speakers_a.iloc[rows_a].reset_index(drop=True)
    return names.assign(mapped=speakers_b["label"].to_numpy()[rows_b])


def _jaccard(
    together: sparse.csr_array,
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    number_a: np.ndarray,
    number_b: np.ndarray,
) -> sparse.csr_array:
    """Return the Jaccard indices of speakers from the time they share."""
    n_b, n_a = together.shape
    length_a = np.bincount(number_a, durations_of(prediction), n_a)
    length_b = np.bincount(number_b, durations_of(reference), n_b)
    shared = together.tocoo()
    union = length_a[shared.col] + length_b[shared.row] - shared.data
    return sparse.coo_array((shared.data / union, (shared.row, shared.col)), shared.shape).tocsr()


def _files_of(*speakers: pd.DataFrame) -> Iterator[list[np.ndarray]]:
    """Yield the positions of each file's speakers in each table, for files that all tables have."""
    positions = [table.groupby("file").indices for table in speakers]
    in_all = set.intersection(*(set(of_table) for of_table in positions))
    for file in sorted(in_all, key=str):
        yield [np.asarray(of_table[file]) for of_table in positions]


def _speakers(turns: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the speakers of each file, and which of them each turn is of."""
    grouped = turns.groupby(["file", "label"], sort=True)
    speakers = turns[["file", "label"]].drop_duplicates().sort_values(["file", "label"], ignore_index=True)
    return speakers, grouped.ngroup().to_numpy()


def _numbered(*texts: pd.Series[str] | pd.Index[str]) -> list[np.ndarray]:
    """Return all texts, sorted, and the number of each text of each column."""
    codes, names = pd.factorize(np.concatenate([text.to_numpy(object) for text in texts]), sort=True)
    ends = np.cumsum([len(text) for text in texts])[:-1]
    return [np.asarray(names, object), *np.split(codes, ends)]


def _mapped(pieces: pd.DataFrame, mapping: pd.DataFrame, n_labels: int) -> pd.DataFrame:
    """Give predicted pieces the label of the reference's speaker; those of nobody a label beyond all others."""
    place = pieces["file"] * n_labels + pieces["label"]
    whom = pd.Series(mapping["mapped"].to_numpy(), mapping["file"] * n_labels + mapping["label"])
    label = place.map(whom).fillna(pieces["label"] + n_labels)
    return pieces.assign(label=label.astype(np.int64))


def _names_of_nobody(labels: np.ndarray) -> np.ndarray:
    """Return what predicted speakers are called that are mapped to nobody: like none of the reference."""
    mark = "?"
    while any(label.startswith(mark) for label in labels):
        mark += "?"
    return np.array([f"{mark} {label}" for label in labels], object)


def _with_duration(turns: pd.DataFrame) -> pd.DataFrame:
    return turns[turns["onset"] < turns["offset"]].reset_index(drop=True)


def _united(turns: pd.DataFrame) -> pd.DataFrame:
    """Unite the turns of each speaker."""
    number = turns.groupby(["file", "label"], sort=True).ngroup().to_numpy()
    unions, row = united(times_of(turns), number)
    return turns.iloc[row].assign(onset=unions[:, 0], offset=unions[:, 1]).reset_index(drop=True)


def _within(turns: pd.DataFrame, stretches: pd.DataFrame, repeated: Literal["each", "once"]) -> pd.DataFrame:
    """Return the pieces of turns that lie within stretches of their files."""
    i, j, length = intervals.overlap_pairs(times_of(turns), times_of(stretches), by=groups(turns, stretches, "file"))
    is_some = length > 0
    i = i[is_some]
    j = j[is_some]
    onset = np.maximum(turns["onset"].to_numpy()[i], stretches["onset"].to_numpy()[j])
    offset = np.minimum(turns["offset"].to_numpy()[i], stretches["offset"].to_numpy()[j])
    pieces = turns.iloc[i].assign(onset=onset, offset=offset).reset_index(drop=True)
    return _united(pieces) if repeated == "once" else pieces


def describe_rate(settings: SpeakerSettings) -> Description:
    """Say what "nist_der" and "pyannote_der" do."""
    boundaries = EXACT if settings.turns == "speech" else f"{EXACT}; those of the rows, also where two touch"
    overlapping = "; time of two speakers is left out" if settings.skip_overlap else ""
    whose = "the reference's turns" if settings.extent == "reference" else "the turns of both sides"
    if settings.extent == "reference":
        empties = "not scored where the reference has no turn"
    elif settings.without_reference == "one":
        empties = "error 1 if anything is predicted there, else 0"
    else:
        empties = "their false alarms count"
    return Description(
        criterion=f"time of the speaker that is mapped to the reference's{overlapping}",
        matcher=f"speakers, one to one in a recording, by {_mapped_by(settings)}",
        collar=_collar_in_words(settings),
        boundaries=boundaries,
        average="seconds of all recordings, the ratio once",
        empties=f"{empties}; {of_nothing(settings.empty)}",
        labels="name speakers, each side as it likes",
        scores=NOT_USED,
        support=f"cuts off what lies outside; without it {whose} say what is scored",
    )


def describe_jaccard(settings: SpeakerSettings) -> Description:
    """Say what "jer" does."""
    return replace(
        describe_rate(settings),
        criterion="Jaccard index of each speaker and the one mapped to it",
        average="speakers of all recordings, each alike however long",
    )


def _mapped_by(settings: SpeakerSettings) -> str:
    what = "the time they share" if settings.mapping == "time" else "Jaccard index"
    return what if settings.mapped_on == "scored" else f"{what}, collars included"


def _collar_in_words(settings: SpeakerSettings) -> str:
    if not settings.collar:
        return NO_COLLAR
    each = settings.collar if settings.collar_is == "each_side" else settings.collar / 2
    return f"{each:g} s on each side of the reference's boundaries left out"


NIST_DER = Protocol(
    match_speakers,
    add_speaker_time,
    SpeakerSettings(extent="reference", mapped_on="support"),
    corrected={"extent": "both", "mapped_on": "scored", "turns": "speech", "ties": "best"},
    faults=(EXTENT, SILENT, MAPPING, ROWS, TIES),
    tool="md-eval 22",
    units="seconds",
    uses_labels=False,
    headline=DIARISATION_ERROR,
    describe=describe_rate,
    stretches="cut",
    needs_duration=always,
    weigh=weigh_speakers,
)

PYANNOTE_DER = Protocol(
    match_speakers,
    add_speaker_time,
    SpeakerSettings(collar_is="total", repeated="each", without_reference="one"),
    corrected={"turns": "speech", "repeated": "once", "ties": "best", "without_reference": "undefined"},
    faults=(ROWS, TWICE, TIES, NOBODY),
    tool="pyannote.metrics 4.2.0",
    units="seconds",
    uses_labels=False,
    headline=DIARISATION_ERROR,
    describe=describe_rate,
    stretches="cut",
    needs_duration=always,
    weigh=weigh_speakers,
)

JER = replace(
    PYANNOTE_DER,
    corrected={**PYANNOTE_DER.corrected, "mapping": "jaccard"},
    faults=(JACCARD, *PYANNOTE_DER.faults),
    headline=JACCARD_ERROR,
    describe=describe_jaccard,
)
