"""The lesions that only one side has, and where they are seen best.

Conventions
-----------
- A missed lesion is one of the reference, a spurious one of the prediction; both are read from the match table of a
  result, and never derived again.
- A lesion is seen best in the slice that holds most of its voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from ..comparison.assessment import Pair
from .slices import Slice, place_of_most

SIDES = {"missed": "reference", "spurious": "predicted"}
"""Which side has a lesion of each kind."""


@dataclass(frozen=True, eq=False)
class LoneLesion:
    """A lesion that only one side has.

    Parameters
    ----------
    kind : {"missed", "spurious"}
        Whether the reference has it, or the prediction.
    volume : float
        In mm³, or mm² of a single slice.
    inside : DataArray of bool
        Its voxels.
    """

    kind: str
    volume: float
    inside: xr.DataArray

    def best_place(self, axis: str) -> float:
        """Return where along an axis it has most voxels, mm; 0 for an image of one slice."""
        return place_of_most(self.inside, axis)


def largest_lone_lesions(pair: Pair) -> list[LoneLesion]:
    """Return the largest missed lesion of a label and its largest spurious one, as far as there are any.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> from ..images.grids import as_image
    >>> predicted, reference = np.zeros((2, 9, 9), bool)
    >>> predicted[0, 0], reference[4:6, 4] = True, True
    >>> pair = assess(as_image(predicted, 1.0), as_image(reference, 1.0)).pair()
    >>> [(lesion.kind, lesion.volume) for lesion in largest_lone_lesions(pair)]
    [('missed', 2.0), ('spurious', 1.0)]
    """
    lesions = {"missed": pair.reference_lesions, "spurious": pair.predicted_lesions}
    largest = []
    for kind, side in SIDES.items():
        of_kind = pair.lesions[pair.lesions["kind"] == kind]
        if of_kind.empty:
            continue
        row = of_kind.iloc[int(of_kind[f"volume_{side}"].argmax())]
        inside = lesions[kind] == int(row[side])
        largest.append(LoneLesion(kind, float(row[f"volume_{side}"]), inside))
    return largest


def count_elsewhere(pair: Pair, place: Slice) -> dict[str, int]:
    """Return how many missed and how many spurious lesions of a label a slice does not show.

    Parameters
    ----------
    pair : Pair
        The masks and lesions of a label.
    place : Slice
        Which slice.

    Returns
    -------
    dict
        ``missed`` and ``spurious``.
    """
    return {
        "missed": _n_elsewhere(pair.lesions, "missed", place.of(pair.reference_lesions)),
        "spurious": _n_elsewhere(pair.lesions, "spurious", place.of(pair.predicted_lesions)),
    }


def _n_elsewhere(lesions: pd.DataFrame, kind: str, numbers: np.ndarray) -> int:
    of_kind = lesions[SIDES[kind]][lesions["kind"] == kind]
    return len(set(of_kind.tolist()) - set(np.unique(numbers).tolist()))
