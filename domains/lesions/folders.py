"""The images of two folders, paired by their names.

Conventions
-----------
- A case is a file name without the ending of an image, which may be in capitals. Bytes that are no text are escaped.
- Two files of one folder with one case are an error that names both. A file without a partner is told, and so is one
  that only has the name of an image.
"""

from __future__ import annotations

from pathlib import Path

from .._skipped import UNPAIRED
from .._text import file_name, printable
from .names import image_suffix

_APPLE_DOUBLE = b"\x00\x05\x16\x07"
"""How a file begins that macOS writes beside another, under the same name after ``._``."""

NO_IMAGE = "no image"


def case_name(path: str | Path) -> str:
    """Return a file's name without the ending of an image.

    Examples
    --------
    >>> case_name("scans/patient.7.nii.gz")
    'patient.7'
    """
    name = Path(path).name
    return name[: len(name) - len(image_suffix(path))]


def pair_images(predictions: Path, references: Path) -> tuple[dict[str, tuple[Path, Path]], list[dict[str, str]]]:
    """Pair the images of two folders by the names of their files.

    Parameters
    ----------
    predictions, references : Path
        Folders.

    Returns
    -------
    dict of str to (Path, Path)
        The prediction and the reference of each case, in the order of their names.
    list of dict
        A row for each image without a partner and each file that is none, for the table of what was skipped.

    Raises
    ------
    FileNotFoundError
        If a folder does not exist.
    ValueError
        If no names agree, or two files of a folder are the same case.
    """
    predicted, aside_predicted = _images_in(predictions, "prediction")
    reference, aside_reference = _images_in(references, "reference")
    pairs = {name: (predicted[name], reference[name]) for name in sorted(predicted) if name in reference}
    if not pairs:
        raise ValueError(
            f"lesions.cohort: no image has the same name in both folders; {file_name(predictions)} holds "
            f"{_some(predicted)} …, {file_name(references)} {_some(reference)} …: name each reference as its prediction"
        )
    alone = [*aside_predicted, *aside_reference]
    for name in sorted(predicted.keys() - reference.keys()):
        alone.append(_unpaired("prediction", predicted[name], "reference"))
    for name in sorted(reference.keys() - predicted.keys()):
        alone.append(_unpaired("reference", reference[name], "prediction"))
    return pairs, alone


def _images_in(folder: Path, side: str) -> tuple[dict[str, Path], list[dict[str, str]]]:
    """Return the images of a folder by the name of their case, and a row for each file that only looks like one."""
    if folder.is_file():
        raise NotADirectoryError(
            f"lesions.cohort: {file_name(folder)} is a file; cohort takes two folders: use lesions compare"
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"lesions.cohort: {file_name(folder)}: no such folder")
    images: dict[str, Path] = {}
    aside = []
    for path in sorted(folder.iterdir()):
        if not image_suffix(path):
            continue
        if _is_apple_double(path):
            detail = "what macOS keeps of a file beside it: dot_clean removes it"
            aside.append({"side": side, "file": file_name(path), "reason": NO_IMAGE, "detail": detail})
            continue
        name = printable(case_name(path))
        if name in images:
            raise ValueError(
                f"lesions.cohort: {file_name(images[name])} and {file_name(path)} are the same case: keep one of them"
            )
        images[name] = path
    return images, aside


def _is_apple_double(path: Path) -> bool:
    if not path.name.startswith("._") or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_APPLE_DOUBLE)) == _APPLE_DOUBLE


def _some(images: dict[str, Path]) -> str:
    return ", ".join(sorted(images)[:3]) or "no images"


def _unpaired(side: str, path: Path, other: str) -> dict[str, str]:
    return {"side": side, "file": file_name(path), "reason": UNPAIRED, "detail": f"no {other} of this name"}
