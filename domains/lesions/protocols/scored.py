"""What a protocol says of one pair of masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Protocol as Interface

import numpy as np
import pandas as pd

from overlap import surfaces

from .masks import MaskPair


@dataclass(frozen=True, eq=False)
class ProtocolScores:
    """The scores of a pair of masks under one protocol.

    Parameters
    ----------
    headline : str
        Name of the score that the community ranks by.
    values : mapping of str to float
        The scores by name: ``dice hd95`` (lesion-wise), ``f1`` (recognition quality), ``sq pq``, ``ap cpm``.
    found, missed, spurious : int
        Reference lesions that were found and that were missed, and predicted lesions without a partner, as they count.
    lesions : DataFrame
        A row for each lesion (or candidate) that the scores are made of.
    notes : tuple of str
        What the protocol did with this case that others do otherwise.
    """

    headline: str
    values: Mapping[str, float]
    found: int
    missed: int
    spurious: int
    lesions: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """The score that the community ranks by."""
        return self.values[self.headline]


class Protocol(Interface):
    """How a community scores lesions: a frozen dataclass of settings."""

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        ...

    def rule(self) -> str:
        """Return in words what is a lesion, what is a hit, and what is averaged."""
        ...


def hd95(a: np.ndarray, b: np.ndarray, spacing: tuple[float, ...], preset: surfaces.Preset) -> float:
    """Return the HD95 of two masks, infinite where one is empty."""
    if not a.any() or not b.any():
        return inf
    return surfaces.distances(a, b, spacing=spacing, preset=preset).hd95()


def mean_or(values: np.ndarray, otherwise: float) -> float:
    """Return the mean of values, of none another number."""
    return float(values.mean()) if len(values) else otherwise


def counted(n: int, what: str, verb: str = "") -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "reference lesion"), counted(2, "reference lesion", "missed")
    ('1 reference lesion', '2 reference lesions missed')
    """
    plural = "" if n == 1 else "s"
    return f"{n} {what}{plural} {verb}".rstrip()
