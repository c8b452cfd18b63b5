"""Tables with a column for each angle of a residue, and a row for each frame.

Conventions
-----------
- PLUMED's COLVAR (``#! FIELDS … phi psi``) and cpptraj's tables (``#Frame phi:2 psi:2 …``): columns for one residue or
  several, told apart by their numbers.
- ``gmx chi -rama`` (xvg): phi and psi of one residue, under axes of these names.
- Columns of numbers alone, if ``axes="1 2"`` says which are phi and psi.
- The first residue of a chain has no phi, the last no psi: where there is one angle of a residue, the other is NaN.
- All frames count alike. Where PLUMED's table has a bias, the frames have weights that it does not hold: that is warned
  of.

References
----------
https://www.plumed.org/doc, PRINT; https://amberhub.chpc.utah.edu, "multidihedral"; https://manual.gromacs.org,
"gmx chi"
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from ..._files import ReadError
from ..._text import one_line
from ..torus import in_degrees, wrap
from .formats.columns import read_columns
from .formats.gromacs import axis_labels
from .formats.plumed import BIAS, Header, check_trajectory, is_surface, read_header
from .formats.surface import Declared, find_axes, residue_of

OPERATION = "ramachandran.read_angles"
"""Who reads, as messages have it."""
_OF_A_REGION = ', or of a region angles="{unit}" (--angles {unit})'
"""How the unit is said where a region is made of the angles."""


def degrees(name: str, angles: np.ndarray, unit: str) -> np.ndarray:
    """Return the angles of a column in degrees, in [−180, 180).

    Examples
    --------
    >>> degrees("phi", np.array([300.0]), "degrees")
    array([-60.])
    """
    wrapped: np.ndarray = wrap(in_degrees(OPERATION, name, angles, unit, _OF_A_REGION))
    return wrapped


def from_plumed(text: str, declared: Declared, file: str) -> pd.DataFrame:
    r"""Read PLUMED's COLVAR; `file` is how a warning calls it.

    Examples
    --------
    >>> from_plumed("#! FIELDS time phi psi\n0 3.141592653589793 0\n", Declared(), "COLVAR")["phi"].tolist()
    [-180.0]
    """
    header = read_header(text)
    if is_surface(header):
        raise ReadError("a surface of PLUMED, not angles of frames; read it with read_region or read_map")
    check_trajectory(header)
    table = read_columns(text, least=2)
    table.check_width(len(header.fields), f"but #! FIELDS names {len(header.fields)}")
    _warn_of_bias(header, table.values, file)
    return _from_columns(header.fields, table.values, declared, "radians")


def _warn_of_bias(header: Header, values: np.ndarray, file: str) -> None:
    """Warn if frames have weights."""
    biases = [k for k, name in enumerate(header.fields) if BIAS.fullmatch(name)]
    if not values[:, biases].any():
        return
    warnings.warn(
        f"{file}: the run was biased ({one_line(header.fields[biases[0]], 40)}), but its frames count alike here; for "
        "a region without the bias, read the surface that plumed sum_hills writes, or pass weights= to "
        "region_from_angles",
        stacklevel=5,
    )


def from_cpptraj(text: str, declared: Declared) -> pd.DataFrame:
    r"""Read a table of cpptraj, whose header names the columns.

    Examples
    --------
    >>> from_cpptraj("#Frame phi:2 psi:2\n1 300 315\n", Declared())[["resseq", "phi", "psi"]].values.tolist()
    [[2.0, -60.0, -45.0]]
    """
    head = text.lstrip().partition("\n")[0]
    names = head.replace("#", " ").split()
    table = read_columns(text, least=2)
    table.check_width(len(names), f"but the header names {len(names)}")
    return _from_columns(names, table.values, declared, "degrees")


def from_chi(text: str, declared: Declared) -> pd.DataFrame:
    r"""Read phi and psi of one residue, under the labels of their axes.

    Examples
    --------
    >>> text = '@ xaxis label "Phi"\n@ yaxis label "Psi"\n-60 -45\n'
    >>> from_chi(text, Declared())[["frame", "phi", "psi"]].values.tolist()
    [[1.0, -60.0, -45.0]]
    """
    labels = axis_labels(text)
    table = read_columns(text, "#@&", least=2)
    table.check_width(2, "not phi and psi")
    return _from_columns([labels["x"], labels["y"]], table.values, declared, "degrees")


def from_bare_columns(text: str, declared: Declared) -> pd.DataFrame:
    r"""Read columns of numbers without names, of which those of phi and psi were named by their numbers.

    Examples
    --------
    >>> from_bare_columns("-45 -60\n", Declared(axes=("2", "1")))[["phi", "psi"]].values.tolist()
    [[-60.0, -45.0]]
    """
    table = read_columns(text, "#@&", least=2)
    numbers = range(1, table.values.shape[1] + 1)
    return _from_columns([str(number) for number in numbers], table.values, declared, "degrees")


def _from_columns(names: list[str], values: np.ndarray, declared: Declared, default: str) -> pd.DataFrame:
    """Return the angles of the residues that have a column for each, a row a frame."""
    unit = declared.angles or default
    n_frames = len(values)
    frame = np.arange(1, n_frames + 1)
    parts = []
    for number, phi, psi in _pairs(names, declared):
        columns = {
            "frame": frame,
            "resname": [""] * n_frames,
            "resseq": np.full(n_frames, int(number or 0)),
            "phi": _column(names, values, phi, unit),
            "psi": _column(names, values, psi, unit),
        }
        parts.append(pd.DataFrame(columns))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("frame", kind="stable", ignore_index=True)


def _column(names: list[str], values: np.ndarray, k: int | None, unit: str) -> np.ndarray:
    """Return the angles of a column, NaN where there is none."""
    if k is None:
        return np.full(len(values), np.nan)
    return degrees(names[k], values[:, k], unit)


def _pairs(names: list[str], declared: Declared) -> list[tuple[str, int | None, int | None]]:
    """Return the number of each residue and its two columns, None for one that is not there."""
    if declared.axes is not None and not declared.is_order:
        phi, psi = find_axes(names, declared)
        return [("", phi, psi)]
    places = _places(names)
    first, second = ("psi", "phi") if declared.is_turned else ("phi", "psi")
    pairs = []
    for number in dict.fromkeys(number for _, number in places):
        pairs.append((number, places.get((first, number)), places.get((second, number))))
    has_both = any(phi is not None and psi is not None for _, phi, psi in pairs)
    if not has_both:
        find_axes(names, declared)
    return pairs


def _places(names: list[str]) -> dict[tuple[str, str], int]:
    """Return the column of each angle and residue."""
    places: dict[tuple[str, str], int] = {}
    for k, name in enumerate(names):
        residue = residue_of(name)
        if residue is None:
            continue
        if residue in places:
            both = f"{one_line(names[places[residue]], 40)!r} and {one_line(name, 40)!r}"
            raise ReadError(f"the columns {both} are one angle of one residue; leave one of them out, or rename it")
        places[residue] = k
    return places
