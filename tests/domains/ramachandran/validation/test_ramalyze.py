"""Residues as ramalyze prints them: the prints are those of ``molprobity.ramalyze``, cctbx-base 2025.11."""

from __future__ import annotations

from pathlib import Path

import pytest

from domains.ramachandran import example, validate
from domains.ramachandran.validation.ramalyze import ramalyze_lines

PRINTED = (Path(__file__).parents[3] / "data" / "1a8o.cif.ramalyze.txt").read_text().splitlines()

OF_3JQH = """\
residue:score%:phi:psi:evaluation:type
 A   2 AGLU:17.04:-107.53:158.66:Favored:General
 A   2 BGLU:16.56:-105.71:158.66:Favored:General
 A   3 ALYS:57.47:-50.65:-44.29:Favored:General
 A   3 BLYS:61.20:-51.11:-43.88:Favored:General
 A   4  SER:61.68:-60.98:-19.88:Favored:General
 A   5  LYS:19.28:-76.23:-48.72:Favored:General
 A   6  LEU:73.02:-63.49:-31.77:Favored:General
 A   7  GLN:93.71:-63.82:-44.28:Favored:General
 A   8  GLU:86.09:-66.00:-37.50:Favored:General
 A   9  ILE:84.72:-63.72:-48.85:Favored:Isoleucine or valine
 A  10  TYR:82.29:-58.35:-40.47:Favored:General
 A  11  GLN:90.13:-66.12:-39.72:Favored:General
 A  12  GLU:88.10:-59.35:-46.63:Favored:General
 A  13  LEU:75.82:-55.73:-48.08:Favored:General
 A  14 ATHR:46.65:-49.52:-49.28:Favored:General
 A  14 BTHR:34.64:-49.52:-51.71:Favored:General
 A  14 CTHR:41.30:-49.52:-50.57:Favored:General
 A  15 AARG:61.92:-71.51:-21.47:Favored:General
 A  15 BGLN:74.06:-55.33:-48.51:Favored:General
 A  15 CGLU:86.66:-61.34:-38.37:Favored:General
 A  16 ALEU:40.90:-77.40:-41.21:Favored:General
 A  16 BLEU:96.44:-61.21:-41.21:Favored:General
 A  16 CLEU:84.36:-67.61:-41.21:Favored:General
 A  17  LYS:86.91:-58.50:-42.12:Favored:General
 A  18  ALA:83.00:-67.99:-38.72:Favored:General
 A  19  ALA:99.48:-62.82:-43.18:Favored:General
 A  20  VAL:80.69:-64.01:-37.78:Favored:Isoleucine or valine
 A  21  GLY:54.38:-65.83:-11.48:Favored:Glycine
 A  22  GLU:41.29:-99.95:0.51:Favored:General
SUMMARY: 21 Favored, 0 Allowed, 0 Outlier out of 21 residues (altloc A where applicable)
SUMMARY: 0.00% outliers (Goal: < 0.2%)
SUMMARY: 100.00% favored (Goal: > 98%)
"""


@pytest.fixture(scope="module")
def residues():
    pytest.importorskip("gemmi")
    return validate(example("1a8o"))[0]


def test_the_print_is_that_of_ramalyze(residues):
    assert ramalyze_lines(residues) == PRINTED


def test_the_print_of_conformers_is_that_of_ramalyze(shared_data):
    residues, _ = validate(shared_data / "structures" / "3jqh.cif")
    assert ramalyze_lines(residues) == OF_3JQH.splitlines()


def test_the_order_is_that_of_ramalyze(residues):
    """Models count as numbers, chains by their letters."""
    two = residues.head(2).assign(model=["10", "2"])
    assert [line[:9] for line in ramalyze_lines(two)[1:3]] == [" A 153  I", " A 152  A"]
    chains = residues.head(2).assign(chain=["B", "A"])
    assert [line[:9] for line in ramalyze_lines(chains)[1:3]] == [" A 153  I", " B 152  A"]


def test_no_residue_is_no_error(residues):
    assert ramalyze_lines(residues.head(0))[1:] == [
        "SUMMARY: 0 Favored, 0 Allowed, 0 Outlier out of 0 residues (altloc A where applicable)",
        "SUMMARY: 0.00% outliers (Goal: < 0.2%)",
        "SUMMARY: 0.00% favored (Goal: > 98%)",
    ]


def test_outliers_are_counted(residues):
    labels = ["OUTLIER", "Allowed", "Favored", "Favored"]
    last = ramalyze_lines(residues.head(4).assign(evaluation=labels))[-3:]
    assert last[0].startswith("SUMMARY: 2 Favored, 1 Allowed, 1 Outlier out of 4 residues")
    assert last[1:] == ["SUMMARY: 25.00% outliers (Goal: < 0.2%)", "SUMMARY: 50.00% favored (Goal: > 98%)"]
