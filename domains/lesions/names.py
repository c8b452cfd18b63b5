"""Which files hold an image, by their names.

Conventions
-----------
- The longest ending counts: ``a.nii.gz`` ends in ``.nii.gz``. Capitals are as good.
- A name is not the content: a file of another format under such a name is refused when it is read.
"""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".nii.gz", ".nii")
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
