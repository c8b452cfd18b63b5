"""The README's own lines, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_python_blocks_run():
    pytest.importorskip("gemmi")
    pytest.importorskip("nibabel")
    pytest.importorskip("torch")
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(block, names)
    plt.close("all")


def test_each_command_stands_alone():
    """Two commands install from the constraints; one shows, one tests."""
    commands = re.findall(r"^python -m pip install .*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 2
    assert all("-c constraints.txt" in command for command in commands)
    assert commands[0].endswith("overlap demo")
    assert "pytest" in commands[1]
