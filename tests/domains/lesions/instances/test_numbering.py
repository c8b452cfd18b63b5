"""Oracle: plain distances between the voxels of lesions."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from domains.lesions import components
from domains.lesions.instances.numbering import counted, grow, number_lesions

masks = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random((6, 7, 5)) < 0.06)


def test_components_are_scipys_by_the_corner():
    mask = xr.DataArray(np.eye(4, dtype=bool), dims=("x", "y"))
    assert [int(components(mask, connectivity=k).max()) for k in (1, 2, None)] == [4, 1, 1]
    with pytest.raises(ValueError, match="1 to 2"):
        components(mask, connectivity=3)
    with pytest.raises(TypeError, match="cut it"):
        components(mask.astype(float))


@given(masks, st.sampled_from([0, 1, 2]))
def test_lesions_are_one_where_their_voxels_are_near(mask, dilation):
    """A voxel grown by k reaches (dx, dy, dz), each <= k, the sum <= 2 k; two such sets touch by a corner too."""
    numbers = number_lesions(mask, dilation=dilation)
    places = np.argwhere(mask)
    apart = np.abs(places[:, None] - places[None])
    # half-way in whole voxels: each grown set takes its share, one step is left for the touch
    reach = 2 * dilation + 1
    is_near = (apart.max(axis=-1) <= reach) & (apart.sum(axis=-1) <= 4 * dilation + 3)
    linked = is_near | np.eye(len(places), dtype=bool)
    for _ in range(len(places)):
        linked = linked | (linked @ linked)
    of_voxel = numbers[mask]
    np.testing.assert_array_equal(of_voxel[:, None] == of_voxel[None], linked)
    assert (numbers > 0).sum() == mask.sum()
    first = [np.flatnonzero(numbers.ravel() == k)[0] for k in range(1, numbers.max() + 1)]
    assert first == sorted(first)


def test_a_mask_grows_across_faces_and_edges_not_corners():
    mask = np.zeros((5, 5, 5), bool)
    mask[2, 2, 2] = True
    assert grow(mask, 1).sum() == 19
    assert grow(mask, 0) is mask
    assert grow(mask[2], 1).sum() == 9


def test_numbers_of_any_size_are_counted():
    numbers = np.array([0, 900, -4, 7, 900])
    assert counted(numbers, np.array([-4, 7, 900])).tolist() == [0, 3, 1, 2, 3]
    in_order = np.array([0, 2, 1])
    assert counted(in_order, np.array([1, 2])) is in_order


def test_a_dilation_is_a_whole_number():
    mask = xr.DataArray(np.eye(4, dtype=bool), dims=("x", "y"))
    with pytest.raises(ValueError, match="dilation must be a whole number >= 0; got -1"):
        components(mask, dilation=-1)
