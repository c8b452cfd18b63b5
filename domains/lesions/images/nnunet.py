"""What a folder of nnU-Net says of its files.

Conventions
-----------
- ``dataset.json`` lies in the folder of the images or in the one above it. Where it has ``regions_class_order``, the
  model was trained on regions: each is a union of labels, and the probabilities have a class for each, in the order of
  the file, without the background.
- A label of the name "ignore" is none that a model learns: it says which voxels of a reference do not count. It is no
  region, and has no class.
- The place of probabilities is that of the segmentation beside them. The pickle beside both is never opened.

References
----------
Isensee, F. et al. (2021). nnU-Net. Nat. Methods 18, 203. doi:10.1038/s41592-020-01008-z
https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/region_based_training.md
https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/ignore_label.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..._files import ReadError, load_json, read_text, reading
from ..._text import one_line, printable
from .names import case_name, says_its_place

Regions = dict[str, tuple[int, ...]]

DESCRIPTION = "dataset.json"
_ORDER = "regions_class_order"
_IGNORED = "ignore"


def regions_of(folder: Path) -> Regions:
    """Return the regions that a model was trained on, by their names; none if it was trained on labels.

    Parameters
    ----------
    folder : Path
        Of predictions, or of references.

    Raises
    ------
    ReadError
        If ``dataset.json`` is damaged, or does not say what its regions are.

    Examples
    --------
    >>> import tempfile
    >>> said = '{"labels": {"background": 0, "whole": [1, 2], "core": 2}, "regions_class_order": [1, 2]}'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "dataset.json").write_text(said)
    ...     regions_of(Path(folder))
    {'whole': (1, 2), 'core': (2,)}
    """
    path = _description_of(folder)
    if path is None:
        return {}
    with reading("lesions.nnunet", path):
        return _regions(load_json(read_text("lesions.nnunet", path)))


def ignored_label(folder: Path) -> int | None:
    """Return the label whose voxels of a reference do not count, if there is one.

    Parameters
    ----------
    folder : Path
        Of predictions, or of references.

    Raises
    ------
    ReadError
        If ``dataset.json`` is damaged, or the label is no number.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "dataset.json").write_text('{"labels": {"background": 0, "lesion": 1, "ignore": 2}}')
    ...     ignored_label(Path(folder))
    2
    """
    path = _description_of(folder)
    if path is None:
        return None
    with reading("lesions.nnunet", path):
        return _ignored(load_json(read_text("lesions.nnunet", path)))


class Described(NamedTuple):
    """What a description says: the regions that are scored, and the label that is not; None where it says nothing."""

    regions: Regions | None
    ignored: int | None


def described(*folders: str | Path | None) -> Described:
    """Return what nnU-Net's description in one of the folders says, or beside it.

    Parameters
    ----------
    *folders : path or None
        Those of the predictions and of the references; the first that says something counts.

    Raises
    ------
    ReadError
        See `regions_of` and `ignored_label`.

    Examples
    --------
    >>> described(Path("nowhere"), None)
    Described(regions=None, ignored=None)
    """
    given = [Path(folder) for folder in folders if folder is not None]
    regions = [found for found in map(regions_of, given) if found]
    ignored = [label for label in map(ignored_label, given) if label is not None]
    return Described(regions[0] if regions else None, ignored[0] if ignored else None)


def segmentation_beside(path: Path) -> Path | None:
    """Return the image of the same case in the same folder that says where its voxels lie, if there is one.

    Examples
    --------
    >>> segmentation_beside(Path("nowhere/case.npz")) is None
    True
    """
    if not path.parent.is_dir():
        return None
    for other in sorted(path.parent.iterdir()):
        if says_its_place(other) and case_name(other) == case_name(path):
            return other
    return None


def _description_of(folder: Path) -> Path | None:
    for place in (folder, folder.parent):
        path = place / DESCRIPTION
        if path.is_file():
            return path
    return None


def _ignored(description: Any) -> int | None:
    labels = description.get("labels") if isinstance(description, dict) else None
    if not isinstance(labels, dict) or _IGNORED not in labels:
        return None
    number = labels[_IGNORED]
    if not isinstance(number, int) or number < 1:
        raise ReadError(f"the label {_IGNORED!r} is {one_line(number, 60)!r}, no number above 0: write its number")
    return number


def _regions(description: Any) -> Regions:
    if not isinstance(description, dict) or _ORDER not in description:
        return {}
    labels = description.get("labels")
    if not isinstance(labels, dict):
        raise ReadError(f"it has {_ORDER} and no labels: take the one that the model was trained with")
    regions = {}
    for name, numbers in labels.items():
        if name == _IGNORED:
            continue
        members = numbers if isinstance(numbers, list) else [numbers]
        if not members or not all(isinstance(number, int) for number in members):
            raise ReadError(f"the region {one_line(name, 60)!r} is no list of labels: write their numbers")
        if members != [0]:
            regions[printable(name)] = tuple(members)
    return regions
