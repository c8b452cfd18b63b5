"""Single lesions: which of the prediction met which of the reference.

Conventions
-----------
- A mask falls into lesions where its voxels do not touch, not even by a corner (``connectivity`` tells otherwise).
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

from .grids import onto, voxel_volume

KINDS = ("one_to_one", "split", "merge", "many_to_many", "missed", "spurious")
COLUMNS = [
    *("group", "kind", "predicted", "reference"),
    *("volume_predicted", "volume_reference", "intersection", "iou", "dice", "matched"),
]


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
        raise TypeError(f"components: the mask has dtype {mask.dtype}; cut it first: `mask >= 0.5`, `labels == 1`")
    reach = mask.ndim if connectivity is None else connectivity
    if not 1 <= reach <= mask.ndim:
        raise ValueError(
            f"components: connectivity must be 1 to {mask.ndim} in {mask.ndim} dimensions, got {connectivity}"
        )
    labels, _ = ndimage.label(mask.values, ndimage.generate_binary_structure(mask.ndim, reach))
    return mask.copy(data=labels)


def match(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    threshold: float = 0.5,
    contact: float = 0.0,
    connectivity: int | None = None,
) -> pd.DataFrame:
    """Tell which predicted lesions met which reference lesions.

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
        If the grids differ or the threshold is out of range.

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
    if not 0 < threshold <= 1:
        raise ValueError(f"match: threshold is an IoU in (0, 1], got {threshold}")
    reference = onto(reference, predicted)
    maps = [x if x.dtype.kind in "iu" else components(x, connectivity=connectivity) for x in (predicted, reference)]
    ids_a, ids_b, o = ov.raster.contingency(*(x.values for x in maps))
    lesion_a, lesion_b = ids_a != 0, ids_b != 0
    sizes = o.size_a[lesion_a, 0], o.size_b[0, lesion_b]
    pairs = o[lesion_a][:, lesion_b]
    near = (pairs.intersection > 0) & (ov.containment(pairs) >= contact)
    table = _table(pairs, near, (ids_a[lesion_a], ids_b[lesion_b]), sizes, threshold)
    volumes = ["volume_predicted", "volume_reference", "intersection"]
    return table.assign(**{k: table[k] * voxel_volume(predicted) for k in volumes})


def lesion_counts(table: pd.DataFrame) -> ov.Overlap:
    """Return the lesions of a match table as an overlap: matched, predicted, reference.

    Examples
    --------
    >>> from .grids import as_image
    >>> one, two = as_image(np.array([[1, 0, 0]] * 2), 1.0), as_image(np.array([[1, 0, 2]] * 2), 1.0)
    >>> float(ov.dice(lesion_counts(match(one, two))))
    0.6666666666666666
    """
    sizes = table["matched"].sum(), table["predicted"].nunique(), table["reference"].nunique()
    return ov.Overlap(*(int(n) for n in sizes))


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
    o = lesion_counts(table)
    total = float(table.loc[table["matched"], "iou"].sum())
    quality = ov.Overlap(total, float(o.size_a), float(o.size_b))
    kinds = table.drop_duplicates("group")["kind"].value_counts()
    sizes = {"predicted": o.size_a, "reference": o.size_b, "matched": o.intersection}
    return {
        "f1": float(ov.dice(o, empty=empty)),
        "sq": total / float(o.intersection) if o.intersection else nan,
        "pq": float(ov.dice(quality, empty=empty)),
        **{k: int(n) for k, n in sizes.items()},
        **{k: int(kinds.get(k, 0)) for k in KINDS},
    }


def _table(
    o: ov.Overlap,
    near: np.ndarray,
    ids: tuple[np.ndarray, np.ndarray],
    sizes: tuple[np.ndarray, np.ndarray],
    threshold: float,
) -> pd.DataFrame:
    """Return a row for each pair, in the order of the predicted lesions, then of the missed."""
    a, b = np.nonzero(near)
    iou, dice = (np.asarray(f(o[a, b])) for f in (ov.iou, ov.dice))
    spurious, missed = (np.setdiff1d(np.arange(len(x)), at) for x, at in zip(ids, (a, b), strict=True))
    none_a, none_b = np.full(len(missed), -1), np.full(len(spurious), -1)
    a, b = np.concatenate([a, spurious, none_a]), np.concatenate([b, none_b, missed])
    more = np.zeros(len(spurious) + len(missed))
    iou, dice, both = (np.append(x, more) for x in (iou, dice, o.intersection[near]))
    group = _groups(a, b, len(ids[0]), len(ids[1]))
    table = pd.DataFrame(
        {
            "group": group,
            "kind": _kinds(a, b, group),
            "predicted": _taken(ids[0], a, pd.NA),
            "reference": _taken(ids[1], b, pd.NA),
            "volume_predicted": _taken(sizes[0], a, 0),
            "volume_reference": _taken(sizes[1], b, 0),
            "intersection": both,
            "iou": iou,
            "dice": dice,
            "matched": _matched(a, b, o, threshold),
        }
    )
    ordered = table.astype({"predicted": "Int64", "reference": "Int64"}).sort_values(
        ["group", "predicted", "reference"]
    )
    return ordered.reset_index(drop=True)[COLUMNS]


def _taken(values: np.ndarray, at: np.ndarray, none: object) -> list[object]:
    return [none if k < 0 else values[k] for k in at]


def _groups(a: np.ndarray, b: np.ndarray, n: int, m: int) -> np.ndarray:
    """Give each group of linked lesions a number, by its first lesion; the n predicted stand before the m others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = (a >= 0) & (b >= 0)
    links = coo_array((np.ones(pairs.sum()), (a[pairs], b[pairs] + n)), shape=(n + m, n + m))
    _, label = connected_components(links, directed=False)
    _, first = np.unique(label, return_index=True)
    rank = np.argsort(np.argsort(first))
    group: np.ndarray = rank[label[np.where(a >= 0, a, n + b)]] + 1
    return group


def _kinds(a: np.ndarray, b: np.ndarray, group: np.ndarray) -> list[str]:
    found = pd.DataFrame({"group": group, "a": np.where(a < 0, np.nan, a), "b": np.where(b < 0, np.nan, b)})
    n = found.groupby("group").transform("nunique")
    names = {
        (0, 1): "missed",
        (1, 0): "spurious",
        (1, 1): "one_to_one",
        (2, 1): "split",
        (1, 2): "merge",
        (2, 2): "many_to_many",
    }
    return [names[min(x, 2), min(y, 2)] for x, y in zip(n["a"], n["b"], strict=True)]


def _matched(a: np.ndarray, b: np.ndarray, o: ov.Overlap, threshold: float) -> np.ndarray:
    """Return which rows are pairs of the one-to-one matching."""
    chosen = np.zeros(np.array(o.shape) + 1, bool)
    chosen[tuple(matching.match(np.asarray(ov.iou(o)), threshold).pairs.T)] = True
    # the last row and column, which -1 reads, stand for no partner
    matched: np.ndarray = chosen[a, b]
    return matched
