"""The page "Add a field" is true: its field is small, mounts as described, and passes what every field has to pass."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "add-a-field.md"
SOURCES = ROOT / "domains"

pytestmark = pytest.mark.clone


@pytest.fixture(scope="module")
def field_on_page():
    spec = importlib.util.spec_from_file_location("field_on_page", ROOT / "docs" / "field_on_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def repository(field_on_page, tmp_path_factory):
    """Return a copy of the repository in which the field is mounted, and a function that runs a module there."""
    folder = tmp_path_factory.mktemp("repository")
    field_on_page.write_repository(folder, ROOT, PAGE.read_text(encoding="utf-8"))
    environment = {**os.environ, "PYTHONPATH": str(folder)}

    def run(*arguments, code=0):
        command = [sys.executable, "-m", *map(str, arguments)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return folder, run


COMMANDS = """
import contextlib, io, json, sys
from domains import cli

done = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["overlap", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
    done.append({"returncode": code, "stdout": out.getvalue(), "stderr": err.getvalue()})
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def overlap(repository):
    """Return a function that runs commands there, all in one process: most of a command's time is imports."""
    folder, _ = repository

    def run(*commands):
        command = [sys.executable, "-c", COMMANDS, json.dumps(commands)]
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        return [SimpleNamespace(**each) for each in json.loads(done.stdout)]

    return run


@pytest.mark.slow
def test_the_field_is_small(field_on_page):
    counts = field_on_page.count_lines(ROOT, PAGE.read_text(encoding="utf-8"))
    assert 100 < counts.code < 150
    assert 0 < counts.copied < 50


def test_how_lines_are_counted(field_on_page):
    text = (
        '"""Module."""\n\nimport json  # needed\n# why\n\n\ndef f():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    )
    assert field_on_page.lines_of_code(text) == ["import json  # needed", "def f():", "return 1"]


def test_a_copied_line_counts(field_on_page, tmp_path):
    page = '```{code-block} python\n:caption: "`domains/new/io.py`"\n\nimport json\nx = 1\n```\n'
    (tmp_path / "domains" / "old" / "formats").mkdir(parents=True)
    (tmp_path / "domains" / "old" / "formats" / "a.py").write_text("if True:\n    import json\n")
    assert field_on_page.count_lines(tmp_path, page) == (2, 1)


COMPARE = ["homeranges", "compare", "a.csv"]
BATCH = ["homeranges", "batch", "p", "r", "--records", "records", "--skipped", "skipped.csv"]


@pytest.fixture(scope="module")
def done(repository, overlap):
    """Return what the commands said, on files of squares, and on folders of which two files are broken or gone."""
    folder, _ = repository
    square = "POLYGON (({0} 0, {0} 900, {1} 900, {1} 0, {0} 0))"
    (folder / "a.csv").write_text(f'animal,wkt\nl1,"{square.format(0, 900)}"\nl2,POINT (400 300)\n')
    (folder / "b.csv").write_text(f'animal,wkt\nl1,"{square.format(300, 1200)}"\n')
    (folder / "c.csv").write_text(f'animal,wkt\nl1,"{square.format(300, 1200)}"\nl3,"{square.format(0, 900)}"\n')
    for side in ("p", "r"):
        (folder / side).mkdir()
        for name in ("a", "b", "c"):
            (folder / side / f"{name}.csv").write_text('animal,wkt\nl1,"POLYGON ((0 0, 0 900, 900 900, 0 0))"\n')
    (folder / "p" / "b.csv").write_text('animal,wkt\nl1,"POLYGON ((0 0, 0 900\n')
    (folder / "r" / "c.csv").unlink()
    commands = {
        "help": ["--help"],
        "help of the field": ["homeranges", "--help"],
        "scored": [*COMPARE, "b.csv"],
        "incomplete": [*COMPARE, "c.csv"],
        "wrong": [*COMPARE, "b.csv", "--csv", "nowhere/rows.csv"],
        "batch": BATCH,
    }
    return dict(zip(commands, overlap(*commands.values()), strict=True))


@pytest.mark.slow
def test_the_command_is_mounted_once(done):
    assert (done["help"].returncode, done["help of the field"].returncode) == (0, 0)
    assert done["help"].stdout.count("homeranges") == 1
    assert "compare" in done["help of the field"].stdout


@pytest.mark.slow
def test_the_command_scores(done):
    assert [done[name].returncode for name in ("scored", "incomplete", "wrong")] == [0, 1, 2]
    assert "0.5000" in done["scored"].stdout
    assert "prediction: 1 row skipped, no polygon" in done["scored"].stderr
    assert "not scored: l3: only one side has this animal" in done["incomplete"].stderr


@pytest.mark.slow
def test_the_field_does_many_files_and_a_broken_one_is_a_row(repository, overlap, done, field_on_page):
    added = field_on_page.lines_added(PAGE.read_text(encoding="utf-8"), "domains/homeranges/run.py")
    assert 10 < len(added) < 15
    folder, _ = repository
    assert done["batch"].returncode == 1, done["batch"].stderr
    assert done["batch"].stdout.count("1.0000") == 1
    skipped = (folder / "skipped.csv").read_text()
    assert "b.csv,,unreadable file," in skipped
    assert "c.csv,,unreadable file," in skipped
    for side in ("p", "r"):
        for name in ("b", "c"):
            (folder / side / f"{name}.csv").write_text((folder / "p" / "a.csv").read_text())
    (repaired,) = overlap(BATCH)
    assert repaired.returncode == 0, repaired.stderr
    assert repaired.stdout.count("1.0000") == 3


@pytest.mark.slow
def test_the_layers_hold(repository):
    pytest.importorskip("importlinter")
    folder, _ = repository
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Home ranges: downward imports only KEPT" in done.stdout


@pytest.mark.slow
def test_the_style_holds(repository):
    pytest.importorskip("ruff")
    _, run = repository
    run("ruff", "check", "domains", "tests")
    run("ruff", "format", "--check", "domains", "tests")


@pytest.mark.slow
def test_the_field_passes_its_tests_its_examples_and_the_tests_of_all_fields(repository):
    _, run = repository
    tests = ["domains/homeranges", "tests/domains/homeranges", "tests/domains/test_fields.py"]
    said = run("pytest", "-q", "-rA", "-p", "no:cacheprovider", *tests, "-k", "homeranges").stdout
    for path in tests:
        assert f"PASSED {path}" in said
