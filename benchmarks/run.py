"""Print one table: our time, the peer's, their ratio and the ratio aimed at."""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import boxes
import lesions
import losses
import matching
import numpy as np
import oriented

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""


def seconds(*functions: Callable[[], object], repeats: int = 15) -> list[float]:
    """Return the median time of each function; they take turns, so that noise meets them alike."""
    times: list[list[float]] = [[] for _ in functions]
    for round_ in range(repeats + 1):
        for function, seen in zip(functions, times, strict=True):
            begin = time.perf_counter()
            function()
            if round_:
                seen.append(time.perf_counter() - begin)
    return [statistics.median(seen) for seen in times]


def raster() -> Iterator[Row]:
    from overlap import raster

    rng = np.random.default_rng(0)
    a, b = (rng.random((256,) * 3, dtype=np.float32) for _ in range(2))
    p, q = a > 0.5, b > 0.5
    count = np.count_nonzero
    ours, peer = seconds(lambda: raster.measure(p, q), lambda: (count(p & q), count(p), count(q)))
    yield "two 256³ bool masks", "numpy counts", ours, peer, 3
    plain = {
        "minimum": (lambda: np.minimum(a, b).sum(), 4),
        "product": (lambda: (a * b).sum(), 4),
        "lukasiewicz": (lambda: np.maximum(a + b - 1, 0).sum(), 7),
    }
    for tnorm, (expression, aim) in plain.items():
        measure = partial(raster.measure, a, b, tnorm=tnorm)
        ours, peer = seconds(measure, partial(lambda plain: (plain(), a.sum(), b.sum()), expression))
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
    ours = seconds(lambda: polygons.measure(a, b, period=(360, 360)), repeats=5)[0] / n
    # the aim in the issue is a time, 0.15 ms a pair: told as a ratio to that
    yield "a pair of 120-gons on a torus, in a batch", "0.15 ms", ours, 0.15e-3, 1


def classification() -> Iterator[Row]:
    from domains.ramachandran import empirical

    rng = np.random.default_rng(0)
    n = 2_000_000
    phi, psi = rng.uniform(-180, 180, (2, n))
    codes = rng.integers(0, 6, n).astype(np.int8)
    ours = seconds(lambda: empirical.classify(empirical.evaluate(phi, psi, codes), codes), repeats=5)[0] / n
    yield "a residue scored and labelled", "10 M residues/s", ours, 1e-7, 1


CCTBX = """
import sys, time
from mmtbx.validation import ramalyze
import iotbx.pdb
for path in sys.stdin:
    begin = time.perf_counter()
    ramalyze.ramalyze(iotbx.pdb.input(path.strip()).construct_hierarchy(), outliers_only=False)
    print(time.perf_counter() - begin, flush=True)
"""


def validation(cctbx: str, structures: Path) -> Iterator[Row]:
    """Take turns with cctbx in a process of its own, which times itself: no start-up counts on either side."""
    from domains.ramachandran import validate

    with subprocess.Popen([cctbx, "-c", CCTBX], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for path in sorted(structures.glob("1igy.*")):
            times: list[float] = []

            def peer(path: Path = path, times: list[float] = times) -> None:
                print(path, file=process.stdin, flush=True)
                times.append(float(process.stdout.readline()))

            ours, _ = seconds(partial(validate, path), peer, repeats=11)
            yield f"validate {path.name}, file to table", "cctbx ramalyze", ours, statistics.median(times[1:]), 10
        process.stdin.close()


def start_up() -> Iterator[Row]:
    commands = ["-c", "pass"], ["-c", "import overlap"], ["-m", "domains.cli", "--help"]
    processes = [partial(subprocess.run, [sys.executable, *c], check=True, capture_output=True) for c in commands]
    bare, imported, helped = seconds(*processes, repeats=7)
    yield "import overlap", "0.05 s", imported - bare, 0.05, 1
    yield "overlap --help", "0.6 s", helped, 0.6, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cctbx", help="the Python of an environment with cctbx-base")
    parser.add_argument("--structures", type=Path, help="a folder with 1igy.pdb.gz and 1igy.cif.gz")
    parser.add_argument("--peers", help="the Python of an environment with monai, medpy and surface-distance")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*lru_cache", category=UserWarning)
    groups = [raster(), polygons(), classification(), start_up()]
    if options.cctbx and options.structures:
        groups.append(validation(options.cctbx, options.structures))
    groups += [group.rows(seconds) for group in (boxes, oriented, matching, losses)]
    if options.peers:
        groups.append(lesions.lesions(options.peers))
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
