"""The field of the page "Add a field": its files, its place in a copy of the repository, and how its lines are counted.

The page runs this at each build, ``tests/test_add_a_field.py`` at each test.
"""

import ast
import re
import shutil
from typing import NamedTuple

PARTS = ("overlap", "domains", "tests/domains/test_fields.py", "tests/conftest.py", ".importlinter", "pyproject.toml")


class Counts(NamedTuple):
    """Lines of code on the page, and how many of them stand in another field too."""

    code: int
    copied: int


def files_of(page):
    """Return the files of the field, by their path in the repository."""
    return {path: text for path, text in _blocks(page, "python") if path.startswith("domains/")}


def write_repository(folder, root, page):
    """Copy what the field needs of the repository into a folder, add the field, and mount it as the page says."""
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (root / part).is_dir():
            shutil.copytree(root / part, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(root / part, target)
    for path, text in _blocks(page, "python"):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for path, diff in _blocks(page, "diff"):
        _apply(folder / path, diff)


def count_lines(root, page):
    """Count the field's lines of code, and those that equal a line of code in another field's folder."""
    elsewhere = set()
    for path in (root / "domains").glob("*/**/*"):
        if path.suffix in (".py", ".pyi"):
            elsewhere.update(lines_of_code(path.read_text(encoding="utf-8")))
    lines = []
    for text in files_of(page).values():
        lines += lines_of_code(text)
    copied = [line for line in lines if line in elsewhere and re.search(r"[A-Za-z]", line)]
    return Counts(len(lines), len(copied))


def lines_added(page, path):
    """Return the lines of code that the diffs of a page add to a file, besides imports."""
    lines = []
    for changed, diff in _blocks(page, "diff"):
        if changed == path:
            added = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
            lines += [line for line in lines_of_code(added) if not line.startswith(("import ", "from "))]
    return lines


def lines_of_code(text):
    """Return the lines that are neither blank, nor a comment, nor part of a docstring, without the spaces around."""
    in_docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            in_docstrings.update(range(docstring.lineno, docstring.end_lineno + 1))
    stripped = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return [line for number, line in stripped if line and not line.startswith("#") and number not in in_docstrings]


def _blocks(page, language):
    pattern = rf"^```\{{code-block\}} {language}\n:caption: \"`(\S+)`\"\n\n(.*?)^```$"
    return re.findall(pattern, page, re.MULTILINE | re.DOTALL)


def _apply(path, diff):
    """Replace the removed lines by the added ones; without removed lines the added ones go to the end."""
    removed = [line[1:] for line in diff.splitlines() if line.startswith("-")]
    added = [line[1:] for line in diff.splitlines() if line.startswith("+")]
    text = path.read_text(encoding="utf-8")
    old = "\n".join(removed)
    new = "\n".join(added)
    if not removed:
        path.write_text(text + new + "\n", encoding="utf-8")
        return
    if text.count(old) != 1:
        raise ValueError(f"{path}: the page replaces {old!r}, which stands there {text.count(old)} times")
    path.write_text(text.replace(old, new), encoding="utf-8")
