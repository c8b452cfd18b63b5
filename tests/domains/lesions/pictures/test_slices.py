"""Where a slice lies, and which side of the patient is where, whatever the order of the file."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from domains._checks import UsageError
from domains.lesions import as_image, plot_overlay, read_image
from domains.lesions.images.grids import Grid
from domains.lesions.pictures.slices import place_of_most, slice_at

nib = pytest.importorskip("nibabel")
pytestmark = pytest.mark.usefixtures("unsettled")

ENDS = {"R": ("x", 1), "L": ("x", -1), "A": ("y", 1), "P": ("y", -1), "S": ("z", 1), "I": ("z", -1)}
SHAPE = (7, 8, 9)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def stored(path, towards, turn=0.0):
    """Write a volume whose file runs towards three sides of the patient; a voxel near each end of its axes is set."""
    axes = {"R": (1, 0, 0), "A": (0, 1, 0), "S": (0, 0, 1), "L": (-1, 0, 0), "P": (0, -1, 0), "I": (0, 0, -1)}
    directions = np.array([axes[side] for side in towards], float).T
    cosine, sine = np.cos(turn), np.sin(turn)
    about_z = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ directions * [1.0, 1.5, 2.0]
    affine[:3, 3] = [11, -7, 30]
    assert "".join(nib.aff2axcodes(affine)) == towards
    middle = [n // 2 for n in SHAPE]
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[tuple(middle)] = 1
    for axis in range(3):
        end = list(middle)
        end[axis] = SHAPE[axis] - 1
        voxels[tuple(end)] = axis + 2
    nib.save(nib.Nifti1Image(voxels, affine), path)
    return read_image(path)


def seen_at(ax, mask):
    """Return where on the picture, from 0 (left, bottom) to 1, the voxel of a mask is drawn."""
    drawn = np.asarray(ax.images[-1].get_array())
    rows, columns = np.nonzero((drawn != 1).any(axis=-1))
    left, right, bottom, top = ax.images[-1].get_extent()
    x = left + (columns.mean() + 0.5) / drawn.shape[1] * (right - left)
    y = bottom + (rows.mean() + 0.5) / drawn.shape[0] * (top - bottom)
    return ax.transAxes.inverted().transform(ax.transData.transform((x, y)))


def letters(ax):
    return {text.get_text(): text.get_position() for text in ax.texts}


VIEWS = ("radiological", "neurological")
ORIENTATIONS = ("RAS", "LPS", "LAS", "ASR", "PIL", "SLA", "IRP", "SAR")
PAIRS = [
    (towards, turn, VIEWS[(k + is_turned) % 2])
    for k, towards in enumerate(ORIENTATIONS)
    for is_turned, turn in enumerate((0.0, 0.3))
]
"""Each orientation in both views and turned or not, each turn in both views."""


@pytest.mark.slow
@pytest.mark.parametrize(("towards", "turn", "view"), PAIRS)
def test_a_voxel_is_seen_by_the_letter_of_its_side(tmp_path, towards, turn, view):
    """The letters are nibabel's, from the affine of the file: the last voxel of a stored axis lies on its side."""
    image = stored(tmp_path / "image.nii", towards, turn)
    for axis, side in enumerate(towards):
        end = image == axis + 2
        along, _ = ENDS[side]
        across = next(name for name in "zyx" if name != along)
        ax = plot_overlay(end, end, axis=across, view=view, margin=np.inf)
        x, y = seen_at(ax, end)
        at = letters(ax)[side]
        others = [position for letter, position in letters(ax).items() if letter != side]
        distance = np.hypot(at[0] - x, at[1] - y)
        assert all(distance < np.hypot(other[0] - x, other[1] - y) for other in others)


@pytest.mark.parametrize(
    ("axis", "radiological", "neurological"),
    [("z", "RLPA", "LRPA"), ("y", "RLIS", "LRIS"), ("x", "APIS", "PAIS")],
)
def test_the_sides_of_each_view(axis, radiological, neurological):
    """Left, right, bottom, top of the picture."""
    mask = as_image(np.ones((3, 4, 5), bool), 1.0)
    for view, expected in (("radiological", radiological), ("neurological", neurological)):
        ax = plot_overlay(mask, mask, axis=axis, view=view)
        found = letters(ax)
        left = min(found, key=lambda letter: found[letter][0])
        right = max(found, key=lambda letter: found[letter][0])
        bottom = min(found, key=lambda letter: found[letter][1])
        top = max(found, key=lambda letter: found[letter][1])
        assert left + right + bottom + top == expected


def test_the_views_are_mirror_images_with_the_same_coordinates():
    mask = as_image(np.arange(60).reshape(3, 4, 5) % 7 == 0, 1.0)
    one = plot_overlay(mask, mask, at=2.0)
    other = plot_overlay(mask, mask, at=2.0, view="neurological")
    assert one.get_xlim() == other.get_xlim()[::-1]
    assert one.get_ylim() == other.get_ylim()
    np.testing.assert_array_equal(one.images[0].get_array(), other.images[0].get_array())


def test_a_place_is_found_to_the_nearest_voxel_or_refused():
    grid = Grid.of(as_image(np.zeros((2, 2, 4), bool), (1, 1, 3.0), origin=(0, 0, -6)))
    assert slice_at("f", grid, "z", -4.6).at == -6
    assert slice_at("f", grid, "z", -4.4).at == -3
    assert slice_at("f", grid, "z", 4.5).at == 3
    with pytest.raises(UsageError, match=r"f: the slice at z = 5 mm: the image is from -7.5 to 4.5 mm"):
        slice_at("f", grid, "z", 5)
    with pytest.raises(UsageError, match="f: view must be one of"):
        slice_at("f", grid, "z", 0, "mirrored")
    with pytest.raises(UsageError, match="f: axis must be one of"):
        slice_at("f", grid, "t", 0)


def test_a_box_of_a_mask_lies_in_its_place():
    """As the masks of a result are: cut out of the image."""
    whole = as_image(np.zeros((6, 7, 8), bool), (1.0, 2.0, 3.0))
    whole[2:4, 3:5, 4:6] = True
    box = whole.isel(x=slice(1, 5), y=slice(2, 6), z=slice(3, 7))
    grid = Grid.of(whole)
    for axis, at in (("z", 12.0), ("z", 3.0), ("y", 6.0), ("x", 3.0)):
        place = slice_at("f", grid, axis, at)
        np.testing.assert_array_equal(place.of(box), place.of(whole))
        assert place.of(box).dtype == bool
    assert not slice_at("f", grid, "z", 0.0).of(box).any()


def test_an_image_of_one_slice_needs_no_place():
    flat = as_image(np.eye(3) > 0, 1.0)
    place = slice_at("f", Grid.of(flat), "z", 99.0)
    assert (place.title, place.right.name, place.up.name) == ("", "x", "y")
    assert place_of_most(flat, "z") == 0
