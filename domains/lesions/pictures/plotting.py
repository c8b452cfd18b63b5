"""Where two masks agree in a slice: three colours, or their outlines.

Conventions
-----------
- Coordinates are mm, one as long on both axes. Which side of the patient is on the left, `view=` says, and letters at
  the sides show: see `domains.lesions.pictures.slices`.
- Which lesions are matched is read from the result of `assess`, and never derived again.
- A figure of our own is as wide as one column of a journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import overlap as ov

from ..._pictures import COLUMN, axes_or_new, printed, settle
from ..comparison.assessment import Assessment, Pair
from ..comparison.labels import listed_labels
from ..instances import named_hit
from .drawing import INK, LEVELS, draw_contours, draw_edges, draw_image, frame, rimmed
from .masks import OVER_IMAGE, Masks, margin_or_usual, masks_of_images, masks_of_pair, name_lines, short_name
from .slices import Slice, View
from .states import lesions_in_words
from .unmatched import count_elsewhere
from .windows import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PREDICTED_INK = "#7A2E00"
PREDICTED_LINE = "solid"
REFERENCE_LINE = "dashed"
OUTLINES = (ov.plotting.ONLY_A, ov.plotting.ONLY_B)
"""Colours of the prediction's outline and of the reference's, where nothing is filled."""
WIDTHS = (2.2, 1.0)
"""Their widths, points: the reference is above, and where both coincide, both show."""
_OPERATION = "lesions.plot_overlay"


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

    See Also
    --------
    assess : Compare a predicted segmentation with a reference one.
    plot_labels : Draw all labels of a result in one slice.
    overlap.plotting.agreement : Draw where two masks agree: both, only A, only B.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..comparison.comparison import assess
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> ax = plot_overlay(raters.isel(rater=0) == 1, raters.isel(rater=1) == 1)
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts]
    ('x (mm)', ['R', 'L', 'P', 'A'])
    >>> print(plot_overlay(assess(raters.isel(rater=0), raters.isel(rater=1), threshold=0.3)).get_title())
    label 1, Dice 0.482
    z = 5.4 mm, most disagreement
    solid: matched (IoU >= 0.3), dotted: unmatched
    1 of 1 reference lesions matched
    """
    pair = None
    if isinstance(predicted, Assessment):
        pair = predicted.pair(label, case)
        masks = masks_of_pair(_OPERATION, predicted.grid, pair, axis, at, view)
    else:
        masks = masks_of_images(_OPERATION, predicted, reference, axis, at, view)
    lines = list(masks.title)
    names = short_name(labels[0]), short_name(labels[1])
    is_new = ax is None
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
            name_lines(names, OUTLINES, ax, WIDTHS)
        frame(masks.place, masks.inside, ax, margin_or_usual(margin, image), image is not None)
        if isinstance(predicted, Assessment) and pair is not None:
            first, last = _result_lines(predicted, pair, masks.place)
            lines = [first, *lines, *last]
        ax.set_title("\n".join(lines), fontsize="small")
        if is_new:
            # so that the first savefig cuts no line off
            settle(ax.figure)
    return ax


def _fill(masks: Masks, names: tuple[str, str], ax: Axes, over_image: bool, style: dict[str, Any]) -> None:
    """Draw the three parts with their colours, and how many voxels each has."""
    a = masks.predicted
    b = masks.reference
    look: dict[str, Any] = {"extent": masks.place.extent, "interpolation": "nearest", "zorder": 1}
    if over_image:
        look.update(transparent=True, alpha=OVER_IMAGE)
    ov.plotting.agreement(a, b, ax=ax, labels=names, **{**look, **style})
    legend: Any = ax.get_legend()
    legend.set_title("voxels of this slice", {"size": "small"})


def _draw_masks(masks: Masks, names: tuple[str, str], ax: Axes, filled: bool) -> list[str]:
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


def _result_lines(result: Assessment, pair: Pair, place: Slice) -> tuple[str, list[str]]:
    """Return the first line of a title, with the Dice, and the last ones, with the lesions."""
    scores = result.report.sel(label=pair.label)
    name = f"label {short_name(pair.label)}"
    if pair.case is not None:
        scores = scores.sel(case=pair.case)
        name = f"case {short_name(pair.case)}, {name}"
    first = f"{name}, Dice {float(scores['dice']):.3f}"
    others = [label for label in result.report["label"].values.tolist() if label != pair.label]
    if others:
        first += f" (not drawn: {short_name(listed_labels(others, most=3))})"
    return first, [*_rule_lines(result, pair), lesions_in_words(scores), *_elsewhere(pair, place)]


def _rule_lines(result: Assessment, pair: Pair) -> list[str]:
    """Return where soft masks are cut, and what the lines around lesions mean."""
    settings = result.settings
    rule = named_hit(settings.hit, settings.threshold, settings.radius)
    lines = [f"solid: matched ({rule}), dotted: unmatched"]
    if pair.predicted.dtype != bool or pair.reference.dtype != bool:
        lines.insert(0, f"lesions cut at {settings.level:g}")
    return lines


def _elsewhere(pair: Pair, place: Slice) -> list[str]:
    """Return which lesions that only one side has lie in other slices."""
    counts = count_elsewhere(pair, place)
    said = [f"{n} {kind}" for kind, n in counts.items() if n]
    return [f"in other slices: {', '.join(said)}"] if said else []
