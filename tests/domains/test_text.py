"""Text that others wrote is shown as it stands, and obeyed nowhere."""

from __future__ import annotations

import csv
import json
import random
import sys
import time
import warnings
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import overlap as ov
from domains import cli
from domains._console import print_csv, save_table
from domains._html import result_html
from domains._report import build
from domains._text import (
    count_of,
    file_name,
    for_csv,
    for_picture,
    for_table,
    for_terminal,
    from_csv,
    one_line,
    printable,
)


@pytest.mark.parametrize("text", ["owl", "Häher", "猫", "a b", "[noise]", "$x_1$", "100 %"])
def test_what_can_be_seen_is_kept(text):
    assert printable(text) == one_line(text) == for_table(text) == file_name(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
        ("\udcff\udce9.csv", r"\xff\xe9.csv"),
        ("\ud800", r"\ud800"),
        ("\0", r"\x00"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, shown):
    assert printable(text) == shown


def test_only_what_is_no_utf_8_is_changed_for_a_file():
    assert for_table("a\x1b\n\udcff") == "a\x1b\n\\xff"


def test_the_words_of_a_library_are_one_line_and_not_too_long():
    assert one_line("first\n\n   second  third\n") == "first second  third"
    assert one_line("x" * 1000, 10) == "xxxxxxxxx…"


def test_endless_white_space_takes_no_longer_than_other_text():
    begin = time.process_time()
    assert one_line(f"a{' ' * 10**6}b \n c", None) == f"a{' ' * 10**6}b c"
    assert time.process_time() - begin < 1


ODD = [
    "[noise]",
    "[/b]",
    "a$b$",
    "$_",
    "=1+2",
    "-1 owl",
    "'=1",
    "\x1b[31mred",
    "_x",
    ":dog:",
    "<b>&",
    "\\alpha",
    "Häher",
]
"""Labels that a terminal, a picture, a page or a spreadsheet would take for its own."""


def command(capsys, *arguments):
    """Run a command as a user does; return the exit code, what was printed and what was said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["overlap", *map(str, arguments)])
        patch.setattr("warnings.showwarning", warnings.showwarning)
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            cli.main()
    plt.close("all")
    return ended.value.code or 0, *capsys.readouterr()


def is_quiet(text):
    """Whether nothing in a text would move a cursor or change a colour."""
    return not set(text) & {chr(k) for k in [*range(10), *range(11, 32), *range(127, 160)]}


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["onset", "offset", "label"])
        # as our own files have it
        writer.writerows([3 * k, 3 * k + 1, for_csv(label)] for k, label in enumerate(ODD))
    return path


@pytest.mark.slow
def test_odd_labels_are_shown_as_they_stand(events, tmp_path, capsys):
    out = {name: tmp_path / name for name in ("rows.csv", "picture.png")}
    code, printed, said = command(
        capsys,
        *("events", "score", events, events, "--by", "label"),
        "--csv",
        out["rows.csv"],
        "--plot",
        out["picture.png"],
    )
    assert code == 0, said
    assert is_quiet(printed)
    for label in ODD:
        assert printable(label) in printed
    with out["rows.csv"].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(from_csv(row["label"]) for row in rows) == sorted(ODD)
    assert not any(row["label"].startswith(("=", "-")) for row in rows)
    assert out["picture.png"].stat().st_size > 1000


def test_odd_labels_are_json(events, capsys):
    code, printed, _ = command(capsys, "events", "score", events, events, "--by", "label", "--json")
    assert code == 0
    assert is_quiet(printed)
    assert set(json.loads(printed)["iou"]) == set(ODD)


def test_odd_labels_in_a_notebook(events):
    from domains.events import assess, read_events

    table = read_events(events).events
    html = assess(table, table)._repr_html_()
    assert is_quiet(html)
    assert "<b>&" not in html


@pytest.mark.slow
def test_pictures_show_the_characters_themselves(events):
    from domains.events import assess, read_events
    from domains.events.pictures.plotting import plot_scored

    table = read_events(events).events
    ax = plot_scored(assess(table, table))
    ax.figure.draw_without_rendering()
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert sorted(shown) == sorted(for_picture(label) for label in ODD)
    parsed = [text._preprocess_math(text.get_text()) for text in ax.get_yticklabels()]
    assert sorted(parsed) == sorted((printable(label), False) for label in ODD)
    plt.close("all")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["[b]$x$", "\x1b[31m", "caf\udce9\n"])
def test_odd_names_of_files(tmp_path, capsys, name):
    """Whatever a file is called, it is scored, its name can be printed, written and read again."""
    path = tmp_path / f"{name}.csv"
    try:
        path.write_text("onset,offset,label\n1,2,owl\n3,x,owl\n")
    except (OSError, UnicodeError):
        pytest.skip("needs a file system that takes any name")
    out = {flag: tmp_path / f"out{flag}" for flag in ("--csv", "--skipped", "--plot")}
    out["--plot"] = tmp_path / "out.svg"
    flags = [text for pair in out.items() for text in pair]
    code, printed, said = command(capsys, "events", "score", path, path, *flags)
    assert code == 0, said
    assert is_quiet(printed)
    assert is_quiet(said)
    assert printable(name) in printed.replace("\n", r"\n")
    for file in out.values():
        file.read_text(encoding="utf-8")
    code, printed, _ = command(capsys, "events", "score", path, path, "--json")
    assert json.loads(printed)["prediction"] == path.name
    code, printed, _ = command(capsys, "events", "score", path, path, "--format", "csv")
    printed.encode()
    missing = tmp_path / f"{name}.missing.csv"
    code, _, said = command(capsys, "events", "score", path, missing)
    assert code in (1, 2)
    assert len(said.splitlines()) == 1
    assert is_quiet(said)


def all_is_utf_8(table):
    texts = [cell for row in table.to_numpy(object) for cell in row if isinstance(cell, str)]
    assert texts
    return all(text.isascii() or text.encode() for text in texts)


@pytest.fixture
def no_utf_8(tmp_path):
    """Make a folder whose name is no UTF-8."""
    folder = tmp_path / "caf\udce9"
    try:
        folder.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("needs a file system that takes any name")
    return folder


def test_tables_of_events_hold_utf_8(no_utf_8):
    from domains.events import as_events, as_support, compare, read_events, summarise

    path = no_utf_8 / "b\udcff.csv"
    path.write_text("onset,offset,label\n1,2,owl\n3,x,owl\n")
    events, skipped, support = read_events(path)
    assert events["file"].tolist() == support["file"].tolist() == [r"b\xff"]
    assert all_is_utf_8(skipped)
    report = compare(events, events, protocol="time", by="file", support={"b\udcff": 5.0})
    assert report["file"].values.tolist() == [r"b\xff"]
    assert all_is_utf_8(summarise(report.assign_attrs(prediction=path.name)))
    # a user's own table holds what it likes
    own = pd.DataFrame({"file": ["\udce9", "a"], "onset": 1.0, "offset": 2.0, "label": ["\ud800", "owl"]}, dtype=object)
    assert as_events(own)[["file", "label"]].values.tolist() == [[r"\xe9", r"\ud800"], ["a", "owl"]]
    assert as_support({"\udce9": 5.0}, ["\udcff"]).index.tolist() == [r"\xe9", r"\xff"]
    assert as_support(4.0, ["\udcff"]).index.tolist() == [r"\xff"]


def test_half_a_surrogate_in_json_is_written_out(tmp_path):
    from domains.events import read_events

    annotations = [{"label": "\ud83d", "segment": [1, 2]}, {"label": "\U0001f989", "segment": [3, 4]}]
    video = {"duration": 9, "subset": "x", "annotations": annotations}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"database": {"\udce9": video}}))
    assert read_events(path).events[["file", "label"]].values.tolist() == [
        [r"\xe9", r"\ud83d"],
        [r"\xe9", "\U0001f989"],
    ]


def test_tables_of_residues_hold_utf_8(no_utf_8):
    pytest.importorskip("gemmi")
    from domains.ramachandran import compare_models, example, summarise, validate

    path = no_utf_8 / "a.pdb.gz"
    path.write_bytes(example("1a28").read_bytes())
    angles = no_utf_8 / "angles.csv"
    angles.write_text("phi,psi,resname\n-60,-45,ALA\n-120,130,GLY\n")
    residues, skipped = validate([path, angles, no_utf_8 / "none.pdb"])
    shown = printable(path)
    assert residues["file"].unique().tolist() == [shown, printable(angles)]
    assert all_is_utf_8(skipped)
    assert summarise(residues, skipped)["file"].tolist()[0] == shown
    assert all_is_utf_8(compare_models(path, path)[0])


def test_tables_of_lesions_hold_utf_8(no_utf_8):
    pytest.importorskip("nibabel")
    from domains.lesions import as_image, cohort, compare_models, read_scores, write_image

    mask = as_image(np.pad(np.ones((2, 2, 2), np.uint8), 2), (1.0, 1.0, 1.0))
    for side in ("p", "r"):
        (no_utf_8 / side).mkdir()
        write_image(mask, no_utf_8 / side / "b\udcff.nii.gz")
    (no_utf_8 / "r" / "\udce9.nii.gz").write_bytes(b"notes")
    out = no_utf_8 / "s.csv"
    scores, skipped = cohort(no_utf_8 / "p", no_utf_8 / "r", as_="labels", out=out)
    assert scores["case"].tolist() == [r"\xe9", r"b\xff"]
    assert all_is_utf_8(skipped)
    assert read_scores(out)["case"].tolist() == scores["case"].tolist()
    assert compare_models(out, out).summary["n_compared"].max() == 1


@pytest.mark.slow
def test_odd_chains(tmp_path, capsys):
    gemmi = pytest.importorskip("gemmi")
    from domains.ramachandran import example

    chain = "=[/b]$B$"
    structure = gemmi.read_structure(str(example("1a28")))
    structure.rename_chain("B", chain)
    path = tmp_path / "a.cif"
    structure.make_mmcif_document().write_file(str(path))
    out = tmp_path / "out.csv"
    code, printed, said = command(
        capsys, "ramachandran", "validate", path, "--csv", out, "--plot", tmp_path / "out.png"
    )
    assert code == 0, said
    assert chain in printed
    with out.open(newline="") as file:
        found = {from_csv(row["chain"]) for row in csv.DictReader(file)}
    assert chain in found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["[b]$x$caf\udce9"])
def test_odd_names_of_images(tmp_path, capsys, name):
    pytest.importorskip("nibabel")
    from domains.lesions import example, read_image, write_image

    raters = read_image(example()) == 1
    folders = [tmp_path / side for side in ("p", "r")]
    for k, folder in enumerate(folders):
        folder.mkdir()
        write_image(raters.isel(rater=k), folder / "a.nii.gz")
        (folder / "a.nii.gz").rename(folder / f"{name}.nii.gz")
    images = [folder / f"{name}.nii.gz" for folder in folders]
    code, printed, said = command(
        capsys, "lesions", "compare", *images, "--csv", tmp_path / "a.csv", "--plot", tmp_path / "a.png"
    )
    assert code == 0, said
    assert printable(name) in printed


def test_a_page_of_odd_labels_is_well_formed():
    report = build(
        ov.Overlap([1] * len(ODD), [1] * len(ODD), [2] * len(ODD)),
        {"label": ODD},
        prediction="\x1b",
        reference="$a$",
        units="s",
    )
    html = result_html("Scored", report)
    tree = ElementTree.fromstring(html.replace("<br>", "<br/>"))
    cells = [cell.text for cell in tree.iter("td")]
    for label in ODD:
        assert for_terminal(label) in cells
    assert "tex2jax_ignore" in tree.get("class")


def test_the_terminal_is_told_no_colour_by_a_label(capsys, monkeypatch):
    from rich.text import Text

    from domains._console import aside, note, remark, show
    from domains._tables import build_table

    monkeypatch.setenv("FORCE_COLOR", "1")
    odd = "\x1b[2J[red]:dog:\udcff"
    table = build_table([odd], [odd], [[odd, "1"], [Text(odd), Text("2", "red")]], title=odd, caption=odd)
    show(odd, Text(odd), aside(odd), remark("x", odd), table)
    note(odd)
    captured = capsys.readouterr()
    for text in captured:
        assert r"\x1b[2J[red]:dog:\xff" in text
        assert "\x1b[2J" not in text
        text.encode()


def test_printed_csv_is_escaped_for_a_terminal_only(capsys, monkeypatch):
    table = pd.DataFrame({"label": ["a\x1bb\nc"]})
    print_csv(table)
    assert capsys.readouterr().out == 'label\n"a\x1bb\nc"\n'
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_csv(table)
    assert capsys.readouterr().out == 'label\n"a\\x1bb\nc"\n'


def test_what_no_spreadsheet_runs_stays_as_it_is():
    cells = ["-1.5", "+2", "-1e-5", "-.5", "-inf", "nan", "-", "=", "owl", "a=1", " =1", "", -1.5, None]
    assert [for_csv(cell) for cell in cells] == cells


def test_what_a_spreadsheet_would_run_is_text():
    cells = ["=1", "+a", "-a", "@a", "\ta", "\ra", "\na", "＝1", "-1+1", "-1_0", "=\n", "-1\n"]
    assert [for_csv(cell) for cell in cells] == [f"'{cell}" for cell in cells]


def test_cells_come_back_as_they_were():
    draw = random.Random(5)
    for _ in range(5000):
        cell = "".join(draw.choices("'=+-@\t1.e a", k=draw.randint(0, 4)))
        assert from_csv(for_csv(cell)) == cell


def test_a_table_is_guarded_in_all_its_text(tmp_path):
    table = pd.DataFrame(
        {
            "=a": pd.Series(["=1", None], dtype="str"),
            "b": pd.Categorical(["@x", "y"]),
            "c": [-1.5, 2.0],
            "d": pd.Series(["-1", -1], dtype=object),
            "e": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        }
    )
    table.insert(5, "b", ["+a", "b"], allow_duplicates=True)
    before = table.copy()
    save_table(table, tmp_path / "a.csv", "%.2f")
    text = "'=a,b,c,d,e,b\n'=1,'@x,-1.50,-1,2020-01-01,'+a\n,y,2.00,-1,2020-01-02,b\n"
    assert (tmp_path / "a.csv").read_text() == text
    pd.testing.assert_frame_equal(table, before)


def test_a_count_is_said_as_it_is_said():
    assert [count_of(n, "peptide") for n in (0, 1, 2)] == ["no peptides", "1 peptide", "2 peptides"]
    assert [count_of(n, "index", "indices") for n in (0, 1, 2)] == ["no indices", "1 index", "2 indices"]
