"""Contact limits learned from an empirical region: `hard_sphere` fitted by the gradient of its overlap.

Conventions
-----------
- How a fit is made stands in ``contacts``. Every IoU here is that of the hard region of the limits that are found.
- In sample, a region is judged on the cells that it was fitted to. Held out, the torus is a chequerboard of 30°
  squares: those of each colour are predicted by a fit that saw only the other. Neighbouring squares share a border,
  and one smooth map lies behind both: held out says that the limits do not follow single cells, not that they hold for
  other residues. The other categories say more, see `compare_crosswise`: their residues are others, of the same
  chains.
- Residues that belong to the reference, such as the 204,995 published points of its general pool, are no independent
  judges of a region that was fitted to the map made of them; nor are angles drawn from its masses.
- Seeds tell what the descent finds again, resampled references how much the limits depend on which residues were seen.
  The latter draws residues one by one, though they come in chains: take the spread as a lower bound.
- A limit acts if it forbids a cell. Of one that does not, all that was learned is that it is no larger.

References
----------
Ramachandran, G. N., Ramakrishnan, C. & Sasisekharan, V. (1963). Stereochemistry of polypeptide chain
configurations. J. Mol. Biol. 7, 95. doi:10.1016/S0022-2836(63)80023-6
Ho, B. K., Thomas, A. & Brasseur, R. (2003). Revisiting the Ramachandran plot: hard-sphere repulsion,
electrostatics, and H-bonding in the α-helix. Protein Sci. 12, 2508. doi:10.1110/ps.03235203
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ..._checks import UsageError
from ..comparison.masses import resampled_region
from ..empirical import Category, Level
from ..regions.quantities import check_region
from ..regions.regions import check_membership, region
from ..torus import check_grid
from .contacts import OPERATION, ContactSettings, clashes_of, distances_on, fit, harden, outer_limit
from .descent import require_torch
from .dipeptide import Pair
from .steric import Sharing, contact_names

SQUARE = 30.0
"""Side of the squares that are held out, degrees."""


@dataclass(frozen=True, eq=False)
class LearnedContacts:
    """Contact limits that were learned, and the regions they make.

    Attributes
    ----------
    limits : DataArray, dimensions (fit, contact)
        In Å; fits are labelled by their seeds, contacts as `contact_names` has them.
    regions : DataArray of bool, dimensions (fit, psi, phi)
        The hard region of each fit.
    iou : DataArray, dimension (fit,)
        Of each hard region with the reference: in sample.
    history : DataArray, dimensions (fit, step)
        The loss, 1 − IoU of the soft region, before each step.
    held_out : DataArray of bool, dimensions (psi, phi)
        Each cell as that fit predicts it that did not see its square.
    held_out_iou : float
        Of `held_out` with the reference.
    resampled : DataArray, dimensions (resample, contact)
        The limits of refits to resampled references, begun as the first fit; none by default.
    reference : DataArray, dimensions (psi, phi)
        What was fitted to.
    settings : ContactSettings
        What decided the numbers.
    """

    limits: xr.DataArray
    regions: xr.DataArray
    iou: xr.DataArray
    history: xr.DataArray
    held_out: xr.DataArray
    held_out_iou: float
    resampled: xr.DataArray
    reference: xr.DataArray
    settings: ContactSettings

    @cached_property
    def best(self) -> int:
        """Position of the fit whose region agrees best in sample, the first of equal ones."""
        return int(np.argmax(self.iou.values))

    @cached_property
    def region(self) -> xr.DataArray:
        """The hard region of the best fit, as `compare` takes it."""
        return self.regions.isel(fit=self.best, drop=True)

    @cached_property
    def by_name(self) -> dict[str, float]:
        """The limits of the best fit by the names of their contacts, as `hard_sphere` takes them."""
        best = self.limits.values[self.best]
        return dict(zip(contact_names(self.settings.limits), best.tolist(), strict=True))

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each contact.

        ``contact``; ``start``, the outer limit of 1963; ``limit``, that of the best fit; ``lowest`` and ``highest``,
        over the fits; ``spread``, the standard deviation over the resampled references, NaN without; all in Å.
        ``forbids``: the share of the torus that the contact forbids; ``alone``: what it forbids and no other does.
        ``iou_at_start``: of the region with this limit put back to that of 1963; far below the IoU of the fit, the
        reference speaks against the limit of 1963.
        """
        names = contact_names(self.settings.limits)
        limits = self.limits.values
        best = limits[self.best]
        distances = distances_on(self.reference, self.settings.tau)
        clashes = clashes_of(distances, best, self.settings.limits)
        alone = clashes & (clashes.sum(axis=0) == 1)
        few = self.resampled.sizes["resample"] < 2
        spread = np.full(len(names), np.nan) if few else self.resampled.values.std(axis=0, ddof=1)
        start = np.array([outer_limit(name) for name in names])
        put_back = np.where(np.eye(len(names), dtype=bool), start, best)
        cells = np.stack([harden(distances, one, self.settings.limits) for one in put_back])
        columns = {
            "contact": names,
            "start": start,
            "limit": best,
            "lowest": limits.min(axis=0),
            "highest": limits.max(axis=0),
            "spread": spread,
            "forbids": clashes.mean(axis=(1, 2)),
            "alone": alone.mean(axis=(1, 2)),
            "iou_at_start": _iou(cells, self.reference.values),
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        fits = f"{self.limits.sizes['contact']} limits, {self.limits.sizes['fit']} fits"
        ious = f"IoU {float(self.iou.max()):.3f} in sample, {self.held_out_iou:.3f} held out"
        return f"<LearnedContacts: {fits}, {ious}>"


def learn_contacts(
    reference: str | xr.Dataset | xr.DataArray = "top8000",
    *,
    category: Category = "general",
    level: Level = "allowed",
    limits: Sharing = "elements",
    tau: float = 111.0,
    steps: int = 200,
    seeds: Sequence[int] = (0, 1),
    temperature: tuple[float, float] = (0.05, 0.005),
    rate: float = 0.02,
    resamples: int = 0,
) -> LearnedContacts:
    """Learn the contact limits whose hard-sphere region overlaps an empirical one most.

    Needs torch. A fit takes some seconds: one for each seed and each resampled reference, and two for the region that
    is held out.

    Parameters
    ----------
    reference : str, Dataset or DataArray
        The name of an empirical reference, a Dataset like it, or any region of dimensions (psi, phi).
    category, level : str
        Which empirical region; of a region that is given itself they say nothing.
    limits : {"elements", "pairs"}
        Whether the pairs of two elements share a limit, ten in all, or each of forty pairs of atoms has its own.
    tau : float
        Angle N–CA–C in degrees.
    steps : int
        Steps of each fit.
    seeds : sequence of int
        A fit for each: where it begins. The same seeds give the same bits on one machine.
    temperature : tuple of float
        Width of the soft walls in Å at the first and at the last step; geometric in between.
    rate : float
        Adam's rate in Å.
    resamples : int
        Refits to references made of as many residues, drawn anew from the masses of the cells.

    Returns
    -------
    LearnedContacts

    Raises
    ------
    ImportError
        If torch is not installed.
    TypeError, ValueError
        If a name or setting is wrong, a given region is none, or one without ranks is to be resampled.

    See Also
    --------
    hard_sphere : The region of given limits.
    compare_crosswise : How regions agree with the empirical ones of all categories.

    Examples
    --------
    >>> from .steric import hard_sphere
    >>> learned = learn_contacts(steps=12, seeds=[0])
    >>> learned.limits.dims, learned.regions.dims, bool(learned.iou.max() > 0.6)
    (('fit', 'contact'), ('fit', 'psi', 'phi'), True)
    >>> bool((hard_sphere(learned.by_name) == learned.region).all())
    True
    """
    if isinstance(seeds, Iterable):
        seeds = tuple(seeds)
    settings = ContactSettings(limits, tau, steps, seeds, temperature, rate, resamples)
    require_torch(OPERATION)
    truth = _truth(reference, category, level)
    distances = distances_on(truth, tau)
    # what cannot be resampled is refused before the first fit
    resampled = _resampled(distances, reference, category, level, settings)
    fits = [fit(distances, truth.values, seed, settings) for seed in settings.seeds]
    found = np.stack([own for own, _ in fits])
    losses = np.stack([own for _, own in fits])
    cells = np.stack([harden(distances, own, limits) for own in found])
    held_out = _held_out(distances, truth, settings)
    of_fits = {"fit": ("fit", list(settings.seeds), {"long_name": "seed"})}
    of_contacts = {"contact": list(contact_names(limits))}
    of_cells = {"psi": truth.psi.values, "phi": truth.phi.values}
    attrs = _described(truth, settings)
    return LearnedContacts(
        limits=xr.DataArray(found, of_fits | of_contacts, ("fit", "contact"), attrs={"units": "Å"}),
        regions=xr.DataArray(cells, of_fits | of_cells, ("fit", "psi", "phi"), name="region", attrs=attrs),
        iou=xr.DataArray(_iou(cells, truth.values), of_fits, ("fit",), name="iou"),
        history=xr.DataArray(losses, of_fits, ("fit", "step"), name="loss"),
        held_out=xr.DataArray(held_out, of_cells, ("psi", "phi"), name="region", attrs=attrs),
        held_out_iou=float(_iou(held_out, truth.values)),
        resampled=xr.DataArray(resampled, of_contacts, ("resample", "contact"), attrs={"units": "Å"}),
        reference=truth,
        settings=settings,
    )


def _truth(reference: str | xr.Dataset | xr.DataArray, category: Category, level: Level) -> xr.DataArray:
    """Return the region to fit to, (psi, phi)."""
    if not isinstance(reference, xr.DataArray):
        return region(reference, category, level)
    check_region(OPERATION, "reference", reference)
    truth = check_grid(reference, f"{OPERATION}: reference")
    if truth.dims != ("psi", "phi"):
        raise UsageError(
            f"{OPERATION}: the reference has the dimensions {truth.dims}; choose one region with .sel or .isel"
        )
    check_membership(truth.values, f"{OPERATION}: reference")
    if not truth.values.any() or truth.values.all():
        found = "all" if truth.values.any() else "none"
        raise UsageError(
            f"{OPERATION}: the reference holds {found} of the cells, and no limits follow; give a part of them"
        )
    return truth


def _held_out(distances: dict[Pair, np.ndarray], truth: xr.DataArray, settings: ContactSettings) -> np.ndarray:
    """Return each cell as a fit predicts it that did not see the squares of its colour."""
    row = np.floor((truth.psi.values + 180) / SQUARE).astype(int)
    column = np.floor((truth.phi.values + 180) / SQUARE).astype(int)
    black = (row[:, None] + column) % 2 == 0
    cells = np.empty(truth.shape, bool)
    for hidden in (black, ~black):
        limits, _ = fit(distances, truth.values, settings.seeds[0], settings, ~hidden)
        cells[hidden] = harden(distances, limits, settings.limits)[hidden]
    return cells


def _resampled(
    distances: dict[Pair, np.ndarray],
    reference: str | xr.Dataset | xr.DataArray,
    category: Category,
    level: Level,
    settings: ContactSettings,
) -> np.ndarray:
    """Return the limits of refits to resampled references, (resample, contact)."""
    found = np.empty((settings.resamples, len(contact_names(settings.limits))))
    if not settings.resamples:
        return found
    if isinstance(reference, xr.DataArray):
        raise UsageError(
            f"{OPERATION}: resamples={settings.resamples} needs a reference of ranks, and a region has none; pass its "
            "Dataset, or resamples=0"
        )
    for k in range(settings.resamples):
        drawn = resampled_region(category, level, seed=k, reference=reference)
        found[k], _ = fit(distances, drawn.values, settings.seeds[0], settings)
    return found


def _iou(cells: np.ndarray, target: np.ndarray) -> np.ndarray:
    soft = target if target.dtype == bool else target.astype(float)
    predicted = cells if target.dtype == bool else cells.astype(float)
    measured = ov.raster.measure(predicted, np.broadcast_to(soft, predicted.shape), axis=(-2, -1))
    return np.asarray(ov.iou(measured))


def _described(truth: xr.DataArray, settings: ContactSettings) -> dict[str, Any]:
    how = "by elements" if settings.limits == "elements" else "by pairs of atoms"
    n = len(contact_names(settings.limits))
    learned_from = truth.attrs.get("name") or truth.name or "a region"
    described = {
        "name": f"hard spheres, {n} limits {how} learned from {learned_from}, tau {settings.tau:g}°",
        "model": "Ace-Ala-NMe",
        "learned_from": str(learned_from),
        "tau": settings.tau,
    }
    if truth.attrs.get("category"):
        described["category"] = truth.attrs["category"]
    return described
