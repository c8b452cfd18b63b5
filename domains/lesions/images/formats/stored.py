"""What a file holds: values as they are stored, and where they lie.

Conventions
-----------
- Axes are in the order of the file, the first the one that runs fastest in NIfTI and ITK. An affine takes voxel
  numbers to the patient's right, front and top (RAS+), as in NIfTI; DICOM and ITK count to the left and to the back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Takes places in the frame of DICOM and ITK (LPS+) to ours, and back."""

ITK_REMEDY = "write it again with SimpleITK.WriteImage, after SetSpacing, SetDirection and SetOrigin"
"""What helps an image of ITK's formats whose file says nonsense about its place."""

ORIGIN = "origin"
DIRECTION = "direction"


@dataclass(frozen=True, eq=False)
class Stored:
    """Values and their place, as a file has them.

    Parameters
    ----------
    values : array, shape (i, j, k) or (i, j, k, layers)
        Numbers; bool for a mask.
    affine : array, shape (4, 4), optional
        From voxel numbers to places, in units of `mm`; none if the file says nothing of them. An axis of which the file
        gives no size is NaN.
    mm : float
        How many mm the unit of length is.
    is_single : bool
        Whether lengths are stored in single precision: 1.8 is then 1.7999999523.
    remedy : str
        What helps an image whose file says nonsense about its place.
    told : str
        What the file does not say of its geometry and was taken for granted; for the report.
    layer : {"rater", "label"}
        What a fourth axis is.
    names : tuple of str or int
        The names of the layers, if they have any.
    has_height : bool
        Whether the file says where a single slice lies along the third axis.
    slices : str
        The numbers of the slices in words, where each is a file.
    unsaid : tuple of str
        What the file does not say of the place, of `ORIGIN` and `DIRECTION`: the affine has something in its stead.
    """

    values: np.ndarray
    affine: np.ndarray | None = None
    mm: float = 1.0
    is_single: bool = False
    remedy: str = ITK_REMEDY
    told: str = ""
    layer: str = "rater"
    names: tuple[str | int, ...] = ()
    has_height: bool = True
    slices: str = ""
    unsaid: tuple[str, ...] = ()

    @property
    def is_placed(self) -> bool:
        """Whether the file says where its voxels lie."""
        return self.affine is not None and not self.unsaid

    @property
    def n_axes(self) -> int:
        """How many axes count: a single slice has two."""
        return 3 if self.values.shape[2] > 1 else 2

    @property
    def sizes(self) -> np.ndarray:
        """Size of a voxel along i, j and k, in mm; NaN where the file does not say it."""
        if self.affine is None:
            return np.full(3, np.nan)
        # what is too large to be squared is refused when it is placed
        with np.errstate(over="ignore", invalid="ignore"):
            lengths: np.ndarray = np.linalg.norm(self.affine[:3, :3], axis=0)
            return lengths * self.mm


def needs(what: str, package: str) -> ImportError:
    """Return the error that says which package is missing.

    Examples
    --------
    >>> print(needs("NRRD files", "pynrrd"))
    lesions: NRRD files need pynrrd: pip install "overlap-toolkit[imaging]"
    """
    return ImportError(f'lesions: {what} need {package}: pip install "overlap-toolkit[imaging]"')
