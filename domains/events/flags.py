"""The flags of the field's commands, as types: each is explained once; and how those that are texts are read.

Conventions
-----------
- Nothing but typer is imported: ``overlap --help`` loads no numpy.
- The choices of a flag are the names that the called function takes; tests hold the two together.
"""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._checks import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from overlap import EmptyPolicy


class ProtocolName(StrEnum):
    """How events are scored."""

    time = "time"
    tiou = "tiou"
    szcore = "szcore"
    szcore_sample = "szcore_sample"
    spindles = "spindles"
    sed_eval_event = "sed_eval_event"
    sed_eval_segment = "sed_eval_segment"
    intersection = "intersection"
    psds = "psds"
    psds_scenario1 = "psds_scenario1"
    psds_scenario2 = "psds_scenario2"
    activitynet = "activitynet"
    thumos14 = "thumos14"
    proposals = "proposals"
    nist_der = "nist_der"
    pyannote_der = "pyannote_der"
    jer = "jer"
    mir_eval_onset = "mir_eval_onset"
    mir_eval_transcription = "mir_eval_transcription"
    affiliation = "affiliation"
    range_based = "range_based"
    dcase_fewshot = "dcase_fewshot"
    ward = "ward"
    segmental = "segmental"


class KindName(StrEnum):
    """What format the files have."""

    csv = "csv"
    tsv = "tsv"
    dcase = "dcase"
    bids = "bids"
    hed_score = "hed_score"
    rttm = "rttm"
    activitynet = "activitynet"
    audacity = "audacity"
    raven = "raven"
    birdnet = "birdnet"
    boris = "boris"
    tusz = "tusz"
    moda = "moda"
    mne = "mne"
    elan_table = "elan_table"
    timit = "timit"
    uem = "uem"
    textgrid = "textgrid"
    elan = "elan"
    edf = "edf"
    onsets = "onsets"
    stages = "stages"
    notes = "notes"


class WrittenName(StrEnum):
    """What format is written."""

    csv = "csv"
    tsv = "tsv"
    dcase = "dcase"
    bids = "bids"
    hed_score = "hed_score"
    rttm = "rttm"
    activitynet = "activitynet"
    audacity = "audacity"
    raven = "raven"
    tusz = "tusz"
    mne = "mne"
    uem = "uem"
    onsets = "onsets"
    stages = "stages"


class ByName(StrEnum):
    """What is scored separately."""

    label = "label"
    file = "file"


class MeetingName(StrEnum):
    """What becomes of widened events that meet."""

    merge = "merge"
    share = "share"
    keep = "keep"


class RoundingName(StrEnum):
    """How times become whole frames."""

    nearest_even = "nearest_even"
    floor = "floor"
    half_up = "half_up"
    ceil = "ceil"
    cover = "cover"


class ByRecordingName(StrEnum):
    """What is kept apart besides labels."""

    file = "file"


class TracksName(StrEnum):
    """What format a file of tracks has."""

    csv = "csv"
    mot = "mot"
    sleap = "sleap"
    deeplabcut = "deeplabcut"


class ExclusiveName(StrEnum):
    """Who has it where several do."""

    nearest = "nearest"
    overlap = "overlap"


class MissingName(StrEnum):
    """What a frame means in which a box is missing."""

    gap = "gap"
    hold = "hold"


class IndexName(StrEnum):
    """How the overlap of two boxes is measured."""

    containment = "containment"
    iou = "iou"
    dice = "dice"


Predicted = Annotated[
    Path, typer.Argument(help="A file of predicted events, a folder of such files, or - for standard input.")
]
Reference = Annotated[
    Path,
    typer.Argument(help="The annotated events: a file, a folder with the same file names, or - for standard input."),
]
ProtocolOption = Annotated[
    ProtocolName,
    typer.Option(
        help="The rules: time (seconds that agree), tiou (events that match), or those of a community, which "
        "overlap events protocols --list explains."
    ),
]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE", help="A setting of the protocol, such as tolerance=0.2. May be given several times."
    ),
]
Support = Annotated[
    str | None,
    typer.Option(
        help="What was scored: a number of seconds for all recordings, a UEM file, or a CSV file with the columns file "
        "(its name without the ending) and duration, or file, onset and offset, a row for each stretch."
    ),
]
By = Annotated[
    list[ByName] | None,
    typer.Option(help="Score each label or each file separately; given twice, each label of each file."),
]
Corrected = Annotated[bool, typer.Option("--corrected", help="Use the protocol without its known mistakes.")]
Kind = Annotated[
    KindName | None,
    typer.Option(
        help="Format of the files, if neither ending nor header says it; beside standard input of that alone."
    ),
]
Rate = Annotated[
    float | None, typer.Option(help="Samples, frames or epochs in a second, for files whose times count them.")
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help='The column of the labels in tables of Raven or CSV, where its author named it: "Call Type".',
    ),
]
OperatingPoints = Annotated[
    bool,
    typer.Option(
        "--operating-points",
        help="Each file of the predicted folder is what is predicted of all recordings at one threshold (PSDS).",
    ),
]
Subset = Annotated[str | None, typer.Option(help="Which subset of an ActivityNet reference to score.")]
Group = Annotated[
    str | None,
    typer.Option(
        metavar="bids|file|COLUMN|PATTERN",
        help="Whose each recording is: the sub- entity of its name (bids), each its own (file), a column of the "
        "events, or what a pattern captures in the name, such as '(p[0-9]+)_'. Adds means over subjects, with "
        "intervals.",
    ),
]
Level = Annotated[float, typer.Option(help="Confidence level of the intervals.")]
OfSubjects = Annotated[
    Path | None, typer.Option("--subjects", help="With --group: save the figures of each subject here, as CSV.")
]

Events = Annotated[
    Path,
    typer.Argument(
        help="A file of events of any format that is read, a folder of such files, or - for standard input."
    ),
]
Cleaned = Annotated[
    Path, typer.Argument(help="Where the cleaned events are saved, all in one file, or - for standard output.")
]
Merge = Annotated[float | None, typer.Option(metavar="SECONDS", help="Fill gaps shorter than this.")]
Drop = Annotated[float | None, typer.Option(metavar="SECONDS", help="Then drop events shorter than this.")]
Before = Annotated[float, typer.Option(metavar="SECONDS", help="Then let each begin so much earlier.")]
After = Annotated[float, typer.Option(metavar="SECONDS", help="And end so much later.")]
Meeting = Annotated[MeetingName, typer.Option(help="What becomes of those that meet: one, or each its share.")]
Split = Annotated[float | None, typer.Option(metavar="SECONDS", help="Then cut those longer than this.")]
Snap = Annotated[float | None, typer.Option(metavar="HZ", help="Then round times to so many frames a second.")]
RoundingOption = Annotated[RoundingName, typer.Option(help="How times are rounded.")]

PredictedOrNone = Annotated[
    Path | None,
    typer.Argument(
        help="A file of predicted events, a folder of such files, or - for standard input.", show_default=False
    ),
]
ReferenceOrNone = Annotated[
    Path | None,
    typer.Argument(help="The annotated events: a file, a folder with the same file names, or -.", show_default=False),
]
Protocols = Annotated[str | None, typer.Option(help='Names such as "szcore,tiou"; by default all.')]
SettingOfAll = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="A setting, for each protocol that has it; jer.collar=0.5 is for one. May be given several times.",
    ),
]
OfEvents = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Save how each protocol judges the events that not all judge alike, as CSV."),
]
Listed = Annotated[bool, typer.Option("--list", help="List the protocols and their settings, and stop.")]

Annotators = Annotated[
    list[Path] | None, typer.Argument(help="The events of each annotator, two or more: files, folders of files, or -.")
]
ByRecording = Annotated[ByRecordingName | None, typer.Option("--by", help="Keep recordings apart.")]
Epoch = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Compare the label of each epoch of so many seconds.")
]

Tracked = Annotated[
    Path,
    typer.Argument(
        help="A file of tracks: CSV, MOT text, or keypoints of SLEAP or DeepLabCut; or - for standard input."
    ),
]
First = Annotated[str, typer.Argument(help="The track of what is held.")]
Second = Annotated[
    list[str] | None, typer.Argument(help="Who may hold it: a track each, or NAME=ID,ID for a player of several.")
]
Zone = Annotated[list[str] | None, typer.Option(metavar="NAME=X1,Y1,X2,Y2", help="A zone, such as a goal.")]
FilmRate = Annotated[float | None, typer.Option(help="Frames per second; needed unless the file has a column time.")]
IndexOption = Annotated[IndexName, typer.Option(help="How the overlap is measured.")]
Enter = Annotated[float, typer.Option(help="Possession begins where the index reaches this.")]
Leave = Annotated[float | None, typer.Option(help="And ends where it falls below this; by default the same.")]
Exclusive = Annotated[ExclusiveName | None, typer.Option(help="Who has it where several do; by default all of them.")]
Missing = Annotated[MissingName, typer.Option(help="What a missing box means: nothing, or what was there before.")]
MaxHold = Annotated[float | None, typer.Option(metavar="SECONDS", help="How long what was seen last is held.")]
MaxGap = Annotated[float, typer.Option(metavar="SECONDS", help="Possessions no further apart are one.")]
MinDuration = Annotated[float, typer.Option(metavar="SECONDS", help="Shorter possessions are dropped.")]
TracksKind = Annotated[TracksName | None, typer.Option(help="Format of the file, if its header does not say it.")]
Padding = Annotated[float | None, typer.Option(help="Keypoints: margin round the points, pixels.")]
Likelihood = Annotated[float | None, typer.Option(help="Keypoints: the least score of a point that counts.")]

Source = Annotated[Path, typer.Argument(help="A file of events, a folder of such files, or - for standard input.")]
Target = Annotated[
    str,
    typer.Argument(
        help="A file, which gets all events; a folder, there already or written with / at its end, which gets a file "
        "for each recording; or - for standard output.",
    ),
]
To = Annotated[WrittenName | None, typer.Option(help="The format that is written, if the ending does not say it.")]
Recordings = Annotated[
    bool, typer.Option("--recordings", help="Write the recordings, from 0 to their durations, not the events.")
]
MayLose = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="What may be lost: a column, duration or recordings. May be given several times."
    ),
]


def read_names(text: str | None) -> list[str] | None:
    """Read names such as ``szcore,tiou``; None if none are asked for."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"--protocols {text}: names none, such as szcore,tiou; --list has them all")
    return names


def read_settings(texts: list[str]) -> dict[str, Any]:
    """Read ``name=value``; a value is JSON, NaN or infinity in any of their spellings, or else a string."""
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"--param {text}: a setting is written name=value, such as tolerance=0.2")
        if name in settings:
            raise UsageError(f"--param {text}: {name} is set twice: give it once")
        settings[name] = _read_value(value)
        if name.rpartition(".")[2] == "empty" and isinstance(settings[name], dict):
            settings[name] = _read_policy(text, settings[name])
    return settings


def _read_policy(text: str, worth: dict[str, Any]) -> EmptyPolicy:
    """Read what 0/0 is worth for each side that is empty, as JSON has it."""
    from overlap import EmptyPolicy

    sides = {field.name for field in fields(EmptyPolicy)}
    is_number = [isinstance(value, int | float) and not isinstance(value, bool) for value in worth.values()]
    if set(worth) != sides or not all(is_number):
        raise UsageError(f"--param {text}: an object with numbers for {', '.join(sorted(sides))}, or one number")
    return EmptyPolicy(**worth)


def _read_value(text: str) -> Any:
    import json

    if text.strip().lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return float(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def read_support(text: str | None) -> float | pd.DataFrame | None:
    """Read a number of seconds, or a table of durations."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return _read_durations(Path(text))


def _read_durations(path: Path) -> pd.DataFrame:
    from .files.io import read_durations

    if not path.is_file():
        raise UsageError(f"--support {path}: neither a number of seconds nor a file that exists")
    try:
        return read_durations(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--support {path}: neither a UEM file nor a readable table with the columns file and duration, or file, "
            f"onset and offset ({error})"
        ) from error
