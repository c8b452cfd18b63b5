"""Backbone angles of a structure file: PDB or mmCIF, plain or gzipped, read by gemmi.

Conventions
-----------
What an angle, a neighbour, a conformer and a skipped residue are is told in `angles`; what a name counts as, in
`residues`. A residue is one of a *polymer* here, and so a row of one of the two tables, where gemmi tabulates its name
as an amino acid, where it is a cap (ACE, NME …), where the file names its standard parent, or where it has atoms N,
CA and C; waters, sugars, nucleotides and other ligands are none.

A chain's parts end at a TER, at a change of mmCIF's ``label_asym_id``, and in a PDB file without chain names at a
change of segment. ``model`` is the number of the file's MODEL record, or of mmCIF's if it has several; else "".
Chain names and numbers are the author's (``auth_asym_id``, ``auth_seq_id``). Content tells PDB from mmCIF and gzip
from plain, not the name.

References
----------
Wojdyr (2022), J. Open Source Softw. 7, 4200 (gemmi).
wwPDB file format 3.3; PDBx/mmCIF dictionary 5.
"""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections import Counter
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .angles import ATOM_NAMES, IDENTITY, Atoms, Bools, Ints, Residues, walk
from .residues import Kind, kind_of


def backbone_angles(
    path: str | PathLike[str],
    *,
    max_bond: float = 2.0,
    modified: str | None = None,
    chirality: str | None = None,
    min_plddt: float | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure phi, psi and omega of every residue of a structure file, and say why for those that have none.

    Parameters
    ----------
    path : str or path-like
        A PDB or mmCIF file, plain or gzipped.
    max_bond : float, default 2.0
        C and N of bonded neighbours are nearer than this, Ångström.
    modified : {None, "parent"}
        Modified residues (SEP, HYP …) are skipped, and with them their neighbours' angles, as MolProbity does; or
        count as their standard parents.
    chirality : {None, "mirror"}
        D residues under L names are taken as they stand, and those under names of their own (DAL) are skipped, as
        MolProbity does; or both are found by their N, CA, C and CB (by name without CB) and told at (-phi, -psi).
    min_plddt : float, optional
        Skip residues whose CA has a lower B factor, which in predicted models is the pLDDT.

    Returns
    -------
    residues : DataFrame, one row per residue and conformer with both phi and psi, in file order
        ``model chain resseq icode altloc resname`` as the file has them; ``phi psi omega`` in degrees, omega of the
        bond before the residue, NaN where the residue before lacks N or CA; ``parent``, the standard name it counts as;
        ``next_resname``, that of the residue after; ``occupancy`` and ``b_iso`` of CA; ``chirality``, "L", "D" or ""
        (no CB); ``counted``, in MolProbity's summary; ``best``, the position's conformer of highest occupancy;
        ``mirrored``, told at (-phi, -psi).
    skipped : DataFrame, one row per residue (and conformer) without, in file order
        ``model chain resseq icode altloc resname reason detail``; ``reason`` is "terminal", "break", "missing atom",
        "non-standard", "non-standard neighbour", "degenerate geometry", "duplicate id" or "low pLDDT".

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If gemmi is not installed.
    ValueError
        If the file is empty, broken, neither format, or without amino acids; or if an option is none of its values.

    Warns
    -----
    UserWarning
        If residues under CHARMM or Amber names (HSD, CYX) are taken as standard; with their counts.

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
    _check_option("modified", modified, "parent")
    _check_option("chirality", chirality, "mirror")
    structure, numbered = _read(Path(fspath(path)))
    numbers = [str(model.num) if numbered else "" for model in structure]
    layout = _Layout(structure)
    recorded = {m.res_id.name: m.parent_comp_id for m in structure.mod_residues}
    kinds = {name: kind_of(name, recorded) for name in layout.names}
    polymer = layout.polymer(kinds)
    if not polymer.any():
        found = ", ".join(layout.names[:8])
        raise ValueError(f"{path}: no amino acids among its residues ({found}): give a file with a protein")
    options = {kind for kind, asked in (("modified", modified), ("D", chirality)) if asked}
    residues = layout.residues(polymer, kinds, numbers, options)
    _warn_of_synonyms(residues, kinds)
    rows, skipped = walk(layout.atoms(polymer), residues, max_bond=max_bond)
    rows = _mirror(rows, kinds, chirality == "mirror")
    if min_plddt is not None:
        rows, skipped = _drop_uncertain(rows, skipped, min_plddt)
    return rows.reset_index(drop=True), skipped.reset_index(drop=True)


def _check_option(name: str, value: str | None, allowed: str) -> None:
    if value not in (None, allowed):
        raise ValueError(f'{name} is None or "{allowed}", not {value!r}')


def _read(path: Path) -> tuple[Any, bool]:
    """Return gemmi's structure, and whether its models are numbered."""
    try:
        import gemmi
    except ImportError:
        raise ImportError('reading structures needs gemmi: pip install "overlap-toolkit[proteins]"') from None

    text = _content(path)
    cif = text.startswith(b"data_") or b"\ndata_" in text
    try:
        if cif:
            structure = gemmi.read_structure_string(text, merge_chain_parts=False, format=gemmi.CoorFormat.Mmcif)
        else:
            structure = gemmi.read_pdb_string(text, split_chain_on_ter=True)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{path}: broken {'mmCIF' if cif else 'PDB'} file: {error}") from None
    if not any(len(chain) for model in structure for chain in model):
        start = text[:40].decode("latin-1").splitlines()[0]
        raise ValueError(
            f"{path}: no atoms found; it begins with {start!r}: give a PDB file with ATOM records or an mmCIF file "
            "with _atom_site"
        )
    numbered = len(structure) > 1 or (not cif and (text.startswith(b"MODEL ") or b"\nMODEL " in text))
    return structure, numbered


def _content(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    text = path.read_bytes()
    if text[:2] == b"\x1f\x8b":
        try:
            text = gzip.decompress(text)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path}: broken gzip file ({error}): fetch it again") from None
    if not text.strip():
        raise ValueError(f"{path}: the file is empty: give a PDB or mmCIF file")
    return text


class _Layout:
    """gemmi's flat arrays, with the residues marked out: per atom its residue and name, per residue its first atom."""

    def __init__(self, structure: Any) -> None:
        self.chains = [(i, chain) for i, model in enumerate(structure) for chain in model]
        self.chain_names = [chain.name for _, chain in self.chains]
        self.flat = flat = _flat(structure)
        self.chain = np.repeat(np.arange(len(self.chains)), [chain.count_atom_sites() for _, chain in self.chains])
        named, resname = all(self.chain_names), _words(flat.residue_names)
        self.segment = _words(flat.subchains) if named else self._segments()
        starts = _changes(self.chain, self.segment, flat.resnums, flat.icodes, resname)
        self.first, self.residue = np.flatnonzero(starts), np.cumsum(starts) - 1
        names, self.name = np.unique(resname[self.first], return_inverse=True)
        self.names = _text(names)
        self.atom = np.full(len(resname), -1)
        for i, name in enumerate(ATOM_NAMES):
            self.atom[_words(flat.atom_names) == np.frombuffer(name.encode().ljust(8, b"\0"), dtype=np.int64)] = i

    def _segments(self) -> Ints:
        """Tell a PDB file's chains apart by segment where these have no name."""
        parts = [("" if chain.name else residue.segment, len(residue)) for _, chain in self.chains for residue in chain]
        names, sizes = zip(*parts, strict=True)
        return np.repeat(pd.factorize(np.array(names, dtype=object))[0], sizes)

    def polymer(self, kinds: dict[str, Kind]) -> Bools:
        """Which residues are of a polymer: by name, or by having N, CA and C."""
        has = np.zeros((len(self.first), len(ATOM_NAMES) + 1), dtype=bool)
        has[self.residue, self.atom] = True
        return np.array([kind.kind != "" for kind in kinds.values()])[self.name] | has[:, :3].all(axis=1)

    def atoms(self, polymer: Bools) -> Atoms:
        """Take the atoms of the polymers that the walk looks at."""
        at = np.flatnonzero((self.atom >= 0) & polymer[self.residue])
        return Atoms(
            position=self.flat.pos[at],
            residue=(np.cumsum(polymer) - 1)[self.residue[at]],
            name=self.atom[at],
            altloc=self.flat.altlocs[at].astype(np.int64),
            occupancy=self.flat.occ[at].astype(np.float64),
            b_iso=self.flat.b_iso[at].astype(np.float64),
        )

    def residues(self, polymer: Bools, kinds: dict[str, Kind], numbers: list[str], options: set[str]) -> Residues:
        """Take the residues of the polymers."""
        at, name = self.first[polymer], self.name[polymer]
        chain, resseq, icode = self.chain[at], self.flat.resnums[at].astype(np.int64), self.flat.icodes[at]
        model = np.array([i for i, _ in self.chains])[chain]
        chain_name = np.array(self.chain_names, dtype=object)
        code = pd.factorize(chain_name)[0][chain]
        taken = [_parent_or_why(kind, options) for kind in kinds.values()]
        return Residues(
            model=np.array(numbers, dtype=object)[model],
            chain=chain_name[chain],
            resseq=resseq,
            icode=np.array([chr(c).strip() for c in range(128)], dtype=object)[icode],
            resname=np.array(self.names, dtype=object)[name],
            part=np.cumsum(_changes(chain, self.segment[at])) - 1,
            position=np.unique(((model << 16 | code) << 24 | resseq + 2**23) << 8 | icode, return_inverse=True)[1],
            parent=np.array([parent for parent, _ in taken], dtype=object)[name],
            why=np.array([why for _, why in taken], dtype=object)[name],
        )


def _flat(structure: Any) -> Any:
    import gemmi

    try:
        return gemmi.FlatStructure(structure)
    except RuntimeError:  # it has no room for names of eight letters
        codes: dict[str, str] = {}
        for chain in (chain for model in structure for chain in model):
            chain.name = "long"
            for residue in chain:
                residue.subchain, residue.entity_id = codes.setdefault(residue.subchain, str(len(codes))), ""
        return gemmi.FlatStructure(structure)


def _words(characters: Any) -> Ints:
    """Eight characters as one number, to compare names at once."""
    return np.ascontiguousarray(characters).view(np.int64).ravel()


def _text(words: Ints) -> list[str]:
    return [word.tobytes().rstrip(b"\0").decode("latin-1") for word in words]


def _changes(*columns: npt.NDArray[Any]) -> Bools:
    """Mark each entry that differs from the one before in any column; the first does."""
    changes = np.ones(len(columns[0]), dtype=bool)
    changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changes


def _parent_or_why(kind: Kind, options: set[str]) -> tuple[str, str]:
    if kind.kind in ("standard", "synonym") or kind.kind in options:
        return kind.parent, ""
    return "", {
        "modified": f'modified {kind.parent}, taken with modified="parent"',
        "D": f'D form of {kind.parent}, taken with chirality="mirror"',
        "cap": "cap",
    }.get(kind.kind, "no standard parent known")


def _warn_of_synonyms(residues: Residues, kinds: dict[str, Kind]) -> None:
    counts = Counter(name for name in residues.resname if kinds[name].kind == "synonym")
    if counts:
        told = ", ".join(f"{name} as {kinds[name].parent} ({n})" for name, n in counts.items())
        warnings.warn(f"{counts.total()} residues under CHARMM or Amber names are taken: {told}", stacklevel=3)


def _mirror(rows: pd.DataFrame, kinds: dict[str, Kind], mirror: bool) -> pd.DataFrame:
    named = rows["resname"].isin([name for name, kind in kinds.items() if kind.kind == "D"])
    mirrored = ((rows["chirality"] == "D") | (rows["chirality"] == "") & named) & mirror
    sign = np.where(mirrored, -1.0, 1.0)
    return rows.assign(phi=rows["phi"] * sign, psi=rows["psi"] * sign, mirrored=mirrored)


def _drop_uncertain(rows: pd.DataFrame, skipped: pd.DataFrame, min_plddt: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    low = rows[rows["b_iso"] < min_plddt]
    detail = [f"pLDDT {b:.1f} < {min_plddt:g}" for b in low["b_iso"]]
    dropped = low[IDENTITY].assign(reason="low pLDDT", detail=detail)
    return rows.drop(low.index), pd.concat([skipped, dropped]).sort_index()
