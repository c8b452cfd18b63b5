"""Backbone angles of a structure file: PDB, mmCIF or BinaryCIF, plain or packed.

Conventions
-----------
- `angles` says what an angle and a skipped residue are, `conformers` what a neighbour and a conformer are, `residues`
  what a name counts as.
- A residue is one of a *polymer* here, and so a row of one of the two tables, where gemmi tabulates its name as an
  amino acid, where it is a cap (ACE, NME …), where the file names its standard parent, or where it has atoms N, CA
  and C. Waters, sugars, nucleotides and other ligands are none.
- A chain's parts end at a TER, at a change of mmCIF's ``label_asym_id``, and in a PDB file without chain names at a
  change of segment.
- Copies of a chain under one name and with the same numbers are told apart by `copies`: each has its rows.
- ``model`` is the number of the file's MODEL record, or of mmCIF's if it has several, and "" otherwise.
- Chain names and numbers are the author's (``auth_asym_id``, ``auth_seq_id``).
- PDB, mmCIF, BinaryCIF and packings are recognised by the content of a file, not by its name.

References
----------
Wojdyr (2022), J. Open Source Softw. 7, 4200 (gemmi).
wwPDB file format 3.3. PDBx/mmCIF dictionary 5.
"""

from __future__ import annotations

import warnings
from collections import Counter
from numbers import Real
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import pandas as pd

from ..._checks import UsageError, check_choice, check_number
from ..._files import ReadError, reading
from ..._text import file_name, one_line
from .angles import IDENTITY, NOTHING_BESIDE, walk
from .atoms import Bools, Residues
from .confidence import HIGHEST, check_plddt, drop_uncertain
from .coordinates import OPERATION, read_structure, require_gemmi
from .layout import Layout
from .residues import Kind, describe, kind_of
from .sequences import count_not_modelled, why_cut_off

AFTER_END = "not read; divide the frames by MODEL and ENDMDL, or take END out if all is one model"


def backbone_angles(
    path: str | PathLike[str],
    *,
    max_bond: float = 2.0,
    modified: str | None = None,
    chirality: str | None = None,
    min_plddt: float | None = None,
    rings: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure phi, psi and omega of every residue of a structure file, and say why for those that have none.

    Parameters
    ----------
    path : str or path-like
        A PDB, mmCIF or BinaryCIF file, plain or packed (gzip, bzip2, xz).
    max_bond : float, default 2.0
        C and N of bonded neighbours are nearer than this, Ångström.
    modified : {None, "parent"}
        By default modified residues (SEP, HYP …) are skipped, and with them their neighbours' angles, as MolProbity
        does. With "parent" they count as their standard parents.
    chirality : {None, "mirror"}
        By default D residues under L names are taken as they stand, and those under names of their own (DAL) are
        skipped, as MolProbity does. With "mirror" both are found by their N, CA, C and CB (by name without CB) and
        reported at (-phi, -psi).
    min_plddt : float, optional
        Skip residues whose pLDDT, the B factor of a predicted model's CA, is lower. It is on the scale of the file:
        to 100, or to 1.
    rings : {None, "closed"}
        By default the two ends of a head-to-tail ring are skipped, as MolProbity does. With "closed" they are
        neighbours if the last C and the first N are nearer than `max_bond`.

    Returns
    -------
    residues : DataFrame, one row per residue and conformer with both phi and psi, in file order
        - ``model chain resseq icode altloc resname``: as the file has them.
        - ``phi psi omega``: degrees. omega is of the bond before the residue, NaN where that residue lacks N or CA.
        - ``parent``: the standard name that it counts as.
        - ``next_resname``: the parent of the residue after.
        - ``occupancy b_iso``: of CA.
        - ``chirality``: "L", "D", or "" where there is no CB.
        - ``counted``: whether it is in MolProbity's summary.
        - ``best``: whether it is its position's conformer of highest occupancy.
        - ``mirrored``: whether it is reported at (-phi, -psi).
        - ``segment``: in a file with copies mmCIF's ``label_asym_id``, or a PDB file's segment identifier; else "".
        - ``instance``: 1, or 2 and so on in a further copy of the chain under the same name and numbers.
    skipped : DataFrame, one row per residue (and conformer) without, in file order
        ``model chain resseq icode altloc resname reason detail segment instance``, then ``omega parent chirality`` as
        above: the last residue of a chain has the bond before it. The reason is "terminal", "break", "ring", "missing
        atom", "non-standard", "non-standard neighbour", "degenerate geometry", "duplicate id" (written twice in one
        place), "after END" or "low pLDDT". ``attrs["not_modelled"]`` has, for each chain that lacks some, how many
        residues its sequence (SEQRES, ``_entity_poly_seq``) names that have no atoms.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If gemmi is not installed.
    ReadError
        If the file is empty, damaged, broken, neither format, or without amino acids. Where there is one, the message
        names the line.
    UsageError
        If an option has none of its values, or `min_plddt` does not fit the B factors: they are no pLDDT, or on
        another scale.

    Warns
    -----
    UserWarning
        If residues under CHARMM or Amber names (HSD, CYX) are taken as standard. It says how many. If the file seems to
        be cut off: it ends with an atom though its sequences have more residues or its last residue more atoms, within
        a MODEL, or before the last model.

    See Also
    --------
    validate : Score the backbone of structures residue by residue.
    read_angles : Read backbone angles of residues and frames from a table.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> atoms = [("N", -1.2, 0.6, 0.5), ("CA", 0.0, 0.0, 0.0), ("C", 1.2, 0.9, 0.3)]
    >>> line = "ATOM  {:5d}  {:<3s} ALA A{:4d}    {:8.3f}{:8.3f}{:8.3f}  1.00 10.00"
    >>> text = [line.format(i, name, i, 3.4 * i + x, y * (-1) ** i, z) for i in (1, 2, 3) for name, x, y, z in atoms]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "three.pdb")
    ...     _ = path.write_text(chr(10).join(text))
    ...     residues, skipped = backbone_angles(path)
    >>> residues[["chain", "resseq", "resname", "phi", "psi", "omega"]].round(1)
      chain  resseq resname    phi    psi  omega
    0     A       2     ALA -167.4  146.3 -147.2
    >>> skipped[["resseq", "reason", "detail"]]
       resseq    reason              detail
    0       1  terminal  first of the chain
    1       3  terminal   last of the chain
    """
    check_options(max_bond, modified, chirality, min_plddt, rings)
    file = Path(fspath(path))
    with reading(OPERATION, file):
        source = read_structure(file)
        layout = source.layout
        kinds = {name: kind_of(name, source.parents) for name in layout.names}
        polymer = _polymer(layout, kinds)
        if not polymer.any():
            names = one_line(", ".join(layout.names[:8]))
            raise ReadError(f"no amino acids among its residues ({names}): give a file with a protein")
        taken = _taken_kinds(modified, chirality)
        parents = [kind.parent if kind.kind in taken else "" for kind in kinds.values()]
        whys = ["" if kind.kind in taken else _why_not(kind) for kind in kinds.values()]
        caps = [kind.kind == "cap" for kind in kinds.values()]
        residues = layout.residues(polymer, parents, whys, caps, source.models)
        _warn_of_synonyms(path, residues, kinds)
        not_modelled = count_not_modelled(source.sequences, layout, polymer)
        lacking = layout.lacking_at_end(polymer & ~np.array(caps)[layout.name])
        cut_off = why_cut_off(source.sequences, not_modelled, len(source.models), lacking)
        if cut_off:
            warnings.warn(f"{file_name(fspath(path))}: may be cut off: {cut_off}", stacklevel=2)
        atoms = layout.atoms(polymer)
        if min_plddt is not None:
            check_plddt(file, source, atoms, residues, min_plddt)
        rows, skipped = walk(atoms, residues, max_bond=max_bond, close_rings=rings == "closed")
    if source.after_end is not None:
        skipped = pd.concat([skipped, _after_end(source.after_end)])
    if chirality == "mirror":
        rows = _mirror(rows, kinds)
    if min_plddt is not None:
        rows, skipped = drop_uncertain(rows, skipped, min_plddt)
    rows.index = pd.RangeIndex(len(rows))
    skipped.index = pd.RangeIndex(len(skipped))
    skipped.attrs["not_modelled"] = not_modelled
    return rows, skipped


def check_options(
    max_bond: float, modified: str | None, chirality: str | None, min_plddt: float | None, rings: str | None
) -> None:
    """Check the options of `backbone_angles`, and that gemmi is there.

    Raises
    ------
    UsageError
        If one has none of its values.
    ImportError
        If gemmi is not installed.

    Examples
    --------
    >>> check_options(2.0, None, "mirror", None, None)
    """
    if not isinstance(max_bond, Real) or not max_bond > 0:
        raise UsageError(f"{OPERATION}: max_bond must be a length in Å, such as 2.0; got {max_bond!r}")
    check_choice(OPERATION, "modified", modified, [None, "parent"])
    check_choice(OPERATION, "chirality", chirality, [None, "mirror"])
    check_choice(OPERATION, "rings", rings, [None, "closed"])
    if min_plddt is not None:
        check_number(OPERATION, "min_plddt", min_plddt, at_least=0, at_most=HIGHEST)
    require_gemmi()


def _polymer(layout: Layout, kinds: dict[str, Kind]) -> Bools:
    amino_acid = np.array([kind.kind != "" for kind in kinds.values()])
    return layout.polymer(amino_acid)


def _after_end(layout: Layout) -> pd.DataFrame:
    """Return rows of `skipped` for the residues after the END of a PDB file."""
    kinds = {name: kind_of(name) for name in layout.names}
    polymer = _polymer(layout, kinds)
    n = len(kinds)
    residues = layout.residues(polymer, [""] * n, [""] * n, [False] * n, [""])
    columns = {name: getattr(residues, name) for name in IDENTITY if name != "altloc"}
    table = pd.DataFrame({**columns, "altloc": ""})[IDENTITY]
    table = table.assign(reason="after END", detail=AFTER_END, segment=residues.segment, instance=residues.copy)
    return table.assign(**NOTHING_BESIDE)


def _taken_kinds(modified: str | None, chirality: str | None) -> set[str]:
    """Return the kinds of residues that count as their standard parents."""
    taken = {"standard", "synonym"}
    if modified == "parent":
        taken.add("modified")
    if chirality == "mirror":
        taken.add("D")
    return taken


def _why_not(kind: Kind) -> str:
    """Return what to say of a residue that is not taken."""
    if kind.kind == "modified":
        return f'{describe(kind)}, taken with modified="parent"'
    if kind.kind == "D":
        return f'{describe(kind)}, taken with chirality="mirror"'
    return describe(kind)


def _warn_of_synonyms(path: str | PathLike[str], residues: Residues, kinds: dict[str, Kind]) -> None:
    synonyms = [name for name, kind in kinds.items() if kind.kind == "synonym"]
    if not synonyms:
        return
    counts = Counter(name for name in residues.resname if name in synonyms)
    listed = ", ".join(f"{name} as {kinds[name].parent} ({n})" for name, n in counts.items())
    taken = f"{counts.total()} residues under CHARMM or Amber names are taken: {listed}"
    warnings.warn(f"{file_name(fspath(path))}: {taken}", stacklevel=3)


def _mirror(rows: pd.DataFrame, kinds: dict[str, Kind]) -> pd.DataFrame:
    """Return the rows with the D residues at (-phi, -psi)."""
    d_names = [name for name, kind in kinds.items() if kind.kind == "D"]
    d_by_atoms = rows["chirality"] == "D"
    d_by_name = (rows["chirality"] == "") & rows["resname"].isin(d_names)
    mirrored = d_by_atoms | d_by_name
    sign = np.where(mirrored, -1.0, 1.0)
    return rows.assign(phi=rows["phi"] * sign, psi=rows["psi"] * sign, mirrored=mirrored)
