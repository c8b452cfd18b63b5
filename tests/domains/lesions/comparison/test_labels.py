"""Labels by name, and what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from domains.lesions import as_image
from domains.lesions.comparison.labels import (
    absent_labels,
    check_labels,
    held_labels,
)

LEFT = as_image(np.array([0, 1, 1, 2, 0, 4])[:, None].repeat(2, 1), 1.0)


def test_labels_of_every_right_kind():
    for labels in (
        [1, 2],
        (1, 2),
        np.array([1, 2]),
        [1.0, 2.0],
        range(1, 3),
        ["1", "2"],
        np.array([1.0, 2], np.float32),
    ):
        assert check_labels("f", labels) == {1: (1,), 2: (2,)}
    regions = {"core": np.array([1, 4]), "edema": np.int64(2), "rest": [3]}
    assert check_labels("f", regions) == {"core": (1, 4), "edema": (2,), "rest": (3,)}


def test_absent_labels_are_those_of_no_row():
    sizes = pd.DataFrame({"label": ["1", "2", "3", "1"], "size_a": [0, 0, 0, 5.0], "size_b": [0, 2.0, 0, 0]})
    assert absent_labels(sizes) == ["3"]
    assert absent_labels(sizes[:0]) == []


def test_what_an_image_holds():
    assert [held_labels(x) for x in (LEFT, LEFT * 0, LEFT > 0, LEFT * 0.1)] == [
        "1, 2, 4",
        "no label",
        "a mask",
        "a mask",
    ]
    assert held_labels(as_image(np.arange(14)[:, None].repeat(2, 1), 1.0)) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 3 more"
