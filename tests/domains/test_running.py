"""How a job over many inputs runs: the settings, written once for all fields."""

from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from importlib import import_module

import pytest

from domains import _flags
from domains._checks import UsageError
from domains._running import RUNNING_OPTIONS, Running, split_running, takes_running

JOBS = {"ramachandran": "validate", "lesions": "cohort", "events": "score"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"workers": 1.5}, "workers must be a whole number"),
        ({"max_seconds": 0}, "max_seconds must be a number > 0"),
        ({"max_memory": -1}, "max_memory must be a number > 0"),
        ({"workers": 2, "executor": ThreadPoolExecutor(1)}, "choose one"),
    ],
)
def test_wrong_ways_to_run_are_refused(wrong, said):
    with pytest.raises(UsageError, match=said):
        Running(**wrong)


def test_every_setting_is_a_keyword():
    assert {setting.name for setting in fields(Running)} == {*RUNNING_OPTIONS, "operation"}


def test_keywords_are_parted_and_none_is_lost():
    options = {"level": 0.5, "workers": 3, "labels": None, "progress": True}
    running, others = split_running(options, "lesions.cohort")
    assert running == Running(workers=3, progress=True, operation="lesions.cohort")
    assert others == {"level": 0.5, "labels": None}
    assert len(options) == 4


def test_an_error_names_who_asked():
    with pytest.raises(UsageError, match="^events.score: workers must be a whole number >= 1; got 0$"):
        split_running({"workers": 0}, "events.score")


def test_help_shows_the_settings_before_other_keywords():
    @takes_running
    def count(paths, *, base=0, **options):
        return len(paths)

    shown = inspect.signature(count).parameters
    assert list(shown) == ["paths", "base", *RUNNING_OPTIONS, "options"]
    assert shown["workers"].default == 1
    assert count([1, 2]) == 2


@pytest.mark.parametrize("field", JOBS)
def test_the_job_of_a_field_takes_them_and_explains_them(field):
    job = getattr(import_module(f"domains.{field}.run"), JOBS[field])
    assert set(RUNNING_OPTIONS) <= set(inspect.signature(job).parameters)
    for name in RUNNING_OPTIONS:
        assert name in job.__doc__


def test_the_flags_are_keywords():
    found = _flags.keywords(_flags.Sharing(workers=2, max_seconds=5.0))
    assert split_running(found, "events.score") == (Running(workers=2, max_seconds=5.0, operation="events.score"), {})
