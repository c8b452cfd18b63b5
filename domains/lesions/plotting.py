"""Pictures of lesions: Axes in, Axes out.

Conventions
-----------
- Coordinates are mm, one as long on both axes; x to the right, as the patient's own right.
- Hard masks are outlined along the edges of voxels, soft ones by contours of equal probability.
- Unless a place is named, a volume is cut where the two masks disagree most.
- Which lesions are matched is read from the result of `assess`, and never derived again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import overlap as ov

from .._checks import check_choice
from .._pictures import axes_or_new
from .._report import name_of
from .._text import for_picture
from .comparison import Assessment, Pair
from .grids import AXES, Grid, check_masks, regrid
from .layers import listed_labels
from .raters import consensus
from .summaries import interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

RATERS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
INK = "#222222"
PREDICTED_INK = "#7A2E00"
LEVELS = (0.25, 0.5, 0.75)
PREDICTED_LINE = "solid"
REFERENCE_LINE = "dashed"
TITLES = {
    "dice": "Dice",
    "iou": "IoU",
    "hausdorff": "HD (mm)",
    "hd95": "HD95 (mm)",
    "assd": "ASSD (mm)",
    "masd": "MASD (mm)",
    "nsd": "NSD",
    "lesion_f1": "lesion-wise F1",
    "lesion_pq": "PQ",
}
MARGIN = 0.15
"""Of the lesion's extent, left free around it."""


def plot_overlay(
    predicted: xr.DataArray | Assessment,
    reference: xr.DataArray | None = None,
    *,
    label: str | int | None = None,
    case: Any = None,
    image: xr.DataArray | None = None,
    axis: str = "z",
    at: float | None = None,
    labels: tuple[str, str] = ("prediction", "reference"),
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Draw where two masks agree in one slice: both, only the prediction, only the reference.

    Parameters
    ----------
    predicted, reference : DataArray
        Masks of one label, bool or floating in [0, 1], on one grid. Soft ones get contours at 0.25, 0.5 and 0.75:
        the prediction's drawn through, the reference's dashed.
        Or the result of `assess` alone: then its lesions are outlined, the matched solid, the others dotted. What is
        matched, and where soft masks are cut, is the result's own.
    label : str or int, optional
        Which label of a result; by default the first. The title says which others are not drawn.
    case : object, optional
        Which case of a result; by default the first.
    image : DataArray, optional
        What lies below, in grey.
    axis : {"z", "y", "x"}
        Across which axis a volume is cut.
    at : float, optional
        Where, mm; by default in the slice of most disagreement.
    labels : tuple of str
        Names for the legend.
    ax : matplotlib Axes, optional
        Where to draw.
    **style
        Passed to `overlap.plotting.agreement`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If an image is no mask.
    ValueError
        If the grids differ, or there is no such axis, label or case.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from .io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> plot_overlay(raters.isel(rater=0) == 1, raters.isel(rater=1) == 1).get_xlabel()
    'x (mm)'
    >>> print(plot_overlay(assess(raters.isel(rater=0), raters.isel(rater=1), threshold=0.3)).get_title())
    label 1, Dice 0.482
    z = 5.4 mm, most disagreement
    matched (solid) at IoU >= 0.3: 1 of 1 predicted and 1 reference lesions
    """
    if isinstance(predicted, Assessment):
        pair = predicted.pair(label, case)
        plane, ax = _draw_agreement(pair.predicted, pair.reference, image, axis, at, labels, ax, style)
        _draw_lesions(plane, pair, ax)
        ax.set_title(_result_title(predicted, pair, plane), fontsize="small")
        return ax
    if reference is None:
        raise TypeError("lesions.plot_overlay: reference is None: pass two masks, or the result of assess")
    check_masks("lesions.plot_overlay", predicted=predicted, reference=reference)
    plane, ax = _draw_agreement(predicted, reference, image, axis, at, labels, ax, style)
    soft = []
    if predicted.dtype != bool:
        _draw_contours(plane, predicted, ax, PREDICTED_LINE)
        soft.append(f"{labels[0]} {PREDICTED_LINE}")
    if reference.dtype != bool:
        _draw_contours(plane, reference, ax, REFERENCE_LINE)
        soft.append(f"{labels[1]} {REFERENCE_LINE}")
    else:
        _draw_outline(plane, plane.slice(reference), ax, colors=INK, linewidths=1.1)
    if not soft:
        ax.set_title(plane.title, fontsize="medium")
        return ax
    levels = ", ".join(str(level) for level in LEVELS)
    ax.set_title(f"{plane.title}\ncontours {levels}: {', '.join(soft)}", fontsize="small")
    return ax


def plot_raters(
    raters: xr.DataArray,
    *,
    dim: str = "rater",
    image: xr.DataArray | None = None,
    axis: str = "z",
    at: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the outline of each rater over the share of raters, in one slice.

    Parameters
    ----------
    raters : DataArray of bool
        Masks along `dim`.
    dim : str
        The raters' dimension.
    image, axis, at, ax
        See `plot_overlay`; by default the slice with most voxels in dispute.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .io import example, read_image
    >>> ax = plot_raters(read_image(example("nodule_00")) == 1)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['rater 0', 'rater 1', 'rater 2', 'rater 3']
    """
    from matplotlib.lines import Line2D

    share = consensus(raters, dim=dim)
    plane = _plane(Grid.of(share), share * (1 - share), axis, at, "most in dispute")
    ax = axes_or_new(ax, figsize=(4.6, 4.9))
    if image is not None:
        _draw_image(plane, image, ax)
    shares = plane.slice(share)
    drawn = ax.imshow(
        shares, origin="lower", extent=plane.extent, cmap="Greys", vmin=0, vmax=1.6, interpolation="nearest"
    )
    drawn.set_alpha(np.where(shares > 0, 0.75, 0.0))
    names = raters[dim].values
    handles = []
    for k, name in enumerate(names):
        colour = RATERS[k % len(RATERS)]
        mask = plane.slice(raters.isel({dim: k}))
        # each thinner than the one below: where outlines coincide all of them show
        width = 1.2 + 1.3 * (len(names) - 1 - k)
        _draw_outline(plane, mask, ax, colors=colour, linewidths=width)
        handles.append(Line2D([], [], color=colour, linewidth=2, label=for_picture(f"{dim} {name}")))
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, fontsize="small", frameon=False
    )
    _frame(plane, shares > 0, ax)
    ax.set_title(plane.title, fontsize="medium")
    return ax


def plot_scores(scores: pd.DataFrame, index: str = "dice", *, ax: Axes | None = None) -> Axes:
    """Draw every case's score, label by label, with the mean (the median, for a distance) and its interval.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it.
    index : str
        Which column.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib, pandas as pd
    >>> matplotlib.use("agg")
    >>> scores = pd.DataFrame({"case": ["a", "b"], "label": "1", "error": "", "dice": [0.8, 0.9]})
    >>> plot_scores(scores).get_xlabel()
    'Dice'
    """
    good = scores[scores["error"] == ""]
    groups = {}
    for label, cases in good.groupby("label", sort=False):
        groups[str(label)] = cases[index].to_numpy(float)
    ax = axes_or_new(ax, figsize=(5, 0.9 + 0.7 * len(groups)))
    rng = np.random.default_rng(0)
    for row, values in enumerate(groups.values()):
        shown = values[np.isfinite(values)]
        scatter = rng.uniform(-0.22, 0.22, len(shown))
        ax.scatter(shown, row + scatter, s=16, color=RATERS[0], alpha=0.6, linewidths=0)
        value, low, high = interval(values, index)
        ax.plot([low, high], [row, row], color=INK, linewidth=2.2, solid_capstyle="butt")
        ax.plot(value, row, "o", color="white", markeredgecolor=INK, markersize=6, markeredgewidth=1.4)
    names = [f"{for_picture(label)}  (n = {len(values)})" for label, values in groups.items()]
    ax.set_yticks(range(len(groups)), names)
    ax.set_xlabel(TITLES.get(index, index))
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


@dataclass(frozen=True, eq=False)
class _Plane:
    """The slice that is drawn: where a volume is cut, and what runs to the right and up on paper."""

    cut: dict[str, int]
    place: dict[str, float]
    title: str
    across: str
    up: str
    x: np.ndarray
    y: np.ndarray
    dx: float
    dy: float

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Edges of the outer voxels: left, right, bottom, top, mm."""
        left = self.x[0] - self.dx / 2
        right = self.x[-1] + self.dx / 2
        bottom = self.y[0] - self.dy / 2
        top = self.y[-1] + self.dy / 2
        return left, right, bottom, top

    def slice(self, image: xr.DataArray) -> np.ndarray:
        """Return rows by columns."""
        rows: np.ndarray = image.isel(self.cut).transpose(self.up, self.across).values
        return rows


def _plane(grid: Grid, weight: xr.DataArray, axis: str, at: float | None, reason: str) -> _Plane:
    """Return the slice at a place, or else the one of most weight."""
    centres = dict(zip(grid.axes, grid.centres, strict=True))
    spacing = dict(zip(grid.axes, grid.spacing, strict=True))
    cut = {}
    place = {}
    title = ""
    if len(grid.axes) == 3:
        check_choice("lesions.plot_overlay", "axis", axis, grid.axes)
        others = [d for d in grid.axes if d != axis]
        most = int(weight.sum(others).values.argmax())
        k = most if at is None else int(np.abs(centres[axis].values - at).argmin())
        cut = {axis: k}
        place = {axis: float(centres[axis][k])}
        title = f"{axis} = {place[axis]:.1f} mm"
        if at is None:
            title = f"{title}, {reason}"
    across, up = [d for d in AXES if d in grid.axes and d not in cut]
    x = centres[across].values
    y = centres[up].values
    return _Plane(cut, place, title, across, up, x, y, dx=spacing[across], dy=spacing[up])


def _result_title(result: Assessment, pair: Pair, plane: _Plane) -> str:
    scores = result.report.sel(label=pair.label)
    name = f"label {pair.label}"
    if pair.case is not None:
        scores = scores.sel(case=pair.case)
        name = f"case {pair.case}, {name}"
    dice = float(scores["dice"])
    threshold = result.settings.threshold
    matched = int(scores["lesions_matched"])
    predicted = int(scores["lesions_predicted"])
    reference = int(scores["lesions_reference"])
    lesions = f"{matched} of {predicted} predicted and {reference} reference lesions"
    hard = pair.predicted.dtype == bool and pair.reference.dtype == bool
    cut = "" if hard else f"cut at {result.settings.level:g}, "
    others = [k for k in result.report["label"].values.tolist() if k != pair.label]
    alone = f" (not drawn: {listed_labels(others)})" if others else ""
    scored = f"{for_picture(name)}, Dice {dice:.3f}{for_picture(alone)}"
    return f"{scored}\n{plane.title}\n{cut}matched (solid) at IoU >= {threshold:g}: {lesions}"


def _draw_agreement(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    image: xr.DataArray | None,
    axis: str,
    at: float | None,
    labels: tuple[str, str],
    ax: Axes | None,
    style: dict[str, Any],
) -> tuple[_Plane, Axes]:
    """Draw the slice of two masks in three colours, and return where it lies and what it was drawn on."""
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, "lesions.plot_overlay", name_of(predicted, "prediction"))
    change = abs(predicted.astype(float) - reference.astype(float))
    plane = _plane(grid, change, axis, at, "most disagreement")
    ax = axes_or_new(ax, figsize=(4.6, 4.9))
    defaults: dict[str, Any] = {"extent": plane.extent, "interpolation": "nearest", "zorder": 1}
    if image is not None:
        _draw_image(plane, image, ax)
        defaults["alpha"] = 0.65
    a = plane.slice(predicted)
    b = plane.slice(reference)
    ov.plotting.agreement(a, b, ax=ax, labels=labels, **{**defaults, **style})
    legend: Any = ax.get_legend()
    legend.set_title("voxels of this slice", {"size": "small"})
    _frame(plane, (a > 0) | (b > 0), ax)
    return plane, ax


def _draw_image(plane: _Plane, image: xr.DataArray, ax: Axes) -> None:
    places: dict[str, Any] = {**plane.place, plane.across: plane.x, plane.up: plane.y}
    flat = image.sel(places, method="nearest").transpose(plane.up, plane.across)
    ax.imshow(flat, origin="lower", extent=plane.extent, cmap="gray", interpolation="nearest", zorder=0)


def _draw_lesions(plane: _Plane, pair: Pair, ax: Axes) -> None:
    matched = pair.lesions[pair.lesions["matched"]]
    _draw_numbered(plane, pair.predicted_lesions, set(matched["predicted"]), ax, PREDICTED_INK)
    _draw_numbered(plane, pair.reference_lesions, set(matched["reference"]), ax, INK)


def _draw_numbered(plane: _Plane, lesions: xr.DataArray, matched: set[int], ax: Axes, colour: str) -> None:
    """Outline each lesion of one side: the matched solid, the others dotted."""
    numbers = plane.slice(lesions)
    for number in np.unique(numbers[numbers > 0]):
        line = "solid" if number in matched else "dotted"
        _draw_outline(plane, numbers == number, ax, colors=colour, linewidths=1.1, linestyles=line)


def _draw_outline(plane: _Plane, inside: np.ndarray, ax: Axes, **style: Any) -> None:
    """Draw the edges of voxels between inside and outside."""
    from matplotlib.collections import LineCollection

    left, right, bottom, top = plane.extent
    rows, columns = inside.shape
    x = np.linspace(left, right, columns + 1)
    y = np.linspace(bottom, top, rows + 1)
    padded = np.pad(inside, 1)
    below = padded[:-1, 1:-1]
    above = padded[1:, 1:-1]
    r, c = np.nonzero(below != above)
    level = _segments(x[c], y[r], x[c + 1], y[r])
    before = padded[1:-1, :-1]
    after = padded[1:-1, 1:]
    r, c = np.nonzero(before != after)
    upright = _segments(x[c], y[r], x[c], y[r + 1])
    edges = np.concatenate([level, upright])
    ax.add_collection(LineCollection(list(edges), capstyle="projecting", zorder=3, **style))


def _segments(x0: np.ndarray, y0: np.ndarray, x1: np.ndarray, y1: np.ndarray) -> np.ndarray:
    """Return the lines from (x0, y0) to (x1, y1), shape (n, 2, 2)."""
    start = np.stack([x0, y0], axis=-1)
    end = np.stack([x1, y1], axis=-1)
    return np.stack([start, end], axis=1)


def _draw_contours(plane: _Plane, mask: xr.DataArray, ax: Axes, line: str) -> None:
    values = plane.slice(mask)
    levels = [level for level in LEVELS if values.min() < level < values.max()]
    if levels:
        ax.contour(plane.x, plane.y, values, levels=levels, colors=INK, linewidths=0.8, linestyles=line, zorder=4)


def _frame(plane: _Plane, inside: np.ndarray, ax: Axes) -> None:
    """Show the lesion and a margin, in mm."""
    ax.set(xlabel=f"{plane.across} (mm)", ylabel=f"{plane.up} (mm)", aspect="equal")
    if not inside.any():
        left, right, bottom, top = plane.extent
        ax.set(xlim=(left, right), ylim=(bottom, top))
        return
    columns = np.flatnonzero(inside.any(axis=0))
    rows = np.flatnonzero(inside.any(axis=1))
    width = (columns[-1] - columns[0] + 1) * plane.dx
    height = (rows[-1] - rows[0] + 1) * plane.dy
    margin = MARGIN * max(width, height)
    ax.set_xlim(_limits(plane.x, plane.dx, columns, margin))
    ax.set_ylim(_limits(plane.y, plane.dy, rows, margin))


def _limits(centres: np.ndarray, step: float, inside: np.ndarray, margin: float) -> tuple[float, float]:
    """Return where an axis begins and ends: the voxels inside and a margin, within the image."""
    first = centres[inside[0]] - step / 2
    last = centres[inside[-1]] + step / 2
    low = max(centres[0] - step / 2, first - margin)
    high = min(centres[-1] + step / 2, last + margin)
    return low, high
