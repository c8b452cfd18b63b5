import dataclasses

import numpy as np
import pytest

from domains.ramachandran.atoms import ATOM_NAMES, CA, Atoms, C, N, Residues


def test_atom_names_begin_with_the_backbone():
    assert ATOM_NAMES[:4] == ("N", "CA", "C", "CB")
    assert [ATOM_NAMES[i] for i in (N, CA, C)] == ["N", "CA", "C"]


@pytest.mark.parametrize(
    ("chain", "icode", "expected"), [("A", "", "ALA A 7"), ("A", "B", "ALA A 7B"), ("", "", "ALA 7")]
)
def test_residues_are_named_as_a_reader_would(chain, icode, expected):
    none, chain, icode, name = (np.full(1, word, dtype=object) for word in ("", chain, icode, "ALA"))
    zero = np.zeros(1, dtype=int)
    assert Residues(none, chain, zero + 7, icode, name, zero, zero, name, none, zero > 0).describe(0) == expected


def test_fields_stay_as_they_are():
    zero = np.zeros(1, dtype=int)
    atoms = Atoms(np.zeros((1, 3)), zero, zero, zero, zero + 1.0, zero + 0.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        atoms.altloc = zero
