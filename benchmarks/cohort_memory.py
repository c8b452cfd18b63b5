"""The most memory of ``overlap lesions cohort`` with 50 cases and with 500 of the same images, option by option.

Each run is a process of its own. Its figure is the most that it, or one of its workers, held at once. A table of scores
and a record for each case are all that may grow; the aim is 1.1 times as much at ten times the cases. The images are
label maps and soft masks of 96 × 96 × 40 voxels, some of them missed, damaged or without a prediction.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FEW = 50
MANY = 500
COHORT = [sys.executable, "-m", "domains.cli", "lesions", "cohort"]
OPTIONS: dict[str, list[str]] = {
    "one process": [],
    "two workers": ["--workers", "2"],
    "--html": ["--html", "PAGE"],
    "--html, two workers": ["--html", "PAGE", "--workers", "2"],
    "--count-missing": ["--count-missing"],
    "--as soft": ["--as", "soft"],
    "--surface iso": ["--surface", "iso"],
    "--resample linear": ["--resample", "linear"],
    "--plot": ["--plot", "PICTURE"],
    "parquet": [],
}


def make(folder: Path, n: int) -> None:
    """Write n cases that take turns at ten pairs of images: a prediction that is cut off, and one that is missing."""
    from domains.lesions import as_image, write_image

    rng = np.random.default_rng(0)
    axes = [np.arange(size) for size in (40, 96, 96)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    for side in ("p", "r"):
        (folder / side).mkdir(parents=True)
        for k in range(10):
            a, b = rng.uniform(20, 76, (2, 2))
            first = (z - 20) ** 2 + (y - a[0]) ** 2 + (x - a[1]) ** 2 < 100
            second = (z - 15) ** 2 + (y - b[0]) ** 2 + (x - b[1]) ** 2 < 60
            image = as_image(np.where(second, 2, first).astype(np.uint8), (3.0, 1.0, 1.0))
            write_image(image, folder / side / f"case_{k:03}.nii.gz")
    cut_off = folder / "p" / "case_008.nii.gz"
    cut_off.write_bytes(cut_off.read_bytes()[:-50])
    (folder / "p" / "case_009.nii.gz").unlink()
    for k in range(10, n):
        for side in ("p", "r"):
            original = folder / side / f"case_{k % 10:03}.nii.gz"
            if original.exists():
                shutil.copy(original, original.with_name(f"case_{k:03}.nii.gz"))


def megabytes(folder: Path, options: list[str], table: str) -> float:
    """Return the most memory of one run."""
    for left in folder.glob("scores.*"):
        left.unlink()
    places = {"PAGE": str(folder / "page.html"), "PICTURE": str(folder / "picture.png")}
    filled = [places.get(option, option) for option in options]
    command = [*COHORT, str(folder / "p"), str(folder / "r"), "--out", str(folder / table), "--quiet", *filled]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    # 1: some cases could not be scored, as is meant
    if code != 1:
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    return usage.ru_maxrss * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only the options that contain this")
    given = parser.parse_args()
    print(f"| options | {FEW} cases | {MANY} cases | ratio |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as parent:
        few = Path(parent, "few")
        many = Path(parent, "many")
        make(few, FEW)
        make(many, MANY)
        for name, options in OPTIONS.items():
            if given.only not in name:
                continue
            table = "scores.parquet" if name == "parquet" else "scores.csv"
            at_few = megabytes(few, options, table)
            at_many = megabytes(many, options, table)
            print(f"| {name} | {at_few:.0f} MB | {at_many:.0f} MB | {at_many / at_few:.3f} |", flush=True)


if __name__ == "__main__":
    main()
