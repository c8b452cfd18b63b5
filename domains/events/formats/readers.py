"""Every format, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from .delimited import bids, comma_separated, dcase
from .localisation import activitynet
from .rows import Row
from .speakers import rttm

READERS: Mapping[str, Callable[[str], Iterator[Row]]] = MappingProxyType(
    {
        "csv": comma_separated,
        "dcase": dcase,
        "bids": bids,
        "rttm": rttm,
        "activitynet": activitynet,
    }
)
"""Every format, by name."""
