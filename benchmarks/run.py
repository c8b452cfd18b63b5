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
from itertools import chain
from pathlib import Path

import boxes
import coco
import events
import events_sizes
import lesions
import losses
import matching
import numpy as np
import oriented
import ramachandran
import sound_events

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
    a = rng.random((256, 256, 256), dtype=np.float32)
    b = rng.random((256, 256, 256), dtype=np.float32)
    p = a > 0.5
    q = b > 0.5
    count = np.count_nonzero
    ours, peer = seconds(lambda: raster.measure(p, q), lambda: (count(p & q), count(p), count(q)))
    yield "two 256³ bool masks", "numpy counts", ours, peer, 3

    def minimum() -> tuple[float, float, float]:
        return np.minimum(a, b).sum(), a.sum(), b.sum()

    def product() -> tuple[float, float, float]:
        return (a * b).sum(), a.sum(), b.sum()

    def lukasiewicz() -> tuple[float, float, float]:
        return np.maximum(a + b - 1, 0).sum(), a.sum(), b.sum()

    for plain, aim in ((minimum, 4), (product, 4), (lukasiewicz, 7)):
        tnorm = plain.__name__
        ours, peer = seconds(partial(raster.measure, a, b, tnorm=tnorm), plain)
        yield f"two 256³ float32 maps, {tnorm}", "numpy expressions", ours, peer, aim


def polygons() -> Iterator[Row]:
    import shapely

    from overlap import polygons

    rng = np.random.default_rng(0)
    n = 2000
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1)

    def batch() -> np.ndarray:
        centre = rng.uniform(-180, 180, (n, 1, 2))
        radius = rng.uniform(10, 80, (n, 1, 1))
        return shapely.polygons(centre + radius * ring)

    a = batch()
    b = batch()
    (total,) = seconds(lambda: polygons.measure(a, b, period=(360, 360)), repeats=5)
    # the aim is a time, printed as a ratio to it
    yield "a pair of 120-gons on a torus, in a batch", "0.15 ms", total / n, 0.15e-3, 1


def classification() -> Iterator[Row]:
    from domains.ramachandran import classify, evaluate

    rng = np.random.default_rng(0)
    n = 2_000_000
    phi, psi = rng.uniform(-180, 180, (2, n))
    codes = rng.integers(0, 6, n).astype(np.int8)

    def score_and_label() -> np.ndarray:
        score = evaluate(phi, psi, codes)
        return classify(score, codes)

    (total,) = seconds(score_and_label, repeats=5)
    yield "a residue scored and labelled", "10 M residues/s", total / n, 1e-7, 1


def validation(cctbx: str, structures: Path) -> Iterator[Row]:
    for name, ours, theirs in ramachandran.validation(cctbx, structures):
        yield f"validate {name}, file to table", "cctbx ramalyze", ours, theirs, 10


def start_up() -> Iterator[Row]:
    def command(*arguments: str) -> Callable[[], object]:
        return partial(subprocess.run, [sys.executable, *arguments], check=True, capture_output=True)

    python = command("-c", "pass")
    importing = command("-c", "import overlap")
    helping = command("-m", "domains.cli", "--help")
    bare, imported, helped = seconds(python, importing, helping, repeats=7)
    yield "import overlap", "0.05 s", imported - bare, 0.05, 1
    yield "overlap --help", "0.6 s", helped, 0.6, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cctbx", help="the Python of an environment with cctbx-base")
    parser.add_argument("--structures", type=Path, help="a folder with gzipped structures, which both can read")
    parser.add_argument("--peers", help="the Python of an environment with monai, medpy and surface-distance")
    parser.add_argument("--coco", metavar="PYTHON", help="that of one with pycocotools")
    parser.add_argument("--speakers", metavar="PYTHON", help="that of one with pyannote.metrics")
    parser.add_argument("--sounds", metavar="PYTHON", help="that of one with psds_eval")
    parser.add_argument("--anomalies", metavar="PYTHON", help="that of one with TSB-AD and prts; takes minutes")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*lru_cache", category=UserWarning)
    groups = [raster(), polygons(), classification(), start_up()]
    if options.cctbx and options.structures:
        groups.append(validation(options.cctbx, options.structures))
    groups += [group.rows(seconds) for group in (boxes, oriented, matching, losses)]
    if options.peers:
        groups.append(lesions.lesions(options.peers))
    groups.append(events_sizes.rows())
    if options.coco:
        groups.append(coco.rows(options.coco))
    if options.speakers:
        groups.append(events.rows_of_speakers(options.speakers))
    if options.sounds:
        groups.append(sound_events.rows(options.sounds))
    if options.anomalies:
        groups.append(events.rows_of_anomalies(options.anomalies))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread\n")
    print("| what | ours | peer | time of the peer | ratio | aim |\n|---|---:|---|---:|---:|---:|")
    for what, peer, ours, theirs, aim in chain.from_iterable(groups):
        print(f"| {what} | {pretty(ours)} | {peer} | {pretty(theirs)} | {theirs / ours:.1f} | {aim} |", flush=True)


def pretty(x: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(x) >= scale:
            return f"{x / scale:.3g} {unit}"
    return f"{x / 1e-9:.3g} ns"


if __name__ == "__main__":
    main()
