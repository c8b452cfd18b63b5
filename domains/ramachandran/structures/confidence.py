"""The confidence of a predicted model, pLDDT, which predictors write in place of the B factor.

Conventions
-----------
- pLDDT runs from 0 to 100. Some predictors write it from 0 to 1. The threshold is on the scale of the file.
- A file declares its pLDDT in ModelCIF's ``_ma_qa_metric``. Without that, B factors are taken for pLDDT only if they
  can be: from 0 to 100, not all the same, one value for all heavy atoms of a residue, and no experiment named.

References
----------
Jumper, J. et al. (2021). Highly accurate protein structure prediction with AlphaFold. Nature 596, 583.
doi:10.1038/s41586-021-03819-2
Vallat, B. et al. (2023). ModelCIF: an extension of PDBx/mmCIF data representation for computed structure models.
J. Mol. Biol. 435, 168021. doi:10.1016/j.jmb.2023.168021
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._text import file_name, one_line
from .angles import COPY, IDENTITY, NOTHING_BESIDE
from .atoms import ATOM_NAMES, Atoms, Floats, Residues
from .coordinates import OPERATION, Source
from .groups import begins

LOW = "low pLDDT"
"""Why a residue is skipped."""
HIGHEST = 100.0
"""Of pLDDT, and so of the threshold."""

_LEAST_OF_BEST = 10.0
"""No model's best residue has a lower pLDDT: values up to less than this, and more than 1, are of neither scale."""

_LEAVE_OUT = "leave min_plddt (--min-plddt) out"
_HEAVY = [ATOM_NAMES.index(name) for name in ("N", "CA", "C", "CB", "O")]


def check_plddt(path: Path, source: Source, atoms: Atoms, residues: Residues, min_plddt: float) -> None:
    """Check that the B factors of a file can be pLDDT, on the scale of the threshold.

    Parameters
    ----------
    path : Path
    source : Source
        What was read of it.
    atoms : Atoms
    residues : Residues
    min_plddt : float
        The threshold.

    Raises
    ------
    UsageError
        If they cannot. It names the range that was found.

    Examples
    --------
    >>> from ..regions.io import example
    >>> from .backbone import backbone_angles
    >>> backbone_angles(example("1a8o"), min_plddt=70)
    Traceback (most recent call last):
    domains._checks.UsageError: ramachandran.backbone_angles: ...: its B factors run from 9.99 to 37.36 ...
    """
    heavy = np.isin(atoms.name, _HEAVY)
    values = atoms.b_iso[heavy]
    if not len(values):
        return
    found = f"its B factors run from {values.min():.4g} to {values.max():.4g}"
    reason = _why_no_plddt(source, values, atoms.residue[heavy], residues)
    if reason:
        raise _refusal(path, f"{found} and are no pLDDT: {reason}; {_LEAVE_OUT}")
    largest = float(values.max())
    if min_plddt > 1 >= largest:
        raise _refusal(path, f"{found}, fractions of 1, and the threshold is {min_plddt:g}; {_say(min_plddt / 100)}")
    if 0 < min_plddt <= 1 < largest:
        raise _refusal(path, f"{found}, and the threshold is {min_plddt:g}; {_say(min_plddt * 100)}")


def drop_uncertain(rows: pd.DataFrame, skipped: pd.DataFrame, min_plddt: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Move the residues of low pLDDT from the one table to the other.

    Parameters
    ----------
    rows, skipped : DataFrame
        As `angles.walk` returns them.
    min_plddt : float
        The threshold; what equals it stays.

    Returns
    -------
    rows, skipped : DataFrame

    Examples
    --------
    >>> residue = dict.fromkeys([*IDENTITY, *COPY], "")
    >>> rows = pd.DataFrame([{**residue, "b_iso": 35.0}, {**residue, "b_iso": 70.0}])
    >>> kept, skipped = drop_uncertain(rows, rows[:0], 70)
    >>> len(kept), skipped["detail"].tolist()
    (1, ['pLDDT 35.0 < 70'])
    """
    # gemmi stores B factors in single precision: 0.7 is 0.7 there, and not less
    plddt = rows["b_iso"].to_numpy().astype(np.float32)
    low = rows[plddt < np.float32(min_plddt)]
    digits = 1 if min_plddt > 1 else 3
    detail = [f"pLDDT {b:.{digits}f} < {min_plddt:g}" for b in low["b_iso"]]
    dropped = low[[*IDENTITY, *COPY]].assign(reason=LOW, detail=detail, **NOTHING_BESIDE)
    return rows.drop(low.index), pd.concat([skipped, dropped]).sort_index()


def _why_no_plddt(source: Source, values: Floats, residue: np.ndarray, residues: Residues) -> str:
    """Return why B factors cannot be pLDDT, "" if they can."""
    if not np.isfinite(values).all():
        return "some are missing"
    if values.min() < 0 or values.max() > HIGHEST:
        return "pLDDT lies between 0 and 100"
    if source.declares_plddt:
        return ""
    if 1 < values.max() < _LEAST_OF_BEST:
        return "they fit neither of its scales, to 1 and to 100"
    if _is_experiment(source.method):
        return f"the file says {one_line(source.method, 40)}"
    starts = begins(residue)
    if starts.sum() > 1 and values.min() == values.max():
        return "all are the same"
    others = values != values[starts][np.cumsum(starts) - 1]
    if not others.any():
        return ""
    where = residues.describe(int(residue[np.argmax(others)]))
    return f"they differ within a residue ({where}), and the file declares no pLDDT in _ma_qa_metric"


def _is_experiment(method: str) -> bool:
    return method != "" and "THEORETICAL" not in method.upper()


def _say(min_plddt: float) -> str:
    return f"say min_plddt={min_plddt:g} (--min-plddt {min_plddt:g})"


def _refusal(path: Path, what: str) -> UsageError:
    return UsageError(f"{OPERATION}: {file_name(path)}: {what}")
