"""What a residue's name says of it.

Conventions
-----------
- *Standard* are the twenty amino acids and MSE, which counts as MET.
- *Synonyms* are names that force fields give to the same twenty in another state of protonation or bonding (CHARMM HSD,
  Amber CYX, a terminal NALA). They are taken as the standard residue, and counted.
- *Modified* (SEP, HYP) and *D* (DAL) residues have a standard *parent*, from the file's own records where it has them
  and from gemmi's table elsewhere. Whether they are taken is the caller's choice.
- *Caps* (ACE, NME) end a chain and have no phi and psi.
- Structures have names in capitals. In tables and lists people write them in any letters: `read_names` reads them. A
  name of one letter is refused there: A, C, G and U are nucleotides too.

References
----------
wwPDB Chemical Component Dictionary, as tabulated by gemmi.
The CHARMM and Amber names are those of the CHARMM36 and ff19SB topology files and of GROMACS' residue tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

# fmt: off
STANDARD = frozenset({
    "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE",
    "LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL",
})
SYNONYMS = {
    "HSD": "HIS", "HSE": "HIS", "HSP": "HIS", "HID": "HIS", "HIE": "HIS", "HIP": "HIS", "HIS1": "HIS", "HIS2": "HIS",
    "HISA": "HIS", "HISB": "HIS", "HISD": "HIS", "HISE": "HIS", "HISH": "HIS",
    "CYX": "CYS", "CYM": "CYS", "CYN": "CYS", "CYP": "CYS", "CYS1": "CYS", "CYS2": "CYS", "CYSH": "CYS",
    "ASH": "ASP", "ASPH": "ASP", "ASPP": "ASP", "GLH": "GLU", "GLUH": "GLU", "GLUP": "GLU",
    "LYN": "LYS", "LSN": "LYS", "LYSH": "LYS", "ARGN": "ARG", "TYM": "TYR",
}
CAPS = frozenset({"ACE", "FOR", "NH2", "NHE", "NME", "NMA"})
# fmt: on
_UNTABULATED = {"SEC": "CYS", "PYL": "LYS"}


class Kind(NamedTuple):
    """A residue name's standard ``parent`` ("" for none) and its ``kind``.

    ``kind`` is one of "standard", "synonym", "modified", "D", "cap", "unknown" (an amino acid with no parent), or ""
    for what is no amino acid (or is not known to be one).
    """

    parent: str
    kind: str


def kind_of(name: str, recorded: Mapping[str, str] | None = None) -> Kind:
    """Look a residue name up.

    Parameters
    ----------
    name : str
        The residue's name as the file has it.
    recorded : mapping of str to str, optional
        Parents that the file itself records (MODRES, ``_pdbx_struct_mod_residue``).

    Returns
    -------
    Kind

    Examples
    --------
    >>> kind_of("MSE")
    Kind(parent='MET', kind='standard')
    >>> kind_of("HSD"), kind_of("DAL").kind, kind_of("HOH").kind
    (Kind(parent='HIS', kind='synonym'), 'D', '')
    """
    if name == "MSE":
        return Kind("MET", "standard")
    if name in STANDARD:
        return Kind(name, "standard")
    if name in CAPS:
        return Kind("", "cap")
    synonym = _synonym(name)
    if synonym:
        return Kind(synonym, "synonym")
    if not name:
        return Kind("", "")
    return _tabulated(name, recorded or {})


def describe(kind: Kind) -> str:
    """Return what a residue that is not standard is.

    Examples
    --------
    >>> describe(kind_of("SEP")), describe(kind_of("ACE"))
    ('modified SER', 'cap')
    """
    if kind.kind == "modified":
        return f"modified {kind.parent}"
    if kind.kind == "D":
        return f"D form of {kind.parent}"
    if kind.kind == "cap":
        return "cap"
    return "no standard parent known"


def read_names(names: Iterable[object]) -> np.ndarray:
    """Return names of residues as a table or a list has them, in capitals.

    Parameters
    ----------
    names : iterable of str
        In any letters; "" for a residue without a name.

    Returns
    -------
    ndarray of str (objects)

    Raises
    ------
    ValueError
        If a name is one letter.

    Examples
    --------
    >>> read_names(["Gly", " pro", "HSD"]).tolist()
    ['GLY', 'PRO', 'HSD']
    """
    capital = np.array([str(name).strip().upper() for name in names], dtype=object)
    for name in dict.fromkeys(capital.tolist()):
        if len(name) == 1:
            raise ValueError(f"a residue is called {name!r}; write names of three letters, such as ALA")
    return capital


def parents_of(names: np.ndarray, *, modified: bool = False) -> np.ndarray:
    """Return the standard residue of each name, "" where there is none.

    Parameters
    ----------
    names : ndarray of str (objects)
        In capitals.
    modified : bool
        Whether modified and D residues have theirs too.

    Returns
    -------
    ndarray of str (objects)

    Examples
    --------
    >>> names = read_names(["HSD", "HYP", "UNK"])
    >>> parents_of(names).tolist(), parents_of(names, modified=True).tolist()
    (['HIS', '', ''], ['HIS', 'PRO', ''])
    """
    taken = {"standard", "synonym"}
    if modified:
        taken |= {"modified", "D"}
    parents = {}
    for name in dict.fromkeys(names.tolist()):
        kind = kind_of(name)
        parents[name] = kind.parent if kind.kind in taken else ""
    return np.array([parents[name] for name in names.tolist()], dtype=object)


def _synonym(name: str) -> str:
    """Return the standard residue that a force field's name means, "" for none."""
    terminal = len(name) == 4 and name[0] in "NC"
    inner = name[1:] if terminal else name
    if name in SYNONYMS:
        return SYNONYMS[name]
    if inner in SYNONYMS:
        return SYNONYMS[inner]
    return inner if inner in STANDARD else ""


def _tabulated(name: str, recorded: Mapping[str, str]) -> Kind:
    import gemmi

    info = gemmi.find_tabulated_residue(name)
    amino_acid = info.found() and info.is_amino_acid()
    parent = recorded.get(name, "")
    if parent not in STANDARD:
        parent = _UNTABULATED.get(name, "")
    if not parent and amino_acid:
        letter = info.one_letter_code.upper()
        parent = gemmi.expand_one_letter(letter, gemmi.ResidueKind.AA) or ""
    if parent not in STANDARD:
        return Kind("", "unknown" if amino_acid else "")
    mirrored = amino_acid and info.kind == gemmi.ResidueKind.AAD
    return Kind(parent, "D" if mirrored else "modified")
