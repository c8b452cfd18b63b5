"""What the lesions must keep to: distances, tables of labels, thousands of lesions, each beside its peer in one run.

The peers of the distances run in an environment of their own, those that it has (monai with torch, surface-distance,
medpy, panoptica, seg-metrics), on the same masks, in one thread. Beside MONAI stands every definition that we have.
Times are on the wall, and of the processor in brackets: a shared machine is noisy.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

Row = tuple[str, str, float, float, float]
SPACING = (0.365, 0.365, 0.7)
N_LABELS = 200


@dataclass(frozen=True)
class Took:
    """How long something took, in seconds."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Beside:
    """What was done, how long we took and how long a peer, and how many times as long the peer is to take."""

    what: str
    peer: str
    ours: Took
    theirs: Took
    aim: float


PEERS = """
import importlib.util, json, statistics, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
masks, spacing, times = np.load(sys.argv[1]), json.loads(sys.argv[2]), {}
a, b = masks["a"], masks["b"]

def monai():
    import torch
    from monai.metrics import compute_hausdorff_distance
    torch.set_num_threads(1)
    pair = (torch.as_tensor(x[None, None]) for x in (a, b))
    return compute_hausdorff_distance(*pair, include_background=True, percentile=95, spacing=spacing).item()

def deepmind():
    import surface_distance
    return surface_distance.compute_robust_hausdorff(surface_distance.compute_surface_distances(a, b, spacing), 95)

def medpy():
    from medpy.metric.binary import hd95
    return hd95(a, b, spacing)

def panoptica():
    from panoptica import Metric
    return Metric.HD95(a, b, voxelspacing=spacing)

def seg_metrics():
    from seg_metrics.seg_metrics import write_metrics
    sides = {"gdth_img": b.astype(np.uint8), "pred_img": a.astype(np.uint8)}
    return write_metrics(labels=[1], spacing=np.array(spacing), metrics=["hd95"], **sides)[0]["hd95"][0]

packages = {"monai": monai, "surface_distance": deepmind, "medpy": medpy, "panoptica": panoptica}
packages["seg_metrics"] = seg_metrics
for package, call in packages.items():
    if importlib.util.find_spec(package) is None:
        continue
    value, wall, processor = call(), [], []
    # the quick ones are timed more often
    for _ in range(5 if call is monai else 3 if call is deepmind else 1):
        begin, begin_processor = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - begin)
        processor.append(time.process_time() - begin_processor)
    times[call.__name__] = [statistics.median(wall), statistics.median(processor), float(value)]
print(json.dumps(times))
"""


def lesions(peers: str) -> Iterator[Row]:
    """Yield what, the peer, our seconds, the peer's seconds and the ratio aimed at, on the wall.

    Parameters
    ----------
    peers : str
        The Python of an environment with some of the peers.
    """
    for row in [tables_of_labels(), *all_distances(peers)]:
        yield row.what, row.peer, row.ours.wall, row.theirs.wall, row.aim


# ---- distances


def pair() -> tuple[np.ndarray, np.ndarray]:
    """Return two sheets like the cartilage of a knee, 384 × 384 × 160, nearly the same."""
    axes = [np.linspace(-1, 1, n) for n in (384, 384, 160)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    radius = np.sqrt(z**2 + y**2 + (0.8 * x) ** 2)
    wave = 0.02 * np.sin(9 * z + 3 * x) * np.cos(7 * y)
    rough = wave + 0.012 * np.sin(23 * y + 5 * z)
    a = (abs(radius - 0.55 - wave) < 0.045) & (z > -0.2)
    b = (abs(radius - 0.555 - rough) < 0.05) & (z > -0.17)
    return a, b


def all_distances(peers: str) -> Iterator[Beside]:
    """Yield all distances of a pair, by each definition, beside the HD95 alone of the peers."""
    a, b = pair()
    # ours before and after theirs: the slower of the two counts
    before = our_times(a, b)
    peer_results = run_peers(peers, a, b)
    after = our_times(a, b)
    ours = {name: slower(before[name], after[name]) for name in before}
    what = "HD, HD95, ASSD, MASD, NSD of a 384 × 384 × 160 pair"
    for name, (theirs, value) in peer_results.items():
        hd95 = everything(a, b, name)
        if abs(hd95 - value) > 1e-5:
            raise ValueError(f"{name}: HD95 is {value} there, {hd95} here")
        aim = 2.5 if name == "monai" else 1
        yield Beside(f"{what}, preset {name}", f"{name}, HD95 alone", ours[name], theirs, aim)
    if "monai" in peer_results:
        monai, _ = peer_results["monai"]
        for name in ours:
            if name != "monai":
                yield Beside(f"{what}, preset {name}", "monai, HD95 alone", ours[name], monai, 2.5)


def everything(a: np.ndarray, b: np.ndarray, preset: Any) -> float:
    """Take all the values of a pair, and return the HD95."""
    from overlap import surfaces

    d = surfaces.distances(a, b, spacing=SPACING, preset=preset)
    d.hausdorff()
    d.assd()
    d.masd()
    d.nsd(1.0)
    return d.hd95()


def our_times(a: np.ndarray, b: np.ndarray) -> dict[str, Took]:
    from overlap import surfaces

    times = {}
    for name in surfaces.PRESETS:
        (times[name],) = in_turns(partial(everything, a, b, name), repeats=3)
    return times


def slower(a: Took, b: Took) -> Took:
    return Took(max(a.wall, b.wall), max(a.processor, b.processor))


def run_peers(peers: str, a: np.ndarray, b: np.ndarray) -> dict[str, tuple[Took, float]]:
    """Return the time and the HD95 of each peer, in their own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pair.npz")
        np.savez(path, a=a, b=b)
        command = [peers, "-c", PEERS, str(path), json.dumps(SPACING)]
        process = subprocess.run(command, check=True, capture_output=True, text=True)
    results = {}
    for name, (wall, processor, value) in json.loads(process.stdout.splitlines()[-1]).items():
        results[name] = Took(wall, processor), value
    return results


# ---- tables of labels


def tables_of_labels() -> Beside:
    """Return the table of two maps of 256³ cells with 200 labels beside that of numpy alone."""
    from overlap import raster

    a, b = label_maps()
    _, _, counts = raster.contingency(a, b)
    if (counts.intersection != by_bincount(a, b)).any():
        raise ValueError("the two tables differ")
    ours, theirs = in_turns(partial(raster.contingency, a, b), partial(by_bincount, a, b), repeats=7)
    return Beside("contingency of 256³ cells, 200 labels a side", "numpy bincount", ours, theirs, 3)


def label_maps() -> tuple[np.ndarray, np.ndarray]:
    """Return two maps without any order, which are the slowest: no two neighbours are alike."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, N_LABELS, (256, 256, 256), dtype=np.int32)
    b = rng.integers(0, N_LABELS, (256, 256, 256), dtype=np.int32)
    return a, b


def by_bincount(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how many cells each pair of labels shares; bincount wants whole numbers of 64 bits."""
    place = a.ravel().astype(np.int64) * N_LABELS + b.ravel()
    return np.bincount(place, minlength=N_LABELS**2).reshape(N_LABELS, N_LABELS)


# ---- thousands of lesions


def memory_of_matching(name: str) -> str:
    """Return the row of two such maps: the most memory beside that of the maps, in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--memory", name], capture_output=True, text=True, check=True)
    n, maps, peak = (float(part) for part in done.stdout.split())
    what = f"match of {n:.0f} × {n:.0f} lesions, {name}, the maps included"
    return f"| {what} | {peak:.0f} MB | the label maps | {maps:.0f} MB | {peak / maps:.2f} | 2 at most |"


def match_thousands(name: str) -> None:
    """Print how many lesions two maps have, their MB, and how much this process grows by making and matching them."""
    from domains.lesions import as_image, match

    make = THOUSANDS[name]
    few = as_image(specks(0)[:32, :32, :32], 1.0)
    match(few, few)
    # the highest so far is forgotten
    Path("/proc/self/clear_refs").write_text("5")
    before = megabytes("VmRSS")
    a = as_image(make(0), 1.0)
    b = as_image(make(1), 1.0)
    match(a, b)
    peak = megabytes("VmHWM") - before
    print(np.unique(a).size - 1, (a.nbytes + b.nbytes) / 1e6, peak)


def specks(shift: int) -> np.ndarray:
    """Return a map of 160³ cells with 7000 lesions of two cells."""
    numbers = np.zeros((160, 160, 160), np.int32)
    number = np.arange(1, 7001)
    z, y, x = np.unravel_index(number, (20, 20, 20))
    for k in (0, 1):
        numbers[8 * z + shift + k, 8 * y, 8 * x] = number
    return numbers


def bricks(shift: int) -> np.ndarray:
    """Return a map of 256³ cells that 7220 lesions fill, but for one corner."""
    place = np.arange(256, dtype=np.int32) + 6 * shift
    layer = place // 14 % 19 * 380
    row = place // 13 % 20 * 19
    column = place // 14 % 19
    return layer[:, None, None] + row[:, None] + column


THOUSANDS = {"specks in 160³ cells": specks, "bricks that fill 256³ cells": bricks}


def megabytes(figure: str) -> float:
    """Return a figure of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{figure}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(figure)


# ---- the table


def in_turns(*functions: Callable[[], object], repeats: int) -> list[Took]:
    """Return the median time of each function; they take turns, so that noise meets them alike."""
    walls: list[list[float]] = [[] for _ in functions]
    processors: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(repeats):
        for function, wall, processor in zip(functions, walls, processors, strict=True):
            begin = time.perf_counter()
            begin_processor = time.process_time()
            function()
            wall.append(time.perf_counter() - begin)
            processor.append(time.process_time() - begin_processor)
    medians = zip(map(statistics.median, walls), map(statistics.median, processors), strict=True)
    return [Took(wall, processor) for wall, processor in medians]


def line(row: Beside) -> str:
    ours = f"{milliseconds(row.ours.wall)} ({milliseconds(row.ours.processor)})"
    theirs = f"{milliseconds(row.theirs.wall)} ({milliseconds(row.theirs.processor)})"
    ratio = f"{row.theirs.wall / row.ours.wall:.1f} ({row.theirs.processor / row.ours.processor:.1f})"
    return f"| {row.what} | {ours} ms | {row.peer} | {theirs} ms | {ratio} | {row.aim} |"


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f}"


def main() -> None:
    if sys.argv[1:2] == ["--memory"]:
        match_thousands(sys.argv[2])
        return
    if len(sys.argv) != 2:
        raise SystemExit("name the Python of an environment with the peers: python benchmarks/lesions.py PYTHON")
    print("| what | ours | peer | the peer's | ratio | aim |\n|---|---:|---|---:|---:|---:|")
    print(line(tables_of_labels()), flush=True)
    for name in THOUSANDS:
        print(memory_of_matching(name), flush=True)
    for row in all_distances(sys.argv[1]):
        print(line(row), flush=True)


if __name__ == "__main__":
    main()
