from __future__ import annotations

import pytest

from domains._checks import UsageError
from domains.events.flags import read_names, read_settings, read_support


def test_texts_are_read():
    assert read_names("szcore, tiou") == ["szcore", "tiou"]
    assert read_settings(["points=never", "thresholds=[0.5]"]) == {"points": "never", "thresholds": [0.5]}
    assert read_support("60") == 60.0


def test_names_of_nothing():
    with pytest.raises(UsageError, match="--protocols ,: names none, such as szcore,tiou"):
        read_names(",")


def test_a_setting_is_given_once():
    with pytest.raises(UsageError, match="^--param points=always: points is set twice: give it once$"):
        read_settings(["points=never", "points=always"])
    assert read_settings(["tiou.points=never", "szcore.points=always"])
