"""One fit of contact limits: the gradient of the overlap of a soft region, and the hard region at its end.

Conventions
-----------
- The loss is 1 − IoU of the soft region and the target. The walls cool from the first temperature to the last, a
  geometric series, while Adam moves the limits.
- Limits that were planted in a region come back to 0.03 Å where they act, since the last walls are thin. From 0.15 to
  0.02 Å, as in trials outside this project, such a region is met to an IoU of 0.94 only: a product of wide walls asks
  for limits that are too small.
- A fit begins at the outer limits of 1963, each moved by a normal deviate of 0.1 Å that its seed draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import xarray as xr

import overlap as ov

from ..._checks import UsageError, check_choice, check_number, check_whole
from .descent import minimise, require_torch
from .dipeptide import CONTACTS, Pair, contact_distances
from .steric import LIMITS, Sharing, contact_names, elements, places, soften

SCATTER = 0.1
"""Standard deviation of where fits begin, Å."""
OPERATION = "ramachandran.learn_contacts"


@dataclass(frozen=True)
class ContactSettings:
    """What decides learned contacts, besides the reference. See `learn_contacts` for the fields.

    Raises
    ------
    UsageError
        If a value is none that the field may have.
    """

    limits: Sharing = "elements"
    tau: float = 111.0
    steps: int = 200
    seeds: tuple[int, ...] = (0, 1)
    temperature: tuple[float, float] = (0.05, 0.005)
    rate: float = 0.02
    resamples: int = 0

    def __post_init__(self) -> None:
        check_choice(OPERATION, "limits", self.limits, get_args(Sharing))
        check_number(OPERATION, "tau", self.tau, above=0, at_most=180)
        check_whole(OPERATION, "steps", self.steps, at_least=1)
        check_whole(OPERATION, "resamples", self.resamples, at_least=0)
        if not isinstance(self.seeds, tuple):
            found = f"seeds must be whole numbers, one for each fit, such as (0, 1); got {self.seeds!r}"
            raise UsageError(f"{OPERATION}: {found}")
        for seed in self.seeds:
            check_whole(OPERATION, "each seed", seed, at_least=0)
        if not self.seeds:
            raise UsageError(f"{OPERATION}: seeds are empty; name at least one, such as (0, 1)")
        if len(set(self.seeds)) < len(self.seeds):
            raise UsageError(f"{OPERATION}: seeds {self.seeds} repeat; each is a fit of its own, name it once")
        if not isinstance(self.temperature, Sequence) or len(self.temperature) != 2:
            raise UsageError(f"{OPERATION}: temperature must be two numbers, first and last; got {self.temperature!r}")
        for temperature in self.temperature:
            check_number(OPERATION, "each temperature", temperature, above=0)
        check_number(OPERATION, "rate", self.rate, above=0)


def distances_on(truth: xr.DataArray, tau: float) -> dict[Pair, np.ndarray]:
    """Return the distances of all contacts at the cell centres of a region.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> len(distances_on(region(), 111.0))
    40
    """
    phi = truth.phi.values.astype(float)
    psi = truth.psi.values.astype(float)
    return contact_distances(phi[None, :], psi[:, None], np.asarray(float(tau)))


def fit(
    distances: Mapping[Pair, np.ndarray],
    target: np.ndarray,
    seed: int,
    settings: ContactSettings,
    seen: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit contact limits to a region.

    Parameters
    ----------
    distances : mapping of pair to ndarray
        As `contact_distances` returns them.
    target : ndarray of bool or float, shape (psi, phi)
    seed : int
        Where the fit begins.
    settings : ContactSettings
    seen : ndarray of bool, shape (psi, phi), optional
        The cells that the fit sees; all by default.

    Returns
    -------
    limits : ndarray, shape (contacts,)
        In the order of `contact_names`, Å.
    losses : ndarray, shape (steps,)

    Examples
    --------
    >>> from ..regions.regions import region
    >>> truth = region(level="allowed")
    >>> limits, losses = fit(distances_on(truth, 111.0), truth.values, 0, ContactSettings(steps=3))
    >>> limits.shape, bool(losses[-1] < losses[0])
    ((10,), True)
    """
    torch = require_torch(OPERATION)
    place_of = places(settings.limits)
    first, last = settings.temperature
    lengths = {pair: torch.as_tensor(distance) for pair, distance in distances.items()}
    truth = torch.as_tensor(target)
    where = None if seen is None else torch.as_tensor(seen)

    def loss_of(limits: Any, progress: float) -> Any:
        temperature = first * (last / first) ** progress
        soft = soften(lengths, limits, temperature, place_of)
        return ov.losses.jaccard_loss(soft, truth, where=where)

    outer = np.array([outer_limit(name) for name in contact_names(settings.limits)])
    moved = SCATTER * np.random.default_rng(seed).standard_normal(len(outer))
    return minimise(loss_of, outer + moved, steps=settings.steps, rate=settings.rate)


def harden(distances: Mapping[Pair, np.ndarray], limits: np.ndarray, sharing: Sharing) -> np.ndarray:
    """Return the hard region of limits, (psi, phi).

    Examples
    --------
    >>> from ..regions.regions import region
    >>> outer = np.array([outer for _, outer in LIMITS.values()])
    >>> round(float(harden(distances_on(region(), 111.0), outer, "elements").mean()), 3)
    0.202
    """
    forbidden = clashes_of(distances, limits, sharing).any(axis=0)
    return np.asarray(~forbidden)


def clashes_of(distances: Mapping[Pair, np.ndarray], limits: np.ndarray, sharing: Sharing) -> np.ndarray:
    """Return which cells each contact forbids, (contact, psi, phi).

    Examples
    --------
    >>> from ..regions.regions import region
    >>> clashes_of(distances_on(region(), 111.0), np.full(40, 2.0), "pairs").shape
    (40, 180, 180)
    """
    place_of = places(sharing)
    shape = np.broadcast_shapes(*(distance.shape for distance in distances.values()))
    clashes = np.zeros((len(limits), *shape), bool)
    for pair in CONTACTS:
        k = place_of[pair]
        clashes[k] |= distances[pair] < limits[k]
    return clashes


def outer_limit(name: str) -> float:
    """Return the outer limit of 1963 of a contact.

    Examples
    --------
    >>> outer_limit("HO"), outer_limit("CB O")
    (2.2, 2.7)
    """
    if name not in LIMITS:
        a, b = name.split()
        name = elements((a, b))
    _, outer = LIMITS[name]
    return outer
