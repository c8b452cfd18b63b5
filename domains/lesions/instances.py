"""Single lesions: which of the prediction met which of the reference.

Conventions
-----------
- A mask falls into lesions where its voxels do not touch, not even by a corner (``connectivity`` says otherwise).
  Whole numbers are instances already: each label but 0 is a lesion.
- Every pair of lesions that share a voxel is a row of the match table, and so is every lesion that shares none.
  Lesions that are linked by such pairs form a group: one to one, split (one of the reference, several predicted),
  merge (several of the reference, one predicted), many to many; a lone one is missed or spurious.
  Shared voxels may be too few to count (``contact``).
- A pair is matched if its IoU reaches the threshold (>=) and it belongs to the one-to-one assignment with the most
  matches, and of those the one with the highest IoU. From 0.5 on there is but one such assignment (at 0.5 exactly,
  up to ties).
- Lesion-wise F1 (recognition quality, RQ) is the Dice coefficient of the sets of lesions; panoptic quality
  PQ = F1 × SQ, where SQ is the mean IoU of the matched pairs.

References
----------
Kirillov, A. et al. (2019). Panoptic segmentation. CVPR, 9404. doi:10.1109/CVPR.2019.00963
Maier-Hein, L. et al. (2024). Metrics reloaded. Nat. Methods 21, 195. doi:10.1038/s41592-023-02151-z
"""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import matching

from .._checks import check_number
from .._report import name_of
from .grids import Grid, check_images, regrid

KINDS = ("one_to_one", "split", "merge", "many_to_many", "missed", "spurious")


def components(mask: xr.DataArray, *, connectivity: int | None = None) -> xr.DataArray:
    """Give each lesion of a mask its number.

    Parameters
    ----------
    mask : DataArray of bool
        Spatial dimensions only.
    connectivity : int, optional
        Voxels touch if they differ in at most that many axes: 1 by faces, 2 by edges too, 3 by corners too; all of
        them by default.

    Returns
    -------
    DataArray of int
        0 outside, then 1, 2, … in the order of the voxels.

    Raises
    ------
    TypeError
        If the mask is not bool.
    ValueError
        If the connectivity does not fit.

    Examples
    --------
    >>> mask = xr.DataArray(np.eye(3, dtype=bool), dims=("x", "y"))
    >>> int(components(mask).max()), int(components(mask, connectivity=1).max())
    (1, 3)
    """
    from scipy import ndimage

    if mask.dtype != bool:
        raise TypeError(
            f"lesions.components: the mask has dtype {mask.dtype}: cut it first, `mask >= 0.5` or `labels == 1`"
        )
    reach = mask.ndim if connectivity is None else connectivity
    if not 1 <= reach <= mask.ndim:
        raise ValueError(
            f"lesions.components: connectivity is {connectivity}: pass 1 to {mask.ndim} for {mask.ndim} dimensions"
        )
    touching = ndimage.generate_binary_structure(mask.ndim, reach)
    numbers, _ = ndimage.label(mask.values, touching)
    return mask.copy(data=numbers)


def match(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    threshold: float = 0.5,
    contact: float = 0.0,
    connectivity: int | None = None,
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
        See `components`.

    Returns
    -------
    DataFrame
        A row for each pair that shares voxels and each lesion that shares none: group, kind, predicted, reference
        (numbers of the lesions, NA for none), volume_predicted, volume_reference, intersection (mm³), iou, dice,
        matched.

    Raises
    ------
    ValueError
        If the grids differ, or `threshold` or `contact` is out of range.

    Examples
    --------
    >>> from .grids import as_image
    >>> line = np.zeros((2, 12, 3), bool)
    >>> line[0, [1, 2, 3, 7], 1], line[1, [1, 2, 3, 10], 1] = True, True
    >>> table = match(*(as_image(x, 1.0) for x in line))
    >>> table[["kind", "predicted", "reference", "iou", "matched"]]
             kind  predicted  reference  iou  matched
    0  one_to_one          1          1  1.0     True
    1    spurious          2       <NA>  0.0    False
    2      missed       <NA>          2  0.0    False
    """
    check_images("lesions.match", predicted=predicted, reference=reference)
    check_number("lesions.match", "threshold", threshold, above=0, at_most=1)
    check_number("lesions.match", "contact", contact, at_least=0, at_most=1)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, "lesions.match", name_of(predicted, "prediction"))
    predicted_lesions = _instances(predicted, connectivity)
    reference_lesions = _instances(reference, connectivity)
    return match_instances(
        predicted_lesions.values, reference_lesions.values, voxel=grid.voxel, threshold=threshold, contact=contact
    )


def lesion_counts(table: pd.DataFrame) -> ov.Overlap:
    """Return the lesions of a match table as an overlap: matched, predicted, reference.

    Examples
    --------
    >>> from .grids import as_image
    >>> one, two = as_image(np.array([[1, 0, 0]] * 2), 1.0), as_image(np.array([[1, 0, 2]] * 2), 1.0)
    >>> float(ov.dice(lesion_counts(match(one, two))))
    0.6666666666666666
    """
    matched = int(table["matched"].sum())
    predicted = int(table["predicted"].nunique())
    reference = int(table["reference"].nunique())
    return ov.Overlap(matched, predicted, reference)


def lesion_scores(table: pd.DataFrame, *, empty: float | ov.EmptyPolicy = nan) -> dict[str, float]:
    """Score a match table.

    Parameters
    ----------
    table : DataFrame
        As `match` returns it.
    empty : float or EmptyPolicy
        Value of F1 and PQ where neither has a lesion.

    Returns
    -------
    dict
        ``f1`` (recognition quality), ``sq`` (mean IoU of the matched, NaN without any), ``pq``, and how many:
        ``predicted``, ``reference``, ``matched``, then the groups of each kind.

    Examples
    --------
    >>> from .grids import as_image
    >>> one, two = as_image(np.array([[1, 0, 0]] * 2), 1.0), as_image(np.array([[1, 0, 2]] * 2), 1.0)
    >>> scores = lesion_scores(match(one, two))
    >>> scores["pq"], scores["missed"]
    (0.6666666666666666, 1)
    """
    counts = lesion_counts(table)
    matched = int(counts.intersection)
    total_iou = float(table.loc[table["matched"], "iou"].sum())
    quality = matching.PanopticQuality(total_iou, counts, empty)
    groups = table.drop_duplicates("group")["kind"].value_counts()
    scores = {
        "f1": quality.rq,
        "sq": quality.sq,
        "pq": quality.pq,
    }
    scores["predicted"] = int(counts.size_a)
    scores["reference"] = int(counts.size_b)
    scores["matched"] = matched
    for kind in KINDS:
        scores[kind] = int(groups.get(kind, 0))
    return scores


def match_instances(
    predicted: np.ndarray, reference: np.ndarray, *, voxel: float, threshold: float, contact: float = 0.0
) -> pd.DataFrame:
    """Return the match table of two instance maps of one shape, whose voxels have the size `voxel`; see `match`."""
    lesions = ov.raster.label_pairs(predicted, reference).without(0)
    n = len(lesions.labels_a)
    m = len(lesions.labels_b)
    is_matched = _one_to_one(lesions, threshold)

    # the pairs that share enough voxels: lesion i[k] of the prediction, lesion j[k] of the reference
    share = ov.containment(lesions.overlap) >= contact
    i = lesions.a[share]
    j = lesions.b[share]
    met = lesions.overlap[share]
    matched = is_matched[share]

    # below them the lesions that share none, with -1 for the partner
    spurious = np.flatnonzero(np.bincount(i, minlength=n) == 0)
    missed = np.flatnonzero(np.bincount(j, minlength=m) == 0)
    row_a = np.concatenate([i, spurious, np.full(len(missed), -1)])
    row_b = np.concatenate([j, np.full(len(spurious), -1), missed])
    zeros = np.zeros(len(spurious) + len(missed))

    group_a, group_b = _groups(i, j, n, m)
    group = np.where(row_a >= 0, _at(group_a, row_a), _at(group_b, row_b))
    table = pd.DataFrame({"group": group, "kind": _kinds(group, group_a, group_b)})
    table["predicted"] = _lesion_numbers(lesions.labels_a, row_a)
    table["reference"] = _lesion_numbers(lesions.labels_b, row_b)
    table["volume_predicted"] = _at(lesions.cells_a, row_a) * voxel
    table["volume_reference"] = _at(lesions.cells_b, row_b) * voxel
    table["intersection"] = np.append(met.intersection, zeros) * voxel
    table["iou"] = np.append(ov.iou(met), zeros)
    table["dice"] = np.append(ov.dice(met), zeros)
    table["matched"] = np.append(matched, zeros > 0)
    return table.sort_values(["group", "predicted", "reference"], ignore_index=True)


def _instances(x: xr.DataArray, connectivity: int | None) -> xr.DataArray:
    if x.dtype.kind in "iu":
        return x
    return components(x, connectivity=connectivity)


def _one_to_one(lesions: ov.raster.LabelPairs, threshold: float) -> np.ndarray:
    """Return which pairs of lesions belong to the one-to-one assignment."""
    from scipy.sparse import coo_array

    n = len(lesions.labels_a)
    m = len(lesions.labels_b)
    iou = np.asarray(ov.iou(lesions.overlap))
    scores = coo_array((iou, (lesions.a, lesions.b)), (n, m))
    assigned = matching.match(scores, threshold).pairs
    partner = np.full(n, -1)
    partner[assigned[:, 0]] = assigned[:, 1]
    is_matched: np.ndarray = partner[lesions.a] == lesions.b
    return is_matched


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
