"""Small maps over the torus as other programs write them.

Conventions
-----------
- All hold the same energy of 8 × 8 cells, made by code.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .seeds import Seed

N = 8
STEP = 360 / N
NODES = -180 + STEP * np.arange(N)
CENTRES = NODES + STEP / 2


@cache
def maps() -> tuple[Seed, ...]:
    """Return a file of each format."""
    energy = made()
    return (
        Seed("fes.dat", plumed(energy).encode()),
        Seed("grid.dat", plumed(energy, "t1", "t2", "hh").replace("pi", "3.14159265").encode()),
        Seed("free.dat", wham(energy).encode()),
    )


def made() -> np.ndarray:
    """Return an energy; rows are psi."""
    psi, phi = np.meshgrid(np.radians(CENTRES), np.radians(CENTRES), indexing="ij")
    energy: np.ndarray = 20 - 8 * np.cos(phi + 1.1) - 9 * np.cos(psi - 0.7)
    return energy


def plumed(energy: np.ndarray, phi: str = "phi", psi: str = "psi", column: str = "file.free") -> str:
    """Write it as sum_hills does."""
    lines = [f"#! FIELDS {phi} {psi} {column} der_{phi} der_{psi}"]
    for name in (phi, psi):
        lines += [f"#! SET min_{name} -pi", f"#! SET max_{name} pi", f"#! SET nbins_{name}  {N}"]
        lines.append(f"#! SET periodic_{name} true")
    for j in range(N):
        for k in range(N):
            angles = f"{np.radians(NODES[k]):14.9f} {np.radians(NODES[j]):14.9f}"
            lines.append(f"{angles} {energy[j, k]:14.9f}   0.1  -0.1")
        lines.append("")
    return "\n".join(lines)


def wham(energy: np.ndarray) -> str:
    """Write it as WHAM does, with bins that were never visited."""
    lines = ["#X\t\tY\t\tFree\t\tPro"]
    for k in range(N):
        for j in range(N):
            free = "inf" if energy[j, k] > 30 else f"{energy[j, k]:.6f}"
            lines.append(f"{CENTRES[k]:.6f}\t{CENTRES[j]:.6f}\t{free}\t{np.exp(-energy[j, k]):.6e}")
        lines.append("")
    return "\n".join(lines)
