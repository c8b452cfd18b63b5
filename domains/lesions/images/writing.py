"""Images to files: NIfTI by nibabel, NRRD by pynrrd, MetaImage by SimpleITK.

Conventions
-----------
- Voxels are stored along x, y and z, packed, with their place in mm.
- Labels have the smallest type that holds them, bool is 0 and 1, and fractions are float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..._outputs import write_whole
from .formats.stored import TO_RAS, needs
from .grids import AXES, Grid
from .io import nibabel
from .names import NIFTI, image_suffix
from .placing import affine_of

WRITTEN = (*NIFTI, ".nrrd", ".mha")
"""Endings of the files that `write_image` writes."""


def write_image(image: xr.DataArray, path: str | Path) -> None:
    """Write a label map, mask or soft mask.

    Parameters
    ----------
    image : DataArray
        Dimensions x, y, z (or x, y), then any other, which MetaImage has not; bool is stored as 0 and 1, fractions as
        float32.
    path : path
        A .nii, .nii.gz, .nrrd or .mha file; one that is there is replaced when the new one is complete.

    Raises
    ------
    ImportError
        If the package is not installed that writes it.
    ValueError
        If the name has another ending, or the format does not hold another dimension.

    See Also
    --------
    read_image : Read a label map or a soft mask.

    Examples
    --------
    >>> import tempfile
    >>> from .io import example, read_image
    >>> image = read_image(example("nodule_00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(image > 0, Path(folder, "mask.nii.gz"))
    ...     bool((read_image(Path(folder, "mask.nii.gz")) == image).all())
    True
    """
    suffix = image_suffix(path)
    if suffix not in WRITTEN:
        raise ValueError(
            f"lesions.write_image: {path}: images are written as {', '.join(WRITTEN)}: give it a name that ends so"
        )
    axes = [axis for axis in AXES if axis in image.dims]
    others = [dim for dim in image.dims if dim not in AXES]
    ordered = image.transpose(*axes, *others)
    values = ordered.values
    if "z" not in axes:
        values = np.expand_dims(values, 2)
    values = values.astype(_stored_type(values))
    affine = affine_of(Grid.of(ordered))
    if suffix in NIFTI:
        write_whole(path, lambda part: _save_nifti(values, affine, part))
    elif suffix == ".nrrd":
        write_whole(path, lambda part: _save_nrrd(values, affine, part))
    elif others:
        raise ValueError(f"lesions.write_image: {path}: MetaImage has no dimension {others[0]!r}: write it as .nii.gz")
    else:
        write_whole(path, lambda part: _save_meta_image(values, affine, part))


def _save_nifti(values: np.ndarray, affine: np.ndarray, part: Path) -> None:
    nib = nibabel()
    stored = nib.Nifti1Image(values, affine, dtype=values.dtype)
    stored.header.set_xyzt_units("mm")
    nib.save(stored, part)


def _save_nrrd(values: np.ndarray, affine: np.ndarray, part: Path) -> None:
    try:
        import nrrd
    except ImportError:
        raise needs("NRRD files", "pynrrd") from None
    steps = np.full((values.ndim, 3), np.nan)
    steps[:3] = affine[:3, :3].T
    header = {
        "space": "right-anterior-superior",
        "space directions": steps,
        "space origin": affine[:3, 3],
        "space units": ["mm", "mm", "mm"],
        "encoding": "gzip",
    }
    nrrd.write(str(part), values, header)


def _save_meta_image(values: np.ndarray, affine: np.ndarray, part: Path) -> None:
    sitk = _simpleitk()
    to_left_back_top = TO_RAS @ affine
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    stored = sitk.GetImageFromArray(values.T)
    stored.SetSpacing(steps.tolist())
    stored.SetOrigin(to_left_back_top[:3, 3].tolist())
    stored.SetDirection((to_left_back_top[:3, :3] / steps).ravel().tolist())
    sitk.WriteImage(stored, part, useCompression=True)


def _simpleitk() -> Any:
    try:
        import SimpleITK
    except ImportError:
        raise needs("MetaImage files", "SimpleITK") from None
    return SimpleITK


def _stored_type(values: np.ndarray) -> Any:
    """Return the smallest type that holds every value."""
    if values.dtype == bool:
        return np.uint8
    if values.dtype.kind == "f":
        return np.float32
    lowest = np.min_scalar_type(int(values.min(initial=0)))
    highest = np.min_scalar_type(int(values.max(initial=0)))
    return np.promote_types(lowest, highest)
