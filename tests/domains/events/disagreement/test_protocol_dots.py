"""What the picture of protocols holds; how it looks is for eyes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from domains.events import compare_protocols, plot_protocols

A = pd.DataFrame({"file": list("xxyz"), "onset": [0, 20, 5, 3.0], "offset": [9, 30, 9, 4.0], "label": "sz"})
B = pd.DataFrame({"file": list("xxyz"), "onset": [1, 22, 5, 30.0], "offset": [9, 31, 9, 40.0], "label": "sz"})
NAMES = ["tiou", "szcore", "thumos14", "pyannote_der", "jer"]


@pytest.fixture(scope="module")
def table():
    return compare_protocols(A, B, protocols=NAMES, support=60.0)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.slow
def test_dots_are_the_values_of_the_table_the_best_first(table):
    ax = plot_protocols(table)
    rows = [text.get_text() for text in ax.get_yticklabels()]
    values = table.set_index("protocol")["value"]
    shown = [row.split(" · ")[0] for row in rows]
    assert set(shown) == set(NAMES) - {"thumos14"}
    dots = ax.lines[0].get_xdata()
    assert np.array_equal(dots, values[shown].to_numpy(float))
    assert np.all(np.diff(dots[:2]) <= 0)
    assert np.all(np.diff(dots[2:]) >= 0)
    assert "4 of 5 protocols have a number" in ax.get_title(loc="left")


@pytest.mark.slow
def test_error_rates_beyond_one_are_within_the_axis():
    a = pd.DataFrame({"onset": [0.0], "offset": [50.0]})
    b = pd.DataFrame({"onset": [0.0], "offset": [10.0]})
    ax = plot_protocols(compare_protocols(a, b, protocols=["nist_der"], support=60.0))
    assert ax.get_xlim()[1] > 4


@pytest.mark.slow
def test_on_axes_that_are_given(table):
    _, ax = plt.subplots()
    assert plot_protocols(table, ax=ax) is ax


def test_without_any_number(table):
    with pytest.raises(ValueError, match="no protocol has a number for these events; the table says why"):
        plot_protocols(table[table["protocol"] == "thumos14"])


def test_names_that_look_like_formulas_are_shown_as_they_are(table):
    table = table.copy()
    table.attrs["prediction"] = "a$b$"
    assert r"a\$b\$" in plot_protocols(table).get_title(loc="left")
