"""``copies_of_chains`` lies beside the tests that use it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def shared_cases(shared_data) -> Path:
    """The folder of small inputs whose right answers were found outside this project."""
    folder = shared_data.parent / "cases" / "rama"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}")
    return folder
