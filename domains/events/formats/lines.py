"""Files of one value a line, which say nothing of themselves: they are read only where ``kind=`` names them.

Conventions
-----------
- ``onsets``: a time in seconds, and perhaps a label after it. Events have no length.
- ``stages``: the stage of one epoch after the other, as hypnograms have it. Epochs last 30 s, unless ``rate=`` says how
  many there are in a second. The labels of the frames of a video, one a line, read alike.
- What MS-TCN and its successors write stands in sections, whose headings begin with ``###``: the labels of all frames,
  in one line or several, under ``### Frame level recognition: ###``. Such a file is known by this heading. The other
  sections say the same of segments, and are not read. How many frames are in a second has to be said.

References
----------
Raffel, C. et al. (2014). mir_eval. ISMIR, 367 (files of onsets).
Vallat, R. & Walker, M. P. (2021). YASA. eLife 10, e70092 (hypnograms). doi:10.7554/eLife.70092
Farha, Y. A. & Gall, J. (2019). MS-TCN. CVPR, 3575 (recognised frames). doi:10.1109/CVPR.2019.00369
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..._files import ReadError, split_lines
from .counts import count_lines, first_line, is_blank
from .declared import Format
from .rows import UNKNOWN_RATE, Row, events_of

EPOCH = 30.0
"""Seconds; the epoch of sleep staging."""
COMMENT = "#"
SECTION = "###"
OF_FRAMES = "### Frame level recognition: ###"
NO_STAGE = "more than one stage in a line"
NO_NAME = "no name of a stage"
STAGE = re.compile(r"[\w.+?/()-]+")
"""A stage as hypnograms have it; what has commas or brackets is the row of a table or of a page."""
WORD = re.compile(r"[A-Za-z_][\w.+?/()-]*")
"""A stage or label that is no number."""


def read_onsets(text: str) -> Iterator[Row]:
    r"""Yield a point for each line that is no comment.

    Examples
    --------
    >>> next(read_onsets("# by hand\n0.5 kick\n"))
    {'where': 'line 2', 'onset': '0.5', 'offset': '0.5', 'label': 'kick'}
    """
    for number, line in enumerate(split_lines(text), 1):
        if not is_blank(line) and not line.lstrip().startswith(COMMENT):
            onset, *label = line.split(maxsplit=1)
            yield {"where": f"line {number}", "onset": onset, "offset": onset, "label": "".join(label).strip()}


def read_stages(text: str) -> Iterator[Row]:
    r"""Yield an event for each line that is no comment, from its number to the next.

    Examples
    --------
    >>> [(row["onset"], row["offset"], row["label"]) for row in read_stages("W\nN1\n")]
    [('0', '1', 'W'), ('1', '2', 'N1')]
    """
    if is_recognition(text):
        yield from _recognised(text)
        return
    lines = [(number, line.strip()) for number, line in enumerate(split_lines(text), 1) if not is_blank(line)]
    lines = [(number, line) for number, line in lines if not line.startswith(COMMENT)]
    for epoch, (number, stage) in enumerate(lines):
        row: Row = {"where": f"line {number}", "onset": str(epoch), "offset": str(epoch + 1), "label": stage}
        row["ticks"] = 1 / EPOCH
        row["length"] = str(len(lines))
        if not STAGE.fullmatch(stage):
            row["skip"] = NO_STAGE if len(stage.split()) > 1 else NO_NAME
            row["detail"] = stage
        yield row


def _recognised(text: str) -> Iterator[Row]:
    """Yield an event for each label of the section of frames."""
    labels = []
    is_of_frames = False
    for number, line in enumerate(split_lines(text), 1):
        if line.startswith(SECTION):
            is_of_frames = line.strip() == OF_FRAMES
        elif is_of_frames:
            labels += [(f"line {number}, label {k}", label) for k, label in enumerate(line.split(), 1)]
    for frame, (where, label) in enumerate(labels):
        yield {
            "where": where,
            "onset": str(frame),
            "offset": str(frame + 1),
            "label": label,
            "ticks": UNKNOWN_RATE,
            "length": str(len(labels)),
        }


def is_recognition(text: str) -> bool:
    r"""Return whether some line is the heading of the labels of frames, and the first one is such a heading.

    Examples
    --------
    >>> is_recognition("### Frame level recognition: ###\nSIL SIL pour\n"), is_recognition("SIL\nSIL\n")
    (True, False)
    """
    lines = [line.strip() for line in split_lines(text)]
    return first_line(text).startswith(SECTION) and OF_FRAMES in lines


def are_words(text: str) -> bool:
    r"""Return whether all lines are one word each that is no number, and some word comes twice.

    Examples
    --------
    >>> are_words("SIL\nSIL\npour\n"), are_words("onset\n1.5\n"), are_words("Once upon a time")
    (True, False, False)
    """
    words = [line.strip() for line in split_lines(text) if not is_blank(line)]
    return len(set(words)) < len(words) and all(WORD.fullmatch(word) for word in words)


def _never(text: str) -> bool:
    """Return False: a line of one value may mean anything."""
    return False


def _count(text: str) -> int:
    return count_lines(text, COMMENT)


def _count_stages(text: str) -> int:
    if not is_recognition(text):
        return count_lines(text, COMMENT)
    after = re.split(rf"(?m)^{re.escape(OF_FRAMES)}[ \t]*$", text)[1:]
    return sum(len(re.split(rf"(?m)^{SECTION}", section)[0].split()) for section in after)


def write_onsets(rows: Sequence[Row]) -> str:
    r"""Return a line for each event, which must be a point.

    Examples
    --------
    >>> write_onsets([{"onset": "0.5", "offset": "0.5", "label": "kick"}])
    '0.5 kick\n'
    """
    return "".join(f"{row['onset']} {row.get('label', '')}".strip() + "\n" for row in events_of(rows))


def write_stages(rows: Sequence[Row]) -> str:
    r"""Return a line for each epoch of 30 s.

    Raises
    ------
    ReadError
        If an event is no such epoch, or they leave a gap.

    Examples
    --------
    >>> write_stages([{"onset": "0.0", "offset": "30.0", "label": "W"}])
    'W\n'
    """
    lines = []
    for epoch, row in enumerate(events_of(rows)):
        begin = epoch * EPOCH
        end = begin + EPOCH
        if float(row["onset"]) != begin or float(row["offset"]) != end:
            raise ReadError(
                f"event {epoch} lasts from {row['onset']} to {row['offset']} s, and stages are of {EPOCH:g} s each, "
                f"from 0 on without a gap (here {begin:g} to {end:g} s); cut the events into such epochs, in order"
            )
        lines.append(row.get("label", "") + "\n")
    return "".join(lines)


ONSETS = Format("onsets", "", read_onsets, _never, _count, write=write_onsets, forbids="\n\r")
STAGES = Format("stages", "", read_stages, is_recognition, _count_stages, write=write_stages, forbids=" #\t\n\r")
