"""What does not say what it is, is no mask; each remedy, followed, gives the right region."""

from __future__ import annotations

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import compare, read_map, read_region, reference, region
from domains.ramachandran.torus import centres

N = 24
RNG = np.random.default_rng(11)
PROBABILITY = RNG.gamma(0.2, size=(N, N))
PROBABILITY /= PROBABILITY.sum()
FORMS = ("npy", "npz", "csv", "nc")


def save(folder, form, values):
    path = folder / f"map.{form}"
    nodes = centres(N)
    if form == "npy":
        np.save(path, values)
    elif form == "npz":
        np.savez(path, values=values, phi=nodes, psi=nodes)
    else:
        import xarray as xr

        x = xr.DataArray(values, coords={"psi": nodes, "phi": nodes}, dims=("psi", "phi"), name="map")
        if form == "nc":
            x.to_netcdf(path, engine="h5netcdf")
        else:
            x.to_series().reset_index().to_csv(path, index=False)
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1, 1 / PROBABILITY.max()], ids=["sum 1", "maximum 1"])
def test_a_probability_is_no_mask(tmp_path, form, scale):
    path = save(tmp_path, form, PROBABILITY * scale)
    with pytest.raises(UsageError, match=r'no mask: the values run from .*"density"') as raised:
        read_region(path)
    assert ("their sum is 1" in str(raised.value)) == (scale == 1)
    cells = read_region(path, as_="density", mass=0.9)
    order = np.sort(PROBABILITY.ravel())[::-1]
    level = order[np.searchsorted(order.cumsum(), 0.9)]
    np.testing.assert_array_equal(cells, level <= PROBABILITY)
    assert cells.attrs["meaning"] == "the smallest set of cells that holds 90 % of the mass"
    soft = read_region(path, as_="membership")
    np.testing.assert_allclose(soft, PROBABILITY * scale, rtol=1e-12)


def test_the_default_is_said(tmp_path):
    cells = read_region(save(tmp_path, "npz", PROBABILITY), as_="density")
    assert cells.attrs["mass"] == 0.98
    assert cells.attrs["meaning"].endswith("(mass 0.98 by default)")


@pytest.mark.parametrize("form", ["npy", "npz", "csv"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, float])
def test_zeros_and_ones_are_a_mask(tmp_path, form, dtype):
    mask = np.median(PROBABILITY) < PROBABILITY
    cells = read_region(save(tmp_path, form, mask.astype(dtype)))
    assert cells.dtype == bool
    np.testing.assert_array_equal(cells, mask)


def test_the_laboratory_s_ranks(tmp_path):
    """Taken for a soft mask, they score 0.184 against their own region."""
    path = tmp_path / "ranks.nc"
    score = reference().score.sel(category="general", drop=True)
    score.drop_attrs().to_netcdf(path, engine="h5netcdf")
    with pytest.raises(UsageError, match='"rank"'):
        read_region(path)
    assert float(compare(read_region(path, as_="rank")).iou) == 1
    assert float(compare(read_region(path, as_="rank", mass=0.9995), level="allowed").iou) == 1


def test_a_netcdf_file_says_what_it_is(tmp_path):
    path = save(tmp_path, "nc", PROBABILITY)
    found = read_map(path, as_="density")
    again = tmp_path / "again.nc"
    found.to_netcdf(again, engine="h5netcdf")
    np.testing.assert_array_equal(read_region(again), read_region(path, as_="density"))


def test_a_region_that_was_cut_is_written_and_read(tmp_path):
    path = tmp_path / "cut.nc"
    cells = read_region(save(tmp_path, "npz", PROBABILITY), as_="density")
    cells.to_netcdf(path, engine="h5netcdf")
    again = read_region(path)
    np.testing.assert_array_equal(again, cells)
    assert again.attrs["meaning"] == cells.attrs["meaning"]
    assert float(compare(region(), again).iou) == float(compare(region(), cells).iou)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"as_": "mask"}, ReadError, "a mask is 0 and 1, but the values run from"),
        ({"as_": "energy"}, UsageError, "taken for an energy, which is cut above its minimum"),
        ({"as_": "energy", "cutoff": 3}, UsageError, "add unit="),
        ({"as_": "energy", "cutoff": 3, "unit": "kT", "mass": 0.9}, UsageError, "mass= .* cut by cutoff and unit"),
        ({"as_": "density", "cutoff": 3}, UsageError, "cutoff= .* taken for a density, which is cut by mass and value"),
        ({"as_": "membership", "value": 0.5}, UsageError, "value= .* taken for a membership, which is not cut"),
        ({"as_": "probability"}, UsageError, "as_ .* must be one of 'mask', 'membership', 'density'"),
        ({"as_": "density", "mass": 98}, UsageError, "map.npz: mass must be a number > 0 and <= 1; got 98"),
    ],
)
def test_cuts_that_do_not_fit_are_refused(tmp_path, options, error, said):
    with pytest.raises(error, match=f"^ramachandran.read_region: .*{said}"):
        read_region(save(tmp_path, "npz", PROBABILITY), **options)


def test_the_case(shared_cases):
    folder = shared_cases / "probability_taken_for_mask"
    for name in ("probability.npz", "probability_over_maximum.npz"):
        favored = read_region(folder / name, as_="density")
        assert int(favored.sum()) == 175
        assert float(compare(favored).iou) == pytest.approx(0.5440, abs=5e-5)
        allowed = read_region(folder / name, as_="density", mass=0.9995)
        assert int(allowed.sum()) == 382
        assert float(compare(allowed, level="allowed").iou) == pytest.approx(0.5051, abs=5e-5)


UNITS_OF_FILES = {
    "long.csv": "phi,psi,F [kJ/mol]\n-90,-90,0\n90,-90,5\n-90,90,10\n90,90,20\n",
    "slash.csv": "phi,psi,F/kJ/mol\n-90,-90,0\n90,-90,5\n-90,90,10\n90,90,20\n",
    "fes.dat": "#! FIELDS phi psi file.free\n"
    + "".join(f"#! SET min_{a} -pi\n#! SET max_{a} pi\n#! SET nbins_{a} 2\n" for a in ("phi", "psi"))
    + "-3.14159265 -3.14159265 0\n0 -3.14159265 5\n-3.14159265 0 10\n0 0 20\n",
    "pmf.xvg": "#RC1 RC2 PMF(kJ/mol)\n@TYPE xy\n-180 -180 0\n0 -180 5\n-180 0 10\n0 0 20\n",
}


@pytest.mark.parametrize("name", UNITS_OF_FILES)
def test_what_the_file_says_of_its_unit_holds(tmp_path, name):
    """Whether it is said once more that it is an energy or not: 2.5 kcal/mol are 10.46 kJ/mol."""
    path = tmp_path / name
    path.write_text(UNITS_OF_FILES[name])
    for options in ({}, {"as_": "energy"}):
        assert int(read_region(path, cutoff=2.5, unit="kcal/mol", **options).sum()) == 3
        assert int(read_region(path, cutoff=2.5, unit="kJ/mol", **options).sum()) == 1
        assert read_map(path, unit="kcal/mol", **options).attrs["units"] == "kJ/mol"
