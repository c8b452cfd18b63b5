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

from .declared import Format
from .rows import Row


def read(content: bytes) -> Iterator[Row]:
    """Yield the annotations.

    Raises
    ------
    ImportError
        If edfio is not installed.
    """
    try:
        import edfio
    except ImportError:
        raise ImportError('events: EDF+ files need edfio: pip install "overlap-toolkit[events]"') from None
    recording = edfio.read_edf(content, lazy_load_data=True)
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


def _never(text: str) -> bool:
    """Return False: the ending says it."""
    return False


def _count(text: str) -> None:
    """Return None: its rows are no lines."""


FORMAT = Format("edf", "", read, _never, _count, (".edf",), of_bytes=True)
