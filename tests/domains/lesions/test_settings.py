from __future__ import annotations

import inspect
from typing import get_type_hints

import numpy as np
import pytest

from domains.lesions import Settings, as_image, assess, cohort, compare
from domains.lesions.settings import Options

MASK = as_image(np.ones((3, 3, 3), bool), 1.0)


def test_options_are_written_once_and_shown_everywhere():
    defaults = {p.name: p.default for p in inspect.signature(Settings).parameters.values()}
    for function in (compare, assess, cohort):
        shown = inspect.signature(function).parameters
        assert list(shown)[-len(defaults) :] == list(defaults)
        assert "options" not in shown
        assert all(shown[name].default is default for name, default in defaults.items())
    assert get_type_hints(Options) == get_type_hints(Settings), "what type checkers see"
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
