"""The page of protocols beside each other: findings first, then the picture, the numbers, and why they differ.

Conventions
-----------
- Whatever a page says is in the table that it is made of; nothing is scored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..._page import Finding, Look, page, paragraph, picture, section, table
from ..._text import count_of
from .disagreement import ASPECTS, COUNTS, differences
from .judging import EVENT, FOUND, no_verdict_lines, protocols_of, said_of, summary_of

PACKAGES = ("numpy", "scipy", "pandas", "xarray", "matplotlib")
FIGURES = ("value", "low", "high", "mean", "mean_low", "mean_high", "corrected")
MOST_EVENTS = 40
TIMES = Look({"onset": ".6g", "offset": ".6g"}, {})
LOOK = Look({**dict.fromkeys(FIGURES, ".4f"), **dict.fromkeys(COUNTS, ".6g")}, {})


def protocols_page(
    found: pd.DataFrame,
    facts: Mapping[str, str],
    notes: Sequence[str] = (),
    *,
    judged: pd.DataFrame | None = None,
    lanes: Any = None,
    skipped: pd.DataFrame | None = None,
    paths: Mapping[str, str] | None = None,
) -> str:
    """Return the page of protocols beside each other.

    Parameters
    ----------
    found : DataFrame
        As `compare_protocols` returns it.
    facts : mapping
        ``prediction reference support mean_over``, in words.
    notes : sequence of str
        Warnings.
    judged : DataFrame, optional
        As `judge_events` returns it.
    lanes : matplotlib Figure, optional
        As `plot_verdicts` draws it.
    skipped : DataFrame, optional
        Rows that are no events, and files that could not be read.
    paths : mapping, optional
        The files as they were named, for what was done.

    Returns
    -------
    str

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .disagreement import compare_protocols
    >>> found = compare_protocols([[0, 4], [8, 9]], [[0, 5]], protocols=["time", "tiou"])
    >>> facts = {"prediction": "a", "reference": "b", "support": "not known", "mean_over": "recordings"}
    >>> html = protocols_page(found, facts)
    >>> "scores: from 0.6667" in html
    True
    """
    applied = found[found["reason"] == ""]
    refused = found[found["reason"] != ""]
    sections = [
        section("One pair of files, a number for each protocol", *_drawn(found)),
        section("Numbers", table(_numbers(applied), LOOK, whole=True), paragraph(_said_of_numbers(facts))),
        *_judged(judged, lanes),
        section(
            "Why they differ", table(differences(found), whole=True), paragraph("who does the same stands in one row")
        ),
        section("What each protocol does", table(_done_by(applied), whole=True)),
        section("Known faults", table(_faults_of(applied), whole=True)),
    ]
    if len(refused):
        sections.append(section("What does not apply", table(refused[["protocol", "reason"]], whole=True)))
    if skipped is not None and len(skipped):
        sections.append(section("Skipped", table(skipped, all_of_them="--skipped")))
    title = f"{facts['prediction']} against {facts['reference']}"
    done = {**facts, **(paths or {}), "interval": "95 %, percentile bootstrap, 2000 resamples, seed 0"}
    return page(title, _findings(applied, refused, judged, notes), sections, done, PACKAGES)


def _drawn(found: pd.DataFrame) -> list[str]:
    """Return the picture, or that there is nothing to draw."""
    if found.loc[found["reason"] == "", "value"].isna().all():
        return [paragraph("no protocol has a number for these events")]
    import matplotlib.pyplot as plt

    from .protocol_dots import plot_protocols

    figure: Any = plot_protocols(found).figure
    drawn = picture(figure, "Each protocol's own number. They answer different questions; a higher one is no better")
    plt.close(figure)
    return [drawn]


def _judged(judged: pd.DataFrame | None, lanes: Any) -> list[str]:
    """Return the section of events that are judged differently."""
    if judged is None:
        return []
    parts: list[str] = []
    if lanes is not None:
        import matplotlib.pyplot as plt

        said = "How protocols judge the events that not all judge alike; time is cut where they agree"
        parts.append(picture(lanes, said))
        plt.close(lanes)
    differs = judged[judged["differs"]]
    if len(differs):
        parts.append(table(_verdicts(differs), TIMES, most=MOST_EVENTS, all_of_them="--events", whole=True))
    parts += [paragraph(line) for line in no_verdict_lines(judged)]
    return [section("Events that are judged differently", *parts)]


def _verdicts(differs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each event: which protocols find it, and which do not."""
    names = protocols_of(differs)
    rows = []
    for row in differs.to_dict("records"):
        found = [name for name in names if row[name] == FOUND]
        others = said_of(row, [name for name in names if name not in found])
        rows.append({**{name: row[name] for name in EVENT}, "found by": ", ".join(found), "by others": others})
    listed = pd.DataFrame(rows)
    empty = [name for name in ("file", "label") if (listed[name] == "").all()]
    return listed.drop(columns=empty)


def _numbers(applied: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of numbers, without those that are empty, the best first."""
    columns = ["protocol", "score", *FIGURES[:-1], "n_units", "corrected", *COUNTS, "units"]
    order = applied.assign(of_best=applied["value"].where(applied["is_error"], -applied["value"]))
    rows = order.sort_values(["is_error", "of_best"], ignore_index=True)[columns]
    return rows.rename(columns={"n_units": "over"}).dropna(axis="columns", how="all")


def _done_by(applied: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each protocol and aspect: a column for each aspect is too wide for a screen."""
    rows = applied[["protocol", *ASPECTS]].melt("protocol", var_name="what", value_name="how", ignore_index=False)
    return rows.sort_index(kind="stable", ignore_index=True)


def _faults_of(applied: pd.DataFrame) -> pd.DataFrame:
    """Return the protocols that have known faults."""
    return applied.loc[applied["faults"] != "", ["protocol", "tool", "faults"]]


def _said_of_numbers(facts: Mapping[str, str]) -> str:
    units = facts["mean_over"]
    return (
        f"low and high: 95 % interval of the value, from resampled {units}; mean: over so many {units} where it is "
        "defined, with an interval of its own; corrected: the value without known faults; found, missed and spurious "
        "as the protocol counts them, at the threshold nearest 0.5"
    )


def _findings(
    applied: pd.DataFrame, refused: pd.DataFrame, judged: pd.DataFrame | None, notes: Sequence[str]
) -> list[Finding]:
    """Return how far the protocols lie apart, which faults show, and what does not apply."""
    findings = []
    defined = applied[applied["value"].notna()]
    for is_error, what in ((False, "scores"), (True, "error rates")):
        part = defined[defined["is_error"] == is_error].sort_values("value")
        if part.empty:
            continue
        spread = f"{what}: from {_one(part.iloc[0])} to {_one(part.iloc[-1])}"
        findings.append(Finding(spread if len(part) == 1 else f"{spread}; each answers a question of its own"))
    if judged is not None:
        findings.append(Finding(summary_of(judged)))
    for row in applied.to_dict("records"):
        if row["why"]:
            findings.append(Finding(f"{row['protocol']}: {row['why']}"))
    if len(refused):
        names = ", ".join(refused["protocol"])
        findings.append(
            Finding(f"{count_of(len(refused), 'protocol')} without a number: {names}; the reasons are below")
        )
    return [*[Finding(note, "bad") for note in notes], *findings]


def _one(row: Any) -> str:
    return f"{row['value']:.4f} ({row['protocol']}, {row['score']})"
