from __future__ import annotations

import inspect

import pytest

from domains._checks import UsageError
from domains.events import score
from domains.events.flags import NO_SETTINGS, read_names, read_settings, read_support


def test_no_settings_are_all_that_the_function_takes_besides():
    named = [name for name, p in inspect.signature(score).parameters.items() if p.kind is not p.VAR_KEYWORD]
    assert {*named, "outputs"} == set(NO_SETTINGS)


def test_texts_are_read():
    assert read_names("szcore, tiou") == ["szcore", "tiou"]
    assert read_settings(["points=never", "thresholds=[0.5]"]) == {"points": "never", "thresholds": [0.5]}
    assert read_support("60") == 60.0


def test_names_of_nothing():
    with pytest.raises(UsageError, match="--protocols ,: names none, such as szcore,tiou"):
        read_names(",")
