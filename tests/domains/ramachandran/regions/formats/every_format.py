"""One map of energies in every format that a map is read from: values are (psi, phi), and no cell is its own mirror."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.io
import xarray as xr

N = 24
STEP = 360 / N
NODES = -180 + STEP * np.arange(N)
CENTRES = NODES + STEP / 2
LEVELS = np.arange(40.0)
ENERGY = np.random.default_rng(23).permutation(N * N).reshape(N, N) % 39.0
ENERGY[7, 11] = 39
"""Whole numbers, which every format holds as they are; only one cell has the highest."""
PRESENT = (ENERGY < 30) | (ENERGY == 39)


class Form(NamedTuple):
    """How a format writes a map: the name of its file, a writer, and what has to be declared to read it."""

    name: str
    write: Callable
    options: dict


def rows_of(present, axis, pattern):
    """Return a row for each cell that is there: x y value, phi slow."""
    rows = []
    for k, x in enumerate(axis):
        for j, y in enumerate(axis):
            if present[j, k]:
                rows.append(pattern.format(x=x, y=y, value=ENERGY[j, k]))
    return "\n".join(rows) + "\n"


def long(head, pattern, axis=CENTRES, foot=""):
    def write(path, present):
        path.write_text(head + rows_of(present, axis, pattern) + foot)

    return write


AXIS = "#! SET min_{0} -pi\n#! SET max_{0} pi\n#! SET nbins_{0} 24\n#! SET periodic_{0} true\n"
PLUMED = "#! FIELDS phi psi file.free\n" + AXIS.format("phi") + AXIS.format("psi")


def plumed(path, present):
    path.write_text(PLUMED + rows_of(present, np.radians(NODES), "{x:.9f} {y:.9f} {value}"))


def grid(path, present):
    head = "," + ",".join(f"{x:g}" for x in CENTRES)
    lines = [f"{y:g}," + ",".join(map(str, row)) for y, row in zip(CENTRES, ENERGY, strict=True)]
    path.write_text("\n".join([head, *lines]))


def matrix(separator):
    def write(path, present):
        np.savetxt(path, ENERGY, delimiter=separator)

    return write


def netcdf(path, present):
    dims = ("psi", "phi")
    energy = xr.DataArray(ENERGY, dims=dims, coords=dict.fromkeys(dims, CENTRES), name="energy")
    energy.to_netcdf(path, engine="h5netcdf")


def npz(path, present):
    np.savez(path, energy=ENERGY, phi=CENTRES, psi=CENTRES)


def npy(path, present):
    np.save(path, ENERGY)


def mat(path, present):
    scipy.io.savemat(path, {"energy": ENERGY, "phi": CENTRES, "psi": CENTRES})


def picture(path, present):
    letters = string.ascii_letters[: len(LEVELS)]
    lines = ["/* XPM */", '/* legend:  "G (kJ/mol)" */', '/* x-label: "phi" */', '/* y-label: "psi" */']
    lines += ["static char *gromacs_xpm[] = {", f'"{N} {N}   {len(LEVELS)} 1",']
    lines += [f'"{letter}  c #0000FF " /* "{level:g}" */,' for letter, level in zip(letters, LEVELS, strict=True)]
    lines += [f"/* {name}:  {' '.join(f'{x:g}' for x in CENTRES)} */" for name in ("x-axis", "y-axis")]
    lines += ['"' + "".join(letters[int(value)] for value in row) + '",' for row in ENERGY[::-1]]
    path.write_text("\n".join(lines))


def charmm(path, present):
    head = f"CMAP\nC NH1 CT1 C NH1 CT1 C NH1 {N}\n"
    path.write_text(head + "\n".join(" ".join(map(str, column)) for column in ENERGY.T) + "\nEND\n")


def amber(path, present):
    head = (
        f"CMAP\n%FLAG CMAP_COUNT 1\n%FLAG CMAP_TITLE\nALA CMAP\n%FLAG CMAP_RESLIST 1\nALA\n%FLAG CMAP_RESOLUTION {N}\n"
    )
    path.write_text(head + "%FLAG CMAP_PARAMETER\n" + "\n".join(" ".join(map(str, column)) for column in ENERGY.T))


TOP8000 = (
    '# Table name/description: "General (no G/P/I/V/preP), 70%, B<30"\n# Number of dimensions: 2\n'
    f"#   x1: -180.0 180.0 {N} true\n#   x2: -180.0 180.0 {N} true\n# List of table coordinates and values.\n"
)
KJ = {"unit": "kJ/mol"}
AN_ENERGY = {"as_": "energy", **KJ}
IN_KT = {"as_": "energy", "unit": "kT"}
XVG = '@ xaxis label "phi"\n@ yaxis label "psi"\n@ zaxis label "G (kJ/mol)"\n'
GNU = 'set xlabel "phi:2"\nset ylabel "psi:2"\nsplot "-" with pm3d\n'

FORMS = {
    "PLUMED": Form("fes.dat", plumed, {}),
    "WHAM": Form("free.dat", long("#X\tY\tFree\tPro\n", "{x:g} {y:g} {value} 0.1"), KJ),
    "xvg": Form("pmf.xvg", long(XVG, "{x:g} {y:g} {value}"), {}),
    "PyReweighting": Form("pmf-2D.xvg", long("#RC1 RC2 PMF(kJ/mol)\n", "{x:g} {y:g} {value}"), {"axes": "x y"}),
    "xpm": Form("gibbs.xpm", picture, {}),
    "gnuplot": Form("map.gnu", long(GNU, "{x:g} {y:g} {value}", NODES, "end\n"), AN_ENERGY),
    "columns": Form("bare.dat", long("", "{x:g} {y:g} {value}"), {"axes": "1 2", **AN_ENERGY}),
    "long CSV": Form("long.csv", long("phi,psi,F\n", "{x:g},{y:g},{value}"), AN_ENERGY),
    "CSV with units": Form("unit.csv", long("phi (deg),psi (deg),F [kJ/mol]\n", "{x:g},{y:g},{value}"), {}),
    "grid CSV": Form("grid.csv", grid, AN_ENERGY),
    "matrix CSV": Form("matrix.csv", matrix(","), {"header": False, **AN_ENERGY}),
    "matrix": Form("matrix.dat", matrix(" "), {"header": False, **AN_ENERGY}),
    "npy": Form("map.npy", npy, AN_ENERGY),
    "npz": Form("map.npz", npz, AN_ENERGY),
    "mat": Form("map.mat", mat, AN_ENERGY),
    "netCDF": Form("map.nc", netcdf, AN_ENERGY),
    "CHARMM": Form("par.prm", charmm, {}),
    "Amber": Form("frcmod.ff19SB", amber, {}),
    "Rosetta": Form("rama.dat", long("", "ala {x:g} {y:g} 0.1 {value}", NODES), IN_KT),
    "NDRD": Form("ndrd.txt", long("", "ALA left ALL {x:g} {y:g} .1 {value} .5", NODES), IN_KT),
    "Top8000": Form("rama.data", long(TOP8000, "{x:g} {y:g} {value}"), AN_ENERGY),
}
"""Every format, by its name."""
BY_ROWS = [
    "PLUMED",
    "WHAM",
    "xvg",
    "PyReweighting",
    "gnuplot",
    "columns",
    "long CSV",
    "CSV with units",
    "Rosetta",
    "NDRD",
]
"""Those that have a row for each cell."""


def saved(folder, name, present=None):
    """Write the map in a format, without some cells if it has a row for each, and return its path and options."""
    form = FORMS[name]
    path = folder / form.name
    form.write(path, np.ones((N, N), dtype=bool) if present is None else present)
    return path, form.options
