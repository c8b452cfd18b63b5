"""Every command, with a case for each exit code: 0 all was scored, 1 something was not, 2 wrong use."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import re
import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import typer
from rich.console import Console
from rich.table import Table

import overlap
from domains import _console, cli
from domains._tables import LABEL_WIDTH

Arguments = Callable[[Path], list[str]]
SHARED_FLAGS = {"--format", "--json", "--quiet", "-q", "--version"}


@dataclass(frozen=True)
class Command:
    """The arguments of a command that scores all, of one that leaves something out, and of wrong uses."""

    good: Arguments
    incomplete: Arguments | None
    wrong: tuple[list[str], ...]
    needs: str = "pandas"


def structures(folder: Path) -> list[str]:
    from domains.ramachandran import example

    return [str(example())]


def two_structures(folder: Path) -> list[str]:
    return structures(folder) * 2


def a_structure_and_a_text(folder: Path) -> list[str]:
    (folder / "notes.pdb").write_text("these are my notes\n")
    return [str(folder / "notes.pdb"), *structures(folder)]


def a_region(folder: Path) -> list[str]:
    from domains.ramachandran import region

    np.save(folder / "region.npy", region().values)
    return [str(folder / "region.npy")]


def a_region_of_another_size(folder: Path) -> list[str]:
    np.save(folder / "line.npy", np.ones(5, bool))
    return [str(folder / "line.npy")]


def two_images(folder: Path) -> list[str]:
    images = folders_of_images(folder)
    return [f"{images[0]}/nodule.nii.gz", f"{images[1]}/nodule.nii.gz"]


def images_on_two_grids(folder: Path) -> list[str]:
    from domains.lesions import read_image, write_image

    images = two_images(folder)
    image = read_image(images[0])
    write_image(image.isel(z=slice(1, None)), images[0])
    return images


def folders_of_images(folder: Path) -> list[str]:
    from domains.lesions import example, read_image, write_image

    image = read_image(example())
    sides = [folder / "predicted", folder / "reference"]
    for k, side in enumerate(sides):
        side.mkdir(exist_ok=True)
        write_image(image.isel(rater=k), side / "nodule.nii.gz")
    return [str(side) for side in sides]


def a_cohort(folder: Path) -> list[str]:
    return [*folders_of_images(folder), "--out", str(folder / "scores.csv")]


def a_cohort_with_a_lonely_image(folder: Path) -> list[str]:
    arguments = a_cohort(folder)
    (folder / "reference" / "alone.nii.gz").write_bytes((folder / "reference" / "nodule.nii.gz").read_bytes())
    return arguments


def parts_of_a_cohort(folder: Path) -> list[str]:
    from domains.lesions import cohort

    sides = folders_of_images(folder)
    parts = [str(folder / f"{k}.records") for k in (1, 2)]
    for k, part in enumerate(parts, 1):
        cohort(*sides, as_="labels", part=(k, 2), records=part)
    return [*parts, "--out", str(folder / "merged.csv")]


def a_part_of_a_cohort(folder: Path) -> list[str]:
    return parts_of_a_cohort(folder)[1:]


def a_probability_map(folder: Path) -> list[str]:
    from domains.lesions import consensus, example, read_image, write_image

    write_image(consensus(read_image(example()) == 1), folder / "chance.nii.gz")
    return [str(folder / "chance.nii.gz")]


def a_cohort_of_probability_maps(folder: Path) -> list[str]:
    from domains.lesions import consensus, example, read_image, write_image

    arguments = a_cohort(folder)
    write_image(consensus(read_image(example()) == 1), folder / "predicted" / "nodule.nii.gz")
    return arguments


def a_cohort_of_probability_maps_with_a_lonely_image(folder: Path) -> list[str]:
    arguments = a_cohort_of_probability_maps(folder)
    (folder / "reference" / "alone.nii.gz").write_bytes((folder / "reference" / "nodule.nii.gz").read_bytes())
    return arguments


def an_image_of_labels(folder: Path) -> list[str]:
    from domains.lesions import example, read_image, write_image

    write_image(read_image(example()).isel(rater=0) * 7, folder / "labels.nii.gz")
    return [str(folder / "labels.nii.gz")]


def a_table_to_clean(folder: Path) -> list[str]:
    return [two_tables(folder)[0], str(folder / "cleaned.csv"), "--merge", "1"]


def a_file_of_tracks(folder: Path) -> list[str]:
    rows = [f"{frame},{track},0,0,9,9" for frame in range(5) for track in (1, 2)]
    (folder / "tracks.csv").write_text("frame,track,x1,y1,x2,y2\n" + "\n".join(rows) + "\n")
    return [str(folder / "tracks.csv"), "1", "2", "--rate", "25"]


def a_file_of_no_tracks(folder: Path) -> list[str]:
    (folder / "tracks.csv").write_text("these are my notes\n")
    return [str(folder / "tracks.csv"), "1", "2", "--rate", "25"]


def two_tables(folder: Path) -> list[str]:
    names = ["predicted.csv", "reference.csv"]
    for name in names:
        (folder / name).write_text("onset,offset,label\n0,2,call\n")
    return [str(folder / name) for name in names]


def two_tables_by_two_rules(folder: Path) -> list[str]:
    return [*two_tables(folder), "--protocols", "time,tiou"]


def two_tables_by_a_rule_that_needs_scores(folder: Path) -> list[str]:
    return [*folders_of_tables(folder), "--protocols", "time,thumos14"]


def a_table_to_convert(folder: Path) -> list[str]:
    table, _ = two_tables(folder)
    return [table, str(folder / "converted.rttm")]


def a_table_with_more_than_its_format_holds(folder: Path) -> list[str]:
    arguments = a_table_to_convert(folder)
    (folder / "predicted.csv").write_text("onset,offset,label\n0,2,call\n3,4,two words\n")
    return arguments


def folders_of_tables(folder: Path) -> list[str]:
    sides = [folder / "tables_predicted", folder / "tables_reference"]
    for side in sides:
        side.mkdir()
        (side / "one.csv").write_text("onset,offset,label\n0,2,call\n")
        (side / "two.csv").write_text("these are my notes\n")
    return [str(side) for side in sides]


SCORES = "case,label,size_a,size_b,intersection,dice,hd95,error\np,1,4,5,4,0.9,1,\nq,1,0,5,0,0,inf,\n"


def two_models(folder: Path) -> list[str]:
    for name in ("one.csv", "two.csv"):
        (folder / name).write_text(SCORES)
    return [str(folder / "one.csv"), str(folder / "two.csv")]


def two_models_of_other_cases(folder: Path) -> list[str]:
    arguments = two_models(folder)
    (folder / "two.csv").write_text(SCORES.replace("q,1", "r,1"))
    return arguments


NOWHERE = "nowhere/rows.csv"
OF_ALL = (["--no-such-flag"], ["--format", "xml"], ["--json", "--format", "csv"])
OF_SCORES = (*OF_ALL, ["--csv", NOWHERE], ["--skipped", NOWHERE], ["--plot", "nowhere/a.png"], ["--plot", "a.bmp"])
COMMANDS = {
    "version": Command(lambda folder: [], None, OF_ALL),
    "demo": Command(lambda folder: ["--out", str(folder / "demo")], None, OF_ALL, "nibabel"),
    "ramachandran validate": Command(
        structures,
        a_structure_and_a_text,
        (*OF_SCORES, ["--modified", "child"], ["--max-bond", "far"], ["--max-bond", "-1"]),
        "gemmi",
    ),
    "ramachandran changes": Command(
        two_structures,
        a_structure_and_a_text,
        (*OF_SCORES, ["--after-model", "7"], ["--chains", "A"], ["--max-bond", "-1"], ["--min-plddt", "70"]),
        "gemmi",
    ),
    "ramachandran learn": Command(
        lambda folder: ["--steps", "3", "--seeds", "1"],
        None,
        (*OF_SCORES, ["--level", "core"], ["--category", "gly"], ["--seeds", "0"], ["--limits", "atoms"]),
        "torch",
    ),
    "ramachandran compare": Command(
        a_region,
        a_region_of_another_size,
        (*OF_SCORES, ["--level", "core"], ["--category", "gly"], ["--reference", "top"], ["--variable", "foo"]),
        "scipy",
    ),
    "ramachandran region": Command(
        a_region,
        a_region_of_another_size,
        (*OF_SCORES, ["--as", "heights"], ["--variable", "foo"], ["--out", NOWHERE], ["--mass", "0.9"]),
        "scipy",
    ),
    "lesions compare": Command(
        two_images,
        images_on_two_grids,
        (
            *OF_SCORES,
            ["--preset", "itk"],
            ["--empty", "no"],
            ["--labels", "one"],
            ["--lesions", NOWHERE],
            ["--threshold", "50"],
            *(["--hit", "touch"], ["--radius", "5"], ["--connectivity", "4"], ["--dilation", "-1"]),
        ),
        "nibabel",
    ),
    "lesions compare-models": Command(
        two_models,
        two_models_of_other_cases,
        (*OF_SCORES, ["--indices", "x"], ["--infinite", "far"], ["--group", "site"], ["--differences", NOWHERE]),
    ),
    "lesions protocols": Command(
        two_images,
        images_on_two_grids,
        (*OF_SCORES, ["--protocols", "brats"], ["--protocols", ","], ["--labels", "one"], ["--level", "2"]),
        "nibabel",
    ),
    "lesions cohort": Command(
        a_cohort,
        a_cohort_with_a_lonely_image,
        (
            *OF_SCORES,
            *(["--workers", "0"], ["--labels", "1="], ["--out", NOWHERE], ["--level", "2"], ["--names", "("]),
            *(["--group", "patient"], ["--part", "1"], ["--part", "1/2"], ["--as", "mask"], ["--cases", "cases.csv"]),
        ),
        "nibabel",
    ),
    "lesions cohort-protocols": Command(
        a_cohort,
        a_cohort_with_a_lonely_image,
        (
            *OF_SCORES,
            *(["--protocols", "brats"], ["--protocols", ","], ["--labels", "1="], ["--level", "2"], ["--out", NOWHERE]),
            *(["--detections", NOWHERE], ["--workers", "0"], ["--group", "patient"], ["--as", "mask"]),
        ),
        "nibabel",
    ),
    "lesions cohort-calibration": Command(
        a_cohort_of_probability_maps,
        a_cohort_of_probability_maps_with_a_lonely_image,
        (
            *OF_SCORES,
            *(["--bins", "0"], ["--closed", "both"], ["--above", "2"], ["--out", NOWHERE], ["--labels", "1="]),
            *(["--as", "labels"], ["--workers", "0"], ["--group", "patient"], ["--scale", "0"]),
        ),
        "nibabel",
    ),
    "lesions decide": Command(
        a_probability_map,
        an_image_of_labels,
        (*OF_SCORES, ["--out", NOWHERE], ["--out", "mask.png"], ["--level", "2"], ["--scale", "0"]),
        "nibabel",
    ),
    "lesions merge": Command(
        parts_of_a_cohort,
        a_part_of_a_cohort,
        (*OF_SCORES, ["--out", NOWHERE], ["--group", "patient"], ["none.records"]),
        "nibabel",
    ),
    "events clean": Command(
        a_table_to_clean,
        None,
        (
            *OF_SCORES,
            ["--drop", "-1"],
            ["--split", "0"],
            ["--before", "nan"],
            ["--merge", "90ms"],
            ["--snap", "0"],
            ["--rounding", "round"],
            ["--meeting", "clip"],
            ["--support", "-5"],
        ),
    ),
    "events possession": Command(
        a_file_of_tracks,
        a_file_of_no_tracks,
        (
            *OF_SCORES,
            ["--rate", "0"],
            ["--enter", "2"],
            ["--index", "area"],
            ["--exclusive", "nearest"],
            ["--missing", "hold"],
            ["--padding", "3"],
            ["--zone", "goal"],
        ),
    ),
    "events agree": Command(
        two_tables,
        folders_of_tables,
        (
            *OF_SCORES,
            ["--epoch", "0"],
            ["--epoch", "30"],
            ["--by", "label"],
            ["--support", "-5"],
            ["--html", "nowhere/a.html"],
        ),
    ),
    "events protocols": Command(
        two_tables_by_two_rules,
        two_tables_by_a_rule_that_needs_scores,
        (
            *OF_SCORES,
            ["--protocols", "best"],
            ["--protocols", ","],
            ["--param", "rate"],
            ["--param", "by=file"],
            ["--param", "speed=1"],
            ["--group", "bids"],
            ["--support", "-5"],
            ["--html", "nowhere/a.html"],
        ),
    ),
    "events convert": Command(
        a_table_to_convert,
        a_table_with_more_than_its_format_holds,
        (
            *OF_ALL,
            *(["--csv", NOWHERE], ["--skipped", NOWHERE], ["--to", "docx"], ["--kind", "docx"], ["--rate", "0"]),
            *(["--drop", "speed"], ["--recordings", "yes"]),
        ),
    ),
    "events score": Command(
        two_tables,
        folders_of_tables,
        (
            *OF_SCORES,
            ["--protocol", "best"],
            ["--param", "rate"],
            ["--param", "by=file"],
            ["--param", "speed=1"],
            ["--support", "long"],
            ["--support", "0"],
            ["--support", "-5"],
            ["--support", "inf"],
            ["--support", "nan"],
        ),
    ),
}


def commands_of(group: typer.core.TyperGroup, before: str = "") -> dict[str, typer.core.TyperCommand]:
    """Return the commands of the program by their whole name."""
    commands = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            commands |= commands_of(command, f"{before}{name} ")
        else:
            commands[f"{before}{name}"] = command
    return commands


PROGRAM = typer.main.get_command(cli.app)
SCORING = [name for name in COMMANDS if name not in ("version", "demo", "ramachandran learn", "events convert")]
"""The commands that read something, and do more than write it anew."""


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # the program sets its own

    def invoke(name, *arguments):
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["overlap", *name.split(), *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    yield invoke
    plt.close("all")


@pytest.fixture
def command(request, monkeypatch):
    pytest.importorskip(COMMANDS[request.param].needs)
    if request.param == "demo":
        # of all fields in tests/domains/test_cli.py
        monkeypatch.setattr(cli, "FIELDS", ["events"])
    if request.param == "ramachandran learn":
        # to compile kernels takes longer than all of these tests, and few steps are as fast without
        monkeypatch.setattr("overlap.raster.sizes.kernels", lambda module: None)
    return request.param


def a_short_demonstration(folder):
    """Save a table and print a line, as the real one does, which is run as it is for a terminal and as CSV."""
    (folder / "scores.csv").write_text("f1\n1\n")
    print("f1 1")


def test_every_command_is_listed_here():
    assert set(commands_of(PROGRAM)) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_the_shared_flags(name):
    command = commands_of(PROGRAM)[name]
    flags = {flag for parameter in command.params for flag in parameter.opts}
    assert flags >= SHARED_FLAGS
    if name in SCORING:
        assert flags >= {"--csv", "--plot", "--skipped"}


@pytest.mark.parametrize("name", ["", "lesions"])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(run, name, flag):
    code, out, err = run(name, flag)
    assert (code, err) == (0, "")
    assert "Usage: " in out


@pytest.mark.parametrize(("flag", "width"), [("-h", 40), ("--help", 80)])
@pytest.mark.parametrize("name", COMMANDS)
def test_help_cuts_nothing(run, monkeypatch, name, flag, width):
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, err = run(name, flag)
    assert (code, err) == (0, "")
    assert "Usage: " in out
    assert "…" not in out
    flags = [flag for parameter in commands_of(PROGRAM)[name].params for flag in parameter.opts]
    for flag in flags:
        assert re.search(rf"(^|\s|\{{){flag}\b", out), flag


@pytest.mark.parametrize("name", ["", "lesions", "events", "ramachandran"])
def test_help_names_each_command_in_full(run, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run(name, "-h")
    assert "..." not in out.replace("[ARGS]...", "")


@pytest.mark.parametrize("arguments", [(), ("lesions",)])
def test_code_2_with_help_where_a_command_is_missing(run, arguments):
    code, out, err = run("", *arguments)
    assert code in (0, 2)
    assert "Commands:" in out + err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("ramachandran validate a.pdb --max-bond far", "--max-bond far: should be a valid number; {} -h"),
        ("ramachandran validate a.pdb --modified child", "--modified child: 'child' is not one of 'parent'; {} -h"),
        ("ramachandran compare a.nc --format=xml", "--format xml: 'xml' is not one of 'table', 'csv', 'json'; {} -h"),
        ("lesions cohort a b", "missing option '--out'; {} -h"),
        ("lesions compare a b --colour red", "no such option: --colour; {} -h"),
        ("lesions cohort a b --workers 0 --out c", "--workers 0: should be greater than or equal to 1; {} -h"),
        (
            "lesions compare a b --labels 1 --labels 2",
            "--labels is given 2 times and takes one value: give it once; {} -h",
        ),
        ("events score", "missing argument 'predicted'; {} -h"),
        ("events agree", "missing argument 'annotators'; {} -h"),
        ("events protocols", "missing argument 'predicted' or 'reference'; {} -h"),
        ("events protocols a.csv", "missing argument 'predicted' or 'reference'; {} -h"),
    ],
)
def test_wrong_use_is_one_line_with_option_value_and_remedy(run, arguments, line):
    command = " ".join(arguments.split()[:2])
    code, out, err = run("", *arguments.split())
    assert (code, out) == (2, "")
    assert err == f"error: {line.format(f'overlap {command}')} lists the options\n"


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_version(run, name):
    assert run(name, "--version") == (0, f"{overlap.__version__}\n", "")


def words_of(table, width):
    """Yield what stands in a table, word by word: its figures, and labels that need not be folded."""
    for column in table.columns:
        for cell in (column.header, *column.cells):
            for word in str(cell).split():
                if column.no_wrap or (len(word) <= LABEL_WIDTH and width >= 80):
                    yield word


def check_that_no_figure_is_cut(table):
    for width in (40, 60, 80, 120, 200):
        shown = io.StringIO()
        _console._show_table(Console(file=shown, width=width, highlight=False), table)
        words = set(shown.getvalue().split())
        missing = [word for word in words_of(table, width) if word not in words]
        assert not missing, (width, missing)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, indirect=True)
def test_code_0_where_all_was_scored_and_no_figure_is_cut_at_any_width(run, command, tmp_path, monkeypatch):
    shown = []
    show = _console.show
    monkeypatch.setattr(_console, "show", lambda *parts: (shown.extend(parts), show(*parts)))
    code, out, err = run(command, *COMMANDS[command].good(tmp_path), "--quiet")
    assert (code, err) == (0, "")
    assert out
    for part in shown:
        if isinstance(part, Table):
            check_that_no_figure_is_cut(part)


def own_inputs(command, folder):
    """Return arguments of a command that reads nothing outside `folder`."""
    arguments = COMMANDS[command].good(folder)
    for k, argument in enumerate(arguments):
        path = Path(argument)
        if path.is_file() and folder not in path.parents:
            arguments[k] = str(shutil.copy(path, folder))
    return arguments


def with_options(arguments, given):
    """Return arguments with options of one value that take the place of what they say."""
    replaced = {word for word in given if word.startswith("--") and word != "--param"}
    kept = []
    words = iter(arguments)
    for word in words:
        if word in replaced:
            next(words)
        else:
            kept.append(word)
    return [*kept, *given]


def saving_options(help_text):
    """Return the options of a command that name a file to be written, as its help has them."""
    return re.findall(r"^ +(--[a-z-]+) (?:<path>|PATH)", help_text, re.MULTILINE)


def names_of_inputs(arguments, folder):
    """Yield names of what a command reads: its own, a link, a hard link, a detour; a new file in a folder of inputs."""
    inputs = [Path(text) for text in arguments if Path(text).exists()]
    for k, path in enumerate(inputs):
        file = next(iter(sorted(path.iterdir()))) if path.is_dir() else path
        soft = folder / f"soft_{k}.png"
        soft.symlink_to(file)
        yield file
        yield soft
        yield file.parent / ".." / file.parent.name / file.name
        if path.is_dir():
            yield path / "new.png"
        else:
            hard = folder / f"hard_{k}.png"
            hard.hardlink_to(file)
            yield hard


@pytest.mark.parametrize("command", SCORING, indirect=True)
def test_code_2_where_any_output_is_an_input(run, command, tmp_path):
    arguments = own_inputs(command, tmp_path)
    if command == "events score":
        (tmp_path / "lengths.csv").write_text("file,duration\none,9\n")
        arguments += ["--support", str(tmp_path / "lengths.csv")]
    options = saving_options(run(command, "-h")[1])
    assert {"--csv", "--plot", "--skipped"} <= set(options)
    names = list(names_of_inputs(arguments, tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    # every name with one option, and every option with one name
    tried = {("--csv", name) for name in names} | set(zip(options, itertools.cycle(names[1:]), strict=False))
    for option, name in sorted(tried):
        code, out, err = run(command, *with_options(arguments, [option, str(name)]))
        assert (code, out) == (2, ""), (option, name, err)
        assert len(err.splitlines()) == 1
        is_refused_as_input = "input" in err or "which is read" in err
        assert is_refused_as_input or (option in ("--plot", "--html") and "is saved as ." in err), err
    assert all(path.read_bytes() == content for path, content in before.items())


def texts_of(data):
    """Yield all texts of JSON data, however deep."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts_of(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts_of(value)


def is_written_object(text):
    """Return whether a text is an object, a list or a boolean, written by JSON or by Python."""
    if text in ("True", "False", "None") or re.fullmatch(r"\w+\(\w+=.*\)", text):
        return True
    try:
        return isinstance(json.loads(text), dict | list | bool)
    except ValueError:
        return False


@pytest.mark.parametrize("command", COMMANDS, indirect=True)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_other_formats_stand_alone(run, command, tmp_path, form, monkeypatch):
    if (command, form) == ("demo", "json"):
        monkeypatch.setattr("domains.events.demo.demo", a_short_demonstration)
    code, out, _ = run(command, *COMMANDS[command].good(tmp_path), "--format", form)
    assert code == 0
    if form == "csv":
        assert len(pd.read_csv(io.StringIO(out)))
        return
    data = json.loads(out, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert data
    assert [text for text in texts_of(data) if is_written_object(text)] == []
    if command in ("version", "demo", "ramachandran compare", "lesions compare", "events score"):
        assert run(command, *COMMANDS[command].good(tmp_path), "--json")[1] == out


@pytest.mark.parametrize("command", [k for k, x in COMMANDS.items() if x.incomplete], indirect=True)
def test_code_1_where_something_was_not_scored(run, command, tmp_path):
    code, _, err = run(command, *COMMANDS[command].incomplete(tmp_path))
    assert code == 1
    assert "error: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["ramachandran validate", "lesions cohort", "events score"], indirect=True)
def test_code_1_leaves_the_rest_done_and_written(run, command, tmp_path):
    arguments = [*COMMANDS[command].incomplete(tmp_path), "--csv", "rows.csv", "--skipped", "skipped.csv"]
    code, out, _ = run(command, *arguments)
    assert code == 1
    assert out
    assert len(pd.read_csv("rows.csv"))
    skipped = pd.read_csv("skipped.csv")
    assert list(skipped.columns[:5]) == ["side", "file", "where", "reason", "detail"]
    assert len(skipped)


def test_code_1_where_nothing_of_a_file_was_scored(run, tmp_path):
    pytest.importorskip("gemmi")
    from domains.ramachandran import example

    lines = gzip.decompress(example("1a28").read_bytes()).decode().splitlines()
    first = next(line for line in lines if line.startswith("ATOM"))
    residue = [line for line in lines if line.startswith("ATOM") and line[17:27] == first[17:27]]
    (tmp_path / "one.pdb").write_text("\n".join(residue))
    code, out, err = run("ramachandran validate", "one.pdb", *structures(tmp_path))
    assert code == 1
    assert "98.53" in out
    assert "error: not scored: one.pdb: no residue is counted: none is left with both angles (1 terminal)" in err


def test_code_1_where_an_extra_is_missing(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "domains.lesions.demo", None)
    monkeypatch.setitem(sys.modules, "domains.ramachandran.demo", None)
    monkeypatch.setattr("domains.events.demo.demo", a_short_demonstration)
    code, out, err = run("demo", "--out", str(tmp_path / "demo"), "--format", "csv")
    assert code == 1
    assert set(pd.read_csv(io.StringIO(out))["field"]) == {"events"}
    assert "error: not scored: lesions" in err


@pytest.mark.slow
@pytest.mark.parametrize("command", SCORING, indirect=True)
def test_code_1_where_the_picture_failed(run, command, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no font")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", broken)
    code, out, err = run(command, *COMMANDS[command].good(tmp_path), "--csv", "rows.csv", "--plot", "a.png")
    assert code == 1
    assert out
    assert len(pd.read_csv("rows.csv"))
    assert "warning: --plot a.png: no picture was saved (RuntimeError: no font)" in err


def outputs_of(command: str) -> list[str]:
    flags = [flag for parameter in commands_of(PROGRAM)[command].params for flag in parameter.opts]
    return [flag for flag in flags if flag in ("--csv", "--plot", "--skipped", "--lesions", "--out")]


@pytest.mark.parametrize("command", SCORING, indirect=True)
def test_code_2_where_two_outputs_are_one_file(run, command, tmp_path):
    arguments = own_inputs(command, tmp_path)
    for one, other in itertools.combinations(outputs_of(command), 2):
        # the same file by two names
        twice = [one, "both.svg", other, str(tmp_path / "." / "both.svg")]
        code, out, err = run(command, *with_options(arguments, twice))
        assert (code, out) == (2, "")
        assert re.fullmatch(r"error: --\w+ .*both.svg: --\w+ writes to this file too; choose another name\n", err)
        assert not (tmp_path / "both.svg").exists()


def test_a_folder_of_inputs_takes_no_output(run, tmp_path):
    predicted, reference = folders_of_tables(tmp_path)
    code, _, err = run("events score", predicted, reference, "--csv", f"{predicted}/rows.csv")
    assert code == 2
    assert f"--csv {predicted}/rows.csv: this file would lie in {predicted}, which is read" in err


@pytest.mark.parametrize("text", ["", "notes\n", "file,length\npredicted,9\n"])
def test_code_2_for_a_table_of_recording_lengths_that_is_none(run, tmp_path, text):
    (tmp_path / "long.csv").write_text(text)
    code, out, err = run("events score", *two_tables(tmp_path), "--support", "long.csv")
    assert (code, out) == (2, "")
    assert err.startswith("error: --support long.csv: ")
    assert "the columns file and duration" in err
    assert err.count("\n") == 1


def test_code_2_for_a_table_with_two_lengths_of_one_recording(run, tmp_path):
    (tmp_path / "long.csv").write_text("file,duration\nreference,9\nreference,20\n")
    code, out, err = run("events score", *two_tables(tmp_path), "--support", "long.csv")
    assert (code, out) == (2, "")
    assert "a file twice, and a file has one duration" in err


@pytest.mark.parametrize("command", ["events score", "events agree", "events protocols", "events clean"], indirect=True)
def test_code_1_leaves_no_list_of_an_earlier_run(run, command, tmp_path):
    """Where the only file is refused, --skipped says why."""
    arguments = COMMANDS[command].good(tmp_path)
    Path(arguments[0]).write_text("onset,offset,label\n3,x,sz\n5,4,sz\n")
    (tmp_path / "skipped.csv").write_text("of yesterday\n")
    code, _, err = run(command, *arguments, "--skipped", "skipped.csv")
    assert code == 1
    assert "is an event" in err or "could be read as an event" in err
    listed = pd.read_csv(tmp_path / "skipped.csv", keep_default_na=False)
    assert listed["reason"].iloc[0] == "unreadable file"
    assert listed["file"].iloc[0] == arguments[0]
    if command == "events clean":
        assert listed["where"].tolist()[1:] == ["line 2", "line 3"]


def test_code_1_of_a_missing_file_is_listed(run, tmp_path):
    arguments = two_tables(tmp_path)
    Path(arguments[0]).unlink()
    (tmp_path / "skipped.csv").write_text("of yesterday\n")
    assert run("events score", *arguments, "--skipped", "skipped.csv")[0] == 1
    listed = pd.read_csv(tmp_path / "skipped.csv", keep_default_na=False)
    assert listed["reason"].tolist() == ["unreadable file"]
    assert "predicted.csv" in listed["detail"].item()


def test_a_table_of_recording_lengths_is_an_input(run, tmp_path):
    (tmp_path / "long.csv").write_text("file,duration\npredicted,9\n")
    code, _, err = run("events score", *two_tables(tmp_path), "--support", "long.csv", "--csv", "long.csv")
    assert (code, err) == (2, "error: --csv long.csv: this is an input; choose another name\n")


@pytest.mark.parametrize("command", COMMANDS, indirect=True)
def test_code_2_for_wrong_use_and_nothing_computed(run, command, tmp_path):
    arguments = COMMANDS[command].good(tmp_path)
    before = set(tmp_path.rglob("*"))
    for wrong in COMMANDS[command].wrong:
        code, out, err = run(command, *with_options(arguments, wrong))
        assert code == 2, wrong
        assert "times and takes one value" not in err, wrong
        assert out == "", wrong
        assert err.startswith("error: "), wrong
        assert err.count("\n") == 1, wrong
        assert set(tmp_path.rglob("*")) == before, wrong
