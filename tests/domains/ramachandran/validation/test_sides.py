"""Residues find their partners, and those that do not are told with the reason of the side that lacks them."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from domains._checks import UsageError
from domains.ramachandran import compare_models, example, validate
from domains.ramachandran.validation.sides import have_several_models, read_side, renamed

pytest.importorskip("gemmi")
HELIX = (-60.0, -45.0)


def side(path, name="before", number=None):
    return read_side(path, name, number, "top8000", {})


def test_a_chain_whose_name_another_takes_has_no_partner():
    both = side(example("1a28"))
    assert renamed(both, both, {"A": "B"}).values("chain") == ["B", "B before"]
    assert renamed(both, both, {"A": "B", "B": "A"}).values("chain") == ["B", "A"]
    assert renamed(both, both, {}).values("chain") == ["A", "B"]


@pytest.mark.parametrize(
    ("chains", "said"),
    [
        ({"C": "A"}, "no chain 'C' before; its chains are 'A', 'B'"),
        ({"A": "C"}, "no chain 'C' after; its chains are 'A', 'B'"),
        ({"A": "B", "B": "B"}, "two chains before are one chain after in {'A': 'B', 'B': 'B'}; name each once"),
    ],
)
def test_wrong_chains_name_those_there_are(chains, said):
    both = side(example("1a28"))
    after = side(example("1a28"), "after")
    with pytest.raises(UsageError, match=f"^ramachandran.compare_models: {said}"):
        renamed(both, after, chains)


def test_one_model_against_several_is_refused_with_a_remedy_that_works(made, in_chain, write_pdb):
    several = write_pdb([[in_chain(made(HELIX, HELIX))]] * 3, "nmr.pdb")
    one = write_pdb(made(HELIX, HELIX), "one.pdb")
    with pytest.raises(UsageError, match=r"after has 3 models, and the other side has one; say after_model='1'"):
        have_several_models(side(one), side(several, "after"))
    changes, _ = compare_models(one, several, after_model="1")
    assert len(changes) == 2
    assert have_several_models(side(several), side(several, "after"))
    with pytest.raises(UsageError, match="before_model '7' is not there; its models are '1', '2', '3'"):
        side(several, number=7)


def test_each_residue_is_in_one_of_the_two_tables(made, but, write_pdb):
    """A residue cut off, one mutated, one that lost an atom: matched and unmatched are all there are."""
    residues = made(*[HELIX] * 5)
    before = write_pdb(residues, "before.pdb")
    changed = [but(r, resname="GLY") if k == 2 else r for k, r in enumerate(residues[:-1])]
    after = write_pdb(changed, "after.pdb")
    changes, unmatched = compare_models(before, after)
    assert changes["resseq"].tolist() == [2, 4, 5]
    told = unmatched.set_index("where")
    assert told.loc["A 6 ALA", ["side", "reason", "detail"]].tolist() == [
        "before",
        "unmatched",
        "after: terminal (last of the chain)",
    ]
    assert told.loc["A 3 GLY", ["side", "reason", "detail"]].tolist() == [
        "both",
        "another residue",
        "ALA before, GLY after",
    ]
    ends = told[told["reason"] == "no angles"]
    assert ends.index.tolist() == ["A 1 ALA", "A 7 ALA"]
    assert ends["side"].tolist() == ["both", "before"]
    assert ends["detail"].iloc[1] == "before: terminal (last of the chain); after: no such residue"
    assert len(changes) + len(unmatched) == len(residues)


def test_residues_that_were_scored_need_no_skipped(made, write_pdb):
    from domains.ramachandran import validate

    rows, _ = validate(write_pdb(made(HELIX, HELIX, HELIX)))
    changes, unmatched = compare_models(rows, rows[1:])
    assert len(changes) == 2
    assert unmatched["detail"].tolist() == ["after: no such residue"]
    assert isinstance(unmatched, pd.DataFrame)


@pytest.mark.parametrize(("first", "sign"), [(101, "-"), (-50, "+")])
def test_other_numbers_in_one_chain_have_a_remedy_that_works(made, in_chain, write_pdb, first, sign):
    residues = made(*[HELIX] * 5)
    before = write_pdb(residues, "before.pdb")
    after = write_pdb([in_chain(residues, "A", first)], "after.pdb")
    with pytest.raises(ValueError, match="no residue is in both models") as error:
        compare_models(before, after)
    message = str(error.value)
    assert f"chain 'A' has residues 2 to 6 before and {first + 1} to {first + 5} after" in message
    assert "chains=" not in message
    residues, _ = validate(after)
    (step,) = re.findall(rf"residues\.assign\(resseq=residues\['resseq'\] \{sign} (\d+)\)", message)
    shift = int(step) if sign == "+" else -int(step)
    changes, _ = compare_models(before, residues.assign(resseq=residues["resseq"] + shift))
    assert len(changes) == 5
    assert (changes["distance"] == 0).all()


def test_other_names_of_chains_have_a_remedy_that_works(made, in_chain, write_pdb):
    before = write_pdb(made(*[HELIX] * 3), "before.pdb")
    after = write_pdb([in_chain(made(*[HELIX] * 3), "X")], "after.pdb")
    with pytest.raises(ValueError, match=r"say chains=\{'A': 'X'\} \(--chains A=X\)"):
        compare_models(before, after)
    assert len(compare_models(before, after, chains={"A": "X"})[0]) == 3


def test_other_residues_under_other_numbers_are_no_shift(made, but, in_chain, write_pdb):
    before = write_pdb(made(*[HELIX] * 3), "before.pdb")
    other = [in_chain([but(r, resname="GLY") for r in made(*[HELIX] * 3)], "A", 40)]
    with pytest.raises(ValueError, match="residues 2 to 4 before and 41 to 43 after; number one side as the other"):
        compare_models(before, write_pdb(other, "after.pdb"))
