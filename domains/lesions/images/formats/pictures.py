"""Masks in pictures: TIFF files of one or more pages (.tif, .tiff), PNG files, and folders of either, slice by slice.

Conventions
-----------
- Columns run to the patient's left, rows to the back and slices up, as in an axial slice of ITK; with the place of
  another image, they run as they do in its file.
- Pages of one size are slices, written together or one by one. A file of several images that are no such pages is
  refused: which of them is the mask is not to be told.
- A TIFF that says its voxel size (OME: PhysicalSize; ImageJ: resolution, spacing and unit of length) is believed, also
  along some axes alone. A resolution for printers is none. Where voxels lie is in none of these files.
- OME's unit of length is µm where the file has none, which is told.
- The slices of a folder are in the order of the numbers in their names, the lowest first, and all of one format. The
  numbers go in equal steps, so that no slice is missing; they may have decimals. A hyphen before a number is a minus
  where some names have one and others none; where all have one, the order is not to be told.
- A picture in colours is no mask, unless its palette is: then the numbers of the palette are the labels.

References
----------
https://docs.openmicroscopy.org/ome-model/
"""

from __future__ import annotations

import logging
import re
from math import nan
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import numpy as np

from ...._files import ReadError, check_budget, reading
from ...._text import file_name, one_line
from ..names import SLICES
from .silence import in_silence
from .stored import DIRECTION, ORIGIN, Stored, needs

Sizes: TypeAlias = tuple[float, float, float]
"""Size of a voxel along columns, rows and slices, mm; NaN where it is not said."""

_UNKNOWN = (nan, nan, nan)
LEAVE_SIZE_OUT = 'tifffile.imwrite(NEW, tifffile.imread(FILE), photometric="minisblack") leaves it out'
"""What helps a TIFF whose size of voxels is wrong."""

_NO_LENGTH = ("", "pixel", "pixels", "reference frame")
"""Units of files that do not say how large their pixels are."""

MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "µm": 0.001, "um": 0.001, "micron": 0.001, "microns": 0.001}
_MANY_BYTES = 1 << 25
_NUMBER = re.compile(r"((?<!\d)[-+]|)(\d+(?:\.\d+)?)")
_REMEDY = "number their names 001, 002, ..., with _ before the number"
_SAME_STEP = 0.05
"""How much longer a step may be, relative to the shortest: places in names are rounded."""

_SAVE_NUMBERS = "save the labels, or one channel, as numbers"


def read_tiff(operation: str, path: Path) -> Stored:
    """Read a TIFF file: pages are slices.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ImportError
        If tifffile is not installed.
    ReadError
        If the file is damaged, or no mask.
    """
    try:
        import tifffile
    except ImportError:
        raise needs("TIFF files", "tifffile") from None
    with in_silence(logging.getLogger("tifffile")) as said, tifffile.TiffFile(path) as file:
        # follows the pages to their end, where tifffile notices that they go in a circle
        len(file.pages)
        needed = sum(series.nbytes for series in file.series)
        if needed > _MANY_BYTES:
            check_budget(operation, path, needed, "the image")
        _check_one_image(file)
        sizes, told = _sizes(file)
        parts = [series.asarray() for series in file.series]
        axes = file.series[0].axes
        for series in file.series:
            _check_length(series.pages, path)
    if said:
        raise ReadError(f"a damaged TIFF file ({one_line(said[0], 120)}); fetch or write it again")
    if len(parts) > 1:
        return _from_rows(np.stack(parts), sizes, told)
    return _from_rows(_slices(parts[0], axes), sizes, told)


def read_png(operation: str, path: Path) -> Stored:
    """Read a PNG file: one slice.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ReadError
        If the file is damaged, or in colours.
    """
    from PIL import Image

    _check_whole(path)
    with Image.open(path) as picture:
        columns, rows = picture.size
        check_budget(operation, path, columns * rows * 4, "the image")
        if picture.mode not in ("1", "L", "P", "I", "I;16", "I;16B", "F"):
            raise ReadError(f"a picture in colours ({picture.mode}), not a mask: {_SAVE_NUMBERS}")
        values = np.asarray(picture)
    return _from_rows(values[np.newaxis])


def read_slices(operation: str, folder: Path) -> Stored:
    """Read a folder of slices: PNG or TIFF files of one page each.

    Parameters
    ----------
    operation : str
        Who reads.
    folder : Path

    Raises
    ------
    ReadError
        If the slices are of several formats or sizes, or their order is not to be told.
    """
    numbered = slices_in(folder)
    paths = list(numbered.values())
    endings = {path.suffix.lower() for path in paths}
    if len(endings) != 1:
        raise ReadError(f"slices of several formats ({', '.join(sorted(endings))}): keep one of them in the folder")
    read = read_png if endings == {".png"} else read_tiff
    found = []
    for path in paths:
        # an error names the slice
        with reading(operation, path):
            found.append(read(operation, path).values)
    shapes = {values.shape for values in found}
    if len(shapes) != 1 or found[0].shape[2] != 1:
        raise ReadError(
            f"its files are no slices of one size ({one_line(sorted(shapes), 80)}): keep one image a folder"
        )
    return Stored(np.concatenate(found, axis=2), slices=_range_of(list(numbered)))


def slices_in(folder: Path) -> dict[float, Path]:
    """Return the slices of a folder by their numbers, in their order.

    Raises
    ------
    ReadError
        If the order is not to be told from the names, or a slice is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("z0.5.png", "z-0.5.png", "z0.0.png"):
    ...         Path(folder, name).touch()
    ...     [path.name for path in slices_in(Path(folder)).values()]
    ['z-0.5.png', 'z0.0.png', 'z0.5.png']
    """
    paths = [path for path in folder.iterdir() if path.suffix.lower() in SLICES and not path.name.startswith(".")]
    parts = [_NUMBER.findall(path.stem) for path in paths]
    columns = [column for column in zip(*parts, strict=False) if len(set(column)) > 1]
    if len({len(own) for own in parts}) > 1 or (not columns and (len(paths) > 1 or not parts[0])):
        raise ReadError(f"the order of {file_name(min(paths).name)} among the slices is not to be told: {_REMEDY}")
    if not columns:
        return {_value(*parts[0][-1]): paths[0]}
    for column in columns:
        _check_signs(column)
    numbers = np.array([[_value(*part) for part in column] for column in columns])
    order = np.argsort(numbers[0])
    _check_steps(numbers[:, order], [paths[k] for k in order])
    return {float(numbers[0, k]): paths[k] for k in order}


def _check_whole(path: Path) -> None:
    """Refuse a PNG file whose parts do not have their checksums, which are not looked at where values are read."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            picture.verify()
    except (OSError, SyntaxError) as error:
        raise ReadError(f"a damaged PNG file, or none ({one_line(error, 120)}); fetch or write it again") from error


def _value(sign: str, digits: str) -> float:
    return float(f"{sign.strip()}{digits}")


def _check_signs(column: tuple[tuple[str, str], ...]) -> None:
    """Refuse numbers that have a hyphen before them in all names: it may be a minus, or part them from a word."""
    if all(sign == "-" for sign, _ in column):
        raise ReadError(f"whether the hyphen before {column[0][1]} is a minus is not to be told: {_REMEDY}")


def _check_steps(numbers: np.ndarray, paths: list[Path]) -> None:
    """Refuse slices whose numbers, in order, go in unequal steps or down."""
    steps = np.diff(numbers, axis=1)
    usual = steps.min(axis=1, keepdims=True)
    if not (usual > 0).all():
        raise ReadError(f"the order of {file_name(paths[0].name)} among the slices is not to be told: {_REMEDY}")
    is_wide = (steps > usual * (1 + _SAME_STEP)).any(axis=0)
    if is_wide.any():
        k = int(np.argmax(is_wide))
        names = f"{file_name(paths[k].name)} and {file_name(paths[k + 1].name)}"
        raise ReadError(f"slices are missing between {names}: add them, empty ones too")


def _range_of(numbers: list[float]) -> str:
    """Return the numbers of slices in words."""
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 1.0
    return f"{numbers[0]:.9g} to {numbers[-1]:.9g} in steps of {step:.9g}"


def _check_one_image(file: Any) -> None:
    """Refuse a file of several images, unless each is a page and all are of one size: pages written one by one."""
    if not file.series:
        raise ReadError("a TIFF file without an image: it was not written to its end; write it again")
    kinds = {(series.axes, series.shape, str(series.dtype)) for series in file.series}
    if len(file.series) == 1 or (len(kinds) == 1 and file.series[0].axes == "YX" and not file.is_ome):
        return
    sizes = ", ".join(" × ".join(str(n) for n in series.shape) for series in file.series)
    raise ReadError(f"{len(file.series)} images in one file ({one_line(sizes, 80)}): save the mask alone in a file")


def _check_length(pages: Any, path: Path) -> None:
    """Refuse a file that ends before the values of its pages do: tifffile takes what is missing for 0."""
    length = path.stat().st_size
    for page in pages:
        ends = [begin + n for begin, n in zip(page.dataoffsets, page.databytecounts, strict=True)]
        if max(ends, default=0) > length:
            found = f"its pages end at byte {max(ends)} and the file at {length}"
            raise ReadError(f"cut off: {found}; fetch or write it again")


def _slices(values: np.ndarray, axes: str) -> np.ndarray:
    """Return pages as slices, rows and columns; tifffile calls pages Z, or what it does not know I, Q or S."""
    kept = [axis for axis, n in zip(axes, values.shape, strict=True) if n > 1 or axis in "YX"]
    squeezed = values.reshape([n for axis, n in zip(axes, values.shape, strict=True) if axis in kept])
    named = "".join(kept)
    if named == "YX":
        return squeezed[np.newaxis]
    if len(named) != 3 or not named.endswith("YX") or named[0] in "CT":
        raise ReadError(f"a picture with the axes {one_line(axes, 20)}, not slices of a mask: {_SAVE_NUMBERS}")
    return squeezed


def _from_rows(values: np.ndarray, sizes: Sizes = _UNKNOWN, told: str = "") -> Stored:
    if values.dtype.kind not in "buif":
        raise ReadError(f"the values are {one_line(values.dtype, 40)}, not numbers: {_SAVE_NUMBERS}")
    if min(sizes) <= 0:
        raise ReadError(f"the file gives voxels no size ({' × '.join(map(str, sizes))} mm): {LEAVE_SIZE_OUT}")
    across, along, up = sizes
    if len(values) == 1 and np.isnan(up):
        # a slice is as thick as it is
        up = 1.0
    affine = None if np.isnan([across, along]).all() else np.diag([-across, -along, up, 1.0])
    columns_first = values.transpose(2, 1, 0)
    unsaid = (ORIGIN, DIRECTION)
    return Stored(columns_first, affine, remedy=LEAVE_SIZE_OUT, told=told, has_height=False, unsaid=unsaid)


def _sizes(file: Any) -> tuple[Sizes, str]:
    """Return the size of voxels, as far as a file says it, and what was taken for granted."""
    if file.is_ome:
        return _ome_sizes(file.ome_metadata)
    if file.is_imagej:
        return _imagej_sizes(file), ""
    return _UNKNOWN, ""


def _ome_sizes(text: str) -> tuple[Sizes, str]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ReadError("its OME header declares entities: write it again with tifffile")
    pixels = ElementTree.fromstring(text).find(".//{*}Pixels")
    said: dict[str, str] = {} if pixels is None else dict(pixels.items())
    sizes = []
    told = ""
    for axis in "XYZ":
        size = said.get(f"PhysicalSize{axis}")
        unit = said.get(f"PhysicalSize{axis}Unit")
        if size is not None and unit is None:
            told = "the file gives no unit of length: µm, as OME has it; read as mm"
        sizes.append(nan if size is None else float(size) * _mm_of(unit or "µm"))
    return (sizes[0], sizes[1], sizes[2]), told


def _imagej_sizes(file: Any) -> Sizes:
    said = file.imagej_metadata or {}
    tags = file.pages[0].tags
    if "unit" not in said:
        return _UNKNOWN
    mm = _mm_of(str(said["unit"]).replace("\\u00B5", "µ"))
    across = [_step(tags, name) * mm for name in ("XResolution", "YResolution")]
    return across[0], across[1], float(said.get("spacing", nan)) * mm


def _step(tags: Any, name: str) -> float:
    """Return the distance of two pixels, as a tag has its reciprocal."""
    if name not in tags:
        return nan
    pixels, per = tags[name].value
    return float(per / pixels)


def _mm_of(unit: str) -> float:
    """Return how many mm a unit is; NaN if it is none of length."""
    if unit in _NO_LENGTH:
        return nan
    if unit not in MILLIMETRES:
        raise ReadError(f"its unit of length is {one_line(unit, 20)!r}: write it in mm, or {LEAVE_SIZE_OUT}")
    return MILLIMETRES[unit]
