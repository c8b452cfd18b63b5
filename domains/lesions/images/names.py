"""Which files hold an image, by their names.

Conventions
-----------
- The longest ending counts: ``a.nii.gz`` ends in ``.nii.gz``, and ``a.ome.tif`` in ``.ome.tif``. Capitals are as good.
- A name is not the content: a file of another format under such a name is refused when it is read.
"""

from __future__ import annotations

from pathlib import Path

NIFTI = (".nii.gz", ".nii")
NRRD = (".seg.nrrd", ".nrrd", ".nhdr")
META_IMAGE = (".mha", ".mhd")
TIFF = (".ome.tif", ".ome.tiff", ".tif", ".tiff")
PNG = (".png",)
ARRAYS = (".npy", ".npz")
DICOM = (".dcm",)
SLICES = (*PNG, *TIFF)
"""Endings of the slices of a folder."""

SUFFIXES = (*NIFTI, *NRRD, *META_IMAGE, *TIFF, *PNG, *ARRAYS, *DICOM)
"""Endings of the files that `read_image` reads."""


def image_suffix(path: str | Path) -> str:
    """Return the ending of an image in small letters; "" for a file that is none, by its name.

    Parameters
    ----------
    path : path
        A file, which need not exist.

    Examples
    --------
    >>> image_suffix("scans/patient.7.NII.gz"), image_suffix("notes.txt")
    ('.nii.gz', '')
    """
    name = Path(path).name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix) and name != suffix:
            return suffix
    return ""


def case_name(path: str | Path) -> str:
    """Return a file's name without the ending of an image.

    Examples
    --------
    >>> case_name("scans/patient.7.nii.gz")
    'patient.7'
    """
    name = Path(path).name
    return name[: len(name) - len(image_suffix(path))]


def says_its_place(path: str | Path) -> bool:
    """Return whether files of this format say where their voxels lie; others may, or take the place of another image.

    Parameters
    ----------
    path : path
        A file, which need not exist.

    Examples
    --------
    >>> says_its_place("case.nii.gz"), says_its_place("case.npz")
    (True, False)
    """
    return image_suffix(path) in (*NIFTI, *NRRD, *META_IMAGE)


def is_image_folder(path: str | Path) -> bool:
    """Return whether a folder holds the slices of an image: PNG or TIFF files, and nothing else to be seen.

    Parameters
    ----------
    path : path
        A folder.
    """
    names = [entry.name for entry in Path(path).iterdir() if not entry.name.startswith(".")]
    return bool(names) and all(image_suffix(name) in SLICES for name in names)
