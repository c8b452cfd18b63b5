"""Two maps of lesions, and what is known of them: sizes, centres, boxes, and the pairs that share voxels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi, prod

import numpy as np

import overlap as ov

from .numbering import counted, grow

Box = tuple[slice, ...]


@dataclass(frozen=True, eq=False)
class LesionMaps:
    """The lesions of a prediction and of a reference on one grid.

    Lesion i of a side is the i-th of its numbers in ascending order, from 0.

    Parameters
    ----------
    predicted, reference : array of int
        Number of each voxel's lesion, 0 outside; of one shape.
    spacing : tuple of float
        Size of a voxel along each axis, mm.

    Examples
    --------
    >>> maps = LesionMaps(np.array([[5, 5, 0, 8]]), np.array([[1, 0, 0, 1]]), (1.0, 2.0))
    >>> maps.n_predicted, maps.n_reference, maps.volumes_predicted
    (2, 1, array([4., 2.]))
    >>> maps.pairs.a, maps.pairs.b, maps.pairs.overlap.intersection
    (array([0, 1]), array([0, 0]), array([1, 1]))
    """

    predicted: np.ndarray
    reference: np.ndarray
    spacing: tuple[float, ...]

    @cached_property
    def pairs(self) -> ov.raster.LabelPairs:
        """The pairs of lesions that share voxels, and how many."""
        return ov.raster.label_pairs(self.predicted, self.reference).without(0)

    @property
    def n_predicted(self) -> int:
        """Number of predicted lesions."""
        return len(self.pairs.labels_a)

    @property
    def n_reference(self) -> int:
        """Number of reference lesions."""
        return len(self.pairs.labels_b)

    @property
    def voxel(self) -> float:
        """Size of a voxel, mm³ (mm² in two dimensions)."""
        return prod(self.spacing)

    @property
    def volumes_predicted(self) -> np.ndarray:
        """Volume of each predicted lesion."""
        return np.asarray(self.pairs.cells_a * self.voxel)

    @property
    def volumes_reference(self) -> np.ndarray:
        """Volume of each reference lesion."""
        return np.asarray(self.pairs.cells_b * self.voxel)

    @property
    def radii_reference(self) -> np.ndarray:
        """Radius of the ball (the disc) of each reference lesion's volume, mm."""
        volumes = self.volumes_reference
        if len(self.spacing) == 3:
            return np.asarray(np.cbrt(volumes * 3 / (4 * pi)))
        return np.asarray(np.sqrt(volumes / pi))

    @cached_property
    def centres_predicted(self) -> np.ndarray:
        """Centre of gravity of each predicted lesion, mm from the first voxel, shape (n, axes)."""
        return _centres(self._counted_predicted, self.n_predicted, self.spacing)

    @cached_property
    def centres_reference(self) -> np.ndarray:
        """Centre of gravity of each reference lesion, mm from the first voxel, shape (n, axes)."""
        return _centres(self._counted_reference, self.n_reference, self.spacing)

    def touched(self, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs in which the predicted lesion has a voxel of the reference lesion grown by `reach` voxels.

        Returns
        -------
        i, j : array
            Predicted and reference lesion of each pair, ascending in j and then in i.
        """
        found = [self._around(j, reach) for j in range(self.n_reference)]
        lengths = [len(lesions) for lesions in found]
        i = np.concatenate([*found, np.zeros(0, np.int64)])
        j = np.repeat(np.arange(self.n_reference), lengths)
        return i, j

    def shared(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Return how many voxels predicted lesion i[k] shares with reference lesion j[k]."""
        place_shared = self.pairs.a * self.n_reference + self.pairs.b
        place = i * self.n_reference + j
        n_shared = np.append(self.pairs.overlap.intersection, 0)
        k = np.searchsorted(place_shared, place)
        is_pair = np.append(place_shared, -1)[k] == place
        return np.asarray(np.where(is_pair, n_shared[k], 0))

    def masks(self, predicted: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the masks of some predicted and of some reference lesions, in the box around them.

        Parameters
        ----------
        predicted, reference : array of int
            Which lesions, from 0.
        """
        boxes = [self._boxes_predicted[i] for i in predicted]
        boxes += [self._boxes_reference[j] for j in reference]
        box = _around(boxes, self.predicted.ndim)
        a = np.isin(self._counted_predicted[box], predicted + 1)
        b = np.isin(self._counted_reference[box], reference + 1)
        return a, b

    @cached_property
    def _counted_predicted(self) -> np.ndarray:
        return counted(self.predicted, self.pairs.labels_a)

    @cached_property
    def _counted_reference(self) -> np.ndarray:
        return counted(self.reference, self.pairs.labels_b)

    @cached_property
    def _boxes_predicted(self) -> list[Box]:
        return _boxes(self._counted_predicted)

    @cached_property
    def _boxes_reference(self) -> list[Box]:
        return _boxes(self._counted_reference)

    def _around(self, j: int, reach: int) -> np.ndarray:
        """Return the predicted lesions that have a voxel of reference lesion j grown by `reach` voxels."""
        box = _widened(self._boxes_reference[j], reach)
        lesion = self._counted_reference[box] == j + 1
        numbers = np.unique(self._counted_predicted[box][grow(lesion, reach)])
        return np.asarray(numbers[numbers > 0] - 1)


def _centres(numbers: np.ndarray, n: int, spacing: tuple[float, ...]) -> np.ndarray:
    places = np.nonzero(numbers)
    lesion = numbers[places] - 1
    size = np.bincount(lesion, minlength=n)
    sums = [np.bincount(lesion, place, n) * step for place, step in zip(places, spacing, strict=True)]
    return np.stack(sums, axis=1) / size[:, None]


def _boxes(numbers: np.ndarray) -> list[Box]:
    from scipy import ndimage

    found: list[Box] = ndimage.find_objects(numbers)
    return found


def _widened(box: Box, by: int) -> Box:
    """Return a box that is wider on all sides; past the end of an axis a slice stops by itself."""
    return tuple(slice(max(side.start - by, 0), side.stop + by) for side in box)


def _around(boxes: list[Box], ndim: int) -> Box:
    """Return the box around boxes; of none, an empty one."""
    if not boxes:
        return (slice(0, 0),) * ndim
    sides = []
    for axis in range(ndim):
        start = min(box[axis].start for box in boxes)
        stop = max(box[axis].stop for box in boxes)
        sides.append(slice(start, stop))
    return tuple(sides)
