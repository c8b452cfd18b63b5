import dataclasses

import numpy as np
import pytest

from domains.ramachandran.structures.atoms import ATOM_NAMES, CA, Atoms, C, N, made_residues


def test_atom_names_begin_with_the_backbone():
    assert ATOM_NAMES[:4] == ("N", "CA", "C", "CB")
    assert [ATOM_NAMES[i] for i in (N, CA, C)] == ["N", "CA", "C"]


@pytest.mark.parametrize(
    ("chain", "icode", "expected"), [("A", "", "ALA A 7"), ("A", "B", "ALA A 7B"), ("", "", "ALA 7")]
)
def test_residues_are_named_as_a_reader_would(chain, icode, expected):
    residues = made_residues(["ALA"], resseq=[7], chain=chain)
    with_icode = dataclasses.replace(residues, icode=np.array([icode], dtype=object))
    assert with_icode.describe(0) == expected


def test_fields_stay_as_they_are():
    zero = np.zeros(1, dtype=int)
    atoms = Atoms(np.zeros((1, 3)), zero, zero, zero, zero + 1.0, zero + 0.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        atoms.altloc = zero
