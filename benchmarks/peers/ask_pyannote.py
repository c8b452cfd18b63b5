"""Ask pyannote.metrics (MIT) for error rates of speakers on drawn recordings.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pyannote.metrics==4.2.0
    /tmp/peer/bin/python benchmarks/peers/ask_pyannote.py

360 recordings of up to five speakers who overlap each other, times in whole milliseconds; every second draw also has
turns of one speaker that overlap. Each is asked under one setting: a collar of 0, 0.25 or 0.5 s (pyannote's total
width), overlapping speech kept or skipped, and in two of three a stretch that was scored (UEM).

"der" and "jer" are pyannote's own. "nist" is md-eval's form put together of pyannote's parts: the collar to each side,
speakers mapped by all of the scored stretch and not by what collars leave of it; without a UEM the reference's turns
say what was scored, and a speaker's own turns do not overlap. Purity and coverage know neither UEM nor collar.
"""

from __future__ import annotations

import json
import platform
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import (
    DiarizationCoverage,
    DiarizationErrorRate,
    DiarizationPurity,
    JaccardErrorRate,
)
from pyannote.metrics.identification import IdentificationErrorRate

TARGET = Path(__file__).parents[2] / "tests" / "data" / "pyannote_metrics.json"
N = 360
COLLARS = (0.0, 0.25, 0.5)
LONGEST = 30_000

Turns = list[list[Any]]


def draw(rng: np.random.Generator, names: str, *, repeats: bool) -> Turns:
    """Return up to 14 turns (onset, offset in ms, speaker)."""
    turns: Turns = []
    for name in names[: rng.integers(1, len(names) + 1)]:
        free_from = 0
        for _ in range(rng.integers(1, 5)):
            if repeats:
                free_from = 0
            onset = int(rng.integers(free_from, free_from + 9000))
            offset = onset + int(rng.integers(50, 6000))
            turns.append([onset, offset, name])
            # some turns of one speaker touch
            free_from = offset + int(rng.integers(0, 2)) * int(rng.integers(1, 500))
    rng.shuffle(turns)
    return turns


def annotation(turns: Turns) -> Annotation:
    made = Annotation()
    for track, (onset, offset, name) in enumerate(turns):
        made[Segment(onset / 1000, offset / 1000), track] = name
    return made


def ask(case: dict[str, Any]) -> dict[str, Any]:
    hypothesis = annotation(case["prediction"])
    reference = annotation(case["reference"])
    uem = None
    if case["uem"]:
        onset, offset = case["uem"]
        uem = Timeline([Segment(onset / 1000, offset / 1000)])
    options = {"collar": case["collar"], "skip_overlap": case["skip_overlap"]}
    found = DiarizationErrorRate(**options)(reference, hypothesis, uem=uem, detailed=True)
    answer: dict[str, Any] = {"der": components(found)}
    answer["jer"] = JaccardErrorRate(**options)(reference, hypothesis, uem=uem)
    if not case["repeats"]:
        answer["nist"] = components(nist(reference, hypothesis, uem, options))
    answer["purity"] = DiarizationPurity()(reference, hypothesis)
    answer["coverage"] = DiarizationCoverage()(reference, hypothesis)
    return answer


def nist(
    reference: Annotation, hypothesis: Annotation, uem: Timeline | None, options: dict[str, Any]
) -> dict[str, float]:
    if uem is None:
        uem = Timeline([reference.get_timeline().extent()])
    mapping = DiarizationErrorRate().optimal_mapping(reference, hypothesis, uem=uem)
    nobody = {label: f"nobody {label}" for label in hypothesis.labels()}
    mapped = hypothesis.rename_labels({**nobody, **mapping})
    rate = IdentificationErrorRate(collar=2 * options["collar"], skip_overlap=options["skip_overlap"])
    return dict(rate(reference, mapped, uem=uem, detailed=True))


def components(found: dict[str, float]) -> list[float]:
    """Return total, missed, false alarm, confused and the rate."""
    rate = found.get("diarization error rate", found.get("identification error rate"))
    names = ("total", "missed detection", "false alarm", "confusion")
    return [*(float(found[name]) for name in names), float(rate)]


def main() -> None:
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(12)
    cases = []
    for k in range(N):
        repeats = k % 2 == 1
        case: dict[str, Any] = {
            "prediction": draw(rng, "vwxyz", repeats=repeats),
            "reference": draw(rng, "abcde", repeats=repeats),
            "collar": COLLARS[k // 2 % 3],
            "skip_overlap": bool(k // 6 % 2),
            "repeats": repeats,
            "uem": None,
        }
        if k // 12 % 3:
            case["uem"] = [int(rng.integers(0, 3000)), int(rng.integers(9000, LONGEST))]
        cases.append({**case, "answer": ask(case)})
    versions = {tool: version(tool) for tool in ("pyannote.metrics", "pyannote.core")}
    versions["python"] = platform.python_version()
    head = json.dumps({"about": "benchmarks/peers/ask_pyannote.py says how they were made", "versions": versions})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    TARGET.write_text(f'{head[:-1]}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
