"""Ask szcore-evaluation (MIT) for its scores of drawn recordings, by subject and pooled.

    python -m venv /tmp/peer
    /tmp/peer/bin/pip install epilepsy2bids==0.0.7 timescoring==0.0.7
    /tmp/peer/bin/pip install --no-deps szcore-evaluation==0.0.7        # it asks for Python 3.12
    /tmp/peer/bin/python benchmarks/peers/ask_szcore.py

32 recordings of 8 subjects with seizures of several types, in hundredths of a second; one subject without seizures, one
without detections, recordings that the detections lack. "mismatch" is the same where one recording of the detections
is said to last a second longer: szcore-evaluation then takes it for one without detections.
"""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from szcore_evaluation.evaluate import evaluate_dataset

TARGET = Path(__file__).parents[2] / "tests" / "data" / "szcore_evaluation.json"
TYPES = ("sz", "sz_foc_ia", "sz_gen_m_tonicClonic")
HEADER = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"

Rows = list[tuple[float, float, str]]


def drawn() -> list[dict[str, Any]]:
    """Return recordings: name, duration, seizures, detections (None if there is no file of them)."""
    rng = np.random.default_rng(2024)
    recordings = []
    for k in range(32):
        subject, run = divmod(k, 4)
        duration = round(float(rng.uniform(1800, 7200)), 2)
        n = 0 if subject == 3 else int(rng.integers(0, 5))
        onset = np.sort(rng.uniform(60, duration - 700, n)).round(2)
        reference = [(float(x), round(float(rng.uniform(0.3, 400)), 2), str(rng.choice(TYPES))) for x in onset]
        hypothesis: Rows = []
        for begin, length, _ in reference:
            if rng.random() < 0.75:
                moved = max(begin + float(rng.normal(0, 25)), 0.0)
                hypothesis.append((round(moved, 2), round(length * float(rng.uniform(0.5, 1.3)), 2), "sz"))
        for x in rng.uniform(0, duration - 100, int(rng.poisson(0.8))):
            hypothesis.append((round(float(x), 2), round(float(rng.uniform(0.3, 60)), 2), "sz"))
        is_missing = k in (5, 18)
        name = f"sub-{subject + 1:02}"
        recordings.append(
            {
                "name": f"{name}/ses-01/eeg/{name}_ses-01_task-szMonitoring_run-{run:02}_events",
                "duration": duration,
                "reference": reference,
                "hypothesis": None if is_missing else [] if subject == 5 else hypothesis,
            }
        )
    return recordings


def write(folder: Path, side: str, recordings: list[dict[str, Any]], longer: int | None = None) -> Path:
    """Write the files of one side."""
    for k, one in enumerate(recordings):
        if one[side] is None:
            continue
        path = folder / side / f"{one['name']}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        duration = one["duration"] + (1 if k == longer else 0)
        rows = one[side] or [(0.0, duration, "bckg")]
        lines = [f"{a:.2f}\t{d:.2f}\t{kind}\tn/a\tn/a\tn/a\t{duration:.2f}\n" for a, d, kind in rows]
        path.write_text(HEADER + "".join(lines))
    return folder / side


def asked(recordings: list[dict[str, Any]], longer: int | None = None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = write(folder, "reference", recordings)
        hypothesis = write(folder, "hypothesis", recordings, longer)
        answers = {}
        for kind, by_subject in (("subjects", True), ("pooled", False)):
            answers[kind] = evaluate_dataset(reference, hypothesis, folder / "out.json", avg_per_subject=by_subject)
    return json.loads(json.dumps(answers, default=float))


def main() -> None:
    recordings = drawn()
    longer = next(k for k, one in enumerate(recordings) if one["reference"] and one["hypothesis"])
    packages = ("szcore-evaluation", "timescoring", "epilepsy2bids", "numpy")
    about = ", ".join(f"{name} {version(name)}" for name in packages)
    answers = {
        "about": about,
        "recordings": recordings,
        "scores": asked(recordings),
        "longer": recordings[longer]["name"],
        "mismatch": asked(recordings, longer),
    }
    TARGET.write_text(json.dumps(answers, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
