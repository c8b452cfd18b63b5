"""Commands: ``overlap lesions compare`` and ``overlap lesions cohort``.

In Python the same is done by `compare` and `cohort`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .._flags import (
    Csv,
    FormatName,
    Json,
    MaxMemory,
    MaxSeconds,
    Plot,
    PrintAs,
    Quiet,
    Records,
    Scheduler,
    Skipped,
    Version,
    Workers,
    field_app,
    outputs,
    running,
)

app = field_app("Lesions in medical images, case by case or in cohorts.")


class PresetName(StrEnum):
    """Whose definition of distances."""

    monai = "monai"
    deepmind = "deepmind"
    medpy = "medpy"


Predicted = Annotated[Path, typer.Argument(help="The predicted image: a label map or a soft mask (.nii, .nii.gz).")]
Reference = Annotated[Path, typer.Argument(help="The reference image, on the same grid.")]
Predictions = Annotated[Path, typer.Argument(help="A folder of predicted images (.nii, .nii.gz).")]
References = Annotated[Path, typer.Argument(help="A folder of reference images; pairs have the same file name.")]
Out = Annotated[
    Path,
    typer.Option(help="Save the scores of each case and label in this CSV file. A second run adds what is missing."),
]
Lesions = Annotated[Path | None, typer.Option(help="Save a row for each lesion or pair of lesions in this CSV file.")]

Labels = Annotated[
    str | None,
    typer.Option(
        help='The labels to compare, such as "1,2", or regions made of several, such as "core=1+4,whole=1+2+4". By '
        "default every label but 0.",
    ),
]
Scale = Annotated[
    float | None, typer.Option(help="The value in the predicted file that means certainty: 255, if it holds 0 to 255.")
]
ReferenceScale = Annotated[float | None, typer.Option(help="The same for the reference file.")]
Level = Annotated[float, typer.Option(help="Threshold that makes a soft mask hard, for distances and lesions.")]
Preset = Annotated[PresetName, typer.Option(help="The package whose definition of surface distances is used.")]
Tolerance = Annotated[float, typer.Option(help="Distance in mm within which two surfaces agree (for NSD).")]
Threshold = Annotated[float, typer.Option(help="Two lesions match if their IoU is at least this.")]


@app.command()
def compare(
    predicted: Predicted,
    reference: Reference,
    labels: Labels = None,
    scale: Scale = None,
    reference_scale: ReferenceScale = None,
    level: Level = 0.5,
    preset: Preset = PresetName.monai,
    nsd_tolerance: Tolerance = 1.0,
    threshold: Threshold = 0.5,
    lesions: Lesions = None,
    csv: Csv = None,
    plot: Plot = None,
    skipped: Skipped = None,
    print_as: PrintAs = FormatName.table,
    json: Json = False,
    quiet: Quiet = False,
    version: Version = False,
) -> None:
    """Compare a predicted segmentation with a reference segmentation.

    As CSV: a row for each label.
    """
    from . import run

    inputs = [predicted, reference]
    others = {"--lesions": lesions}
    flags = outputs(csv, plot, skipped, print_as, json, quiet, inputs=inputs, others=others)
    code = run.compare_files(
        predicted,
        reference,
        labels=labels,
        scale=scale,
        reference_scale=reference_scale,
        level=level,
        preset=preset.value,
        nsd_tolerance=nsd_tolerance,
        threshold=threshold,
        lesions=lesions,
        outputs=flags,
    )
    raise typer.Exit(code)


@app.command()
def cohort(
    predictions: Predictions,
    references: References,
    out: Out,
    records: Records = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    max_seconds: MaxSeconds = None,
    max_memory: MaxMemory = None,
    labels: Labels = None,
    scale: Scale = None,
    reference_scale: ReferenceScale = None,
    level: Level = 0.5,
    preset: Preset = PresetName.monai,
    nsd_tolerance: Tolerance = 1.0,
    threshold: Threshold = 0.5,
    csv: Csv = None,
    plot: Plot = None,
    skipped: Skipped = None,
    print_as: PrintAs = FormatName.table,
    json: Json = False,
    quiet: Quiet = False,
    version: Version = False,
) -> None:
    """Compare the images of two folders in pairs, and summarise.

    As CSV: a row for each label and index of the summary.
    """
    from . import run

    inputs = [predictions, references]
    records = records or run.records_beside(out)
    others = {"--out": out, "--records": records}
    flags = outputs(csv, plot, skipped, print_as, json, quiet, inputs=inputs, others=others)
    code = run.cohort_files(
        predictions,
        references,
        out=out,
        **running(records, workers, scheduler, max_seconds, max_memory),
        labels=labels,
        scale=scale,
        reference_scale=reference_scale,
        level=level,
        preset=preset.value,
        nsd_tolerance=nsd_tolerance,
        threshold=threshold,
        outputs=flags,
    )
    raise typer.Exit(code)
