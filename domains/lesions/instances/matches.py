"""The match table: which predicted lesion met which of the reference.

Conventions
-----------
- Lesions that are linked by pairs of the table form a group: one to one, split (one of the reference, several
  predicted), merge (several of the reference, one predicted), many to many; a lone one is missed or spurious.
  Shared voxels may be too few to count (``contact``).
- A pair is matched if it hits (by default: its IoU reaches the threshold, >=) and belongs to the one-to-one assignment
  with the most matches, and of those the one with the highest score. From an IoU of 0.5 on there is but one such
  assignment (at 0.5 exactly, up to ties).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import matching

from ..._checks import check_number
from ..._report import name_of
from ..images.grids import Grid, check_images, regrid
from ..images.resampling import in_one_field
from .hits import Hit, LeastIoU
from .maps import LesionMaps
from .numbering import components

KINDS = ("one_to_one", "split", "merge", "many_to_many", "missed", "spurious")


def match(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    threshold: float = 0.5,
    contact: float = 0.0,
    connectivity: int | None = None,
    dilation: int = 0,
    hit: Hit | None = None,
) -> pd.DataFrame:
    """Return which predicted lesions met which reference lesions.

    Parameters
    ----------
    predicted, reference : DataArray
        Bool masks, whose lesions are then numbered by `components`, or integer instance maps.
    threshold : float
        Least IoU of a match, in (0, 1].
    contact : float
        Pairs that share less than this part of the smaller lesion are passed over; by default one voxel is enough.
        Instances that touch (vertebrae, cells) need more, such as 0.2, or all of them become one group.
    connectivity : int, optional
        Which voxels of a mask touch, see `components`.
    dilation : int
        Lesions of a mask that touch once they are grown by so many voxels are one, see `components`.
    hit : LeastIoU, LeastDice, AnyVoxel, CentreInside or CentreWithin, optional
        What a match is, instead of a least IoU; `threshold` is then left alone.

    Returns
    -------
    DataFrame
        A row for each pair that shares voxels or is matched, and each other lesion: group, kind, predicted, reference
        (numbers of the lesions, NA for none), volume_predicted, volume_reference, intersection (mm³), iou, dice,
        matched.

    Raises
    ------
    ValueError
        If the grids differ, or `threshold` or `contact` is out of range.

    See Also
    --------
    components : Give each lesion of a mask its number.
    lesion_scores : Score a match table.
    sensitivity_by_volume : Count the reference lesions that were found, by their volume.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> line = np.zeros((2, 12, 3), bool)
    >>> line[0, [1, 2, 3, 7], 1], line[1, [1, 2, 3, 10], 1] = True, True
    >>> images = [as_image(x, 1.0) for x in line]
    >>> table = match(*images)
    >>> table[["kind", "predicted", "reference", "iou", "matched"]]
             kind  predicted  reference  iou  matched
    0  one_to_one          1          1  1.0     True
    1    spurious          2       <NA>  0.0    False
    2      missed       <NA>          2  0.0    False

    Found is what has its centre within 4 mm of a reference lesion's:

    >>> from .hits import CentreWithin
    >>> int(match(*images, hit=CentreWithin(4.0))["matched"].sum())
    2
    """
    check_images("lesions.match", predicted=predicted, reference=reference)
    check_number("lesions.match", "threshold", threshold, above=0, at_most=1)
    check_number("lesions.match", "contact", contact, at_least=0, at_most=1)
    predicted, reference = in_one_field(predicted, reference)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, "lesions.match", name_of(predicted, "prediction"))
    lesions = LesionMaps(
        _instances(predicted, connectivity, dilation), _instances(reference, connectivity, dilation), grid.spacing
    )
    return match_instances(lesions, hit or LeastIoU(threshold), contact=contact)


def match_instances(lesions: LesionMaps, hit: Hit, *, contact: float = 0.0) -> pd.DataFrame:
    """Return the match table of two maps of lesions; see `match`."""
    n = lesions.n_predicted
    m = lesions.n_reference
    matched_a, matched_b = one_to_one(lesions, hit)
    shared = lesions.pairs.overlap
    is_link = ov.containment(shared) >= contact

    # the pairs that share enough voxels or are matched: lesion i[k] of the prediction, lesion j[k] of the reference
    place_shared = lesions.pairs.a * m + lesions.pairs.b
    place_matched = matched_a * m + matched_b
    place = np.union1d(place_shared[is_link], place_matched)
    i = place // max(m, 1)
    j = place - i * m
    is_matched = np.isin(place, place_matched)
    met = ov.Overlap(lesions.shared(i, j), lesions.pairs.cells_a[i], lesions.pairs.cells_b[j])

    # below them the lesions without such a partner, with -1 for it
    spurious = np.flatnonzero(np.bincount(i, minlength=n) == 0)
    missed = np.flatnonzero(np.bincount(j, minlength=m) == 0)
    row_a = np.concatenate([i, spurious, np.full(len(missed), -1)])
    row_b = np.concatenate([j, np.full(len(spurious), -1), missed])
    zeros = np.zeros(len(spurious) + len(missed))

    group_a, group_b = _groups(i, j, n, m)
    group = np.where(row_a >= 0, _at(group_a, row_a), _at(group_b, row_b))
    # a lesion without a partner is a group of its own
    order = np.lexsort((row_b, row_a, group))
    row_a = row_a[order]
    row_b = row_b[order]
    group = group[order]
    return pd.DataFrame(
        {
            "group": group,
            "kind": _kinds(group, group_a, group_b),
            "predicted": _lesion_numbers(lesions.pairs.labels_a, row_a),
            "reference": _lesion_numbers(lesions.pairs.labels_b, row_b),
            "volume_predicted": _at(lesions.volumes_predicted, row_a),
            "volume_reference": _at(lesions.volumes_reference, row_b),
            "intersection": np.append(met.intersection, zeros)[order] * lesions.voxel,
            "iou": np.append(ov.iou(met), zeros)[order],
            "dice": np.append(ov.dice(met), zeros)[order],
            "matched": np.append(is_matched, zeros > 0)[order],
        }
    )


def one_to_one(lesions: LesionMaps, hit: Hit) -> tuple[np.ndarray, np.ndarray]:
    """Return the predicted and the reference lesion of each pair of the one-to-one assignment among those that hit."""
    scores = hit.pairs(lesions)
    pairs = matching.match(scores, -np.inf).pairs
    return pairs[:, 0], pairs[:, 1]


def _instances(x: xr.DataArray, connectivity: int | None, dilation: int) -> np.ndarray:
    if x.dtype.kind in "iu":
        return x.values
    return components(x, connectivity=connectivity, dilation=dilation).values


def _groups(i: np.ndarray, j: np.ndarray, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the group of each of n predicted and of each of m reference lesions, where i[k] is linked with j[k].

    Groups are numbered from 1 by their first lesion, the predicted before the others.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # the reference lesions are numbered after the predicted ones
    ends = (i, n + j)
    links = coo_array((np.ones(len(i)), ends), shape=(n + m, n + m))
    _, label = connected_components(links, directed=False)
    _, first_lesion = np.unique(label, return_index=True)
    order = np.argsort(first_lesion)
    group_of_label = np.empty(len(order), int)
    group_of_label[order] = np.arange(1, len(order) + 1)
    group = group_of_label[label]
    return group[:n], group[n:]


def _kinds(group: np.ndarray, group_a: np.ndarray, group_b: np.ndarray) -> list[str]:
    """Return the kind of each row's group, from how many lesions of either side it has."""
    length = len(group_a) + len(group_b) + 1
    n_a = np.bincount(group_a, minlength=length)
    n_b = np.bincount(group_b, minlength=length)
    return [_kind(n_a[k], n_b[k]) for k in group]


def _kind(n_predicted: int, n_reference: int) -> str:
    if n_predicted == 0:
        return "missed"
    if n_reference == 0:
        return "spurious"
    if n_predicted == 1 and n_reference == 1:
        return "one_to_one"
    if n_reference == 1:
        return "split"
    if n_predicted == 1:
        return "merge"
    return "many_to_many"


def _at(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the value of each row's lesion, 0 where it has none (-1)."""
    taken: np.ndarray = np.append(values, 0)[rows]
    return taken


def _lesion_numbers(numbers: np.ndarray, rows: np.ndarray) -> pd.arrays.IntegerArray:
    """Return the number of each row's lesion, NA where it has none."""
    return pd.arrays.IntegerArray(_at(numbers, rows).astype(np.int64), rows < 0)
