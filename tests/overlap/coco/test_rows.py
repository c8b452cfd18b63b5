from __future__ import annotations

import pytest

from overlap.coco.rows import Known, Once, Skipped, Unreadable, read_category, read_image

IMAGES = [{"id": 1, "height": 4, "width": 6.0}, {"id": 2, "height": None, "width": 6}]
ROW = {"image_id": 1, "category_id": 3, "bbox": [0, 0, 2, 2], "area": 4, "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]}


def known(shapes="boxes"):
    return Known(IMAGES, [{"id": 3}], shapes)


def test_a_row_is_read_whole():
    assert known().read_annotation(ROW) == {
        "image": 1,
        "category": 3,
        "box": [0.0, 0.0, 2.0, 2.0],
        "area": 4.0,
        "is_crowd": False,
    }
    assert known("masks").read_result(ROW | {"score": 1})["mask"]["size"] == [4, 6]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_id": 9}, "image_id 9 is none of the images"),
        ({"category_id": True}, "category_id is True; it is a whole number or text"),
        ({"bbox": [0, 0, -1, 2]}, "has a negative side"),
        ({"area": -1}, "area is -1, which is negative"),
        ({"iscrowd": 2}, "iscrowd is 2; it is 0 or 1"),
    ],
    ids=["image", "category", "box", "area", "crowd"],
)
def test_what_cannot_be_read_has_a_reason(change, reason):
    with pytest.raises(Unreadable, match=reason):
        known().read_annotation(ROW | change)


def test_an_image_has_its_sides_and_its_file():
    image = {"width": 6, "height": 4, "file_name": "a.jpg"}
    assert read_image({"id": 1, **image, "license": 3}) == image
    assert read_image({"id": 1}) == dict.fromkeys(image)


def test_a_mask_needs_the_sides_of_its_image():
    with pytest.raises(Unreadable, match="image 2 has height and width"):
        known("masks").read_annotation(ROW | {"image_id": 2})


def test_rows_that_are_skipped_keep_their_places():
    skipped = Skipped()
    kept = skipped.kept("categories", [{"id": 1, "name": "cat"}, 5, {"id": 1}], Once(read_category))
    assert [row["place"] for row in kept] == [0]
    assert skipped.table()["place"].tolist() == [1, 2]
    assert skipped.rows[1]["reason"] == "id 1 occurs before"
