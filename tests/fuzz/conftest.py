"""The fuzzer is a package beside the tests, which ``long.py`` imports as well."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
