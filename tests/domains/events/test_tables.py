"""What the terminal shows."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from domains.events import PROTOCOLS, assess, compare, judge_events, operating_points, with_subjects
from domains.events.tables import report_table, report_tables, subjects_table, verdicts_tables


def shown(table):
    console = Console(width=200, record=True, file=StringIO())
    console.print(table)
    return console.export_text()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_a_table(protocol):
    a = pd.DataFrame({"onset": [0.0, 5.0], "offset": [2.0, 8.0], "confidence": [0.25, 0.5], "pitch": 440.0})
    # of DCASE's recordings the first five events are not scored
    options = {"shots": 0} if protocol == "dcase_fewshot" else {}
    b = a.assign(label="POS") if options else a
    text = shown(report_table(compare(a, b, protocol, support=10.0, **options)))
    assert "prediction: prediction (2)" in text
    assert "reference: reference (2)" in text
    assert "1.0000" in text
    assert protocol in text
    assert text.count(" * ") == 1 or text.count(" *\n") == 1
    assert f"*: the figure that {protocol} is known by" in text


def test_figures_and_sizes():
    report = compare(np.array([[0, 10.0]]), np.array([[5, 20.0]]), "time", support=20.0)
    text = shown(report_table(report))
    assert "0.2500" in text
    assert "in both (seconds)" in text
    assert "20 s in 1 file" in text
    assert "protocol: time" in text
    assert "known faults" not in text, "it has none"


def test_corrected_faults_are_said():
    a = pd.DataFrame({"onset": [0.0], "offset": [2.0], "confidence": [0.25]})
    text = shown(report_table(compare(a, a, "thumos14", corrected=True)))
    assert "protocol: thumos14, its known faults corrected" in text


def test_many_rows_are_cut():
    a = pd.DataFrame({"file": [f"f{k}" for k in range(60)], "onset": 0.0, "offset": 1.0})
    text = shown(report_table(compare(a, a, "time", by="file"), most=10))
    assert "50 more rows" in text


@pytest.mark.parametrize(("protocol", "first"), [("nist_der", "DER *"), ("pyannote_der", "DER *"), ("jer", "JER *")])
def test_speakers_have_the_parts_of_der_and_whom_they_are_taken_for(protocol, first):
    a = pd.DataFrame({"onset": [0, 6, 12.0], "offset": [5, 10, 13.0], "label": ["s0", "s1", "s2"]})
    b = pd.DataFrame({"onset": [0, 5.0], "offset": [4, 11.0], "label": ["anna", "bert"]})
    scored = assess(a, b, protocol, support=20.0)
    numbers, speakers = (shown(table).splitlines() for table in report_tables(scored.report(), scored))
    assert numbers[2].strip().startswith(first)
    assert numbers[4].split()[1:5] == ["2", "2", "0", "10"]
    assert [line.split() for line in speakers[2:5]] == [["s0", "anna", "5"], ["s1", "bert", "4"], ["s2", "nobody", "1"]]


def test_how_many_subjects_have_a_figure_is_said():
    a = pd.DataFrame({"file": ["p", "q"], "onset": 0.0, "offset": 2.0})
    scored = assess(a[:1], a[:1], "tiou", support={"p": 10.0, "q": 10.0})
    lines = shown(subjects_table(with_subjects(scored.report(), scored, "file"))).splitlines()
    assert [line.split()[4] for line in lines if line.startswith("recall")] == ["1"]
    assert "2 subjects" in lines[0]


def test_a_figure_of_all_rows_is_said_once():
    truth = pd.DataFrame({"file": "f", "onset": [0.0, 5.0], "offset": [2.0, 8.0], "label": "dog"})
    points = operating_points({0.3: truth, 0.6: truth[:1]})
    report = compare(points, truth, "psds", support={"f": 60.0}, version="0.3")
    table = report_table(report)
    assert not any("PSDS" in str(column.header) for column in table.columns)
    assert str(table.caption).startswith(f"PSDS * {float(report.psds):.4f} (one for all rows)")
    # of events with a confidence, counts are of all of them
    ranked = truth.assign(confidence=[0.9, 0.4])
    table = report_table(compare(ranked, truth, "psds", support={"f": 60.0}, version="0.3"))
    assert any("PSDS *" in str(column.header) for column in table.columns)
    assert "of all predictions, whatever their confidence" in str(table.caption)


def test_events_that_are_judged_differently_are_told_and_the_rest_counted():
    many = [[20.0 * k, 20.0 * k + 10] for k in range(9)]
    wide = [[20.0 * k, 20.0 * k + 19] for k in range(9)]
    judged = judge_events(many, wide, protocols=["tiou", "spindles", "time"], **{"tiou.thresholds": (0.6,)})
    (table,) = verdicts_tables(judged, most=5)
    assert table.row_count == 5
    said = str(table.caption)
    assert "9 of 9 of the reference and 9 of 9 of the prediction differently" in said
    assert "no verdicts of time: counts seconds, not events" in said
    assert "… and 13 more events: --events FILE.csv lists them all" in said
    (alike,) = verdicts_tables(judge_events(many, many, protocols=["tiou", "spindles"]))
    assert alike.startswith("2 protocols judge events: 0 of 9")
