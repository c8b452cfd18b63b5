"""How the help of the commands looks, and that what it shows can be run."""

from __future__ import annotations

import io
import shlex
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import typer

from domains import cli
from domains._help import WIDEST
from domains.cli import CommandLineError

PROGRAM = typer.main.get_command(cli.app)


def commands_of(group, before=()):
    """Yield the words and the commands of a group."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, (*before, name))
        else:
            yield (*before, name), command


COMMANDS = {" ".join(words): command for words, command in commands_of(PROGRAM)}
EXAMPLES = [example for command in COMMANDS.values() for example in command.examples]


GROUPS = {"": PROGRAM, **PROGRAM.commands}


def shown(monkeypatch, name, width):
    monkeypatch.setenv("COLUMNS", str(width))
    command = COMMANDS.get(name) or GROUPS[name]
    with command.make_context(f"overlap {name}".strip(), [], resilient_parsing=True) as context:
        return command.get_help(context)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_examples_of_its_command(monkeypatch, name):
    examples = COMMANDS[name].examples
    assert 1 <= len(examples) <= 2
    said = shown(monkeypatch, name, 80).partition("Examples:\n")[2]
    # what a shell reads where a line ends with a backslash
    read = [" ".join(command.split()) for command in said.replace("\\\n", "").strip().splitlines()]
    assert read == examples
    assert all(f"{example} ".startswith(f"overlap {name} ") for example in examples)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_options_of_an_example_exist(example):
    words = shlex.split(example.partition(" < ")[0])
    name = max((name for name in COMMANDS if example.startswith(f"overlap {name}")), key=len)
    arguments = words[1 + len(name.split()) :]
    with COMMANDS[name].make_context(name, arguments) as context:
        assert not context.args


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_of_a_help_is_wider_than_the_terminal(monkeypatch, width):
    for name in {*GROUPS, *COMMANDS}:
        for line in shown(monkeypatch, name, width).splitlines():
            can_be_broken = len(line.split()) > 1 and not line.startswith("Usage: ")
            assert len(line) <= min(width, WIDEST) or not can_be_broken, line


def test_many_choices_are_a_list_that_can_be_broken(monkeypatch):
    text = " ".join(shown(monkeypatch, "events score", 80).split())
    assert "--protocol <name> " in text
    assert "One of: time, tiou, szcore, " in text
    assert ", segmental. [default: time] --param" in text
    assert "--by <label|file> " in text


def test_kinds_of_values_have_plain_names(monkeypatch):
    texts = " ".join(shown(monkeypatch, name, 80) for name in COMMANDS)
    for word in ("<str>", "<list[", "<int range>", "<float>", "Path>"):
        assert word not in texts


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files with the names that the examples have."""
    folder = tmp_path_factory.mktemp("examples")
    tables(folder)
    regions(folder)
    pytest.importorskip("gemmi")
    structures(folder)
    pytest.importorskip("nibabel")
    images(folder)
    return folder


def tables(folder):
    rows = "onset,offset,label,confidence\n0,2,call,0.9\n40,50,song,0.5\n"
    for name in ("found.csv", "annotated.csv", "first.csv", "second.csv"):
        (folder / name).write_text(rows)
    for name in ("found", "annotated", "first", "second", "third"):
        (folder / name).mkdir()
        for recording in ("a.csv", "b.csv"):
            (folder / name / recording).write_text(rows.replace("call", "sz").replace("song", "sz"))
    tracks = [f"{frame},{track},0,0,9,9" for frame in range(5) for track in ("ball", "ann", "ben")]
    (folder / "tracks.csv").write_text("frame,track,x1,y1,x2,y2\n" + "\n".join(tracks) + "\n")
    scores = "case,label,size_a,size_b,intersection,dice,hd95,error\np,1,4,5,4,0.9,1,\nq,1,0,5,0,0,inf,\n"
    for name in ("one.csv", "two.csv"):
        (folder / name).write_text(scores)


def regions(folder):
    from domains.ramachandran import reference, region

    density = reference().score.isel(category=0).values
    np.save(folder / "region.npy", region().values)
    np.save(folder / "density.npy", density)
    np.save(folder / "energy.npy", -np.log(density + 1e-6))


def structures(folder):
    import gzip

    from domains.ramachandran import example

    text = gzip.decompress(example("1a28").read_bytes())
    for name in ("model.pdb", "before.pdb", "after.pdb"):
        (folder / name).write_bytes(text)


def images(folder):
    from domains.lesions import cohort, consensus, example, read_image, write_image

    raters = read_image(example())
    chance = consensus(raters == 1)
    for name in ("predicted", "reference", "chances"):
        (folder / name).mkdir()
    write_image(raters.isel(rater=0), folder / "predicted" / "one.nii.gz")
    write_image(raters.isel(rater=1), folder / "reference" / "one.nii.gz")
    write_image(chance, folder / "chances" / "one.nii.gz")
    write_image(chance, folder / "chance.nii.gz")
    for k, name in enumerate(("one", "two"), 1):
        records = folder / f"{name}.csv.records"
        cohort(folder / "predicted", folder / "reference", as_="labels", part=(k, 2), records=records)


SLOW = ("overlap demo", " learn ", "--plot", "--html", "--workers", "overlap events protocols found")
"""What other tests run: pictures, pages, processes, all protocols."""


@pytest.mark.parametrize("example", [example for example in EXAMPLES if not any(word in example for word in SLOW)])
def test_the_examples_run_as_they_stand(monkeypatch, capsys, tmp_path, files, example):
    folder = tmp_path / "here"
    shutil.copytree(files, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    command, _, given = example.partition(" < ")
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    text = Path(given).read_text() if given else ""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code, capsys.readouterr().err


def repeated(command, option):
    """Read a line that gives an option twice, and return what is said of it."""
    with pytest.raises(CommandLineError) as said:
        command.make_context("overlap", [option.opts[0], "1", option.opts[0], "2"])
    return said.value.format_message()


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_of_one_value_that_is_given_twice_is_refused(name):
    options = [given for given in COMMANDS[name].params if given.param_type_name == "option"]
    single = [option for option in options if not option.is_flag and not option.multiple]
    assert single
    for option in single:
        assert repeated(COMMANDS[name], option).startswith(f"{option.opts[0]} is given 2 times")


def test_a_switch_and_an_option_of_several_values_may_be_given_again():
    command = COMMANDS["events score"]
    given = ["a.csv", "b.csv", "--json", "--json", "--param", "points=never", "--param", "order=onset"]
    with command.make_context("overlap", given) as context:
        assert context.params["param"] == ["points=never", "order=onset"]


def test_a_shell_completes_a_line_with_an_option_given_twice():
    given = ["a.csv", "b.csv", "--level", "0.9", "--level", "0.8"]
    with COMMANDS["events score"].make_context("overlap", given, resilient_parsing=True) as context:
        assert context.params["level"] == 0.8
