"""Damaged files through all public readers: a short run of what ``long.py`` does for long."""

from __future__ import annotations

import gzip
import inspect
from importlib import import_module
from pathlib import Path

import pytest
import typer

pytest.importorskip("gemmi")
pytest.importorskip("nibabel")
pytest.importorskip("highdicom")
pytest.importorskip("nrrd")
pytest.importorskip("SimpleITK")
pytest.importorskip("tifffile")
if not Path("/proc/self/clear_refs").exists():
    pytest.skip("needs Linux: memory and open files are read from /proc", allow_module_level=True)

from fuzzer import inputs, judging, planted, targets
from fuzzer.inputs import Input
from fuzzer.parent import Runner

from domains.cli import FIELDS, app

INPUTS = {"structures": 60, "grids": 30, "maps": 40, "images": 60, "formats": 30, "tables": 60, "annotations": 30}
"""Of each family: seconds. For long: ``python tests/fuzz/long.py --inputs 100000 --family images``."""

FIRST = 40
"""The number of the first: on none of these HDF5 loops, which takes ten seconds."""

CUTS = {"hdf5": 3}
"""Of each file: few where a process of its own must be started for each damaged one."""

OTHER_CUTS = 5

READERS = (
    "ramachandran.backbone_angles",
    "ramachandran.read_region",
    "ramachandran.read_map",
    "ramachandran.read_angles",
    "lesions.read_image",
    "lesions.read_grey",
    "lesions.read_image, other formats",
    "lesions.read_outlines",
    "lesions.read_scores",
    "events.read_events",
    "events.read_events, annotations",
)
WITHOUT_FILES = ("overlap demo", "overlap version", "overlap ramachandran learn")
"""Commands that read nothing."""


@pytest.fixture(scope="module")
def runner():
    with Runner() as started:
        yield started


@pytest.fixture(scope="module")
def hasty_runner():
    with Runner(patience=0.5, start=0.5) as started:
        yield started


def seeds_of(reader):
    return [(reader, seed) for seed in reader.files() if not seed.trap]


WHOLE = [pair for reader in READERS for pair in seeds_of(targets.by_name(reader))]
NAMES = [f"{reader.name} {seed.name}" for reader, seed in WHOLE]


def faults(runner, given):
    found = []
    for item, outcome in runner.run_all(given):
        for finding in judging.judge(item, outcome):
            found.append(f"{finding.kind}\n{finding.detail}\n{item.number}: {', '.join(item.steps)}")
    return found


def public_readers():
    """Return the public functions of the fields that take a path."""
    for field in FIELDS:
        module = import_module(f"domains.{field}")
        for name in module.__all__:
            function = getattr(module, name)
            if not inspect.isfunction(function):
                continue
            parameters = inspect.signature(function).parameters.values()
            takes_a_path = any("Path" in str(parameter.annotation) for parameter in parameters)
            if takes_a_path or name.startswith("read_"):
                yield f"{field}.{name}"


def commands(group, name):
    for part in group.registered_groups:
        yield from commands(part.typer_instance, f"{name} {part.name}")
    for command in group.registered_commands:
        yield f"{name} {command.name or command.callback.__name__}"


def test_every_public_reader_is_registered():
    registered = {target.name.partition(",")[0] for target in targets.TARGETS}
    missing = set(public_readers()) - registered - set(targets.WRITERS)
    assert not missing, "add a target to tests/fuzz/fuzzer/targets.py"


def test_every_command_is_registered():
    assert isinstance(app, typer.Typer)
    registered = " | ".join(target.name for target in targets.TARGETS)
    missing = {name for name in commands(app, "overlap") if name not in registered}
    assert missing == set(WITHOUT_FILES), "add a target to tests/fuzz/fuzzer/targets.py"


@pytest.mark.parametrize("family", targets.FAMILIES)
def test_an_input_is_the_same_again(family):
    first = [inputs.make(family, number) for number in range(20)]
    inputs._files.cache_clear()
    again = [inputs.make(family, number) for number in range(20)]
    assert first == again
    assert len({given.content for given in first}) > 15


@pytest.mark.parametrize(("reader", "seed"), WHOLE, ids=NAMES)
def test_a_whole_file_is_read_however_it_is_written(runner, reader, seed):
    """Else a reader that refuses everything would do."""
    given = inputs.whole(reader, seed)
    outcome = runner.run(given, digest=True)
    assert not judging.judge(given, outcome)
    assert outcome["error"] == ""
    for name, content in variants(seed).items():
        again = runner.run(inputs.whole(reader, seed, content, name), digest=True)
        assert again["error"] == "", (name, again["message"])
        assert again["digest"] == outcome["digest"], name


def variants(seed):
    """Return other ways to write the same."""
    content = seed.content
    written = {}
    if seed.form == "text":
        written["CRLF"] = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        written["byte order mark"] = b"\xef\xbb\xbf" + content
        written["no line break at the end"] = content.rstrip(b"\r\n")
    if seed.packed:
        half = len(content) // 2
        written = {name: gzip.compress(text) for name, text in written.items()}
        written["packed as it is"] = gzip.compress(content, 0)
        written["two members"] = gzip.compress(content[:half]) + gzip.compress(content[half:])
        written["zeros behind"] = gzip.compress(content) + b"\0" * 512
    return written


@pytest.mark.parametrize(("reader", "seed"), WHOLE, ids=NAMES)
def test_a_file_that_is_cut_off(runner, reader, seed):
    """``long.py --cuts`` cuts at every byte."""
    found = faults(runner, inputs.cuts(reader, seed, CUTS.get(seed.form, OTHER_CUTS)))
    assert not found, f"{len(found)} findings, such as\n{found[0]}"


@pytest.mark.parametrize("family", targets.FAMILIES)
def test_damaged_files(runner, family):
    found = faults(runner, (inputs.make(family, number) for number in range(FIRST, FIRST + INPUTS[family])))
    assert not found, f"{len(found)} findings, such as\n{found[0]}"


@pytest.mark.slow
@pytest.mark.parametrize("target", planted.TARGETS, ids=lambda target: target.name)
def test_the_fuzzer_finds(hasty_runner, target):
    given = Input("tables", 0, target.name, "two.csv", b"onset,offset\n1,2\n", ())
    assert judging.judge(given, hasty_runner.run(given))


@pytest.mark.slow
def test_after_a_death_the_others_run(hasty_runner):
    names = ["planted.raises", "planted.dies", "planted.raises", "planted.hangs", *["planted.raises"] * 20]
    given = [Input("tables", k, name, "two.csv", b"onset,offset\n1,2\n", ()) for k, name in enumerate(names)]
    outcomes = list(hasty_runner.run_all(given))
    assert [item.number for item, _ in outcomes] == list(range(len(names)))
    ends = [outcome.get("error", "none") for _, outcome in outcomes]
    assert ends == ["none" if name in ("planted.dies", "planted.hangs") else "builtins.KeyError" for name in names]
