from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.lesions import as_image
from domains.lesions.comparison.layers import layers


def image(values):
    return as_image(np.asarray(values)[:, None].repeat(2, 1), 1.0)


LEFT, RIGHT = image([0, 1, 1, 2, 0, 4]), image([0, 1, 2, 2, 3, 0])


def sizes(*arguments):
    return {name: (float(a.sum()), float(b.sum())) for name, a, b in layers(*arguments)}


def test_every_label_of_either():
    assert sizes(LEFT, RIGHT, None, None) == {1: (4, 2), 2: (2, 4), 3: (0, 2), 4: (2, 0)}


def test_chosen_labels_and_regions():
    assert sizes(LEFT, RIGHT, [2, 9], None) == {2: (2, 4), 9: (0, 0)}
    assert sizes(LEFT, RIGHT, {"core": (1, 4), "two": 2}, None) == {"core": (6, 2), "two": (2, 4)}


def test_masks():
    assert sizes(LEFT > 0, RIGHT > 0, None, None) == {"lesion": (8, 8)}
    assert sizes((LEFT > 0) * 0.5, RIGHT > 0, None, None) == {"lesion": (4, 8)}
    assert sizes(LEFT == 1, (RIGHT == 1).astype(int), None, None) == {1: (4, 2)}
    assert sizes(LEFT == 1, RIGHT, [1], None) == {1: (4, 2)}
    with pytest.raises(ValueError, match="prediction is one mask, and 3 labels"):
        sizes(LEFT > 0, RIGHT, None, None)


def test_several_soft_masks():
    soft = xr.concat([(k == LEFT) * 0.5 for k in (1, 2)], xr.Variable("label", [1, 2]))
    assert sizes(soft, RIGHT, None, None) == {1: (2, 2), 2: (1, 4)}
    assert sizes(soft, soft, None, None) == {1: (2, 2), 2: (1, 1)}
    with pytest.raises(ValueError, match="no label 3"):
        sizes(soft, RIGHT, [3], None)


def test_two_empty_maps_have_one_label():
    assert sizes(LEFT * 0, RIGHT * 0, None, None) == {1: (0, 0)}


@pytest.mark.parametrize(
    "labels", [1, "12", ["a"], [1.5], [None], [np.nan], [[1, 2]], {"core": "a"}, {"core": [1, "x"]}, {"core": None}]
)
def test_labels_of_a_wrong_kind(labels):
    with pytest.raises(UsageError) as error:
        sizes(LEFT, RIGHT, labels, None)
    message = "lesions.compare: labels must be numbers, [1, 2], or regions of numbers, {'core': (1, 4)}; got "
    assert str(error.value) == message + repr(labels)


def test_no_labels_are_nothing_to_compare():
    with pytest.raises(ValueError, match="labels is empty"):
        sizes(LEFT, RIGHT, [], None)


def test_where():
    where = image([1, 1, 0, 1, 1, 1]) == 1
    assert sizes(LEFT, RIGHT, [1, 2], where) == {1: (2, 2), 2: (2, 2)}
    assert sizes(LEFT, RIGHT, [1, 2], where.transpose("y", "x")) == {1: (2, 2), 2: (2, 2)}
    assert sizes((LEFT > 0) * 0.5, RIGHT > 0, None, where) == {"lesion": (3, 6)}
    with pytest.raises(TypeError, match="True = counted"):
        sizes(LEFT, RIGHT, [1], where.astype(int))
    with pytest.raises(ValueError, match="where has sizes"):
        sizes(LEFT, RIGHT, [1], where.isel(x=slice(3)))


def test_only_the_box_and_a_rim_is_kept():
    wide = np.zeros((30, 30, 30), bool)
    wide[10:12, 5:20, 0] = True
    ((_, a, _),) = layers(as_image(wide, 1.0), as_image(wide, 1.0), None, None)
    assert dict(a.sizes) == {"x": 4, "y": 17, "z": 2}
    assert a.x.values.tolist() == [9, 10, 11, 12]


def test_raters_must_be_chosen():
    raters = as_image(np.zeros((2, 2, 2, 4), int), 1.0)
    with pytest.raises(ValueError, match="consensus"):
        sizes(raters, raters, None, None)


@pytest.mark.parametrize("grey", [np.arange(1903) - 1024, np.arange(1903), np.array([-1, 0, 1])])
def test_the_grey_values_of_an_image_are_no_labels(grey):
    image_of_greys = image(grey)
    mask = image((grey > 0).astype(int))
    found = f"the reference holds {len(grey)} different whole numbers from {grey[0]} to {grey[-1]}, as an image of grey"
    with pytest.raises(ValueError, match=rf"^lesions.compare: {found} values does: compare the mask, or name"):
        sizes(mask, image_of_greys, None, None)
    with pytest.raises(ValueError, match="the prediction holds"):
        sizes(image_of_greys, mask, None, None)
    # what the message says
    assert sizes(mask, image_of_greys, [1], None) == {1: (2.0 * (grey > 0).sum(), 2.0)}


def test_many_labels_are_labels():
    many = image(np.arange(300))
    assert len(sizes(many, many, None, None)) == 299
