"""Rules that say when a predicted lesion hits one of the reference.

Conventions
-----------
- A rule is a frozen dataclass with a threshold. `Hit.pairs` returns the pairs that hit, and for each a score, greater =
  closer, by which a matching chooses among them. ``str(rule)`` is the rule in words.
- At the threshold is a hit (>=, within), in spite of rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import coo_array

import overlap as ov
from overlap import surfaces

from ..._checks import check_number, check_whole
from .maps import LesionMaps


class Hit(Protocol):
    """When a predicted lesion hits one of the reference."""

    def pairs(self, lesions: LesionMaps) -> coo_array:
        """Return the score of each pair that hits, as a sparse array (predicted, reference)."""
        ...


@dataclass(frozen=True)
class LeastIoU:
    """The IoU of the two lesions is at least `least`, in (0, 1].

    Examples
    --------
    >>> str(LeastIoU(0.5))
    'IoU >= 0.5'
    """

    least: float = 0.5

    def __post_init__(self) -> None:
        check_number("lesions.match", "threshold", self.least, above=0, at_most=1)

    def __str__(self) -> str:
        return f"IoU >= {self.least:g}"

    def index(self, overlap: ov.Overlap) -> np.ndarray:
        """Return the IoU of two sets."""
        return np.asarray(ov.iou(overlap))

    def pairs(self, lesions: LesionMaps) -> coo_array:
        """See `Hit`; the score is the IoU."""
        return _reaching(lesions, self.index(lesions.pairs.overlap), self.least)


@dataclass(frozen=True)
class LeastDice:
    """The Dice coefficient of the two lesions is at least `least`, in (0, 1].

    Examples
    --------
    >>> str(LeastDice(1e-6))
    'Dice >= 1e-06'
    """

    least: float = 0.5

    def __post_init__(self) -> None:
        check_number("lesions.match", "threshold", self.least, above=0, at_most=1)

    def __str__(self) -> str:
        return f"Dice >= {self.least:g}"

    def index(self, overlap: ov.Overlap) -> np.ndarray:
        """Return the Dice coefficient of two sets."""
        return np.asarray(ov.dice(overlap))

    def pairs(self, lesions: LesionMaps) -> coo_array:
        """See `Hit`; the score is the Dice coefficient."""
        return _reaching(lesions, self.index(lesions.pairs.overlap), self.least)


@dataclass(frozen=True)
class AnyVoxel:
    """The predicted lesion has any voxel of the reference lesion, or of it grown by `reach` voxels.

    Examples
    --------
    >>> str(AnyVoxel()), str(AnyVoxel(reach=3))
    ('any voxel', 'any voxel of the lesion grown by 3 voxels')
    """

    reach: int = 0

    def __post_init__(self) -> None:
        check_whole("lesions.match", "reach", self.reach, at_least=0)

    def __str__(self) -> str:
        if self.reach == 0:
            return "any voxel"
        return f"any voxel of the lesion grown by {self.reach} voxel{'s' if self.reach > 1 else ''}"

    def pairs(self, lesions: LesionMaps) -> coo_array:
        """See `Hit`; the score is the IoU."""
        shape = (lesions.n_predicted, lesions.n_reference)
        sharing = lesions.pairs
        iou = coo_array((np.asarray(ov.iou(sharing.overlap)), (sharing.a, sharing.b)), shape)
        if self.reach == 0:
            return iou
        i, j = lesions.touched(self.reach)
        # 0 where the two are only near
        score = np.asarray(iou.tocsr()[i, j]).ravel()
        return coo_array((score, (i, j)), shape)


@dataclass(frozen=True)
class CentreWithin:
    """The centres of gravity are at most `radius` mm apart; without a radius, that of a ball of the reference's volume.

    Examples
    --------
    >>> str(CentreWithin(5)), str(CentreWithin())
    ('centres within 5 mm', "centre within the reference lesion's radius")
    """

    radius: float | None = None

    def __post_init__(self) -> None:
        if self.radius is not None:
            check_number("lesions.match", "radius", self.radius, above=0)

    def __str__(self) -> str:
        if self.radius is None:
            return "centre within the reference lesion's radius"
        return f"centres within {self.radius:g} mm"

    def pairs(self, lesions: LesionMaps) -> coo_array:
        """See `Hit`; the score is minus the distance, mm."""
        from scipy.spatial import KDTree

        shape = (lesions.n_predicted, lesions.n_reference)
        if 0 in shape:
            return coo_array(shape)
        radii = lesions.radii_reference
        if self.radius is not None:
            radii = np.full(shape[1], float(self.radius))
        tree = KDTree(lesions.centres_predicted)
        # a little further, and then to the last digit
        near = tree.query_ball_point(lesions.centres_reference, 1.001 * radii)
        i = np.concatenate([np.asarray(found, np.int64) for found in near])
        j = np.repeat(np.arange(shape[1]), [len(found) for found in near])
        apart = np.linalg.norm(lesions.centres_predicted[i] - lesions.centres_reference[j], axis=1)
        is_hit = surfaces.within(apart / radii[j], 1.0)
        return coo_array((-apart[is_hit], (i[is_hit], j[is_hit])), shape)


@dataclass(frozen=True)
class CentreInside:
    """The voxel at the predicted lesion's centre of gravity is one of the reference lesion, as in CAMELYON16.

    Examples
    --------
    >>> str(CentreInside())
    'centre inside the reference lesion'
    """

    def __str__(self) -> str:
        return "centre inside the reference lesion"

    def pairs(self, lesions: LesionMaps) -> coo_array:
        """See `Hit`; the score is minus the distance of the centres, mm."""
        centre = np.rint(lesions.centres_predicted / lesions.spacing).astype(np.int64)
        label = lesions.reference[tuple(centre.T)]
        i = np.flatnonzero(label)
        j = np.searchsorted(lesions.pairs.labels_b, label[i])
        apart = np.linalg.norm(lesions.centres_predicted[i] - lesions.centres_reference[j], axis=1)
        return coo_array((-apart, (i, j)), (lesions.n_predicted, lesions.n_reference))


def named_hit(name: str, threshold: float, radius: float | None) -> Hit:
    """Return a rule by its short name.

    Parameters
    ----------
    name : {"iou", "dice", "voxel", "centre"}
        Which rule.
    threshold : float
        Of an IoU or a Dice coefficient.
    radius : float, optional
        Of centres.

    Examples
    --------
    >>> str(named_hit("dice", 0.2, None)), str(named_hit("centre", 0.2, 5.0))
    ('Dice >= 0.2', 'centres within 5 mm')
    """
    if name == "dice":
        return LeastDice(threshold)
    if name == "voxel":
        return AnyVoxel()
    if name == "centre":
        return CentreWithin(radius)
    return LeastIoU(threshold)


def _reaching(lesions: LesionMaps, score: np.ndarray, least: float) -> coo_array:
    """Return the pairs that share voxels and whose score is at least so much."""
    is_hit = score >= least
    places = (lesions.pairs.a[is_hit], lesions.pairs.b[is_hit])
    return coo_array((score[is_hit], places), (lesions.n_predicted, lesions.n_reference))
