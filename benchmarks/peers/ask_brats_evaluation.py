"""Ask brats-evaluation (AGPL-3.0), the package of the BraTS challenges of 2026, for lesion-wise scores.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install brats-evaluation==0.0.10 panoptica==2.1.7
    /tmp/peer/bin/python benchmarks/peers/ask_brats_evaluation.py

A black box: its licence is not ours. Its two commands read NIfTI files; every voxel of a mask gets label 1, and the
answers are those for the whole tumour (wt). "lesions" is what the evaluation says of a case with the configuration
mets; the others say the same of one mask. "leaderboard seg" and "leaderboard mets" are what the second command makes of
it, mets with lesions from 20 mm3 on called large, and small ones found from a Dice of 0.1 on. 3-D alone. Its distances
take the spacing of a file's axes in reverse order: they are those of the masks where voxels are cubes.
"""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nibabel
import numpy as np
from golden import write
from masks import masks

SCORES = (
    *("n_ref_instances", "n_pred_instances", "tp", "fp", "fn", "rq"),
    *("sq_dsc", "pq_dsc", "sq_hd95", "sq_nsd", "global_bin_dsc", "global_bin_hd95", "global_bin_nsd"),
)
PARSERS = {"seg": [], "mets": ["--vol_threshold", "20", "--overlap_threshold", "0.1"]}
SUFFIX = "-000.nii.gz"


def save(mask: np.ndarray, spacing: np.ndarray, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), np.diag([*spacing, 1.0])), path)


def run(command: str, *arguments: object) -> None:
    """Run a command of the peer's environment."""
    program = Path(sys.executable).with_name(command)
    words = [str(argument) for argument in arguments]
    subprocess.run([str(program), *words], check=True, capture_output=True)


def evaluate(folder: Path, configuration: str) -> dict[str, dict[str, Any]]:
    """Return the scores of each case of a folder by the number in its file's name."""
    paths = ("--ref_path", folder / "reference", "--pred_path", folder / "prediction")
    summary = folder / "summary.json"
    run("brats-evaluate", "--config", configuration, *paths, "--summary_json", summary)
    cases = json.loads(summary.read_text(encoding="utf-8"))["metrics"]
    return {case["subject_name"].removesuffix(SUFFIX): wanted(case["wt"]) for case in cases}


def wanted(group: dict[str, Any]) -> dict[str, Any]:
    """Return the scores that are kept; the summary writes NaN and infinity as text or null."""
    return {score: group.get(score) for score in SCORES}


def leaderboard(folder: Path, parser: str) -> dict[str, dict[str, float]]:
    """Return the leaderboard's columns of the whole tumour, by the number in the file's name."""
    table = folder / f"{parser}.csv"
    paths = ("--json_path", folder / "summary.json", "--output_csv_path", table)
    run("brats-parse-metrics", parser, *paths, *PARSERS[parser])
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    cases = [row for row in rows if row["subject_id"].endswith(SUFFIX)]
    return {row["subject_id"].removesuffix(SUFFIX): of_whole_tumour(row) for row in cases}


def of_whole_tumour(row: dict[str, str]) -> dict[str, float]:
    columns = [column for column in row if column.endswith("_wt")]
    return {column.removesuffix("_wt"): float(row[column] or math.nan) for column in columns}


def by_name(answers: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names[number]: answer for number, answer in answers.items()}


if __name__ == "__main__":
    cases = {name: pair for name, pair in masks().items() if pair.reference.ndim == 3}
    numbers = {f"{number:05}": name for number, name in enumerate(cases)}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number, case in numbers.items():
            pair = cases[case]
            save(pair.prediction, pair.spacing, folder / "prediction" / f"{number}{SUFFIX}")
            save(pair.reference, pair.spacing, folder / "reference" / f"{number}{SUFFIX}")
        lesions = evaluate(folder, "mets")
        leaderboards = {parser: leaderboard(folder, parser) for parser in PARSERS}
        for configuration in ("gli", "ped", "MenPre", "GoAT"):
            assert str(evaluate(folder, configuration)) == str(lesions)
    named = {"lesions": by_name(lesions, numbers)}
    for parser, board in leaderboards.items():
        named[f"leaderboard {parser}"] = by_name(board, numbers)
    tools = ("brats-evaluation", "panoptica", "numpy", "scipy", "connected-components-3d")
    write("brats_evaluation", named, tools)
