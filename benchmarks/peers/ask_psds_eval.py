"""Ask psds_eval and sed_scores_eval (both MIT) about drawn sound events.

    python3.11 -m venv /tmp/peer && /tmp/peer/bin/pip install "setuptools<81" wheel Cython "numpy<2" pandas==1.5.3 \
        psds_eval==0.5.3 sed_eval lazy_dataset einops
    /tmp/peer/bin/pip install --no-build-isolation sed_scores_eval==0.0.4
    /tmp/peer/bin/python benchmarks/peers/ask_psds_eval.py

40 draws of two to five recordings and up to four labels, times in whole milliseconds. Events of one label do not
overlap, since psds_eval refuses that. "events": rows with a score; psds_eval gets an operating point for each score
that occurs. "frames": scores of frames of 0.5 s, for sed_scores_eval. The single answer "macro" is psds_eval's macro F
of all rows.
"""

from __future__ import annotations

import json
import platform
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from psds_eval import PSDSEval
from sed_scores_eval.base_modules.scores import create_score_dataframe
from sed_scores_eval.intersection_based import fscore, psds

TARGET = Path(__file__).parents[2] / "tests" / "data" / "psds_eval.json"
N = 40
LENGTH = 10_000
STEP = 500
COLUMNS = ["filename", "onset", "offset", "event_label"]
SETTINGS = (
    {"dtc": 0.5, "gtc": 0.5, "cttc": 0.3, "alpha_ct": 0.0, "alpha_st": 0.0, "max_efpr": 2000.0},
    {"dtc": 0.7, "gtc": 0.7, "cttc": 0.3, "alpha_ct": 0.0, "alpha_st": 1.0, "max_efpr": 2000.0},
    {"dtc": 0.1, "gtc": 0.1, "cttc": 0.3, "alpha_ct": 0.5, "alpha_st": 1.0, "max_efpr": 5000.0},
    {"dtc": 0.37, "gtc": 0.61, "cttc": 0.23, "alpha_ct": 1.0, "alpha_st": 0.3, "max_efpr": 5000.0},
)

Rows = list[list[Any]]


def draw(rng: np.random.Generator, files: list[str], labels: str, *, scored: bool) -> Rows:
    """Return events (file, onset, offset in ms, label, score); those of one label do not overlap."""
    rows: Rows = []
    for file in files:
        for label in labels:
            free_from = int(rng.integers(0, 4000))
            while free_from < LENGTH - 100 and rng.random() < 0.8:
                offset = min(free_from + int(rng.integers(100, 4000)), LENGTH)
                rows.append([file, free_from, offset, label, int(rng.integers(1, 20)) / 20 if scored else None])
                free_from = offset + int(rng.integers(1, 3000))
    rng.shuffle(rows)
    return rows


def frames(rng: np.random.Generator, files: list[str], labels: str, reference: Rows) -> dict[str, list[list[float]]]:
    """Return scores (labels by frames) of each file that know something of the reference; some are equal."""
    scores = {}
    n = LENGTH // STEP
    for file in files:
        noise = rng.random((len(labels), n))
        for row in reference:
            if row[0] == file:
                k = labels.index(row[3])
                noise[k, row[1] // STEP : row[2] // STEP + 1] += 0.4
        scores[file] = np.round(noise / 1.4, 2).tolist()
    return scores


def in_seconds(rows: Rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*COLUMNS, "score"])
    return table.assign(onset=table.onset / 1000, offset=table.offset / 1000)


def ask_events(case: dict[str, Any], reference: pd.DataFrame) -> dict[str, Any]:
    settings = case["settings"]
    prediction = in_seconds(case["events"])
    metadata = pd.DataFrame({"filename": case["files"], "duration": LENGTH / 1000})
    tool = PSDSEval(settings["dtc"], settings["gtc"], settings["cttc"], ground_truth=reference, metadata=metadata)
    for threshold in sorted(set(prediction.score)):
        tool.add_operating_point(prediction[prediction.score >= threshold][COLUMNS])
    options = {name: settings[name] for name in ("alpha_ct", "alpha_st", "max_efpr")}
    macro, each = tool.compute_macro_f_score(prediction[COLUMNS])
    last = tool.operating_points.iloc[0]
    return {
        "psds": float(tool.psds(**options).value),
        "macro": None if np.isnan(macro) else float(macro),
        "f": {label: None if np.isnan(value) else float(value) for label, value in each.items()},
        "counts": last["counts"].tolist(),
    }


def ask_frames(case: dict[str, Any], reference: pd.DataFrame) -> dict[str, Any]:
    settings = case["settings"]
    labels = sorted(set(reference.event_label))
    timestamps = np.arange(LENGTH // STEP + 1) * STEP / 1000
    scores = {}
    for file, of_file in case["frames"].items():
        values = np.array(of_file).T[:, [case["labels"].index(label) for label in labels]]
        scores[file] = create_score_dataframe(values, timestamps, labels)
    truth: dict[str, list[tuple[float, float, str]]] = {file: [] for file in case["files"]}
    for row in reference.itertuples():
        truth[row.filename].append((row.onset, row.offset, row.event_label))
    crossing = settings["cttc"] if settings["alpha_ct"] > 0 else None
    value, each, _, _ = psds(
        scores,
        truth,
        dict.fromkeys(case["files"], LENGTH / 1000),
        dtc_threshold=settings["dtc"],
        gtc_threshold=settings["gtc"],
        cttc_threshold=crossing,
        alpha_ct=settings["alpha_ct"],
        alpha_st=settings["alpha_st"],
        max_efpr=settings["max_efpr"],
    )
    f, _, _, _found = fscore(scores, truth, 0.6, dtc_threshold=settings["dtc"], gtc_threshold=settings["gtc"])
    return {
        "psds": float(value),
        "of_label": {label: float(x) for label, x in each.items()},
        "macro": float(f["macro_average"]),
        "micro": float(f["micro_average"]),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(14)
    cases = []
    for k in range(N):
        files = [f"{name}.wav" for name in "abcde"[: rng.integers(2, 6)]]
        labels = "pqrs"[: rng.integers(2, 5)]
        reference = draw(rng, files, labels, scored=False)
        case: dict[str, Any] = {
            "files": files,
            "labels": labels,
            "settings": SETTINGS[k % len(SETTINGS)],
            "reference": reference,
        }
        events = in_seconds(reference)[COLUMNS]
        if k // len(SETTINGS) % 2:
            case["frames"] = frames(rng, files, labels, reference)
            case["answer"] = ask_frames(case, events)
        else:
            case["events"] = draw(rng, files, labels, scored=True)
            case["answer"] = ask_events(case, events)
        cases.append(case)
    versions = {tool: version(tool) for tool in ("psds_eval", "sed_scores_eval", "pandas", "numpy")}
    versions["python"] = platform.python_version()
    head = json.dumps({"about": "benchmarks/peers/ask_psds_eval.py says how they were made", "versions": versions})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    TARGET.write_text(f'{head[:-1]}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
