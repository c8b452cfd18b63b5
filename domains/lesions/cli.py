"""Commands: ``overlap lesions compare``, ``protocols``, ``cohort``, ``cohort-protocols``, ``merge`` and others.

In Python the same is done by functions of the same names, `compare_protocols` for ``protocols``.
"""

from __future__ import annotations

import typer

from .._flags import Html, Saving, Sharing, field_app, grouped, keywords
from .flags import (
    Above,
    Axes,
    Bins,
    Cases,
    Choosing,
    ClosedEnd,
    ClosedName,
    CountMissing,
    CutLevel,
    DetectionMaps,
    Detections,
    Differences,
    FirstModel,
    Group,
    Image,
    Labels,
    Lesions,
    LikeOfMap,
    MaskOut,
    MergedOut,
    Out,
    Pairing,
    Part,
    PartRecords,
    Predicted,
    Predictions,
    Probability,
    ProtocolLevel,
    Protocols,
    Reference,
    References,
    Saying,
    Scale,
    Scoring,
    SecondModel,
    Spacing,
    Window,
)

app = field_app("Lesions in medical images, case by case or in cohorts.")


@app.command(
    epilog="""
    overlap lesions compare predicted/one.nii.gz reference/one.nii.gz
    overlap lesions compare predicted/one.nii.gz reference/one.nii.gz --labels whole=1+2 --plot one.png
    """
)
@grouped
def compare(
    predicted: Predicted,
    reference: Reference,
    *,
    labels: Labels = None,
    saying: Saying,
    scoring: Scoring,
    lesions: Lesions = None,
    image: Image = None,
    window: Window = None,
    html: Html = None,
    saving: Saving,
) -> None:
    """Compare a predicted segmentation with a reference.

    As CSV: a row for each label.
    """
    from . import comparing

    code = comparing.compare_files(
        predicted,
        reference,
        labels=labels,
        **saying.keywords(),
        **scoring.keywords(),
        lesions=lesions,
        image=image,
        window=window,
        outputs=saving.checked([predicted, reference, image, saying.like], html=html, others={"--lesions": lesions}),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap lesions protocols predicted/one.nii.gz reference/one.nii.gz
    overlap lesions protocols predicted/one.nii.gz reference/one.nii.gz --protocols brats2023_gli,cc --csv scores.csv
    """
)
@grouped
def protocols(
    predicted: Predicted,
    reference: Reference,
    *,
    protocols: Protocols = None,
    labels: Labels = None,
    saying: Saying,
    level: ProtocolLevel = 0.5,
    saving: Saving,
) -> None:
    """Score lesions under every community's rule.

    The table says why the scores of one case differ.

    As CSV: a row for each label and protocol.
    """
    from . import beside

    code = beside.protocols_files(
        predicted,
        reference,
        protocols=protocols,
        labels=labels,
        level=level,
        **saying.keywords(),
        outputs=saving.checked([predicted, reference, saying.like]),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap lesions cohort predicted reference --out scores.csv
    overlap lesions cohort predicted reference --out scores.csv --workers 4 --count-missing --html cohort.html
    """
)
@grouped
def cohort(
    predictions: Predictions = None,
    references: References = None,
    *,
    out: Out,
    choosing: Choosing,
    count_missing: CountMissing = False,
    part: Part = None,
    sharing: Sharing,
    labels: Labels = None,
    saying: Saying,
    scoring: Scoring,
    html: Html = None,
    saving: Saving,
) -> None:
    """Compare many pairs of images, and summarise.

    The pairs are those of two folders, or of a table. As CSV: a row for each label and index of the summary.
    """
    from . import run
    from .cohorts.saving import records_beside
    from .cohorts.sidecars import settings_beside

    shared = {**keywords(sharing), "records": sharing.records or records_beside(out)}
    inputs = [predictions, references, choosing.cases]
    others = {"--out": out, "--records": shared["records"], "settings of --out": settings_beside(out)}
    code = run.cohort_files(
        predictions,
        references,
        out=out,
        count_missing=count_missing,
        part=part,
        labels=labels,
        **keywords(choosing),
        **shared,
        **saying.keywords(),
        **scoring.keywords(),
        outputs=saving.checked(inputs, html=html, others=others),
    )
    raise typer.Exit(code)


@app.command(
    "cohort-protocols",
    epilog="""
    overlap lesions cohort-protocols predicted reference --protocols brats2023_gli,cc --out scores.csv
    """,
)
@grouped
def cohort_protocols(
    predictions: Predictions = None,
    references: References = None,
    *,
    out: Out,
    choosing: Choosing,
    count_missing: CountMissing = False,
    sharing: Sharing,
    protocols: Protocols = None,
    labels: Labels = None,
    saying: Saying,
    level: ProtocolLevel = 0.5,
    detection_maps: DetectionMaps = False,
    detections: Detections = None,
    saving: Saving,
) -> None:
    """Score many pairs of images by a challenge's rule.

    As CSV: a row for each label, protocol and index of the summary; froc and picai score all scans together.
    """
    from . import beside
    from .cohorts.saving import records_beside

    shared = {**keywords(sharing), "records": sharing.records or records_beside(out)}
    others = {"--out": out, "--records": shared["records"], "--detections": detections}
    code = beside.cohort_protocols_files(
        predictions,
        references,
        out=out,
        protocols=protocols,
        labels=labels,
        detections=detections,
        level=None if detection_maps else level,
        count_missing=count_missing,
        **keywords(choosing),
        **shared,
        **saying.keywords(),
        outputs=saving.checked([predictions, references, choosing.cases], others=others),
    )
    raise typer.Exit(code)


@app.command(
    "cohort-calibration",
    epilog="""
    overlap lesions cohort-calibration chances reference --above 0 --out calibration.csv --plot reliability.png
    """,
)
@grouped
def cohort_calibration(
    predictions: Predictions = None,
    references: References = None,
    *,
    out: Out,
    choosing: Choosing,
    sharing: Sharing,
    labels: Labels = None,
    saying: Saying,
    n_bins: Bins = 15,
    closed: ClosedEnd = ClosedName.right,
    above: Above = None,
    saving: Saving,
) -> None:
    """Say whether probability maps mean what they say.

    Brier score, calibration errors and the reliability table of a cohort. As CSV: a row for each label and bin.
    """
    from . import calibrating
    from .cohorts.saving import records_beside

    shared = {**keywords(sharing), "records": sharing.records or records_beside(out)}
    code = calibrating.cohort_calibration_files(
        predictions,
        references,
        out=out,
        labels=labels,
        n_bins=n_bins,
        closed=closed.value,
        above=above,
        **keywords(choosing),
        **shared,
        **saying.keywords(),
        outputs=saving.checked(
            [predictions, references, choosing.cases], others={"--out": out, "--records": shared["records"]}
        ),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap lesions merge one.csv.records two.csv.records --out scores.csv
    """
)
@grouped
def merge(
    records: PartRecords,
    *,
    out: MergedOut,
    cases: Cases = None,
    group: Group = None,
    html: Html = None,
    saving: Saving,
) -> None:
    """Join the parts of a cohort, and summarise.

    As CSV: a row for each label and index of the summary.
    """
    from . import run

    outputs = saving.checked([*records, cases], html=html, others={"--out": out})
    code = run.merge_files(records, out=out, cases=cases, group=group, outputs=outputs)
    raise typer.Exit(code)


@app.command(
    "compare-models",
    epilog="""
    overlap lesions compare-models one.csv two.csv
    overlap lesions compare-models one.csv two.csv --indices dice,hd95 --differences differences.csv
    """,
)
@grouped
def compare_models(
    a: FirstModel,
    b: SecondModel,
    *,
    pairing: Pairing,
    differences: Differences = None,
    html: Html = None,
    saving: Saving,
) -> None:
    """Compare two models on the same cases.

    As CSV: a row for each label, index and statistic, with the interval of the difference.
    """
    from . import models

    code = models.compare_models_files(
        a,
        b,
        **keywords(pairing),
        differences_file=differences,
        outputs=saving.checked([a, b], html=html, others={"--differences": differences}),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap lesions decide chance.nii.gz --out mask.nii.gz
    """
)
@grouped
def decide(
    probability: Probability,
    *,
    out: MaskOut = None,
    scale: Scale = None,
    spacing: Spacing = None,
    axes: Axes = None,
    like: LikeOfMap = None,
    level: CutLevel = 0.5,
    saving: Saving,
) -> None:
    """Turn a probability map into a mask.

    It is the mask of the largest expected Dice, and the cut at a level stands beside it. As CSV: a row for each
    decision.
    """
    from . import deciding
    from .images.placing import parse_spacing

    outputs = saving.checked([probability, like], others={"--out": out})
    code = deciding.decide_file(
        probability,
        out=out,
        scale=scale,
        spacing=parse_spacing("--spacing", spacing),
        axes=axes,
        like=like,
        level=level,
        outputs=outputs,
    )
    raise typer.Exit(code)
