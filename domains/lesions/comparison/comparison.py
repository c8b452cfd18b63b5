"""How well a predicted segmentation agrees with a reference, label by label.

Conventions
-----------
- Prediction first, reference second, on one grid: another grid raises, and nothing is resampled in silence.
- Sizes are volumes in mm³ (areas in mm² in a single slice): voxels, or their soft values, times the size of a voxel.
- ``iou`` and ``dice`` take soft masks as they are. How far two soft voxels overlap nobody knows: ``dice_low`` and
  ``dice_high`` bracket every answer (the t-norms lukasiewicz and minimum). ``dice_hard`` cuts both at ``level``.
  Where one side is hard all of the soft ones are equal, where both are all four.
- Distances are between the boundaries of the cut masks, or with ``surface="iso"`` between the level surfaces of soft
  masks as they are, in mm; what each means is in its ``attrs["definition"]``.
  A missed label is infinitely far, a label that neither has is NaN: neither is dropped.
- A label is ``missed`` (1, else 0) where the reference has it and the prediction has nothing of it: no volume, or
  none that reaches ``level`` where the reference does. ``nsd`` is an index: ``empty`` says what it is where a side is
  empty.
- Lesions are those of the cut masks, see `domains.lesions.instances`.
- What lies outside ``where`` is in neither set, for sizes, distances and lesions alike.
- `assess` derives everything once. The report, the table of lesions and the picture read its result.

References
----------
Maier-Hein, L. et al. (2024). Metrics reloaded. Nat. Methods 21, 195. doi:10.1038/s41592-023-02151-z
Crum, W. R., Camara, O. & Hill, D. L. G. (2006). Generalized overlap measures for evaluation and validation in
medical image analysis. IEEE Trans. Med. Imaging 25, 1451. doi:10.1109/TMI.2006.880587
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import surfaces

from ... import _report
from ..._html import Displayed
from ..images.grids import Grid, check_images, regrid
from ..images.places import BORROWED
from ..images.resampling import in_one_field, resample_onto
from ..instances import KINDS, LesionMaps, components, lesion_scores, match_instances, named_hit
from ..settings import Options, Settings, check_settings, takes_settings
from .layers import Labels, Name, joined_size, layers
from .unshared import unlike_labels

SIZES = _report.SIZES
INDICES = ("iou", "dice", "precision", "recall")
BOUNDS = ("iou_low", "iou_high", "iou_hard", "dice_low", "dice_high", "dice_hard")
DISTANCES = ("hausdorff", "hd95", "assd", "masd")
LESION_COUNTS = ("lesions_predicted", "lesions_reference", "lesions_matched", *(f"lesions_{kind}" for kind in KINDS))
LESION_INDICES = ("lesion_f1", "lesion_sq", "lesion_pq")
FIELDS = ("left_out", "padded")
"""How much of the prediction lies outside the reference's field, and which share of that has no prediction."""
DEFINED = (*INDICES, *BOUNDS, *DISTANCES, "nsd", *LESION_INDICES)
"""What may be undefined, and is counted in ``n_defined``."""


@dataclass(frozen=True, eq=False)
class Pair:
    """The two masks of one label as they were compared, and their lesions.

    Parameters
    ----------
    label : str or int
        Name of the label.
    predicted, reference : DataArray
        The masks, bool or soft, without what does not count; only the box that holds both, one voxel wider.
    predicted_lesions, reference_lesions : DataArray of int
        The number of the lesion that a voxel of the cut mask belongs to, 0 outside.
    lesions : DataFrame
        Which lesion met which, see `match`.
    case : object, optional
        Name of the case, if there are several.
    """

    label: Name
    predicted: xr.DataArray
    reference: xr.DataArray
    predicted_lesions: xr.DataArray
    reference_lesions: xr.DataArray
    lesions: pd.DataFrame
    case: Any = None


@dataclass(frozen=True, eq=False)
class Assessment(Displayed):
    """All of a comparison, made once by `assess`: what the report, the table of lesions and the picture read.

    Parameters
    ----------
    report : Dataset
        What `compare` returns.
    lesions : DataFrame
        The match tables of all labels (and cases), see `match`, with a column ``label`` (and ``case``).
    pairs : tuple of Pair
        The masks and lesions of each label, if they were kept.
    settings : Settings
        What decided the numbers.
    grid : Grid
        Where the voxels lie.
    """

    report: xr.Dataset
    lesions: pd.DataFrame
    pairs: tuple[Pair, ...]
    settings: Settings
    grid: Grid

    def pair(self, label: Name | None = None, case: Any = None) -> Pair:
        """Return the masks and lesions of a label and case, by default the first.

        Raises
        ------
        ValueError
            If there is no such label or case, or the masks were not kept.
        """
        if not self.pairs:
            raise ValueError("lesions.Assessment: the masks were not kept: pass keep_masks=True to assess")
        for pair in self.pairs:
            if label in (None, pair.label) and case in (None, pair.case):
                return pair
        raise ValueError(
            f"lesions.Assessment: no masks of label {label!r} and case {case!r}: the labels are {self._label_names()}"
        )

    def __repr__(self) -> str:
        attrs = self.report.attrs
        return f"<Assessment of {attrs['prediction']} against {attrs['reference']}, labels {self._label_names()}>"

    def _label_names(self) -> str:
        return ", ".join(str(label) for label in self.report["label"].values)


@takes_settings
def assess(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    labels: Labels | None = None,
    where: xr.DataArray | None = None,
    keep_masks: bool = True,
    **options: Unpack[Options],
) -> Assessment:
    """Compare a predicted segmentation with a reference one, and keep what the numbers were derived from.

    Parameters
    ----------
    predicted, reference, labels, where
        See `compare`.
    keep_masks : bool
        Whether to keep the masks, which a picture needs. Those of a hundred labels of a large image take much memory.
    tnorm, level, preset, nsd_tolerance, threshold, hit, radius, connectivity, dilation
        Fields of `Settings`, each a keyword: see `compare`.
    empty, empty_distance, resample, surface
        The others.

    Returns
    -------
    Assessment
        The report, the table of lesions, the masks and the settings.

    Raises
    ------
    TypeError
        If an image is no DataArray, or there is no such option.
    ValueError
        If the grids differ (the message says in what), the labels do not fit, or an option is out of range.

    Examples
    --------
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> result = assess(raters.isel(rater=0), raters.isel(rater=1), threshold=0.3)
    >>> result.lesions[["label", "kind", "iou", "matched"]].round(3)
       label        kind    iou  matched
    0      1  one_to_one  0.317     True
    >>> result.settings.threshold, int(result.report.lesions_matched.item())
    (0.3, 1)
    """
    settings = check_settings(options)
    check_images("lesions.compare", predicted=predicted, reference=reference)
    if where is not None:
        check_images("lesions.compare", where=where)
    if "case" not in predicted.dims or "case" not in reference.dims:
        result = assess_pair(predicted, reference, labels, where, settings, keep_masks)
        _warn_of_labels(result.report)
        return result
    names = _case_names(predicted, reference, where)
    results = []
    for k in range(len(names)):
        a = predicted.isel(case=k, drop=True)
        b = reference.isel(case=k, drop=True)
        counts = where
        if where is not None and "case" in where.dims:
            counts = where.isel(case=k, drop=True)
        result = assess_pair(a, b, labels, counts, settings, keep_masks)
        _warn_of_labels(result.report, f"case {names[k]}: ")
        results.append(result)
    return _joined(names, results)


@takes_settings
def compare(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    labels: Labels | None = None,
    where: xr.DataArray | None = None,
    **options: Unpack[Options],
) -> xr.Dataset:
    """Compare a predicted segmentation with a reference one.

    Parameters
    ----------
    predicted, reference : DataArray
        Label maps (integer), masks (bool) or soft masks (floating in [0, 1]; with a dimension ``label`` several),
        as `read_image` and `as_image` return them. A dimension ``case`` that both have is kept.
    labels : sequence of int, or mapping of str to int or to several, optional
        Which labels to compare: ``[1, 2]``, or regions ``{"core": (1, 4), "whole": (1, 2, 4)}``. By default every
        label but 0 that either map holds. Masks have one, "lesion".
    where : DataArray of bool, optional
        Voxels that count; with a dimension ``case``, for each case its own.
    tnorm, level, preset, nsd_tolerance, threshold, hit, radius, connectivity, dilation
        Fields of `Settings`, each a keyword, written there once: how soft values intersect, where soft masks are cut,
        whose definition of distances, the tolerance of the normalised surface distance (mm), which lesions match, and
        which voxels touch.
    empty, empty_distance, resample, surface
        The others: what 0/0 is worth for an index and for a distance, how the prediction is brought onto the
        reference's grid, and what a boundary is.

    Returns
    -------
    Dataset, dimension label (case × label if there are cases)
        ``intersection size_a size_b`` (prediction, reference); ``iou dice precision recall``; ``iou_low iou_high
        iou_hard dice_low dice_high dice_hard``; ``hausdorff hd95 assd masd nsd missed``; ``lesions_predicted
        lesions_reference lesions_matched lesion_f1 lesion_sq lesion_pq`` and the number of groups of each kind,
        ``lesions_split`` …; ``n_defined`` by ``index``. Without a label ``together_a together_b``, the sizes of all
        labels together: a voxel of two regions counts once. Decisions are in ``attrs``.

    Raises
    ------
    TypeError
        If an image is no DataArray, or there is no such option.
    ValueError
        If the grids differ (the message says in what), the labels do not fit, or an option is out of range.

    Warns
    -----
    UserWarning
        If both images have labels and none in common; the message names both sets.

    Examples
    --------
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> report = compare(raters.isel(rater=0), raters.isel(rater=1))
    >>> round(float(report.dice.sel(label=1)), 4), round(float(report.hd95.sel(label=1)), 2)
    (0.4819, 2.4)
    """
    return assess(predicted, reference, labels=labels, where=where, keep_masks=False, **options).report


def assess_pair(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    labels: Labels | None,
    where: xr.DataArray | None,
    settings: Settings,
    keep_masks: bool,
) -> Assessment:
    """Compare two images that have no cases: `assess` without its checks and without its warning."""
    predicted, reference = in_one_field(predicted, reference)
    if settings.resample is not None:
        predicted = resample_onto(predicted, reference, settings.resample)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, prediction=_report.name_of(predicted, "prediction"))
    pairs: list[Pair] = []
    tables: list[pd.DataFrame] = []
    measured: dict[Name, _Measured] = {}
    for label, a, b in layers(predicted, reference, labels, where):
        pair = _pair(label, a, b, grid, settings)
        tables.append(pair.lesions)
        measured[label] = _measure(pair, grid, settings)
        if keep_masks:
            pairs.append(pair)
    report = _as_report(
        measured,
        grid,
        settings,
        prediction=_report.name_of(predicted, "prediction"),
        reference=_report.name_of(reference, "reference"),
        where=_describe_where(where),
        regridding=predicted.attrs.get("regridding", "none"),
        fields={name: float(predicted.attrs.get(name, 0.0)) for name in FIELDS},
        joined=joined_size(predicted, reference, labels, where),
        geometry=grid.describe_both(reference),
        borrowed=_borrowed(predicted, reference),
    )
    lesions = _labelled("label", list(measured), tables)
    return Assessment(report, lesions, tuple(pairs), settings, grid)


def _borrowed(predicted: xr.DataArray, reference: xr.DataArray) -> str:
    """Return which of two images has the place of the other, for its file says none."""
    if predicted.attrs.get(BORROWED):
        return "prediction"
    return "reference" if reference.attrs.get(BORROWED) else "none"


def _warn_of_labels(report: xr.Dataset, case: str = "") -> None:
    sentence = unlike_labels(_report.as_rows(report))
    if sentence:
        warnings.warn(f"lesions.compare: {case}{sentence}", stacklevel=3)


def _describe_where(where: xr.DataArray | None) -> str:
    if where is None:
        return "everywhere"
    return f"{int(where.sum())} voxels"


def _pair(label: Name, a: xr.DataArray, b: xr.DataArray, grid: Grid, settings: Settings) -> Pair:
    lesions_a = _lesions(a, settings)
    lesions_b = _lesions(b, settings)
    lesions = LesionMaps(lesions_a.values, lesions_b.values, grid.spacing)
    table = match_instances(lesions, named_hit(settings.hit, settings.threshold, settings.radius))
    return Pair(label, a, b, lesions_a, lesions_b, table)


def _lesions(mask: xr.DataArray, settings: Settings) -> xr.DataArray:
    cut = _cut(mask, settings.level)
    return components(cut, connectivity=settings.connectivity, dilation=settings.dilation)


def _cut(mask: xr.DataArray, level: float) -> xr.DataArray:
    return mask if mask.dtype == bool else mask >= level


@dataclass(frozen=True, eq=False)
class _Measured:
    """The numbers of one label: sizes in voxels, as settings say and as the bounds are, distances, lesion scores."""

    missed: bool

    sizes: ov.Overlap
    low: ov.Overlap
    high: ov.Overlap
    hard: ov.Overlap
    distances: dict[str, float]
    definitions: dict[str, str]
    lesions: dict[str, float]


def _measure(pair: Pair, grid: Grid, settings: Settings) -> _Measured:
    a = pair.predicted.values
    b = pair.reference.values
    # all lesions together are the mask, cut at the level
    cut_a = pair.predicted_lesions.values > 0
    cut_b = pair.reference_lesions.values > 0
    hard = ov.raster.measure(cut_a, cut_b)
    if a.dtype == bool and b.dtype == bool:
        sizes = low = high = hard
    else:
        # the least and the most that two soft masks can share
        low = ov.raster.measure(a, b, tnorm="lukasiewicz")
        high = ov.raster.measure(a, b, tnorm="minimum")
        sizes = high if settings.tnorm == "minimum" else ov.raster.measure(a, b, tnorm=settings.tnorm)
    between = _between(pair, cut_a, cut_b, grid, settings)
    distances = {
        "hausdorff": between.hausdorff(),
        "hd95": between.hd95(),
        "assd": between.assd(),
        "masd": between.masd(),
        "nsd": _nsd(between, hard, settings),
    }
    definitions = {name: between.describe(name) for name in distances}
    scores = lesion_scores(pair.lesions, empty=settings.empty)
    return _Measured(_is_missed(sizes) or _is_missed(hard), sizes, low, high, hard, distances, definitions, scores)


def _between(
    pair: Pair, cut_a: np.ndarray, cut_b: np.ndarray, grid: Grid, settings: Settings
) -> surfaces.SurfaceDistances:
    """Return the distances between the boundaries of two masks; a level surface is that of the masks as they are."""
    surface = settings.own_surface
    empty = settings.empty_distance
    if surface is None:
        return surfaces.distances(cut_a, cut_b, spacing=grid.spacing, preset=settings.preset, empty=empty)
    if surface != "iso":
        return surfaces.distances(cut_a, cut_b, spacing=grid.spacing, surface=surface, empty=empty)
    a = pair.predicted.values
    b = pair.reference.values
    return surfaces.distances(a, b, spacing=grid.spacing, surface=surface, level=settings.level, empty=empty)


def _is_missed(sizes: ov.Overlap) -> bool:
    return bool(sizes.size_b > 0 and sizes.size_a == 0)


def _nsd(between: surfaces.SurfaceDistances, hard: ov.Overlap, settings: Settings) -> float:
    """Return the surface Dice; where a side is empty it is what the Dice of the cut masks is."""
    if hard.size_a > 0 and hard.size_b > 0:
        return between.nsd(settings.nsd_tolerance)
    return float(ov.dice(hard, empty=settings.empty))


def _as_report(
    measured: dict[Name, _Measured],
    grid: Grid,
    settings: Settings,
    *,
    prediction: str,
    reference: str,
    where: str,
    regridding: str,
    fields: dict[str, float],
    joined: tuple[float, float] | None,
    geometry: str,
    borrowed: str,
) -> xr.Dataset:
    rows = list(measured.values())
    sizes = _stacked([row.sizes for row in rows])
    low = _stacked([row.low for row in rows])
    high = _stacked([row.high for row in rows])
    hard = _stacked([row.hard for row in rows])
    if joined is None:
        joined = (float(sizes.size_a.sum()), float(sizes.size_b.sum()))
    more: dict[str, Any] = {
        "together_a": ((), joined[0] * grid.voxel, {"units": grid.units}),
        "together_b": ((), joined[1] * grid.voxel, {"units": grid.units}),
        "left_out": ((), fields["left_out"], {"units": grid.units}),
        "padded": ((), fields["padded"]),
    }
    for name, index in (("iou", ov.iou), ("dice", ov.dice)):
        more[f"{name}_low"] = "label", index(low, empty=settings.empty)
        more[f"{name}_high"] = "label", index(high, empty=settings.empty)
        more[f"{name}_hard"] = "label", index(hard, empty=settings.empty)
    for name, definition in rows[0].definitions.items():
        values = [row.distances[name] for row in rows]
        more[name] = "label", values, _distance_attrs(name, definition, settings)
    more["missed"] = "label", [int(row.missed) for row in rows]
    for name in ("predicted", "reference", "matched", *KINDS):
        more[f"lesions_{name}"] = "label", [row.lesions[name] for row in rows]
    for name in ("f1", "sq", "pq"):
        more[f"lesion_{name}"] = "label", [row.lesions[name] for row in rows]
    decisions = dict(vars(settings))
    decisions["radius"] = settings.radius or "none"
    decisions["resample"] = settings.resample or "none"
    decisions["surface"] = settings.surface or surfaces.PRESETS[settings.preset].surface
    decisions["connectivity"] = settings.connectivity or len(grid.axes)
    decisions["empty_distance"] = str(settings.empty_distance)
    return _report.build(
        sizes,
        {"label": list(measured)},
        INDICES,
        prediction=prediction,
        reference=reference,
        units=grid.units,
        cell=grid.voxel,
        more=more,
        also_defined=[name for name in DEFINED if name not in INDICES],
        where=where,
        grid=geometry,
        borrowed=borrowed,
        regridding=regridding,
        **decisions,
    )


def _distance_attrs(name: str, definition: str, settings: Settings) -> dict[str, Any]:
    if name == "nsd":
        return {"definition": definition, "tolerance": settings.nsd_tolerance}
    return {"units": "mm", "definition": definition}


def _stacked(overlaps: Sequence[ov.Overlap]) -> ov.Overlap:
    """Return overlaps of single labels as one overlap of all of them."""
    intersection = np.array([o.intersection for o in overlaps])
    size_a = np.array([o.size_a for o in overlaps])
    size_b = np.array([o.size_b for o in overlaps])
    return ov.Overlap(intersection, size_a, size_b)


def _labelled(column: str, names: Sequence[Any], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables as one, with a first column that says which of them a row comes from."""
    named = []
    for name, table in zip(names, tables, strict=True):
        named.append(table.assign(**{column: name}))
    # an empty table has no types, and would take them from the others
    filled = [table for table in named if len(table)]
    joined = pd.concat(filled or named[:1], ignore_index=True)
    joined.insert(0, column, joined.pop(column))
    return joined


def _case_names(predicted: xr.DataArray, reference: xr.DataArray, where: xr.DataArray | None) -> np.ndarray:
    """Return the names of the cases; all images that have cases have the same, in one order."""
    names: np.ndarray = predicted["case"].values
    others = {"reference": reference}
    if where is not None and "case" in where.dims:
        others["where"] = where
    for what, image in others.items():
        n = image.sizes["case"]
        if n != len(names):
            raise ValueError(
                f"lesions.compare: the prediction has {len(names)} cases and the {what} {n}: pass the same cases"
            )
        both_named = "case" in predicted.coords and "case" in image.coords
        if both_named and not np.array_equal(image["case"].values, names):
            raise ValueError(
                f"lesions.compare: the cases of the {what} are not those of the prediction in their order: "
                f"pass {what}.sel(case=prediction.case)"
            )
    return names


def _joined(names: np.ndarray, results: list[Assessment]) -> Assessment:
    """Return the results of several cases as one."""
    reports = [one.report for one in results]
    report = xr.concat(reports, xr.Variable("case", names), join="outer", combine_attrs="drop_conflicts")
    tables = [one.lesions for one in results]
    pairs = []
    for name, one in zip(names, results, strict=True):
        pairs += [replace(pair, case=name) for pair in one.pairs]
    lesions = _labelled("case", list(names), tables)
    return replace(results[0], report=report, lesions=lesions, pairs=tuple(pairs))
