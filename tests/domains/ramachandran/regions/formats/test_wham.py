"""Free energies of WHAM give the mask that plain numpy gives, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_map, read_region
from domains.ramachandran.torus import centres

N = 18
RNG = np.random.default_rng(5)
ENERGY = RNG.gamma(2, 2, (N, N))
"""Rows are X."""
NEVER = RNG.random((N, N)) < 0.3


def written(never="inf", turn=360.0):
    nodes = centres(N) * (turn / 360)
    probability = np.where(NEVER, 0, np.exp(-ENERGY))
    probability /= probability.sum()
    lines = ["#X\t\tY\t\tFree\t\tPro"]
    for j, x in enumerate(nodes):
        for k, y in enumerate(nodes):
            free = never if NEVER[j, k] else f"{ENERGY[j, k]:.6f}"
            lines.append(f"{x:.6f}\t{y:.6f}\t{free}\t{probability[j, k]:.6e}")
        lines.append("")
    return "\n".join(lines)


def read(tmp_path, text, **options):
    path = tmp_path / "free.dat"
    path.write_text(text)
    return read_region(path, **{"cutoff": 3, "unit": "kcal/mol", **options})


ROUNDED = ENERGY.round(6)
EXPECTED = (~NEVER & (ROUNDED - ROUNDED[~NEVER].min() <= 3)).T


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (written(), {}),
        (written("9999999.000000"), {}),
        (written("Infinity"), {}),
        (written(turn=2 * np.pi), {"angles": "radians"}),
        (written(), {"unit": "kT"}),
    ],
)
def test_cell_by_cell(tmp_path, text, options):
    cells = read(tmp_path, text, **options)
    np.testing.assert_array_equal(cells, EXPECTED)
    np.testing.assert_allclose(cells.phi, centres(N), atol=1e-4)
    assert cells.attrs["not_visited"] == NEVER.sum()


@pytest.mark.parametrize("n_padded", [1, 3])
def test_padding_of_a_periodic_run(tmp_path, n_padded):
    """WHAM's numpad repeats bins on both sides."""
    lines = ["#X\t\tY\t\tFree\t\tPro"]
    for j in range(-n_padded, N + n_padded):
        for k in range(-n_padded, N + n_padded):
            free = "inf" if NEVER[j % N, k % N] else f"{ENERGY[j % N, k % N]:.6f}"
            lines.append(f"{-180 + (j + 0.5) * 20:.6f}\t{-180 + (k + 0.5) * 20:.6f}\t{free}\t0.000000")
        lines.append("")
    cells = read(tmp_path, "\n".join(lines))
    assert cells.sizes == {"psi": N, "phi": N}
    wrapped = cells.assign_coords(phi=(cells.phi + 180) % 360 - 180, psi=(cells.psi + 180) % 360 - 180)
    np.testing.assert_array_equal(wrapped.sortby(["psi", "phi"]), EXPECTED)


def test_psi_may_be_x(tmp_path):
    np.testing.assert_array_equal(read(tmp_path, written(), axes="Y X"), EXPECTED.T)


def test_the_probabilities(tmp_path):
    path = tmp_path / "free.dat"
    path.write_text(written())
    density = read_map(path, as_="density")
    assert float(density.sum()) == pytest.approx(1, abs=1e-4)
    cells = read(tmp_path, written(), as_="density", mass=0.9, cutoff=None, unit=None)
    order = np.sort(density.values.ravel())[::-1]
    level = order[np.searchsorted(order.cumsum(), 0.9 * order.sum())]
    np.testing.assert_array_equal(cells, density >= level)


def test_the_case(shared_cases):
    cells = read_region(shared_cases / "wham2d_with_inf" / "free.dat", cutoff=3, unit="kcal/mol")
    assert int(cells.sum()) == 168


@pytest.mark.parametrize(
    ("text", "options", "error", "said"),
    [
        (written(), {"unit": None}, UsageError, "whose unit the file does not say: add unit="),
        (written(), {"cutoff": None, "unit": None}, UsageError, "taken for an energy, which is cut above its minimum"),
        (written(), {"axes": "a b"}, UsageError, "they are called X, Y"),
        (written(turn=2 * np.pi), {}, ValueError, r'look like radians.* angles="radians"'),
        (
            written().replace("\t", " ", 1).replace("Pro", "Pro\n1 2"),
            {},
            ReadError,
            "line 3: 4 cells, but line 2 has 2",
        ),
        (written().rpartition("\n")[0].rpartition("\n")[0], {}, ReadError, "1 cells have no value"),
        (written().replace("inf", "often", 1), {}, ReadError, "no number, but 'often'"),
    ],
)
def test_what_is_not_said_is_refused(tmp_path, text, options, error, said):
    with pytest.raises(error, match=said) as raised:
        read(tmp_path, text, **options)
    assert "free.dat: " in str(raised.value)
    assert "\n" not in str(raised.value)
