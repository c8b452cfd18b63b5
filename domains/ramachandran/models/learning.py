"""The whole job of ``overlap ramachandran learn``: contact limits from a reference, judged, saved and drawn.

Conventions
-----------
- The CSV file has a row for each contact, JSON all that was found: settings, IoU of each fit, limits, and the models of
  1963, of Ho et al. (2003) and the learned one against every category.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from ... import _console
from ..._pictures import TWO_COLUMNS, printed
from ..._tables import build_table
from ..empirical import LEVELS
from .crosswise import compare_crosswise
from .learned import LearnedContacts, learn_contacts
from .steric import hard_sphere

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from ..._console import Outputs

NAMES = ("1963", "Ho et al. 2003", "learned")
JUDGED = ("IoU favored", "IoU allowed", "inside")
LISTED = ("1963", "learned", "over fits", "spread", "forbids", "alone", "IoU with 1963")


def learn_files(*, n_seeds: int, region: Path | None, outputs: Outputs, **options: Any) -> int:
    """Do what ``overlap ramachandran learn`` does, and return its exit code."""
    with _console.collected_warnings() as notes:
        learned = learn_contacts(seeds=range(n_seeds), **options)
        judged = compare_crosswise(models_beside(learned))

    def terminal() -> list[Any]:
        fits = ", ".join(f"{iou:.4f} (seed {seed})" for seed, iou in learned.iou.to_series().items())
        said = f"IoU in sample {fits}; held out {learned.held_out_iou:.4f}"
        return [limits_table(learned), said, models_table(judged)]

    def picture() -> Axes:
        panels = plot_learned(learned)
        first: Axes = panels[0]
        return first

    code = _console.deliver(summary(learned, judged), outputs, terminal, picture, rows=learned.table, notes=notes)
    if region is not None:
        _console.save_dataset(learned.region, region)
    return code


def models_beside(learned: LearnedContacts) -> dict[str, xr.DataArray]:
    """Return the regions of 1963 and 2003 and the learned one by name.

    Examples
    --------
    >>> list(models_beside(learn_contacts(steps=2, seeds=[0])))
    ['1963', 'Ho et al. 2003', 'learned']
    """
    tau = learned.settings.tau
    strict = hard_sphere("outer", tau=tau)
    five = hard_sphere("outer", tau=tau, clashes="ho2003")
    return dict(zip(NAMES, (strict, five, learned.region), strict=True))


def summary(learned: LearnedContacts, judged: pd.DataFrame) -> dict[str, Any]:
    """Return what JSON shows.

    Examples
    --------
    >>> learned = learn_contacts(steps=2, seeds=[0])
    >>> list(summary(learned, compare_crosswise(models_beside(learned))))
    ['prediction', 'reference', 'settings', 'iou', 'held_out_iou', 'limits', 'models']
    """
    return {
        "prediction": learned.region.attrs["name"],
        "reference": learned.region.attrs["learned_from"],
        "settings": asdict(learned.settings),
        "iou": {str(seed): float(iou) for seed, iou in learned.iou.to_series().items()},
        "held_out_iou": learned.held_out_iou,
        "limits": learned.table.to_dict("records"),
        "models": judged.to_dict("records"),
    }


def limits_table(learned: LearnedContacts) -> Table:
    """Return the limits as a table for the terminal.

    Examples
    --------
    >>> limits_table(learn_contacts(steps=2, seeds=[0])).row_count
    10
    """
    cells = []
    for row in learned.table.to_dict("records"):
        over_fits = f"{row['lowest']:.2f}–{row['highest']:.2f}"
        spread = "–" if pd.isna(row["spread"]) else f"{row['spread']:.3f}"
        limits = [f"{row['start']:.2f}", f"{row['limit']:.2f}", over_fits, spread]
        effects = [f"{row['forbids']:.1%}", f"{row['alone']:.1%}", f"{row['iou_at_start']:.3f}"]
        cells.append([row["contact"], *limits, *effects])
    caption = (
        "limits in Å; forbids: share of the torus; alone: what no other contact forbids;\n"
        "IoU with 1963: of the learned region with this limit put back"
    )
    title = f"Contact limits learned from {learned.region.attrs['learned_from']}"
    return build_table(["contact"], LISTED, cells, title=title, caption=caption)


def models_table(judged: pd.DataFrame) -> Table:
    """Return the models against each category as a table for the terminal.

    Examples
    --------
    >>> models_table(compare_crosswise({"1963": hard_sphere()})).row_count
    6
    """
    cells = []
    for category, of_category in judged.groupby("category", sort=False):
        for model, rows in of_category.groupby("model", sort=False):
            cells.append([str(category), *_model_cells(str(model), rows.set_index("level"))])
    caption = (
        "in brackets: share of the torus; inside: share of the reference's residues, by the masses of its cells;\n"
        "* in sample"
    )
    return build_table(["category", "model"], JUDGED, cells, title="Each class", caption=caption)


def _model_cells(model: str, by_level: pd.DataFrame) -> list[str]:
    """Return a model with its area, its IoU at both levels, and the residues inside."""
    ious = []
    for level in LEVELS:
        mark = "*" if by_level["in_sample"][level] else ""
        ious.append(f"{by_level['iou'][level]:.3f}{mark}")
    first = by_level.iloc[0]
    return [f"{model} ({first['share']:.1%})", *ious, f"{first['mass_recall']:.1%}"]


def plot_learned(learned: LearnedContacts) -> Any:
    """Draw the region of 1963 and the learned one over the region that was learned from, told apart in grey too.

    Returns
    -------
    array of matplotlib Axes, shape (2,)

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> panels = plot_learned(learn_contacts(steps=2, seeds=[0]))
    >>> print(panels[0].get_title())
    1963: IoU 0.485
    """
    import matplotlib.pyplot as plt

    from ..comparison.comparison import assess
    from ..comparison.region_plots import plot_agreement

    models = models_beside(learned)
    with printed():
        _, panels = plt.subplots(1, 2, figsize=(TWO_COLUMNS, 4.6), layout="constrained", sharey=True)
        for ax, name in zip(panels, ("1963", "learned"), strict=True):
            assessed = assess(models[name].assign_attrs(category=""), learned.reference)
            ax.set_title(f"{name}: IoU {float(assessed.report.iou):.3f}", fontsize="medium")
            plot_agreement(assessed, ax=ax, labels=("model", "reference"))
            ax.label_outer()
    return panels
