"""How well a predicted segmentation agrees with a reference, label by label.

Conventions
-----------
- Prediction first, reference second, on one grid: another grid raises, and nothing is resampled in silence.
- Sizes are volumes in mm³ (areas in mm² in a single slice): voxels, or their soft values, times the size of a voxel.
- ``iou`` and ``dice`` take soft masks as they are. How far two soft voxels overlap nobody knows: ``dice_low`` and
  ``dice_high`` bracket every answer (the t-norms lukasiewicz and minimum). ``dice_hard`` cuts both at ``level``.
  Where one side is hard all of the soft ones are equal, where both are all four.
- Distances are between the boundaries of the cut masks, in mm; what each means is in its ``attrs["definition"]``.
  A missed label is infinitely far, a label that neither has is NaN: neither is dropped.
- Lesions are those of the cut masks, see `domains.lesions.instances`.
- What lies outside ``where`` is in neither set, for sizes, distances and lesions alike.

References
----------
Maier-Hein, L. et al. (2024). Metrics reloaded. Nat. Methods 21, 195. doi:10.1038/s41592-023-02151-z
Crum, W. R., Camara, O. & Hill, D. L. G. (2006). Generalized overlap measures for evaluation and validation in
medical image analysis. IEEE Trans. Med. Imaging 25, 1451. doi:10.1109/TMI.2006.880587
"""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov
from overlap import surfaces

from .grids import describe, grid_spacing, onto, spatial, units, voxel_volume
from .instances import KINDS, lesion_scores, match
from .layers import Labels, layers

SIZES = ("intersection", "size_a", "size_b")
INDICES = ("iou", "dice", "precision", "recall")
BRACKET: dict[str, ov.raster.TNorm] = {"low": "lukasiewicz", "high": "minimum"}
DISTANCES = ("hausdorff", "hd95", "assd", "masd")
LESION_INDICES = ("lesion_f1", "lesion_sq", "lesion_pq")
LESION_COUNTS = tuple(f"lesions_{k}" for k in ("predicted", "reference", "matched", *KINDS))
BOUNDS = tuple(f"{k}_{side}" for k in ("iou", "dice") for side in (*BRACKET, "hard"))
DEFINED = (*INDICES, *BOUNDS, *DISTANCES, "nsd", *LESION_INDICES)
"""What may be undefined, and is counted in ``n_defined``."""


def compare(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    labels: Labels | None = None,
    where: xr.DataArray | None = None,
    tnorm: ov.raster.TNorm = "minimum",
    level: float = 0.5,
    preset: surfaces.Preset = "monai",
    nsd_tolerance: float = 1.0,
    threshold: float = 0.5,
    connectivity: int | None = None,
    empty: float | ov.EmptyPolicy = nan,
    empty_distance: float | ov.EmptyPolicy = nan,
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
        Voxels that count.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect in ``iou`` and ``dice``, see `overlap.raster.measure`.
    level : float
        Where soft masks are cut (>=), for ``_hard`` indices, distances and lesions.
    preset : {"monai", "deepmind", "medpy"}
        Whose definition of distances, see `overlap.surfaces.distances`.
    nsd_tolerance : float
        Distance within which two surfaces count as one, mm.
    threshold : float
        Least IoU at which two lesions are matched.
    connectivity : int, optional
        Which voxels touch, see `components`.
    empty : float or EmptyPolicy
        Value of an index where both are empty.
    empty_distance : float or EmptyPolicy
        Value of a distance where both are empty; a policy also replaces infinity where one is (a penalty, in mm).

    Returns
    -------
    Dataset, dimension label (case × label if there are cases)
        ``intersection size_a size_b`` (prediction, reference); ``iou dice precision recall``; ``iou_low iou_high
        iou_hard dice_low dice_high dice_hard``; ``hausdorff hd95 assd masd nsd``; ``lesions_predicted
        lesions_reference lesions_matched lesion_f1 lesion_sq lesion_pq`` and the number of groups of each kind,
        ``lesions_split`` …; ``n_defined`` by ``index``. Decisions are in ``attrs``.

    Raises
    ------
    TypeError
        If an image is no DataArray.
    ValueError
        If the grids differ (with both geometries), or the labels do not fit.

    Examples
    --------
    >>> from .io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> report = compare(raters.isel(rater=0), raters.isel(rater=1))
    >>> round(float(report.dice.sel(label=1)), 4), round(float(report.hd95.sel(label=1)), 2)
    (0.4819, 2.4)
    """
    for name, x in {"prediction": predicted, "reference": reference}.items():
        if not isinstance(x, xr.DataArray):
            raise TypeError(
                f"compare: the {name} is a {type(x).__name__}; pass a DataArray, from read_image or "
                "as_image(values, spacing)"
            )
    options: dict[str, Any] = {"tnorm": tnorm, "level": level, "preset": preset, "nsd_tolerance": nsd_tolerance}
    options |= {"threshold": threshold, "connectivity": connectivity, "empty": empty, "empty_distance": empty_distance}
    if "case" in predicted.dims and "case" in reference.dims:
        return _cases(predicted, reference, labels=labels, where=where, **options)
    reference = onto(reference, predicted)
    rows = {name: _one(a, b, **options) for name, a, b in layers(predicted, reference, labels, where)}
    report = xr.concat(list(rows.values()), xr.Variable("label", list(rows)), combine_attrs="override")
    defined = xr.concat([report[k].notnull().sum() for k in DEFINED], xr.Variable("index", list(DEFINED)))
    return report.assign(n_defined=defined).assign_attrs(
        prediction=_name(predicted, "prediction"),
        reference=_name(reference, "reference"),
        tnorm=tnorm,
        empty=str(empty),
        empty_distance=str(empty_distance),
        level=level,
        preset=preset,
        nsd_tolerance=nsd_tolerance,
        threshold=threshold,
        connectivity=len(spatial(predicted)) if connectivity is None else connectivity,
        where="everywhere" if where is None else f"{int(where.sum())} voxels",
        regridding="none",
        grid=describe(predicted),
        units=units(predicted),
        version=ov.__version__,
    )


def _cases(predicted: xr.DataArray, reference: xr.DataArray, **options: Any) -> xr.Dataset:
    names = predicted["case"].values if "case" in predicted.coords else np.arange(predicted.sizes["case"])
    pairs = zip(predicted.transpose("case", ...), reference.transpose("case", ...), strict=True)
    reports = [compare(a, b, **options) for a, b in pairs]
    return xr.concat(reports, xr.Variable("case", names), join="outer", combine_attrs="drop_conflicts")


def _one(
    a: xr.DataArray,
    b: xr.DataArray,
    *,
    tnorm: ov.raster.TNorm,
    level: float,
    preset: surfaces.Preset,
    nsd_tolerance: float,
    threshold: float,
    connectivity: int | None,
    empty: float | ov.EmptyPolicy,
    empty_distance: float | ov.EmptyPolicy,
) -> xr.Dataset:
    hard_a, hard_b = (x if x.dtype == bool else x >= level for x in (a, b))
    table = match(hard_a, hard_b, threshold=threshold, connectivity=connectivity)
    lesions = lesion_scores(table, empty=empty)
    return xr.Dataset(
        {
            **_indices(a.values, b.values, hard_a.values, hard_b.values, tnorm, empty, a),
            **_distances(hard_a, hard_b, preset, nsd_tolerance, empty_distance),
            **{f"lesions_{k}": int(lesions[k]) for k in ("predicted", "reference", "matched", *KINDS)},
            **{f"lesion_{k}": lesions[k] for k in ("f1", "sq", "pq")},
        }
    )


def _indices(
    a: Any, b: Any, hard_a: Any, hard_b: Any, tnorm: Any, empty: float | ov.EmptyPolicy, image: xr.DataArray
) -> dict[str, Any]:
    hard = ov.raster.measure(hard_a, hard_b)
    soft = a.dtype != bool or b.dtype != bool
    measured = {s: ov.raster.measure(a, b, tnorm=t) if soft else hard for s, t in {"": tnorm, **BRACKET}.items()}
    measured["hard"] = hard
    o = measured[""]
    found = {k: float(ov.INDICES[k](o, empty=empty)) for k in INDICES}
    bounds = {
        f"{k}_{s}": float(ov.INDICES[k](measured[s], empty=empty)) for k in ("iou", "dice") for s in (*BRACKET, "hard")
    }
    unit = {"units": units(image)}
    sizes = {k: ((), float(getattr(o, k)) * voxel_volume(image), unit) for k in SIZES}
    return {**sizes, **found, **bounds}


def _distances(
    a: xr.DataArray, b: xr.DataArray, preset: surfaces.Preset, tolerance: float, empty: float | ov.EmptyPolicy
) -> dict[str, Any]:
    d = surfaces.distances(a.values, b.values, spacing=grid_spacing(a), preset=preset, empty=empty)
    lengths = {k: ((), getattr(d, k)(), {"units": "mm", "definition": d.describe(k)}) for k in DISTANCES}
    return {**lengths, "nsd": ((), d.nsd(tolerance), {"definition": d.describe("nsd"), "tolerance": tolerance})}


def _name(x: xr.DataArray, fallback: str) -> str:
    return str(x.attrs.get("name") or x.name or fallback)
