"""Interpolation round the torus: ours beside scipy's, in one run, processor time.

``python benchmarks/periodic_bilinear.py``
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import ndimage

from domains.ramachandran.torus import Table


def least_time(call: Callable[[], object], n_calls: int) -> float:
    """Return the least processor time of a call, of nine rounds."""
    times = []
    for _ in range(9):
        begin = time.process_time()
        for _ in range(n_calls):
            call()
        times.append((time.process_time() - begin) / n_calls)
    return min(times)


def main() -> None:
    rng = np.random.default_rng(0)
    maps = rng.random((6, 180, 180))
    table = Table(maps)
    print("angles      ours, s  scipy, s  ratio  largest difference")
    for n in (100, 10_000, 1_000_000):
        phi = rng.uniform(-180, 180, n)
        psi = rng.uniform(-180, 180, n)
        which = rng.integers(0, 6, n)

        def scipys(phi=phi, psi=psi, which=which):
            places = [which, (psi + 179) / 2, (phi + 179) / 2]
            return ndimage.map_coordinates(maps, places, order=1, mode="grid-wrap", prefilter=False)

        def ours(phi=phi, psi=psi, which=which):
            return table(phi, psi, which)

        n_calls = max(1, 200_000 // n)
        our_time = least_time(ours, n_calls)
        their_time = least_time(scipys, n_calls)
        difference = np.abs(ours() - scipys()).max()
        print(f"{n:<9} {our_time:9.2e} {their_time:9.2e} {their_time / our_time:6.2f}  {difference:.1e}")


if __name__ == "__main__":
    main()
