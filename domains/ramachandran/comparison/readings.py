"""Other readings of a prediction: the usual mistakes, each put right and measured.

Conventions
-----------
- The mistakes: axes swapped, reversed or turned by half a circle, angles negated, cells half a cell off, radians taken
  for degrees, a complement, a rank or a density taken for a membership, another category, a prediction for glycine that
  lies on one side of phi = 0. The values are read anew; nothing is changed.
- A reading is measured as its remedy makes it: where that moves the cells off the reference's, as half a turn does on a
  grid of an odd number of cells, the reference is had at the centres that the remedy gives.
- Cells may be half a cell off along an axis, or along both.
- A reading fits far better if it leaves less than a part of what the IoU lacks to 1. The part is larger for the axes
  than for what a region of the same truth could meet by chance. The parts were set on 14,843 honest pairs: samples of
  50 to 20,000 residues under kernels of 2° to 20°, discs, ellipses, shifts, soft edges, hard spheres and the regions of
  another program. None is spoken of.
- A prediction that holds a smaller share of real residues than of the torus is worse than chance: no model is, rightly
  read. Any reading that gains explains it.
- Another category is seen where the prediction is sharper than the difference of the two. Samples of 200, 1000 and 5000
  residues were compared with each other category. Their own is named for 80, 86 and 88 % of them under a kernel of 8°,
  for 46, 78 and 91 % under one of 4°, and for a quarter under one of 15°, which blurs the basins away. Least seen are
  general taken for isoleucine or valine and the reverse (a fifth), and glycine taken for general (a tenth).
- Glycine has no hand: its empirical region is symmetrical at (−phi, −psi).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..regions.densities import levels_holding
from ..torus import nearest, wrap
from .pairs import Pair, count
from .stacks import Regions

FAR = 0.55
"""A reading of the values fits far better if it leaves less than this of what the IoU lacks to 1."""
FAR_AXES = 0.65
"""The same for the axes: of 6,719 honest pairs the next one leaves 0.69."""
DOUBTFUL = 0.6
"""A prediction with a higher IoU is not worse than chance."""
FAR_CATEGORY = 0.6
"""The same for another category."""
ALIKE = {"general", "isoleucine or valine"}
FAR_ALIKE = 0.5
"""The same for two categories that share most of their basins: a sample of one may fit the other by chance."""
FAR_GLYCINE = 0.3
"""The same for glycine's region beside the general one: it is so wide that it fits any wide prediction."""
FAR_HALF_CELL = 0.3
"""The same for cells half a cell off: a shift of a degree or two is no mistake of the cells."""
FAR_ONE_SIDED = 0.85
"""The same for a prediction for glycine that is one-sided anyway."""
LEAST_GAIN = 0.1
"""The least that a reading gains in IoU."""
LEAST_GAIN_HALF_CELL = 0.005
"""The same for cells half a cell off."""
LEAST_FIT = 0.3
"""A reading with a lower IoU explains nothing."""
LEAST_FIT_COMPLEMENT = 0.65
"""The same for a complement: what is not in a small region is large."""
ONE_SIDED = 1 / 3
"""A region is one-sided if its smaller side of phi = 0 has less than this of its larger side."""
ROUNDING = 1e-9
"""1 − 0.98 is a little more than 0.02 in binary."""
OFF_CENTRE = 1e-6
"""Two angles are one centre if they are nearer, degrees."""
_WAYS = [(1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)]
"""Up and across: which way cells may be half a cell off."""
RADIANS_END = 20.0
"""No real region lies within so many degrees of (0, 0); one of angles in radians does, blurred or not."""

REMEDIES = {
    "phi and psi swapped": (
        'pass predicted.rename(psi="phi", phi="psi"), or of a file --axes "psi phi", or --phi-first of one whose axes '
        "have no names"
    ),
    "psi upside down": "pass predicted.assign_coords(psi=predicted.psi.values[::-1])",
    "phi mirrored": "pass predicted.assign_coords(phi=predicted.phi.values[::-1])",
    "both angles negated": "pass predicted.assign_coords(phi=-predicted.phi, psi=-predicted.psi)",
    "phi 0 to 360 read as -180 to 180": "pass predicted.assign_coords(phi=predicted.phi + 180)",
    "psi 0 to 360 read as -180 to 180": "pass predicted.assign_coords(psi=predicted.psi + 180)",
    "0 to 360 read as -180 to 180": "pass predicted.assign_coords(phi=predicted.phi + 180, psi=predicted.psi + 180)",
}
"""How to put right each reading of the axes."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A mistake put right: the IoU of each pair then, and what it takes to be named.

    Attributes
    ----------
    name, remedy : str
    iou : ndarray, shape (n,)
    far : float or ndarray, shape (n,)
        The largest part of what the IoU lacks to 1 that it may leave.
    gain : float
        The least gain in IoU.
    fit : float or ndarray, shape (n,)
        The least IoU.
    """

    name: str
    remedy: str
    iou: np.ndarray
    far: float | np.ndarray = FAR
    gain: float = LEAST_GAIN
    fit: float | np.ndarray = LEAST_FIT

    def fits_far_better(self, now: np.ndarray) -> np.ndarray:
        """Return whether it explains each pair far better than what was measured."""
        return _is_far(now, self.iou, self.far, self.gain, self.fit)


RegionsAt = Callable[[np.ndarray, np.ndarray], Regions]
"""Gives the references at other centres psi and phi."""
MassesOf = Callable[[str], np.ndarray]
"""Gives the share of real residues in each cell, of a category."""
RegionsOf = Callable[[], Mapping[str, Regions]]
"""Gives the references of each category."""


@dataclass(frozen=True)
class Elsewhere:
    """How to get the reference otherwise; None where there is no way.

    Attributes
    ----------
    at_centres, of_categories : callable or None
        Gives the references at other cell centres, or each category's.
    masses_of : callable or None
        Gives the share of real residues of a category in each cell.
    between_cells : bool
        Whether it is known at centres half a cell further on.
    """

    at_centres: RegionsAt | None = None
    of_categories: RegionsOf | None = None
    masses_of: MassesOf | None = None
    between_cells: bool = True


def readings(pair: Pair, elsewhere: Elsewhere) -> Iterator[tuple[np.ndarray, Reading]]:
    """Yield other readings, each after the positions of the pairs that it is of: those that can gain.

    Examples
    --------
    >>> import overlap as ov
    >>> cells = np.eye(4, dtype=bool)[None]
    >>> nodes = np.array([-135.0, -45.0, 45.0, 135.0])
    >>> apart = ov.Overlap([0], [4], [4])
    >>> pair = Pair(cells[:, ::-1], cells, nodes, nodes, None, "minimum", apart, [""], [0.98])
    >>> [reading.name for _, reading in readings(pair, Elsewhere()) if reading.fits_far_better(pair.now)]
    ['psi upside down', 'phi mirrored']
    """
    poor = np.flatnonzero(pair.now < 1 - LEAST_GAIN)
    is_worse = _are_worse_than_chance(pair, elsewhere.masses_of)
    if len(poor):
        some = pair.only(poor)
        for reading in _of_values(some, is_worse[poor]):
            yield poor, reading
        for reading in _of_angles(some):
            yield poor, reading
        if elsewhere.of_categories is not None:
            for reading in _of_categories(some, poor, elsewhere.of_categories()):
                yield poor, reading
    far = np.where(is_worse, 1.0, FAR_AXES)
    movable = np.flatnonzero(_is_far(pair.now, pair.highest(), far))
    if len(movable):
        for reading in _of_axes(pair.only(movable), movable, elsewhere.at_centres):
            yield movable, replace(reading, far=far[movable])
    glycine = np.flatnonzero([category == "glycine" for category in pair.categories])
    if len(glycine):
        for reading in _of_symmetry(pair.only(glycine)):
            yield glycine, reading
    near = np.flatnonzero((pair.now < 1 - LEAST_GAIN_HALF_CELL) & (pair.now > LEAST_FIT))
    if len(near) and elsewhere.at_centres is not None and elsewhere.between_cells:
        for reading in _of_half_cells(pair.only(near), near, elsewhere.at_centres):
            yield near, reading


def _are_worse_than_chance(pair: Pair, masses_of: MassesOf | None) -> np.ndarray:
    """Return whether each prediction holds a smaller share of real residues than of the torus."""
    is_worse = np.zeros(len(pair.a), dtype=bool)
    if masses_of is None or pair.cells is not None:
        return is_worse
    for k in np.flatnonzero(pair.now < DOUBTFUL).tolist():
        if pair.categories[k]:
            held = float(np.vdot(pair.a[k], masses_of(pair.categories[k])))
            is_worse[k] = held < pair.overlap.size_a[k] / pair.torus[k]
    return is_worse


def _of_axes(pair: Pair, rows: np.ndarray, references_at: RegionsAt | None) -> Iterator[Reading]:
    """Yield readings of the axes: swapped, reversed, negated, turned by half a circle."""
    a = pair.a
    half_psi = len(pair.psi) // 2
    half_phi = len(pair.phi) // 2
    # a copy, for rows that are read backwards take longest
    mirrored = np.ascontiguousarray(a[:, :, ::-1])
    # in another order, or with other centres
    in_order = {"psi upside down": a[:, ::-1], "phi mirrored": mirrored}
    moved: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    name = "both angles negated"
    if _are_centres(pair.psi, -pair.psi) and _are_centres(pair.phi, -pair.phi):
        in_order[name] = _negated(pair, mirrored)
    else:
        moved[name] = (-pair.psi, -pair.phi)
    for name, rolled, psi, phi in (
        ("phi 0 to 360 read as -180 to 180", (0, half_phi), pair.psi, pair.phi + 180),
        ("psi 0 to 360 read as -180 to 180", (half_psi, 0), pair.psi + 180, pair.phi),
        ("0 to 360 read as -180 to 180", (half_psi, half_phi), pair.psi + 180, pair.phi + 180),
    ):
        if _are_centres(pair.psi, psi) and _are_centres(pair.phi, phi):
            in_order[name] = np.roll(a, rolled, (1, 2))
        else:
            moved[name] = (psi, phi)
    for name, values in in_order.items():
        yield Reading(name, REMEDIES[name], pair.iou(values, size_a=pair.overlap.size_a))
    name = "phi and psi swapped"
    swapped = a.swapaxes(1, 2)
    if np.array_equal(pair.psi, pair.phi):
        yield Reading(name, REMEDIES[name], pair.iou(swapped, size_a=pair.overlap.size_a))
    elif references_at is not None:
        cells = None if pair.cells is None else pair.cells.swapaxes(1, 2)
        turned = replace(pair, cells=cells)
        yield Reading(name, REMEDIES[name], turned.iou(swapped, references_at(pair.phi, pair.psi).at(rows)))
    for name, (psi, phi) in moved.items():
        if references_at is not None:
            yield Reading(name, REMEDIES[name], pair.iou(b=references_at(psi, phi).at(rows)))


def _of_values(pair: Pair, is_worse: np.ndarray) -> Iterator[Reading]:
    """Yield readings of the values: the complement, a rank, a density."""
    a = pair.a
    highest = pair.highest(size_a=pair.torus - pair.overlap.size_a)
    # what is not in a small region holds nearly everything
    is_outside = is_worse & (pair.overlap.size_a > pair.torus / 2)
    far = np.where(is_outside, 1.0, FAR)
    fit = np.where(is_outside, LEAST_FIT, LEAST_FIT_COMPLEMENT)
    able = np.flatnonzero(_is_far(pair.now, highest, far, fit=fit))
    if len(able):
        some = pair.only(able)
        inverse = ~some.a if a.dtype == bool else 1 - some.a
        remedy = "pass ~predicted, or 1 - predicted of a soft region"
        iou = _at(able, some.iou(inverse), len(a))
        yield Reading("complement of the region", remedy, iou, far, fit=fit)
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
    inside: np.ndarray = density >= levels_holding(density.astype(float), mass)
    return inside & (density > 0)


def _of_angles(pair: Pair) -> Iterator[Reading]:
    """Yield the reading of a blob at (0, 0) as angles in radians."""
    far_psi = np.abs(wrap(pair.psi)) > RADIANS_END
    far_phi = np.abs(wrap(pair.phi)) > RADIANS_END
    within = np.array([not (one[far_psi].any() or one[:, far_phi].any()) for one in pair.a])
    if not within.any():
        return
    rows = nearest(pair.psi, np.radians(pair.psi))
    columns = nearest(pair.phi, np.radians(pair.phi))
    widened = pair.iou(pair.a.take(rows, 1).take(columns, 2))
    name = "angles in radians taken for degrees"
    remedy = "make the region from numpy.degrees(phi) and numpy.degrees(psi)"
    yield Reading(name, remedy, np.where(within, widened, 0.0), far=1.0, gain=0.01, fit=0.01)


def _of_categories(pair: Pair, rows: np.ndarray, regions_of: Mapping[str, Regions]) -> Iterator[Reading]:
    """Yield the other categories."""
    own = np.array(pair.categories)
    for category, regions in regions_of.items():
        far = np.array([far_of_category(name, category) for name in pair.categories])
        size_b = count(regions.each)[regions.which[rows]]
        able = np.flatnonzero((own != category) & _is_far(pair.now, pair.highest(size_b=size_b), far))
        if len(able):
            remedy = f'compare it with category="{category}" (--category)'
            iou = _at(able, pair.only(able).iou(b=regions.at(rows[able]), size_b=size_b[able]), len(rows))
            yield Reading(f"a region of {category}", remedy, iou, far=far)


def far_of_category(own: str, other: str) -> float:
    """Return the largest part of what the IoU with one category lacks to 1 that another one may leave.

    Examples
    --------
    >>> far_of_category("general", "cis-proline"), far_of_category("general", "glycine")
    (0.6, 0.3)
    """
    if {own, other} == ALIKE:
        return FAR_ALIKE
    if (own, other) == ("general", "glycine"):
        return FAR_GLYCINE
    return FAR_CATEGORY


def _of_symmetry(pair: Pair) -> Iterator[Reading]:
    """Yield the symmetrical region of a prediction for glycine that lies on one side of phi = 0."""
    phi = wrap(pair.phi)
    left = count(pair.a[:, :, phi < 0])
    right = count(pair.a[:, :, phi > 0])
    one_sided = np.minimum(left, right) < ONE_SIDED * np.maximum(left, right)
    if not one_sided.any():
        return
    mirrored = pair.a[:, :, ::-1]
    both = np.maximum(pair.a, _negated(pair, mirrored))
    iou = np.where(one_sided, pair.iou(both), 0.0)
    remedy = "pass the prediction together with its image at (-phi, -psi)"
    name = "a prediction for glycine that is not symmetrical at (-phi, -psi)"
    yield Reading(name, remedy, iou, far=FAR_ONE_SIDED, gain=0.05)


def _of_half_cells(pair: Pair, rows: np.ndarray, references_at: RegionsAt) -> Iterator[Reading]:
    """Yield the cells half a cell further on or back, along an axis or both."""
    half_psi = float(pair.psi[1] - pair.psi[0]) / 2
    half_phi = float(pair.phi[1] - pair.phi[0]) / 2
    sides_psi = _sides(pair.b, 1)
    sides_phi = _sides(pair.b, 2)
    for up, across in _WAYS:
        highest = _highest_beside(pair, abs(up) * sides_psi + abs(across) * sides_phi)
        able = np.flatnonzero(_is_far(pair.now, highest, FAR_HALF_CELL, LEAST_GAIN_HALF_CELL))
        if not len(able):
            continue
        references = references_at(pair.psi + up * half_psi, pair.phi + across * half_phi)
        off = _off(up * half_psi, across * half_phi)
        name = f"cells half a cell {off}, edges taken for centres or centres for edges"
        moved = f"phi=predicted.phi + {across * half_phi:g}, psi=predicted.psi + {up * half_psi:g}"
        remedy = f"pass predicted.assign_coords({moved})"
        iou = _at(able, pair.only(able).iou(b=references.at(rows[able])), len(rows))
        yield Reading(name, remedy, iou, far=FAR_HALF_CELL, gain=LEAST_GAIN_HALF_CELL)


def _sides(cells: np.ndarray, axis: int) -> np.ndarray:
    """Return how many sides of cells are borders of each region, across an axis."""
    ahead = np.moveaxis(cells, axis, 1)
    n_sides: np.ndarray = count(ahead[:, 1:] != ahead[:, :-1]) + count(ahead[:, 0] != ahead[:, -1])
    return n_sides


def _highest_beside(pair: Pair, n_changed: np.ndarray) -> np.ndarray:
    """Return the highest IoU of each pair if so many cells of the reference change, one at each side of its border."""
    if pair.cells is not None:
        return np.ones(len(pair.a))
    shared = pair.overlap.intersection + n_changed
    united = np.maximum(pair.overlap.union - n_changed, 1)
    highest: np.ndarray = np.minimum(shared / united, 1.0)
    return highest


def _off(psi: float, phi: float) -> str:
    """Say how far cells are off along each axis, and which.

    Examples
    --------
    >>> _off(1.0, 1.0), _off(0.0, -2.5), _off(2.5, -5.0)
    ('(1°) off', '(2.5°) off along phi', '(2.5° along psi, 5° along phi) off')
    """
    if not psi:
        return f"({abs(phi):g}°) off along phi"
    if not phi:
        return f"({abs(psi):g}°) off along psi"
    if psi == phi:
        return f"({abs(psi):g}°) off"
    return f"({abs(psi):g}° along psi, {abs(phi):g}° along phi) off"


def _at(places: np.ndarray, iou: np.ndarray, n: int) -> np.ndarray:
    """Return `n` values: these at their places, and 0 where nothing can gain."""
    values = np.zeros(n)
    values[places] = iou
    return values


def _are_centres(centres: np.ndarray, angles: np.ndarray) -> bool:
    """Return whether angles are the same centres, in any order."""
    away = wrap(centres[nearest(centres, angles)] - angles)
    return bool((np.abs(away) < OFF_CENTRE).all())


def _negated(pair: Pair, mirrored: np.ndarray) -> np.ndarray:
    """Return the values at (−phi, −psi), given those with phi in reverse order."""
    rows = nearest(pair.psi, -pair.psi)
    columns = nearest(pair.phi, -pair.phi)
    if rows[0] == len(rows) - 1 and columns[0] == len(columns) - 1:
        # centres that are symmetrical need no copy
        return mirrored[:, ::-1]
    return pair.a.take(rows, 1).take(columns, 2)


def _is_far(
    now: np.ndarray,
    iou: np.ndarray,
    far: float | np.ndarray = FAR,
    gain: float = LEAST_GAIN,
    fit: float | np.ndarray = LEAST_FIT,
) -> np.ndarray:
    gained = iou - now >= gain
    explained = 1 - iou <= far * (1 - now)
    better: np.ndarray = gained & explained & (iou >= fit)
    return better
