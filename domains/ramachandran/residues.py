"""What a residue's name says of it.

Conventions
-----------
- *Standard* are the twenty amino acids and MSE, which counts as MET.
- *Synonyms* are names that force fields give to the same twenty in another state of protonation or bonding (CHARMM HSD,
  Amber CYX, a terminal NALA). They are taken as the standard residue, and counted.
- *Modified* (SEP, HYP) and *D* (DAL) residues have a standard *parent*, from the file's own records where it has them
  and from gemmi's table elsewhere. Whether they are taken is the caller's choice.
- *Caps* (ACE, NME) end a chain and have no phi and psi.

References
----------
wwPDB Chemical Component Dictionary, as tabulated by gemmi.
The CHARMM and Amber names are those of the CHARMM36 and ff19SB topology files and of GROMACS' residue tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
    return _tabulated(name, recorded or {})


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
