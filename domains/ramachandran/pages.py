"""Pages for a browser: a validation, the changes between two models, a comparison of regions; findings first.

Conventions
-----------
- The residues that are not favored stand first in their table, the worst on top. Of two models, those that got worse
  do, and of these that which moved most.
- Whatever the page says is in the tables that it is made of; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr

from .._page import Finding, Look, page, paragraph, picture, section, table
from .._report import as_rows
from .assessment import Assessment
from .changes import BETTER, SAME, WORSE, summarise_changes
from .empirical import EVALUATIONS
from .scoring import COLUMNS
from .tables import FAVORED_GOAL, OUTLIER_GOAL, finding_lines, short_names

PACKAGES = ("numpy", "pandas", "xarray", "gemmi", "matplotlib")
RESIDUES = Look(
    formats={"phi": ".1f", "psi": ".1f", "omega": ".1f", "score": ".5f"},
    marks={"OUTLIER": "bad", "Allowed": "fair"},
)
SUMMARY = Look(formats={"favored_percent": ".2f", "allowed_percent": ".2f", "outlier_percent": ".2f"}, marks={})
COMPARED = Look(
    formats={"iou": ".4f", "dice": ".4f", "share_a": ".2f", "share_b": ".2f", "outside": ".4f", "missed": ".4f"},
    marks={},
)
CHANGES = Look(
    formats=dict.fromkeys(("phi before", "psi before", "phi after", "psi after", "moved by"), ".1f"),
    marks={WORSE: "bad", BETTER: "good", "OUTLIER": "bad", "Allowed": "fair"},
)
_CHANGED = {
    "where_after": "residue",
    "change": "change",
    "evaluation_before": "before",
    "evaluation_after": "after",
    "distance": "moved by",
    "phi_before": "phi before",
    "psi_before": "psi before",
    "phi_after": "phi after",
    "psi_after": "psi after",
    "category_after": "category",
    "finding_after": "finding",
}
"""Columns of the table of changes, and what they are called; the others are in the CSV."""
_SUMMED = ["file", "total", "favored", "favored_percent", "allowed", "outlier", "outlier_percent", "skipped", "error"]
_SHOWN = [*COLUMNS, "finding"]
"""Columns of the table of residues; the others are in the CSV."""
_SKIPPED = ["file", "where", "reason", "detail", "omega", "finding"]
"""Columns of the table of what was skipped."""
_MOST_FINDINGS = 12


def validation_page(
    residues: pd.DataFrame,
    skipped: pd.DataFrame,
    summary: pd.DataFrame,
    done: Mapping[str, Any],
    notes: Sequence[str] = (),
    *,
    reference: str | xr.Dataset = "top8000",
) -> str:
    """Return the page of a validation.

    Parameters
    ----------
    residues, skipped : DataFrame
        As `validate` returns them.
    summary : DataFrame
        As `summarise` returns it.
    done : mapping
        The settings.
    notes : sequence of str
        Warnings.
    reference : str or Dataset
        What the residues were scored against.

    Returns
    -------
    str

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .io import example
    >>> from .run import summarise, validate
    >>> tables = validate(example("1a28"))
    >>> html = validation_page(*tables, summarise(*tables), {})
    >>> "<h1>Ramachandran validation</h1>" in html, len(html) < 1_000_000
    (True, True)
    """
    import matplotlib.pyplot as plt

    from .plotting import plot_residues

    figure = plot_residues(residues, reference)[0, 0].figure
    drawn = picture(figure, "Residues over the favored and allowed regions of their category; outliers are named.")
    plt.close(figure)
    names = short_names(summary["file"])
    structures = summary[[name for name in _SUMMED if name in summary]]
    sections = [
        section("Structures", table(_with_names(_without_empty(structures), names), SUMMARY)),
        section("Plot", drawn),
        section("Residues", table(_with_names(_worst_first(residues[_SHOWN]), names), RESIDUES)),
        section(
            "Not scored",
            table(_with_names(_without_empty(skipped[_SKIPPED]), names), RESIDUES, all_of_them="--skipped"),
            paragraph("every other residue, with its reason"),
        ),
    ]
    odd = [Finding(str(line)) for line in finding_lines(summary)]
    findings = [*_of_structures(summary), *_outliers(residues), *odd, *(Finding(note, "bad") for note in notes)]
    goals = f"more than {FAVORED_GOAL} % favored, less than {OUTLIER_GOAL} % outliers (MolProbity)"
    return page("Ramachandran validation", findings, sections, {**done, "goals": goals}, PACKAGES)


def changes_page(
    changes: pd.DataFrame,
    unmatched: pd.DataFrame,
    sides: tuple[str, str],
    done: Mapping[str, Any],
    notes: Sequence[str] = (),
    *,
    reference: str | xr.Dataset = "top8000",
) -> str:
    """Return the page of the changes between two models.

    Parameters
    ----------
    changes, unmatched : DataFrame
        As `compare_models` returns them.
    sides : tuple of str
        Names of the two models, before and after.
    done : mapping
        The settings.
    notes : sequence of str
        Warnings.
    reference : str or Dataset
        What the residues were scored against.

    Returns
    -------
    str

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .changes import compare_models
    >>> from .io import example
    >>> html = changes_page(*compare_models(example(), example()), ("1a8o", "1a8o"), {})
    >>> "no residue got worse" in html, "<h1>1a8o to 1a8o</h1>" in html
    (True, True)
    """
    import matplotlib.pyplot as plt

    from .kleywegt import plot_changes

    before, after = sides
    figure = plot_changes(changes, reference)[0, 0].figure
    drawn = picture(figure, "How residues moved, the short way round the torus. Those that got worse are named.")
    plt.close(figure)
    labels = pd.DataFrame(summarise_changes(changes)["labels"]).T.rename_axis("before").add_suffix(" after")
    shown = _worst_changes_first(changes)[list(_CHANGED)].rename(columns=_CHANGED)
    sections = [
        section("Labels", table(labels.reset_index()), paragraph("residues of each label before and after")),
        section("Plot", drawn),
        section("Residues", table(_without_empty(shown), CHANGES), paragraph("angles and distances in degrees")),
        section(
            "Not matched",
            table(_without_empty(unmatched), all_of_them="--skipped"),
            paragraph("every other residue of the two, with its reason"),
        ),
    ]
    findings = [*_of_changes(changes), *(Finding(note, "bad") for note in notes)]
    return page(f"{before} to {after}", findings, sections, {"before": before, "after": after, **done}, PACKAGES)


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
    >>> from .steric import hard_sphere
    >>> html = comparison_page(assess(hard_sphere(), level="allowed"))
    >>> "IoU 0.485" in html
    True
    """
    import matplotlib.pyplot as plt

    from .region_plots import plot_agreements

    report = assessed.report
    rows = as_rows(report)
    figure = plot_agreements(assessed)[0].figure
    drawn = picture(figure, "Where the two regions agree. Areas are in per cent of the torus.")
    plt.close(figure)
    units = f"sizes in {report.attrs['units']}, shares of the torus in per cent, outside and missed as parts of 1"
    sections = [
        section("Agreement", drawn),
        section("Numbers", table(rows, COMPARED), paragraph(units)),
    ]
    title = f"{report.attrs['prediction']} against {report.attrs['reference']}"
    findings = [*_of_regions(rows), *(Finding(note, "bad") for note in notes)]
    return page(title, findings, sections, report.attrs, PACKAGES)


def _of_structures(summary: pd.DataFrame) -> list[Finding]:
    names = short_names(summary["file"])
    found = []
    for row in summary.head(_MOST_FINDINGS).to_dict("records"):
        name = names[row["file"]]
        if row["error"]:
            found.append(Finding(f"{name}: not read: {row['error']}", "bad"))
            continue
        if not row["total"]:
            found.append(Finding(f"{name}: no residue counted", "bad"))
            continue
        favored = row["favored_percent"]
        outliers = row["outlier_percent"]
        is_good = favored > FAVORED_GOAL and outliers < OUTLIER_GOAL
        counted = f"{row['total']} residues counted, {favored:.2f} % favored, {outliers:.2f} % outliers"
        found.append(Finding(f"{name}: {counted}", "good" if is_good else "bad"))
    if len(summary) > len(found):
        found.append(Finding(f"and {len(summary) - len(found)} more structures, in the table below"))
    return found


def _outliers(residues: pd.DataFrame) -> list[Finding]:
    outliers = residues[residues["evaluation"] == "OUTLIER"]
    if outliers.empty:
        return [Finding("no outliers", "good")] if len(residues) else []
    several = residues["file"].nunique() > 1
    names = short_names(residues["file"])
    listed = []
    for row in outliers.sort_values("score").head(_MOST_FINDINGS).to_dict("records"):
        residue = f"{row['chain']} {row['resname']} {row['resseq']}{row['icode']}".strip()
        place = f"{names[row['file']]} " if several else ""
        model = f"model {row['model']} " if row["model"] else ""
        listed.append(f"{place}{model}{residue}")
    more = f" and {len(outliers) - len(listed)} more" if len(outliers) > len(listed) else ""
    return [Finding(f"{len(outliers)} outliers, the worst first: {', '.join(listed)}{more}", "bad")]


def _of_changes(changes: pd.DataFrame) -> list[Finding]:
    worse = _worst_changes_first(changes[changes["change"] == WORSE])
    listed = []
    for row in worse.head(_MOST_FINDINGS).to_dict("records"):
        listed.append(f"{row['where_after']} ({row['evaluation_before']} → {row['evaluation_after']})")
    more = f" and {len(worse) - len(listed)} more" if len(worse) > len(listed) else ""
    n_better = int((changes["change"] == BETTER).sum())
    n_same = int((changes["change"] == SAME).sum())
    others = Finding(f"{n_better} got better, {n_same} kept their label")
    if worse.empty:
        return [Finding("no residue got worse", "good"), others]
    return [Finding(f"{len(worse)} got worse: {', '.join(listed)}{more}", "bad"), others]


def _of_regions(rows: pd.DataFrame) -> list[Finding]:
    found = []
    labels = list(rows.columns[: list(rows.columns).index("intersection")])
    for row in rows.head(_MOST_FINDINGS).to_dict("records"):
        name = ", ".join(str(row[label]) for label in labels)
        prefix = f"{name}: " if name else ""
        missed = f"{100 * row['missed']:.1f} % of the reference is missed"
        outside = f"{100 * row['outside']:.1f} % of the prediction lies outside it"
        found.append(Finding(f"{prefix}IoU {row['iou']:.3f}: {missed}, {outside}"))
    return found


def _worst_first(residues: pd.DataFrame) -> pd.DataFrame:
    rank = residues["evaluation"].map({name: k for k, name in enumerate(EVALUATIONS)}).astype(float)
    by_score = residues.assign(_rank=rank).sort_values(["_rank", "score"], kind="stable")
    return _without_empty(by_score.drop(columns="_rank"))


def _worst_changes_first(changes: pd.DataFrame) -> pd.DataFrame:
    rank = changes["change"].map({WORSE: 0, BETTER: 1, SAME: 2})
    order = changes.assign(_rank=rank).sort_values(["_rank", "distance"], ascending=[True, False], kind="stable")
    return order.drop(columns="_rank")


def _with_names(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return rows.assign(file=rows["file"].map(names)) if "file" in rows else rows


def _without_empty(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns that say nothing."""
    says_something = ((rows != "") & rows.notna()).any()
    return rows.loc[:, says_something]
