"""Tables that travel come back as they were."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from domains.ramachandran.validation.plain_tables import as_plain, from_plain


def test_empty_tables_keep_their_types():
    table = pd.DataFrame({"n": np.arange(3, dtype=np.int8), "x": 0.5, "good": True, "text": "a"})
    table["kind"] = pd.Categorical(["a", "b", "a"], ["b", "a", "c"])
    pd.testing.assert_frame_equal(from_plain(json.loads(json.dumps(as_plain(table)))), table)
    pd.testing.assert_frame_equal(from_plain(as_plain(table[:0])), table[:0])


def test_every_bit_of_a_number_comes_back():
    table = pd.DataFrame({"x": [0.1 + 0.2, np.nan, -0.0, 5e-324], "n": [1, 2, 3, 2**62], "text": ["", "Å", "a,b", '"']})
    pd.testing.assert_frame_equal(from_plain(json.loads(json.dumps(as_plain(table)))), table, check_exact=True)
