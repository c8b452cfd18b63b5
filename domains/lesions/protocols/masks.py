"""What every protocol reads: two masks, the confidence of the prediction, and their lesions, numbered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..instances import LesionMaps, number_lesions


@dataclass(frozen=True, eq=False)
class MaskPair:
    """The masks of a prediction and of a reference on one grid.

    Parameters
    ----------
    predicted, reference : array of bool
        Of one shape.
    spacing : tuple of float
        Size of a voxel along each axis, mm.
    confidence : array, optional
        How sure each voxel of the prediction is; 1 by default.

    Examples
    --------
    >>> row = np.array([[True, False, False, True]])
    >>> masks = MaskPair(row, row, (1.0, 1.0))
    >>> masks.lesions.n_reference, masks.joined(1).n_reference, masks.joined(1).n_predicted
    (2, 1, 2)
    """

    predicted: np.ndarray
    reference: np.ndarray
    spacing: tuple[float, ...]
    confidence: np.ndarray | None = None

    @cached_property
    def lesions(self) -> LesionMaps:
        """The lesions of both, voxels touching by corners too: the one table that the protocols share."""
        return LesionMaps(number_lesions(self.predicted), number_lesions(self.reference), self.spacing)

    def joined(self, dilation: int) -> LesionMaps:
        """Return the same, but reference lesions that touch once grown by `dilation` voxels are one."""
        if dilation == 0:
            return self.lesions
        reference = number_lesions(self.reference, dilation=dilation)
        return LesionMaps(self.lesions.predicted, reference, self.spacing)

    @cached_property
    def panoptica(self) -> LesionMaps:
        """The lesions as panoptica has them: voxels touch by corners too in space, by faces alone in a plane."""
        if len(self.spacing) == 3:
            return self.lesions
        return LesionMaps(number_lesions(self.predicted, 1), number_lesions(self.reference, 1), self.spacing)
