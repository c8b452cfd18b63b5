"""Copies of a chain under one name: every residue of the text is a row or has a reason.

Oracle: the angles of each chain by the textbook formula, calculated before the chains are written into one file, and
the number of residues that were written.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from copies_of_chains import Atom, angles, chain, changed, mmcif, pdb, pdb_line

from domains._files import ReadError
from domains.ramachandran import backbone_angles, validate
from domains.ramachandran.structures.copies import number_copies

pytest.importorskip("gemmi")

P = chain(["ALA"] * 6, -60, -45)
Q = chain(["ALA"] * 6, -115, 130, shift=40.0)
OTHER = chain(["GLY", "SER", "VAL", "LEU", "THR", "ASN"], -80, 120, shift=80.0)
IN_PARTS = [*changed(P, label_asym="A"), *changed(Q, label_asym="B")]
AUTHOR_ONLY = ("label_atom_id", "label_comp_id", "label_asym_id", "label_entity_id", "label_seq_id")


def measured(folder, name, text):
    path = folder / name
    path.write_text(text)
    return backbone_angles(path)


def assert_angles(rows, *chains):
    """The rows are those of the chains, whatever their order."""
    expected = sorted(pair for atoms in chains for pair in angles(atoms))
    found = sorted(zip(rows["phi"], rows["psi"], strict=True))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def renumbered(atoms, first):
    return [replace(atom, resseq=atom.resseq + first - 1) for atom in atoms]


def moved(atoms, by):
    return [replace(atom, xyz=tuple(round(x + by, 3) for x in atom.xyz)) for atom in atoms]


def by_name(atoms):
    return [atom for name in ("N", "CA", "C", "O") for atom in atoms if atom.name == name]


def in_models(*models):
    return [line for i, atoms in enumerate(models, 1) for line in (f"MODEL     {i:4d}", *atoms, "ENDMDL")]


def with_icodes(atoms):
    return [replace(atom, resseq=5, icode="ABCDEF"[atom.resseq - 1]) for atom in atoms]


FAR = moved(Q, 90.0)
SHIFTED = moved(P, 0.1)
HYDROGENS = [Atom("H", "ALA", atom.resseq, atom.xyz) for atom in P + Q if atom.name == "N"]
PDB_FILES = {
    "numbers restart": (P + Q, [P, Q], 4),
    "no chain name": (changed(P + Q, chain=""), [P, Q], 4),
    "segments": (changed(P, segment="P1") + changed(Q, segment="P2"), [P, Q], 4),
    "segments without chain": (changed(P, chain="", segment="P") + changed(Q, chain="", segment="Q"), [P, Q], 4),
    "another chain": (P + OTHER, [P, OTHER], 4),
    "TER": ([*P, "TER", *OTHER, "TER"], [P, OTHER], 4),
    "three": (P + Q + FAR, [P, Q, FAR], 4),
    "the second begins before the first": (renumbered(P, 2) + Q, [P, Q], 5),
    "numbers go on": (P + renumbered(Q, 7), [P, Q], 8),
    "conformers one after another": (changed(P, altloc="A") + changed(SHIFTED, altloc="B"), [P, SHIFTED], 4),
    "hydrogens at the end": (P + Q + HYDROGENS, [P, Q], 4),
    "atom by atom": (by_name(P) + by_name(Q), [P, Q], 4),
    "insertion codes": (with_icodes(P) + with_icodes(Q), [P, Q], 4),
    "models": (in_models(P + Q, P + Q), [P, Q, P, Q], 8),
}  # fmt: skip
"""Lines of each file, the chains in it, and how many residues cctbx 2025.11's rule counts."""


@pytest.mark.parametrize("name", PDB_FILES)
def test_every_copy_in_a_pdb_file_has_its_rows(name, tmp_path):
    lines, chains, counted = PDB_FILES[name]
    rows, skipped = measured(tmp_path, "copies.pdb", pdb(lines))
    assert_angles(rows, *chains)
    assert len(rows) + len(skipped) == 6 * len(chains)
    assert rows["counted"].sum() == counted
    assert not rows.duplicated(["model", "chain", "resseq", "icode", "altloc", "instance"]).any()


@pytest.mark.parametrize("name", ["numbers restart", "segments", "another chain", "TER", "three"])
def test_ends_of_copies_are_terminal_and_instances_numbered(name, tmp_path):
    lines, chains, _ = PDB_FILES[name]
    rows, skipped = measured(tmp_path, "copies.pdb", pdb(lines))
    assert skipped["reason"].tolist() == ["terminal"] * 2 * len(chains)
    assert rows["instance"].tolist() == [i for i in range(1, len(chains) + 1) for _ in range(4)]
    assert rows["best"].all()
    if name == "segments":
        assert rows["segment"].tolist() == ["P1"] * 4 + ["P2"] * 4


def test_a_residue_written_twice_keeps_its_neighbours(tmp_path):
    fourth = [atom for atom in P if atom.resseq == 4]
    after = P.index(fourth[-1]) + 1
    for again in (fourth, fourth[1:2]):
        rows, skipped = measured(tmp_path, "twice.pdb", pdb([*P[:after], *again, *P[after:]]))
        assert_angles(rows, P)
        assert skipped["reason"].tolist() == ["terminal", "duplicate id", "terminal"]
        assert skipped["resseq"].tolist() == [1, 4, 6]


def test_residues_written_again_at_the_end_are_a_copy(tmp_path):
    rows, skipped = measured(tmp_path, "edited.pdb", pdb([*P, *(atom for atom in P if atom.resseq in (3, 4))]))
    assert_angles(rows, P)
    assert skipped["instance"].tolist() == [1, 1, 2, 2]


def test_numbers_that_begin_again_after_9999_break_no_chain(tmp_path):
    long = [replace(atom, resseq=atom.resseq % 10000) for atom in chain(["ALA"] * 30, -60, -45, first=9980)]
    before = chain(["ALA"] * 6, -115, 130, first=0, shift=90.0)
    rows, skipped = measured(tmp_path, "wrapped.pdb", pdb([*before, "TER", *long]))
    assert_angles(rows, before, long)
    assert len(skipped) == 4


def test_residues_after_end_are_skipped_rows(tmp_path):
    text = pdb([*P, "END", *in_models(Q), "END", *FAR, "END"])
    with pytest.warns(UserWarning, match="48 atoms after END are not read"):
        rows, skipped = measured(tmp_path, "frames.pdb", text)
    assert_angles(rows, P)
    left = skipped[skipped["reason"] == "after END"]
    assert left["resseq"].tolist() == [1, 2, 3, 4, 5, 6] * 2
    assert left["instance"].tolist() == [1] * 6 + [2] * 6


def test_the_remedies_for_atoms_after_end_read_them(tmp_path):
    rows, _ = measured(tmp_path, "one.pdb", pdb([*P, *Q, "END"]))
    assert_angles(rows, P, Q)
    rows, _ = measured(tmp_path, "models.pdb", pdb([*in_models(P, Q), "END"]))
    assert_angles(rows, P, Q)
    assert rows["model"].tolist() == ["1"] * 4 + ["2"] * 4


@pytest.mark.parametrize("end", ["END", "end", "END   "])
def test_an_end_within_a_model_or_between_two_ends_no_file(end, tmp_path):
    plain = in_models(P, Q, FAR)
    within = [line for record in plain for line in ([end, record] if record == "ENDMDL" else [record])]
    between = [line for record in plain for line in ([record, end] if record == "ENDMDL" else [record])]
    expected, _ = measured(tmp_path, "plain.pdb", pdb([*plain, "END"]))
    assert expected["model"].tolist() == ["1"] * 4 + ["2"] * 4 + ["3"] * 4
    for lines in (within, between, [*within, "END"]):
        rows, skipped = measured(tmp_path, "ended.pdb", pdb(lines))
        assert rows.equals(expected)
        assert set(skipped["reason"]) == {"terminal"}


def test_atoms_after_the_end_of_all_models_are_told(tmp_path):
    with pytest.warns(UserWarning, match="24 atoms after END are not read"):
        rows, _ = measured(tmp_path, "more.pdb", pdb([*in_models(P, Q), "END", *FAR]))
    assert_angles(rows, P, Q)


def test_a_broken_atom_after_end_is_named_by_its_line(tmp_path):
    text = pdb([*P, "END", *Q]).splitlines()
    text[26] = text[26].replace(".", ",", 1)
    with pytest.raises(ReadError, match="line 27: no x coordinate in columns 31 to 38"):
        measured(tmp_path, "frames.pdb", "\n".join(text))


def serials(atoms, numbers):
    return "\n".join(pdb_line(atom, number) for atom, number in zip(atoms, numbers, strict=True))


def test_serial_numbers_in_hybrid_36_and_stars_are_read(tmp_path):
    for numbers in (["99999", "A0000", "A0001", "A0002"] * 6, ["*****"] * 24):
        rows, _ = measured(tmp_path, "large.pdb", serials(P, numbers))
        assert_angles(rows, P)


def test_serial_numbers_of_six_digits_that_move_columns_are_named(tmp_path):
    numbers = [*["99999"] * 10, *(str(100000 + i) for i in range(14))]
    with pytest.raises(ReadError, match=r"line 11: the serial number 100000 has 6 digits, and moves all .*write A0000"):
        measured(tmp_path, "large.pdb", serials(P, numbers))
    # without the blank after it all stays in place
    in_place = serials(P, numbers).replace("ATOM  1", "ATOM 1")
    rows, _ = measured(tmp_path, "large.pdb", in_place)
    assert_angles(rows, P)


def shuffled(atoms):
    return random.Random(7).sample(atoms, len(atoms))


MMCIF_FILES = {
    "two polymers in one chain": (mmcif(IN_PARTS), 4),
    "another polymer": (mmcif([*changed(P, label_asym="A"), *changed(OTHER, label_asym="B")]), 4),
    "only columns of authors": (mmcif(P + Q, without=AUTHOR_ONLY), 4),
    "no column of authors": (mmcif(IN_PARTS, without=("auth_seq_id", "auth_asym_id", "auth_atom_id")), 8),
    "one part, numbers restart": (mmcif(P + Q), 4),
    "one part, numbers go on": (mmcif([*P, *(replace(atom, label_seq=atom.label_seq + 6) for atom in Q)]), 4),
    "rows out of order": (mmcif(shuffled(IN_PARTS)), 4),
    "rows of two chains out of order": (mmcif(shuffled([*P, *changed(Q, chain="B", label_asym="B")])), 8),
    "ids begin again": (mmcif(IN_PARTS, ids=[*range(1, 25)] * 2), 4),
    "long names of parts": (mmcif([*changed(P, label_asym="Protomer_1"), *changed(Q, label_asym="Protomer_2")]), 4),
    "no label_seq_id": (mmcif(IN_PARTS, without=("label_seq_id",)), 4),
}


@pytest.mark.parametrize("name", MMCIF_FILES)
def test_every_copy_in_an_mmcif_file_has_its_rows(name, tmp_path):
    text, counted = MMCIF_FILES[name]
    rows, skipped = measured(tmp_path, "copies.cif", text)
    assert_angles(rows, P, OTHER if name == "another polymer" else Q)
    assert skipped["reason"].tolist() == ["terminal"] * 4
    assert rows["counted"].sum() == counted


def test_parts_of_mmcif_are_named_where_there_are_copies(tmp_path):
    names = {
        "two polymers in one chain": ["A"] * 4 + ["B"] * 4,
        "long names of parts": ["Protomer_1"] * 4 + ["Protomer_2"] * 4,
        "no column of authors": [""] * 8,
    }
    for name, expected in names.items():
        assert measured(tmp_path, "copies.cif", MMCIF_FILES[name][0])[0]["segment"].tolist() == expected


def test_models_of_mmcif_with_copies(tmp_path):
    rows, skipped = measured(tmp_path, "models.cif", mmcif([*IN_PARTS, *changed(IN_PARTS, model=2)]))
    assert_angles(rows, P, Q, P, Q)
    assert rows["model"].tolist() == ["1"] * 8 + ["2"] * 8
    assert len(skipped) == 8


def test_validate_names_the_second_copy(tmp_path):
    path = tmp_path / "copies.pdb"
    path.write_text(pdb(P + Q))
    rows, skipped = validate(path)
    assert rows["instance"].tolist() == [1] * 4 + [2] * 4
    assert skipped["where"].tolist() == ["A 1 ALA", "A 6 ALA", "A 1 ALA copy 2", "A 6 ALA copy 2"]


def test_whatever_is_copied_and_renumbered_nothing_vanishes(tmp_path):
    chance = random.Random(3)
    for _ in range(12):
        chains = [moved(chance.choice((P, Q, OTHER)), 150.0 * i) for i in range(chance.randrange(2, 5))]
        lines = []
        for atoms in chains:
            lines += renumbered(atoms, chance.randrange(1, 9))
            lines += chance.choice(([], [], ["TER"]))
        rows, skipped = measured(tmp_path, "random.pdb", pdb(lines))
        assert_angles(rows, *chains)
        assert len(rows) + len(skipped) == 6 * len(chains)


@pytest.mark.parametrize("name", ["blank_chain.pdb", "segments.pdb"])
def test_dimers_as_md_programs_write_them(name, test_data):
    """MDAnalysis 2.11 gives these 8 pairs of angles; it, mdtraj 1.11 and biotite 1.6 see 12 residues."""
    rows, skipped = backbone_angles(test_data / "homodimers" / name)
    assert rows["resseq"].tolist() == [2, 3, 4, 5] * 2
    np.testing.assert_allclose(rows["phi"], [-60] * 4 + [-115] * 4, atol=0.1)
    np.testing.assert_allclose(rows["psi"], [-45] * 4 + [131] * 4, atol=0.1)
    assert skipped["reason"].tolist() == ["terminal"] * 4
    assert rows["counted"].sum() == 4


def labelled(atoms, altlocs, *resseqs):
    """Give these residues, or all, an atom for each altloc in place of each of their atoms."""
    found = []
    for atom in atoms:
        if atom.resseq in resseqs or not resseqs:
            found += [replace(atom, altloc=altloc) for altloc in altlocs]
        else:
            found.append(atom)
    return found


def by_altloc(atoms):
    """Write each residue's conformers one after another, and not atom by atom."""
    return sorted(atoms, key=lambda atom: (atom.resseq, atom.altloc))


WITH_CONFORMERS = {
    "in the second": (P + labelled(Q, "AB", 3), [4, 7], 4),
    "in blocks": (P + by_altloc(labelled(Q, "AB", 3)), [4, 7], 4),
    "one altloc only": (P + labelled(Q, "A", 3), [4, 4], 4),
    "in the first": (labelled(P, "AB", 3) + Q, [7, 4], 4),
    "in other residues": (labelled(P, "AB", 2) + labelled(Q, "AB", 5), [6, 6], 4),
    "at the second's beginning": (P + labelled(Q, "AB", 1), [4, 5], 4),
    "at the first's end": (labelled(P, "AB", 6) + Q, [5, 4], 4),
    "in all of the second": (P + labelled(Q, "AB"), [4, 8], 4),
    "in all of the first": (labelled(P, "A") + Q, [4, 4], 4),
    "in all but one": (P + labelled(Q, "AC", 1, 2, 3, 4, 6), [4, 8], 4),
    "in three": (P + labelled(Q, "AB", 4) + labelled(FAR, "B", 2, 3), [4, 7, 4], 4),
    "numbers overlap": (P + labelled(renumbered(Q, 4), "AB", 6), [4, 7], 7),
    "the second begins before": (renumbered(P, 3) + labelled(Q, "AB", 1, 2), [4, 6], 6),
    "no chain name": (changed(P + labelled(Q, "AB", 3), chain=""), [4, 7], 4),
}
"""Atoms of copies without TER, and how many rows each copy has: one for each altloc that touches a residue;
then how many residues cctbx 2025.11 counts."""


@pytest.mark.parametrize("name", WITH_CONFORMERS)
def test_a_conformer_stays_in_its_copy(name, tmp_path):
    atoms, n_rows, counted = WITH_CONFORMERS[name]
    without_numbers = mmcif(changed(atoms, chain="A"), without=("label_seq_id",))
    for file, text in (("copies.pdb", pdb(atoms)), ("copies.cif", without_numbers)):
        rows, skipped = measured(tmp_path, file, text)
        assert rows.groupby("instance").size().tolist() == n_rows
        assert rows["counted"].sum() == counted
        assert set(skipped["reason"]) == {"terminal"}
        expected = sorted({pair for copy in (P, Q, FAR)[: len(n_rows)] for pair in angles(copy)})
        found = sorted({(round(phi, 2), round(psi, 2)) for phi, psi in zip(rows["phi"], rows["psi"], strict=True)})
        np.testing.assert_allclose(found, expected, atol=0.01)


def test_a_copy_that_lacks_a_residue_keeps_its_conformers(tmp_path):
    second = [atom for atom in labelled(Q, "AB", 5) if atom.resseq != 2]
    rows, skipped = measured(tmp_path, "copies.pdb", pdb(P + second))
    assert rows.groupby("instance").size().tolist() == [4, 4]
    assert skipped["reason"].tolist() == ["terminal"] * 3 + ["break"] + ["terminal"] * 2
    assert skipped["instance"].tolist() == [1, 1, 2, 2, 2, 2]


def test_the_same_conformers_with_and_without_ter(tmp_path):
    for altlocs, resseqs in (("AB", (3,)), ("A", (2, 3)), ("AB", (1, 6)), ("B", ())):
        second = labelled(Q, altlocs, *resseqs)
        rows, _ = measured(tmp_path, "plain.pdb", pdb(P + second))
        parted, _ = measured(tmp_path, "parted.pdb", pdb([*P, "TER", *second]))
        columns = ["resseq", "altloc", "instance", "phi", "psi"]
        assert rows[columns].equals(parted[columns])


def test_conformers_of_a_stretch_one_after_another_are_of_one_copy(tmp_path):
    def stretch(altloc):
        return [replace(atom, altloc=altloc) for atom in P if atom.resseq in (3, 4)]

    before = [atom for atom in P if atom.resseq < 3]
    after = [atom for atom in P if atom.resseq > 4]
    one = [*before, *stretch("A"), *stretch("B"), *after]
    rows, _ = measured(tmp_path, "one.pdb", pdb(one))
    assert (rows["instance"] == 1).all()
    assert rows["altloc"].tolist() == ["A", "B"] * 4
    rows, _ = measured(tmp_path, "two.pdb", pdb([*one, *Q]))
    assert rows["instance"].tolist() == [1] * 8 + [2] * 4


def test_a_conformer_at_the_end_of_the_file_is_near_what_it_is_of(tmp_path):
    third = [atom for atom in P if atom.resseq == 3]
    rows, _ = measured(tmp_path, "near.pdb", pdb([*P, *changed(moved(third, 0.1), altloc="B")]))
    assert rows["altloc"].tolist() == ["", "B", "", "B", "", "B", ""]
    assert (rows["instance"] == 1).all()


ONE_NUMBER = {
    "the last and the first": (P + renumbered(Q, 6), [P, Q], 7),
    "of another name": (P + renumbered(changed(Q, resname="GLY"), 6), [P, Q], 8),
    "after four": (P[:16] + renumbered(Q[:12], 4), [P[:16], Q[:12]], 2),
    "three chains": (P + renumbered(Q, 6) + renumbered(FAR, 11), [P, Q, FAR], 10),
    "all alike": (changed(P, resseq=0), [P], 0),
    "all 1000": (changed(P, resseq=1000), [P], 0),
    "residue by residue": (sorted(P + Q, key=lambda atom: atom.resseq), [P, Q], 4),
}
"""Chains that share a number without TER, and how many residues cctbx 2025.11 counts."""


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_chains_that_share_a_number_have_all_their_rows(name, tmp_path):
    lines, chains, counted = ONE_NUMBER[name]
    rows, skipped = measured(tmp_path, "shared.pdb", pdb(lines))
    assert_angles(rows, *chains)
    assert set(skipped["reason"]) == {"terminal"}
    assert len(skipped) == 2 * len(chains)
    assert rows["counted"].sum() == counted
    assert not rows.duplicated(["resseq", "instance"]).any()


def test_a_residue_written_again_where_the_chain_breaks_is_a_duplicate(tmp_path):
    for last in (4, 6):
        whole = [atom for atom in P if atom.resseq <= last]
        again = [atom for atom in whole if atom.resseq == last]
        _, skipped = measured(tmp_path, "end.pdb", pdb(whole + again))
        assert skipped["reason"].tolist() == ["terminal", "terminal", "duplicate id"]
    every = [atom for resseq in range(1, 7) for atom in [a for a in P if a.resseq == resseq] * 2]
    rows, skipped = measured(tmp_path, "every.pdb", pdb(every))
    assert_angles(rows, P)
    assert (skipped["reason"] == "duplicate id").sum() == 6


@pytest.mark.slow
def test_whatever_has_altlocs_each_copy_has_its_rows(tmp_path):
    chance = random.Random(11)
    for _ in range(12):
        chains = [moved(chance.choice((P, Q, OTHER)), 150.0 * i) for i in range(chance.randrange(2, 5))]
        lines = []
        for atoms in chains:
            resseqs = chance.sample(range(1, 7), chance.randrange(1, 4))
            lines += renumbered(
                labelled(atoms, chance.choice(("A", "AB", "B", "BC")), *resseqs), chance.randrange(1, 6)
            )
        rows, skipped = measured(tmp_path, "random.pdb", pdb(lines))
        found = rows.groupby("instance").apply(lambda copy: len(set(zip(copy["phi"], copy["psi"], strict=True))))
        assert found.tolist() == [4] * len(chains)
        assert set(skipped["reason"]) == {"terminal"}


def test_rows_stand_in_the_order_of_the_file_where_a_chain_comes_again(tmp_path):
    rows, _ = measured(tmp_path, "again.pdb", pdb([*P, *changed(FAR, chain="B"), *Q]))
    assert rows["chain"].tolist() == ["A"] * 4 + ["B"] * 4 + ["A"] * 4
    np.testing.assert_allclose(rows[["phi", "psi"]], [*angles(P), *angles(FAR), *angles(Q)], atol=2e-3)


def test_microheterogeneity_is_no_copy():
    zeros = np.zeros(4, dtype=int)
    no = np.zeros(4, dtype=bool)
    position = np.array([1, 2, 2, 3])
    assert number_copies(zeros, position, copy=zeros, bonded=no).tolist() == [1, 1, 1, 1]
    assert number_copies(zeros, np.array([1, 1, 2, 1]), np.array([0, 0, 0, 1]), no).tolist() == [1, 1, 1, 2]
