"""What the patterns do to whole folders is tested with the error that prints them: `test_folders`."""

from __future__ import annotations

import pytest

from domains._checks import UsageError
from domains.lesions.cohorts.naming import Names, pairing_patterns


@pytest.mark.parametrize(
    ("predicted", "reference", "patterns"),
    [
        (["a-seg"], ["a_0000"], ("(.+)-seg", "(.+)_0000")),
        (["a_x", "b_x"], ["a.y", "b.y"], ("(.+)_x", r"(.+)\.y")),
        (["a/mask", "b/mask"], ["a/seg", "a/t1", "b/seg", "b/t1"], ("(.+)/.+", "(.+)/seg")),
        (["a/a", "a/b"], ["a", "b"], (".+/(.+)", "(.+)")),
    ],
)
def test_the_plainest_pattern_that_leaves_the_fewest_images_over(predicted, reference, patterns):
    assert pairing_patterns(predicted, reference) == patterns


def test_none_where_nothing_is_paired():
    assert pairing_patterns(["one"], ["two"]) is None
    assert pairing_patterns([], ["two"]) is None


@pytest.mark.parametrize(("pattern", "found"), [("a(", "no regular expression"), (".+", "captures nothing")])
def test_a_wrong_pattern_is_wrong_use(pattern, found):
    with pytest.raises(UsageError, match=rf"^lesions.cohort: names .* {found}.*put what counts in parentheses"):
        Names(pattern)
