"""Annotations of ELAN, .eaf, read by pympi.

Conventions
-----------
- Every tier is read and named in the column ``tier``; annotations that refer to others have the times of those. Times
  are whole milliseconds.
- A document with entities of its own is refused: XML can be made to fill memory with them.

References
----------
ELAN Annotation Format. https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..._files import ReadError
from .declared import Format
from .rows import Row

MILLISECONDS = 1000.0


def read(content: bytes) -> Iterator[Row]:
    """Yield the annotations of all tiers.

    Raises
    ------
    ImportError
        If pympi is not installed.
    ReadError
        If it declares entities.
    """
    try:
        from pympi import Elan
    except ImportError:
        raise ImportError('events: ELAN files need pympi-ling: pip install "overlap-toolkit[events]"') from None
    if b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise ReadError("it declares a document type or entities, which ELAN does not write; save it anew with ELAN")
    # pympi reads from a path alone
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "annotations.eaf")
        path.write_bytes(content)
        document = Elan.Eaf(str(path), suppress_version_warning=True)
    for tier in document.get_tier_names():
        for number, entry in enumerate(document.get_annotation_data_for_tier(tier), 1):
            onset, offset, label = entry[:3]
            yield {
                "where": f"tier {tier}, {number}",
                "onset": _cell(onset),
                "offset": _cell(offset),
                "label": _cell(label),
                "tier": tier,
                "ticks": MILLISECONDS,
            }


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _never(text: str) -> bool:
    """Return False: the ending says it."""
    return False


def _count(text: str) -> None:
    """Return None: its rows are no lines."""


FORMAT = Format("elan", "", read, _never, _count, (".eaf",), of_bytes=True)
