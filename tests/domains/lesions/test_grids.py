from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains.lesions import as_image, compare, grid_spacing
from domains.lesions.grids import Grid, check_masks, regrid, same_grid, spatial_axes


def image(shape=(4, 3, 2), spacing=(0.5, 0.5, 3.0), **options):
    return as_image(np.zeros(shape, bool), spacing, **options)


def test_sizes():
    x = image()
    assert grid_spacing(x) == (0.5, 0.5, 3.0)
    grid, flat = Grid.of(x), Grid.of(x.isel(z=0))
    assert (grid.voxel, grid.units) == (0.75, "mm³")
    assert (flat.voxel, flat.units) == (0.25, "mm²")
    assert grid_spacing(x.transpose("z", "x", "y")) == (3.0, 0.5, 0.5)
    assert spatial_axes(image((4, 3, 2, 5))) == ("x", "y", "z")
    assert grid_spacing(x.isel(z=[0])) == (0.5, 0.5, 3.0)
    assert grid_spacing(x.isel(x=slice(None, None, 2))) == (1.0, 0.5, 3.0)


def test_images_without_a_grid():
    with pytest.raises(ValueError, match="as_image"):
        grid_spacing(xr.DataArray(np.zeros((2, 2)), dims=("x", "y")))
    uneven = image().assign_coords(x=[0, 0.5, 1, 3])
    with pytest.raises(ValueError, match="not evenly"):
        grid_spacing(uneven)
    for spacing, origin in (((1, 2), 0), (0, 0), (-1, 0), (1, (0, 0)), (np.nan, 0)):
        with pytest.raises(ValueError, match="as_image"):
            as_image(np.zeros((2, 2, 2)), spacing, origin=origin)
    with pytest.raises(ValueError, match="x and y"):
        as_image(np.zeros((2,) * 5), 1)


def test_one_grid():
    a = image()
    moved = image(origin=(0.001, 0, 0)).transpose("z", "y", "x")
    assert same_grid(moved, Grid.of(a))
    back = regrid(moved, Grid.of(a))
    assert back.dims == a.dims
    assert back.x.equals(a.x)


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (image((4, 3, 3)), "(voxels: 4 × 3 × 2 and 4 × 3 × 3)"),
        (image((4, 3, 3)).transpose("z", "y", "x"), "(voxels: 4 × 3 × 2 and 4 × 3 × 3)"),
        (image(origin=(0.1, 0, 0)), "(first voxel: (0, 0, 0) and (0.1, 0, 0) mm)"),
        (image(spacing=(0.5, 0.5, 3.1)), "(voxel size: 0.5 × 0.5 × 3 and 0.5 × 0.5 × 3.1 mm)"),
        (image((4, 4, 2), 1.0), "(voxels: 4 × 3 × 2 and 4 × 4 × 2; voxel size: 0.5 × 0.5 × 3 and 1 × 1 × 1 mm)"),
        (image().isel(z=0, drop=True), "(axes: x × y × z and x × y)"),
        (
            image().assign_attrs(directions=[0.0, 1, 0, 1, 0, 0, 0, 0, 1]),
            "(directions of the axes: 1 0 0 0 1 0 0 0 1 and 0 1 0 1 0 0 0 0 1)",
        ),
    ],
)
def test_other_grids_raise_with_what_differs(other, differs):
    grid = Grid.of(image())
    assert not same_grid(other, grid)
    with pytest.raises(ValueError, match=r"^lesions.match: the prediction and the reference are on diff") as error:
        regrid(other, grid, "lesions.match")
    assert differs in str(error.value)
    assert "\n" not in str(error.value)
    turned_or_flat = "axes" in differs
    assert ("reindex_like" in str(error.value)) != turned_or_flat


def test_the_error_names_the_files():
    other = image((4, 3, 3)).assign_attrs(name="r.nii.gz")
    with pytest.raises(ValueError, match=r"the prediction p.nii.gz and the reference r.nii.gz are on"):
        regrid(other, Grid.of(image()), prediction="p.nii.gz")


@pytest.mark.parametrize("dtype", [bool, np.uint8, float])
@pytest.mark.parametrize("factor", [1, 2])
def test_the_remedy_in_the_error_works(dtype, factor):
    """Where the extents differ too: what lies outside the reference is background, not NaN."""
    values = np.zeros((16, 16, 12), dtype)
    values[4:8, 4:8, 4:8] = 1
    predicted = as_image(values, (1.0, 1.0, 2.0))
    reference = predicted.isel(x=slice(2, 12), y=slice(0, 10))
    reference = reference.isel(z=slice(0, None, factor))
    with pytest.raises(ValueError, match="different grids") as error:
        compare(predicted, reference)
    remedy = str(error.value).split("in Python ")[1]
    moved = eval(remedy, {"reference": reference, "predicted": predicted})
    assert moved.dtype.kind == ("i" if dtype is bool else np.dtype(dtype).kind)
    report = compare(predicted, moved)
    assert not np.isnan(moved).any()
    assert report.dice.item() == 1 if factor == 1 else report.dice.item() > 0.6


def test_the_header_s_spacing_where_the_coordinates_follow_it():
    x = image(spacing=0.1)
    assert Grid.of(x.drop_attrs()).spacing != (0.1, 0.1, 0.1), "or this tests nothing"
    assert Grid.of(x).spacing == (0.1, 0.1, 0.1)
    assert Grid.of(x.isel(x=slice(None, None, 2))).spacing[0] == pytest.approx(0.2)


def test_masks_only():
    check_masks("f", a=image())
    with pytest.raises(TypeError, match="a == 1"):
        check_masks("f", a=image().astype(int))
    with pytest.raises(TypeError, match="as_image"):
        check_masks("f", a=np.zeros(3))
