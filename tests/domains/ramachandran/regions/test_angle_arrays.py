"""Angles in every form that people pass become phi and psi in degrees."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from domains.ramachandran.regions.angle_arrays import measured, phi_and_psi

OPERATION = "ramachandran.region_from_angles"
PHI = np.array([[-60.0, -120.0, np.nan], [-65.0, -110.0, 55.0]])
PSI = np.array([[-45.0, 130.0, 20.0], [-40.0, 140.0, 45.0]])
BOTH = np.stack([PHI, PSI], axis=-1)


@pytest.mark.parametrize(
    "given", [(PHI, PSI), (BOTH, None), (SimpleNamespace(results=SimpleNamespace(angles=BOTH)), None), (BOTH[0], None)]
)
def test_forms(given):
    phi, psi = phi_and_psi(OPERATION, *given, "degrees")
    rows = slice(0, 1) if phi.ndim == 1 else slice(None)
    np.testing.assert_array_equal(np.atleast_2d(phi), PHI[rows])
    np.testing.assert_array_equal(np.atleast_2d(psi), PSI[rows])


def test_radians():
    phi, psi = phi_and_psi(OPERATION, np.radians(BOTH), None, "radians")
    np.testing.assert_allclose(phi, PHI)
    np.testing.assert_allclose(psi, PSI)


def test_an_analysis_that_has_not_run_is_no_angles():
    analysis = SimpleNamespace(results=SimpleNamespace())
    assert measured(analysis) is analysis


@pytest.mark.parametrize("given", [(PHI, None), (PHI, PSI[:, :2])])
def test_shapes_that_do_not_fit(given):
    with pytest.raises(ValueError, match=rf"^{OPERATION}: .* shape \(2, 3\).*; pass "):
        phi_and_psi(OPERATION, *given, "degrees")
