"""Print what the Ramachandran field must keep to: each job, its time or its ratio to a peer, and the limit.

Times are those of the processor: a machine that computes other things as well lengthens them less than those of a
clock. Where there is a peer, the two take turns.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import gzip
import platform
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from cases import six_categories_at_both_levels

Line = tuple[str, str, str]
"""What, what was measured, and the limit."""

N_RESIDUES = 100_000
FRAMES = 98
RESIDUES = 212

CCTBX = """
import sys, time
from mmtbx.validation import ramalyze
import iotbx.pdb
for path in sys.stdin:
    begin = time.process_time()
    ramalyze.ramalyze(iotbx.pdb.input(path.strip()).construct_hierarchy(), outliers_only=False)
    print(time.process_time() - begin, flush=True)
"""


def seconds(*functions: Callable[[], object], turns: int = 15) -> list[float]:
    """Return the median processor time of each function; they take turns, after one that does not count."""
    times: list[list[float]] = [[] for _ in functions]
    for turn in range(turns + 1):
        for function, seen in zip(functions, times, strict=True):
            begin = time.process_time()
            function()
            if turn:
                seen.append(time.process_time() - begin)
    return [statistics.median(seen) for seen in times]


# ---- comparison


def comparisons() -> Iterator[Line]:
    """Compare six classes at two levels, where they fit and where another reading may explain them."""
    from domains.ramachandran import CATEGORIES, LEVELS, compare, hard_sphere

    truth = six_categories_at_both_levels()
    steric = np.broadcast_to(hard_sphere().values, truth.shape)
    general = np.broadcast_to(truth.values[:, :1], truth.shape)
    predictions = {
        "the reference itself": truth,
        "2° off": truth.roll(psi=1),
        "10° off": truth.roll(psi=5),
        "90° off": truth.roll(psi=45),
        "psi upside down": truth.copy(data=truth.values[..., ::-1, :].copy()),
        "hard spheres for all classes": truth.copy(data=steric.copy()),
        "the general class for all": truth.copy(data=general.copy()),
    }
    calls = []
    for predicted in predictions.values():
        calls.append(partial(compare, predicted, category=list(CATEGORIES), level=list(LEVELS)))
    for name, of_one in zip(predictions, seconds(*calls, turns=41), strict=True):
        yield f"six classes × two levels in one call: {name}", milliseconds(of_one), "5 ms"


def bootstrap() -> Iterator[Line]:
    """Resample real residues of both regions, as they are and by chain."""
    import overlap as ov
    from domains.ramachandran import compare, region
    from overlap.resample import confidence_interval

    rng = np.random.default_rng(0)
    n = 10_000
    inside = (rng.random(n) < 0.97).astype(float)
    every = np.ones(n)
    one = partial(confidence_interval, ov.Overlap(inside, inside, every), "recall", level=0.95, n_resamples=1000, rng=0)
    (of_one,) = seconds(one, turns=3)
    yield "1000 bootstrap resamples of 10,000 residues", f"{of_one:.2f} s", "10 s"

    phi, psi = rng.normal([-70, -35], 30, (n, 2)).T
    (of_both,) = seconds(partial(compare, region(), angles=(phi, psi)), turns=3)
    yield "compare with 10,000 residues, 1999 resamples of each region", f"{of_both:.2f} s", "10 s"


# ---- trajectories and structures


def trajectory() -> Iterator[Line]:
    """Score a trajectory of the size of MDAnalysis' adenylate kinase."""
    from domains.ramachandran import evaluate_trajectory

    rng = np.random.default_rng(0)
    angles = rng.uniform(-180, 180, (FRAMES, RESIDUES, 2))
    names = rng.choice(["ALA", "GLY", "PRO", "VAL", "SER"], RESIDUES).tolist()
    (of_all,) = seconds(partial(evaluate_trajectory, angles, resnames=names))
    rate = FRAMES * RESIDUES / of_all / 1e6
    yield f"a trajectory of {FRAMES} frames × {RESIDUES} residues", f"{rate:.1f} M residue-frames/s", "at least 3 M"


def many_residues(path: Path, n: int, one_chain: bool) -> None:
    """Write an mmCIF file of n residues: the example's protein again and again, under new chain names or one."""
    from domains.ramachandran import example

    lines = gzip.decompress(example("1a8o").read_bytes()).decode().splitlines()
    tags = [line.strip().removeprefix("_atom_site.") for line in lines if line.startswith("_atom_site.")]
    rows = [line.split() for line in lines if line.startswith(("ATOM ", "HETATM "))]
    number = tags.index("label_seq_id")
    protein = [row for row in rows if row[number] != "."]
    n_copies = -(-n // len({row[number] for row in protein}))
    with path.open("w") as file:
        file.write("data_many\nloop_\n")
        file.writelines(f"_atom_site.{tag}\n" for tag in tags)
        for k in range(n_copies):
            for row in protein:
                row[tags.index("id")] = str(k * len(protein) + protein.index(row) + 1)
                row[tags.index("label_asym_id")] = f"C{k}"
                row[tags.index("auth_asym_id")] = "A" if one_chain else f"C{k}"
                file.write(" ".join(row) + "\n")
        file.write("#\n")


def reading() -> Iterator[Line]:
    """Read large mmCIF files, to residues told apart and to angles, beside gemmi's bare read."""
    import gemmi

    from domains.ramachandran import backbone_angles
    from domains.ramachandran.structures.coordinates import read_structure

    with tempfile.TemporaryDirectory() as folder:
        for one_chain in (False, True):
            path = Path(folder, "many.cif")
            many_residues(path, N_RESIDUES, one_chain)
            bare = partial(gemmi.read_structure, str(path))
            of_bare, of_read, of_angles = seconds(
                bare, partial(read_structure, path), partial(backbone_angles, path), turns=5
            )
            what = f"{N_RESIDUES:,} residues of mmCIF"
            limit = "1.3 × gemmi's bare read"
            if one_chain:
                what += ", all copies of one chain"
                limit = "4 × gemmi's bare read"
            yield f"{what}: read", f"{of_read / of_bare:.2f} × {of_bare:.2f} s", limit
            yield f"{what}: read, and all angles measured", f"{of_angles / of_bare:.2f} × {of_bare:.2f} s", "–"


def validation(cctbx: str, structures: Path) -> Iterator[tuple[str, float, float]]:
    """Yield a file and the times of both; cctbx has a process of its own, whose start-up does not count."""
    from domains.ramachandran import validate

    with subprocess.Popen([cctbx, "-c", CCTBX], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for path in sorted(structures.glob("*.gz")):
            times: list[float] = []

            def peer(path: Path = path, times: list[float] = times) -> None:
                print(path, file=process.stdin, flush=True)
                times.append(float(process.stdout.readline()))

            ours, _ = seconds(partial(validate, path), peer, turns=11)
            yield path.name, ours, statistics.median(times[1:])
        process.stdin.close()


def validations(cctbx: str, structures: Path) -> Iterator[Line]:
    """Validate packed files beside cctbx."""
    for name, ours, theirs in validation(cctbx, structures):
        found = f"{theirs / ours:.1f} × as fast ({milliseconds(ours)})"
        yield f"validate {name}, file to table", found, "10 × cctbx ramalyze"


def milliseconds(x: float) -> str:
    return f"{1e3 * x:.3g} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cctbx", help="the Python of an environment with cctbx-base")
    parser.add_argument("--structures", type=Path, help="a folder with gzipped structures, which both can read")
    parser.add_argument("--only", default="", help="only the groups whose name contains this")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    groups: dict[str, Callable[[], Iterator[Line]]] = {
        "comparisons": comparisons,
        "bootstrap": bootstrap,
        "trajectory": trajectory,
        "reading": reading,
    }
    if options.cctbx and options.structures:
        groups["validations"] = partial(validations, options.cctbx, options.structures)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread\n")
    print("| what | measured | limit |\n|---|---:|---:|")
    for name, group in groups.items():
        if options.only in name:
            for what, measured, limit in group():
                print(f"| {what} | {measured} | {limit} |", flush=True)


if __name__ == "__main__":
    main()
