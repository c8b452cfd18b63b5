"""The angles of six residues in twelve frames, as other programs write them."""

from __future__ import annotations

import numpy as np

RNG = np.random.default_rng(8)
FRAMES = 12
NAMES = ("ALA", "GLY", "SER", "PRO", "ILE", "LEU")
PHI = RNG.normal(-80, 40, (FRAMES, len(NAMES))).round(3)
PSI = RNG.normal(60, 80, (FRAMES, len(NAMES))).round(3)
HEAD = '# gmx rama\n@    title "Ramachandran Plot"\n@    xaxis  label "Phi"\n@TYPE xy\n'


def gromacs(first=2):
    lines = [HEAD]
    for t in range(FRAMES):
        for k, name in enumerate(NAMES):
            lines.append(f"{PHI[t, k]}  {PSI[t, k]}  {name}-{first + k}\n")
    return "".join(lines)


def colvar(names=("phi", "psi"), columns=(0,)):
    fields = [f"{name}{'' if len(columns) == 1 else k}" for k in columns for name in names]
    lines = ["#! FIELDS time " + " ".join(fields)]
    for t in range(FRAMES):
        angles = [x for k in columns for x in (np.radians(PHI[t, k]), np.radians(PSI[t, k]))]
        lines.append(f" {t / 10:.6f} " + " ".join(f"{x:.9f}" for x in angles))
    return "\n".join(lines) + "\n"


def cpptraj(columns=(0, 2)):
    lines = ["#Frame  " + "  ".join(f"phi:{k} psi:{k}" for k in columns)]
    for t in range(FRAMES):
        angles = [x % 360 for k in columns for x in (PHI[t, k], PSI[t, k])]
        lines.append(f"{t + 1:8d} " + " ".join(f"{x:12.4f}" for x in angles))
    return "\n".join(lines) + "\n"


def saved(tmp_path, text, name="rama.xvg"):
    path = tmp_path / name
    path.write_text(text)
    return path


def circular(x, y):
    return np.abs((np.asarray(x) - np.asarray(y) + 180) % 360 - 180).max()
