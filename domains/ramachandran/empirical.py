"""The empirical regions: score maps of six categories, and the cuts that make favored and allowed of them.

Conventions
-----------
- A score is the share of reference residues that lie at a lower density: a percentile rank, not a density. It
  must not be integrated or renormalised. It is cctbx's percentage over 100.
- favored: score >= 0.02 in every category. allowed: >= 0.0005 (general), 0.0020 (cis-proline), 0.0010 (the
  others). What is below is an OUTLIER.
- The category of a residue is the first of these that fits: glycine, proline, pre-proline (what proline follows),
  isoleucine or valine, general. A proline is cis if |omega| < 90°, omega being of the bond before it, and trans
  otherwise or if there is no such bond.
- Between the centres of the 2° cells the score is bilinear, round the torus.

References
----------
Williams, C. J. et al. (2018). MolProbity: more and better reference data for improved all-atom structure
validation. Protein Sci. 27, 293. doi:10.1002/pro.3330
Hintze, B. J. et al. (2016). MolProbity's ultimate rotamer-library distributions for model validation.
Proteins 84, 1177. doi:10.1002/prot.25039
Lovell, S. C. et al. (2003). Structure validation by Cα geometry: φ, ψ and Cβ deviation. Proteins 50, 437.
doi:10.1002/prot.10286
Read, R. J. et al. (2011). A new generation of crystallographic validation tools. Structure 19, 1395.
doi:10.1016/j.str.2011.08.006
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._checks import check_choice
from .torus import Table, ascending, check_grid, with_nan

if TYPE_CHECKING:
    import xarray as xr

Category = Literal["general", "glycine", "cis-proline", "trans-proline", "pre-proline", "isoleucine or valine"]
Level = Literal["favored", "allowed"]

CATEGORIES: tuple[Category, ...] = (
    "general",
    "glycine",
    "cis-proline",
    "trans-proline",
    "pre-proline",
    "isoleucine or valine",
)
"""The six categories of residues, in the order of their maps."""
LEVELS: tuple[Level, ...] = ("favored", "allowed")
"""The two cuts of a score map."""
EVALUATIONS = ("OUTLIER", "Allowed", "Favored")
"""The evaluations of a residue, from worst to best."""
OUTLIER, ALLOWED, FAVORED = EVALUATIONS

PROVENANCE = {
    "name": "top8000",
    "title": "Top8000 Ramachandran percentile contours",
    "source": "https://github.com/rlabduke/reference_data, as evaluated by cctbx-base 2025.11 at the 2° nodes",
    "commit": "cbe300663a2bb55015cf9e9978c720cb12dbf52f",
    "attribution": "Richardson Laboratory, Duke University",
    "license": "CC-BY-4.0",
    "doi": "10.1002/pro.3330",
    "smoothing": "two-pass density-dependent cosine: 5°, then 6.5° (general) or 8° (the others)",
    "selection": "Top8000 chains at 70 % homology, main-chain B < 30 Å²; glycine symmetrised at (-phi, -psi)",
    "cuts": "score >= favored; score >= allowed, cumulative",
}
SAMPLES = (1061639, 233178, 3654, 66364, 61568, 195083)


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """The score maps of a reference and their cuts, as plain arrays.

    Attributes
    ----------
    name : str
    categories : tuple of str
        Names of the maps.
    psi, phi : ndarray
        Cell centres in degrees.
    score : ndarray, shape (categories, psi, phi)
    cuts : mapping of str to ndarray, shape (categories,)
        The cut of each map for each of `LEVELS`.
    mass : ndarray, shape (categories, psi, phi), or None
        The share of the residues in each cell, where the reference says it beside the scores.
    """

    name: str
    categories: tuple[str, ...]
    psi: np.ndarray
    phi: np.ndarray
    score: np.ndarray
    cuts: Mapping[str, np.ndarray]
    mass: np.ndarray | None = None


def maps_of(reference: str | xr.Dataset) -> Maps:
    """Return the maps of a reference.

    Parameters
    ----------
    reference : str or Dataset
        The name of a reference, or a Dataset such as `reference` returns.

    Returns
    -------
    Maps

    Raises
    ------
    TypeError
        If the reference is neither.
    ValueError
        If there is no such reference.

    Examples
    --------
    >>> maps = maps_of("top8000")
    >>> maps.score.shape, maps.cuts["favored"].tolist()
    ((6, 180, 180), [0.02, 0.02, 0.02, 0.02, 0.02, 0.02])
    """
    if isinstance(reference, str):
        return _load(reference)
    if not hasattr(reference, "data_vars"):
        raise TypeError(
            f"ramachandran.reference: the reference is a {type(reference).__name__}; pass a name, "
            f"such as {PROVENANCE['name']!r}, or a Dataset like that of ramachandran.reference"
        )
    lacking = [name for name in ("score", *LEVELS) if name not in reference]
    if lacking:
        raise ValueError(
            f"ramachandran.reference: the Dataset has no {lacking[0]!r}; make one with ramachandran.region_reference"
        )
    score = _map_of(reference, "score")
    return Maps(
        name=reference.attrs.get("name", "reference"),
        categories=tuple(score["category"].values.tolist()),
        psi=score["psi"].values,
        phi=score["phi"].values,
        score=score.values,
        cuts={level: reference[level].values for level in LEVELS},
        mass=_map_of(reference, "mass").values if "mass" in reference else None,
    )


def _map_of(reference: xr.Dataset, name: str) -> xr.DataArray:
    """Return a map of each category, ascending along both axes."""
    checked = ascending(check_grid(reference[name], f"ramachandran.reference: {name}"))
    return checked.transpose("category", "psi", "phi")


class Scorer:
    """The maps of a reference, ready to score angles of positions in `CATEGORIES`.

    Parameters
    ----------
    maps : Maps

    Attributes
    ----------
    cuts : mapping of str to ndarray, shape (6,)
        In the order of `CATEGORIES`; NaN for those that have no map.

    Examples
    --------
    >>> scorer = Scorer(maps_of("top8000"))
    >>> float(scorer(-63.0, -43.0, 0).round(3)), float(scorer.cuts["favored"][0])
    (1.0, 0.02)
    """

    def __init__(self, maps: Maps) -> None:
        place = {name: k for k, name in enumerate(maps.categories)}
        self._which = np.array([place.get(name, -1) for name in CATEGORIES])
        self._is_whole = tuple(maps.categories) == CATEGORIES
        self._table = Table(maps.score, (float(maps.psi[0]), float(maps.phi[0])))
        self.cuts = {level: np.where(self._which < 0, np.nan, cut[self._which]) for level, cut in maps.cuts.items()}

    def __call__(self, phi: Any, psi: Any, codes: Any) -> np.ndarray:
        """Score angles in degrees; NaN for a category without a map."""
        if self._is_whole:
            return self._table(phi, psi, codes)
        which = self._which[codes]
        score = self._table(phi, psi, np.maximum(which, 0))
        return np.where(which < 0, np.nan, score)


def scorer_of(reference: str | xr.Dataset) -> Scorer:
    """Return what scores angles against a reference.

    Examples
    --------
    >>> sorted(scorer_of("top8000").cuts)
    ['allowed', 'favored']
    """
    if isinstance(reference, str):
        return _scorer(reference)
    return Scorer(maps_of(reference))


def reference(name: str = "top8000") -> xr.Dataset:
    """Return an empirical reference with its provenance.

    Parameters
    ----------
    name : str
        "top8000", the one that MolProbity uses today.

    Returns
    -------
    Dataset
        ``score`` (category, psi, phi) in [0, 1]; ``favored``, ``allowed`` (category), the cuts; ``n``
        (category), the residues behind each map. Coordinates are cell centres in degrees.

    Raises
    ------
    ValueError
        If there is no such reference.

    See Also
    --------
    region : Return an empirical region as a set of cells.
    read_reference : Read a reference of one's own from a file.

    Examples
    --------
    >>> top8000 = reference()
    >>> dict(top8000.score.sizes)
    {'category': 6, 'psi': 180, 'phi': 180}
    >>> top8000.attrs["license"]
    'CC-BY-4.0'
    """
    import xarray as xr

    maps = _load(name)
    degrees = {"units": "degrees", "long_name": "cell centre"}
    rank = {"long_name": "percentile rank"}
    return xr.Dataset(
        {
            "score": (("category", "psi", "phi"), maps.score.copy(), rank),
            "favored": ("category", maps.cuts["favored"].copy()),
            "allowed": ("category", maps.cuts["allowed"].copy()),
            "n": ("category", np.array(SAMPLES)),
        },
        coords={
            "category": list(maps.categories),
            "psi": ("psi", maps.psi.copy(), degrees),
            "phi": ("phi", maps.phi.copy(), degrees),
        },
        attrs=dict(PROVENANCE),
    )


def categorise(resname: Any, next_resname: Any, omega: Any) -> Any:
    """Return the Ramachandran category of residues.

    Parameters
    ----------
    resname, next_resname : str or array of str
        Three-letter names of the residue and of the one bonded after it, in any letters.
    omega : float or array of float
        Dihedral of the peptide bond before the residue, in degrees; NaN where there is none.

    Returns
    -------
    str or array of str
        One of `CATEGORIES`; the arguments broadcast.

    See Also
    --------
    classify : Return "Favored", "Allowed" or "OUTLIER" for scores.
    region : Return an empirical region as a set of cells.

    Examples
    --------
    >>> categorise(["GLY", "PRO", "PRO", "ILE", "ILE", "ALA"], ["PRO", "PRO", "ALA", "PRO", "ALA", "ALA"],
    ...            [180, 5, float("nan"), 180, 180, 0]).tolist()
    ['glycine', 'cis-proline', 'trans-proline', 'pre-proline', 'isoleucine or valine', 'general']
    """
    name = np.char.upper(np.asarray(resname, dtype=str))
    next_name = np.char.upper(np.asarray(next_resname, dtype=str))
    return np.array(CATEGORIES)[category_codes(name, next_name, omega)]


def category_codes(resname: Any, next_resname: Any, omega: Any) -> np.ndarray:
    """Return positions in `CATEGORIES`; see `categorise`.

    Examples
    --------
    >>> int(category_codes("VAL", "ALA", 180))
    5
    """
    resname = np.asarray(resname)
    next_resname = np.asarray(next_resname)
    proline = resname == "PRO"
    # NaN < 90 is False: a proline without a bond before it is trans
    cis = np.abs(np.asarray(omega, float)) < 90
    # in the order of precedence
    conditions = [
        resname == "GLY",
        proline & cis,
        proline,
        next_resname == "PRO",
        (resname == "ILE") | (resname == "VAL"),
    ]
    codes = np.select(np.broadcast_arrays(*conditions), [1, 2, 3, 4, 5], 0)
    return codes.astype(np.int8)


def evaluate(phi: Any, psi: Any, category: Any, reference: str | xr.Dataset = "top8000") -> Any:
    """Return the score of backbone angles: the share of reference residues at a lower density.

    Parameters
    ----------
    phi, psi : float, array or DataArray
        Degrees, any range; NaN gives NaN, as does what is masked.
    category : str, array of str, pandas Categorical, or array of int
        Names from `CATEGORIES`, or positions in it. The three arguments broadcast, by name if labelled.
    reference : str or Dataset
        The name of a reference, or a Dataset such as `reference` returns.

    Returns
    -------
    float, array or DataArray
        In [0, 1]; NaN for a category that the reference has no map of.

    Raises
    ------
    ValueError
        If a category is unknown.

    See Also
    --------
    classify : Return "Favored", "Allowed" or "OUTLIER" for scores.
    evaluate_trajectory : Score the backbone angles of a trajectory.

    Examples
    --------
    >>> round(float(evaluate(-63.0, -43.0, "general")), 3)
    1.0
    >>> evaluate(np.zeros((5, 2)), 0.0, ["general", "glycine"]).shape
    (5, 2)
    """
    scorer = scorer_of(reference)

    def score(phi: Any, psi: Any, category: Any) -> np.ndarray:
        codes = _codes("evaluate", category)
        return scorer(phi, psi, codes)

    labelled = any(hasattr(x, "dims") for x in (phi, psi, category))
    if labelled:
        import xarray as xr

        return xr.apply_ufunc(score, phi, psi, category)
    return score(phi, psi, category)[()]


def classify(score: Any, category: Any, reference: str | xr.Dataset = "top8000") -> Any:
    """Return "Favored", "Allowed" or "OUTLIER" for scores; "" where the score is NaN.

    Parameters
    ----------
    score : float or array
        As `evaluate` returns it.
    category : str, array of str, or array of int
        Names from `CATEGORIES`, or positions in it.
    reference : str or Dataset
        Whose cuts.

    Returns
    -------
    str or array of str

    See Also
    --------
    evaluate : Return the score of backbone angles.
    categorise : Return the Ramachandran category of residues.

    Examples
    --------
    >>> classify([0.02, 0.001, 0.001], ["general", "general", "cis-proline"]).tolist()
    ['Favored', 'Allowed', 'OUTLIER']
    """
    codes = _codes("classify", category)
    evaluation = evaluation_codes(score, codes, reference)
    # -1, of a score that is NaN, takes the last
    return np.array([*EVALUATIONS, ""])[evaluation]


def evaluation_codes(score: Any, codes: np.ndarray, reference: str | xr.Dataset | Scorer = "top8000") -> np.ndarray:
    """Return positions in `EVALUATIONS` (−1 where the score is NaN) from positions in `CATEGORIES`.

    Examples
    --------
    >>> evaluation_codes([0.5, 0.0], np.array([0, 0])).tolist()
    [2, 0]
    """
    cuts = reference.cuts if isinstance(reference, Scorer) else scorer_of(reference).cuts
    score = with_nan(score).astype(float, copy=False)
    favored = score >= cuts["favored"][codes]
    allowed = score >= cuts["allowed"][codes]
    evaluation = favored.astype(np.int8) + allowed
    return np.where(np.isnan(score), np.int8(-1), evaluation)


def _codes(function: str, category: Any) -> np.ndarray:
    """Return positions in CATEGORIES of names or positions."""
    own_order = hasattr(category, "codes") and tuple(category.categories) == CATEGORIES
    names = np.asarray(category.codes if own_order else category)
    if names.dtype.kind in "iu":
        # positions already
        _check_positions(function, names)
        return names
    codes = np.full(names.shape, -1, np.int8)
    for code, name in enumerate(CATEGORIES):
        codes[names == name] = code
    unknown = names[codes < 0]
    if unknown.size:
        some = sorted({str(name) for name in unknown[:20]})
        listed = ", ".join(repr(name) for name in some)
        raise ValueError(f"ramachandran.{function}: unknown category {listed}; choose from {', '.join(CATEGORIES)}")
    return codes


def _check_positions(function: str, positions: np.ndarray) -> None:
    if not positions.size:
        return
    first = positions.min()
    last = positions.max()
    if first < 0 or last >= len(CATEGORIES):
        raise ValueError(
            f"ramachandran.{function}: category must be positions 0 to {len(CATEGORIES) - 1}, got {first} to {last}"
        )


@cache
def _load(name: str) -> Maps:
    check_choice("ramachandran.reference", "name", name, [PROVENANCE["name"]])
    path = files(__package__).joinpath("data/top8000.npz")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as npz:
        names = npz["category"].tolist()
        order = [names.index(category) for category in CATEGORIES]
        # the file has phi first, as the community's text files do
        score = npz["score"][order].transpose(0, 2, 1)
        return Maps(
            name=name,
            categories=CATEGORIES,
            psi=npz["psi"],
            phi=npz["phi"],
            score=np.ascontiguousarray(score),
            cuts={level: npz[level] for level in LEVELS},
        )


@cache
def _scorer(name: str) -> Scorer:
    return Scorer(_load(name))
