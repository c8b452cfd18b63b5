from __future__ import annotations

import pandas as pd
import pytest

from domains._checks import UsageError
from domains.ramachandran.validation.selection import choose

ROWS = [("A", -3, ""), ("A", 5, ""), ("A", 52, ""), ("A", 52, "A"), ("A", 52, "B"), ("A", 53, ""), ("B", 5, "")]
RESIDUES = pd.DataFrame(ROWS, columns=["chain", "resseq", "icode"])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("A:5-52", [1, 2]),
        ("A:5-52A", [1, 2, 3]),
        ("A:52A-53", [3, 4, 5]),
        ("A:-3-5", [0, 1]),
        ("A:-3", [0]),
        ("A:-3--3", [0]),
        ("5", [1, 6]),
        ("5-53", [1, 2, 3, 4, 5, 6]),
        ("B:", [6]),
        ("B:, A:53", [5, 6]),
        ("A:5,A:5-52", [1, 2]),
    ],
)
def test_who_is_chosen(text, rows):
    assert [k for k, chosen in enumerate(choose(RESIDUES, text)) if chosen] == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A:x", "'A:x' is no range of residues; write A:5-40,B:5-40"),
        ("", "'' is no range"),
        ("A:9-3", "ends before it begins"),
        ("A:5-40,50-60", "'50-60' names no chain as the others do; write A:50-60"),
        ("C:5", "no residue is C:5; the chains are 'A', 'B'"),
        ("A:60-70", "no residue is A:60-70"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(UsageError, match="^ramachandran.summarise: residues ") as error:
        choose(RESIDUES, text)
    assert message in str(error.value)


def test_a_chain_that_pandas_reads_as_a_number():
    assert choose(RESIDUES.assign(chain=1), "1:5").sum() == 2
