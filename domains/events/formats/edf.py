"""Annotations in EDF+ files, read by edfio.

Conventions
-----------
- Onsets are seconds from the beginning of the recording. An annotation without a duration is a point.
- The recording is as long as its signals.

References
----------
Kemp, B. & Olivan, J. (2003). European data format 'plus' (EDF+). Clin. Neurophysiol. 114, 1755.
doi:10.1016/S1388-2457(03)00123-8
"""

from __future__ import annotations

from collections.abc import Iterator

from ..._files import ReadError
from .declared import Format
from .rows import Row

BEFORE_SAMPLES = 16 + 80 + 8 + 8 + 8 + 8 + 8 + 80
"""Bytes of a signal in the header before how many samples it has in a record."""
BYTES_OF_A_SAMPLE = 2
OF_ANNOTATIONS = b"EDF Annotations"


def read(content: bytes) -> Iterator[Row]:
    """Yield the annotations.

    Raises
    ------
    ImportError
        If edfio is not installed.
    ReadError
        If it is shorter than its header says, or holds annotations that are none.
    """
    try:
        import edfio
    except ImportError:
        raise ImportError('events: EDF+ files need edfio: pip install "overlap-toolkit[events]"') from None
    _check_size(content)
    recording = edfio.read_edf(content, lazy_load_data=True)
    n_written = _count_annotations(content)
    if n_written != len(recording.annotations):
        raise ReadError(
            f"it holds {n_written} annotations, and {len(recording.annotations)} can be read; write it again"
        )
    length = str(recording.duration)
    for number, annotation in enumerate(recording.annotations, 1):
        duration = annotation.duration or 0.0
        yield {
            "where": f"annotation {number}",
            "onset": str(annotation.onset),
            "duration": str(duration),
            "label": annotation.text,
            "length": length,
        }


def _check_size(content: bytes) -> None:
    """Refuse a file that is shorter than its header says, which edfio reads as far as it goes."""
    n_records = int(content[236:244])
    n_bytes = int(content[184:192]) + n_records * sum(_bytes_of_signals(content))
    # -1 records: the recording was not finished
    if n_records >= 0 and len(content) < n_bytes:
        raise ReadError(f"it has {len(content)} of the {n_bytes} bytes that its header says; fetch or write it again")


def _bytes_of_signals(content: bytes) -> list[int]:
    """Return how many bytes each signal has in a record."""
    n_signals = int(content[252:256])
    begin = 256 + n_signals * BEFORE_SAMPLES
    fields = content[begin : begin + n_signals * 8]
    return [BYTES_OF_A_SAMPLE * int(fields[8 * k : 8 * k + 8]) for k in range(n_signals)]


def _count_annotations(content: bytes) -> int:
    """Return how many annotations the file holds, counted without edfio, which passes over what it does not read."""
    sizes = _bytes_of_signals(content)
    labels = [content[256 + 16 * k : 272 + 16 * k].strip() for k in range(len(sizes))]
    begin = int(content[184:192])
    n_annotations = 0
    for record in range(begin, len(content), max(sum(sizes), 1)):
        place = record
        for label, size in zip(labels, sizes, strict=True):
            if label == OF_ANNOTATIONS:
                lists = content[place : place + size].split(b"\0")
                n_annotations += sum(bool(text) for tal in lists for text in tal.split(b"\x14")[1:])
            place += size
    return n_annotations


def _never(text: str) -> bool:
    """Return False: the ending says it."""
    return False


def _count(text: str) -> None:
    """Return None: its rows are no lines."""


FORMAT = Format("edf", "", read, _never, _count, (".edf",), of_bytes=True)
