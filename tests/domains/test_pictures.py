"""What the pictures of all fields share."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from domains._pictures import axes_or_new, printed


def test_axes_that_were_passed_are_drawn_on():
    _, ax = plt.subplots()
    assert axes_or_new(ax, figsize=(1, 1)) is ax
    plt.close("all")


@pytest.mark.parametrize("figsize", [(3, 2), (8, 1.5)])
def test_else_a_figure_is_made_of_the_size_asked_for(figsize):
    ax = axes_or_new(None, figsize=figsize)
    assert tuple(ax.figure.get_size_inches()) == figsize
    plt.close("all")


def test_letters_of_print_last_as_long_as_the_drawing():
    before = plt.rcParams["font.size"]
    with printed():
        assert plt.rcParams["font.size"] < before
    assert plt.rcParams["font.size"] == before
    with printed(plt.figure().add_subplot()):
        assert plt.rcParams["font.size"] == before
    plt.close("all")


def test_a_notebook_stays_interactive(monkeypatch):
    """The first figure of a notebook makes it so, and what is not interactive is not shown."""
    monkeypatch.setitem(plt.rcParams, "interactive", False)
    with printed():
        plt.rcParams["interactive"] = True
    assert plt.rcParams["interactive"]
