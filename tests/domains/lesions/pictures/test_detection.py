"""Which lesions were found, by volume."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from domains._checks import UsageError
from domains.lesions import (
    as_image,
    assess,
    plot_detection,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def lesion_table(volumes, found):
    numbers = range(1, len(volumes) + 1)
    partner = [k if is_found else None for k, is_found in zip(numbers, found, strict=True)]
    rows = {"reference": list(numbers), "predicted": partner, "volume_reference": volumes, "matched": found}
    return pd.DataFrame(rows)


def test_lesions_by_volume():
    """Halves of eight lesions, with Wilson's interval by SciPy."""
    volumes = [8.0, 1.0, 2.0, 4.0, 16.0, 32.0, 64.0, 128.0]
    found = [True, False, False, True, True, True, True, False]
    ax = plot_detection(lesion_table(volumes, found), edges=[0, 9, 1000])
    strokes = [np.asarray(c.get_offsets()) for c in ax.collections]
    assert sorted(strokes[0][:, 0]) == [4, 8, 16, 32, 64]
    assert sorted(strokes[1][:, 0]) == [1, 2, 128]
    assert ax.get_title() == "5 of 8 lesions found"
    lines = [np.array(line.get_xydata()) for line in ax.lines]
    np.testing.assert_allclose(lines[0], [[1, 0.5], [8, 0.5]])
    low, high = binomtest(2, 4).proportion_ci(method="wilson")
    np.testing.assert_allclose(lines[1][:, 1], [low, high])
    assert [t for t in texts(ax) if "/" in t] == ["2/4", "3/4"]


def test_what_counts_as_found():
    """One lesion is matched, one is touched below the threshold, one is missed; a spurious one is none of these."""
    a = np.zeros((12, 30), bool)
    b = a.copy()
    a[1:5, 1:5] = b[1:5, 1:5] = True
    a[1:5, 11:12], b[1:5, 11:16] = True, True
    b[1:5, 20:22] = True
    a[9:11, 1:3] = True
    lesions = assess(as_image(a, 1.0), as_image(b, 1.0)).lesions
    assert plot_detection(lesions).get_title() == "1 of 3 lesions found"
    assert plot_detection(lesions, hit="touched").get_title() == "2 of 3 lesions found"
    with pytest.raises(UsageError, match="hit must be one of"):
        plot_detection(lesions, hit="any")
    with pytest.raises(UsageError, match="the reference has no lesion"):
        plot_detection(lesions[lesions["reference"].isna()])


def test_lesions_of_several_cases_with_the_same_numbers():
    one = lesion_table([8.0, 1.0], [True, False])
    cases = pd.concat([one.assign(case="a"), one.assign(case="b")])
    assert plot_detection(cases).get_title() == "2 of 4 lesions found"


def test_a_lesion_found_in_two_parts_is_one_lesion():
    rows = pd.DataFrame({"reference": [1, 1], "predicted": [1, 2], "volume_reference": 9.0, "matched": [True, False]})
    assert plot_detection(rows).get_title() == "1 of 1 lesion found"


def test_quarters_hold_as_many_lesions_and_equal_volumes_stay_together():
    volumes = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    ax = plot_detection(lesion_table(volumes, [True] * 8))
    assert [t for t in texts(ax) if "/" in t] == ["1/1", "2/2", "2/2", "3/3"]
    same = plot_detection(lesion_table([4.0] * 6, [True] * 6))
    assert [t for t in texts(same) if "/" in t] == ["6/6"]


def test_lesions_outside_the_edges_are_strokes_only():
    ax = plot_detection(lesion_table([1.0, 100.0], [True, True]), edges=[10, 200])
    assert [t for t in texts(ax) if "/" in t] == ["1/1"]
    assert len(np.asarray(ax.collections[0].get_offsets())) == 2
