"""The images of two folders, paired by their names.

Conventions
-----------
- A case is a file name without the ending of an image, which may be in capitals. Bytes that are no text are escaped.
- Names that differ only in an ending of BraTS (``-seg``) or nnU-Net (``_0000``) are one case, which is called after
  what is left. Other rules are said by a pattern: see `Names`.
- Two files of one folder with one case are an error that names both, unless one is the segmentation and the other, of a
  format that does not say where its voxels lie, comes from it: nnU-Net's probabilities, a picture. It is told.
- A folder of slices (PNG, TIFF) is an image. Single pictures are, where no image says where its voxels lie; else told.
- A reference without a prediction is a case of which the prediction is missing. A prediction without a reference is
  told, and so is a file that is no image, or none of a format that is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..._skipped import UNPAIRED, UNREADABLE
from ..._text import file_name, printable
from ..images.names import SLICES, SUFFIXES, case_name, image_suffix, is_image_folder, says_its_place
from .naming import ROLES, Names, pairing_patterns

OTHER_FORMATS = (
    *(".hdr", ".img", ".mgh", ".mgz", ".mnc", ".ima"),
    *(".jpg", ".jpeg", ".bmp", ".h5", ".zarr"),
)
"""Endings of images, for those that are not read."""

APPLE_DOUBLE = "._"
"""How the name of a file begins that macOS writes beside another."""

NO_IMAGE = "no image"
OTHER_FORMAT = "other format"
OTHER_NAME = "other name"

Row = dict[str, str]


class Listed(NamedTuple):
    """A case: its name, its files and who it is of.

    Parameters
    ----------
    name : str
    predicted : Path or None
        None if the prediction is missing.
    reference : Path
    group : str
        Such as the patient; "" if nobody says.
    """

    name: str
    predicted: Path | None
    reference: Path
    group: str = ""


def pair_images(
    predictions: Path,
    references: Path,
    names: Names | None = None,
    reference_names: Names | None = None,
    shares: bool = False,
) -> tuple[list[Listed], list[Row]]:
    """Pair the images of two folders by the names of their files.

    Parameters
    ----------
    predictions, references : Path
        Folders.
    names, reference_names : Names, optional
        How the case is found in a name; of references as of predictions by default.
    shares : bool
        Whether the probabilities of nnU-Net are the predictions, or the segmentations beside them.

    Returns
    -------
    list of Listed
        The cases in the order of their names: all that have a reference.
    list of dict
        A row for each prediction without a reference and each file that is not read, for the table of what was skipped.

    Raises
    ------
    FileNotFoundError
        If a folder does not exist.
    ValueError
        If no names agree, or two files of a folder are the same case.
    """
    names = names or Names()
    reference_names = reference_names or names
    predicted, aside_predicted = _images_in(predictions, "prediction", names, shares)
    reference, aside_reference = _images_in(references, "reference", reference_names)
    if names.pattern is None and reference_names.pattern is None:
        alone = predicted.keys() ^ reference.keys()
        predicted = _without_roles(predicted, alone)
        reference = _without_roles(reference, alone)
    if not predicted.keys() & reference.keys():
        raise ValueError(
            f"lesions.cohort: no image has the same name in both folders; {file_name(predictions)} holds "
            f"{_some(predicted, aside_predicted)}, {file_name(references)} {_some(reference, aside_reference)}: "
            f"{_naming_remedy(predictions, references)}"
        )
    cases = [Listed(name, predicted.get(name), reference[name]) for name in sorted(reference)]
    rows = [*aside_predicted, *aside_reference]
    for name in sorted(predicted.keys() - reference.keys()):
        rows.append(_row("prediction", predicted[name], UNPAIRED, "no reference of this name"))
    return cases, rows


def images_by_case(folder: Path) -> dict[str, Path]:
    """Return the images of a folder by their cases, the names without what BraTS and nnU-Net add.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If there is no such folder.
    ValueError
        If two files are the same case.
    """
    images, _ = _images_in(folder, "image", Names())
    return _without_roles(images, list(images))


def _naming_remedy(predictions: Path, references: Path) -> str:
    """Return which patterns pair the images of two folders, or how names are made alike."""
    named = {folder: _names_below(folder) for folder in (predictions, references)}
    without = " and ".join(file_name(folder) for folder, names in named.items() if not names)
    if without:
        return f"say the folder that holds images in place of {without}"
    found = pairing_patterns(named[predictions], named[references])
    if found is None:
        return (
            "name each reference as its prediction, say with names= (--names) what of a name is the case, as in "
            "'(.+)_.*', or name the pairs in a table, cases= (--cases)"
        )
    own, other = found
    if own == other:
        return f"names='{own}' (--names '{own}') says what of the names is the case"
    return (
        f"names='{own}', reference_names='{other}' (--names '{own}' --reference-names '{other}') say what of the names "
        "is the case"
    )


def _names_below(folder: Path) -> list[str]:
    """Return the names of all images in a folder and its subfolders, as patterns match them."""
    stacks = [path for path in folder.iterdir() if _is_stack(path)]
    images = [path for path in folder.rglob("*") if image_suffix(path) and path.parent not in stacks]
    named = [path for path in sorted([*stacks, *images]) if not path.name.startswith(APPLE_DOUBLE)]
    return [_below(path, folder) for path in named]


def _images_in(folder: Path, side: str, names: Names, shares: bool = False) -> tuple[dict[str, Path], list[Row]]:
    """Return the images of a folder by the name of their case, and a row for each file that only looks like one."""
    if folder.is_file():
        raise NotADirectoryError(
            f"lesions.cohort: {file_name(folder)} is a file; cohort takes two folders: use lesions compare"
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"lesions.cohort: {file_name(folder)}: no such folder")
    images: dict[str, Path] = {}
    rows = []
    others = []
    for path in _files(folder, names):
        if path.name.startswith(APPLE_DOUBLE):
            if image_suffix(path):
                detail = "what macOS keeps of a file beside it: dot_clean removes it"
                rows.append(_row(side, path, NO_IMAGE, detail))
            continue
        is_stack = not names.go_deeper and _is_stack(path)
        if not image_suffix(path) and not is_stack:
            others.append(path)
            continue
        case = _case_of(path, folder, names)
        if case is None:
            rows.append(_row(side, path, OTHER_NAME, f"its name does not match {names.pattern}"))
            continue
        if case in images:
            images[case], beside = _of_two(images[case], path, shares)
            rows.append(_row(side, beside, OTHER_FORMAT, f"{file_name(images[case].name)} beside it is read"))
            continue
        images[case] = path
    images, pictures = _without_pictures(images, side)
    return images, [*rows, *pictures, *_rows_of_others(others, images.values(), side)]


def _is_stack(path: Path) -> bool:
    """Return whether it is a folder of the slices of one image."""
    return path.is_dir() and is_image_folder(path)


def _without_pictures(images: dict[str, Path], side: str) -> tuple[dict[str, Path], list[Row]]:
    """Return images without the pictures among them, such as a figure among NIfTI files, and a row for each."""
    if not any(says_its_place(path) for path in images.values()):
        return images, []
    kept = {}
    rows = []
    for case, path in images.items():
        if image_suffix(path) in SLICES:
            rows.append(_row(side, path, OTHER_FORMAT, "a picture among images of other formats"))
        else:
            kept[case] = path
    return kept, rows


def _of_two(first: Path, second: Path, shares: bool) -> tuple[Path, Path]:
    """Return which of two files of a case is read, and the other: probabilities or pictures beside a segmentation."""
    placed = [path for path in (first, second) if says_its_place(path)]
    if len(placed) != 1 or first.parent != second.parent:
        names = f"{file_name(first)} and {file_name(second)}"
        raise ValueError(f"lesions.cohort: {names} are the same case: keep one of them")
    segmentation = placed[0]
    other = second if segmentation == first else first
    if shares and other.suffix.lower() == ".npz":
        return other, segmentation
    return segmentation, other


def _files(folder: Path, names: Names) -> Iterator[Path]:
    entries = folder.rglob("*") if names.go_deeper else folder.iterdir()
    yield from sorted(entries)


def _below(path: Path, folder: Path) -> str:
    """Return the path of an image below a folder without its ending."""
    return path.relative_to(folder).with_name(case_name(path)).as_posix()


def _case_of(path: Path, folder: Path, names: Names) -> str | None:
    below = _below(path, folder)
    case = names.case_of(below if names.go_deeper else case_name(path))
    return None if case is None else printable(case)


def _rows_of_others(others: Iterable[Path], images: Iterable[Path], side: str) -> list[Row]:
    """Return a row for each image of a format that is not read; one beside an image of its name is no input."""
    read = {(path.parent, case_name(path)) for path in images}
    formats = ", ".join(SUFFIXES)
    rows = []
    for path in others:
        ending = path.suffix.lower()
        if ending not in OTHER_FORMATS:
            continue
        if (path.parent, path.name[: -len(ending)]) in read:
            rows.append(_row(side, path, OTHER_FORMAT, "the image of this name beside it is read"))
        else:
            rows.append(_row(side, path, UNREADABLE, f"images are read from {formats}: convert it"))
    return rows


def _without_roles(images: dict[str, Path], alone: Iterable[str]) -> dict[str, Path]:
    """Return images with the names that only one side has without `ROLES`, where that names one of them alone."""
    bearers = Counter(_without_role(name) for name in images)
    renamed = {}
    for name, path in images.items():
        shorter = _without_role(name)
        is_free = name in alone and bearers[shorter] == 1
        renamed[shorter if is_free else name] = path
    return renamed


def _without_role(name: str) -> str:
    for role in ROLES:
        if name.endswith(role):
            return name.removesuffix(role)
    return name


def _some(images: dict[str, Path], aside: Iterable[Row]) -> str:
    if images:
        return f"{', '.join(sorted(images)[:3])} …"
    unread = [row for row in aside if row["reason"] == UNREADABLE]
    return f"no images but {unread[0]['file']} …, where {unread[0]['detail']}" if unread else "no images"


def _row(side: str, path: Path, reason: str, detail: str) -> Row:
    return {"side": side, "file": file_name(path), "reason": reason, "detail": detail}
