"""Ask mir_eval (MIT) for its scores of onsets, beats, boundaries of sections, and notes, on drawn recordings.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install mir_eval==0.8.2
    /tmp/peer/bin/python benchmarks/peers/ask_mir_eval.py

Times are whole milliseconds, many of them exactly a tolerance apart; notes come in chords and trills, so that there is
more than one largest matching. The last two cases of each kind have an empty side.
"""

from __future__ import annotations

import json
import platform
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np

TARGET = Path(__file__).parents[2] / "tests" / "data" / "mir_eval.json"
N = 40
APART = (0, 10, -20, 50, -50, 51, 70, 200)
"""Milliseconds between a prediction and its reference."""
NOTES = {
    "whole": {},
    "no offset": {"offset_ratio": None},
    "strict": {"strict": True},
    "wide": {"onset_tolerance": 0.2, "pitch_tolerance": 100.0, "offset_ratio": 0.5, "offset_min_tolerance": 0.02},
}


def draw_times(rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Return predicted and reference times, sorted, ms."""
    reference = rng.choice(12_000, rng.integers(3, 25), replace=False)
    kept = reference[rng.random(len(reference)) < 0.8]
    predicted = kept + rng.choice(APART, len(kept))
    predicted = np.append(predicted, rng.integers(0, 12_000, rng.integers(0, 5)))
    return sorted(map(int, predicted.clip(0))), sorted(map(int, reference))


def draw_notes(rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
    """Return predicted and reference notes (onset, offset in ms, pitch in Hz, velocity), in any order."""
    reference = []
    for onset in rng.choice(3000, rng.integers(2, 8), replace=False):
        for _ in range(rng.integers(1, 4)):
            begin = int(onset) + int(rng.integers(0, 3)) * 40
            reference.append([begin, begin + int(rng.integers(5, 60)) * 10, hertz(rng), int(rng.integers(0, 128))])
    predicted = []
    for begin, end, pitch, velocity in reference:
        for _ in range(rng.integers(0, 3)):
            onset = max(begin + int(rng.choice(APART)), 0)
            offset = max(end + int(rng.choice(APART)), onset + 10)
            detuned = round(pitch * 2 ** (int(rng.choice([0, 0, 30, 50, -100])) / 1200), 3)
            predicted.append([onset, offset, detuned, int(velocity // 2 + rng.integers(0, 12))])
    predicted.append([100, 300, hertz(rng), 20])
    rng.shuffle(predicted)
    rng.shuffle(reference)
    return predicted, reference


def hertz(rng: np.random.Generator) -> float:
    return round(220 * 2 ** (int(rng.integers(0, 3)) / 12), 3)


def parts(notes: list[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(notes, float).reshape(-1, 4)
    return table[:, :2] / 1000, table[:, 2], table[:, 3]


def of_times(a: list[int], b: list[int]) -> dict[str, Any]:
    predicted = np.array(a) / 1000
    reference = np.array(b) / 1000
    f, p, r = mir_eval.onset.f_measure(reference, predicted)
    beats = [mir_eval.beat.trim_beats(x) for x in (reference, predicted)]
    answer: dict[str, Any] = {"onset": [p, r, f], "beat": mir_eval.beat.f_measure(*beats)}
    sections = [mir_eval.util.boundaries_to_intervals(np.unique(x)) for x in (reference, predicted)]
    if min(map(len, sections)):
        for trim in (False, True):
            found = mir_eval.segment.deviation(*sections, trim=trim)
            answer[f"deviation {trim}"] = [None if np.isnan(x) else float(x) for x in found]
        for window in (0.5, 3.0):
            for trim in (False, True):
                answer[f"sections {window} {trim}"] = list(mir_eval.segment.detection(*sections, window, trim=trim))
    return answer


def of_notes(a: list[Any], b: list[Any]) -> dict[str, Any]:
    times_a, pitch_a, velocity_a = parts(a)
    times_b, pitch_b, velocity_b = parts(b)
    answer = {}
    for name, options in NOTES.items():
        found = mir_eval.transcription.precision_recall_f1_overlap(times_b, pitch_b, times_a, pitch_a, **options)
        answer[name] = [float(x) for x in found]
    found = mir_eval.transcription_velocity.precision_recall_f1_overlap(
        times_b, pitch_b, velocity_b, times_a, pitch_a, velocity_a
    )
    answer["velocity"] = [float(x) for x in found]
    answer["onsets alone"] = list(mir_eval.transcription.onset_precision_recall_f1(times_b, times_a))
    answer["offsets alone"] = list(mir_eval.transcription.offset_precision_recall_f1(times_b, times_a))
    return answer


def cases(draw: Any, ask: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(8)
    made = []
    for k in range(N):
        predicted, reference = draw(rng)
        if k == N - 1:
            reference = []
        if k == N - 2:
            predicted = []
        made.append({"prediction": predicted, "reference": reference, "answer": ask(predicted, reference)})
    return made


def main() -> None:
    warnings.simplefilter("ignore")
    found = {
        "tool": f"mir_eval {version('mir_eval')}, python {platform.python_version()}",
        "times": cases(draw_times, of_times),
        "notes": cases(draw_notes, of_notes),
    }
    TARGET.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
