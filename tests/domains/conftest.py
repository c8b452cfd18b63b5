"""What the tests of all fields share."""

from __future__ import annotations

import io
from pathlib import Path

import pytest


@pytest.fixture
def unsettled(monkeypatch):
    """Leave pictures as they are before their layout, most of their cost: for tests of what they show, not where."""
    monkeypatch.setattr("matplotlib.figure.Figure.draw_without_rendering", lambda figure: None)


def save_nothing(figure, file, **options):
    if isinstance(file, io.IOBase):
        file.write(b"a picture")
    else:
        Path(file).write_bytes(b"a picture")


@pytest.fixture
def undrawn(unsettled, monkeypatch):
    """Save pictures empty: for tests of what is written beside them."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", save_nothing)
