"""Oracle: lesions counted by hand. F1, SQ and PQ are tried in `test_matches`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.lesions import as_image, lesion_scores, match, sensitivity_by_volume


def bars(*lengths):
    """Bars of so many voxels, one below the other."""
    mask = np.zeros((2 * len(lengths), 20), bool)
    for k, length in enumerate(lengths):
        mask[2 * k, :length] = True
    return as_image(mask, 2.0)


def test_the_groups_of_a_kind_are_counted_and_not_their_rows():
    """Two bars of which one is found in two pieces, and one that is missed."""
    found = bars(9, 0)
    scores = lesion_scores(match(found.copy(data=found.values & (np.arange(20) != 4)), bars(9, 5)))
    assert (scores["predicted"], scores["reference"], scores["split"], scores["missed"]) == (2, 2, 1, 1)


def test_by_volume():
    """Areas of 8, 16, 40, 80 mm²; the first and the third are missed (too little of it)."""
    table = match(bars(0, 4, 4, 20), bars(2, 4, 10, 20))
    by_volume = sensitivity_by_volume(table, edges=(0, 16, 80, np.inf))
    assert by_volume["lesions"].tolist() == [1, 2, 1]
    assert by_volume["found"].tolist() == [0, 1, 1]
    assert by_volume["sensitivity"].tolist() == [0, 0.5, 1]


def test_a_split_lesion_counts_once_and_cases_are_kept_apart():
    table = match(bars(4), bars(4))
    other = match(bars(0), bars(4))
    both = pd.concat([table.assign(case="a"), other.assign(case="b")], ignore_index=True)
    (row,) = sensitivity_by_volume(both, edges=(0, 100)).to_dict("records")
    assert (row["lesions"], row["found"]) == (2, 1)
    whole, pieces = np.zeros((2, 2, 12), bool)
    whole[0, :9] = True
    pieces[0, :3] = pieces[0, 5:9] = True
    split = match(as_image(pieces, 1.0), as_image(whole, 1.0), threshold=0.4)
    (row,) = sensitivity_by_volume(split, edges=(0, 100)).to_dict("records")
    assert (row["lesions"], row["found"]) == (1, 1)


def test_a_class_without_lesions_is_undefined():
    by_volume = sensitivity_by_volume(match(bars(4), bars(4)), edges=(0, 1, 100))
    assert np.isnan(by_volume["sensitivity"][0])
    assert by_volume["lesions"].tolist() == [0, 1]


@pytest.mark.parametrize("edges", [(3,), (3, 3), (5, 1)])
def test_edges_ascend(edges):
    with pytest.raises(ValueError, match="two or more ascending volumes"):
        sensitivity_by_volume(match(bars(4), bars(4)), edges=edges)
