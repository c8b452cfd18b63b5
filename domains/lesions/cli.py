"""Commands: ``overlap lesions compare`` and ``cohort``, twins of `compare` and `cohort`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Label maps and soft masks of lesions: cases and cohorts.", no_args_is_help=True)


class PresetName(StrEnum):
    """Whose definition of distances."""

    monai = "monai"
    deepmind = "deepmind"
    medpy = "medpy"


Labels = Annotated[str | None, typer.Option(help='Which labels: "1,2", or regions "core=1+4,whole=1+2+4" [all].')]
Scale = Annotated[float | None, typer.Option(help="The stored value that means 1 in a soft prediction (255).")]
ReferenceScale = Annotated[float | None, typer.Option(help="The same for a soft reference.")]
Level = Annotated[float, typer.Option(help="Where soft masks are cut, for distances and lesions.")]
Preset = Annotated[PresetName, typer.Option(help="Whose definition of distances.")]
Tolerance = Annotated[float, typer.Option(help="Tolerance of the normalised surface distance, mm.")]
Threshold = Annotated[float, typer.Option(help="Least IoU of two matched lesions.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Plot = Annotated[Path | None, typer.Option(help="Save a picture here (.png, .pdf, .svg).")]


@app.command()
def compare(
    predicted: Annotated[Path, typer.Argument(help="The predicted label map or soft mask (.nii, .nii.gz).")],
    reference: Annotated[Path, typer.Argument(help="The reference.")],
    labels: Labels = None,
    scale: Scale = None,
    reference_scale: ReferenceScale = None,
    level: Level = 0.5,
    preset: Preset = PresetName.monai,
    nsd_tolerance: Tolerance = 1.0,
    threshold: Threshold = 0.5,
    json: Json = False,
    csv: Annotated[Path | None, typer.Option(help="Save a row for each label here.")] = None,
    lesions: Annotated[Path | None, typer.Option(help="Save a row for each lesion or pair of lesions here.")] = None,
    plot: Plot = None,
) -> None:
    """Compare a predicted segmentation with a reference one."""
    from . import run

    run.compare_files(
        predicted,
        reference,
        labels=labels,
        scale=scale,
        reference_scale=reference_scale,
        level=level,
        preset=preset.value,
        nsd_tolerance=nsd_tolerance,
        threshold=threshold,
        json=json,
        csv=csv,
        lesions=lesions,
        plot=plot,
    )


@app.command()
def cohort(
    predictions: Annotated[Path, typer.Argument(help="A folder of predictions (.nii, .nii.gz).")],
    references: Annotated[Path, typer.Argument(help="A folder of references of the same names.")],
    out: Annotated[Path, typer.Option(help="Save a row for each case and label here; a second run goes on with it.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes to share the cases among.")] = 1,
    labels: Labels = None,
    scale: Scale = None,
    reference_scale: ReferenceScale = None,
    level: Level = 0.5,
    preset: Preset = PresetName.monai,
    nsd_tolerance: Tolerance = 1.0,
    threshold: Threshold = 0.5,
    json: Json = False,
    csv: Annotated[Path | None, typer.Option(help="Save the summary as a table here.")] = None,
    plot: Plot = None,
) -> None:
    """Compare every pair of images of the same name in two folders, and summarise."""
    from . import run

    failed = run.cohort_files(
        predictions,
        references,
        out=out,
        workers=workers,
        labels=labels,
        scale=scale,
        reference_scale=reference_scale,
        level=level,
        preset=preset.value,
        nsd_tolerance=nsd_tolerance,
        threshold=threshold,
        json=json,
        csv=csv,
        plot=plot,
    )
    raise typer.Exit(1 if failed else 0)
