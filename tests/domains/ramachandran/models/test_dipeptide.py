"""Oracle: the bond lengths, angles and dihedrals that the geometry states, measured on the atoms it places."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran.models.dipeptide import BONDS, CONTACTS, GEOMETRY, contact_distances, place_atoms
from domains.ramachandran.torus import centres


def place(phi, psi, tau=111.0):
    atoms = place_atoms(np.array([[phi]]), np.array([[psi]]), np.asarray(tau))
    return {name: np.broadcast_to(atom, (1, 1, 3))[0, 0] for name, atom in atoms.items()}


def angle(a, b, c):
    u = (a - b) / np.linalg.norm(a - b)
    v = (c - b) / np.linalg.norm(c - b)
    return np.degrees(np.arccos(u @ v))


def dihedral(a, b, c, d):
    """IUPAC: clockwise is positive, seen from b to c."""
    axis = (c - b) / np.linalg.norm(c - b)
    u = (a - b) - ((a - b) @ axis) * axis
    v = (d - c) - ((d - c) @ axis) * axis
    return np.degrees(np.arctan2(np.cross(axis, u) @ v, u @ v))


@pytest.mark.parametrize(("phi", "psi"), [(-63.0, -43.0), (60.0, 40.0), (-179.0, 171.0), (0.5, 0.0)])
def test_phi_psi_omega_and_tau_are_what_was_asked_for(phi, psi):
    x = place(phi, psi, 109.5)
    assert dihedral(x["C'"], x["N"], x["CA"], x["C"]) == pytest.approx(phi, abs=1e-9)
    assert dihedral(x["N"], x["CA"], x["C"], x['N"']) == pytest.approx(psi, abs=1e-9)
    assert abs(dihedral(x["CA'"], x["C'"], x["N"], x["CA"])) == pytest.approx(180, abs=1e-6)
    assert abs(dihedral(x["CA"], x["C"], x['N"'], x['CA"'])) == pytest.approx(180, abs=1e-6)
    assert angle(x["N"], x["CA"], x["C"]) == pytest.approx(109.5, abs=1e-9)


@pytest.mark.parametrize("name", GEOMETRY)
def test_each_atom_has_its_length_and_angle(name):
    x = place(-63.0, -43.0)
    placed = GEOMETRY[name]
    assert np.linalg.norm(x[name] - x[placed.c]) == pytest.approx(placed.length, abs=1e-12)
    assert angle(x[placed.b], x[placed.c], x[name]) == pytest.approx(placed.angle, abs=1e-9)


def test_the_alanine_is_the_one_of_life():
    """Seen with H towards the eye, CO, R and N follow clockwise in an L amino acid."""
    x = place(-63.0, -43.0)
    towards_eye = x["HA"] - x["CA"]
    turn = np.cross(x["C"] - x["CA"], x["CB"] - x["CA"]) @ towards_eye
    assert turn < 0


def test_the_contacts_are_those_whose_distance_varies():
    """Every pair three or more bonds apart, by steps from atom to atom; it varies if it does on a grid."""
    names = list(dict.fromkeys(atom for bond in BONDS for atom in bond))
    steps = np.full((len(names), len(names)), 99)
    np.fill_diagonal(steps, 0)
    for a, b in BONDS:
        steps[names.index(a), names.index(b)] = steps[names.index(b), names.index(a)] = 1
    for k in range(len(names)):
        steps = np.minimum(steps, steps[:, [k]] + steps[[k], :])
    grids = [[place(phi, psi) for phi in (-100.0, 10.0, 77.0)] for psi in (-30.0, 50.0, 161.0)]
    expected = set()
    for i, a in enumerate(names):
        for j, b in enumerate(names[:i]):
            lengths = [np.linalg.norm(x[a] - x[b]) for row in grids for x in row]
            if steps[i, j] >= 3 and np.ptp(lengths) > 1e-9:
                expected.add(frozenset((a, b)))
    assert {frozenset(pair) for pair in CONTACTS} == expected
    assert len(CONTACTS) == 40


def test_numpy_and_torch_agree():
    torch = pytest.importorskip("torch")
    angles = centres(12)
    tau = np.asarray(111.0)
    plain = contact_distances(angles[None, :], angles[:, None], tau)
    degrees = torch.as_tensor(angles)
    other = contact_distances(degrees[None, :], degrees[:, None], torch.as_tensor(tau))
    for pair in CONTACTS:
        np.testing.assert_allclose(other[pair].numpy(), plain[pair], rtol=1e-14)


@pytest.mark.slow
def test_gradients_of_angles_and_tau():
    torch = pytest.importorskip("torch")

    def all_distances(phi, psi, tau):
        return torch.stack([d.reshape(()) for d in contact_distances(phi, psi, tau).values()])

    angles = [torch.tensor([[x]], dtype=torch.float64, requires_grad=True) for x in (-63.0, 141.0)]
    tau = torch.tensor(111.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(all_distances, (*angles, tau))
