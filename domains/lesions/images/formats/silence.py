"""Libraries that print what they put right in a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_silence(logger: logging.Logger) -> Iterator[list[str]]:
    """Let a library not print what it finds wrong in a file, but give it to whoever asks.

    Examples
    --------
    >>> with in_silence(logging.getLogger("nibabel.global")):
    ...     logging.getLogger("nibabel.global").error("never seen")
    """
    said: list[str] = []

    def drop(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return False

    logger.addFilter(drop)
    try:
        yield said
    finally:
        logger.removeFilter(drop)
