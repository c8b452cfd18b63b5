"""Names of residues beside their points: what is written, where `placing` finds space for it.

Conventions
-----------
- The copies of a residue in several files, chains or models share a name where their points lie within 15°.
- Of several files, a name begins with that of its file, or with their number.
- A name for which there is no space is left out. Whoever asks for names is told how many residues have theirs.
- The size of a name is measured on the figure as it is laid out when it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..._text import for_picture
from ..torus import wrap
from .placing import EDGE, FONT_SIZE, Floats, place, size

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_NAMES = 40
"""The most names in one picture."""
SAME_NAME_WITHIN = 15.0
"""Degrees within which the copies of one residue share a name."""
MOST_LETTERS = 12
"""Letters that chains, or a file, may take; more chains are counted."""
INK = "#B24400"
"""Of names, if a residue has no ``ink`` of its own: as dark as small letters need it."""

_FAR = 12.0
"""Degrees from which on a line leads from a name to its point: a shorter one looks like a dash."""
_PACKED = (".gz", ".bz2", ".xz")
_LINES = 3.5
_NAMES = 5
"""Names are drawn over points, and points over the lines to them."""


class Name(NamedTuple):
    """What is written beside a point.

    Parameters
    ----------
    text : str
    phi, psi : float
        The point, degrees.
    ink : str
        Colour.
    n_residues : int
        How many share it.
    """

    text: str
    phi: float
    psi: float
    ink: str = INK
    n_residues: int = 1


def write_names(residues: pd.DataFrame, points: Floats, ax: Axes, files: Mapping[str, str] | None = None) -> int:
    """Write the names of residues beside their points, the first 40 of them, and return how many residues have one.

    Parameters
    ----------
    residues : DataFrame
        Whom to name, the most important first: ``chain resseq icode resname phi psi``, perhaps ``ink`` and ``file``.
    points : ndarray, shape (n, 2)
        All points of the picture, phi and psi, which names avoid.
    ax : matplotlib Axes
        From -180° to 180°, with its final size: its figure is laid out (``figure.draw_without_rendering()``).
    files : mapping of str to str, optional
        What each file is called, if there are several: `names_of_files`.

    Returns
    -------
    int

    Examples
    --------
    >>> import matplotlib, pandas as pd
    >>> matplotlib.use("agg")
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().add_subplot(xlim=(-180, 180), ylim=(-180, 180))
    >>> columns = ["chain", "resseq", "icode", "resname", "phi", "psi"]
    >>> write_names(pd.DataFrame([["A", 5, "", "ALA", 60.0, 0.0]], columns=columns), np.array([[60.0, 0.0]]), ax)
    1
    >>> [text.get_text() for text in ax.texts]
    ['A ALA 5']
    """
    if residues.empty:
        return 0
    names = shared_names(residues, files)[:MOST_NAMES]
    degrees = _degrees_per_point(ax)
    sizes = [size(name.text, degrees) for name in names]
    anchors = np.array([(name.phi, name.psi) for name in names])
    places = place(anchors, sizes, points, marks=residues[["phi", "psi"]].to_numpy(float))
    n_named = 0
    for name, box in zip(names, places, strict=True):
        if box is not None:
            _write(name, box, ax)
            n_named += name.n_residues
    return n_named


def names_of_files(residues: pd.DataFrame) -> dict[str, str]:
    """Return what files are called in names: short, and each otherwise; none if there is but one.

    Examples
    --------
    >>> import pandas as pd
    >>> names_of_files(pd.DataFrame({"file": ["a/1ubq.pdb.gz", "b/fold_protein_model_0.cif"]}))
    {'a/1ubq.pdb.gz': '1ubq', 'b/fold_protein_model_0.cif': 'fold_…odel_0'}
    >>> names_of_files(pd.DataFrame({"file": ["a/model.pdb", "b/model.pdb"]}))
    {'a/model.pdb': 'file 1', 'b/model.pdb': 'file 2'}
    """
    if "file" not in residues:
        return {}
    files = residues["file"].unique().tolist()
    if len(files) < 2:
        return {}
    names = {file: _short(file) for file in files}
    if len(set(names.values())) < len(files):
        return {file: f"file {k}" for k, file in enumerate(files, start=1)}
    return names


def shared_names(residues: pd.DataFrame, files: Mapping[str, str] | None = None) -> list[Name]:
    """Return what to write and where: the copies of one residue that lie close share a name.

    Parameters
    ----------
    residues : DataFrame
        ``chain resseq icode resname phi psi``, perhaps ``ink`` and ``file``.
    files : mapping of str to str, optional
        What each file is called, if there are several.

    Returns
    -------
    list of Name

    Examples
    --------
    >>> import pandas as pd
    >>> residues = pd.DataFrame({"chain": list("ABCDEFGHIJKL"), "resseq": 12, "icode": "", "resname": "LYS"})
    >>> shared_names(residues.assign(phi=5.0, psi=130.0))
    [Name(text='12 chains LYS 12', phi=5.0, psi=130.0, ink='#B24400', n_residues=12)]
    """
    shared: list[_Copies] = []
    known: dict[str, list[_Copies]] = {}
    for row in residues.to_dict("records"):
        residue = f"{row['resname']} {row['resseq']}{row['icode']}"
        of_residue = known.setdefault(residue, [])
        copies = _nearby(of_residue, row["phi"], row["psi"])
        if copies is None:
            copies = _Copies(residue, row["phi"], row["psi"], row.get("ink", INK))
            of_residue.append(copies)
            shared.append(copies)
        copies.add(str(row["chain"]), row.get("file", ""))
    return [copies.name(files or {}) for copies in shared]


class _Copies:
    """Residues that share a name: one of several chains, models or files."""

    def __init__(self, residue: str, phi: float, psi: float, ink: str) -> None:
        self.residue = residue
        self.phi = phi
        self.psi = psi
        self._ink = ink
        self._chains: set[str] = set()
        self._files: set[str] = set()
        self._number = 0

    def add(self, chain: str, file: str) -> None:
        self._chains.add(chain)
        self._files.add(file)
        self._number += 1

    def name(self, files: Mapping[str, str]) -> Name:
        chains = _chains(sorted(self._chains))
        parts = [chains, self.residue]
        if files and len(self._files) > 1:
            parts = [f"{len(self._files)} files", self.residue]
        elif files:
            (file,) = self._files
            parts = [files[file], chains, self.residue]
        text = " ".join(part for part in parts if part)
        return Name(for_picture(text), self.phi, self.psi, self._ink, self._number)


def _nearby(known: list[_Copies], phi: float, psi: float) -> _Copies | None:
    """Return the first copies of a residue that lie close, None if there are none."""
    for copies in known:
        if np.hypot(wrap(copies.phi - phi), wrap(copies.psi - psi)) < SAME_NAME_WITHIN:
            return copies
    return None


def _chains(chains: list[str]) -> str:
    """Return chains as a name has them: listed, or counted if that would be long."""
    listed = ",".join(chains)
    if len(listed) <= MOST_LETTERS:
        return listed
    if len(chains) > 1:
        return f"{len(chains)} chains"
    return f"{listed[: MOST_LETTERS - 1]}…"


def _degrees_per_point(ax: Axes) -> tuple[float, float]:
    """Return how many degrees a typographic point takes on each axis."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    box = ax.get_window_extent()
    pixels = figure.dpi / 72
    return 2 * EDGE / box.width * pixels, 2 * EDGE / box.height * pixels


def _short(file: str) -> str:
    """Return the name of a file without folders and endings, its middle left out if it is long."""
    path = Path(file)
    if path.suffix in _PACKED:
        path = path.with_suffix("")
    stem = path.stem
    if len(stem) <= MOST_LETTERS:
        return stem
    return f"{stem[:5]}…{stem[5 - MOST_LETTERS + 1 :]}"


def _write(name: Name, box: Floats, ax: Axes) -> None:
    """Write a name into its box, and draw a line to its point below all names."""
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    left, bottom, right, top = box
    near_x = min(max(name.phi, left), right)
    near_y = min(max(name.psi, bottom), top)
    if np.hypot(near_x - name.phi, near_y - name.psi) >= _FAR:
        ax.add_line(Line2D([name.phi, near_x], [name.psi, near_y], color=name.ink, linewidth=0.4, zorder=_LINES))
    ax.text(
        (left + right) / 2,
        (bottom + top) / 2,
        name.text,
        ha="center",
        va="center",
        fontsize=FONT_SIZE,
        color=name.ink,
        zorder=_NAMES,
        path_effects=[withStroke(linewidth=1.2, foreground="white")],
    )
