"""What the pictures of masks share."""

from __future__ import annotations

import numpy as np

from domains.lesions import as_image
from domains.lesions.images.grids import Grid
from domains.lesions.pictures.masks import margin_or_usual, masks_of_images, place_line, short_name, slice_of
from domains.lesions.pictures.slices import slice_at


def volume(*voxels):
    mask = as_image(np.zeros((4, 4, 6), bool), (1.0, 1.0, 2.0))
    for voxel in voxels:
        mask[voxel] = True
    return mask


def test_the_slice_of_most_disagreement_over_several_labels():
    """Two labels that differ a little in one slice together differ most there; boxes are cut out of one grid."""
    one = volume((0, 0, 1), (1, 0, 4))
    two = volume((2, 0, 2), (3, 0, 4))
    pairs = [(one.isel(z=slice(1, 6)), one.isel(z=slice(1, 6)) & False), (two & False, two)]
    place, lines = slice_of("f", Grid.of(one), pairs, "z", None, "radiological")
    assert (place.at, lines) == (8.0, ["z = 8.0 mm, most disagreement"])


def test_soft_masks_differ_by_their_values():
    a = volume((0, 0, 1)).astype(float) * 0.9 + volume((0, 0, 3)).astype(float) * 0.5
    masks = masks_of_images("f", a, volume((0, 0, 1)), "z", None, "radiological")
    assert masks.place.at == 6.0
    assert masks.predicted.max() == 0.5
    assert masks.inside.sum() == 1


def test_a_place_that_was_asked_for_has_no_reason():
    grid = Grid.of(volume())
    assert place_line(slice_at("f", grid, "z", 2.0)) == ["z = 2.0 mm"]
    assert place_line(slice_at("f", Grid.of(volume().isel(z=0, drop=True)), "z", 2.0), "most in dispute") == []


def test_names_and_margins():
    assert short_name("$x\n" + "y" * 60).startswith(r"\$x y")
    assert len(short_name("y" * 60)) == 40
    assert margin_or_usual(None, volume()) > margin_or_usual(None, None)
