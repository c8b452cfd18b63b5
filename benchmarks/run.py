"""Print one table: our time, the peer's, their ratio and the ratio aimed at."""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""


def seconds(function: Callable[[], object], repeats: int = 15) -> float:
    function()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def raster() -> Iterator[Row]:
    from overlap import raster

    rng = np.random.default_rng(0)
    a, b = (rng.random((256,) * 3, dtype=np.float32) for _ in range(2))
    p, q = a > 0.5, b > 0.5
    counts = seconds(lambda: (np.count_nonzero(p & q), np.count_nonzero(p), np.count_nonzero(q)))
    yield "two 256³ bool masks", "numpy counts", seconds(lambda: raster.measure(p, q)), counts, 3
    plain = {
        "minimum": (lambda: np.minimum(a, b).sum(), 4),
        "product": (lambda: (a * b).sum(), 4),
        "lukasiewicz": (lambda: np.maximum(a + b - 1, 0).sum(), 7),
    }
    for tnorm, (expression, aim) in plain.items():
        peer = seconds(lambda: (expression(), a.sum(), b.sum()))  # noqa: B023
        ours = seconds(lambda: raster.measure(a, b, tnorm=tnorm))  # noqa: B023
        yield f"two 256³ float32 maps, {tnorm}", "numpy expressions", ours, peer, aim


def polygons() -> Iterator[Row]:
    import shapely

    from overlap import polygons

    rng = np.random.default_rng(0)
    n, turn = 2000, np.linspace(0, 2 * np.pi, 120, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1)

    def batch() -> np.ndarray:
        centre, radius = rng.uniform(-180, 180, (n, 1, 2)), rng.uniform(10, 80, (n, 1, 1))
        return shapely.polygons(centre + radius * ring)

    a, b = batch(), batch()
    ours = seconds(lambda: polygons.measure(a, b, period=(360, 360)), 5) / n
    # the aim in the issue is a time, 0.15 ms a pair: told as a ratio to that
    yield "a pair of 120-gons on a torus, in a batch", "0.15 ms", ours, 0.15e-3, 1


def classification() -> Iterator[Row]:
    from domains.ramachandran import empirical

    rng = np.random.default_rng(0)
    n = 2_000_000
    phi, psi = rng.uniform(-180, 180, (2, n))
    codes = rng.integers(0, 6, n).astype(np.int8)
    ours = seconds(lambda: empirical.classify(empirical.evaluate(phi, psi, codes), codes), 5) / n
    yield "a residue scored and labelled", "10 M residues/s", ours, 1e-7, 1


CCTBX = """
import json, sys, time, statistics
from mmtbx.validation import ramalyze
import iotbx.pdb
times = {}
for path in sys.argv[1:]:
    seen = []
    for _ in range(7):
        begin = time.perf_counter()
        ramalyze.ramalyze(iotbx.pdb.input(path).construct_hierarchy(), outliers_only=False)
        seen.append(time.perf_counter() - begin)
    times[path] = statistics.median(seen)
print(json.dumps(times))
"""


def validation(cctbx: str, structures: Path) -> Iterator[Row]:
    from domains.ramachandran import validate

    files = [str(p) for p in sorted(structures.glob("1igy.*"))]
    done = subprocess.run([cctbx, "-c", CCTBX, *files], check=True, capture_output=True, text=True)
    for path, peer in json.loads(done.stdout.splitlines()[-1]).items():
        yield f"validate {Path(path).name}, file to table", "cctbx ramalyze", seconds(lambda: validate(path)), peer, 10  # noqa: B023


def start_up() -> Iterator[Row]:
    def process(*command: str) -> float:
        return seconds(lambda: subprocess.run(command, check=True, capture_output=True), 7)

    bare = process(sys.executable, "-c", "pass")
    yield "import overlap", "0.05 s", process(sys.executable, "-c", "import overlap") - bare, 0.05, 1
    yield "overlap --help", "0.6 s", process(sys.executable, "-m", "domains.cli", "--help"), 0.6, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cctbx", help="the Python of an environment with cctbx-base")
    parser.add_argument("--structures", type=Path, help="a folder with 1igy.pdb.gz and 1igy.cif.gz")
    options = parser.parse_args()
    groups = [raster(), polygons(), classification(), start_up()]
    if options.cctbx and options.structures:
        groups.append(validation(options.cctbx, options.structures))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread\n")
    print("| what | ours | peer | time of the peer | ratio | aim |\n|---|---:|---|---:|---:|---:|")
    for what, peer, ours, theirs, aim in (row for group in groups for row in group):
        print(f"| {what} | {pretty(ours)} | {peer} | {pretty(theirs)} | {theirs / ours:.1f} | {aim} |", flush=True)


def pretty(x: float) -> str:
    unit, scale = next(
        (u, s) for u, s in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)) if abs(x) >= s or s == 1e-9
    )
    return f"{x / scale:.3g} {unit}"


if __name__ == "__main__":
    main()
