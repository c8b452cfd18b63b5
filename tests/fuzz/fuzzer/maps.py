"""Small maps over the torus as other programs write them.

Conventions
-----------
- All hold the same energy of 8 × 8 cells, made by code.
"""

from __future__ import annotations

import io
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
        Seed("rama.data", top8000(energy).encode()),
        Seed("gibbs.xpm", xpm(energy).encode()),
        Seed("pmf.xvg", reweighted(energy).encode()),
        Seed("hist.gnu", gnuplot(energy).encode()),
        Seed("par.prm", cmap(energy).encode()),
        Seed("all.ramaProb", rosetta(energy).encode()),
        Seed("ndrd.txt", ndrd(energy).encode()),
        Seed("frcmod.ff19SB", frcmod(energy).encode()),
        Seed("old_rama.dat", old_rosetta(energy).encode()),
        Seed("map.mat", mat(energy), "binary"),
    )


@cache
def angles() -> tuple[Seed, ...]:
    """Return tables of angles."""
    rng = np.random.default_rng(0)
    pairs = rng.normal((-70, 40), (30, 60), (12, 2))
    gmx = [f"{phi:.3f}  {psi:.3f}  {('ALA', 'GLY', 'PRO')[k % 3]}-{2 + k % 3}" for k, (phi, psi) in enumerate(pairs)]
    colvar = [f" {k}.0 {np.radians(phi):.6f} {np.radians(psi):.6f}" for k, (phi, psi) in enumerate(pairs)]
    amber = [f"{k + 1:8d} {phi % 360:12.4f} {psi % 360:12.4f}" for k, (phi, psi) in enumerate(pairs)]
    comma = [f"{phi:.3f},{psi:.3f},ALA,{k + 2}" for k, (phi, psi) in enumerate(pairs)]
    chi = [f"{phi:10.3f}  {psi:10.3f}" for phi, psi in pairs]
    chi_head = '@    xaxis  label "\\xf\\f{} (deg)"\n@    yaxis  label "\\xy\\f{} (deg)"\n@TYPE xy\n'
    head = '# gmx rama\n@    title "Ramachandran Plot"\n@TYPE xy\n'
    return (
        Seed("rama.xvg", (head + "\n".join(gmx) + "\n").encode()),
        Seed("ramaPhiPsiALA2.xvg", (chi_head + "\n".join(chi) + "\n").encode()),
        Seed("COLVAR", ("#! FIELDS time phi psi\n" + "\n".join(colvar) + "\n").encode()),
        Seed("dihedral.dat", ("#Frame phi:2 psi:2\n" + "\n".join(amber) + "\n").encode()),
        Seed("angles.csv", ("phi (deg),psi (deg),resname,resseq\n" + "\n".join(comma) + "\n").encode()),
    )


def top8000(energy: np.ndarray) -> str:
    """Write ranks as the reference laboratory does; some bins are absent."""
    axis = f"-180.0 180.0 {N} true"
    lines = ['# Table name/description: "General (made)"', f"#   x1: {axis}", f"#   x2: {axis}"]
    for k in range(N):
        for j in range(N):
            if energy[j, k] < 33:
                lines.append(f"{CENTRES[k]:.1f} {CENTRES[j]:.1f} {np.exp(-energy[j, k] / 10):.12g}")
    return "\n".join(lines) + "\n"


def xpm(energy: np.ndarray) -> str:
    """Write a picture as gmx sham does."""
    letters = "ABCDEFGHIJ"
    level = np.clip(energy // 4, 0, 9).astype(int)
    lines = ["/* XPM */", '/* legend: "G (kJ/mol)" */', '/* x-label: "Phi" */', '/* y-label: "Psi" */']
    lines += ["static char *gromacs_xpm[] = {", f'"{N} {N}   {len(letters)} 1",']
    lines += [f'"{letter}  c #0000FF " /* "{4 * k}" */,' for k, letter in enumerate(letters)]
    edges = " ".join(f"{angle:g}" for angle in [*NODES, 180.0])
    lines += [f"/* x-axis:  {edges} */", f"/* y-axis:  {edges} */"]
    lines += ['"' + "".join(letters[k] for k in row) + '",' for row in level[::-1]]
    return "\n".join(lines) + "\n"


def reweighted(energy: np.ndarray) -> str:
    """Write it as PyReweighting does."""
    lines = ["#RC1\tRC2\tPMF(kcal/mol)", "", '@    xaxis  label "RC1"', '@    yaxis  label "RC2"', "@TYPE xy"]
    for k in range(N):
        lines += [f"{NODES[k]} \t{NODES[j]} \t{min(energy[j, k], 30):8.3f}" for j in range(N)]
    return "\n".join(lines) + "\n"


def gnuplot(energy: np.ndarray) -> str:
    """Write it as cpptraj does."""
    lines = ["set pm3d map", 'set xlabel "phi:2"', 'set ylabel "psi:2"', 'splot "-" with pm3d']
    for k in range(N):
        lines += [f"{NODES[k]:8.3f} {NODES[j]:8.3f} {energy[j, k]:12.4f}" for j in range(N)]
        lines.append("")
    return "\n".join([*lines, "end", "pause -1", ""])


def cmap(energy: np.ndarray) -> str:
    """Write it as a section of CHARMM's parameters."""
    lines = ["* made", "*", "CMAP", f"C    NH1  CT1  C    NH1  CT1  C    NH1   {N}"]
    for k in range(N):
        lines += [f"!{NODES[k]:g}", " ".join(f"{value:.6f}" for value in energy[:, k])]
    return "\n".join([*lines, "", "END", ""])


def rosetta(energy: np.ndarray) -> str:
    """Write it as Rosetta's later tables."""
    lines = ["# aa phi psi probability energy"]
    for k in range(N):
        for j in range(N):
            lines.append(f"ala {CENTRES[k]:.1f} {CENTRES[j]:.1f} {np.exp(-energy[j, k]):.6e} {energy[j, k]:.6e}")
    return "\n".join(lines) + "\n"


def ndrd(energy: np.ndarray) -> str:
    """Write it as a table of neighbour-dependent distributions."""
    lines = ["Res Dir Neigh phi psi Probability log(prob) Cumulative_sum"]
    for k in range(N):
        for j in range(N):
            numbers = f"{np.exp(-energy[j, k]):.6e} {energy[j, k]:.5f} {(k * N + j + 1) / N**2:.6e}"
            lines.append(f"LEU right PRO {NODES[k]:5.0f} {NODES[j]:5.0f} {numbers}")
    return "\n".join(lines) + "\n"


def frcmod(energy: np.ndarray) -> str:
    """Write it as a section of Amber's parameters."""
    lines = ["made", "CMAP", "%FLAG CMAP_COUNT 1", "%FLAG CMAP_RESLIST 1", "ALA", f"%FLAG CMAP_RESOLUTION {N}"]
    lines.append("%FLAG CMAP_PARAMETER")
    lines += [" ".join(f"{value:9.5f}" for value in energy[:, k]) for k in range(N)]
    return "\n".join([*lines, ""])


def old_rosetta(energy: np.ndarray) -> str:
    """Write it as Rosetta's older tables."""
    lines = []
    for k in range(N):
        for j in range(N):
            angles = f"{int(NODES[k]) % 360:5d} {int(NODES[j]) % 360:5d}"
            lines.append(f"{1:5d} {3:5d} {angles} {10:5d} {np.exp(-energy[j, k]):12.6e} {energy[j, k]:12.6f}")
    return "\n".join(lines) + "\n"


def mat(energy: np.ndarray) -> bytes:
    """Write it as MATLAB's version 5, without the date."""
    import scipy.io

    file = io.BytesIO()
    scipy.io.savemat(file, {"energy": energy, "phi": CENTRES, "psi": CENTRES})
    return b"MATLAB 5.0 MAT-file".ljust(116) + file.getvalue()[116:]


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
