"""What the readers of all formats share: the words for absent values, and the reasons that formats have."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

ABSENT = ("", "n/a", "<NA>", "nan", "NaN")

NO_EVENT = "no event"
BACKGROUND = "background"
NO_TIMES = "no onset and offset"
NO_SEGMENT = "no segment [start, end]"
