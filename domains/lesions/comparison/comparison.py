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
  empty. So is ``boundary_iou``, the IoU of what lies within ``boundary_width`` of either boundary, inside its mask.
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
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr

from ... import _report
from ..images.grids import Grid, check_images, regrid
from ..images.places import BORROWED
from ..images.resampling import in_one_field, resample_onto
from ..instances import LesionMaps, components, match_instances, named_hit
from ..settings import Options, Settings, check_settings, takes_settings
from .assessment import Assessment, Pair
from .labels import Labels, Name
from .layers import joined_size, layers
from .measuring import Measured, measure_pair
from .reports import FIELDS, build_report
from .unshared import unlike_labels


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
    tnorm, level, preset, nsd_tolerance, boundary_width, threshold, hit, radius, connectivity, dilation
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

    See Also
    --------
    compare : Compare a predicted segmentation with a reference one.
    plot_overlay : Draw where two masks agree in one slice.

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
    tnorm, level, preset, nsd_tolerance, boundary_width, threshold, hit, radius, connectivity, dilation
        Fields of `Settings`, each a keyword, written there once: how soft values intersect, where soft masks are cut,
        whose definition of distances, the tolerance of the normalised surface distance and the width of a boundary's
        band (mm), which lesions match, and which voxels touch.
    empty, empty_distance, resample, surface
        The others: what 0/0 is worth for an index and for a distance, how the prediction is brought onto the
        reference's grid, and what a boundary is.

    Returns
    -------
    Dataset, dimension label (case × label if there are cases)
        ``intersection size_a size_b`` (prediction, reference); ``iou dice precision recall``; ``iou_low iou_high
        iou_hard dice_low dice_high dice_hard``; ``hausdorff hd95 assd masd nsd boundary_iou missed``;
        ``lesions_predicted lesions_reference lesions_matched lesion_f1 lesion_sq lesion_pq`` and the number of groups
        of each kind, ``lesions_split`` …; ``n_defined`` by ``index``. Without a label ``together_a together_b``, the
        sizes of all labels together: a voxel of two regions counts once. Decisions are in ``attrs``.

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

    See Also
    --------
    assess : Compare a predicted segmentation with a reference one.
    cohort : Compare every pair of images of the same name in two folders, or of a table.
    overlap.raster.dice : Dice coefficient of two masks.
    overlap.surfaces.distances : Measure how far the boundaries of two masks are from each other.

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
    measured: dict[Name, Measured] = {}
    for label, a, b in layers(predicted, reference, labels, where):
        pair = _pair(label, a, b, grid, settings)
        tables.append(pair.lesions)
        measured[label] = measure_pair(pair, grid, settings)
        if keep_masks:
            pairs.append(pair)
    fields = {name: float(predicted.attrs.get(name, 0.0)) for name in FIELDS}
    report = build_report(
        measured,
        grid,
        settings,
        joined=joined_size(predicted, reference, labels, where),
        fields=fields,
        prediction=_report.name_of(predicted, "prediction"),
        reference=_report.name_of(reference, "reference"),
        told={
            "where": _describe_where(where),
            "grid": grid.describe_both(reference),
            "borrowed": side_without_place(predicted, reference),
            "regridding": predicted.attrs.get("regridding", "none"),
        },
    )
    lesions = _labelled("label", list(measured), tables)
    return Assessment(report, lesions, tuple(pairs), settings, grid)


def side_without_place(predicted: xr.DataArray, reference: xr.DataArray) -> str:
    """Return which of two images has the place of the other, for its file says none.

    Examples
    --------
    >>> image = xr.DataArray([True])
    >>> side_without_place(image, image.assign_attrs(borrowed=True)), side_without_place(image, image)
    ('reference', 'none')
    """
    if predicted.attrs.get(BORROWED):
        return "prediction"
    return "reference" if reference.attrs.get(BORROWED) else "none"


def _warn_of_labels(report: xr.Dataset, case: str = "") -> None:
    sentence = unlike_labels(_report.as_rows(report[["intersection", "size_a", "size_b"]]))
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


def _labelled(column: str, names: Sequence[Any], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables as one, with a first column that says which of them a row comes from."""
    named = []
    for name, table in zip(names, tables, strict=True):
        own = table.copy()
        own.insert(0, column, name)
        named.append(own)
    # an empty table has no types, and would take them from the others
    filled = [table for table in named if len(table)]
    return pd.concat(filled or named[:1], ignore_index=True)


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
