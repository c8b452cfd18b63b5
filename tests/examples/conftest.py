"""The scripts of examples/, imported as they import each other."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def example():
    """A function that imports a script by its name."""
    sys.path.insert(0, str(EXAMPLES))
    yield import_module
    sys.path.remove(str(EXAMPLES))
