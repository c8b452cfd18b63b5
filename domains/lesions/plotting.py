"""Pictures of masks in a slice: Axes in, Axes out.

Conventions
-----------
- Coordinates are mm, one as long on both axes. Which side of the patient is on the left, `view=` says, and letters at
  the sides show: see `domains.lesions.slices`.
- Unless a place is named, a volume is cut where the two masks disagree most.
- Which lesions are matched is read from the result of `assess`, and never derived again.
- A figure of our own is as wide as one column of a journal, and two for panels side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import overlap as ov

from .._pictures import COLUMN, TWO_COLUMNS, axes_or_new, printed
from .._report import name_of
from .._text import for_picture, one_line
from .comparison import Assessment, Pair
from .drawing import (
    INK,
    LEVELS,
    MARGIN,
    MARGIN_OF_IMAGE,
    Window,
    draw_contours,
    draw_edges,
    draw_image,
    frame,
    rimmed,
    shades,
)
from .grids import Grid, check_masks, regrid
from .layers import listed_labels
from .raters import consensus
from .slices import Slice, View, place_of_most, slice_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PREDICTED_INK = "#7A2E00"
PREDICTED_LINE = "solid"
REFERENCE_LINE = "dashed"
OUTLINES = (ov.plotting.ONLY_A, ov.plotting.ONLY_B)
"""Colours of the prediction's outline and of the reference's, where nothing is filled."""
WIDTHS = (2.2, 1.0)
"""Their widths, points: the reference is above, and where both coincide, both show."""
OVER_IMAGE = 0.7
"""How much of the image the three colours hide."""
_MOST_LETTERS = 40
"""Letters of a name in a title or legend."""
_OPERATION = "lesions.plot_overlay"


@dataclass(frozen=True, eq=False)
class _Masks:
    """Two masks in a slice, and what lies below."""

    place: Slice
    grid: Grid
    predicted: np.ndarray
    reference: np.ndarray
    title: list[str]

    @property
    def inside(self) -> np.ndarray:
        either: np.ndarray = (self.predicted > 0) | (self.reference > 0)
        return either


def plot_overlay(
    predicted: xr.DataArray | Assessment,
    reference: xr.DataArray | None = None,
    *,
    label: str | int | None = None,
    case: Any = None,
    image: xr.DataArray | None = None,
    window: Window | tuple[float, float] | None = None,
    filled: bool = True,
    axis: str = "z",
    at: float | None = None,
    view: View = "radiological",
    margin: float | None = None,
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
        What lies below, in grey, on any grid whose axes point where those of the masks do.
    window : str or (float, float), optional
        Which values are black and white: a window of CT in HU ("bone", "brain", "liver", "lung", "mediastinum",
        "soft tissue", "stroke"), or a centre and a width. By default the 1st and the 99th percentile of the slice.
    filled : bool
        Whether to fill the three parts with their colours; False draws the outlines of the two masks only.
    axis : {"z", "y", "x"}
        Across which axis a volume is cut.
    at : float, optional
        Where, mm; by default in the slice of most disagreement.
    view : {"radiological", "neurological"}
        Whether the patient's right is on the left of the picture, or on its right.
    margin : float, optional
        What is shown around the masks, as a part of their extent: by default 0.15, over an image 0.6. Infinity shows
        all of the slice.
    labels : tuple of str
        Names for the legend.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.
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
        If the grids differ, the place is outside of the image, or there is no such axis, view, window, label or case.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from .io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> ax = plot_overlay(raters.isel(rater=0) == 1, raters.isel(rater=1) == 1)
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts]
    ('x (mm)', ['R', 'L', 'P', 'A'])
    >>> print(plot_overlay(assess(raters.isel(rater=0), raters.isel(rater=1), threshold=0.3)).get_title())
    label 1, Dice 0.482
    z = 5.4 mm, most disagreement
    matched (solid) at IoU >= 0.3: 1 of 1 predicted and 1 reference lesions
    """
    pair = None
    if isinstance(predicted, Assessment):
        pair = predicted.pair(label, case)
        masks = _masks_of_pair(predicted.grid, pair, axis, at, view)
    else:
        masks = _masks_of_images(predicted, reference, axis, at, view)
    lines = list(masks.title)
    names = _short(labels[0]), _short(labels[1])
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.24 * COLUMN))
        if image is not None:
            lines.append(draw_image(_OPERATION, masks.grid, masks.place, image, ax, window))
        if filled:
            _fill(masks, names, ax, image is not None, style)
        if pair is None:
            lines += _draw_masks(masks, names, ax, filled)
        else:
            _draw_lesions(masks.place, pair, ax, filled)
        if not filled:
            _name_outlines(names, ax)
        frame(masks.place, masks.inside, ax, _margin(margin, image), image is not None)
        if isinstance(predicted, Assessment) and pair is not None:
            first, last = _result_lines(predicted, pair)
            lines = [first, *lines, last]
        ax.set_title("\n".join(lines), fontsize="small")
    return ax


def plot_labels(
    result: Assessment,
    *,
    case: Any = None,
    image: xr.DataArray | None = None,
    window: Window | tuple[float, float] | None = None,
    filled: bool = True,
    axis: str = "z",
    at: float | None = None,
    view: View = "radiological",
    margin: float | None = None,
) -> np.ndarray:
    """Draw all labels of a result in one slice, the prediction beside the reference.

    Parameters
    ----------
    result : Assessment
        As `assess` returns it.
    case : object, optional
        Which case; by default the first.
    image, window, filled, axis, at, view, margin
        See `plot_overlay`; by default the slice where most voxels of all labels differ.

    Returns
    -------
    array of matplotlib Axes, shape (2,)
        The larger labels lie below the smaller ones. Regions that have voxels in common are named in the title.

    Raises
    ------
    ValueError
        If the masks were not kept, or as `plot_overlay`.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from .io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> both = assess(raters.isel(rater=0), raters.isel(rater=1), labels={"core": 1, "whole": (1, 2)})
    >>> [ax.get_title() for ax in plot_labels(both)]
    ['prediction', 'reference']
    >>> print(plot_labels(both)[0].figure.get_suptitle())
    z = 5.4 mm, most disagreement
    regions that overlap: core, whole
    """
    import matplotlib.pyplot as plt

    pairs = _pairs_of(result, case)
    both = [(pair.predicted, pair.reference) for pair in pairs]
    place, said = _slice_of(result.grid, both, axis, at, view)
    drawn = [_Masks(place, result.grid, place.of(pair.predicted), place.of(pair.reference), []) for pair in pairs]
    inside = np.any([masks.inside for masks in drawn], axis=0)
    lines = [*said, *_shared_voxels(pairs)]
    colours = shades(len(pairs))
    with printed():
        figure, panels = plt.subplots(1, 2, figsize=(TWO_COLUMNS, 0.56 * TWO_COLUMNS), layout="constrained")
        for ax, side in zip(panels, ("predicted", "reference"), strict=True):
            if image is not None:
                grey = draw_image("lesions.plot_labels", result.grid, place, image, ax, window)
            for k in _largest_first([getattr(masks, side) for masks in drawn]):
                _draw_label(place, getattr(drawn[k], side), colours[k], ax, filled, image is not None)
            frame(place, inside, ax, _margin(margin, image), image is not None)
            ax.set_title("prediction" if side == "predicted" else "reference")
        if image is not None:
            lines.append(grey)
        panels[1].set_ylabel("")
        _name_labels(result, pairs, colours, figure)
        figure.suptitle("\n".join(lines), fontsize="small")
    return np.asarray(panels)


def plot_raters(
    raters: xr.DataArray,
    *,
    dim: str = "rater",
    image: xr.DataArray | None = None,
    window: Window | tuple[float, float] | None = None,
    filled: bool = True,
    axis: str = "z",
    at: float | None = None,
    view: View = "radiological",
    margin: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the outline of each rater over the share of raters, in one slice.

    Parameters
    ----------
    raters : DataArray of bool
        Masks along `dim`.
    dim : str
        The raters' dimension.
    filled : bool
        Whether to fill the voxels by the share of raters, the more the darker.
    image, window, axis, at, view, margin, ax
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
    operation = "lesions.plot_raters"
    share = consensus(raters, dim=dim)
    grid = Grid.of(share)
    reason = "most in dispute" if at is None else ""
    if at is None:
        at = place_of_most(share * (1 - share), axis)
    place = slice_at(operation, grid, axis, at, view)
    lines = _place_line(place, reason)
    shares = place.of(share)
    names = raters[dim].values
    colours = shades(len(names))
    # each thinner and darker than the one below: where outlines coincide all of them show
    widths = [0.9 + 1.1 * k for k in reversed(range(len(names)))]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.12 * COLUMN))
        if image is not None:
            lines.append(draw_image(operation, grid, place, image, ax, window))
        if filled:
            opacity = np.where(shares > 0, 0.75 if image is None else OVER_IMAGE, 0.0)
            look: dict[str, Any] = {"cmap": "Greys", "vmin": 0, "vmax": 1.6, "interpolation": "nearest"}
            ax.imshow(shares, origin="lower", extent=place.extent, alpha=opacity, zorder=1, **look)
        for k, colour in enumerate(colours):
            mask = place.of(raters.isel({dim: k})) > 0
            draw_edges(place, mask, ax, colour=colour, width=widths[k], rim=image is not None)
        _name_lines([f"{dim} {name}" for name in names], colours, ax, widths)
        frame(place, shares > 0, ax, _margin(margin, image), image is not None)
        ax.set_title("\n".join(lines), fontsize="small")
    return ax


def _masks_of_pair(grid: Grid, pair: Pair, axis: str, at: float | None, view: View) -> _Masks:
    place, title = _slice_of(grid, [(pair.predicted, pair.reference)], axis, at, view)
    return _Masks(place, grid, place.of(pair.predicted), place.of(pair.reference), title)


def _masks_of_images(
    predicted: xr.DataArray, reference: xr.DataArray | None, axis: str, at: float | None, view: View
) -> _Masks:
    if reference is None:
        raise TypeError(f"{_OPERATION}: reference is None: pass two masks, or the result of assess")
    check_masks(_OPERATION, predicted=predicted, reference=reference)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, _OPERATION, name_of(predicted, "prediction"))
    place, title = _slice_of(grid, [(predicted, reference)], axis, at, view)
    return _Masks(place, grid, place.of(predicted), place.of(reference), title)


def _slice_of(
    grid: Grid, pairs: Sequence[tuple[xr.DataArray, xr.DataArray]], axis: str, at: float | None, view: View
) -> tuple[Slice, list[str]]:
    """Return the slice at a place, or else that of most disagreement, and what the title says of it."""
    if at is not None:
        place = slice_at(_OPERATION, grid, axis, at, view)
        return place, _place_line(place)
    differ = []
    either = []
    for predicted, reference in pairs:
        a = predicted.astype(float)
        b = reference.astype(float)
        differ.append(abs(a - b))
        either.append(a + b)
    weight = _added_along(axis, differ)
    reason = "most disagreement"
    if not weight.any():
        weight = _added_along(axis, either)
        reason = "no disagreement anywhere"
    place = slice_at(_OPERATION, grid, axis, place_of_most(weight, axis), view)
    return place, _place_line(place, reason)


def _added_along(axis: str, weights: list[xr.DataArray]) -> xr.DataArray:
    """Return how much all of them have in each slice, for boxes cut out of one grid."""
    along = [weight.sum([dim for dim in weight.dims if dim != axis]) for weight in weights]
    aligned = xr.align(*along, join="outer", fill_value=0.0)
    return xr.concat(aligned, "label").sum("label")


def _place_line(place: Slice, reason: str = "") -> list[str]:
    """Return where a slice lies, and why there, as a line of the title; none for an image of one slice."""
    if not place.title:
        return []
    return [f"{place.title}, {reason}" if reason else place.title]


def _fill(masks: _Masks, names: tuple[str, str], ax: Axes, over_image: bool, style: dict[str, Any]) -> None:
    """Draw the three parts with their colours, and how many voxels each has."""
    a = masks.predicted
    b = masks.reference
    look: dict[str, Any] = {"extent": masks.place.extent, "interpolation": "nearest", "zorder": 1}
    if over_image:
        look.update(transparent=True, alpha=OVER_IMAGE)
    ov.plotting.agreement(a, b, ax=ax, labels=names, **{**look, **style})
    legend: Any = ax.get_legend()
    legend.set_title("voxels of this slice", {"size": "small"})


def _draw_masks(masks: _Masks, names: tuple[str, str], ax: Axes, filled: bool) -> list[str]:
    """Draw the edges of hard masks and the contours of soft ones, and return what the title says of these."""
    place = masks.place
    soft = []
    if masks.predicted.dtype != bool:
        draw_contours(place, masks.predicted, ax, linestyles=PREDICTED_LINE, **_contour_look(0, filled))
        soft.append(f"{names[0]} {PREDICTED_LINE}")
    elif not filled:
        draw_edges(place, masks.predicted, ax, **_line_look(0, filled))
    if masks.reference.dtype != bool:
        draw_contours(place, masks.reference, ax, linestyles=REFERENCE_LINE, **_contour_look(1, filled))
        soft.append(f"{names[1]} {REFERENCE_LINE}")
    else:
        draw_edges(place, masks.reference, ax, **_line_look(1, filled))
    if not soft:
        return []
    levels = ", ".join(str(level) for level in LEVELS)
    return [f"contours {levels}: {', '.join(soft)}"]


def _draw_lesions(place: Slice, pair: Pair, ax: Axes, filled: bool) -> None:
    """Outline each lesion of a result: the matched solid, the others dotted."""
    matched = pair.lesions[pair.lesions["matched"]]
    sides = [(pair.predicted_lesions, matched["predicted"]), (pair.reference_lesions, matched["reference"])]
    for side, (lesions, of_matched) in enumerate(sides):
        numbers = place.of(lesions)
        for number in np.unique(numbers[numbers > 0]):
            line = "solid" if number in set(of_matched) else "dotted"
            draw_edges(place, numbers == number, ax, linestyles=line, **_line_look(side, filled))


def _line_look(side: int, filled: bool) -> dict[str, Any]:
    """Return how a side is outlined: in ink over its own colours, else in the colour that it has alone."""
    if filled:
        return {"colour": [PREDICTED_INK, INK][side], "width": 0.9}
    return {"colour": OUTLINES[side], "width": WIDTHS[side], "rim": True, "zorder": 3 + side}


def _contour_look(side: int, filled: bool) -> dict[str, Any]:
    if filled:
        return {}
    rim = rimmed(OUTLINES[side], 1.2)
    return {"colors": OUTLINES[side], "linewidths": 1.2, "path_effects": rim}


def _draw_label(place: Slice, mask: np.ndarray, colour: Any, ax: Axes, filled: bool, over_image: bool) -> None:
    """Draw one label of one side: its colour and its edge, of a soft mask where it is at least one half."""
    inside = mask >= LEVELS[1] if mask.dtype != bool else mask
    if filled:
        shade = np.empty((*mask.shape, 4))
        shade[..., :3] = colour[:3]
        shade[..., 3] = mask * (OVER_IMAGE if over_image else 1.0)
        ax.imshow(shade, origin="lower", extent=place.extent, interpolation="nearest", zorder=1)
        draw_edges(place, inside, ax, colour=INK, width=0.6)
        return
    draw_edges(place, inside, ax, colour=colour, width=1.2, rim=True)


def _name_outlines(names: tuple[str, str], ax: Axes) -> None:
    _name_lines(names, OUTLINES, ax, WIDTHS)


def _name_lines(names: Sequence[str], colours: Sequence[Any], ax: Axes, widths: Sequence[float]) -> None:
    """Write below the axes what each line is."""
    from matplotlib.lines import Line2D

    handles = []
    for k, name in enumerate(names):
        colour = colours[k]
        rim = rimmed(colour, widths[k])
        handles.append(Line2D([], [], color=colour, linewidth=widths[k], label=_short(name), path_effects=rim))
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=4.5,  # below the axis label, whatever the size of the axes
        ncols=2 if len(names) > 3 else len(names),
        fontsize="small",
        frameon=False,
    )


def _name_labels(result: Assessment, pairs: list[Pair], colours: list[Any], figure: Any) -> None:
    """Write below the panels which label each colour is, and its Dice."""
    from matplotlib.patches import Patch

    handles = []
    for pair, colour in zip(pairs, colours, strict=True):
        text = f"{_short(pair.label)}, Dice {_dice(result, pair):.3f}"
        handles.append(Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=text))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(len(pairs), 4), fontsize="small", frameon=False
    )


def _largest_first(masks: list[np.ndarray]) -> list[int]:
    sizes = [-float(mask.sum()) for mask in masks]
    return [int(k) for k in np.argsort(sizes, kind="stable")]


def _pairs_of(result: Assessment, case: Any) -> list[Pair]:
    first = result.pair(case=case)
    return [pair for pair in result.pairs if pair.case == first.case]


def _shared_voxels(pairs: list[Pair]) -> list[str]:
    """Return a line that names the labels of which one side has voxels in common with another label."""
    names = []
    for one in pairs:
        others = [other for other in pairs if other is not one]
        if any(_meet(one.predicted, other.predicted) or _meet(one.reference, other.reference) for other in others):
            names.append(_short(one.label))
    return [f"regions that overlap: {', '.join(names)}"] if names else []


def _meet(a: xr.DataArray, b: xr.DataArray) -> bool:
    one, other = xr.align(a > 0, b > 0, join="inner")
    return bool((one & other).any())


def _dice(result: Assessment, pair: Pair) -> float:
    return float(_scores_of(result, pair)["dice"])


def _scores_of(result: Assessment, pair: Pair) -> xr.Dataset:
    scores = result.report.sel(label=pair.label)
    return scores if pair.case is None else scores.sel(case=pair.case)


def _result_lines(result: Assessment, pair: Pair) -> tuple[str, str]:
    """Return the first line of a title, with the Dice, and the last one, with the lesions."""
    scores = _scores_of(result, pair)
    name = f"label {_short(pair.label)}"
    if pair.case is not None:
        name = f"case {_short(pair.case)}, {name}"
    dice = float(scores["dice"])
    threshold = result.settings.threshold
    matched = int(scores["lesions_matched"])
    predicted = int(scores["lesions_predicted"])
    reference = int(scores["lesions_reference"])
    lesions = f"{matched} of {predicted} predicted and {reference} reference lesions"
    hard = pair.predicted.dtype == bool and pair.reference.dtype == bool
    cut = "" if hard else f"cut at {result.settings.level:g}, "
    others = [k for k in result.report["label"].values.tolist() if k != pair.label]
    alone = f" (not drawn: {_short(listed_labels(others))})" if others else ""
    return f"{name}, Dice {dice:.3f}{alone}", f"{cut}matched (solid) at IoU >= {threshold:g}: {lesions}"


def _margin(margin: float | None, image: xr.DataArray | None) -> float:
    if margin is not None:
        return margin
    return MARGIN if image is None else MARGIN_OF_IMAGE


def _short(name: object) -> str:
    """Return a name as long as there is space for, none of it set as mathematics."""
    return for_picture(one_line(name, _MOST_LETTERS))
