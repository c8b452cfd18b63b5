"""Ask ActivityNet's evaluation of detections (MIT) for the average precision of drawn tables with many equals.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install numpy==2.4.6 pandas==3.1.1
    /tmp/peer/bin/python benchmarks/peers/ask_activitynet.py CODE

CODE is the folder Evaluation of activitynet/ActivityNet (eval_detection.py of commit 2795199f, utils.py of 258ee695).
It is written for Python 2: only its three functions are taken, and ``np.float`` is read as ``float``. Times are whole
seconds, confidences tenths, so that both are often equal. numpy's argsort has equals in an order that depends on the
processor: only tables are kept that score alike where it is stable, as without vector instructions, and otherwise
with the rows of the reference reversed.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TARGET = Path(__file__).parents[2] / "tests" / "data" / "activitynet_equals.json"
FUNCTIONS = ("compute_average_precision_detection", "interpolated_prec_rec", "segment_iou")
THRESHOLDS = {"activitynet": np.linspace(0.5, 0.95, 10), "thumos14": np.linspace(0.3, 0.7, 5)}
N_TABLES = 12
N_VIDEOS = 3


def functions_of(code: Path, argsort: str = ".argsort()") -> dict[str, Any]:
    """Return the functions that score, without the module around them, which Python 3 cannot parse."""
    known: dict[str, Any] = {"np": np, "pd": pd}
    for name in ("utils.py", "eval_detection.py"):
        text = (code / name).read_text().replace("np.float)", "float)").replace(".argsort()", argsort)
        for part in text.split("\ndef ")[1:]:
            if part.split("(")[0] in FUNCTIONS:
                exec(compile(ast.parse("def " + part), name, "exec"), known)
    return known


def draw(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a prediction and a reference of one label; equal confidences, and two references as near."""
    annotated = []
    predicted = []
    for video in range(N_VIDEOS):
        onset = rng.integers(0, 12, rng.integers(2, 9))
        offset = onset + rng.integers(1, 7, len(onset))
        annotated += [(f"v{video}", int(a), int(b)) for a, b in zip(onset, offset, strict=True)]
        for a, b in zip(onset, offset, strict=True):
            begin = int(a + rng.integers(-1, 2))
            end = max(int(b + rng.integers(-1, 2)), begin + 1)
            predicted.append((f"v{video}", begin, end, int(rng.integers(1, 6)) / 10))
    rng.shuffle(predicted)
    columns = ["video-id", "t-start", "t-end", "score"]
    return pd.DataFrame(predicted, columns=columns), pd.DataFrame(annotated, columns=columns[:3])


def main() -> None:
    code = Path(sys.argv[1])
    score = functions_of(code)["compute_average_precision_detection"]
    score_stable = functions_of(code, '.argsort(kind="stable")')["compute_average_precision_detection"]
    rng = np.random.default_rng(14)
    tables: list[dict[str, Any]] = []
    while len(tables) < N_TABLES:
        prediction, reference = draw(rng)
        found = {"prediction": prediction.to_numpy().tolist(), "reference": reference.to_numpy().tolist()}
        # times are whole numbers: reversed rows change what equals do, and nothing else
        reversed_rows = reference[::-1].reset_index(drop=True)
        is_portable = True
        depends = False
        for name, thresholds in THRESHOLDS.items():
            found[name] = score(reference, prediction, thresholds).tolist()
            is_portable &= found[name] == score_stable(reference, prediction, thresholds).tolist()
            depends |= found[name] != score_stable(reversed_rows, prediction, thresholds).tolist()
        if is_portable and depends:
            tables.append(found)
    origin = f"ActivityNet evaluation code, 2795199f and 258ee695, numpy {np.__version__}, pandas {pd.__version__}"
    TARGET.write_text(json.dumps({"origin": origin, "tables": tables}) + "\n")


if __name__ == "__main__":
    main()
