"""The flags of the field as keywords: those of the functions that a command calls, with the same defaults."""

from __future__ import annotations

import inspect

import pytest

from domains._flags import keywords
from domains.ramachandran import backbone_angles, learn_contacts, read_region
from domains.ramachandran.flags import Backbone, Cut, Declared, EnergyUnit, Learning, Quantity


@pytest.mark.parametrize(
    ("found", "function"),
    [
        (keywords(Backbone()), backbone_angles),
        (keywords(Cut()), read_region),
        (Declared().keywords(), read_region),
        (keywords(Learning()), learn_contacts),
    ],
    ids=["backbone", "cut", "declared", "learning"],
)
def test_a_group_has_the_names_and_defaults_of_its_function(found, function):
    parameters = inspect.signature(function).parameters
    assert found == {name: parameters[name].default for name in found}


def test_choices_are_plain_texts():
    assert type(keywords(Cut(unit=EnergyUnit.kcal))["unit"]) is str
    found = Declared(as_=Quantity.rank, no_header=True).keywords()
    assert (found["as_"], found["header"]) == ("rank", False)
