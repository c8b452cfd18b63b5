import pytest

from domains.ramachandran.structures.residues import SYNONYMS, kind_of, parents_of, read_names

gemmi = pytest.importorskip("gemmi")


@pytest.mark.parametrize(
    ("name", "parent", "kind"),
    [
        ("ALA", "ALA", "standard"),
        ("MSE", "MET", "standard"),
        ("HSD", "HIS", "synonym"),
        ("NALA", "ALA", "synonym"),
        ("CHIE", "HIS", "synonym"),
        ("SEP", "SER", "modified"),
        ("SEC", "CYS", "modified"),
        ("DAL", "ALA", "D"),
        ("ACE", "", "cap"),
        ("UNK", "", "unknown"),
        ("HOH", "", ""),
        ("DA", "", ""),
        ("XALA", "", ""),
    ],
)
def test_what_a_name_says(name, parent, kind):
    assert kind_of(name) == (parent, kind)


def test_the_twenty_are_standard():
    for name in gemmi.expand_one_letter_sequence("ACDEFGHIKLMNPQRSTVWY", gemmi.ResidueKind.AA):
        assert kind_of(name) == (name, "standard")


def test_every_synonym_has_a_standard_parent():
    assert all(
        kind_of(name).kind == "synonym" and kind_of(parent).kind == "standard" for name, parent in SYNONYMS.items()
    )


def test_the_file_s_own_record_names_a_parent():
    assert kind_of("ZZ9").kind == ""
    assert kind_of("ZZ9", {"ZZ9": "LYS"}) == ("LYS", "modified")
    assert kind_of("ZZ9", {"ZZ9": "HOH"}).kind == ""
    assert kind_of("DAL", {"DAL": "SER"}) == ("SER", "D")


def test_names_of_a_table():
    names = read_names(["gly", " Hyp ", "hie", "CCYX", "", "DPR"])
    assert names.tolist() == ["GLY", "HYP", "HIE", "CCYX", "", "DPR"]
    assert parents_of(names).tolist() == ["GLY", "", "HIS", "CYS", "", ""]
    assert parents_of(names, modified=True).tolist() == ["GLY", "PRO", "HIS", "CYS", "", "PRO"]
    with pytest.raises(ValueError, match="a residue is called 'G'"):
        read_names(["ALA", "g"])
