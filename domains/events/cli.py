"""Commands: ``overlap events score``, ``protocols``, ``agree``, ``clean``, ``convert`` and ``possession``.

In Python the same is done by functions of the same names, `compare_protocols` for ``protocols``.
"""

from __future__ import annotations

import typer

from .._checks import UsageError
from .._flags import Csv, Html, Printing, Saving, Sharing, Skipped, field_app, grouped, keywords
from .flags import (
    After,
    Annotators,
    Before,
    By,
    ByRecording,
    Cleaned,
    Corrected,
    Drop,
    Enter,
    Epoch,
    Events,
    Exclusive,
    FilmRate,
    First,
    Group,
    IndexName,
    IndexOption,
    Kind,
    LabelColumn,
    Leave,
    Level,
    Likelihood,
    Listed,
    MaxGap,
    MaxHold,
    MayLose,
    Meeting,
    MeetingName,
    Merge,
    MinDuration,
    Missing,
    MissingName,
    OfEvents,
    OfSubjects,
    OperatingPoints,
    Padding,
    Predicted,
    PredictedOrNone,
    ProtocolName,
    ProtocolOption,
    Protocols,
    Rate,
    Recordings,
    Reference,
    ReferenceOrNone,
    RoundingName,
    RoundingOption,
    Second,
    Setting,
    SettingOfAll,
    Snap,
    Source,
    Split,
    Subset,
    Support,
    Target,
    To,
    Tracked,
    TracksKind,
    Zone,
    read_names,
    read_settings,
    read_support,
)

app = field_app("Timed events: predicted against annotated ones.")


@app.command(
    epilog="""
    overlap events score found.csv annotated.csv --support 3600
    overlap events score found annotated --protocol szcore --group file --csv scores.csv
    """
)
@grouped
def score(
    predicted: Predicted,
    reference: Reference,
    *,
    protocol: ProtocolOption = ProtocolName.time,
    param: Setting = None,
    support: Support = None,
    by: By = None,
    corrected: Corrected = False,
    kind: Kind = None,
    rate: Rate = None,
    label_column: LabelColumn = None,
    subset: Subset = None,
    group: Group = None,
    level: Level = 0.95,
    subjects: OfSubjects = None,
    operating_points: OperatingPoints = False,
    sharing: Sharing,
    saving: Saving,
) -> None:
    """Score predicted events against annotated events.

    By seconds, by events that match, or by a published protocol (SzCORE, sed_eval, ...).

    Of two folders, files of one name are a pair, also in folders below; all recordings are scored together, and --by
    file or --group keeps them apart. A file without a partner counts as missed or as false alarms, is told, and the
    exit code is 1.

    As CSV: a row for each threshold, and for each label or file that is scored separately.
    """
    from . import run

    outputs = saving.checked(
        [predicted, reference, support], others={"--records": sharing.records, "--subjects": subjects}
    )
    if subjects is not None and group is None:
        raise UsageError("--subjects: whose each recording is must be said; add --group, such as --group bids")
    code = run.score_files(
        predicted,
        reference,
        protocol=protocol.value,
        support=read_support(support),
        by=tuple(name.value for name in by or ()),
        corrected=corrected,
        kind=kind.value if kind else None,
        rate=rate,
        label_column=label_column,
        subset=subset,
        group=group,
        level=level,
        subjects=subjects,
        operating_points=operating_points,
        settings=read_settings(param or []),
        **keywords(sharing),
        outputs=outputs,
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap events clean found.csv cleaned.csv --merge 0.5 --drop 0.1
    overlap events clean - - --to csv --before 1 --after 1 < found.csv
    """
)
@grouped
def clean(
    events: Events,
    out: Cleaned,
    *,
    merge: Merge = None,
    drop: Drop = None,
    before: Before = 0.0,
    after: After = 0.0,
    meeting: Meeting = MeetingName.merge,
    split: Split = None,
    snap: Snap = None,
    rounding: RoundingOption = RoundingName.nearest_even,
    support: Support = None,
    to: To = None,
    kind: Kind = None,
    rate: Rate = None,
    label_column: LabelColumn = None,
    saving: Saving,
) -> None:
    """Merge, drop, widen, split, round and clip events.

    Times are seconds, and each file and label is by itself. What is merged has the highest confidence of its events,
    and of other columns what the first has. Prints how many events there were before and after each step. What lies
    outside of --support is cut off last.

    As CSV: a row for each step.
    """
    from . import cleaning

    code = cleaning.clean_file(
        events,
        out,
        outputs=saving.checked([events, support], others={} if str(out) == "-" else {"OUT": out}),
        to=to.value if to else None,
        kind=kind.value if kind else None,
        rate=rate,
        label_column=label_column,
        merge=merge,
        drop=drop,
        extend=(before, after) if before or after else None,
        meeting=meeting.value,
        split=split,
        snap=snap,
        rounding=rounding.value,
        support=read_support(support),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap events protocols found.csv annotated.csv --support 3600
    overlap events protocols --list --protocols szcore,psds
    """
)
@grouped
def protocols(
    predicted: PredictedOrNone = None,
    reference: ReferenceOrNone = None,
    *,
    listed: Listed = False,
    protocols: Protocols = None,
    param: SettingOfAll = None,
    support: Support = None,
    group: Group = None,
    level: Level = 0.95,
    kind: Kind = None,
    rate: Rate = None,
    label_column: LabelColumn = None,
    subset: Subset = None,
    events: OfEvents = None,
    sharing: Sharing,
    saving: Saving,
    html: Html = None,
) -> None:
    """Score events under every community's rule.

    The tables say why the numbers of one pair of files differ: by which rules, and of which events.

    As CSV: a row for each protocol; one that does not apply says why.
    """
    from . import beside

    inputs = [predicted, reference, support]
    outputs = saving.checked(inputs, html=html, others={"--records": sharing.records, "--events": events})
    names = read_names(protocols)
    if listed:
        raise typer.Exit(beside.list_files(names, outputs))
    if predicted is None or reference is None:
        raise UsageError("missing argument 'predicted' or 'reference'; overlap events protocols -h lists the options")
    code = beside.protocols_files(
        predicted,
        reference,
        protocols=names,
        support=read_support(support),
        group=group,
        level=level,
        settings=read_settings(param or []),
        kind=kind.value if kind else None,
        rate=rate,
        label_column=label_column,
        subset=subset,
        events=events,
        **keywords(sharing),
        outputs=outputs,
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap events agree first.csv second.csv --support 3600
    overlap events agree first second third --support 3600 --epoch 30 --html agreement.html
    """
)
@grouped
def agree(
    annotators: Annotators = None,
    *,
    support: Support = None,
    by: ByRecording = None,
    epoch: Epoch = None,
    kind: Kind = None,
    rate: Rate = None,
    label_column: LabelColumn = None,
    saving: Saving,
    html: Html = None,
) -> None:
    """Say how well annotators agree: kappa, Dice, confusion.

    No annotator is the reference; of three or more there is Fleiss' kappa too.

    As CSV: a row for each label and pair of annotators, and one for all of them.
    """
    from .annotators import agreeing

    paths = annotators or []
    if not paths:
        raise UsageError("missing argument 'annotators'; overlap events agree -h lists the options")
    code = agreeing.agree_files(
        paths,
        support=read_support(support),
        by="file" if by else None,
        epoch=epoch,
        kind=kind.value if kind else None,
        rate=rate,
        label_column=label_column,
        outputs=saving.checked([*paths, support], html=html),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap events possession tracks.csv ball ann ben --rate 25
    overlap events possession tracks.csv ball --zone goal=0,20,5,40 --rate 25 --csv possessions.csv
    """
)
@grouped
def possession(
    tracks: Tracked,
    first: First,
    second: Second = None,
    *,
    zone: Zone = None,
    rate: FilmRate = None,
    index: IndexOption = IndexName.containment,
    enter: Enter = 0.5,
    leave: Leave = None,
    exclusive: Exclusive = None,
    missing: Missing = MissingName.gap,
    max_hold: MaxHold = None,
    max_gap: MaxGap = 0.0,
    min_duration: MinDuration = 0.0,
    kind: TracksKind = None,
    padding: Padding = None,
    likelihood: Likelihood = None,
    saving: Saving,
) -> None:
    """Find who has the ball, or who is in which zone, from tracks.

    As CSV: a row for each possession.
    """
    from .tracks import holders

    code = holders.possess_files(
        tracks,
        first,
        second or [],
        zone or [],
        outputs=saving.checked([tracks]),
        kind=kind.value if kind else None,
        padding=padding,
        likelihood=likelihood,
        rate=rate,
        index=index.value,
        enter=enter,
        leave=leave,
        exclusive=exclusive.value if exclusive else None,
        missing=missing.value,
        max_hold=max_hold,
        max_gap=max_gap,
        min_duration=min_duration,
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap events convert found.csv found.rttm
    overlap events convert annotated converted/ --to raven
    """
)
@grouped
def convert(
    source: Source,
    target: Target,
    *,
    to: To = None,
    kind: Kind = None,
    rate: Rate = None,
    label_column: LabelColumn = None,
    subset: Subset = None,
    recordings: Recordings = False,
    drop: MayLose = None,
    sharing: Sharing,
    printing: Printing,
    csv: Csv = None,
    skipped: Skipped = None,
) -> None:
    """Bring files of events into another format.

    What the format has no place for is told, and the exit code is 1.

    As CSV: a row for each file that was written.
    """
    from .files import converting

    code = converting.convert_files(
        source,
        target,
        outputs=printing.outputs([source], csv=csv, skipped=skipped, others={"--records": sharing.records}),
        to=to.value if to else None,
        kind=kind.value if kind else None,
        rate=rate,
        label_column=label_column,
        subset=subset,
        recordings=recordings,
        drop=tuple(drop or ()),
        **keywords(sharing),
    )
    raise typer.Exit(code)
