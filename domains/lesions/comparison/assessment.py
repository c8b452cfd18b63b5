"""All of a comparison, made once by `assess`: what the report, the table of lesions and the picture read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr

from ..._html import Displayed
from ..images.grids import Grid
from ..settings import Settings
from .labels import Name


@dataclass(frozen=True, eq=False)
class Pair:
    """The two masks of one label as they were compared, and their lesions.

    Parameters
    ----------
    label : str or int
        Name of the label.
    predicted, reference : DataArray
        The masks, bool or soft, without what does not count; only the box that holds both, one voxel wider.
    predicted_lesions, reference_lesions : DataArray of int
        The number of the lesion that a voxel of the cut mask belongs to, 0 outside.
    lesions : DataFrame
        Which lesion met which, see `match`.
    case : object, optional
        Name of the case, if there are several.
    """

    label: Name
    predicted: xr.DataArray
    reference: xr.DataArray
    predicted_lesions: xr.DataArray
    reference_lesions: xr.DataArray
    lesions: pd.DataFrame
    case: Any = None


@dataclass(frozen=True, eq=False)
class Assessment(Displayed):
    """All of a comparison, made once by `assess`: what the report, the table of lesions and the picture read.

    Parameters
    ----------
    report : Dataset
        What `compare` returns.
    lesions : DataFrame
        The match tables of all labels (and cases), see `match`, with a column ``label`` (and ``case``).
    pairs : tuple of Pair
        The masks and lesions of each label, if they were kept.
    settings : Settings
        What decided the numbers.
    grid : Grid
        Where the voxels lie.
    """

    report: xr.Dataset
    lesions: pd.DataFrame
    pairs: tuple[Pair, ...]
    settings: Settings
    grid: Grid

    def pair(self, label: Name | None = None, case: Any = None) -> Pair:
        """Return the masks and lesions of a label and case, by default the first.

        Raises
        ------
        ValueError
            If there is no such label or case, or the masks were not kept.
        """
        if not self.pairs:
            raise ValueError("lesions.Assessment: the masks were not kept: pass keep_masks=True to assess")
        for pair in self.pairs:
            if label in (None, pair.label) and case in (None, pair.case):
                return pair
        raise ValueError(
            f"lesions.Assessment: no masks of label {label!r} and case {case!r}: the labels are {self._label_names()}"
        )

    def __repr__(self) -> str:
        attrs = self.report.attrs
        return f"<Assessment of {attrs['prediction']} against {attrs['reference']}, labels {self._label_names()}>"

    def _label_names(self) -> str:
        return ", ".join(str(label) for label in self.report["label"].values)
