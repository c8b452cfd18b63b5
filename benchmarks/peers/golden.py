"""How an answer of a peer is kept: tests/data/lesions/PEER.json.

The file holds ``about``, ``versions`` and for each question ("distances", "lesions", …) the answers by case, by
setting if there are several, and by the peer's own name of the value::

    {"about": "…", "versions": {"panoptica": "2.1.7", …},
     "distances": {"noise_04": {"HD": 3.0, …}, …},
     "lesions": {"noise_04": {"naive iou 0.5": {"pq": 0.2, …}, …}, …}}

NaN and infinity are the strings "nan", "inf" and "-inf", which `float` reads; where the peer raised, the value is
"raises IndexError".
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from masks import FOLDER


def ask(question: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return what a peer answers, or which exception it raises."""
    try:
        return question(*arguments, **options)
    except Exception as raised:
        return f"raises {type(raised).__name__}"


def write(peer: str, about: str, tools: tuple[str, ...], answers: Mapping[str, Any]) -> None:
    """Store the answers of a peer with the versions of the packages that gave them."""
    versions = {tool: version(tool) for tool in tools}
    versions["python"] = platform.python_version()
    content = {"about": about, "versions": versions, **_plain(answers)}
    parts = [f" {json.dumps(key)}: {_a_line_a_case(value)}" for key, value in content.items()]
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    (FOLDER / f"{peer}.json").write_text(text, encoding="utf-8")


def _a_line_a_case(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    lines = [f"  {json.dumps(key)}: {json.dumps(item, allow_nan=False)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n }"


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    number = float(value)
    if math.isfinite(number):
        return number
    return str(number)
