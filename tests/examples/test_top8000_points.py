"""The download of the published angles, from a folder instead of the net; what it must hold, where it lies here."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

FIRST = "1abc A 1 SER B<9.1 wc<0.4 (1.50A MP=1.00),-60.125,-45.5,180.0,NULL,NULL,NULL,110.0,0.01\n"
SECOND = "1abc A 2 SER B<9.9 wc<0.4 (1.50A MP=1.00),179.999,-180.000,60.0,NULL,NULL,NULL,111.0,0.02\n"
ANGLES = np.array([[-60.125, -45.5], [179.999, -180.0]], "<f4")


@pytest.fixture(scope="module")
def script(example):
    return example("top8000_points")


@pytest.fixture
def address(tmp_path):
    """A set of two files."""
    (tmp_path / "one.csv").write_text(FIRST)
    (tmp_path / "two.csv").write_text(SECOND)
    return f"{tmp_path.as_uri()}/"


def of_serine(script, **changed):
    digest = hashlib.sha256(ANGLES.tobytes()).hexdigest()
    right = {"files": {"one.csv": len(FIRST), "two.csv": len(SECOND)}, "residues": 2, "sha256": digest}
    return {"ser": script.PointSet(**{**right, **changed})}


def test_the_angles_come_in_the_order_of_the_files(script, address):
    fetched = script.fetch(of_serine(script), address)
    np.testing.assert_array_equal(fetched["ser"], ANGLES)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"files": {"one.csv": len(FIRST) + 1}}, r"one.csv: \d+ bytes instead of \d+; try again"),
        ({"files": {"one.csv": len(FIRST) - 1}}, r"one.csv: more than \d+ bytes"),
        ({"residues": 3}, "ser: 2 residues instead of 3; the files have changed"),
        ({"sha256": "0" * 64}, "ser: the angles have the SHA-256 [0-9a-f]{64}, not 0{64}"),
    ],
)
def test_other_files_are_refused(script, address, changed, message):
    with pytest.raises(ValueError, match=message):
        script.fetch(of_serine(script, **changed), address)


def test_the_published_angles(script, shared_data):
    """The sets as they lie beside the project: what the script asks for is what was published."""
    with np.load(shared_data / "ramachandran" / "phi_psi_points" / "top8000_phi_psi_points.npz") as sets:
        assert set(sets.files) == set(script.SETS)
        for name, expected in script.SETS.items():
            script.check(name, sets[name].astype("<f4"), expected)
    assert sum(expected.residues for expected in script.SETS.values()) == 204_995
