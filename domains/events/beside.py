"""The job of ``overlap events protocols``: two files or folders under every community's rule, beside each other.

In Python: `compare_protocols` and `judge_events`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from .. import _console, _skipped
from .._checks import check_number
from .._running import split_running
from . import tables
from .comparison.comparison import assess, nothing_in_common
from .comparison.subjects import Group
from .disagreement.disagreement import (
    OPERATION,
    compare_and_keep,
    list_protocols,
    named_protocols,
    protocols_as_objects,
    settings_of,
)
from .disagreement.judging import summary_of, verdicts_of
from .files.both import read_both
from .files.sides import Reading
from .protocols import PROTOCOLS, Scored
from .run import nothing_within
from .schema import Support

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs


class Beside(NamedTuple):
    """What was found of two files.

    Parameters
    ----------
    table : DataFrame
        As `compare_protocols` returns it.
    skipped : DataFrame
        As `score` returns it.
    scored : Scored
        What was read, and scored in seconds.
    """

    table: pd.DataFrame
    skipped: pd.DataFrame
    scored: Scored


def protocols_files(
    predicted: Path,
    reference: Path,
    *,
    protocols: Sequence[str] | None = None,
    support: Support = None,
    group: Group | None = None,
    level: float = 0.95,
    settings: Mapping[str, Any] | None = None,
    events: Path | None = None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap events protocols`` does, and return its exit code."""
    names = named_protocols(protocols)
    own = dict(settings or {})
    # a wrong setting ends the work before files are read
    settings_of(names, own)
    check_number(OPERATION, "level", level, above=0, below=1)
    with _console.refusals_listed(outputs), _console.collected_warnings() as notes:
        running, said = split_running({**options, "progress": not outputs.quiet}, OPERATION)
        both = read_both(predicted, reference, support, Reading(**said, operation=OPERATION), running)
        scored = assess(both.prediction, both.reference, "time", support=both.support)
        sides = [_named(events, name) for events, name in zip(scored.given, scored.names, strict=True)]
        stretches = scored.support.reset_index()
        with warnings.catch_warnings():
            # the first time said it all
            warnings.simplefilter("ignore", UserWarning)
            table, kept = compare_and_keep(*sides, protocols=names, support=stretches, group=group, level=level, **own)
    rows = table[table["reason"] != ""]
    refused = dict(zip(rows["protocol"], rows["reason"], strict=True))
    judged = verdicts_of(list(scored.given), kept, refused)
    judged.attrs |= {"prediction": scored.names[0], "reference": scored.names[1]}
    differs = judged[judged["differs"]].drop(columns="differs")
    facts = facts_of(scored, table)
    facts["files"] += both.without_a_file
    skipped = _skipped.joined(both.skipped, scored.skipped)
    result = Beside(table, skipped, scored)

    def picture() -> Axes:
        from .disagreement.protocol_dots import plot_protocols

        return plot_protocols(table)

    def page() -> str:
        from .disagreement.pages import protocols_page
        from .pictures.verdict_lanes import plot_verdicts

        lanes = plot_verdicts(judged).figure if len(differs) else None
        paths = _paths(predicted, reference)
        return protocols_page(table, facts, notes, judged=judged, lanes=lanes, skipped=skipped, paths=paths)

    def shown() -> list[Any]:
        numbers = tables.protocols_table(table, facts)
        why = tables.differences_table(table)
        return [numbers, *tables.verdicts_tables(judged), why, *tables.why_lines(table)]

    report = {**facts, "protocols": table.to_dict("records")}
    report["judged"] = summary_of(judged)
    report["judged_differently"] = differs.to_dict("records")
    files = {} if events is None else {events: differs}
    code = _console.deliver(report, outputs, shown, picture, skipped, page=page, rows=table, files=files, notes=notes)
    within = nothing_within(support, scored)
    faults = [*_faults_of(result, is_asked=protocols is not None), *([within] if within else [])]
    for fault in faults:
        _console.note(f"error: not scored: {fault}")
    return max(code, _console.INCOMPLETE) if faults else code


def list_files(protocols: Sequence[str] | None, outputs: Outputs) -> int:
    """Do what ``overlap events protocols --list`` does, and return its exit code."""
    listed = protocols_as_objects(protocols)
    return _console.deliver(listed, outputs, lambda: tables.list_tables(listed), rows=list_protocols(protocols))


def facts_of(scored: Scored, table: pd.DataFrame) -> dict[str, str]:
    """Return who was compared with whom, and over what, in words."""
    attrs = scored.report().attrs
    return {
        "prediction": f"{attrs['prediction']} ({attrs['n_prediction']})",
        "reference": f"{attrs['reference']} ({attrs['n_reference']})",
        "files": attrs["files"],
        "support": attrs["support"],
        "mean_over": table.attrs["mean_over"],
    }


def _named(events: pd.DataFrame, name: str) -> pd.DataFrame:
    named = events.copy()
    named.attrs["name"] = name
    return named


def _paths(predicted: Path, reference: Path) -> dict[str, str]:
    return {"file of the prediction": str(predicted), "file of the reference": str(reference)}


def _faults_of(result: Beside, *, is_asked: bool) -> list[str]:
    """Return which protocols that were asked for do not apply, that none does, or that nothing could match."""
    refused = result.table[result.table["reason"] != ""]
    applied = result.table[result.table["reason"] == ""]
    by_labels = {PROTOCOLS[name].uses_labels for name in result.table["protocol"]}
    given = result.scored.given
    apart = [nothing_in_common(*given, uses_labels=uses) for uses in sorted(by_labels)]
    faults = []
    if is_asked or applied.empty:
        others = refused[~refused["reason"].isin(apart)]
        for row in others.to_dict("records"):
            faults.append(f"{row['protocol']} does not apply: {row['reason']}")
    if is_asked and not any(events.empty for events in given):
        undefined = applied[applied["value"].isna()]
        for row in undefined.to_dict("records"):
            faults.append(f"{row['protocol']}: {row['why']}")
    return [*faults, *dict.fromkeys(one for one in apart if one)]
