"""Masks in numpy's files (.npy, .npz), and the probabilities of nnU-Net.

Conventions
-----------
- An array does not say which of its axes is x: that is declared, ``axes="zyx"`` (as SimpleITK has it) or ``"xyz"`` (as
  nibabel has it), ``"yx"`` or ``"xy"`` for a slice.
- nnU-Net's archives hold ``probabilities`` (or ``softmax``) as class, z, y, x, in the order of the image's file. Class
  0 is the background, unless the classes are regions. Its pickle beside them is never opened.
- Where voxels lie is not in the file.

References
----------
Isensee, F. et al. (2021). nnU-Net. Nat. Methods 18, 203. doi:10.1038/s41592-020-01008-z
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...._checks import UsageError
from ...._files import ReadError
from ...._npy import Archive, read_npy
from ...._text import one_line
from .stored import Stored

PROBABILITIES = ("probabilities", "softmax")
"""What nnU-Net calls its arrays, version 2 and version 1."""

AXES = ("zyx", "xyz", "yx", "xy")


def read_array(operation: str, path: Path, axes: str | None = None, regions: tuple[str, ...] = ()) -> Stored:
    """Read an array whose axes are declared, or the probabilities of nnU-Net.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path
    axes : {"zyx", "xyz", "yx", "xy"}, optional
        Which axis is which.
    regions : tuple of str
        What the classes of nnU-Net's probabilities are, where they are regions.

    Raises
    ------
    ReadError
        If the file is damaged or no mask, or its axes are not declared.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mask.npy")
    ...     np.save(path, np.zeros((4, 3, 2), bool))
    ...     read_array("lesions.read_image", path, "zyx").values.shape
    (2, 3, 4)
    """
    if path.suffix.lower() == ".npy":
        return _along(read_npy(operation, path), axes)
    archive = Archive(operation, path)
    for name in PROBABILITIES:
        if name in archive.headers:
            return _of_classes(archive.read(name), regions)
    names = list(archive.headers)
    if len(names) != 1:
        listed = one_line(", ".join(names), 80)
        raise ReadError(f"an archive of {len(names)} arrays ({listed}); a mask is one: save it alone")
    return _along(archive.read(names[0]), axes)


def check_axes(operation: str, axes: str | None) -> None:
    """Refuse axes that no array has.

    Examples
    --------
    >>> check_axes("lesions.read_image", "zyx")
    >>> check_axes("lesions.read_image", "abc")
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.read_image: axes must be one of zyx, xyz, yx, xy; got 'abc'
    """
    if axes is not None and axes not in AXES:
        raise UsageError(f"{operation}: axes must be one of {', '.join(AXES)}; got {axes!r}")


def _along(values: np.ndarray, axes: str | None) -> Stored:
    if values.ndim not in (2, 3) or not values.size:
        raise ReadError(f"an array of shape {values.shape}; a mask has x, y and z, or x and y: save one mask a file")
    known = [name for name in AXES if len(name) == values.ndim]
    if axes is None or len(axes) != values.ndim:
        choices = " or ".join(f'axes="{name}" (--axes {name})' for name in known)
        raise ReadError(f"an array of shape {values.shape} does not say which axis is which: {choices}")
    ordered = values.transpose([axes.index(axis) for axis in "xyz"[: values.ndim]])
    return Stored(ordered if values.ndim == 3 else np.expand_dims(ordered, 2))


def _of_classes(values: np.ndarray, regions: tuple[str, ...]) -> Stored:
    """Return nnU-Net's probabilities as layers along i, j and k."""
    if values.ndim != 4 or values.dtype.kind != "f":
        raise ReadError(f"probabilities of shape {values.shape} and type {values.dtype}; nnU-Net has class, z, y, x")
    layers = values.transpose(3, 2, 1, 0)
    if not regions:
        return Stored(layers[..., 1:], layer="label", names=tuple(range(1, len(values))))
    if len(regions) != len(values):
        raise ReadError(f"{len(values)} classes, and dataset.json has {len(regions)} regions: take that of the model")
    return Stored(layers, layer="label", names=regions)
