import gzip
import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from domains.ramachandran.structures.backbone import backbone_angles
from domains.ramachandran.structures.residues import kind_of

gemmi = pytest.importorskip("gemmi")

IDENTITY = ["model", "chain", "resseq", "icode", "altloc", "resname"]
ENTRIES = ["1a28.pdb", "1a8o.cif", "1a8o.pdb", "1crn.pdb", "1d3z.pdb", "1dix.cif", "1igy.cif", "1igy.pdb"]
ENTRIES += ["1orc.pdb", "1ubq.cif", "1ubq.pdb", "2BEG.pdb", "3jqh.cif"]
NAMES = ["MET", "ALA", "GLY", "PRO", "VAL", "ILE", "SER", "PRO", "GLY", "LYS", "LEU", "HIS", "CYS"]
NAMES += ["ASP", "GLU", "PHE", "ASN", "GLN", "ARG", "SER", "THR", "TRP", "TYR", "ALA", "PRO", "GLY"]


# ---- real entries, against what cctbx 2025.11 says of them ------------------------------------------------------


def entry(folder, name):
    path = folder / "structures" / name
    return path if path.exists() else path.with_name(f"{name}.gz")


def turn(degrees):
    return ((degrees + 180) % 360 - 180).abs()


def assert_balanced(path, rows, skipped):
    """Every polymer residue is a row of one of the tables, and of one only."""
    structure = gemmi.read_structure(str(path))
    numbers = {"", *(str(model.num) for model in structure)}
    there = {
        (chain.name, residue.seqid.num, residue.seqid.icode.strip(), residue.name)
        for model in structure
        for chain in model
        for residue in chain
        if kind_of(residue.name).kind or {"N", "CA", "C"} <= {a.name for a in residue}
    }
    which = [*IDENTITY, "instance"]
    reported = pd.concat([rows[which], skipped[which]])
    assert set(reported["model"]) <= numbers
    assert set(reported[["chain", "resseq", "icode", "resname"]].itertuples(index=False, name=None)) == there
    assert not reported.duplicated().any()
    place = [*IDENTITY[:4], "instance"]
    assert rows.loc[rows["best"], place].drop_duplicates().shape[0] == rows["best"].sum()
    assert rows[place].drop_duplicates().shape[0] == rows["best"].sum()


@pytest.mark.parametrize("name", ENTRIES)
def test_real_entries_equal_cctbx(name, shared_data):
    path = entry(shared_data, name)
    text = dict.fromkeys(["model", "chain", "icode", "altloc", "resname"], str)
    table = shared_data / "ramachandran_expected" / f"{name}.ramalyze.tsv"
    expected = pd.read_csv(table, sep="\t", dtype=text, keep_default_na=False, na_values={"omega_prev": [""]})
    rows, skipped = backbone_angles(path)
    both = expected.merge(rows, on=IDENTITY, suffixes=("_cctbx", ""), validate="one_to_one")
    assert len(both) == len(expected) == len(rows)
    for ours, theirs in ("phi", "phi_cctbx"), ("psi", "psi_cctbx"), ("omega", "omega_prev"):
        assert turn(both[ours] - both[theirs]).max() <= 1e-4
    assert (both["counted"] == both["counted_cctbx"].astype(bool)).all()
    assert_balanced(path, rows, skipped)


@pytest.mark.parametrize("name", ["1a8o", "1igy", "1ubq"])
def test_pdb_and_mmcif_of_an_entry_agree(name, shared_data):
    ours = [backbone_angles(entry(shared_data, f"{name}.{kind}"))[0] for kind in ("pdb", "cif")]
    pd.testing.assert_frame_equal(*[rows.drop(columns="b_iso") for rows in ours])


# ---- made files, against what cctbx 2025.11 says of them --------------------------------------------------------


def place(a, b, c, bond, angle, dihedral):
    """Place an atom by its bond to c, its angle at c and its dihedral about b-c."""
    angle, dihedral = np.radians([angle, dihedral])
    z = (c - b) / np.linalg.norm(c - b)
    y = np.cross(b - a, z)
    y /= np.linalg.norm(y)
    return c + bond * (-np.cos(angle) * z + np.sin(angle) * (np.cos(dihedral) * np.cross(y, z) + np.sin(dihedral) * y))


def torsions(i):
    return -85 + 50 * np.sin(1.3 * i), 60 + 110 * np.sin(0.9 * i + 1), 5.0 if i in (7, 24) else 178 - 3 * (i % 4)


def peptide(n=26):
    """Atoms of an ideal chain whose residues have ``torsions``: phi, psi and omega of the bond before."""
    a, b, c = np.array([[0.0, 1, 0], [0, 0, 0], [1.4, 0, 0]])
    atoms = []
    for i in range(n):
        phi, psi, omega = torsions(i)
        n_ = place(a, b, c, 1.329, 116.2, torsions(i - 1)[1])
        ca = place(b, c, n_, 1.458, 121.7, omega)
        c_ = place(c, n_, ca, 1.525, 111.0, phi)
        o = place(n_, ca, c_, 1.231, 120.4, psi + 180)
        cb = place(c, n_, ca, 1.53, 110.5, phi - 122.6)
        resname = NAMES[i % 26]
        for name, xyz in zip(("N", "CA", "C", "O", "CB"), (n_, ca, c_, o, cb), strict=True):
            if (name, resname) != ("CB", "GLY"):
                atoms.append(atom(name, resname, i + 1, xyz))
        a, b, c = n_, ca, c_
    return atoms


def atom(name, resname, resseq, xyz, **more):
    fields = {"record": "ATOM", "altloc": " ", "chain": "A", "icode": " ", "occupancy": 1.0, "b": 20.0}
    return SimpleNamespace(name=name, resname=resname, resseq=resseq, xyz=np.asarray(xyz), **fields | more)


def but(a, shift=0.0, **changes):
    return SimpleNamespace(**vars(a) | {"xyz": a.xyz + np.array([shift, 0, 0])} | changes)


def line(a):
    if isinstance(a, str):
        return a
    x, y, z = a.xyz
    return (
        f"{a.record:<6}    1  {a.name:<3}{a.altloc}{a.resname:>3} {a.chain}{a.resseq:>4}{a.icode}   "
        f"{x:8.3f}{y:8.3f}{z:8.3f}{a.occupancy:6.2f}{a.b:6.2f}          {a.name[0]:>2}"
    )


def by_residue(atoms):
    residues = {}
    for a in atoms:
        residues.setdefault(a.resseq, []).append(a)
    return list(residues.values())


def conformers(atoms, letters, shift=0.15):
    """Give every residue the altlocs that ``letters(resseq)`` names, one block after another."""
    return [
        but(a, shift * k, altloc=letter, occupancy=round(0.4 + 0.2 * k, 2))
        for residue in by_residue(atoms)
        for k, letter in enumerate(letters(residue[0].resseq))
        for a in residue
    ]


def renamed(names, record="ATOM"):
    def edit(atoms):
        return [but(a, resname=names[a.resname], record=record) if a.resname in names else a for a in atoms]

    return edit


def in_models(*models):
    return [x for number, atoms in models for x in (f"MODEL     {number:4d}", *atoms, "ENDMDL")]


def microheterogeneous(atoms):
    blocks = {9: ("A", "SER", 0.0), 10: ("B", "PRO", 0.1)}
    out = []
    for residue in by_residue(atoms):
        sites = blocks.values() if residue[0].resseq % 8 == 0 else [(" ", residue[0].resname, 0.0)]
        out += [but(a, shift, altloc=letter, resname=name) for letter, name, shift in sites for a in residue]
    return out


FAMILIES = {
    "plain": lambda p: p,
    "breaks": lambda p: [a for a in peptide(52) if a.resseq % 4],
    "shifted": lambda p: [but(a, 2.0 * (a.resseq // 5)) for a in p],
    "altlocs_ab": lambda p: conformers(p, lambda i: "AB"),
    "altlocs_12": lambda p: conformers(p, lambda i: "12"),
    "altlocs_mixed": lambda p: conformers(p, lambda i: [" ", "AB", "AB", "BA", "AC", " "][i % 6]),
    "altlocs_side": lambda p: [b for a in p for b in ([but(a, altloc=x) for x in "AB"] if a.name == "CB" else [a])],
    "altlocs_blank_too": lambda p: [
        b
        for a in p
        for b in ([a, but(a, 0.1, altloc="A")] if a.resseq == 9 or (a.resseq, a.name) == (15, "CA") else [a])
    ],
    "altlocs_apart": lambda p: [but(a, altloc="A") for a in p] + [but(a, 0.2, altloc="B") for a in p],
    "microheterogeneity": microheterogeneous,
    "icodes": lambda p: [but(a, resseq=8, icode=" ABCDEFGHIJ"[a.resseq - 8]) if 8 <= a.resseq <= 18 else a for a in p],
    "charmm": renamed({"HIS": "HSD", "CYS": "CYX"}),
    "hydroxyproline": renamed({"PRO": "HYP"}, "HETATM"),
    "selenomethionine": renamed({"MET": "MSE", "LEU": "MSE"}, "HETATM"),
    "d_named_l": lambda p: [but(a, xyz=a.xyz * [-1, 1, 1]) for a in p],
    "d_named_d": lambda p: renamed({"ALA": "DAL"}, "HETATM")([but(a, xyz=a.xyz * [-1, 1, 1]) for a in p]),
    "predicted": lambda p: in_models((1, [but(a, b=95.0 - 2 * a.resseq) for a in p])),
    "ca_only": lambda p: [a for a in p if a.name == "CA"],
    "missing": lambda p: [a for k, a in enumerate(p) if k % 17 != 3],
    "negative": lambda p: [but(a, resseq=a.resseq - 12) for a in p],
    "hybrid36": lambda p: [but(a, resseq=f"A{a.resseq:03d}") for a in p],
    "chain_after_ter": lambda p: [*(a for a in p if a.resseq < 14), "TER", *(a for a in p if a.resseq >= 14)],
    "repeated_ids": lambda p: [*p, "TER", *(but(a, 60.0) for a in p)],
    "odd_order": lambda p: [a for residue in by_residue(p) for a in residue[::-1]],
    "blank_chain": lambda p: [but(a, chain=" ") for a in p],
    "segments": lambda p: [line(but(a, chain=" ")).ljust(72)[:72] + ("SEG1" if a.resseq < 9 else "SEG2") for a in p],
    "no_elements": lambda p: [line(a)[:66] for a in p],
    "models": lambda p: in_models((2, p), (5, [a for a in p if (a.resseq, a.name) != (9, "C")]), (11, p[:60])),
    "caps": lambda p: [atom("CH3", "ACE", 0, [0, 0, 9]), *p, atom("N", "NME", 27, [0, 0, 9])],
    "company": lambda p: [
        *p, "TER", atom("O", "HOH", 101, [9, 9, 9], record="HETATM"), atom("P", "DA", 102, [5, 9, 9]),
        atom("CA", "CA", 103, [5, 5, 9], record="HETATM"), atom("C1", "NAG", 104, [5, 9, 5], record="HETATM"),
    ],
    "one": lambda p: [a for a in p if a.resseq == 5],
    "unknown": renamed({"SER": "UNK"}),
}  # fmt: skip
"""Families of files, each an edit of one ideal peptide."""


def write(family, folder):
    path = folder / f"{family}.pdb"
    path.write_text("\n".join(map(line, FAMILIES[family](peptide()))) + "\nEND\n")
    return path


GOLDEN = {
    "altlocs_12": (48, 0, -4089.125, 3034.345, 7654.234),
    "altlocs_ab": (48, 24, -4089.125, 3034.345, 7654.234),
    "altlocs_apart": (48, 24, -4089.125, 3034.345, 7654.234),
    "altlocs_blank_too": (28, 24, -2478.620, 2083.251, 4357.046),
    "altlocs_mixed": (40, 24, -3406.828, 2135.895, 6265.189),
    "altlocs_side": (46, 24, -3903.495, 2773.977, 7304.188),
    "blank_chain": (24, 24, -2044.562, 1517.172, 3827.117),
    "breaks": (13, 13, -1046.058, 891.400, 2275.035),
    "ca_only": (0, 0, 0.000, 0.000, 0.000),
    "caps": (24, 24, -2044.562, 1517.172, 3827.117),
    "chain_after_ter": (22, 22, -1833.536, 1458.796, 3474.100),
    "charmm": (20, 20, -1733.831, 1508.102, 3133.111),
    "company": (24, 24, -2044.562, 1517.172, 3827.117),
    "d_named_d": (19, 19, 1616.781, -1005.323, 3134.041),
    "d_named_l": (24, 24, 2044.562, -1517.172, 3827.117),
    "hybrid36": (24, 24, -2044.562, 1517.172, 3827.117),
    "hydroxyproline": (16, 16, -1275.515, 989.345, 2778.930),
    "icodes": (24, 24, -2044.562, 1517.172, 3827.117),
    "microheterogeneity": (33, 24, -2811.670, 2570.631, 5044.319),
    "missing": (15, 15, -1280.122, 1271.111, 1745.135),
    "models": (55, 55, -4607.132, 3303.115, 8867.351),
    "negative": (24, 24, -2044.562, 1517.172, 3827.117),
    "no_elements": (24, 24, -2044.562, 1517.172, 3827.117),
    "odd_order": (24, 24, -2044.562, 1517.172, 3827.117),
    "one": (0, 0, 0.000, 0.000, 0.000),
    "plain": (24, 24, -2044.562, 1517.172, 3827.117),
    "predicted": (24, 24, -2044.562, 1517.172, 3827.117),
    # cctbx has the 24 rows that are counted
    "repeated_ids": (48, 24, -2 * 2044.562, 2 * 1517.172, 2 * 3827.117),
    "segments": (22, 22, -1849.097, 1200.124, 3644.116),
    "selenomethionine": (24, 24, -2044.562, 1517.172, 3827.117),
    "shifted": (20, 20, -898.156, 1164.865, 3294.623),
    "unknown": (18, 18, -1579.026, 1296.556, 2956.032),
}
"""cctbx 2025.11 ramalyze on these files: rows, counted, and sums of phi, psi and |omega|."""
NOT_IN_MMCIF = {"blank_chain", "segments", "repeated_ids", "charmm"}
SKIPPED = {
    "breaks": {"break": 24, "terminal": 2},
    "ca_only": {"missing atom": 26},
    "caps": {"non-standard": 2, "terminal": 2},
    "chain_after_ter": {"terminal": 4},
    "hydroxyproline": {"non-standard": 3, "non-standard neighbour": 6, "terminal": 1},
    "one": {"terminal": 1},
    "plain": {"terminal": 2},
    "repeated_ids": {"terminal": 4},
}


@pytest.fixture
def measured(request, tmp_path):
    path = write(request.param, tmp_path)
    if request.param == "charmm":
        with pytest.warns(UserWarning, match=r"2 residues .*HSD as HIS \(1\), CYX as CYS \(1\)"):
            return request.param, path, *backbone_angles(path)
    return request.param, path, *backbone_angles(path)


@pytest.mark.parametrize("measured", sorted(set(GOLDEN) - {"charmm"}), indirect=True)
def test_made_files_equal_cctbx(measured):
    family, _, rows, skipped = measured
    count, counted, *sums = GOLDEN[family]
    assert (len(rows), rows["counted"].sum()) == (count, counted)
    ours = [rows["phi"].sum(), rows["psi"].sum(), rows["omega"].abs().sum()]
    np.testing.assert_allclose(ours, sums, atol=1e-3)
    if family in SKIPPED:
        assert skipped["reason"].value_counts().to_dict() == SKIPPED[family]


@pytest.mark.parametrize("measured", sorted(FAMILIES), indirect=True)
def test_residues_in_are_rows_and_skipped(measured):
    assert_balanced(*measured[1:])


@pytest.mark.parametrize(
    "measured", sorted(set(FAMILIES) - {"blank_chain", "segments", "repeated_ids", "charmm"}), indirect=True
)
def test_mmcif_gives_what_pdb_gives(measured, tmp_path):
    family, path, rows, skipped = measured
    structure = gemmi.read_pdb(str(path), split_chain_on_ter=True)
    for chain, name in zip((c for m in structure for c in m), "PQRSTUVW", strict=False):
        for residue in chain:
            residue.subchain = name
    cif = tmp_path / "same.cif.gz"
    cif.write_bytes(gzip.compress(structure.make_mmcif_document().as_string().encode()))
    ours = backbone_angles(cif)
    if family == "predicted":
        rows, skipped = rows.assign(model=""), skipped.assign(model="")
    pd.testing.assert_frame_equal(ours[0], rows, rtol=1e-6, atol=1e-4)
    pd.testing.assert_frame_equal(ours[1], skipped)


# ---- closed forms and options -----------------------------------------------------------------------------------


def test_angles_are_those_the_peptide_was_built_with(tmp_path):
    rows, _ = backbone_angles(write("plain", tmp_path))
    built = np.array([torsions(i - 1) for i in rows["resseq"]])
    for name, expected in zip(("phi", "psi", "omega"), built.T, strict=True):
        assert turn(rows[name] - expected).max() < 0.15  # coordinates have three decimals


@pytest.mark.filterwarnings("ignore:.*CHARMM")
def test_charmm_names_are_taken_as_standard(tmp_path):
    rows, _ = backbone_angles(write("charmm", tmp_path))
    plain, _ = backbone_angles(write("plain", tmp_path))
    assert set(rows["resname"]) - set(rows["parent"]) == {"HSD", "CYX"}
    pd.testing.assert_frame_equal(rows.drop(columns="resname"), plain.drop(columns="resname"))


@pytest.mark.parametrize("family", ["hydroxyproline", "selenomethionine"])
def test_modified_residues_count_as_their_parents(family, tmp_path):
    rows, skipped = backbone_angles(write(family, tmp_path), modified="parent")
    plain, _ = backbone_angles(write("plain", tmp_path))
    assert skipped["reason"].tolist() == ["terminal"] * 2
    pd.testing.assert_series_equal(rows["phi"], plain["phi"])
    if family == "hydroxyproline":
        assert (rows["parent"] == plain["parent"]).all()
        assert (rows["next_resname"] == plain["next_resname"]).all()


@pytest.mark.parametrize("family", ["d_named_l", "d_named_d"])
def test_d_residues_are_mirrored_on_request(family, tmp_path):
    plain, _ = backbone_angles(write("plain", tmp_path))
    rows, skipped = backbone_angles(write(family, tmp_path), chirality="mirror")
    sided = rows["parent"] != "GLY"
    assert (rows["mirrored"] == sided).all()
    assert (rows["chirality"] == np.where(sided, "D", "")).all()
    for name in ("phi", "psi"):
        np.testing.assert_allclose(rows.loc[sided, name], plain.loc[sided, name], atol=1e-6)
        np.testing.assert_allclose(rows.loc[~sided, name], -plain.loc[~sided, name], atol=1e-6)
    assert (plain["chirality"] == np.where(sided, "L", "")).all()
    assert len(skipped) == 2


def test_low_plddt_is_skipped_but_still_a_neighbour(tmp_path):
    path = write("predicted", tmp_path)
    rows, skipped = backbone_angles(path, min_plddt=70)
    low = skipped[skipped["reason"] == "low pLDDT"]
    assert rows["b_iso"].min() >= 70 > low["resseq"].map(lambda i: 95 - 2 * i).max()
    assert rows["resseq"].max() == 12
    assert low["resseq"].tolist() == list(range(13, 26))
    assert low["detail"].iloc[0] == "pLDDT 69.0 < 70"
    assert skipped["resseq"].tolist() == [1, *range(13, 27)]


def test_longest_bond_is_a_parameter(tmp_path):
    path = write("shifted", tmp_path)
    assert backbone_angles(path, max_bond=9.0)[1]["reason"].tolist() == ["terminal"] * 2
    assert backbone_angles(path, max_bond=1.0)[0].empty


def test_best_conformer_has_the_highest_occupancy(tmp_path):
    rows, _ = backbone_angles(write("altlocs_12", tmp_path))
    assert (rows["altloc"][rows["best"]] == "2").all()
    assert not rows["counted"].any()
    rows, _ = backbone_angles(write("altlocs_side", tmp_path))
    assert (rows["altloc"][rows["best"]] != "B").all()


def test_breaks_report_their_length_and_neighbour(tmp_path):
    _, skipped = backbone_angles(write("breaks", tmp_path))
    first = skipped[skipped["reason"] == "break"]["detail"].iloc[0]
    assert re.fullmatch(r"C–N \d+\.\d Å to VAL A 5", first)


def test_chain_names_of_mmcif_may_be_long(tmp_path):
    structure = gemmi.read_pdb(str(write("plain", tmp_path)))
    structure[0][0].name = "HeavyChain1"
    structure.make_mmcif_document().write_file(str(tmp_path / "long.cif"))
    assert set(backbone_angles(tmp_path / "long.cif")[0]["chain"]) == {"HeavyChain1"}


def beads(*names):
    """Return a chain of four residues known by name, each of these atoms."""
    residues = [(i, resname) for i, resname in enumerate(NAMES[:4], 1)]
    return "\n".join(line(atom(name, resname, i, [i, 0, k])) for i, resname in residues for k, name in enumerate(names))


@pytest.mark.parametrize(
    "names", [("BB", "SC1"), ("n", "ca", "c", "cb"), ("P",), ("O",)], ids=["coarse-grained", "lower case", "one", "O"]
)
def test_residues_without_backbone_atoms_are_skipped(names, tmp_path):
    path = tmp_path / "beads.pdb"
    path.write_text(beads(*names))
    rows, skipped = backbone_angles(path)
    assert rows.empty
    assert skipped["resname"].tolist() == NAMES[:4]
    assert skipped["reason"].tolist() == ["missing atom"] * 4
    assert skipped["detail"].tolist() == ["N, CA, C"] * 4


def test_a_chain_without_backbone_atoms_beside_one_with_them(tmp_path):
    path = tmp_path / "both.pdb"
    path.write_text(beads("BB") + "\n" + write("plain", tmp_path).read_text().replace(" A ", " B "))
    rows, skipped = backbone_angles(path)
    assert len(rows) == 24
    assert skipped["reason"].value_counts().to_dict() == {"missing atom": 4, "terminal": 2}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.pdb", b"", "an empty file"),
        ("blank.pdb", b" \n\n", "the file is empty: give a PDB"),
        ("cut.pdb.gz", gzip.compress(bytes(range(256)) * 99, mtime=0)[:-40], "cut off: its gzip stream has no end"),
        ("checksum.cif.gz", gzip.compress(b"data_x", mtime=0)[:-5] + b"abcde", "damaged"),
        ("letter.pdb", b"Dear all,\nno structure here\n", "no atoms found; it begins with 'Dear all,'"),
        ("cut.cif", b"data_x\nloop_\n_atom_site.id\n_atom_site.Cartn_x\n1", "broken mmCIF"),
        ("other.cif", b"data_x\n_cell.length_a 10\n", "no atoms found"),
        ("cut.pdb", b"ATOM      1  N   ALA A   1      11.1", "line 1: no y coordinate in columns 39 to 46"),
        ("water.pdb", line(atom("O", "HOH", 1, [0, 0, 0])).encode(), r"no amino acids among its residues \(HOH\)"),
    ],
)
def test_bad_files_are_named_with_what_was_found(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"^ramachandran.backbone_angles: .*{re.escape(name)}: .*{message}"):
        backbone_angles(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pdb: no such file"):
        backbone_angles(tmp_path / "none.pdb")


@pytest.mark.parametrize("length", [0, -1.0, float("nan")])
def test_a_bond_has_a_length(length, tmp_path):
    with pytest.raises(ValueError, match="^ramachandran.backbone_angles: max_bond must be a length in Å"):
        backbone_angles(write("plain", tmp_path), max_bond=length)


@pytest.mark.parametrize("option", ["modified", "chirality"])
def test_options_are_checked(option, tmp_path):
    with pytest.raises(ValueError, match=f"^ramachandran.backbone_angles: {option} must be one of None, .*; got 'yes'"):
        backbone_angles(write("plain", tmp_path), **{option: "yes"})


def test_gemmi_missing_names_the_remedy(tmp_path, monkeypatch):
    path = write("plain", tmp_path)
    monkeypatch.setitem(sys.modules, "gemmi", None)
    with pytest.raises(ImportError, match=r'pip install "overlap-toolkit\[proteins\]"'):
        backbone_angles(path)
