"""Oracles: pycocotools 2.0.11 on drawn sets, and on files with one fault; small files, each fault with its reason."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from overlap import coco, raster

IMAGES = [{"id": 1, "width": 30, "height": 20, "file_name": "a.jpg"}, {"id": 2, "width": 4, "height": 3}]
CATEGORIES = [{"id": 9, "name": "dog"}, {"id": 3, "name": "cat", "supercategory": "animal"}]
ROW = {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 7.5, "iscrowd": 0}
TRIANGLE = [[0.0, 0.0, 8.0, 0.0, 8.0, 8.0]]
RESULT = {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}


def instances(*annotations, **sections):
    return {"images": IMAGES, "categories": CATEGORIES, "annotations": list(annotations)} | sections


FAULTS = json.loads((Path(__file__).parents[2] / "data" / "pycocotools_faults.json").read_text())["faults"]


def told(read, *arguments):
    """Return what is read from a file with faults, which a warning must speak of."""
    with pytest.warns(UserWarning, match="cannot be read and are left out, the first is"):
        return read(*arguments)


def test_columns_of_boxes():
    crowd = ROW | {"id": 5, "iscrowd": 1, "category_id": 9}
    read = coco.read_instances(instances(ROW, crowd))
    there = read.references
    assert there.image.tolist() == [1, 1]
    assert there.category.tolist() == [3, 9]
    assert there.boxes.tolist() == [[1, 2, 3, 4]] * 2
    assert there.sizes.tolist() == [7.5, 7.5]
    assert there.is_crowd.tolist() == [False, True]
    assert there.categories.tolist() == [3, 9]
    assert read.ids.tolist() == [1, 5]
    assert read.categories["name"].tolist() == ["cat", "dog"]
    assert read.images["file_name"].tolist() == ["a.jpg", None]
    assert len(read.skipped) == 0


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [3, 4], "counts": [1, 2, 9]},
        {"size": [3, 4], "counts": "129"},
        [[0, 1, 1, 1, 1, 3, 0, 3]],
    ],
    ids=["numbers", "text", "polygon"],
)
def test_every_form_of_a_mask(segmentation):
    row = ROW | {"image_id": 2, "segmentation": segmentation}
    read = coco.read_instances(instances(row), "masks")
    assert raster.decode_rle(read.references.masks)[0].T.astype(int).tolist() == [
        [0, 1, 1],
        [0, 0, 0],
        [0, 0, 0],
        [0] * 3,
    ]
    found = coco.read_results([RESULT | {"image_id": 2, "segmentation": segmentation}], read, "masks")
    assert coco.evaluate(found.detections, read.references, "masks").summary()["AP"] == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_id": 7}, "image_id 7 is none of the images"),
        ({"image_id": "1"}, "image_id '1' is none of the images"),
        ({"image_id": [1]}, "image_id is [1]; it is a whole number or text"),
        ({"category_id": 4}, "category_id 4 is none of the categories"),
        ({"id": 100}, "id 100 occurs before"),
        ({"bbox": [1, 2, 3]}, "bbox is [1, 2, 3]; it is [x, y, width, height]"),
        ({"bbox": [1, 2, -3, 4]}, "bbox [1.0, 2.0, -3.0, 4.0] has a negative side; it is [x, y, width, height]"),
        ({"bbox": [1, 2, float("nan"), 4]}, "a number of bbox is nan; it is a finite number"),
        ({"area": None}, "area is None; it is a finite number"),
        ({"area": -1}, "area is -1, which is negative"),
        ({"iscrowd": 2}, "iscrowd is 2; it is 0 or 1"),
        ("area", "has no area"),
        ("id", "has no id"),
        ("bbox", "has no bbox"),
    ],
)
def test_an_annotation_is_a_row_or_a_reason(change, reason):
    faulty = {key: value for key, value in ROW.items() if key != change}
    if isinstance(change, dict):
        faulty = ROW | {"id": 2} | change
    read = told(coco.read_instances, instances(ROW | {"id": 100}, faulty, ROW | {"id": 101}))
    assert read.ids.tolist() == [100, 101]
    assert read.skipped[["section", "place", "reason"]].to_numpy().tolist() == [["annotations", 1, reason]]


@pytest.mark.parametrize(
    ("segmentation", "reason"),
    [
        ([[0, 0, 5, 5]], "segmentation: a polygon has 2 corners; 3 at least are needed"),
        ([[0, 0, 5, 5, 5, 0, 1]], "segmentation: a polygon has 7 coordinates, an odd number; each corner has x and y"),
        ([], "segmentation: the polygons are []; they are lists [x1, y1, x2, y2, ...]"),
        ({"size": [2, 2], "counts": [4]}, "segmentation has size [2, 2], and its image is [20, 30] (height, width)"),
        (
            {"size": [20, 30], "counts": [4]},
            "segmentation has lengths from 0 to 4 that add up to 4 cells, and an image",
        ),
        ({"size": [20, 30], "counts": "é"}, "segmentation has counts"),
        ({"size": [20, 30]}, "segmentation has no counts"),
        (None, "segmentation: the polygons are None"),
    ],
)
def test_a_mask_is_read_or_has_a_reason(segmentation, reason):
    good = ROW | {"segmentation": TRIANGLE}
    read = told(coco.read_instances, instances(good, ROW | {"id": 2, "segmentation": segmentation}), "masks")
    assert read.ids.tolist() == [1]
    assert read.skipped["reason"][0].startswith(reason)


def test_images_and_categories_that_cannot_be_read():
    sections = {"images": [*IMAGES, {"id": 1}, 5], "categories": [*CATEGORIES, {"name": "no id"}]}
    read = told(coco.read_instances, instances(ROW, **sections))
    assert read.skipped[["section", "place", "reason"]].to_numpy().tolist() == [
        ["images", 2, "id 1 occurs before"],
        ["images", 3, "is 5, and no object"],
        ["categories", 2, "has no id"],
    ]
    blind = instances(ROW | {"segmentation": TRIANGLE}, ROW | {"id": 2, "image_id": 3, "segmentation": TRIANGLE})
    read = told(coco.read_instances, blind | {"images": [*IMAGES, {"id": 3}]}, "masks")
    assert read.skipped["reason"].tolist() == [
        "image 3 has height and width [None, None]; masks need both, whole numbers of cells"
    ]


def test_results():
    there = coco.read_instances(instances(ROW))
    faulty = [RESULT | {"score": "high"}, RESULT | {"image_id": 8}, None]
    rows = [faulty[0], RESULT, RESULT | {"score": 0.4}, faulty[1], RESULT, faulty[2]]
    read = told(coco.read_results, rows, there)
    assert read.detections.confidence.tolist() == [0.5, 0.4, 0.5]
    assert read.places.tolist() == [1, 2, 4]
    assert read.duplicates.tolist() == [2]
    assert read.skipped["reason"].tolist() == [
        "score is 'high'; it is a finite number",
        "image_id 8 is none of the images",
        "is None, and no object",
    ]


def test_the_warning_counts_every_section():
    sections = {"images": [*IMAGES, 5], "categories": CATEGORIES}
    with pytest.warns(UserWarning, match="1 of 3 images") as warned:
        coco.read_instances(instances(ROW, ROW, ROW | {"id": 2, "area": None}, **sections))
    assert str(warned[0].message) == (
        "coco.read_instances: what was given: 1 of 3 images, 2 of 3 annotations cannot be read and are left out, the "
        "first is images[2]: is 5, and no object; correct the rows that .skipped lists, or delete them from the file"
    )
    assert warned[0].filename == __file__


def average(file, kind):
    """Return the average precision of a file of references and results, and the rows that were left out."""
    shapes = "boxes" if kind == "bbox" else "masks"
    there = coco.read_instances(file, shapes)
    found = coco.read_results(file["results"], there, shapes)
    skipped = [*there.skipped.to_dict("records"), *found.skipped.to_dict("records")]
    return coco.evaluate(found.detections, there.references, shapes).summary()["AP"], skipped


SOUND = FAULTS["none"]["file"]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "none"])
def test_a_fault_is_told_and_the_remedy_mends_it(fault):
    file, kind = FAULTS[fault]["file"], FAULTS[fault]["kind"]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        faulty, skipped = average(file, kind)
    sound = FAULTS["none"]["pycocotools"]
    if not skipped:
        # nothing is left out, and so nothing is lost
        assert not warned
        assert faulty == pytest.approx(sound, abs=1e-12)
        return
    assert warned
    assert all("cannot be read and are left out" in str(warning.message) for warning in warned)

    # both remedies of the warning; no warning is left, they are errors here
    corrected = file | {row["section"]: SOUND[row["section"]] for row in skipped} | {"images": SOUND["images"]}
    assert average(corrected, kind)[0] == pytest.approx(sound, abs=1e-12)
    gone = {(row["section"], row["place"]) for row in skipped}
    deleted = {
        section: [row for place, row in enumerate(rows) if (section, place) not in gone]
        for section, rows in file.items()
    }
    assert average(deleted, kind) == (pytest.approx(faulty, abs=1e-12), [])


def test_an_annotation_of_id_0_is_found():
    """pycocotools takes a match with it for no match."""
    right, _ = average(FAULTS["annotation: id is 0"]["file"], "bbox")
    assert right == pytest.approx(FAULTS["none"]["pycocotools"], abs=1e-12)
    assert round(right, 3) == 0.663
    assert round(FAULTS["annotation: id is 0"]["pycocotools"], 3) == 0.168


def test_what_pycocotools_makes_of_faults_is_what_the_docstrings_say():
    answers = {fault: asked["pycocotools"] for fault, asked in FAULTS.items()}
    ends = {fault for fault, answer in answers.items() if isinstance(answer, str)}
    assert ends == {
        "annotation: no area",
        "annotation: no iscrowd",
        "annotation: no bbox",
        "image: no height, masks",
        "result: image is not listed",
        "result: no score",
    }
    # a false positive, then a hit, of so many references
    of_two = 0.5 * 51 / 101
    of_three = 0.5 * 34 / 101
    expected = {
        "annotation: image is not listed": of_two,
        "annotation: category is not listed": of_two,
        "annotation: id occurs before": of_three,
        "annotation: a negative side": of_three,
        "result: category is not listed": 34 / 101,
        "result: score is NaN": answers["none"],
        "result: a negative side": of_three,
    }
    assert {fault: answers[fault] for fault in expected} == pytest.approx(expected)


def test_no_results_are_no_detections():
    there = coco.read_instances(instances(ROW))
    evaluation = coco.evaluate(coco.read_results([], there).detections, there.references)
    assert evaluation.summary()["AP"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (json.dumps(instances(ROW))[:-40], "ends in the middle"),
        ('{"images": [}', "holds no JSON"),
        ("[1, 2]", "holds a list, without a list of images, categories, annotations"),
        ("{}", "holds an empty object"),
        ('{"type": "FeatureCollection", "features": []}', "holds an object of type, features"),
        (json.dumps(instances({})), "none of 1 rows can be read; has no id"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_files_that_are_something_else(text, message, tmp_path):
    path = tmp_path / "val.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"^coco.read_instances: .*val.json: {message}"):
        coco.read_instances(path)


def test_files(tmp_path):
    path = tmp_path / "val.json"
    path.write_text(json.dumps(instances(ROW)))
    there = coco.read_instances(str(path))
    assert len(there.references) == 1
    with pytest.raises(ValueError, match="holds an object of images, .*; results are a list"):
        coco.read_results(path, there)
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        coco.read_instances(tmp_path / "other.json")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="cannot be read as text"):
        coco.read_instances(path)
    path.write_text("[" + json.dumps(RESULT) + "]")
    assert np.array_equal(coco.read_results(path, there).detections.boxes, [[1, 2, 3, 4]])


def test_identifiers_of_two_kinds_stay_apart():
    categories = [{"id": 3}, {"id": "3"}]
    with pytest.raises(ValueError, match="identifiers of categories are numbers and text"):
        coco.read_instances(instances(ROW, categories=categories))
