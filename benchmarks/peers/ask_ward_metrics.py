"""Ask ward-metrics (MIT) for Ward's categories of time and of events, on its example and on drawn events.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install ward-metrics==0.9.5 matplotlib
    /tmp/peer/bin/python benchmarks/peers/ask_ward_metrics.py

The first case is the example that its documentation shows. Times are whole seconds, and no two events of a side touch.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from wardmetrics.core_methods import eval_events, eval_segments

TARGET = Path(__file__).parents[2] / "tests" / "data" / "ward_metrics.json"
N = 80
END = 600
EXAMPLE = (
    [[10, 20], [45, 52], [65, 80], [120, 180], [195, 200], [207, 213]],
    [[40, 60], [70, 75], [90, 100], [125, 135], [150, 157], [187, 220]],
)


def draw(rng: Random) -> list[Any]:
    """Return events that are apart."""
    events = []
    begin = rng.randint(1, 20)
    for _ in range(rng.randint(1, 9)):
        end = begin + rng.randint(1, 25)
        events.append([begin, end])
        begin = end + rng.randint(1, 25)
    return events


def ask(prediction: list[Any], reference: list[Any]) -> dict[str, Any]:
    # it joins touching events in the lists that it is given
    _, _, seconds, _ = eval_segments([*map(tuple, reference)], [*map(tuple, prediction)], 0, END)
    _, _, counts, _ = eval_events([*map(tuple, reference)], [*map(tuple, prediction)])
    return {"seconds": seconds, "events": counts}


def main() -> None:
    rng = Random(2011)
    sides = [EXAMPLE, *((draw(rng), draw(rng)) for _ in range(N))]
    cases = [{"prediction": a, "reference": b, **ask(a, b)} for a, b in sides]
    tool = f"ward-metrics {version('ward-metrics')}, python {platform.python_version()}"
    TARGET.write_text(json.dumps({"tool": tool, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
