"""Ask the official evaluation of DCASE's few-shot bioacoustic task (MIT) for its scores of drawn recordings.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install mir_eval==0.8.2 pandas==3.1.1 scipy==1.17.1
    /tmp/peer/bin/python benchmarks/peers/ask_fewshot.py CODE

CODE is the folder evaluation_metrics of c4dm/dcase-few-shot-bioacoustic (evaluation.py of commit 3d85cc67, metrics.py
of 88e2f314). Four drawn sets of three subsets; times are hundredths of a second, many pairs share exactly 0.3 of
their time. In the first two sets rows are sorted by time. Some recordings have no prediction.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TARGET = Path(__file__).parents[2] / "tests" / "data" / "dcase_fewshot.json"

Rows = list[list[Any]]


def draw_reference(rng: np.random.Generator, file: str, *, is_sorted: bool) -> Rows:
    """Return rows (file, onset, offset, Q), hundredths of a second; at least eight are POS."""
    n = int(rng.integers(14, 30))
    onset = rng.choice(6000, n, replace=False)
    offset = onset + rng.integers(20, 300, n)
    kind = np.where(rng.random(n) < 0.65, "POS", "UNK")
    kind[:8] = "POS"
    rows = [[file, int(a), int(b), str(q)] for a, b, q in zip(onset, offset, kind, strict=True)]
    return sorted(rows, key=lambda row: row[1]) if is_sorted else rows


def draw_prediction(rng: np.random.Generator, reference: Rows, *, is_sorted: bool) -> Rows:
    rows: Rows = []
    for file, onset, offset, _ in reference:
        for _ in range(int(rng.integers(0, 3))):
            begin = onset + int(rng.integers(-60, 60))
            end = max(offset + int(rng.integers(-60, 60)), begin + 1)
            if rng.random() < 0.2:
                begin, end = onset, onset + max((offset - onset) * 3 // 10, 1)
            rows.append([file, max(begin, 0), max(end, 1)])
    rng.shuffle(rows)
    return sorted(rows, key=lambda row: row[1]) if is_sorted else rows


def write(rows: Rows, path: Path, columns: list[str]) -> None:
    table = pd.DataFrame(rows, columns=columns)
    table[["Starttime", "Endtime"]] /= 100
    table.to_csv(path, index=False)


def ask(evaluation: Any, reference: dict[str, dict[str, Rows]], prediction: Rows) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for subset, files in reference.items():
            (folder / "truth" / subset).mkdir(parents=True)
            for file, rows in files.items():
                path = folder / "truth" / subset / f"{file[:-4]}.csv"
                write(rows, path, ["Audiofilename", "Starttime", "Endtime", "Q"])
        write(prediction, folder / "found.csv", ["Audiofilename", "Starttime", "Endtime"])
        evaluation.evaluate(str(folder / "found.csv"), str(folder / "truth"), "team", "VAL", str(folder))
        (report,) = folder.glob("Evaluation_report*.json")
        return dict(json.loads(report.read_text()))


def main(code: str) -> None:
    sys.path.insert(0, code)
    import evaluation

    rng = np.random.default_rng(5)
    cases = []
    for k in range(4):
        is_sorted = k < 2
        reference: dict[str, dict[str, Rows]] = {}
        prediction: Rows = []
        for subset in ("HB", "ME", "PB"):
            reference[subset] = {}
            for number in range(3):
                file = f"{subset}{number}.wav"
                rows = draw_reference(rng, file, is_sorted=is_sorted)
                reference[subset][file] = rows
                if number < 2 or k % 2 == 0:
                    prediction += draw_prediction(rng, rows, is_sorted=is_sorted)
        cases.append(
            {"reference": reference, "prediction": prediction, "answer": ask(evaluation, reference, prediction)}
        )
    for case in cases:
        del case["answer"]["report_date"]
    tool = "c4dm/dcase-few-shot-bioacoustic, evaluation.py 3d85cc67, metrics.py 88e2f314"
    TARGET.write_text(json.dumps({"tool": tool, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
