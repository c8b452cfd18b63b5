"""The whole jobs of ``overlap ramachandran compare`` and ``region``: a region read, told, compared and drawn.

Conventions
-----------
- The reference is an empirical one by its name, the file of a reference, or that of a region. The flags of compare say
  what the prediction's file does not. A reference that needs some is read by ``overlap ramachandran region`` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from .. import _console
from .._checks import UsageError, check_choice
from .._files import ReadError
from .._report import as_table
from .comparison.comparison import assess
from .comparison.references import own_category, says_ranks
from .empirical import PROVENANCE, maps_of
from .regions.formats.cuts import Cut
from .regions.io import cut_file, read_region
from .regions.reference_files import check_file, holds_reference, named_reference
from .validation import tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

Empirical = str | xr.Dataset
"""A reference with categories and levels, by its name or in full."""


def compare_files(
    predicted: Path,
    reference: str,
    *,
    category: Any,
    level: Any,
    cut: Mapping[str, Any],
    declared: Mapping[str, Any],
    strict: bool,
    outputs: Outputs,
) -> int:
    """Do what ``overlap ramachandran compare`` does, and return its exit code."""
    cut_at: Any = level or "favored"
    with _console.collected_warnings() as notes:
        truth = _truth(reference, level)
        asked = {"category": category, "usual_category": _usual_category(truth)}
        region = cut_file(predicted, _cut(cut, truth, category, cut_at), **declared, **asked)
        is_chosen = declared["bandwidth"] is not None and isinstance(truth, xr.DataArray)
        of_reference = None if is_chosen else category
        assessed = assess(region, truth, category=of_reference, level=cut_at, strict=strict)
    if assessed.hint:
        notes.append(assessed.hint)
    report = assessed.report
    said = tables.what_was_read(region)
    if said:
        report = report.assign_attrs(prediction_cut=said)

    def terminal() -> list[Any]:
        moved = "both regions are on it" if assessed.regridding == "none" else f"reference: {assessed.regridding}"
        lines = [tables.comparison_table([report]), _console.aside(f"{report.attrs['grid']}; {moved}")]
        lines.extend(_console.aside(line) for line in tables.lines_beside(report))
        if said:
            lines.append(_console.aside(f"prediction: {said}"))
        return lines

    def picture() -> Axes:
        from .comparison.region_plots import plot_agreement, plot_agreements

        drawn: Axes = plot_agreements(assessed)[0] if assessed.labels else plot_agreement(assessed)
        return drawn

    def page() -> str:
        from .comparison.region_pages import comparison_page

        return comparison_page(assessed, notes)

    rows = as_table([report])
    return _console.deliver(report, outputs, terminal, picture, page=page, rows=rows, notes=notes)


def region_files(
    file: Path,
    *,
    out: Path | None,
    cut: Mapping[str, Any],
    category: str | None = None,
    declared: Mapping[str, Any],
    outputs: Outputs,
) -> int:
    """Do what ``overlap ramachandran region`` does, and return its exit code."""
    if out is not None and out.suffix.lower() != ".nc":
        raise UsageError(f"--out {out}: a region is saved as netCDF; end the name with .nc")
    with _console.collected_warnings() as notes:
        region = read_region(file, **cut, **declared, category=category)
    rows = tables.region_rows(region)
    said = tables.what_was_read(region) or _kind(region)
    grid = f"{region.sizes['psi']} × {region.sizes['phi']} cells (psi × phi)"
    told = {"region": str(region.attrs["name"]), "read_as": said, "grid": grid, "rows": rows.to_dict("records")}

    def terminal() -> list[Any]:
        return [tables.region_table(rows), _console.aside(f"read as: {said}"), _console.aside(grid)]

    def picture() -> Axes:
        from .comparison.region_plots import plot_regions

        first: Axes = plot_regions(region)[0]
        return first

    code = _console.deliver(told, outputs, terminal, picture, rows=rows, notes=notes)
    if out is not None:
        # so that it is read again without a flag
        quantity = "mask" if region.dtype == bool else "membership"
        _console.save_dataset(region.assign_attrs(quantity=quantity), out)
    return code


def _kind(region: xr.DataArray) -> str:
    return "mask" if region.dtype == bool else "soft mask"


def _truth(reference: str, level: str | None) -> Empirical | xr.DataArray:
    """Return the reference that ``--reference`` names: empirical, one's own, or a region."""
    is_name = reference == PROVENANCE["name"]
    if not is_name:
        check_file(reference)
    if is_name or holds_reference(Path(reference)):
        return named_reference(reference)
    if level is not None:
        raise UsageError(
            f"--level {level} chooses an empirical region, but --reference {reference} is a region itself; leave "
            "--level out"
        )
    try:
        return read_region(reference)
    except (UsageError, ReadError) as error:
        if "(--" not in str(error):
            raise
        raise UsageError(_declare_first(reference, str(error))) from error


def _declare_first(reference: str, said: str) -> str:
    """Return how to declare what the file of a reference does not say: the flags of compare are the prediction's."""
    remedy = f"overlap ramachandran region {reference} --out reference.nc"
    return f"{said}; for a reference, with these flags in: {remedy}; then compare with --reference reference.nc"


def _cut(cut: Mapping[str, Any], truth: Empirical | xr.DataArray, category: Any, level: str) -> Cut:
    """Return where the prediction is cut: by default, it holds what the empirical region holds."""
    if isinstance(truth, xr.DataArray):
        return Cut(**cut)
    if isinstance(truth, xr.Dataset) and not says_ranks(truth):
        # its cuts are no shares of anything
        return Cut(**cut)
    return Cut(**cut, default_mass=lambda own: _mass_of(truth, category or own or "general", level))


def _usual_category(truth: Empirical | xr.DataArray) -> str:
    """Return which residues of a table of angles are compared if they are of several categories."""
    return own_category(truth) if isinstance(truth, xr.DataArray) else "general"


def _mass_of(reference: Empirical, category: str, level: str) -> float:
    """Return the share of the reference data that an empirical region encloses: what a density is cut to as well."""
    maps = maps_of(reference)
    check_choice("ramachandran.compare", "category", category, maps.categories)
    cut = float(maps.cuts[level][maps.categories.index(category)])
    # 1 - 0.98 is a little more than 0.02 in binary
    return round(1 - cut, 12)
