"""The atoms of a BinaryCIF file: the columns of ``_atom_site``, each as long as the category says.

BinaryCIF is MessagePack, which holds neither checksum nor end mark: what is cut off or does not fit is refused, and so
are coordinates that are no numbers. The library ihm reads the format too, but its reader ends the process on damaged
files (82 of 1500 with a few flipped bits), so the encodings are undone here.

Conventions
-----------
- Of several data blocks the first has the atoms. Names of categories and columns are compared without case.
- What a file says beside its atoms (experiment, pLDDT, sequences) is taken as it is from mmCIF. A category that is
  damaged there says nothing.
- As gemmi has it for mmCIF, the author's names and numbers are taken where there are any, and those of the dictionary
  (``label_``) elsewhere; an unknown occupancy is 1, an unknown B factor 20.

References
----------
BinaryCIF specification 0.3 (github.com/molstar/BinaryCIF). PDBx/mmCIF dictionary 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..._files import ReadError
from ..._text import one_line
from .atoms import Floats, Ints
from .encodings import Texts, decode
from .flat import LONGEST_NAME, Flat, as_integer
from .groups import group
from .mmcif import MOST_DIGITS, REQUIRED
from .sequences import Sequences, sequences_of_cif

Category = dict[str, Any]

CATEGORY = "_atom_site"
_ANY_SIZE = 1_000_000
"""Atoms that are believed in a file of any size; more of them take a byte each, at least."""
_DAMAGED = "fetch or write it again"
_BLANK = ord(" ")


def is_binary_cif(content: bytes) -> bool:
    """Return whether a file begins as BinaryCIF does: a MessagePack map that has data blocks.

    Examples
    --------
    >>> is_binary_cif(b"data_1UBQ")
    False
    """
    return content[:1] >= b"\x80" and b"dataBlocks" in content[:400]


def require_msgpack() -> None:
    """Say how to install msgpack where it is missing.

    Raises
    ------
    ImportError

    Examples
    --------
    >>> require_msgpack()
    """
    try:
        import msgpack  # noqa: F401
    except ImportError:
        raise ImportError('reading BinaryCIF needs msgpack: pip install "overlap-toolkit[proteins]"') from None


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """What a BinaryCIF file says.

    Attributes
    ----------
    flat : Flat
        Its atoms, in the order of the file.
    number : ndarray of int, shape (atoms,)
        ``label_seq_id``, 0 where there is none.
    models : list of str
        The number of each model.
    parents : dict of str to str
        Of modified residues, as the file records them.
    method : str
        The experiment, "" for none.
    declares_plddt : bool
        Whether a quality of its residues is pLDDT (``_ma_qa_metric``).
    sequences : Sequences
    """

    flat: Flat
    number: Ints
    models: list[str]
    parents: dict[str, str]
    method: str
    declares_plddt: bool
    sequences: Sequences


def parse(content: bytes) -> Parsed:
    """Read a BinaryCIF file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    Parsed

    Raises
    ------
    ReadError
        If it is damaged or cut off, or has no atoms.
    """
    block = _first_block(content)
    atoms = block.get(CATEGORY)
    if atoms is None:
        raise ReadError(f"a BinaryCIF file without {CATEGORY}; give one with atoms")
    n_atoms = _row_count(atoms, len(content))
    table = Table(atoms, n_atoms, CATEGORY)
    for names in REQUIRED:
        if not any(name.lower() in table.columns for name in names):
            wanted = " or ".join(f"{CATEGORY}.{name}" for name in names)
            raise ReadError(f"no column {wanted}, which atoms need; write it, or take a file that has it")
    flat, models = _flat(table)
    number = np.nan_to_num(table.numbers("label_seq_id", missing=0.0)).astype(np.int64)
    return Parsed(
        flat=flat,
        number=number,
        models=models,
        parents=_parents(block),
        method="; ".join(_column(block, "_exptl", "method")),
        declares_plddt=_declares_plddt(block),
        sequences=sequences_of_cif(partial(_column, block)),
    )


class Table:
    """A category: columns of one length.

    Parameters
    ----------
    category : dict
    n_rows : int
    name : str

    Attributes
    ----------
    columns : dict
        As the file has them, by their names in lower case.
    """

    def __init__(self, category: Category, n_rows: int, name: str) -> None:
        self.columns = {str(column["name"]).lower(): column for column in category["columns"]}
        self.n_rows = n_rows
        self.name = name

    def numbers(self, *names: str, missing: float = np.nan) -> Floats:
        """Return the first of these columns that has values, `missing` where a value is not known."""
        column, unknown, name = self._first(names)
        if column is None:
            return np.full(self.n_rows, missing)
        if isinstance(column, Texts):
            each = [_number(text, name) for text in column.each]
            values = np.array(each)[column.code]
        else:
            values = column.astype(np.float64)
        odd = np.flatnonzero(~unknown & ~(np.abs(values) < 10**MOST_DIGITS))
        if len(odd):
            raise ReadError(f"{name} of atom {odd[0] + 1} is {values[odd[0]]:g}, which no structure has; {_DAMAGED}")
        return np.where(unknown, missing, values)

    def texts(self, *names: str) -> Texts:
        """Return the first of these columns that has values, "" where a value is not known."""
        column, unknown, _ = self._first(names)
        if column is None:
            return Texts(np.zeros(self.n_rows, dtype=np.int64), [""])
        if not isinstance(column, Texts):
            code, each = pd.factorize(column)
            column = Texts(code, [*(f"{value:g}" for value in each), ""])
        return Texts(np.where(unknown, len(column.each) - 1, column.code), column.each)

    def _first(self, names: tuple[str, ...]) -> tuple[Any, Any, str]:
        """Return a column, which of its values are not known, and its name."""
        for name in names:
            stored = self.columns.get(name.lower())
            if stored is None:
                continue
            full_name = f"{self.name}.{name}"
            values = self._decoded(stored["data"], full_name)
            unknown = self._unknown(stored, values, full_name)
            if not unknown.all() or name == names[-1]:
                return values, unknown, full_name
        return None, None, ""

    def _unknown(self, stored: Mapping[str, Any], values: Any, name: str) -> Any:
        if isinstance(values, Texts):
            unknown = values.code == len(values.each) - 1
        else:
            unknown = np.zeros(self.n_rows, dtype=bool)
        if stored.get("mask") is not None:
            unknown = unknown | (self._decoded(stored["mask"], name) != 0)
        return unknown

    def _decoded(self, stored: Mapping[str, Any], name: str) -> Any:
        try:
            values = decode(stored["data"], stored["encoding"], self.n_rows)
        except ReadError as error:
            raise ReadError(f"{name}: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            raise ReadError(f"{name}: damaged ({one_line(error, 80)}); {_DAMAGED}") from error
        n_values = len(values.code) if isinstance(values, Texts) else len(values)
        if n_values != self.n_rows:
            raise ReadError(f"{name}: damaged ({n_values} values in {self.n_rows} rows); {_DAMAGED}")
        return values


def _first_block(content: bytes) -> dict[str, Category]:
    """Return the categories of the first data block, by their names in lower case."""
    require_msgpack()
    import msgpack

    try:
        document = msgpack.unpackb(content, raw=False, strict_map_key=False)
        categories = document["dataBlocks"][0]["categories"]
        return {str(category["name"]).lower(): category for category in categories}
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, msgpack.exceptions.UnpackException) as error:
        found = one_line(error, 80) or type(error).__name__
        raise ReadError(f"a BinaryCIF file that is damaged or cut off ({found}); {_DAMAGED}") from error


def _row_count(category: Category, n_bytes: int) -> int:
    n_rows = category.get("rowCount")
    if not isinstance(n_rows, int) or n_rows < 1:
        raise ReadError(f"{CATEGORY} has {one_line(n_rows, 40)} rows; give a file with atoms")
    if n_rows > max(n_bytes, _ANY_SIZE):
        raise ReadError(f"{CATEGORY} promises {n_rows} atoms in a file of {n_bytes} bytes; {_DAMAGED}")
    return n_rows


def _flat(table: Table) -> tuple[Flat, list[str]]:
    """Return the atoms, and the number of each model."""
    model, model_numbers = pd.factorize(table.numbers("pdbx_PDB_model_num", missing=1.0))
    chain = table.texts("auth_asym_id", "label_asym_id")
    segment = table.texts("label_asym_id", "auth_asym_id")
    name = table.texts("auth_atom_id", "label_atom_id")
    resname = table.texts("auth_comp_id", "label_comp_id")
    resseq = table.numbers("auth_seq_id", "label_seq_id", missing=-(10.0**MOST_DIGITS))
    position = [table.numbers(f"Cartn_{axis}") for axis in "xyz"]
    flat = Flat(
        model=model,
        chain=chain.code,
        part=group(model, chain.code, segment.code),
        segment=segment.code,
        resseq=resseq.astype(np.int64),
        icode=_letters(table.texts("pdbx_PDB_ins_code"), blank=_BLANK),
        resname=_as_integers(resname),
        name=_as_integers(name),
        altloc=_letters(table.texts("label_alt_id"), blank=0),
        serial=np.arange(1, table.n_rows + 1),
        position=np.stack(position, axis=1),
        occupancy=table.numbers("occupancy", missing=1.0),
        b_iso=table.numbers("B_iso_or_equiv", missing=20.0),
        chain_names=chain.each,
        segment_names=dict(enumerate(segment.each)),
    )
    return flat, [f"{number:g}" for number in model_numbers]


def _letters(texts: Texts, blank: int) -> Ints:
    """Return the code of each text's letter."""
    codes = [ord(text[0]) if text and ord(text[0]) < 256 else blank for text in texts.each]
    return np.array(codes)[texts.code]


def _as_integers(texts: Texts) -> Ints:
    """Return names as the integers that their eight bytes are; none that is longer is one that the walk looks at."""
    short = [text if len(text.encode()) <= LONGEST_NAME else "long" for text in texts.each]
    return np.array([as_integer(text) for text in short])[texts.code]


def _number(text: str, name: str) -> float:
    try:
        return float(text) if text else np.nan
    except ValueError:
        raise ReadError(f"{name} has {one_line(text, 40)!r}, which is no number; {_DAMAGED}") from None


def _parents(block: dict[str, Category]) -> dict[str, str]:
    category = "_pdbx_struct_mod_residue"
    names = _column(block, category, "auth_comp_id", "label_comp_id")
    parents = _column(block, category, "parent_comp_id")
    return dict(zip(names, parents, strict=False))


def _declares_plddt(block: dict[str, Category]) -> bool:
    metrics = block.get("_ma_qa_metric")
    if metrics is None:
        return False
    names = [str(column["name"]) for column in metrics["columns"]]
    said = [text for name in names for text in _column(block, "_ma_qa_metric", name)]
    return any("plddt" in text.lower() for text in said)


def _column(block: dict[str, Category], category: str, *names: str) -> list[str]:
    """Return a column of a category beside the atoms as texts, the first of these that has values; [] for none."""
    found = block.get(category)
    if found is None:
        return []
    try:
        texts = Table(found, found["rowCount"], category).texts(*names)
    except (ReadError, KeyError, TypeError, ValueError):
        # what stands beside the atoms is no reason to refuse them
        return []
    return [texts.each[code] for code in texts.code.tolist()]
