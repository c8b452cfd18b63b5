"""What a row of COCO's JSON says: images, categories, annotations and results, each read or refused with a reason.

Conventions
-----------
- A row is read whole, or it is `Unreadable`; `Skipped` keeps the reasons.
- A missing ``iscrowd`` is 0, as other tools have it. Everything else that is needed has to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from .._checks import shown
from ..raster.rle import read_rle
from .outlines import counts_of_polygons, read_polygons

if TYPE_CHECKING:
    import pandas as pd

Shapes = Literal["boxes", "masks"]
Row = dict[str, Any]


class Unreadable(ValueError):
    """Why one row cannot be read."""


class Skipped:
    """Rows that could not be read, and why."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def kept(self, section: str, rows: list[Any], read: Callable[[Any], Row]) -> list[Row]:
        """Return the rows of a section that can be read, each with its place."""
        kept = []
        for place, row in enumerate(rows):
            try:
                kept.append(read(row) | {"place": place})
            except Unreadable as reason:
                number = row.get("id") if isinstance(row, Mapping) else None
                self.rows.append({"section": section, "place": place, "id": number, "reason": str(reason)})
        return kept

    def table(self) -> pd.DataFrame:
        """Return them as a table."""
        return as_table(self.rows, ["section", "place", "id", "reason"])


class Once:
    """Reads rows that have an identifier, each of which may occur once."""

    def __init__(self, read: Callable[[Mapping[str, Any]], Row]) -> None:
        self.read = read
        self.ids: set[Any] = set()

    def __call__(self, row: Any) -> Row:
        """Return the columns of a row."""
        number = _identifier(_field(row, "id"), "id")
        if number in self.ids:
            raise Unreadable(f"id {number!r} occurs before")
        read = self.read(row)
        self.ids.add(number)
        return {"id": number} | read


def read_image(row: Mapping[str, Any]) -> Row:
    """Return the columns of an image, None where the file has none."""
    return {name: row.get(name) for name in ("width", "height", "file_name")}


def read_category(row: Mapping[str, Any]) -> Row:
    """Return the columns of a category, None where the file has none."""
    return {name: row.get(name) for name in ("name", "supercategory")}


class Known:
    """Reads annotations and results, by the images and categories that there are."""

    def __init__(self, images: list[Row], categories: list[Row], shapes: Shapes) -> None:
        self.images = {row["id"]: row for row in images}
        self.categories = {row["id"]: row["id"] for row in categories}
        self.shapes = shapes

    def read_annotation(self, row: Mapping[str, Any]) -> Row:
        """Return the columns of an annotation."""
        is_crowd = row.get("iscrowd", 0)
        if is_crowd not in (0, 1):
            raise Unreadable(f"iscrowd is {shown(is_crowd)}; it is 0 or 1")
        area = _number(_field(row, "area"), "area")
        if area < 0:
            raise Unreadable(f"area is {area:g}, which is negative")
        return self._placed(row) | {"area": area, "is_crowd": bool(is_crowd)}

    def read_result(self, row: Any) -> Row:
        """Return the columns of a result."""
        return self._placed(row) | {"score": _number(_field(row, "score"), "score")}

    def _placed(self, row: Any) -> Row:
        image_id = _identifier(_field(row, "image_id"), "image_id")
        image = self.images.get(image_id)
        if image is None:
            raise Unreadable(f"image_id {image_id!r} is none of the images")
        category_id = _identifier(_field(row, "category_id"), "category_id")
        category = self.categories.get(category_id)
        if category is None:
            raise Unreadable(f"category_id {category_id!r} is none of the categories")
        placed = {"image": image["id"], "category": category}
        if self.shapes == "boxes":
            return placed | {"box": _box(_field(row, "bbox"))}
        return placed | {"mask": _mask(row, image)}


def _field(row: Any, name: str) -> Any:
    try:
        return row[name]
    except (KeyError, TypeError, IndexError):
        reason = f"has no {name}" if isinstance(row, Mapping) else f"is {shown(row)}, and no object"
        raise Unreadable(reason) from None


def _identifier(value: Any, name: str) -> Any:
    # what most are
    if type(value) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value != value:
        raise Unreadable(f"{name} is {shown(value)}; it is a whole number or text")
    return value


def _number(value: Any, name: str) -> float:
    # what most are
    if type(value) is float and isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Unreadable(f"{name} is {shown(value)}; it is a finite number")
    return float(value)


def _box(value: Any) -> list[float]:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise Unreadable(f"bbox is {shown(value)}; it is [x, y, width, height]")
    box = [_number(number, "a number of bbox") for number in value]
    if box[2] < 0 or box[3] < 0:
        raise Unreadable(f"bbox {box} has a negative side; it is [x, y, width, height]")
    return box


def _mask(row: Mapping[str, Any], image: Row) -> Row:
    """Return the mask of a row as run lengths on its image."""
    segmentation = _field(row, "segmentation")
    height, width = _grid(image)
    if isinstance(segmentation, Mapping):
        try:
            rle = read_rle("coco", "segmentation", segmentation)
        except (TypeError, ValueError, OverflowError) as error:
            raise Unreadable(str(error).removeprefix("coco: ")) from None
        if (rle.height, rle.width) != (height, width):
            raise Unreadable(
                f"segmentation has size {[rle.height, rle.width]}, and its image is [{height}, {width}] (height, width)"
            )
        return {"size": [height, width], "counts": rle.counts}
    corners, reason = read_polygons(segmentation)
    if reason:
        raise Unreadable(f"segmentation: {reason}")
    return {"size": [height, width], "counts": counts_of_polygons(corners, height, width)}


def _grid(image: Row) -> tuple[int, int]:
    height = image["height"]
    width = image["width"]
    if not _is_side(height) or not _is_side(width):
        raise Unreadable(
            f"image {image['id']!r} has height and width {shown([height, width])}; masks need both, whole numbers of "
            "cells"
        )
    return int(height), int(width)


def _is_side(value: Any) -> bool:
    """Return whether a value is a whole number of cells."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < 1e5 and value % 1 == 0


def as_table(rows: list[Row], columns: list[str]) -> pd.DataFrame:
    """Return rows as a table of these columns, their values as they were read."""
    import pandas as pd

    # identifiers and sizes stay what they were, beside some that are missing too
    return pd.DataFrame(rows, columns=columns, dtype=object)
