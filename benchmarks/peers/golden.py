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

NO_COMMITS: Mapping[str, str] = {}


def ask(question: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return what a peer answers, or which exception it raises."""
    try:
        return question(*arguments, **options)
    except Exception as raised:
        return f"raises {type(raised).__name__}"


def ask_each(question: Callable[..., Any], cases: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a peer answers for each case."""
    return {name: ask(question, case) for name, case in cases.items()}


def ask_each_setting(
    question: Callable[..., Any], cases: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return what a peer answers for each case under each of several settings."""
    answers = {}
    for name, case in cases.items():
        answers[name] = {key: ask(question, case, setting) for key, setting in settings.items()}
    return answers


def write(
    peer: str, answers: Mapping[str, Any], tools: tuple[str, ...], commits: Mapping[str, str] = NO_COMMITS
) -> None:
    """Store the answers of a peer with the versions of the packages, and the commits, that gave them."""
    versions = {tool: version(tool) for tool in tools}
    versions.update(commits)
    versions["python"] = platform.python_version()
    about = f"answers to masks.npz or detections.npz; benchmarks/peers/ask_{peer}.py says how they were made"
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
