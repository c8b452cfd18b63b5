from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains.ramachandran import read_map
from domains.ramachandran.regions.formats.surface import Declared, find_axes, read_axes

sys.path.insert(0, str(Path(__file__).parent))

from every_format import BY_ROWS, ENERGY, FORMS, saved

BY_ORDER = ("grid CSV", "matrix CSV", "matrix", "npy", "npz", "mat")
"""Formats whose axes have no names."""


def test_axes_are_found_by_name():
    assert find_axes(["time", "Psi", "PHI"], Declared()) == (2, 1)
    assert find_axes(["a", "b"], Declared(axes=("b", "a"))) == (1, 0)
    assert find_axes(["X", "Y"], Declared(), ("X", "Y")) == (0, 1)


@pytest.mark.parametrize(
    ("names", "default"), [(["phi", "psi"], None), (["X", "Y"], ("X", "Y")), (["phi:2", "psi:2"], None)]
)
def test_the_names_of_the_angles_turn_the_axes(names, default):
    assert find_axes(names, Declared(axes=("phi", "psi")), default) == (0, 1)
    assert find_axes(names, Declared(axes=("psi", "phi")), default) == (1, 0)
    with pytest.raises(UsageError, match="which axes are phi and psi is not said: they are called"):
        find_axes(names, Declared(axes=("foo", "bar")), default)


@pytest.mark.parametrize("axes", ["phi", "a b c", "a a", ("a",)])
def test_axes_are_two_names(axes):
    with pytest.raises(UsageError, match="axes .* are two names"):
        read_axes(axes)


@pytest.mark.parametrize("option", [{"quantity": "score"}, {"angles": "gradians"}, {"absent": "none"}])
def test_declarations_are_checked(option):
    with pytest.raises(UsageError, match="^ramachandran.read_region: "):
        Declared(**option)


@pytest.mark.parametrize("name", FORMS)
def test_every_format_is_read_as_it_was_written(tmp_path, name):
    path, options = saved(tmp_path, name)
    np.testing.assert_array_equal(read_map(path, **options), ENERGY)


@pytest.mark.parametrize("name", FORMS)
def test_axes_and_order_are_used_or_refused(tmp_path, name):
    """Never passed over: the remedy that a refusal names turns the map."""
    path, options = saved(tmp_path, name)
    with pytest.raises(ValueError, match=r"axes"):
        read_map(path, **{**options, "axes": "foo bar"})
    turning = {"axes": "2 1"} if name == "columns" else {"axes": "psi phi"}
    if name in BY_ORDER:
        with pytest.raises(
            UsageError, match=r"axes= \(--axes\).* say phi_first=True \(--phi-first\) if its rows are phi"
        ):
            read_map(path, **options, **turning)
        turning = {"phi_first": True}
    else:
        with pytest.raises(UsageError, match=r'leave out phi_first= .* say axes="psi phi" \(--axes "psi phi"\)'):
            read_map(path, **options, phi_first=True)
    np.testing.assert_array_equal(read_map(path, **{**options, **turning}), ENERGY.T)


@pytest.mark.parametrize("name", FORMS)
def test_other_declarations_are_used_or_refused(tmp_path, name):
    path, options = saved(tmp_path, name)
    with pytest.raises(UsageError, match=r"variable= \(--variable\)"):
        read_map(path, "none of them", **options)
    if name in BY_ROWS:
        read_map(path, **options, absent=float("inf"))
    else:
        with pytest.raises(UsageError, match=r"has a value for each cell; leave out absent= \(--absent\)"):
            read_map(path, **options, absent=float("inf"))


NAMES_WITH_BLANKS = ["Frame no", "Phi angle (deg)", "Psi [deg]"]


@pytest.mark.parametrize(
    "axes",
    [
        "Phi angle (deg), Psi [deg]",
        "phi angle, psi",
        "2 3",
        "2, 3",
        ("Phi angle (deg)", "Psi [deg]"),
        ("phi angle", "3"),
    ],
)
def test_axes_whose_names_have_blanks(axes):
    declared = Declared(axes=read_axes(axes))
    assert find_axes(NAMES_WITH_BLANKS, declared) == (1, 2)


def test_the_remedy_for_names_with_blanks_can_be_followed():
    with pytest.raises(UsageError, match=r'called Frame no, Phi angle .*, with axes="PHI, PSI" \(--axes "PHI, PSI"\)$'):
        find_axes(NAMES_WITH_BLANKS, Declared())
    with pytest.raises(UsageError, match=r'with axes="PHI PSI" \(--axes "PHI PSI"\)$'):
        find_axes(["t1", "t2"], Declared(axes=("0", "3")))


@pytest.mark.parametrize(("n", "phi", "psi"), [("1 2", 0, 1), ("2 1", 1, 0)])
def test_numbers_of_columns(n, phi, psi):
    assert find_axes(["t1", "t2"], Declared(axes=read_axes(n))) == (phi, psi)
    assert find_axes(["2", "1"], Declared(axes=read_axes("2 1"))) == (0, 1), "names go before numbers"
