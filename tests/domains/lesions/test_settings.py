from __future__ import annotations

import inspect
from typing import get_type_hints

import numpy as np
import pytest

from domains._checks import UsageError
from domains.lesions import Settings, as_image, assess, cohort, compare
from domains.lesions.cohorts.listing import Choice, ChoiceOptions
from domains.lesions.cohorts.sources import Reading, ReadingOptions
from domains.lesions.settings import Options, parse_empty, parse_labels, parse_part, split_options
from overlap import EmptyPolicy

MASK = as_image(np.ones((3, 3, 3), bool), 1.0)


def test_options_are_written_once_and_shown_everywhere():
    defaults = {p.name: p.default for p in inspect.signature(Settings).parameters.values()}
    for function in (compare, assess, cohort):
        shown = inspect.signature(function).parameters
        assert list(shown)[-len(defaults) :] == list(defaults)
        assert "options" not in shown
        assert all(shown[name].default is default for name, default in defaults.items())
    shown = inspect.signature(cohort).parameters
    for group in (Choice, Reading):
        assert set(inspect.signature(group).parameters) <= set(shown)


@pytest.mark.parametrize(
    ("options", "group"), [(Options, Settings), (ChoiceOptions, Choice), (ReadingOptions, Reading)]
)
def test_type_checkers_see_the_same_options(options, group):
    assert get_type_hints(options) == get_type_hints(group)


def test_types_of_options_are_shown():
    assert "nsd_tolerance: 'float' = 1.0" in str(inspect.signature(compare))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("level", 0.0),
        ("level", 70),
        ("threshold", 0),
        ("threshold", 1.5),
        ("nsd_tolerance", -1),
        ("connectivity", 4),
        ("dilation", -1),
        ("dilation", 0.5),
        ("hit", "overlap"),
        ("radius", 0),
        ("connectivity", True),
        ("connectivity", 2.0),
        ("empty", "nan"),
        ("empty", None),
        ("empty_distance", "x"),
        ("preset", "itk"),
        ("tnorm", "hamacher"),
        ("level", "half"),
    ],
)
def test_options_are_checked_once_and_before_the_work(option, value):
    with pytest.raises(ValueError, match=f"^lesions.compare: {option} must be"):
        compare(MASK, MASK, **{option: value})


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="no option 'presets': choose from tnorm, level, preset"):
        compare(MASK, MASK, presets="itk")


def test_a_policy_as_the_command_line_writes_it():
    assert parse_empty("--empty", " 0.5 ") == 0.5
    assert parse_empty("--empty", "inf") == np.inf
    assert np.isnan(parse_empty("--empty", "nan"))
    assert parse_empty("--empty", "reference = 2, both=1") == EmptyPolicy(1.0, reference_empty=2.0)
    assert np.isnan(parse_empty("--empty", "prediction=0").both_empty)


@pytest.mark.parametrize("text", ["", "none", "1,2", "both=1;prediction=0", "both=", "side=1", "both=1=2", "both=1,"])
def test_a_policy_that_cannot_be_read(text):
    with pytest.raises(UsageError, match="^--empty .*: write a number or nan, or one for each side") as error:
        parse_empty("--empty", text)
    remedy = str(error.value).rpartition('"')[0].rpartition('"')[2]
    assert parse_empty("--empty", remedy) == EmptyPolicy(0.0, 373.0, 373.0)


def test_a_side_that_is_there_twice():
    with pytest.raises(UsageError, match="^--empty both=1,both=2: both is there twice; write"):
        parse_empty("--empty", "both=1,both=2")


def test_a_radius_is_of_centres():
    with pytest.raises(ValueError, match=r'the hit is \'iou\': pass hit="centre" \(--hit centre\), or no radius'):
        Settings(radius=5.0)
    assert Settings(radius=5.0, hit="centre").radius == 5


def test_labels():
    assert parse_labels(None) is None
    assert parse_labels("2") == [2]
    assert parse_labels(" 1, 4") == [1, 4]
    assert parse_labels("core=1+4, edema=2") == {"core": (1, 4), "edema": (2,)}


@pytest.mark.parametrize("text", ["", "core", "1,core=2", "core=1-4", "1;2"])
def test_wrong_labels(text):
    with pytest.raises(ValueError, match="core=1"):
        parse_labels(text)


@pytest.mark.parametrize("text", ["3", "3/", "a/b", "1/2/3"])
def test_wrong_parts(text):
    with pytest.raises(UsageError, match=f"--part {text}: write which part of how many, such as 3/16"):
        parse_part(text)


def test_a_group_of_options_is_parted_from_the_others():
    assert split_options({"cases": 1, "level": 2}, Choice) == ({"cases": 1}, {"level": 2})
    assert split_options({}, Choice) == ({}, {})
