from __future__ import annotations

import pytest

from domains._checks import UsageError
from domains.ramachandran.formats.surface import Declared, find_axes, read_axes


def test_axes_are_found_by_name():
    assert find_axes(["time", "Psi", "PHI"], Declared()) == (2, 1)
    assert find_axes(["a", "b"], Declared(axes=("b", "a"))) == (1, 0)
    assert find_axes(["X", "Y"], Declared(), ("X", "Y")) == (0, 1)


@pytest.mark.parametrize("axes", ["phi", "a b c", "a a", ("a",)])
def test_axes_are_two_names(axes):
    with pytest.raises(UsageError, match="axes .* are two names"):
        read_axes(axes)


@pytest.mark.parametrize("option", [{"quantity": "score"}, {"angles": "gradians"}, {"absent": "none"}])
def test_declarations_are_checked(option):
    with pytest.raises(UsageError, match="^ramachandran.read_region: "):
        Declared(**option)
