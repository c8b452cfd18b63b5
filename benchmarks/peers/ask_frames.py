"""Ask timescoring, epilepsy2bids, sed_eval, librosa and mir_eval how times become frames.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install timescoring==0.0.7 epilepsy2bids==0.0.7 sed_eval==0.2.1 \
        librosa==0.11.0 mir_eval==0.8.2
    /tmp/peer/bin/python benchmarks/peers/ask_frames.py

60 recordings of 10 s with up to eight events, times in whole hundredths of a second, so that many lie on frames and
half-way between; rates of 1, 2, 4 and 10 frames a second. Masks are kept as their runs [first frame, frame after the
last]. "back" is what timescoring makes of its own mask.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

import librosa
import mir_eval
import numpy as np
from epilepsy2bids.annotations import Annotations, SeizureType
from sed_eval.util.event_roll import event_list_to_event_roll
from timescoring.annotations import Annotation

TARGET = Path(__file__).parents[2] / "tests" / "data" / "frames.json"
DURATION = 10
RATES = (1, 2, 4, 10)
TOOLS = ("timescoring", "epilepsy2bids", "sed_eval", "librosa", "mir_eval", "numpy")

Events = list[tuple[float, float]]


def draw(rng: np.random.Generator) -> Events:
    """Return disjoint events, sorted, in seconds."""
    edges = rng.choice(np.arange(1, 100 * DURATION), size=2 * rng.integers(1, 9), replace=False)
    edges.sort()
    return [(a / 100, b / 100) for a, b in edges.reshape(-1, 2).tolist()]


def runs(mask: np.ndarray) -> list[list[int]]:
    turns = np.flatnonzero(np.diff(np.asarray(mask).astype(int), prepend=0, append=0))
    return turns.reshape(-1, 2).tolist()


def of_epilepsy2bids(events: Events, rate: int) -> np.ndarray:
    made = Annotations()
    made.events = [
        {"onset": a, "duration": b - a, "eventType": SeizureType.sz, "recordingDuration": DURATION} for a, b in events
    ]
    return made.getMask(rate)


def of_sed_eval(events: Events, rate: int) -> np.ndarray:
    rows = [{"onset": a, "offset": b, "event_label": "x"} for a, b in events]
    return event_list_to_event_roll(rows, ["x"], 1 / rate)[:, 0]


def of_librosa(events: Events, rate: int) -> np.ndarray:
    mask = np.zeros(DURATION * rate, bool)
    for a, b in events:
        first, stop = librosa.time_to_frames([a, b], sr=rate * 512, hop_length=512)
        mask[first:stop] = True
    return mask


def of_mir_eval(events: Events, rate: int) -> np.ndarray:
    times = np.arange(DURATION * rate) / rate
    labels = mir_eval.util.interpolate_intervals(np.array(events), ["x"] * len(events), times, fill_value="")
    return np.array([label == "x" for label in labels])


def main() -> None:
    rng = np.random.default_rng(12)
    cases = []
    for k in range(60):
        events = draw(rng)
        rate = RATES[k % len(RATES)]
        theirs = Annotation(events, rate, DURATION * rate)
        back = Annotation(theirs.mask, rate).events if theirs.mask.any() else []
        case = {
            "rate": rate,
            "events": events,
            "timescoring": runs(theirs.mask),
            "back": [[float(a), float(b)] for a, b in back],
            "epilepsy2bids": runs(of_epilepsy2bids(events, rate)),
            "sed_eval": runs(of_sed_eval(events, rate)),
            "librosa": runs(of_librosa(events, rate)),
            "mir_eval": runs(of_mir_eval(events, rate)),
        }
        cases.append(case)
    versions = {tool: version(tool) for tool in TOOLS} | {"python": platform.python_version()}
    content = {"about": "answers of benchmarks/peers/ask_frames.py", "versions": versions, "duration": DURATION}
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    text = json.dumps(content)[:-1] + ', "cases": [\n' + lines + "\n]}\n"
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
