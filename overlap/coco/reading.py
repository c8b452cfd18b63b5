"""COCO's JSON files to plain columns: `overlap.coco.read_instances` and `read_results`.

Conventions
-----------
- An annotation or result is a row of the table, in the order of the file, or a row of `skipped` with its reason. Where
  there are any of these, a warning says how many, and why the first of them.
- A missing ``iscrowd`` is 0, as other tools have it. Everything else that is needed has to be there.
- Identifiers are whole numbers or text. Numbers are compared as such: 1.0 is 1, "1" is not.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .._checks import check_choice, shown
from .._groups import read_labels
from .rows import Known, Once, Row, Shapes, Skipped, as_table, read_category, read_image
from .tables import Detections, References

if TYPE_CHECKING:
    import pandas as pd

SHAPES = ("boxes", "masks")
Source = str | PathLike[str] | Any

_NEEDED_SECTIONS = ("images", "categories", "annotations")


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """A file of references.

    Parameters
    ----------
    references : References
        Its images and categories are the file's identifiers; all categories are listed, in ascending order.
    ids : ndarray (m,)
        The identifier of each annotation.
    images : DataFrame
        ``id width height file_name``; None where the file has none.
    categories : DataFrame
        ``id name supercategory``, in ascending order of ``id``.
    skipped : DataFrame
        ``section place id reason`` of each row of the file that could not be read.
    """

    references: References
    ids: Any
    images: pd.DataFrame
    categories: pd.DataFrame
    skipped: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """A file of detections.

    Parameters
    ----------
    detections : Detections
    places : ndarray (n,)
        Where each detection stands in the file, from 0 on.
    duplicates : ndarray
        Rows of `detections` that say what an earlier one has said. They are evaluated, as pycocotools does it.
    skipped : DataFrame
        ``section place id reason`` of each result that could not be read.
    """

    detections: Detections
    places: Any
    duplicates: Any
    skipped: pd.DataFrame


def read_instances(source: Source, shapes: Shapes = "boxes") -> Instances:
    """Read references from a JSON file of instances as COCO writes it.

    No row is left out in silence: a warning counts those of `Instances.skipped`. pycocotools ends with an error where
    an annotation has no ``area``, ``bbox`` or ``iscrowd``, or the image of a polygon no ``height``. Annotations of
    images or categories that are not listed it leaves out without a word. Of an ``id`` that occurs twice it counts the
    last annotation twice, and a box of negative side is never found.

    Parameters
    ----------
    source : path or mapping
        A file, or what was read from one: ``{"images": [...], "categories": [...], "annotations": [...]}``.
    shapes : {"boxes", "masks"}
        What is to be compared. Masks are polygons or run lengths, of numbers or packed; polygons are drawn as
        pycocotools does it.

    Returns
    -------
    Instances

    Warns
    -----
    UserWarning
        If images, categories or annotations cannot be read: how many, and the reason of the first.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds no JSON, something else than instances, or no annotation that can be read.

    See Also
    --------
    read_results : Read detections from a JSON list of results as COCO writes it.
    evaluate : Average precision of detections by the rules of a community.

    Examples
    --------
    >>> first = {"id": 7, "image_id": 1, "category_id": 3, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0}
    >>> second = first | {"id": 8, "image_id": 2}
    >>> images = [{"id": 1, "height": 20, "width": 30}, {"id": 2, "height": 20, "width": 30}]
    >>> categories = [{"id": 3, "name": "cat"}]
    >>> read = read_instances({"images": images, "categories": categories, "annotations": [first, second]})
    >>> len(read.references), len(read.skipped)
    (2, 0)
    """
    operation = "coco.read_instances"
    check_choice(operation, "shapes", shapes, SHAPES)
    name, data = _load(operation, source)
    _check_sections(operation, name, data)
    skipped = Skipped()
    images = skipped.kept("images", data["images"], Once(read_image))
    categories = skipped.kept("categories", data["categories"], Once(read_category))
    categories = _in_order(operation, name, categories)
    known = Known(images, categories, shapes)
    annotations = skipped.kept("annotations", data["annotations"], Once(known.read_annotation))
    _check_some(operation, name, data["annotations"], annotations, skipped)
    _warn(operation, name, {section: len(data[section]) for section in _NEEDED_SECTIONS}, skipped)
    references = References(
        image=[row["image"] for row in annotations],
        category=[row["category"] for row in annotations],
        boxes=_boxes(annotations) if shapes == "boxes" else None,
        masks=[row["mask"] for row in annotations] if shapes == "masks" else None,
        sizes=[row["area"] for row in annotations],
        is_crowd=[row["is_crowd"] for row in annotations],
        categories=[row["id"] for row in categories],
    )
    return Instances(
        references,
        read_labels(operation, "ids", [row["id"] for row in annotations]),
        as_table(images, ["id", "width", "height", "file_name"]),
        as_table(categories, ["id", "name", "supercategory"]),
        skipped.table(),
    )


def read_results(source: Source, instances: Instances, shapes: Shapes = "boxes") -> Results:
    """Read detections from a JSON list of results as COCO writes it.

    No result is left out in silence: a warning counts those of `Results.skipped`. pycocotools ends with an error where
    an image is not listed or a ``score`` is missing. It leaves results of categories that are not listed out without a
    word, and counts those whose ``score`` is NaN or whose box has a negative side.

    Parameters
    ----------
    source : path or list
        A file, or what was read from one: ``[{"image_id": ..., "category_id": ..., "bbox": ..., "score": ...}, ...]``.
    instances : Instances
        The file of references, which says what images and categories there are.
    shapes : {"boxes", "masks"}
        What is to be compared. The size of a detection is that of its box or of its mask, accordingly.

    Returns
    -------
    Results

    Warns
    -----
    UserWarning
        If results cannot be read: how many, and the reason of the first.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds no JSON, something else than a list of results, or results none of which can be read. An empty list
        is one of no detections.

    See Also
    --------
    read_instances : Read references from a JSON file of instances as COCO writes it.
    evaluate : Average precision of detections by the rules of a community.

    Examples
    --------
    >>> instances = read_instances({"images": [{"id": 1}], "categories": [{"id": 3, "name": "cat"}], "annotations": []})
    >>> row = {"image_id": 1, "category_id": 3, "bbox": [0, 0, 9, 9]}
    >>> results = read_results([row | {"score": 0.9}, row | {"score": 0.4}], instances)
    >>> results.detections.confidence, len(results.skipped)
    (array([0.9, 0.4]), 0)
    """
    operation = "coco.read_results"
    check_choice(operation, "shapes", shapes, SHAPES)
    if not isinstance(instances, Instances):
        raise TypeError(f"{operation}: instances is {shown(instances)}; pass what coco.read_instances returns")
    name, data = _load(operation, source)
    if not isinstance(data, list):
        raise ValueError(
            f"{operation}: {name}: {_described(data)}; results are a list of objects with image_id, category_id, score "
            "and bbox or segmentation, and references are read by coco.read_instances"
        )
    skipped = Skipped()
    known = Known(_rows(instances.images), _rows(instances.categories), shapes)
    found = skipped.kept("results", data, known.read_result)
    _check_some(operation, name, data, found, skipped)
    _warn(operation, name, {"results": len(data)}, skipped)
    detections = Detections(
        image=[row["image"] for row in found],
        category=[row["category"] for row in found],
        confidence=[row["score"] for row in found],
        boxes=_boxes(found) if shapes == "boxes" else None,
        masks=[row["mask"] for row in found] if shapes == "masks" else None,
    )
    places = np.array([row["place"] for row in found], np.intp)
    return Results(detections, places, _repeated(found), skipped.table())


# ---- files


def _load(operation: str, source: Source) -> tuple[str, Any]:
    """Return the name of what is read, and what it holds."""
    if not isinstance(source, str | PathLike):
        return "what was given", source
    path = fspath(source)
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except FileNotFoundError:
        raise FileNotFoundError(f"{operation}: {path}: there is no such file; check the path") from None
    except (UnicodeDecodeError, OSError) as error:
        raise ValueError(f"{operation}: {path}: cannot be read as text ({error}); pass a JSON file in UTF-8") from None
    if not text.strip():
        raise ValueError(f"{operation}: {path}: is empty; write or download it again")
    try:
        return path, json.loads(text)
    except json.JSONDecodeError as error:
        is_cut_off = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "ends in the middle" if is_cut_off else "holds no JSON"
        raise ValueError(
            f"{operation}: {path}: {what} (line {error.lineno}, column {error.colno}: {error.msg}); write or "
            "download it again"
        ) from None
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{operation}: {path}: cannot be read ({error}); write or download it again") from None


def _described(data: Any) -> str:
    if isinstance(data, Mapping):
        keys = [str(key)[:40] for key in list(data)[:6]]
        return f"holds an object of {', '.join(keys)}" if keys else "holds an empty object"
    return f"holds a {type(data).__name__}"


def _check_sections(operation: str, name: str, data: Any) -> None:
    sections = data if isinstance(data, Mapping) else {}
    lacking = [key for key in _NEEDED_SECTIONS if not isinstance(sections.get(key), list)]
    if lacking:
        raise ValueError(
            f"{operation}: {name}: {_described(data)}, without a list of {', '.join(lacking)}; instances are an "
            "object of images, categories and annotations, and detections are read by coco.read_results"
        )


def _check_some(operation: str, name: str, given: list[Any], kept: list[Row], skipped: Skipped) -> None:
    if given and not kept:
        raise ValueError(f"{operation}: {name}: none of {len(given)} rows can be read; {skipped.rows[-1]['reason']}")


def _warn(operation: str, name: str, given: dict[str, int], skipped: Skipped) -> None:
    """Say how many rows of each section are left out, and why the first is."""
    if not skipped.rows:
        return
    left_out = Counter(row["section"] for row in skipped.rows)
    counts = ", ".join(f"{left_out[section]} of {n} {section}" for section, n in given.items() if left_out[section])
    first = skipped.rows[0]
    warnings.warn(
        f"{operation}: {name}: {counts} cannot be read and are left out, the first is {first['section']}"
        f"[{first['place']}]: {first['reason']}; correct the rows that .skipped lists, or delete them from the file",
        stacklevel=3,
    )


# ---- columns


def _in_order(operation: str, name: str, categories: list[Row]) -> list[Row]:
    try:
        return sorted(categories, key=lambda row: row["id"])
    except TypeError:
        raise ValueError(
            f"{operation}: {name}: identifiers of categories are numbers and text; make them all of one kind"
        ) from None


def _rows(table: pd.DataFrame) -> list[Row]:
    return cast(list[Row], table.to_dict("records"))


def _boxes(rows: list[Row]) -> Any:
    return np.array([row["box"] for row in rows], np.float64).reshape(len(rows), 4)


def _repeated(rows: list[Row]) -> Any:
    """Return the rows that are the same as an earlier one."""
    seen = set()
    repeated = []
    for number, row in enumerate(rows):
        shape = tuple(row["box"]) if "box" in row else np.asarray(row["mask"]["counts"]).tobytes()
        key = (row["image"], row["category"], row["score"], shape)
        if key in seen:
            repeated.append(number)
        seen.add(key)
    return np.array(repeated, np.intp)
