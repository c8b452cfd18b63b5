"""What the terminal shows."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from domains.events import PROTOCOLS, compare
from domains.events.tables import report_table


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


def test_figures_and_sizes():
    report = compare(np.array([[0, 10.0]]), np.array([[5, 20.0]]), "time", support=20.0)
    text = shown(report_table(report))
    assert "0.2500" in text
    assert "in both (seconds)" in text
    assert "20 s in 1 file" in text
    assert "protocol: time, its known faults not corrected" in text


def test_corrected_faults_are_said():
    a = pd.DataFrame({"onset": [0.0], "offset": [2.0], "confidence": [0.25]})
    text = shown(report_table(compare(a, a, "thumos14", corrected=True)))
    assert "protocol: thumos14, its known faults corrected" in text


def test_many_rows_are_cut():
    a = pd.DataFrame({"file": [f"f{k}" for k in range(60)], "onset": 0.0, "offset": 1.0})
    text = shown(report_table(compare(a, a, "time", by="file"), most=10))
    assert "50 more rows" in text
