from __future__ import annotations

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.lesions import read_image

VALUES = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
SPACING = (0.5, 0.75, 3.0)


def write(path, **arrays):
    np.savez(path, **arrays) if path.suffix == ".npz" else np.save(path, arrays["mask"])
    return path


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_axes_are_declared(tmp_path, name):
    path = write(tmp_path / name, mask=VALUES)
    with pytest.raises(ReadError, match=r'does not say which axis is which: axes="zyx" .* or axes="xyz"'):
        read_image(path, spacing=SPACING)
    as_itk = read_image(path, spacing=SPACING, axes="zyx")
    np.testing.assert_array_equal(as_itk.transpose("z", "y", "x").values[:, ::-1, ::-1], VALUES)
    as_nibabel = read_image(path, spacing=SPACING, axes="xyz")
    np.testing.assert_array_equal(as_nibabel.values[::-1, ::-1], VALUES)
    assert as_nibabel.x.attrs["spacing"] == 0.5
    with pytest.raises(ReadError, match=r"\(--spacing X,Y,Z\)"):
        read_image(path, axes="zyx")


def test_a_mask_in_bool_is_one(tmp_path):
    image = read_image(write(tmp_path / "a.npy", mask=VALUES[0] > 2), spacing=(1, 2), axes="yx")
    assert image.dtype == bool
    assert dict(image.sizes) == {"x": 2, "y": 3}


def test_options_that_no_file_has(tmp_path):
    path = write(tmp_path / "a.npy", mask=VALUES)
    with pytest.raises(UsageError, match="axes must be one of zyx, xyz, yx, xy; got 'zxy'"):
        read_image(path, axes="zxy")
    for spacing in ((1,), (1, 1, 0), (1, 1, -2)):
        with pytest.raises(UsageError, match="^lesions.read_image: spacing must be"):
            read_image(path, axes="zyx", spacing=spacing)


def test_archives_of_several_arrays(tmp_path):
    path = write(tmp_path / "a.npz", mask=VALUES, other=VALUES)
    with pytest.raises(ReadError, match=r"an archive of 2 arrays \(mask, other\)"):
        read_image(path, axes="zyx", spacing=SPACING)


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}, None], dtype=object))
    with pytest.raises(ReadError, match="not an array of numbers in numpy's format"):
        read_image(tmp_path / "a.npy", axes="yx", spacing=SPACING)


def probabilities(n_classes):
    """Return probabilities as nnU-Net has them: class, z, y, x."""
    logits = np.random.default_rng(0).normal(size=(n_classes, 4, 3, 2))
    shares = np.exp(logits)
    return (shares / shares.sum(axis=0)).astype(np.float32)


@pytest.mark.parametrize("key", ["probabilities", "softmax"])
def test_probabilities_of_nnunet_are_layers_without_the_background(tmp_path, key):
    shares = probabilities(3)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **{key: shares})
    image = read_image(path, spacing=SPACING)
    assert image.label.values.tolist() == [1, 2]
    for label in (1, 2):
        layer = image.sel(label=label).transpose("z", "y", "x").values[:, ::-1, ::-1]
        np.testing.assert_array_equal(layer, shares[label])


def test_what_is_no_output_of_nnunet(tmp_path):
    path = write(tmp_path / "a.npz", probabilities=VALUES)
    with pytest.raises(ReadError, match="nnU-Net has class, z, y, x"):
        read_image(path, spacing=SPACING)
