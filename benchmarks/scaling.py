"""How time and memory of whole jobs grow with their inputs: at n, 2n, 4n and 8n, each in a process of its own.

Each child does the job once with next to nothing, so that everything is imported and compiled, then prepares its
inputs, then does the job. Its time is that of its processors (the machine may be busy with other things), its memory
the most that it held during the job above what it held after the imports: inputs and answer count.

An exponent is the slope of log(time or memory) over log(n). Something of both is there at n = 0 too: it is measured at
a small n, brought to 0 by the rate between that and n, and taken off before.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

RESAMPLES = 1000

Call = Callable[[], object]
Prepare = Callable[[int, Path], Call]

SMALLEST_PART = 32
"""What is there at n = 0 is measured at n over this."""

# ---- jobs over files: a folder is made anew for each child


def structures(n: int, folder: Path) -> Call:
    from domains.ramachandran import example, validate

    content = Path(example("1a8o")).read_bytes()
    paths = []
    for k in range(n):
        path = folder / f"{k:06}.pdb.gz"
        path.write_bytes(content)
        paths.append(path)
    return lambda: validate(paths, records=folder / "records")


def image_folders(n: int, folder: Path) -> tuple[Path, Path]:
    """Write n pairs of small images with two labels."""
    from domains.lesions import as_image, write_image

    rng = np.random.default_rng(0)
    sides = []
    for side in ("predicted", "reference"):
        parent = folder / side
        parent.mkdir()
        labels = np.zeros((12, 12, 12), np.uint8)
        labels[2:8, 2:8, 2:8] = 1
        labels[tuple(rng.integers(0, 12, (3, 40)))] = 2
        first = parent / "000000.nii.gz"
        write_image(as_image(labels, 1.0), first)
        content = first.read_bytes()
        for k in range(1, n):
            (parent / f"{k:06}.nii.gz").write_bytes(content)
        sides.append(parent)
    return sides[0], sides[1]


def cohort(n: int, folder: Path) -> Call:
    from domains.lesions import cohort

    predicted, reference = image_folders(n, folder)
    return lambda: cohort(predicted, reference, out=folder / "scores.csv", records=folder / "records")


def resume(n: int, folder: Path) -> Call:
    job = cohort(n, folder)
    # in a process of its own, so that its memory is not that of the second run
    first = multiprocessing.get_context("fork").Process(target=job)
    first.start()
    first.join()
    return job


def event_tree(n: int, folder: Path) -> Call:
    from domains.events import score

    rng = np.random.default_rng(0)
    sides = []
    for side in ("predicted", "reference"):
        parent = folder / side
        parent.mkdir()
        for k in range(n):
            onsets = np.sort(rng.uniform(0, 600, 20))
            rows = [f"{onset:.2f},{onset + 4:.2f},speech\n" for onset in onsets]
            (parent / f"{k:06}.csv").write_text("onset,offset,label\n" + "".join(rows))
        sides.append(parent)
    return lambda: score(sides[0], sides[1], records=folder / "records")


def long_table(n: int, folder: Path) -> Call:
    """A region as a table of n rows (phi, psi, value)."""
    from domains.ramachandran import read_region

    n_phi = max(8, n // 512)
    phi = -180 + (np.arange(n_phi) + 0.5) * 360 / n_phi
    psi = -180 + (np.arange(512) + 0.5) * 360 / 512
    path = folder / "region.csv"
    with path.open("w") as file:
        file.write("phi,psi,value\n")
        for x in phi:
            file.writelines(f"{x},{y},{int(abs(x - y) < 90)}\n" for y in psi)
    return lambda: read_region(path)


# ---- jobs on arrays


def some_cases(n: int, seed: int = 0) -> object:
    import overlap as ov

    rng = np.random.default_rng(seed)
    return ov.Overlap(rng.random(n), 1 + rng.random(n), 1 + rng.random(n))


def interval_micro(n: int, folder: Path) -> Call:
    from overlap import resample

    cases = some_cases(n)
    return lambda: resample.confidence_interval(cases, rng=0, n_resamples=RESAMPLES)


def interval_macro(n: int, folder: Path) -> Call:
    from overlap import resample

    cases = some_cases(n)
    return lambda: resample.confidence_interval(cases, rng=0, n_resamples=RESAMPLES, average="macro")


def interval_of_groups(n: int, folder: Path) -> Call:
    from overlap import resample

    cases = some_cases(n)
    other = some_cases(n, seed=1)
    patients = np.arange(n) % max(2, n // 4)
    options = {"n_resamples": RESAMPLES, "other": other, "groups": patients}
    return lambda: resample.confidence_interval(cases, rng=0, **options)


def summarise(n: int, folder: Path) -> Call:
    import pandas as pd

    from domains import lesions

    rng = np.random.default_rng(0)
    size = rng.integers(50, 500, n)
    shared = rng.binomial(size, 0.8)
    distance = np.where(rng.random(n) < 0.05, np.inf, rng.gamma(2, 3, n))
    sizes = {"intersection": shared, "size_a": size, "size_b": size}
    scores = pd.DataFrame({"label": "1", "error": "", **sizes, "dice": shared / size, "hd95": distance})
    return lambda: lesions.summarise(scores)


def specks(n: int) -> np.ndarray:
    """Return a grid with n lesions of two voxels."""
    side = 100
    grid = np.zeros((3 * -(-n // side), 3 * side), bool)
    cells = grid.reshape(-1, 3, side, 3)
    cells[:, 0, :, :2] = True
    return grid[:, :, None]


def match_specks(n: int, folder: Path) -> Call:
    from domains.lesions import as_image, match

    image = as_image(specks(n), 1.0)
    return lambda: match(image, image)


def label_pairs(n: int, folder: Path) -> Call:
    from overlap import raster

    labels = np.repeat(np.arange(n, dtype=np.int32), 27)
    other = np.roll(labels, 5)
    return lambda: raster.label_pairs(labels, other)


def contingency(n: int, folder: Path) -> Call:
    from overlap import raster

    labels = np.random.default_rng(0).integers(0, 50, n)
    other = np.roll(labels, 5)
    return lambda: raster.contingency(labels, other)


def polygon_pairs(n: int, folder: Path) -> Call:
    import shapely

    from overlap import polygons

    rng = np.random.default_rng(0)
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    a = shapely.polygons(rng.uniform(0, 2, (n, 1, 2)) + ring)
    b = shapely.polygons(rng.uniform(0, 2, (n, 1, 2)) + ring)
    return lambda: polygons.measure(a, b)


JOBS: dict[str, tuple[Prepare, int]] = {
    "validate n structures": (structures, 96),
    "cohort of n cases": (cohort, 64),
    "resume of n cases": (resume, 192),
    "event tree of n files": (event_tree, 128),
    "confidence_interval of n cases, micro": (interval_micro, 131_072),
    "confidence_interval of n cases, macro": (interval_macro, 131_072),
    "confidence_interval of n cases of n/4 patients, two models": (interval_of_groups, 131_072),
    "summarise n cases": (summarise, 65_536),
    "lesions.match of n specks": (match_specks, 65_536),
    "raster.label_pairs of n labels, 27 cells each": (label_pairs, 65_536),
    "raster.contingency of n cells, 50 labels": (contingency, 2**21),
    "read_region, a table of n rows": (long_table, 524_288),
    "polygons.measure of n pairs": (polygon_pairs, 32_768),
}
"""The function that prepares a job, and n."""


def measure_here(name: str, n: int) -> tuple[float, float]:
    """Return the seconds and MB of one job in this process."""
    prepare, _ = JOBS[name]
    with tempfile.TemporaryDirectory() as first:
        prepare(2, Path(first))()
    with tempfile.TemporaryDirectory() as second:
        before = memory("VmRSS")
        call = prepare(n, Path(second))
        # the highest so far is forgotten
        Path("/proc/self/clear_refs").write_text("5")
        begin = processor_seconds()
        answer = call()
        seconds = processor_seconds() - begin
        peak = memory("VmHWM")
        del answer
    return seconds, peak - before


def processor_seconds() -> float:
    """Return the time that this process and the children it waited for have computed."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def memory(what: str) -> float:
    """Return a figure of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(what)


def measure(name: str, n: int) -> tuple[float, float]:
    """Return the seconds and MB of one job in a child."""
    child = [sys.executable, __file__, "--child", name, str(n)]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}, n = {n}:\n{done.stderr}")
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def exponent(sizes: list[int], figures: list[float], small: int, at_small: float) -> float:
    """Return the slope over n of what is more than at n = 0."""
    rate = (figures[0] - at_small) / (sizes[0] - small)
    at_zero = max(0.0, at_small - max(0.0, rate) * small)
    more = np.array(figures) - at_zero
    if more[0] <= 0:  # it does not grow
        return 0.0
    return float(np.polyfit(np.log(sizes), np.log(more), 1)[0])


def row(name: str, repeats: int) -> str:
    """Return the line of one job in the table."""
    _, n = JOBS[name]
    small = max(2, n // SMALLEST_PART)
    sizes = [n, 2 * n, 4 * n, 8 * n]
    seconds = dict.fromkeys([small, *sizes], np.inf)
    megabytes = dict.fromkeys([small, *sizes], np.inf)
    for _ in range(repeats):
        for size in seconds:
            s, mb = measure(name, size)
            seconds[size] = min(seconds[size], s)
            megabytes[size] = min(megabytes[size], mb)
    times = [seconds[size] for size in sizes]
    peaks = [megabytes[size] for size in sizes]
    of_time = exponent(sizes, times, small, seconds[small])
    of_memory = exponent(sizes, peaks, small, megabytes[small])
    shown_times = " ".join(f"{t:.3g}" for t in times)
    shown_peaks = " ".join(f"{p:.0f}" for p in peaks)
    return f"| {name} | {n:,} | {shown_times} | {of_time:.2f} | {shown_peaks} | {of_memory:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only the jobs whose name contains this")
    parser.add_argument("--repeats", type=int, default=2, help="how often each size is measured; the least counts (2)")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, n = options.child
        print(json.dumps(measure_here(name, int(n))))
        return
    print("| job | n | seconds at n, 2n, 4n, 8n | exponent | MB | exponent |\n|---|---:|---|---:|---|---:|")
    for name in JOBS:
        if options.only in name:
            print(row(name, options.repeats), flush=True)


if __name__ == "__main__":
    main()
