"""Backbone angles of trajectories: arrays of frames and residues, scored at once.

Conventions
-----------
- Arrays are (frames, residues), in degrees unless ``unit="radians"``. `from_mdtraj` says so itself.
- The category of a residue comes from its name and that of the residue after it, which is known for a whole chain in
  order. Names are in any letters. Residues that are not standard are not scored. Without names every residue is
  general. Where the bond before a proline is not known, it counts as trans.
- Of mdtraj, column k of phi belongs to residue k + 1 and column k of psi to residue k: they are paired by their atoms.

References
----------
McGibbon, R. T. et al. (2015). MDTraj. Biophys. J. 109, 1528. doi:10.1016/j.bpj.2015.08.015
Gowers, R. J. et al. (2016). MDAnalysis. Proc. 15th Python in Science Conf., 98. doi:10.25080/Majora-629e541a-00e
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError
from ..._text import one_line
from ..empirical import CATEGORIES, EVALUATIONS, FAVORED, OUTLIER, Scorer, category_codes, evaluation_codes, scorer_of
from ..structures.residues import parents_of, read_names
from ..torus import in_degrees, with_nan
from .angle_arrays import measured, names_of, phi_and_psi
from .swapped import warn_of_swap

OPERATION = "ramachandran.evaluate_trajectory"
FAVORED_GAIN = 0.05
OUTLIER_LOSS = 0.02
"""What the shares of favored residues and of outliers must gain from a shift by one residue before it is warned of."""
_LOOKED_AT = 10


def evaluate_trajectory(
    angles: Any,
    psi: Any = None,
    *,
    resnames: Sequence[str] | None = None,
    category: Any = None,
    unit: str | None = None,
    reference: str | xr.Dataset = "top8000",
) -> xr.Dataset:
    """Score the backbone angles of a trajectory.

    Parameters
    ----------
    angles : array, shape (frames, residues, 2), or (frames, residues) with `psi`
        phi and psi. Or MDAnalysis' ``Ramachandran`` after ``run()``, whose residues are named. Or what `from_mdtraj`
        returns.
    psi : array, shape (frames, residues), optional
        If `angles` are phi alone.
    resnames : sequence of str, optional
        Three-letter names of the residues, of one chain in order, in any letters: they make the categories.
    category : str, sequence of str or of int, optional
        The categories themselves, for all residues or each, as `evaluate` takes them. "general" if nothing is given.
    unit : {"degrees", "radians"}, optional
        Of the angles; degrees by default.
    reference : str or Dataset
        The name of a reference, or a Dataset such as `region_reference` makes.

    Returns
    -------
    Dataset
        ``score`` and ``evaluation`` (frame, residue): the score, and 0 for OUTLIER, 1 for Allowed, 2 for Favored, −1
        where an angle is NaN, the residue is not standard, or the reference has no map of the category. ``category``
        (residue), "" of a residue that is not standard. ``favored``, ``allowed``, ``outlier`` (residue): in how many
        frames.

    Raises
    ------
    ValueError
        If shapes differ, angles cannot be of the unit, or a residue is called by one letter.
    UsageError
        If an option has none of its values.

    Warns
    -----
    UserWarning
        If phi and psi fit far better exchanged, or one residue apart, as mdtraj's do, or residues are not standard.

    See Also
    --------
    evaluate : Return the score of backbone angles.
    from_mdtraj : Pair the angles of mdtraj by the residues that they belong to.

    Examples
    --------
    >>> angles = np.full((5, 3, 2), [-63.0, -43.0])
    >>> report = evaluate_trajectory(angles, resnames=["ALA", "GLY", "SER"])
    >>> report.category.values.tolist(), report.favored.values.tolist()
    (['general', 'glycine', 'general'], [5, 5, 5])
    """
    next_names = None
    if resnames is None and measured(angles) is not angles:
        resnames, next_names = names_of(angles)
    if unit is None:
        unit = str(getattr(angles, "attrs", {}).get("units") or "degrees")
    phi, psi = phi_and_psi(OPERATION, angles, psi, unit)
    if phi.ndim != 2:
        raise ValueError(f"{OPERATION}: phi has the shape {phi.shape}; pass both as (frames, residues)")
    n_residues = phi.shape[1]
    codes = _codes(n_residues, resnames, next_names, category)
    is_standard = codes >= 0
    if not is_standard.all():
        phi = np.where(is_standard, phi, np.nan)
        psi = np.where(is_standard, psi, np.nan)
        codes = np.maximum(codes, 0)
    scorer = scorer_of(reference)
    _warn_of_swap(phi, psi, codes, scorer)
    _warn_of_shift(phi, psi, codes, scorer)
    score = scorer(phi, psi, codes)
    evaluation = evaluation_codes(score, codes, scorer).astype(np.int8)
    meanings = {"flag_values": [-1, 0, 1, 2], "flag_meanings": f"none {' '.join(EVALUATIONS)}"}
    of_both = ("frame", "residue")
    data: dict[str, Any] = {"score": (of_both, score), "evaluation": (of_both, evaluation, meanings)}
    data["category"] = ("residue", np.where(is_standard, np.array(CATEGORIES)[codes], ""))
    for code, label in enumerate(EVALUATIONS):
        n_frames = np.count_nonzero(evaluation == code, axis=0)
        data[label.lower()] = ("residue", n_frames)
    name = reference if isinstance(reference, str) else reference.attrs.get("name", "reference")
    return xr.Dataset(data, attrs={"reference": name, "n_frames": len(phi), "n_residues": n_residues})


def from_mdtraj(phi: Any, psi: Any) -> xr.DataArray:
    """Pair the angles of mdtraj by the residues that they belong to.

    Parameters
    ----------
    phi, psi : tuple of two arrays
        What ``mdtraj.compute_phi`` and ``mdtraj.compute_psi`` return: the atoms of each angle, shape (n, 4), and the
        angles in radians, shape (frames, n).

    Returns
    -------
    DataArray, dimensions (frame, residue, angle)
        In degrees, of the residues that have both; the coordinate ``ca`` holds the number of their CA atom.

    Raises
    ------
    ValueError
        If they are no such tuples, of other frames, or no residue has both angles.

    See Also
    --------
    evaluate_trajectory : Score the backbone angles of a trajectory.
    region_from_angles : Return the region of highest density that holds a share of backbone angles.

    Examples
    --------
    >>> phi = np.array([[2, 4, 5, 6]]), np.full((3, 1), -1.0)
    >>> psi = np.array([[0, 1, 2, 4], [4, 5, 6, 8]]), np.full((3, 2), 2.0)
    >>> angles = from_mdtraj(phi, psi)
    >>> angles.shape, angles.ca.values.tolist(), float(angles[0, 0, 0].round(2))
    ((3, 1, 2), [5], -57.3)
    """
    operation = "ramachandran.from_mdtraj"
    phi_atoms, phi_angles = _indexed(operation, "phi", phi)
    psi_atoms, psi_angles = _indexed(operation, "psi", psi)
    if len(phi_angles) != len(psi_angles):
        raise ValueError(
            f"{operation}: {len(phi_angles)} frames of phi, and {len(psi_angles)} of psi; pass those of one trajectory"
        )
    of_phi, of_psi = _of_one_residue(phi_atoms, psi_atoms)
    if not len(of_phi):
        raise ValueError(f"{operation}: no residue has both angles; pass those of one topology")
    both = np.stack([phi_angles[:, of_phi], psi_angles[:, of_psi]], axis=-1)
    degrees = in_degrees(operation, "the angles", both, "radians")
    coords = {"angle": ["phi", "psi"], "ca": ("residue", phi_atoms[of_phi, 2])}
    return xr.DataArray(degrees, dims=("frame", "residue", "angle"), coords=coords, attrs={"units": "degrees"})


def _of_one_residue(phi_atoms: np.ndarray, psi_atoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of phi and of psi that belong to one residue: N, CA and C are the same."""
    column_of = {}
    for column, (*of_residue, _) in enumerate(psi_atoms.tolist()):
        column_of[tuple(of_residue)] = column
    pairs = []
    for column, (_, *of_residue) in enumerate(phi_atoms.tolist()):
        other = column_of.get(tuple(of_residue))
        if other is not None:
            pairs.append((column, other))
    columns = np.array(pairs, dtype=int).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def _indexed(operation: str, name: str, given: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the atoms and the angles."""
    if isinstance(given, tuple) and len(given) == 2:
        atoms = np.asarray(given[0])
        angles = with_nan(given[1])
        if atoms.ndim == 2 and atoms.shape[1] == 4 and angles.ndim == 2 and angles.shape[1] == len(atoms):
            return atoms, angles
    raise ValueError(
        f"{operation}: {name} are not atoms and angles; pass what mdtraj.compute_{name} returns, both parts of it"
    )


def _codes(n: int, resnames: Any, next_names: Any, category: Any) -> np.ndarray:
    """Return the category of each residue as a position in CATEGORIES, −1 of those that are not standard."""
    if resnames is not None and category is not None:
        raise UsageError(f"{OPERATION}: resnames and category are two ways to say the categories; leave one out")
    if resnames is not None:
        return _codes_of_names(n, resnames, next_names)
    if category is None:
        return np.zeros(n, np.int64)
    given = np.asarray(category)
    if given.dtype.kind in "iu":
        codes = np.broadcast_to(given, (n,)).astype(np.int64)
        if ((codes < 0) | (codes >= len(CATEGORIES))).any():
            raise UsageError(f"{OPERATION}: category must be positions 0 to {len(CATEGORIES) - 1}")
        return codes
    each = [str(name) for name in np.ravel(given)]
    unknown = sorted(set(each) - set(CATEGORIES))
    if unknown:
        raise UsageError(f"{OPERATION}: unknown category {unknown[0]!r}; choose from {', '.join(CATEGORIES)}")
    if given.ndim and given.shape != (n,):
        raise ValueError(f"{OPERATION}: {given.size} categories of {n} residues; pass one for each")
    codes = np.array([CATEGORIES.index(name) for name in each], np.int64)
    return np.broadcast_to(codes, (n,))


def _codes_of_names(n: int, resnames: Any, next_names: Any) -> np.ndarray:
    """Return the category of each residue by its name and that of the one after it."""
    names = _read_names(resnames)
    if names.shape != (n,):
        raise ValueError(f"{OPERATION}: {names.size} names of {n} residues; pass one for each")
    following = np.append(names[1:], "")
    if next_names is not None:
        following = _read_names(next_names)
    parents = parents_of(names)
    next_parents = parents_of(following, modified=True)
    codes = category_codes(parents, next_parents, np.full(n, np.nan)).astype(np.int64)
    odd = np.flatnonzero(parents == "")
    if len(odd):
        counts = Counter(names[odd].tolist())
        listed = ", ".join(f"{name or 'no name'} ({count})" for name, count in counts.items())
        warnings.warn(
            f"{OPERATION}: residues that are not standard are not scored: {one_line(listed, 200)}", stacklevel=5
        )
    codes[odd] = -1
    return codes


def _read_names(names: Any) -> np.ndarray:
    try:
        return read_names(np.atleast_1d(np.asarray(names, dtype=object)))
    except ValueError as error:
        raise ValueError(f"{OPERATION}: {error}") from None


def _warn_of_swap(phi: np.ndarray, psi: np.ndarray, codes: np.ndarray, scorer: Scorer) -> None:
    """Warn if phi and psi fit far better exchanged."""

    def favored(phi: np.ndarray, psi: np.ndarray) -> float:
        share, _ = _shares(phi, psi, codes, scorer)
        return share

    every = max(1, len(phi) // _LOOKED_AT)
    remedy = "pass evaluate_trajectory(psi, phi), or angles[..., ::-1]"
    warn_of_swap(favored, phi[::every], psi[::every], OPERATION, remedy)


def _warn_of_shift(phi: np.ndarray, psi: np.ndarray, codes: np.ndarray, scorer: Scorer) -> None:
    """Warn if phi of each column fits psi of the next far better."""
    if phi.shape[1] < 5:
        return
    every = max(1, len(phi) // _LOOKED_AT)
    phi = phi[::every]
    psi = psi[::every]
    favored, outliers = _shares(phi, psi, codes, scorer)
    if outliers <= OUTLIER_LOSS:
        return
    then_favored, then_outliers = _shares(phi[:, :-1], psi[:, 1:], codes[1:], scorer)
    if then_favored > favored + FAVORED_GAIN and then_outliers < outliers - OUTLIER_LOSS:
        warnings.warn(
            f"{OPERATION}: {favored:.0%} are favored, but {then_favored:.0%} if phi of each column belongs to psi of "
            "the next, as mdtraj has them: pair them with from_mdtraj",
            stacklevel=3,
        )


def _shares(phi: np.ndarray, psi: np.ndarray, codes: np.ndarray, scorer: Scorer) -> tuple[float, float]:
    """Return which share of angles is favored, and which are outliers."""
    evaluation = evaluation_codes(scorer(phi, psi, codes), codes, scorer)
    n = max(evaluation.size, 1)
    n_favored = np.count_nonzero(evaluation == EVALUATIONS.index(FAVORED))
    n_outliers = np.count_nonzero(evaluation == EVALUATIONS.index(OUTLIER))
    return n_favored / n, n_outliers / n
