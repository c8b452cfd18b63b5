"""Checks of options and settings."""

from __future__ import annotations

import re

import numpy as np
import pytest

import overlap as ov
from domains._checks import UsageError, check_choice, check_empty, check_number, check_whole


def test_a_choice_that_is_allowed_passes():
    check_choice("events.compare", "by", "label", ["label", "file"])
    check_choice("events.compare", "by", None, ["label", "file", None])


@pytest.mark.parametrize("value", ["Label", "", 0, None, ["label"], np.array(["label", "file"])])
def test_another_choice_is_refused_with_all_that_would_do(value):
    with pytest.raises(UsageError) as error:
        check_choice("events.compare", "by", value, ["label", "file"])
    message = str(error.value)
    assert message.startswith("events.compare: by must be one of 'label', 'file'; got ")
    assert repr(value) in message


def test_choices_may_come_from_an_iterator():
    check_choice("events.compare", "by", "file", iter(["label", "file"]))


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.25), np.int64(1)])
def test_a_number_within_its_bounds_passes(value):
    check_number("lesions.compare", "threshold", value, above=0, at_most=1)


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        1.01,
        50,
        pytest.param(10**400, id="huge"),
        float("nan"),
        float("inf"),
        "0.5",
        None,
        True,
        [0.5],
        np.timedelta64(1),
    ],
)
def test_another_number_is_refused_with_its_bounds(value):
    with pytest.raises(UsageError, match="lesions.compare: threshold must be a number > 0 and <= 1; got"):
        check_number("lesions.compare", "threshold", value, above=0, at_most=1)


def test_a_bound_that_is_allowed_itself():
    check_number("events.compare", "tolerance", 0, at_least=0)
    with pytest.raises(UsageError, match="tolerance must be a number >= 0; got -1"):
        check_number("events.compare", "tolerance", -1, at_least=0)


def test_a_number_without_bounds_is_finite():
    check_number("events.compare", "offset", -3.5)
    with pytest.raises(UsageError, match="offset must be a finite number"):
        check_number("events.compare", "offset", float("inf"))


@pytest.mark.parametrize("value", [0, 1.0, float("nan"), np.float32(0.5), ov.EmptyPolicy(both_empty=1.0)])
def test_a_number_or_a_policy_says_what_is_empty(value):
    check_empty("events.assess", "empty", value)


@pytest.mark.parametrize("value", ["nan", None, True, [1.0]])
def test_nothing_else_says_what_is_empty(value):
    with pytest.raises(UsageError, match=r"^events.assess: empty must be a number or an EmptyPolicy; got"):
        check_empty("events.assess", "empty", value)


@pytest.mark.parametrize("value", [1, 3, np.int64(2)])
def test_whole_numbers_within_their_bounds(value):
    check_whole("lesions.compare", "connectivity", value, at_least=1, at_most=3)


@pytest.mark.parametrize("value", [0, 4, 1.0, True, "2", None, float("nan")])
def test_anything_else_is_no_whole_number(value):
    said = f"lesions.compare: connectivity must be a whole number from 1 to 3; got {value!r}"
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        check_whole("lesions.compare", "connectivity", value, at_least=1, at_most=3)


def test_a_whole_number_without_an_upper_bound():
    check_whole("ramachandran.draw_angles", "n", 10**20, at_least=1)
    with pytest.raises(UsageError, match="n must be a whole number >= 1; got 0"):
        check_whole("ramachandran.draw_angles", "n", 0, at_least=1)
