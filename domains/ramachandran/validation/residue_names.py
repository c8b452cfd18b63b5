"""What a reader calls a residue, and tables of residues that come back from CSV.

Conventions
-----------
- A residue is called by its chain, number and insertion code, conformer and name: ``A 52B ALA``; with ``model 3``
  before it if its model has a number, and ``copy 2`` after it in the second chain of one name. A chain without a name
  is left out.
- CSV knows no types. pandas reads an empty text as NaN, and so a chain that is called NA; it reads chains 1 and 2 as
  numbers. `restored` puts that right from the column ``where``, which is text whatever the chain is called.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..._report import as_written, with_texts
from ..structures.angles import IDENTITY
from ..structures.atoms import Objects

TEXTS = ["file", "reason", "detail", *IDENTITY, "segment", "parent", "next_resname"]
TEXTS += ["chirality", "finding", "evaluation"]
"""Columns of text, where a table has them; resseq is none."""
TEXTS.remove("resseq")


def names_of(residues: pd.DataFrame) -> Objects:
    """Name residues as a reader would.

    Parameters
    ----------
    residues : DataFrame
        With the columns ``model chain resseq icode altloc resname instance``.

    Returns
    -------
    ndarray of str (objects), shape (n,)

    Examples
    --------
    >>> columns = ["model", "chain", "resseq", "icode", "altloc", "resname", "instance"]
    >>> rows = [["", "A", 53, "", "", "MSE", 2], ["2", "", 7, "C", "B", "ALA", 1]]
    >>> names_of(pd.DataFrame(rows, columns=columns)).tolist()
    ['A 53 MSE copy 2', 'model 2 7C BALA']
    """
    numbers, which = np.unique(residues["resseq"].to_numpy(), return_inverse=True)
    number = np.array([str(n) for n in numbers.tolist()], dtype=object)[which]
    model = [f"model {name} " if name else "" for name in residues["model"].tolist()]
    chain = [f"{name} " if name else "" for name in residues["chain"].tolist()]
    first = np.array(model, dtype=object) + np.array(chain, dtype=object)
    icode = residues["icode"].to_numpy(dtype=object)
    altloc = residues["altloc"].to_numpy(dtype=object)
    resname = residues["resname"].to_numpy(dtype=object)
    names: Objects = first + number + icode + " " + altloc + resname
    copy = residues["instance"].to_numpy()
    for i in np.flatnonzero(copy > 1):
        names[i] += f" copy {copy[i]}"
    return names


def restored(residues: pd.DataFrame) -> pd.DataFrame:
    r"""Return a table of residues as it was before it was saved as CSV and read by pandas.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns it, or as `pandas.read_csv` reads what was saved of it. Columns may be missing.

    Returns
    -------
    DataFrame
        The same, where nothing was lost.

    Examples
    --------
    >>> import io
    >>> text = "model,chain,resseq,icode,altloc,resname,where\n,NA,5,,,ALA,NA 5 ALA\n"
    >>> restored(pd.read_csv(io.StringIO(text))).loc[0, ["model", "chain", "icode"]].tolist()
    ['', 'NA', '']
    """
    table = with_texts(residues, TEXTS)
    if table is not residues and {"where", "resseq", "resname"} <= set(table):
        table = table.assign(**_named(table))
    return table


def _named(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return chain, insertion code and altloc as the column ``where`` has them; "" in rows of whole files."""
    named: dict[str, list[str]] = {"chain": [], "icode": [], "altloc": []}
    model = table["model"] if "model" in table else [""] * len(table)
    for where, number, resname, name in zip(table["where"], table["resseq"], table["resname"], model, strict=True):
        words = as_written(where).removeprefix(f"model {name} ").split(" ")
        if words[-2:-1] == ["copy"]:
            words = words[:-2]
        is_residue = len(words) > 1
        named["chain"].append(" ".join(words[:-2]))
        named["icode"].append(words[-2].removeprefix(as_written(number)) if is_residue else "")
        named["altloc"].append(words[-1].removesuffix(resname) if is_residue else "")
    return named
