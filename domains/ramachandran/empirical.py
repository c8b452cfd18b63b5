"""The empirical regions: score maps of six categories, and the cuts that make favored and allowed of them.

Conventions
-----------
- A score is the share of reference residues that lie at a lower density: a percentile rank, not a density. It
  must not be integrated or renormalised. It is cctbx's percentage over 100.
- favored: score >= 0.02 in every category. allowed: >= 0.0005 (general), 0.0020 (cis-proline), 0.0010 (the
  others). What is below is an OUTLIER.
- The category of a residue: glycine, then proline (cis if |omega| < 90°, omega being the bond before it; trans
  if there is none), then pre-proline, then isoleucine or valine, then general.
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

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .torus import Table

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
"""What a residue is told to be, from worst to best."""

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

    Examples
    --------
    >>> top8000 = reference()
    >>> dict(top8000.score.sizes)
    {'category': 6, 'psi': 180, 'phi': 180}
    >>> top8000.attrs["license"]
    'CC-BY-4.0'
    """
    import xarray as xr

    data = _load(name)
    degrees = {"units": "degrees", "long_name": "cell centre"}
    return xr.Dataset(
        {
            "score": (("category", "psi", "phi"), data["score"].copy(), {"long_name": "percentile rank"}),
            "favored": ("category", data["favored"].copy()),
            "allowed": ("category", data["allowed"].copy()),
            "n": ("category", np.array(SAMPLES)),
        },
        coords={
            "category": list(CATEGORIES),
            "psi": ("psi", data["psi"].copy(), degrees),
            "phi": ("phi", data["phi"].copy(), degrees),
        },
        attrs=dict(PROVENANCE),
    )


def categorise(resname: Any, next_resname: Any, omega: Any) -> Any:
    """Return the Ramachandran category of residues.

    Parameters
    ----------
    resname, next_resname : str or array of str
        Three-letter names of the residue and of the one bonded after it.
    omega : float or array of float
        Dihedral of the peptide bond before the residue, in degrees; NaN where there is none.

    Returns
    -------
    str or array of str
        One of `CATEGORIES`; the arguments broadcast.

    Examples
    --------
    >>> categorise(["GLY", "PRO", "PRO", "ILE", "ILE", "ALA"], ["PRO", "PRO", "ALA", "PRO", "ALA", "ALA"],
    ...            [180, 5, float("nan"), 180, 180, 0]).tolist()
    ['glycine', 'cis-proline', 'trans-proline', 'pre-proline', 'isoleucine or valine', 'general']
    """
    return np.array(CATEGORIES)[category_codes(resname, next_resname, omega)]


def category_codes(resname: Any, next_resname: Any, omega: Any) -> np.ndarray:
    """Return positions in `CATEGORIES`; see `categorise`.

    Examples
    --------
    >>> int(category_codes("VAL", "ALA", 180))
    5
    """
    resname, next_resname = np.asarray(resname), np.asarray(next_resname)
    # NaN < 90 is False: a proline without a bond before it is trans
    cis = np.abs(np.asarray(omega, float)) < 90
    conditions = [
        resname == "GLY",
        (resname == "PRO") & cis,
        resname == "PRO",
        next_resname == "PRO",
        (resname == "ILE") | (resname == "VAL"),
    ]
    return np.select(np.broadcast_arrays(*conditions), [1, 2, 3, 4, 5], 0).astype(np.int8)


def evaluate(phi: Any, psi: Any, category: Any, reference: str = "top8000") -> Any:
    """Return the score of backbone angles: the share of reference residues at a lower density.

    Parameters
    ----------
    phi, psi : float, array or DataArray
        Degrees, any range; NaN gives NaN.
    category : str, array of str, pandas Categorical, or array of int
        Names from `CATEGORIES`, or positions in it. The three arguments broadcast, by name if labelled.
    reference : str
        Which reference.

    Returns
    -------
    float, array or DataArray
        In [0, 1].

    Raises
    ------
    ValueError
        If a category is unknown.

    Examples
    --------
    >>> round(float(evaluate(-63.0, -43.0, "general")), 3)
    1.0
    >>> evaluate(np.zeros((5, 2)), 0.0, ["general", "glycine"]).shape
    (5, 2)
    """
    table = _table(reference)
    if any(hasattr(x, "dims") for x in (phi, psi, category)):
        import xarray as xr

        return xr.apply_ufunc(lambda phi, psi, category: table(phi, psi, _codes(category)), phi, psi, category)
    return table(phi, psi, _codes(category))[()]


def classify(score: Any, category: Any, reference: str = "top8000") -> Any:
    """Return "Favored", "Allowed" or "OUTLIER" for scores; "" where the score is NaN.

    Parameters
    ----------
    score : float or array
        As `evaluate` returns it.
    category : str, array of str, or array of int
        Names from `CATEGORIES`, or positions in it.
    reference : str
        Which reference's cuts.

    Returns
    -------
    str or array of str

    Examples
    --------
    >>> classify([0.02, 0.001, 0.001], ["general", "general", "cis-proline"]).tolist()
    ['Favored', 'Allowed', 'OUTLIER']
    """
    level = evaluation_codes(score, _codes(category), reference)
    return np.array([*EVALUATIONS, ""])[level]


def evaluation_codes(score: Any, codes: np.ndarray, reference: str = "top8000") -> np.ndarray:
    """Return positions in `EVALUATIONS` (−1 where the score is NaN) from positions in `CATEGORIES`.

    Examples
    --------
    >>> evaluation_codes([0.5, 0.0], np.array([0, 0])).tolist()
    [2, 0]
    """
    score, data = np.asarray(score, float), _load(reference)
    level = (score >= data["favored"][codes]).astype(np.int8) + (score >= data["allowed"][codes])
    return np.where(np.isnan(score), np.int8(-1), level)


def _codes(category: Any) -> np.ndarray:
    """Return positions in CATEGORIES of names or positions."""
    codes = getattr(category, "codes", category)  # of a pandas Categorical in our own order
    if codes is not category and tuple(category.categories) != CATEGORIES:
        codes = np.asarray(category)
    codes = np.asarray(codes)
    if codes.dtype.kind in "iu":
        if codes.size and not (codes.min() >= 0 and codes.max() < len(CATEGORIES)):
            raise ValueError(
                f"category: positions must be 0 to {len(CATEGORIES) - 1}, got {codes.min()} to {codes.max()}"
            )
        return codes
    found = np.full(codes.shape, -1, np.int8)
    for k, name in enumerate(CATEGORIES):
        found[codes == name] = k
    if (found < 0).any():
        unknown = sorted({str(x) for x in codes[found < 0].ravel()[:20]})
        raise ValueError(f"category: unknown {', '.join(map(repr, unknown))}; choose from {', '.join(CATEGORIES)}")
    return found


@cache
def _load(name: str) -> dict[str, np.ndarray]:
    if name != "top8000":
        raise ValueError(f'reference: there is no reference {name!r}; choose "top8000"')
    with files(__package__).joinpath("data/top8000.npz").open("rb") as file, np.load(file, allow_pickle=False) as npz:
        data = {key: npz[key] for key in ("score", "phi", "psi", "favored", "allowed")}
        order = [npz["category"].tolist().index(k) for k in CATEGORIES]
    # the file has phi first, as the community's text files do
    data["score"] = np.ascontiguousarray(data["score"][order].transpose(0, 2, 1))
    return data


@cache
def _table(name: str) -> Table:
    return Table(_load(name)["score"])
