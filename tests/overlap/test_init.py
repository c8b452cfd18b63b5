"""The names of the package: those that are there, and those that many look for."""

from __future__ import annotations

from operator import attrgetter

import pytest

import overlap as ov


@pytest.mark.parametrize("name", ov._NAMES_ELSEWHERE)
def test_a_name_that_many_look_for_names_a_call_that_exists(name):
    with pytest.raises(AttributeError, match=rf"overlap.{name}: there is no such name; call overlap\.\w+") as error:
        getattr(ov, name)
    call = str(error.value).partition("call overlap.")[2]
    function, _, rest = call.partition("(")
    assert callable(attrgetter(function)(ov))
    assert rest.endswith(")")


def test_no_name_is_both():
    assert not set(ov._NAMES_ELSEWHERE) & set(ov.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="flux"):
        _ = ov.flux
    assert not hasattr(ov, "f1")
