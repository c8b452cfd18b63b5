"""Distances between the surfaces of a large pair of masks, beside the tools that measure them.

The peers run in an environment of their own, those that it has (monai with torch, surface-distance, medpy, panoptica,
seg-metrics), on the same masks, in one thread. Beside MONAI stands every definition that we have.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Row = tuple[str, str, float, float, float]
SPACING = (0.365, 0.365, 0.7)

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
    value, seen = call(), []
    # the quick ones are timed more often
    for _ in range(5 if call is monai else 3 if call is deepmind else 1):
        begin = time.perf_counter()
        call()
        seen.append(time.perf_counter() - begin)
    times[call.__name__] = [statistics.median(seen), float(value)]
print(json.dumps(times))
"""


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


def lesions(peers: str) -> Iterator[Row]:
    """Yield what, the peer, our seconds, the peer's seconds and the ratio aimed at.

    Parameters
    ----------
    peers : str
        The Python of an environment with some of the peers.
    """
    a, b = pair()
    # ours before and after theirs: the slower of the two counts
    before = our_seconds(a, b)
    peer_results = run_peers(peers, a, b)
    after = our_seconds(a, b)
    ours = {name: max(before[name], after[name]) for name in before}
    what = "HD, HD95, ASSD, MASD, NSD of a 384 × 384 × 160 pair"
    for name, (theirs, value) in peer_results.items():
        hd95 = everything(a, b, name)
        if abs(hd95 - value) > 1e-5:
            raise ValueError(f"{name}: HD95 is {value} there, {hd95} here")
        aim = 2.5 if name == "monai" else 1
        yield what, f"{name}, HD95 alone", ours[name], theirs, aim
    if "monai" in peer_results:
        monai, _ = peer_results["monai"]
        for name in ours:
            if name not in ("monai", "metrics_reloaded"):
                yield f"{what}, preset {name}", "monai, HD95 alone", ours[name], monai, 2.5


def everything(a: np.ndarray, b: np.ndarray, preset: Any) -> float:
    """Take all the values of a pair, and return the HD95."""
    from overlap import surfaces

    d = surfaces.distances(a, b, spacing=SPACING, preset=preset)
    d.hausdorff()
    d.assd()
    d.masd()
    d.nsd(1.0)
    return d.hd95()


def our_seconds(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    from run import seconds

    from overlap import surfaces

    times = {}
    for name in surfaces.PRESETS:
        (times[name],) = seconds(partial(everything, a, b, name), repeats=3)
    return times


def run_peers(peers: str, a: np.ndarray, b: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return the seconds and the HD95 of each peer, in their own environment."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pair.npz")
        np.savez(path, a=a, b=b)
        command = [peers, "-c", PEERS, str(path), json.dumps(SPACING)]
        process = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    results: dict[str, tuple[float, float]] = json.loads(process.stdout.splitlines()[-1])
    return results


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(__file__).parent))
    from run import pretty

    for what, peer, ours, theirs, aim in lesions(sys.argv[1]):
        print(f"| {what} | {pretty(ours)} | {peer} | {pretty(theirs)} | {theirs / ours:.1f} | {aim} |", flush=True)
