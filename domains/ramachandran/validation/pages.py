"""Pages for a browser: a validation, and the changes between two models; findings first.

Conventions
-----------
- The residues that are not favored stand first in their table, the worst on top. Of two models, those that got worse
  do: the outliers among them, and of these that which moved most.
- Whatever the page says is in the tables that it is made of; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._page import Finding, Look, facts_table, page, paragraph, picture, section, table
from ..._text import count_of
from ..empirical import EVALUATIONS
from .changes import BETTER, SAME, WORSE, summarise_changes
from .findings import marks
from .scoring import COLUMNS
from .tables import FAVORED_GOAL, OUTLIER_GOAL, finding_lines, over_models_line, short_names
from .told import Told

PACKAGES = ("numpy", "pandas", "xarray", "gemmi", "matplotlib")
RESIDUES = Look(
    formats={"phi": ".1f", "psi": ".1f", "omega": ".1f", "score": ".5f"},
    marks={"OUTLIER": "bad", "Allowed": "fair"},
)
SUMMARY = Look(formats={"favored_percent": ".2f", "allowed_percent": ".2f", "outlier_percent": ".2f"}, marks={})
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
_BY_MODEL = ["model", "total", "favored", "favored_percent", "allowed", "outlier", "outlier_percent"]
_PLACE = ["file", "chain", "resname", "resseq", "icode"]
_SHOWN = [*COLUMNS, "finding"]
"""Columns of the table of residues; the others are in the CSV."""
_SKIPPED = ["file", "where", "reason", "detail", "omega", "finding"]
"""Columns of the table of what was skipped."""
_MOST_FINDINGS = 12
_KLEYWEGT = (
    "How residues moved, the short way round the torus. Those that got worse are named, and those that moved by 90° or "
    "more."
)


def validation_page(
    told: Told,
    skipped: pd.DataFrame,
    done: Mapping[str, Any],
    notes: Sequence[str] = (),
    *,
    reference: str | xr.Dataset = "top8000",
) -> str:
    """Return the page of a validation.

    Parameters
    ----------
    told : Told
        The residues and their summaries, as `tell` returns them.
    skipped : DataFrame
        As `validate` returns it.
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
    >>> from ..regions.io import example
    >>> from ..run import validate
    >>> from .told import tell
    >>> residues, skipped = validate(example("1a28"))
    >>> html = validation_page(tell([example("1a28")], residues, skipped, None), skipped, {})
    >>> "<h1>Ramachandran validation</h1>" in html, len(html) < 1_000_000
    (True, True)
    """
    import matplotlib.pyplot as plt

    from .plotting import caption, plot_residues

    residues = told.residues
    summary = told.files
    figure = plot_residues(residues, reference)[0, 0].figure
    drawn = picture(figure, "Residues over the favored and allowed regions of their category; outliers are named.")
    plt.close(figure)
    names = short_names(summary["file"])
    structures = summary[[name for name in _SUMMED if name in summary]]
    sections = [
        section("Structures", table(_with_names(_without_empty(structures), names), SUMMARY)),
        *_ensembles(told, names),
        section("Plot", drawn),
        section("Residues", table(_with_names(_worst_first(residues[_SHOWN]), names), RESIDUES)),
        section(
            "Not scored",
            table(_with_names(_without_empty(skipped[_SKIPPED]), names), RESIDUES, all_of_them="--skipped"),
            paragraph("every other residue, with its reason"),
        ),
    ]
    findings = _of_structures(summary)
    findings += [_of_ensemble(row, names) for row in told.ensembles.head(_MOST_FINDINGS).to_dict("records")]
    findings += _outliers(residues)
    findings += [Finding(str(line)) for line in finding_lines(summary)]
    findings += _cis_prolines(residues)
    findings += [Finding(note, "bad") for note in notes]
    goals = f"more than {FAVORED_GOAL} % favored, less than {OUTLIER_GOAL} % outliers (MolProbity)"
    facts = {**done, "goals": goals, "attribution": caption(reference)}
    return page("Ramachandran validation", findings, sections, facts, PACKAGES)


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
    >>> from ..regions.io import example
    >>> html = changes_page(*compare_models(example(), example()), ("1a8o", "1a8o"), {})
    >>> "no residue got worse" in html, "<h1>1a8o to 1a8o</h1>" in html
    (True, True)
    """
    import matplotlib.pyplot as plt

    from .kleywegt import plot_changes
    from .plotting import caption

    before, after = sides
    figure = plot_changes(changes, reference)[0, 0].figure
    drawn = picture(figure, _KLEYWEGT)
    plt.close(figure)
    labels = pd.DataFrame(summarise_changes(changes)["labels"]).T.rename_axis("before").add_suffix(" after")
    names = short_names(unmatched["file"])
    shown = _worst_changes_first(changes)[list(_CHANGED)].rename(columns=_CHANGED)
    sections = [
        section("Labels", table(labels.reset_index()), paragraph("residues of each label before and after")),
        section("Plot", drawn),
        section("Residues", table(_without_empty(shown), CHANGES), paragraph("angles and distances in degrees")),
        section(
            "Not matched",
            table(_with_names(_without_empty(unmatched), names), all_of_them="--skipped"),
            paragraph("every other residue of the two, with its reason"),
        ),
    ]
    findings = _of_changes(changes)
    findings += [Finding(note, "bad") for note in notes]
    facts = {"before": before, "after": after, **done, "attribution": caption(reference)}
    return page(f"{before} to {after}", findings, sections, facts, PACKAGES)


def _ensembles(told: Told, names: Mapping[str, str]) -> list[str]:
    """Return a section for each file of several models, and one for its core."""
    sections = []
    rows = told.ensembles.to_dict("records")
    for row in rows[:_MOST_FINDINGS]:
        name = names[row["file"]]
        sections.append(_ensemble(f"Models of {name}", told.models, row))
    if told.core is not None and told.core_ensembles is not None:
        for row in told.core_ensembles.head(_MOST_FINDINGS).to_dict("records"):
            name = names[row["file"]]
            sections.append(_ensemble(f"Models of {name}, core {told.core_residues}", told.core, row))
    if len(rows) > _MOST_FINDINGS:
        sections.append(
            section("Further ensembles", paragraph(f"{len(rows) - _MOST_FINDINGS} more: --summary has them"))
        )
    return sections


def _ensemble(title: str, models: pd.DataFrame, row: Mapping[Any, Any]) -> str:
    """Return the counts of the models of a file, and what is compared over them."""
    counted = models[models["file"] == row["file"]][_BY_MODEL]
    facts = {
        "best": f"model {row['best_model']}",
        "favored": over_models_line(row, "favored_percent"),
        "outliers": over_models_line(row, "outlier_percent"),
    }
    return section(title, facts_table(facts), table(counted, SUMMARY, all_of_them="--summary"))


def _of_ensemble(row: Mapping[Any, Any], names: Mapping[str, str]) -> Finding:
    best = (
        f"{row['models']} models, the best is model {row['best_model']} ({row['best_favored_percent']:.2f} % favored)"
    )
    return Finding(f"{names[row['file']]}: {best}; favored: {over_models_line(row, 'favored_percent')}")


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
        counted = f"{count_of(row['total'], 'residue')} counted, {favored:.2f} % favored, {outliers:.2f} % outliers"
        found.append(Finding(f"{name}: {counted}", "good" if is_good else "bad"))
    if len(summary) > len(found):
        more = count_of(len(summary) - len(found), "more structure")
        found.append(Finding(f"and {more}, in the table below"))
    return found


def _outliers(residues: pd.DataFrame) -> list[Finding]:
    outliers = residues[residues["evaluation"] == "OUTLIER"].sort_values("score")
    if outliers.empty:
        return [Finding("no outliers", "good")] if len(residues) else []
    names = short_names(residues["file"])
    listed = []
    for row in outliers.to_dict("records"):
        model = f"model {row['model']} " if row["model"] else ""
        listed.append(f"{_before(row, names)}{model}{_residue(row)}")
    order = ", the worst first" if len(listed) > 1 else ""
    return [Finding(f"{count_of(len(listed), 'outlier')}{order}: {_first(listed)}", "bad")]


def _cis_prolines(residues: pd.DataFrame) -> list[Finding]:
    """Name the prolines after a cis bond, each once, and say in how many models it is."""
    found = residues[marks(residues)["cis_proline"]]
    if found.empty:
        return []
    names = short_names(residues["file"])
    n_models = found.groupby(_PLACE, sort=False)["model"].nunique()
    listed = []
    for row in n_models.reset_index(name="models").to_dict("records"):
        models = f" in {row['models']} models" if row["models"] > 1 else ""
        listed.append(f"{_before(row, names)}{_residue(row)}{models}")
    word = "cis-prolines" if len(listed) > 1 else "cis-proline"
    return [Finding(f"{word}: {_first(listed)}")]


def _first(names: list[str]) -> str:
    """Return the first of many names, and how many more there are."""
    shown = ", ".join(names[:_MOST_FINDINGS])
    n_more = len(names) - _MOST_FINDINGS
    return f"{shown} and {n_more} more" if n_more > 0 else shown


def _before(row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    """Return the name of a residue's file, to stand before that of the residue, if there are several files."""
    return f"{names[row['file']]} " if len(names) > 1 else ""


def _residue(row: Mapping[Any, Any]) -> str:
    return f"{row['chain']} {row['resname']} {row['resseq']}{row['icode']}".strip()


def _of_changes(changes: pd.DataFrame) -> list[Finding]:
    worse = _worst_changes_first(changes[changes["change"] == WORSE])
    listed = []
    for row in worse.to_dict("records"):
        listed.append(f"{row['where_after']} ({row['evaluation_before']} → {row['evaluation_after']})")
    n_better = int((changes["change"] == BETTER).sum())
    n_same = int((changes["change"] == SAME).sum())
    others = Finding(f"{n_better} got better, {n_same} kept their label")
    if not listed:
        return [Finding("no residue got worse", "good"), others]
    return [Finding(f"{len(listed)} got worse: {_first(listed)}", "bad"), others]


def _worst_first(residues: pd.DataFrame) -> pd.DataFrame:
    rank = residues["evaluation"].map({name: k for k, name in enumerate(EVALUATIONS)}).astype(float)
    by_score = residues.assign(_rank=rank).sort_values(["_rank", "score"], kind="stable")
    return _without_empty(by_score.drop(columns="_rank"))


def _worst_changes_first(changes: pd.DataFrame) -> pd.DataFrame:
    """Return those that got worse first: by their label now, then by how far they moved."""
    rank = changes["change"].map({WORSE: 0, BETTER: 1, SAME: 2})
    label = changes["evaluation_after"].map({name: k for k, name in enumerate(EVALUATIONS)})
    keys = np.lexsort((-changes["distance"], label, rank))
    return changes.iloc[keys]


def _with_names(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return rows.assign(file=rows["file"].map(names)) if "file" in rows else rows


def _without_empty(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns that say nothing."""
    says_something = ((rows != "") & rows.notna()).any()
    return rows.loc[:, says_something]
