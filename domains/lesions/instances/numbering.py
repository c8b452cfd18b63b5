"""From a mask to numbered lesions.

Conventions
-----------
- Voxels touch by a face, an edge or a corner, unless ``connectivity`` is less.
- A mask is grown by a voxel across faces and edges, not corners (in two dimensions: across faces and corners), which is
  the 18-neighbourhood of the BraTS challenges.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..._checks import check_whole


def components(mask: xr.DataArray, *, connectivity: int | None = None, dilation: int = 0) -> xr.DataArray:
    """Give each lesion of a mask its number.

    Parameters
    ----------
    mask : DataArray of bool
        Spatial dimensions only.
    connectivity : int, optional
        Voxels touch if they differ in at most that many axes: 1 by faces, 2 by edges too, 3 by corners too; all of
        them by default.
    dilation : int
        Lesions that touch once the mask is grown by so many voxels are one lesion. Its voxels stay those of the mask.

    Returns
    -------
    DataArray of int
        0 outside, then 1, 2, … in the order of the voxels.

    Raises
    ------
    TypeError
        If the mask is not bool.
    ValueError
        If the connectivity or the dilation does not fit.

    See Also
    --------
    match : Return which predicted lesions met which reference lesions.
    overlap.matching.panoptic_quality : Panoptic quality of a predicted and a reference instance map.

    Examples
    --------
    >>> mask = xr.DataArray(np.eye(3, dtype=bool), dims=("x", "y"))
    >>> int(components(mask).max()), int(components(mask, connectivity=1).max())
    (1, 3)
    >>> line = xr.DataArray(np.array([[True, False, False, True]]), dims=("x", "y"))
    >>> components(line, dilation=1).values
    array([[1, 0, 0, 1]], dtype=int32)
    """
    if mask.dtype != bool:
        raise TypeError(
            f"lesions.components: the mask has dtype {mask.dtype}: cut it first, `mask >= 0.5` or `labels == 1`"
        )
    if connectivity is not None and not 1 <= connectivity <= mask.ndim:
        raise ValueError(
            f"lesions.components: connectivity is {connectivity}: pass 1 to {mask.ndim} for {mask.ndim} dimensions"
        )
    check_whole("lesions.components", "dilation", dilation, at_least=0)
    return mask.copy(data=number_lesions(mask.values, connectivity, dilation))


def number_lesions(mask: np.ndarray, connectivity: int | None = None, dilation: int = 0) -> np.ndarray:
    """Return the number of each voxel's lesion: `components` of a plain array, without its checks."""
    from scipy import ndimage

    reach = mask.ndim if connectivity is None else connectivity
    touching = ndimage.generate_binary_structure(mask.ndim, reach)
    numbers, _ = ndimage.label(grow(mask, dilation), touching)
    if not dilation:
        return np.asarray(numbers)
    # a grown lesion begins before its mask does: number them anew, by their own first voxels
    _, first, lesion = np.unique(numbers[mask], return_index=True, return_inverse=True)
    rank = np.empty(len(first), numbers.dtype)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    own = np.zeros_like(numbers)
    own[mask] = rank[lesion]
    return own


def grow(mask: np.ndarray, steps: int) -> np.ndarray:
    """Return a mask grown by a number of voxels, across faces and edges."""
    from scipy import ndimage

    if steps == 0:
        return mask
    neighbours = ndimage.generate_binary_structure(mask.ndim, 2)
    return np.asarray(ndimage.binary_dilation(mask, neighbours, iterations=steps))


def counted(numbers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return a map whose lesions are 1, 2, …, by their place among ascending `labels`, and all else 0."""
    n = len(labels)
    if n == 0:
        return np.zeros(numbers.shape, np.int32)
    if labels[0] == 1 and labels[-1] == n and numbers.min() >= 0:
        return numbers
    place = np.searchsorted(labels, numbers).clip(max=n - 1)
    return np.where(labels[place] == numbers, place + 1, 0)
