"""Both sides of a score from files: two files, or two folders whose files are paired by name, and what was scored.

Conventions
-----------
- Two files are of one recording, whatever they are called. Of two folders, files of one name are one recording.
- A recording that could not be read on one side is left out on both.
- Of two folders, a file without a partner is told, and its events count all the same.
- How long a recording is, is what ``support=`` says, else what the reference's files say, else the prediction's.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ... import _skipped
from ..._checks import check_choice, check_number, check_path
from ..._running import Running
from ..._text import for_table
from ..formats import FORMATS, recording_of
from ..schema import Support, as_support, first_names, names_apart
from .sides import Reading, Side, is_lost, lost_on_both, read_sides, unpaired_rows, without_partner
from .tree import Found, check_one_input, find_files, is_one_file, is_standard


class BothRead(NamedTuple):
    """Both sides, read.

    Parameters
    ----------
    prediction, reference : DataFrame
        The events of all recordings that were read on both sides.
    support : DataFrame
        What was scored, as `assess` takes it.
    skipped : DataFrame
        ``side file where reason detail``: rows that are no events, files that cannot be read or have no partner.
    n_unread : int
        How many recordings the support names of which neither side has a file.
    """

    prediction: pd.DataFrame
    reference: pd.DataFrame
    support: pd.DataFrame
    skipped: pd.DataFrame
    n_unread: int

    @property
    def without_a_file(self) -> str:
        """What a report says, after the number of files, of those that the support alone names."""
        if self.n_unread == 0:
            return ""
        return f", {self.n_unread} of them without a file: their time counts, as without events"


def read_both(
    predicted: str | Path, reference: str | Path, support: Support, how: Reading, running: Running
) -> BothRead:
    r"""Read the files of both sides.

    Parameters
    ----------
    predicted, reference : path
        Two files, or two folders.
    support : float, mapping or DataFrame, optional
        What was scored; see `score`.
    how : Reading
        What is said of all files, and who asks.
    running : Running
        How the job runs.

    Returns
    -------
    BothRead

    Raises
    ------
    ValueError, FileNotFoundError
        If something is no path, a setting or the support is wrong, the only file of a side cannot be read, or there
        is none.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = (Path(folder, name) for name in ("a.csv", "b.csv"))
    ...     _ = a.write_text("onset,offset\n0,10\n"), b.write_text("onset,offset\n5,15\n")
    ...     both = read_both(a, b, None, Reading(), Running())
    >>> both.prediction["file"].tolist(), both.reference["onset"].tolist()
    (['b'], [5.0])
    """
    check_path(how.operation, "predicted", predicted)
    check_path(how.operation, "reference", reference)
    check_choice(how.operation, "kind", how.kind, (None, *FORMATS))
    if how.rate is not None:
        check_number(how.operation, "rate", how.rate, above=0)
    # a wrong support ends the work before files are read
    as_support(support, ())
    prediction_path = Path(predicted)
    reference_path = Path(reference)
    check_one_input(how.operation, (prediction_path, reference_path))
    are_files = is_one_file(prediction_path) and is_one_file(reference_path)
    if are_files:
        running = replace(running, progress=False)
    files = {
        "prediction": find_files(prediction_path, "prediction", how.operation),
        "reference": find_files(reference_path, "reference", how.operation),
    }
    if are_files and not how.points:
        # two files are of one recording, whatever they are called
        named = prediction_path if is_standard(reference_path) else reference_path
        recording = for_table(recording_of(named))
        files = {side: [found[0]._replace(recording=recording)] for side, found in files.items()}
    sides = read_sides(files, how, running)
    a = sides["prediction"]
    b = sides["reference"]
    lost = lost_on_both(a, b)
    are_folders = prediction_path.is_dir() and reference_path.is_dir()
    unpaired = _unpaired(files, sides) if are_folders and not how.points else _skipped.as_skipped()
    return BothRead(
        _events_of(a, lost, prediction_path.name),
        _events_of(b, lost, reference_path.name),
        _scored_time(support, a, b, lost, how.operation),
        _skipped.joined(a.skipped, b.skipped, unpaired),
        len(_unread(support, a, b, lost)),
    )


COUNTS_AS = {"prediction": "false alarms", "reference": "missed"}


def _unpaired(files: Mapping[str, Sequence[Found]], sides: Mapping[str, Side]) -> pd.DataFrame:
    """List the files of two folders that have no partner: their events count all the same."""
    tables = []
    for side, other in (("prediction", "reference"), ("reference", "prediction")):
        detail = (
            f"the {other} has no file of this recording, so all its events count as {COUNTS_AS[side]}; name the files "
            "alike, or, if there is no event on that side, save one without any: its header alone"
        )
        alone = without_partner(sides[side], sides[other])
        tables.append(unpaired_rows(side, files[side], dict.fromkeys(alone, detail)))
    return _skipped.joined(*tables)


def _scored_time(support: Support, prediction: Side, reference: Side, lost: set[str], operation: str) -> pd.DataFrame:
    """Return what was scored; a number of seconds holds for every recording that was read, with events or without."""
    if support is None:
        return _durations(prediction.support, reference.support, lost, operation)
    read = _recordings(prediction, reference, lost)
    if not isinstance(support, pd.DataFrame | Mapping):
        return pd.DataFrame({"file": read, "duration": float(support)})
    named = as_support(support, ())
    stretches = named[~is_lost(named.index.to_series(), lost)]
    with_events = {*prediction.events["file"], *reference.events["file"]}
    quiet = sorted(set(read) - with_events - set(stretches.index))
    if quiet:
        _warn_of_quiet(quiet, _unread(support, prediction, reference, lost), operation)
    # the length of those that it does not name is not known
    return as_support(stretches.reset_index(), quiet).reset_index()


def _recordings(prediction: Side, reference: Side, lost: set[str]) -> pd.Series[str]:
    """Return the recordings that a file of either side names or is called after, without those that are left out."""
    recordings = pd.concat([prediction.support["file"], reference.support["file"]]).drop_duplicates()
    read: pd.Series[str] = recordings[~is_lost(recordings, lost)]
    return read


def _unread(support: Support, prediction: Side, reference: Side, lost: set[str]) -> list[str]:
    """Return the recordings that the support names, and of which neither side has a file."""
    named, _ = names_apart(support, _recordings(prediction, reference, lost))
    is_left_out = is_lost(pd.Series(named, dtype=object), lost)
    return [file for file, left_out in zip(named, is_left_out, strict=True) if not left_out]


def _warn_of_quiet(quiet: list[str], unread: list[str], operation: str) -> None:
    """Warn of recordings without events that the support does not name; if it names others, these may be misspelt."""
    named = f"names {first_names(unread)}, of which neither side has a file, and " if unread else ""
    remedy = "name them alike, or add it to the support" if unread else "add it to the support"
    warnings.warn(
        f"{operation}: the support {named}says nothing of {first_names(quiet)}, whose files hold no events: what "
        f"needs the length is NaN; {remedy}",
        stacklevel=5,
    )


def _durations(prediction: pd.DataFrame, reference: pd.DataFrame, lost: set[str], operation: str) -> pd.DataFrame:
    """Return how long each recording is: as the reference says, else as the prediction does."""
    predicted = _longest(prediction)
    annotated = _longest(reference)
    both = predicted.index.intersection(annotated.index)
    different = [file for file in both if abs(predicted[file] - annotated[file]) > 1e-6]
    if different:
        first = different[0]
        warnings.warn(
            f"{operation}: {len(different)} recordings have two durations (prediction of {first}: "
            f"{predicted[first]:g} s, reference: {annotated[first]:g} s); the reference's hold",
            stacklevel=5,
        )
    known = annotated.combine_first(predicted)
    is_read = ~is_lost(known.index.to_series(), lost)
    return known[is_read].rename_axis("file").reset_index(name="duration")


def _longest(support: pd.DataFrame) -> pd.Series[float]:
    duration = support.groupby("file")["duration"].max().astype(float)
    # a file that says 0 s does not know
    is_duration = (duration > 0) & np.isfinite(duration)
    return duration.where(is_duration)


def _events_of(side: Side, lost: set[str], name: str) -> pd.DataFrame:
    is_read = ~is_lost(side.events["file"], lost)
    events = side.events[is_read].reset_index(drop=True)
    events.attrs["name"] = name
    return events
