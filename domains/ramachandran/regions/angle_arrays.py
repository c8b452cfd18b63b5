"""Backbone angles as arrays: phi and psi apart, in one array, or in what MDAnalysis returns.

Conventions
-----------
- One array has phi and psi along its last axis, in this order.
- MDAnalysis' ``Ramachandran`` keeps its angles in ``results.angles``, shape (frames, residues, 2), after ``run()``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..torus import in_degrees, with_nan


def measured(angles: Any) -> Any:
    """Return the angles that an analysis has measured; an array is returned as it is.

    Examples
    --------
    >>> measured([1.0, 2.0])
    [1.0, 2.0]
    """
    results = getattr(angles, "results", None)
    found = getattr(results, "angles", None)
    return angles if found is None else found


def names_of(analysis: Any) -> tuple[Any, Any]:
    """Return the names of the residues and of those after them, of MDAnalysis' groups of atoms; None of an array.

    Examples
    --------
    >>> names_of(np.zeros((5, 3, 2)))
    (None, None)
    """
    own = getattr(getattr(analysis, "ag3", None), "resnames", None)
    following = getattr(getattr(analysis, "ag5", None), "resnames", None)
    return own, following


def phi_and_psi(operation: str, angles: Any, psi: Any, unit: str) -> tuple[np.ndarray, np.ndarray]:
    """Return phi and psi in degrees, of one shape.

    Parameters
    ----------
    operation : str
        Who asks.
    angles : array, or MDAnalysis' ``Ramachandran`` after ``run()``
        phi, or both along the last axis if `psi` is None.
    psi : array or None
    unit : {"degrees", "radians"}

    Returns
    -------
    phi, psi : ndarray of float
        NaN where an angle is missing.

    Raises
    ------
    ValueError
        If the shapes differ, angles cannot be of the unit, or mdtraj's atoms are passed with them.
    TypeError
        If the angles are no real numbers.

    Examples
    --------
    >>> phi, psi = phi_and_psi("ramachandran.region_from_angles", [[-60, -45], [-120, 130]], None, "degrees")
    >>> phi
    array([ -60., -120.])
    """
    if _is_of_mdtraj(angles) or _is_of_mdtraj(psi):
        found = "atoms and angles, as mdtraj.compute_phi returns them"
        raise ValueError(f"{operation}: {found}; pass from_mdtraj(phi, psi), which pairs them")
    first = with_nan(measured(angles))
    if psi is None:
        if first.ndim < 2 or first.shape[-1] != 2:
            found = f"the angles have the shape {first.shape}"
            raise ValueError(f"{operation}: {found}; pass (frames, residues, 2), or phi and psi apart")
        second = first[..., 1]
        first = first[..., 0]
    else:
        second = with_nan(psi)
    phi = in_degrees(operation, "phi", first, unit)
    psi = in_degrees(operation, "psi", second, unit)
    if phi.shape != psi.shape:
        raise ValueError(
            f"{operation}: phi has the shape {phi.shape}, psi {psi.shape}; pass an angle of each kind for every "
            "residue, of mdtraj by from_mdtraj"
        )
    return phi, psi


def _is_of_mdtraj(given: Any) -> bool:
    """Return whether angles are a pair: the atoms of each, shape (n, 4), and the angles, shape (frames, n)."""
    if not isinstance(given, tuple) or len(given) != 2:
        return False
    atoms = np.shape(given[0])
    angles = np.shape(given[1])
    return len(angles) == 2 and atoms == (angles[1], 4)
