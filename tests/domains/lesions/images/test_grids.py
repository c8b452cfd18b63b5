from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains.lesions import as_image, grid_spacing
from domains.lesions.images.grids import Grid, check_masks, regrid, same_grid, spatial_axes


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


IDENTITY = "direction 1 0 0 0 1 0 0 0 1"
TURNED = [0.8660254, -0.5, 0, 0.5, 0.8660254, 0, 0, 0, 1]
HARDLY = [0.8660252, -0.50000034, 0, 0.50000034, 0.8660252, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("other", "differs", "shown"),
    [
        (image((4, 3, 3)), "by size (", "4 × 3 × 3 voxels, origin (0, 0, 0) mm, spacing 0.5 × 0.5 × 3 mm"),
        (image((4, 3, 3)).transpose("z", "y", "x"), "by size (", "4 × 3 × 3 voxels"),
        (image(origin=(0.1, 0, 0)), "by origin (", "origin (0.1, 0, 0) mm"),
        (image(spacing=(0.5, 0.5, 3.1)), "by spacing (", "spacing 0.5 × 0.5 × 3.1 mm"),
        (image((4, 4, 2), 1.0), "by size, spacing (", "4 × 4 × 2 voxels, origin (0, 0, 0) mm, spacing 1 × 1 × 1 mm"),
        (image().isel(z=0, drop=True), "by size, spacing (", "4 × 3 voxels, origin (0, 0, 0) mm, spacing 0.5 × 0.5 mm"),
        (image().assign_attrs(directions=TURNED), "by direction (", "direction 0.866025 -0.5 0 0.5 0.866025 0 0 0 1"),
    ],
)
def test_other_grids_raise_with_origin_spacing_and_direction_of_both(other, differs, shown):
    grid = Grid.of(image())
    assert not same_grid(other, grid)
    with pytest.raises(ValueError, match=r"^lesions.match: the prediction and the reference are on diff") as error:
        regrid(other, grid, "lesions.match")
    said = str(error.value)
    assert differs in said
    assert f"prediction: {grid.geometry()}; reference: " in said
    assert f"spacing 0.5 × 0.5 × 3 mm, {IDENTITY}; reference" in said
    assert shown in said
    assert "\n" not in said


def test_two_directions_that_look_alike_are_shown_with_more_digits():
    """Headers of two programs that differ in the seventh digit, in an image that is long enough for it to matter."""
    a = Grid.of(image((60_000, 1, 1)).assign_attrs(directions=TURNED))
    b = image((60_000, 1, 1)).assign_attrs(directions=HARDLY)
    assert not same_grid(b, a)
    with pytest.raises(ValueError, match="by direction") as error:
        regrid(b, a)
    assert "direction 0.8660254 -0.5 0" in str(error.value)
    assert "direction 0.8660252 -0.50000034 0" in str(error.value)


def test_the_error_names_the_files():
    other = image((4, 3, 3)).assign_attrs(name="r.nii.gz")
    with pytest.raises(ValueError, match=r"the prediction p.nii.gz and the reference r.nii.gz are on"):
        regrid(other, Grid.of(image()), prediction="p.nii.gz")


def test_a_slice_and_a_volume_have_another_remedy():
    with pytest.raises(ValueError, match=r"\): pass two volumes, or the same slice of each$"):
        regrid(image().isel(z=0, drop=True), Grid.of(image()))


def test_two_slices_at_different_heights_are_on_different_grids():
    volume = image((4, 3, 5))
    low = volume.isel(z=1)
    high = volume.isel(z=4)
    assert same_grid(volume.isel(z=1), Grid.of(low))
    assert not same_grid(high, Grid.of(low))
    assert same_grid(high.drop_vars("z"), Grid.of(low)), "where it lies is not known"
    assert Grid.of(low).describe().endswith("the first at (0, 0) mm, z = 3 mm")
    with pytest.raises(ValueError, match=r"by origin \(.* origin \(0, 0, 3\) mm.* origin \(0, 0, 12\) mm"):
        regrid(high, Grid.of(low))


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


def error_of_place(prediction, reference, orientations=("RAS", "RAS")):
    """Return what is said of two images of one size in other places."""
    moved = image(origin=(5.0, 0.0, 0.0)).assign_attrs(source=prediction, orientation=orientations[0])
    fixed = image().rename(reference).assign_attrs(orientation=orientations[1])
    with pytest.raises(ValueError, match="on different grids, by origin") as error:
        regrid(fixed, Grid.of(moved), prediction=prediction)
    return str(error.value)


def test_a_lost_place_is_copied_only_between_files_that_nibabel_reads():
    assert "nibabel.load(R).affine" in error_of_place("p.nii.gz", "r.nii")
    assert "nibabel.load(R).affine" in error_of_place("prediction", "reference")
    for pair in (("p.tif", "r.nii"), ("p.nii", "r.nrrd")):
        said = error_of_place(*pair)
        assert "nibabel" not in said
        assert "write it again with that of the reference" in said


def test_a_place_copied_onto_turned_voxels_is_told():
    said = error_of_place("p.nii", "r.nii", ("RAS", "LPS"))
    assert "and its voxels still run as those of the reference (LPS), nibabel.save" in said
    assert "still run" not in error_of_place("p.nii", "r.nii")
