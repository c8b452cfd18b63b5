from __future__ import annotations

from dataclasses import fields

from domains.lesions import Settings
from domains.lesions.cohorts.listing import Choice
from domains.lesions.cohorts.sources import Reading
from domains.lesions.flags import Choosing, Saying, Scoring
from overlap import EmptyPolicy


def names(group):
    return {field.name for field in fields(group)}


def test_each_option_of_a_group_has_a_flag():
    assert names(Choosing) == names(Choice)
    assert names(Saying) == names(Reading)
    # soft masks overlap by their minimum on the command line
    assert names(Scoring) == names(Settings) - {"tnorm"}


def test_flags_have_the_defaults_of_the_options():
    # nan is not equal to itself
    assert repr(Settings(**Scoring().keywords())) == repr(Settings())
    assert Reading(**Saying().keywords()) == Reading()


def test_texts_are_read():
    assert Saying(spacing="0.5,0.5,3").keywords()["spacing"] == (0.5, 0.5, 3.0)
    policy = Scoring(empty="both=1,prediction=0").keywords()["empty"]
    assert policy == EmptyPolicy(both_empty=1.0, prediction_empty=0.0)
