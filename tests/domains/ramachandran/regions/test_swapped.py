"""Exchanged angles are told wherever angles are taken, and honest ones never."""

from __future__ import annotations

import re

import numpy as np
import pytest

from domains.ramachandran import compare, draw_angles, evaluate_trajectory, example, hard_sphere, region, validate

SAID = r"(\d+)% of the angles are inside, but (\d+)% with phi and psi exchanged; if they were, "
PHI, PSI = draw_angles(900, seed=12)
FRAMES = (PHI.reshape(100, 9), PSI.reshape(100, 9))


def saved(folder, phi, psi):
    path = folder / "angles.csv"
    path.write_text("phi,psi\n" + "".join(f"{x:.3f},{y:.3f}\n" for x, y in zip(phi, psi, strict=True)))
    return path


def test_a_trajectory():
    with pytest.warns(UserWarning, match=SAID + r"pass evaluate_trajectory\(psi, phi\)") as told:
        evaluate_trajectory(FRAMES[1], FRAMES[0])
    now, then = map(int, re.search(SAID, str(told[0].message)).groups())
    assert now < 50 < 90 < then


@pytest.mark.filterwarnings("ignore:.*no names of residues")
def test_a_table(tmp_path):
    with pytest.warns(UserWarning, match=r"angles.csv: " + SAID + "exchange the names phi and psi in its header"):
        validate(saved(tmp_path, PSI, PHI))
    path = tmp_path / "angles.csv"
    path.write_text(path.read_text().replace("phi,psi", "psi,phi"))
    residues, _ = validate(path)
    assert (residues["evaluation"] == "Favored").mean() > 0.9


@pytest.mark.slow
def test_residues_beside_a_comparison():
    with pytest.warns(UserWarning, match=r"^ramachandran.compare: angles: " + SAID + r"pass angles=\(psi, phi\)$"):
        report = compare(hard_sphere(), angles=(PSI, PHI))
    put_right = compare(hard_sphere(), angles=(PHI, PSI))
    assert float(report.mass_b) < 0.5 < 0.9 < float(put_right.mass_b)


HONEST = {
    "drawn": (PHI, PSI),
    "D-residues": (-PHI, -PSI),
    "everywhere": tuple(np.random.default_rng(1).uniform(-180, 180, (2, 900))),
    "helix": tuple(np.random.default_rng(2).normal(0, 9, (2, 900)) + np.array([[-63], [-43]])),
    "D-strand": tuple(np.random.default_rng(3).normal(0, 15, (2, 900)) + np.array([[115], [-131]])),
    "too wide": tuple(np.random.default_rng(4).normal(0, 60, (2, 900)) + np.array([[-90], [60]])),
    "few": (PSI[:9], PHI[:9]),
}


@pytest.mark.parametrize("name", HONEST)
def test_no_alarm_of_honest_angles(tmp_path, recwarn, name):
    phi, psi = ((angle + 180) % 360 - 180 for angle in HONEST[name])
    evaluate_trajectory(phi.reshape(-1, 9), psi.reshape(-1, 9))
    validate(saved(tmp_path, phi, psi))
    compare(region(), angles=(phi, psi))
    assert not [one for one in recwarn.list if "exchanged" in str(one.message)]


@pytest.mark.parametrize("name", ["1a8o", "1a28"])
def test_no_alarm_of_structures(recwarn, name):
    residues, _ = validate(example(name))
    compare(region(), angles=(residues["phi"], residues["psi"]))
    assert not recwarn.list
