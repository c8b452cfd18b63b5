"""Every rater is drawn."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from domains.lesions import (
    example,
    plot_raters,
    read_image,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def raters():
    return read_image(example("nodule_00")) == 1


def test_every_rater_is_drawn(raters):
    ax = plot_raters(raters.assign_coords(rater=["ann", "bob", "cleo", "dan"]))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [f"rater {k}" for k in ("ann", "bob", "cleo", "dan")]
    assert len(ax.collections) == 4
