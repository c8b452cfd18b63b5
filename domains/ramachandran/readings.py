"""Other readings of a prediction: the usual mistakes, each put right and measured.

Conventions
-----------
- The mistakes: axes swapped, reversed or turned by half a circle, angles negated, cells half a cell off, radians taken
  for degrees, a complement, a rank or a density taken for a membership, another category, a prediction for glycine that
  lies on one side of phi = 0. The values are read anew; nothing is changed.
- A reading fits far better if it leaves less than a part of what the IoU lacks to 1. The part is larger for the axes
  than for what a region of the same truth could meet by chance. The parts were set on honest pairs, see the tests.
- Glycine has no hand: its empirical region is symmetrical at (−phi, −psi).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import overlap as ov

from .torus import nearest, wrap

FAR = 0.55
"""A reading of the axes or the values fits far better if it leaves less than this of what the IoU lacks to 1."""
FAR_CATEGORY = 0.45
"""The same for another category: models are alike in the basins that categories share."""
FAR_GLYCINE = 0.2
"""The same for glycine's region, which is so wide that it fits any wide prediction."""
FAR_HALF_CELL = 0.3
"""The same for cells half a cell off: a shift of a degree or two is no mistake of the cells."""
FAR_ONE_SIDED = 0.85
"""The same for a prediction for glycine that is one-sided anyway."""
LEAST_GAIN = 0.1
"""The least that a reading gains in IoU."""
LEAST_GAIN_HALF_CELL = 0.01
"""The same for cells half a cell off."""
LEAST_FIT = 0.3
"""A reading with a lower IoU explains nothing."""
LEAST_FIT_COMPLEMENT = 0.65
"""The same for a complement: what is not in a small region is large."""
ONE_SIDED = 1 / 3
"""A region is one-sided if its smaller side of phi = 0 has less than this of its larger side."""
ROUNDING = 1e-9
"""1 − 0.98 is a little more than 0.02 in binary."""
RADIANS_END = 20.0
"""No real region lies within so many degrees of (0, 0); one of angles in radians does, blurred or not."""
DEFAULT_MASS = 0.98
"""What a density is cut at where the reference does not say."""


REMEDIES = {
    "phi and psi swapped": 'pass predicted.rename(psi="phi", phi="psi"), or --phi-first of a file without axes',
    "psi upside down": "pass predicted.assign_coords(psi=predicted.psi.values[::-1])",
    "phi mirrored": "pass predicted.assign_coords(phi=predicted.phi.values[::-1])",
    "both angles negated": "pass predicted.assign_coords(phi=-predicted.phi, psi=-predicted.psi)",
    "phi 0 to 360 read as -180 to 180": "pass predicted.assign_coords(phi=predicted.phi + 180)",
    "psi 0 to 360 read as -180 to 180": "pass predicted.assign_coords(psi=predicted.psi + 180)",
    "0 to 360 read as -180 to 180": "pass predicted.assign_coords(phi=predicted.phi + 180, psi=predicted.psi + 180)",
}
"""How to put right each reading of the axes."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two stacks of regions on one grid, as they are measured.

    Attributes
    ----------
    a, b : ndarray, shape (n, psi, phi)
        Prediction and reference.
    psi, phi : ndarray
        Cell centres in degrees.
    cells : ndarray, shape (n, psi, phi), or None
        Sizes of the cells.
    tnorm : str
    now : ndarray, shape (n,)
        The IoU of each pair.
    categories : sequence of str
        Of the reference of each pair; "" where it has none.
    enclosed : sequence of float
        Share of the data in the reference of each pair, which a density would be cut at.
    """

    a: np.ndarray
    b: np.ndarray
    psi: np.ndarray
    phi: np.ndarray
    cells: np.ndarray | None
    tnorm: ov.raster.TNorm
    now: np.ndarray
    categories: Sequence[str]
    enclosed: Sequence[float]

    def only(self, rows: np.ndarray) -> Pair:
        """Return some of the pairs."""
        if len(rows) == len(self.now):
            return self
        return Pair(
            a=self.a[rows],
            b=self.b[rows],
            psi=self.psi,
            phi=self.phi,
            cells=None if self.cells is None else self.cells[rows],
            tnorm=self.tnorm,
            now=self.now[rows],
            categories=[self.categories[row] for row in rows],
            enclosed=[self.enclosed[row] for row in rows],
        )

    def iou(self, a: np.ndarray | None = None, b: np.ndarray | None = None) -> np.ndarray:
        """Return the IoU of each pair with another prediction or reference; 0 where both are empty."""
        a = self.a if a is None else a
        b = self.b if b is None else b
        if a.dtype == bool and b.dtype == bool and self.cells is None:
            # counts of plain masks: the guards read a stack a dozen times
            iou: np.ndarray = _count(a & b) / np.maximum(_count(a | b), 1)
            return iou
        overlap = ov.raster.measure(a, b, axis=(-2, -1), weights=self.cells, tnorm=self.tnorm, check_values=False)
        return np.asarray(ov.iou(overlap, empty=0.0))

    def iou_moved(self, a: np.ndarray) -> np.ndarray:
        """Return the IoU of each pair with the prediction's cells at other places, as many as they are."""
        if a.dtype != bool or self.b.dtype != bool or self.cells is not None:
            return self.iou(a)
        shared = _count(a & self.b)
        iou: np.ndarray = shared / np.maximum(self.sizes - shared, 1)
        return iou

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of cells of both regions of each pair."""
        sizes: np.ndarray = _count(self.a) + _count(self.b)
        return sizes

    def highest(self) -> np.ndarray:
        """Return the highest IoU of each pair that the prediction's cells could have at other places."""
        if self.a.dtype != bool or self.b.dtype != bool or self.cells is not None:
            return np.ones(len(self.now))
        size_a = _count(self.a)
        size_b = _count(self.b)
        highest: np.ndarray = np.minimum(size_a, size_b) / np.maximum(np.maximum(size_a, size_b), 1)
        return highest


@dataclass(frozen=True, eq=False)
class Reading:
    """A mistake put right: the IoU of each pair then, and what it takes to be named.

    Attributes
    ----------
    name, remedy : str
    iou : ndarray, shape (n,)
    far : float
        The largest part of what the IoU lacks to 1 that it may leave.
    gain, fit : float
        The least gain in IoU, and the least IoU.
    """

    name: str
    remedy: str
    iou: np.ndarray
    far: float = FAR
    gain: float = LEAST_GAIN
    fit: float = LEAST_FIT

    def fits_far_better(self, now: np.ndarray) -> np.ndarray:
        """Return whether it explains each pair far better than what was measured."""
        return _is_far(now, self.iou, self.far, self.gain, self.fit)


RegionAt = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Gives the reference, shape (n, psi, phi), at other centres psi and phi."""
RegionsOf = Callable[[], Mapping[str, np.ndarray]]
"""Gives the reference region of each category, shape (n, psi, phi)."""


@dataclass(frozen=True)
class Elsewhere:
    """How to get the reference otherwise; None where there is no way.

    Attributes
    ----------
    at_centres, of_categories : callable or None
        Gives the reference at other cell centres, or each category's.
    """

    at_centres: RegionAt | None = None
    of_categories: RegionsOf | None = None


def readings(pair: Pair, elsewhere: Elsewhere) -> Iterator[tuple[np.ndarray, Reading]]:
    """Yield other readings, each after the positions of the pairs that it is of: those that can gain.

    Examples
    --------
    >>> cells = np.eye(4, dtype=bool)[None]
    >>> nodes = np.array([-135.0, -45.0, 45.0, 135.0])
    >>> pair = Pair(cells[:, ::-1], cells, nodes, nodes, None, "minimum", np.array([0.0]), [""], [0.98])
    >>> [reading.name for _, reading in readings(pair, Elsewhere()) if reading.fits_far_better(pair.now)]
    ['psi upside down', 'phi mirrored']
    """
    poor = np.flatnonzero(pair.now < 1 - LEAST_GAIN)
    if len(poor):
        some = pair.only(poor)
        for family in (_of_values, _of_angles):
            for reading in family(some):
                yield poor, reading
        if elsewhere.of_categories is not None:
            for reading in _of_categories(some, poor, elsewhere.of_categories()):
                yield poor, reading
    movable = np.flatnonzero(_is_far(pair.now, pair.highest()))
    if len(movable):
        for reading in _of_axes(pair.only(movable)):
            yield movable, reading
    glycine = np.flatnonzero([category == "glycine" for category in pair.categories])
    if len(glycine):
        for reading in _of_symmetry(pair.only(glycine)):
            yield glycine, reading
    near = np.flatnonzero((pair.now < 1 - LEAST_GAIN_HALF_CELL) & (pair.now > LEAST_FIT))
    if len(near) and elsewhere.at_centres is not None:
        for reading in _of_half_cells(pair.only(near), near, elsewhere.at_centres):
            yield near, reading


def _of_axes(pair: Pair) -> Iterator[Reading]:
    """Yield readings of the axes: swapped, reversed, negated, turned by half a circle."""
    a = pair.a
    half_psi = len(pair.psi) // 2
    half_phi = len(pair.phi) // 2
    moved = {
        "phi and psi swapped": _swapped(pair),
        "psi upside down": a[:, ::-1],
        "phi mirrored": a[:, :, ::-1],
        "both angles negated": _negated(pair),
        "phi 0 to 360 read as -180 to 180": np.roll(a, half_phi, 2),
        "psi 0 to 360 read as -180 to 180": np.roll(a, half_psi, 1),
        "0 to 360 read as -180 to 180": np.roll(a, (half_psi, half_phi), (1, 2)),
    }
    for name, values in moved.items():
        yield Reading(name, REMEDIES[name], pair.iou_moved(values))


def _of_values(pair: Pair) -> Iterator[Reading]:
    """Yield readings of the values: the complement, a rank, a density."""
    a = pair.a
    inverse = ~a if a.dtype == bool else 1 - a
    remedy = "pass ~predicted, or 1 - predicted of a soft region"
    yield Reading("complement of the region", remedy, pair.iou(inverse), fit=LEAST_FIT_COMPLEMENT)
    if a.dtype == bool:
        return
    half = a.max(axis=(-2, -1), keepdims=True) / 2
    hardened = pair.iou(a >= half)
    masses = np.array(pair.enclosed)
    cuts = (1 - masses)[:, None, None]
    ranks = a >= cuts - ROUNDING
    densities = np.stack([_smallest_holding(one, mass) for one, mass in zip(a, masses, strict=True)])
    remedy = f"pass predicted >= {_listed(1 - masses)}, or --as rank of a file"
    yield Reading("a percentile rank taken for a mask", remedy, _unless(hardened, pair.iou(ranks)))
    remedy = f"pass region_from_density(predicted, mass={_listed(masses)}), or --as density of a file"
    yield Reading("a density taken for a mask", remedy, _unless(hardened, pair.iou(densities)))


def _unless(hardened: np.ndarray, iou: np.ndarray) -> np.ndarray:
    """Return the IoU of a reading; 0 where a cut at half the maximum, as of a soft region, explains as much."""
    explained = 1 - iou < FAR * (1 - hardened)
    return np.where(explained, iou, 0.0)


def _listed(numbers: np.ndarray) -> str:
    return " or ".join(f"{number:.6g}" for number in np.unique(numbers.round(9)))


def _smallest_holding(density: np.ndarray, mass: float) -> np.ndarray:
    """Return the cells of highest value that hold a share of the sum."""
    falling = np.sort(density, axis=None)[::-1].astype(float)
    held = np.cumsum(falling)
    enough = int(np.searchsorted(held, mass * held[-1]))
    level = falling[min(enough, len(falling) - 1)]
    inside: np.ndarray = density >= level
    return inside & (density > 0)


def _of_angles(pair: Pair) -> Iterator[Reading]:
    """Yield the reading of a blob at (0, 0) as angles in radians."""
    near_psi = np.abs(wrap(pair.psi)) <= RADIANS_END
    near_phi = np.abs(wrap(pair.phi)) <= RADIANS_END
    blob = near_psi[:, None] & near_phi
    within = np.array([not one[~blob].any() for one in pair.a])
    if not within.any():
        return
    rows = nearest(pair.psi, np.radians(pair.psi))
    columns = nearest(pair.phi, np.radians(pair.phi))
    widened = pair.iou(pair.a.take(rows, 1).take(columns, 2))
    name = "angles in radians taken for degrees"
    remedy = "make the region from numpy.degrees(phi) and numpy.degrees(psi)"
    yield Reading(name, remedy, np.where(within, widened, 0.0), far=1.0, gain=0.01, fit=0.01)


def _of_categories(pair: Pair, rows: np.ndarray, regions: Mapping[str, np.ndarray]) -> Iterator[Reading]:
    """Yield the other categories."""
    own = np.array(pair.categories)
    for category, cells in regions.items():
        iou = pair.iou(b=cells[rows])
        far = FAR_GLYCINE if category == "glycine" else FAR_CATEGORY
        remedy = f'compare it with category="{category}" (--category)'
        yield Reading(f"a region of {category}", remedy, np.where(own == category, 0.0, iou), far=far)


def _of_symmetry(pair: Pair) -> Iterator[Reading]:
    """Yield the symmetrical region of a prediction for glycine that lies on one side of phi = 0."""
    phi = wrap(pair.phi)
    left = pair.a[:, :, phi < 0].sum(axis=(-2, -1), dtype=float)
    right = pair.a[:, :, phi > 0].sum(axis=(-2, -1), dtype=float)
    one_sided = np.minimum(left, right) < ONE_SIDED * np.maximum(left, right)
    if not one_sided.any():
        return
    both = np.maximum(pair.a, _negated(pair))
    iou = np.where(one_sided, pair.iou(both), 0.0)
    remedy = "pass the prediction together with its image at (-phi, -psi)"
    name = "a prediction for glycine that is not symmetrical at (-phi, -psi)"
    yield Reading(name, remedy, iou, far=FAR_ONE_SIDED, gain=0.05)


def _of_half_cells(pair: Pair, rows: np.ndarray, reference_at: RegionAt) -> Iterator[Reading]:
    """Yield the cells half a cell further on, and half a cell back, on both axes."""
    half_psi = (pair.psi[1] - pair.psi[0]) / 2
    half_phi = (pair.phi[1] - pair.phi[0]) / 2
    for way in (1, -1):
        cells = reference_at(pair.psi + way * half_psi, pair.phi + way * half_phi)
        moved = f"phi=predicted.phi + {way * half_phi:g}, psi=predicted.psi + {way * half_psi:g}"
        remedy = f"pass predicted.assign_coords({moved})"
        name = f"cells half a cell ({abs(half_psi):g}°) off, edges taken for centres or centres for edges"
        iou = pair.iou(b=cells[rows])
        yield Reading(name, remedy, iou, far=FAR_HALF_CELL, gain=LEAST_GAIN_HALF_CELL)


def _swapped(pair: Pair) -> np.ndarray:
    """Return the values with phi as psi and psi as phi."""
    if np.array_equal(pair.psi, pair.phi):
        return pair.a.swapaxes(1, 2)
    rows = nearest(pair.psi, pair.phi)
    columns = nearest(pair.phi, pair.psi)
    return pair.a.take(rows, 1).take(columns, 2).swapaxes(1, 2)


def _negated(pair: Pair) -> np.ndarray:
    """Return the values at (−phi, −psi)."""
    rows = nearest(pair.psi, -pair.psi)
    columns = nearest(pair.phi, -pair.phi)
    if rows[0] == len(rows) - 1 and columns[0] == len(columns) - 1:
        # centres that are symmetrical need no copy
        return pair.a[:, ::-1, ::-1]
    return pair.a.take(rows, 1).take(columns, 2)


def _is_far(
    now: np.ndarray, iou: np.ndarray, far: float = FAR, gain: float = LEAST_GAIN, fit: float = LEAST_FIT
) -> np.ndarray:
    gained = iou - now >= gain
    explained = 1 - iou <= far * (1 - now)
    better: np.ndarray = gained & explained & (iou >= fit)
    return better


def _count(cells: np.ndarray) -> np.ndarray:
    return np.array([np.count_nonzero(one) for one in cells])
