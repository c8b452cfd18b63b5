"""Large tables and many files of events: a million events, 100,000 ranked predictions, 2,200 pairs of files.

    python benchmarks/events_sizes.py [--peer PYTHON] [--plot growth.png] [--files 2200]

Processor time, the least of several runs, and how it grows when the events are twice as many; ``--plot`` saves that.
PYTHON is one of an environment with timescoring, which is asked about a tenth: it makes a mask of every recording.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from events import Row, asked, seconds

EVENTS = (125_000, 250_000, 500_000)
"""Events a side; the last two sides together are a million."""
RANKED = (25_000, 50_000, 100_000)
AIM = {"activitynet": 0.25, "thumos14": 0.25, "sed_eval_event": 2.0, "szcore": 2.0, "tiou": 2.0}
RANKING = ("activitynet", "thumos14")
LARGE = (
    ("activitynet", "", RANKED[-1]),
    ("thumos14", "", RANKED[-1]),
    ("sed_eval_event", "abcdefghij", EVENTS[-1]),
    ("szcore", "", EVENTS[-1]),
    ("tiou", "abcdefghij", EVENTS[-1]),
)
"""Each protocol, the labels of its events, and how many there are a side at most."""

TIMESCORING = """
import sys, time
import numpy
from timescoring.annotations import Annotation
from timescoring.scoring import EventScoring
sides = [numpy.load(path) for path in sys.argv[1:]]
n_files = int(max(side[:, 0].max() for side in sides)) + 1
length = int(max(side[:, 2].max() for side in sides)) + 1
began = time.process_time()
true = false = total = 0
for k in range(n_files):
    masks = [Annotation([tuple(row) for row in side[side[:, 0] == k, 1:]], 10, 10 * length) for side in sides]
    score = EventScoring(masks[1], masks[0])
    true, false, total = true + score.tp, false + score.fp, total + score.refTrue
print(time.process_time() - began, true, false, total)
"""


def recordings(n: int, seed: int, labels: str = "", each: int = 500) -> pd.DataFrame:
    """Return events of some seconds in recordings of so many events each."""
    rng = np.random.default_rng(seed)
    file = np.repeat(np.arange(n // each), each)
    onset = np.sort(rng.uniform(0, 200 * each, (n // each, each)).round(3), axis=1).ravel()
    offset = onset + rng.exponential(20, n).round(3)
    table = pd.DataFrame({"file": [f"r{k:05}" for k in file], "onset": onset, "offset": offset, "label": "sz"})
    return table.assign(label=rng.choice(list(labels), n)) if labels else table


def ranked(n: int, classes: int = 20, videos: int = 5000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return predictions near references, three tenths as many, with a confidence each."""
    rng = np.random.default_rng(0)
    m = 3 * n // 10
    video = rng.integers(0, videos, m)
    label = rng.integers(0, classes, m)
    onset = rng.uniform(0, 180, m)
    offset = onset + rng.exponential(8, m) + 0.5
    of = rng.integers(0, m, n)
    begin = onset[of] + rng.normal(0, 3, n)
    end = np.maximum(offset[of] + rng.normal(0, 3, n), begin + 0.1)

    def table(file: np.ndarray, name: np.ndarray, first: np.ndarray, last: np.ndarray) -> pd.DataFrame:
        names = {"file": [f"v{k}" for k in file], "label": [f"c{k}" for k in name]}
        return pd.DataFrame({**names, "onset": first, "offset": last})

    predictions = table(video[of], label[of], begin, end).assign(confidence=rng.permutation(n) / n)
    return predictions, table(video, label, onset, offset)


def sides_of(name: str, labels: str, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a protocol scores: so many predictions, and a reference."""
    if name in RANKING:
        return ranked(n)
    return recordings(n, 1, labels), recordings(n, 2, labels)


def rows() -> Iterator[Row]:
    """Yield large tables; processor time. The aims are times, printed as a ratio to them."""
    from domains.events import compare

    for name, labels, n in LARGE:
        a, b = sides_of(name, labels, n)
        mine, _ = seconds(partial(compare, a, b, name), repeats=3)
        what = f"{n} predictions" if name in RANKING else f"{2 * n} events"
        yield f"{name} of {what}", f"{AIM[name]:g} s", mine, AIM[name], 1


def grown(name: str, sizes: tuple[int, ...], sides: Callable[[int], tuple[Any, Any]]) -> list[float]:
    """Show and return the times of a protocol at several sizes."""
    from domains.events import compare

    times: list[float] = []
    for n in sizes:
        a, b = sides(n)
        taken, _ = seconds(lambda a=a, b=b: compare(a, b, name), repeats=3)  # type: ignore[misc]
        growth = f", {taken / times[-1]:.2f} times the half" if times else ""
        aim = f" (aim {AIM[name]:g})" if n == sizes[-1] else ""
        print(f"  {name}, {n:7} a side: {taken:7.3f} s{aim}{growth}", flush=True)
        times.append(taken)
    return times


def beside_timescoring(python: str) -> None:
    """Show szcore beside timescoring on a tenth of the events."""
    from domains.events import compare

    n = EVENTS[-1] // 10
    sides = [recordings(n, seed, each=100) for seed in (1, 2)]
    length = float(int(max(side["offset"].max() for side in sides)) + 1)
    mine, report = seconds(lambda: compare(*sides, "szcore", support=length), repeats=3)
    arrays = [np.column_stack([pd.factorize(side["file"])[0], side[["onset", "offset"]]]) for side in sides]
    taken, *counts = asked(python, TIMESCORING, arrays)
    ours = [float(x) for x in (report.intersection, report.size_a - report.intersection, report.size_b)]
    print(f"  timescoring, {n} a side: {taken:.2f} s, ours {mine:.3f} s, ratio {taken / mine:.0f}")
    print(f"  the same counts: {ours == counts}")


def many_files(n: int) -> None:
    """Show how long pairs of files of 15 rows take, one of which is broken."""
    from domains.events import score

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        for side in ("predicted", "annotated"):
            for k in range(n):
                path = Path(name, side, f"sub-{k % 50:02}", f"r{k:04}.csv")
                path.parent.mkdir(parents=True, exist_ok=True)
                onset = np.sort(rng.uniform(0, 3500, 15)).round(2)
                rows = {"onset": onset, "offset": onset + rng.uniform(1, 60, 15).round(2), "label": "sz"}
                pd.DataFrame(rows).to_csv(path, index=False)
        Path(name, "predicted", "sub-00", "r0000.csv").write_text("<html>no table</html>\n")
        began = time.process_time()
        report, skipped, _ = score(
            Path(name, "predicted"), Path(name, "annotated"), "szcore", support=3600.0, by="file", progress=False
        )
        taken = time.process_time() - began
    n_scored = report.sizes["file"]
    print(f"  {n} pairs of files: {taken:.1f} s (aim 20); {n_scored} results, {len(skipped)} reason")


def draw(times: dict[str, list[float]], path: str) -> None:
    """Save how times grow."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, taken in times.items():
        sizes = RANKED if name in RANKING else EVENTS
        (line,) = ax.loglog(sizes, taken, "o-", label=f"{name}: {taken[-1] / taken[-2]:.2f} times the half")
        in_proportion = [taken[0] * n / sizes[0] for n in sizes]
        ax.loglog(sizes, in_proportion, ":", color=line.get_color(), linewidth=1)
    ax.set_xticks([*RANKED, *EVENTS], [f"{n // 1000}k" for n in (*RANKED, *EVENTS)], fontsize="x-small")
    seconds_shown = (0.1, 0.2, 0.5, 1.0, 2.0)
    ax.set_yticks(seconds_shown, [f"{x:g}" for x in seconds_shown])
    ax.minorticks_off()
    ax.set_ylim(0.08, 2.2)
    ax.set_xlabel("events a side (dotted: in proportion to the first)")
    ax.set_ylabel("processor time (s)")
    ax.legend(frameon=False, fontsize="small", loc="upper left")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="the Python of an environment with timescoring")
    parser.add_argument("--plot", metavar="PATH", help="save how times grow as a picture")
    parser.add_argument("--files", type=int, default=2200, help="how many pairs of files; 0: none")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    times = {}
    for name, labels, most in LARGE:
        sizes = RANKED if most == RANKED[-1] else EVENTS
        times[name] = grown(name, sizes, partial(sides_of, name, labels))
    if arguments.peer:
        beside_timescoring(arguments.peer)
    if arguments.files:
        many_files(arguments.files)
    if arguments.plot:
        draw(times, arguments.plot)


if __name__ == "__main__":
    main()
