"""What the torch modules say where torch is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import requires

import pytest

WITHOUT_TORCH = """\
import sys
sys.modules["torch"] = None
{call}
"""


@pytest.mark.parametrize("call", ["import overlap; overlap.nn", "from overlap.nn import DiceLoss", "import overlap.nn"])
def test_without_torch_one_line_says_what_to_install(call):
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_TORCH.format(call=call)], capture_output=True, text=True, check=False
    )
    *_, last = done.stderr.splitlines()
    assert last == 'ModuleNotFoundError: overlap.nn needs torch: pip install "overlap-toolkit[torch]"'


def test_the_extra_of_the_remedy_brings_torch():
    found = requires("overlap-toolkit")
    assert any(re.match(r"torch\b.*extra == .torch.", line) for line in found)
