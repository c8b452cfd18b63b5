"""The page of a comparison of regions: findings first.

Conventions
-----------
- Beside the numbers of the report it has the basins of hard regions, and the IoU over mass where a density was cut.
- Whatever the page says is in the tables that it is made of, or is what `basins` and `compare_densities` return.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr

from ..._page import Finding, Look, facts_table, page, paragraph, picture, section, table
from ..._report import as_rows
from ..regions.quantities import declared_quantity
from ..validation.pages import PACKAGES
from ..validation.tables import lines_beside, what_was_read
from .assessment import Assessment
from .basin_rows import basins
from .densities_compared import compare_densities

COMPARED = Look(
    formats={"iou": ".4f", "dice": ".4f", "share_a": ".2f", "share_b": ".2f", "outside": ".4f", "missed": ".4f"},
    marks={},
)
BASINS = Look(
    formats={"phi": ".0f", "psi": ".0f", "iou": ".4f", "missed": ".4f", "area": ".2f", "mass": ".4f"}, marks={}
)
CURVE = Look(formats={"mass": ".4f", "iou": ".4f"}, marks={})
_MOST_FINDINGS = 12
_MOST_PANELS = 12


def comparison_page(assessed: Assessment, notes: Sequence[str] = ()) -> str:
    """Return the page of a comparison.

    Parameters
    ----------
    assessed : Assessment
        As `assess` returns it.
    notes : sequence of str
        Warnings.

    Returns
    -------
    str

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from ..models.steric import hard_sphere
    >>> html = comparison_page(assess(hard_sphere(), level="allowed"))
    >>> "IoU 0.485" in html, "<h2>Basins</h2>" in html
    (True, True)
    """
    import matplotlib.pyplot as plt

    from ..validation.plotting import caption
    from .region_plots import drawn_references, plot_agreements

    report = assessed.report
    rows = as_rows(report)
    figure = plot_agreements(assessed, most=_MOST_PANELS)[0].figure
    said = "Where the two regions agree. Areas are in per cent of the torus."
    if len(rows) > _MOST_PANELS:
        said += f" The first {_MOST_PANELS} of {len(rows)}; --plot draws them all."
    drawn = picture(figure, said)
    plt.close(figure)
    units = f"sizes in {report.attrs['units']}, shares of the torus in per cent, outside and missed as parts of 1"
    sections = [
        section("Agreement", drawn),
        section("Numbers", table(rows, COMPARED), paragraph(units)),
        *_basins(assessed),
        *_densities(assessed),
    ]
    read_as = what_was_read(assessed.predicted)
    facts = dict(report.attrs)
    if read_as:
        facts["prediction_cut"] = read_as
    owed = [caption(reference) for reference in drawn_references(assessed)]
    if owed:
        facts["attribution"] = "; ".join(dict.fromkeys(owed))
    findings = _of_regions(rows)
    findings += [Finding(line) for line in lines_beside(report)]
    if read_as:
        findings.append(Finding(f"prediction: {read_as}"))
    findings += [Finding(note, "bad") for note in notes]
    title = f"{report.attrs['prediction']} against {report.attrs['reference']}"
    return page(title, findings, sections, facts, PACKAGES)


def _basins(assessed: Assessment) -> list[str]:
    """Return the section of the basins of hard regions."""
    pair = assessed.pair
    if pair.a.dtype != bool or pair.b.dtype != bool:
        return []
    rows = basins(assessed)
    said = (
        "connected parts of the reference; phi and psi of the peak, area in per cent of the torus, mass as a part of 1"
    )
    return [section("Basins", table(rows, BASINS), paragraph(said))]


def _densities(assessed: Assessment) -> list[str]:
    """Return the section of what two densities share with no cut, where the prediction was cut from one."""
    predicted = _density_of(assessed.predicted)
    reference = _reference_density(assessed)
    if predicted is None or reference is None:
        return []
    if len(set(assessed.pair.categories)) > 1:
        # each would meet the map of one
        return []
    import matplotlib.pyplot as plt

    from .curves import plot_iou_at_mass

    category: Any = None if isinstance(reference, xr.DataArray) else assessed.pair.categories[0]
    named = predicted.assign_attrs(name=assessed.report.attrs["prediction"])
    compared = compare_densities(named, reference, category=category)
    curve = compared["iou_at_mass"].rename("iou").to_dataframe().reset_index()
    shown = curve[[*compared["iou_at_mass"].dims, "iou"]]
    facts: dict[str, str] = {}
    if not compared["dice"].ndim:
        facts["overlapping coefficient"] = f"{float(compared['overlapping_coefficient']):.4f}"
        facts["Hellinger distance"] = f"{float(compared['hellinger']):.4f}"
    said = "IoU of the smallest regions of both that hold each mass"
    figure: Any = plot_iou_at_mass(compared).figure
    drawn = picture(figure, said)
    plt.close(figure)
    return [section("IoU over mass", facts_table(facts), drawn, table(shown, CURVE))]


def _density_of(region: xr.DataArray) -> xr.DataArray | None:
    """Return the density that a region was cut from; None if it was cut from none."""
    if "score" not in region.coords:
        return None
    score = region["score"]
    return score if declared_quantity(score) in ("density", "counts") else None


def _reference_density(assessed: Assessment) -> str | xr.Dataset | xr.DataArray | None:
    """Return what the prediction's density can be compared with; None if the reference is cells only."""
    source = assessed.source
    if source.family is not None:
        return source.family if source.holds_ranks() else None
    if source.holds_ranks():
        return str(source.region.attrs["reference"])
    return _density_of(source.region)


def _of_regions(rows: pd.DataFrame) -> list[Finding]:
    found = []
    labels = list(rows.columns[: list(rows.columns).index("intersection")])
    for row in rows.head(_MOST_FINDINGS).to_dict("records"):
        name = ", ".join(str(row[label]) for label in labels)
        prefix = f"{name}: " if name else ""
        missed = f"{100 * row['missed']:.1f} % of the reference is missed"
        outside = f"{100 * row['outside']:.1f} % of the prediction lies outside it"
        found.append(Finding(f"{prefix}IoU {row['iou']:.3f}: {missed}, {outside}"))
    if len(rows) > len(found):
        found.append(Finding(f"and {len(rows) - len(found)} more, in the table below"))
    return found
