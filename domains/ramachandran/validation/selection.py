"""Residues chosen by chain and number, such as the core of an NMR ensemble: ``A:5-40,B:5-40``.

Conventions
-----------
- Parts are separated by commas. Each is a range, ``5-40``, both ends included, or a single residue, ``7``; with a chain
  before it, ``A:5-40``, or a whole chain, ``A:``.
- Parts without a chain hold in every chain. Either all parts name one or none does.
- Numbers are the author's, and may be negative (``-3-12``). An insertion code belongs to a number (``52A``), and comes
  after the number without one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..structures.atoms import Bools
from .residue_names import restored

EXAMPLE = "A:5-40,B:5-40"
_NUMBER = r"(-?\d+)([A-Za-z]?)"
_RANGE = re.compile(rf"{_NUMBER}(?:-{_NUMBER})?")


@dataclass(frozen=True)
class Part:
    """A range of residues.

    Parameters
    ----------
    chain : str or None
        Its chain; None for every chain.
    first, last : tuple of int and str, or None
        Number and insertion code of its ends; None for a whole chain.
    """

    chain: str | None
    first: tuple[int, str] | None
    last: tuple[int, str] | None


def parse(text: str) -> list[Part]:
    """Read a choice of residues.

    Parameters
    ----------
    text : str
        Such as ``A:5-40,B:5-40``.

    Returns
    -------
    list of Part

    Raises
    ------
    UsageError
        If it is none. It names the part.

    Examples
    --------
    >>> parse("A:-3-12")
    [Part(chain='A', first=(-3, ''), last=(12, ''))]
    """
    parts = [_part(text, word.strip()) for word in text.split(",")]
    with_chain = [part.chain is not None for part in parts]
    if any(with_chain) and not all(with_chain):
        bare = text.split(",")[with_chain.index(False)].strip()
        chain = next(part.chain for part in parts if part.chain is not None)
        raise _refusal(text, f"{bare!r} names no chain as the others do; write {chain}:{bare}")
    return parts


def choose(residues: pd.DataFrame, text: str) -> Bools:
    """Mark the residues of a choice.

    Parameters
    ----------
    residues : DataFrame
        With the columns ``chain resseq icode``.
    text : str
        As `parse` reads it.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    UsageError
        If it is no choice, or a part of it is none of the residues.

    Examples
    --------
    >>> rows = pd.DataFrame({"chain": ["A", "A", "B"], "resseq": [4, 5, 5], "icode": ["", "", ""]})
    >>> choose(rows, "A:5-40").tolist()
    [False, True, False]
    """
    residues = restored(residues)
    numbers = list(zip(residues["resseq"].tolist(), residues["icode"].tolist(), strict=True))
    chains = residues["chain"].to_numpy()
    chosen = np.zeros(len(residues), dtype=bool)
    for part, word in zip(parse(text), text.split(","), strict=True):
        within = _within(part, numbers)
        if part.chain is not None:
            within &= chains == part.chain
        if not within.any():
            known = ", ".join(repr(chain) for chain in dict.fromkeys(chains.tolist()))
            raise _refusal(text, f"no residue is {word.strip()}; the chains are {known or 'none'}")
        chosen |= within
    return chosen


def _part(text: str, word: str) -> Part:
    chain, colon, span = word.rpartition(":")
    if colon and not span:
        return Part(chain, None, None)
    match = _RANGE.fullmatch(span)
    if match is None:
        raise _refusal(text, f"{word!r} is no range of residues; write {EXAMPLE}")
    number, icode, last_number, last_icode = match.groups()
    first = int(number), icode
    last = first if last_number is None else (int(last_number), last_icode)
    if last < first:
        raise _refusal(text, f"{word!r} ends before it begins; write the lower number first")
    return Part(chain if colon else None, first, last)


def _within(part: Part, numbers: list[tuple[int, str]]) -> Bools:
    if part.first is None or part.last is None:
        return np.ones(len(numbers), dtype=bool)
    first = part.first
    last = part.last
    return np.array([first <= number <= last for number in numbers], dtype=bool)


def _refusal(text: str, what: str) -> UsageError:
    return UsageError(f"ramachandran.summarise: residues {text!r}: {what}")
