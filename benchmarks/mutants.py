"""Can the tests fail? A random sample of small changes to the code, each run against the tests of its own module.

The changes are mutmut's (`mutmut.mutation.mutators`): a sum becomes a difference, ``<`` becomes ``<=``, a number grows
by one, an argument is None or left out, and so on. mutmut's own run does not work here: the function that it puts
round every other cannot be traced by ``torch.compile(fullgraph=True)``, and it leaves out what bears a decorator, so
all compiled kernels, and all constants. Here one changed file at a time is written into a copy of the tree, and a fork
of a process that has loaded numpy, torch and the rest runs pytest on it.

A sample is drawn in each package, evenly over its changes in the order of folders and files, so that each folder has
its share. What a test need not see is left out beforehand, by rule: `Sites`.

First each mutant meets the mirrored test module, its slow tests too, and the examples of its own file. Those that live
then meet all tests of the folder. A test that killed one has to pass on the unchanged code, which is tried at the end.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import libcst as cst
import pandas as pd
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "core": "overlap/",
    "ramachandran": "domains/ramachandran/",
    "lesions": "domains/lesions/",
    "events": "domains/events/",
    "shared by the fields": "domains/",
}
"""Where each package begins; a file is of the first that it lies in."""

FAMILIES = sorted(
    {path.parent.name for path in ROOT.glob("*/*/__init__.py")} | {path.stem for path in ROOT.glob("overlap/*.py")}
)
ON_A_DEVICE = ("overlap/nn/device",)
"""Files that run on a GPU only begin like this."""
SAID = ("operation", "OPERATION", "_OPERATION", "name", "what")
"""Arguments of these names are said in messages."""
OPERATION = re.compile(rf"\"({'|'.join(FAMILIES)})\.[A-Za-z_.]+\"")
"""The name of a public function, as messages have it."""
LOOKS = {
    *("alpha", "color", "c", "colors", "cmap", "edgecolor", "facecolor", "fontsize", "size", "lw", "linewidth"),
    *("linewidths", "ls", "linestyle", "marker", "markersize", "ms", "zorder", "pad", "labelpad", "ha", "va"),
    *("fontweight", "weight", "figsize", "dpi", "layout", "bbox_to_anchor", "ncols", "ncol", "loc", "frameon"),
    *("rotation", "hspace", "wspace", "title", "label", "transform", "path_effects", "help", "rich_help_panel"),
    *("metavar", "style", "justify", "width", "height", "soft_wrap", "stacklevel"),
}
"""Keywords that say how a picture, a table in the terminal, a help text or a warning looks."""
SPEED = {"copy", "block", "fastmath", "cache", "nogil"}
"""Keywords that change no value."""

COMPILER = "the compiler"
SECONDS = 120
"""Processor time of a mutant; one that takes longer is stopped, for it hangs."""
SECONDS_OF_A_FOLDER = 900
LOADED = (
    "dask.array",
    "h5netcdf",
    "highdicom",
    "hypothesis",
    "lazy_loader",
    "matplotlib.pyplot",
    "nibabel",
    "numba",
    "pandas",
    "pytest",
    "rich.console",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.stats",
    "shapely",
    "skimage.measure",
    "torch",
    "typer.testing",
    "xarray",
)
"""What each fork finds loaded: nothing of this project."""


# ---- the changes of a file


class Sites(cst.CSTVisitor):
    """Collect the changes of a file, less those that no test need see.

    Left out are type hints, decorators, docstrings, ``__all__``, aliases of types and blocks under ``TYPE_CHECKING``;
    whatever is raised or warned of; texts for people, which are those with a blank in them and the names of public
    functions, which begin a message; the first words of a check (who asks, about what); the first argument of ``cast``;
    and keywords that decide how something looks, or how fast it is.
    """

    def __init__(self) -> None:
        self.found: list[tuple[cst.CSTNode, cst.CSTNode, str]] = []
        self.said: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if is_left_out(node) or node in self.said:
            return False
        if isinstance(node, cst.Call):
            self.said |= {argument for k, argument in enumerate(node.args) if is_said_by(node, k)}
        for kind, operator in mutation_operators:
            if not isinstance(node, kind):
                continue
            for changed in operator(node):
                if not is_said(node, changed):
                    self.found.append((node, changed, operator.__name__.removeprefix("operator_")))
        return True


def is_left_out(node: cst.CSTNode) -> bool:
    """Return whether nothing in a node is changed."""
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Raise | cst.Assert | cst.Import | cst.ImportFrom):
        return True
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString):
        return True
    if isinstance(node, cst.If) and _code(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, cst.Call) and _called(node) in ("warn", "warn_explicit", "len", "isinstance", "TypeVar"):
        return True
    if isinstance(node, cst.Assign):
        target = _code(node.targets[0].target)
        is_type = isinstance(node.value, cst.Subscript | cst.BinaryOperation)
        is_alias = target[0].isupper() and not target.isupper() and is_type
        return target == "__all__" or is_alias or is_text(node.value)
    return is_text(node)


def is_text(node: cst.CSTNode) -> bool:
    """Return whether a node is a text for people: one with a blank in it, or the name of a public function."""
    if isinstance(node, cst.ConcatenatedString):
        return is_text(node.left) or is_text(node.right)
    if isinstance(node, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) and " " in part.value for part in node.parts)
    return isinstance(node, cst.SimpleString) and (" " in node.value or OPERATION.fullmatch(node.value) is not None)


def is_said(node: cst.CSTNode, changed: cst.CSTNode) -> bool:
    """Return whether a change of a call is one of an argument that is said, looks, or is a type."""
    if not isinstance(node, cst.Call) or not isinstance(changed, cst.Call):
        return False
    for k, argument in enumerate(node.args):
        if k >= len(changed.args) or changed.args[k] is not argument:
            return is_said_by(node, k)
    return False


def is_said_by(call: cst.Call, which: int) -> bool:
    """Return whether an argument of a call is said, decides how something looks or how fast it is, or is a type."""
    argument = call.args[which]
    if argument.keyword is not None and argument.keyword.value in LOOKS | SPEED:
        return True
    if is_text(argument.value) or _code(argument.value) in SAID:
        return True
    called = _called(call).removeprefix("_")
    return (called.startswith("check_") and which < 2) or (called == "cast" and which == 0)


def _called(call: cst.Call) -> str:
    return _code(call.func).rpartition(".")[2]


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


@dataclass
class Mutant:
    """One change, and what came of it.

    Its ``change`` is the number of the change in its file; ``status`` one of "killed", "killed by the folder",
    "out of time" and "survived".
    """

    package: str
    file: str
    change: int
    operator: str = ""
    line: int = 0
    before: str = ""
    after: str = ""
    status: str = ""
    killer: str = ""
    seconds: float = 0.0


def files_of(package: str) -> list[str]:
    """Return the files of a package, folder by folder."""
    files = []
    for path in sorted(ROOT.glob(f"{PACKAGES[package]}**/*.py")):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith(ON_A_DEVICE) or package_of(file) != package:
            continue
        if path.name in ("__init__.py", "__main__.py"):
            continue
        files.append(file)
    return files


def package_of(file: str) -> str:
    return next(name for name, begin in PACKAGES.items() if file.startswith(begin))


def sites_of(code: str) -> tuple[cst.Module, list[tuple[cst.CSTNode, cst.CSTNode, str]]]:
    module = cst.parse_module(code)
    sites = Sites()
    module.visit(sites)
    return module, sites.found


def draw(n: int, seed: int) -> tuple[list[Mutant], dict[str, int]]:
    """Draw `n` mutants of each package, and count all that there are."""
    mutants = []
    totals = {}
    for package in PACKAGES:
        rng = random.Random(f"{seed} {package}")
        changes = []
        for file in files_of(package):
            _, sites = sites_of((ROOT / file).read_text())
            of_file = [(file, k) for k in range(len(sites))]
            rng.shuffle(of_file)
            changes += of_file
        totals[package] = len(changes)
        step = len(changes) / n
        begin = rng.random() * step
        mutants += [Mutant(package, *changes[int(begin + k * step)]) for k in range(n)]
    # none waits for the slowest package, and what is done is a sample at any time
    random.Random(seed).shuffle(mutants)
    return mutants, totals


def mutate(mutant: Mutant) -> str:
    """Return the changed text of a file, and say in the mutant what is changed."""
    code = (ROOT / mutant.file).read_text()
    module, sites = sites_of(code)
    node, changed, mutant.operator = sites[mutant.change]
    after = _replaced(module, node, changed).code
    before_lines = code.splitlines()
    after_lines = after.splitlines()
    blocks = difflib.SequenceMatcher(None, before_lines, after_lines, autojunk=False).get_opcodes()
    where = [block for block in blocks if block[0] != "equal"]
    if where:
        _, begin, end, begin_after, end_after = where[0]
        mutant.line = begin + 1
        mutant.before = " ".join(line.strip() for line in before_lines[begin:end])
        mutant.after = " ".join(line.strip() for line in after_lines[begin_after:end_after])
    return after


class _Replacement(cst.CSTTransformer):
    """Put one node in the place of another; `deep_replace` compares all below it first, and is slow."""

    def __init__(self, old: cst.CSTNode, new: cst.CSTNode) -> None:
        self.old = old
        self.new = new

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node is not self.old

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        return self.new if original_node is self.old else updated_node


def _replaced(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
    changed = module.visit(_Replacement(old, new))
    assert isinstance(changed, cst.Module)
    return changed


# ---- running tests on a copy of the tree


def mirrored(file: str) -> list[str]:
    """Return what pytest is to run for a file: the mirrored test module, and the file itself for its examples."""
    path = Path(file)
    tests = Path("tests") / path.parent / f"test_{path.stem.removeprefix('_')}.py"
    has_examples = ">>>" in (ROOT / file).read_text()
    return [str(tests), file] if has_examples else [str(tests)]


def folder_of(file: str) -> list[str]:
    """Return all tests of the folder of the mirrored one."""
    folder = Path("tests") / Path(file).parent
    return sorted(map(str, folder.glob("test_*.py")))


class Tree:
    """A copy of the tree in which one file at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        wanted = ("benchmarks", "docs", "domains", "examples", "overlap", "packaging", "tests")
        for name in wanted:
            unwanted = shutil.ignore_patterns("__pycache__", "_build", "generated")
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        for path in ROOT.glob("*"):
            if path.is_file():
                shutil.copy2(path, folder)

    def run(self, mutant: Mutant | None, tests: Sequence[str], seconds: int) -> tuple[str, str]:
        """Run tests on the tree with a mutant in it; return what came of it, and the first test that failed."""
        if mutant is None:
            return self._fork(tests, False, seconds)
        path = self.folder / mutant.file
        before = path.read_text()
        after = mutate(mutant)
        try:
            ast.parse(after)
        except SyntaxError:
            return "killed", COMPILER
        path.write_text(after)
        # kernels are kept on disk: another one must not be taken for the changed one
        fresh = "numba" in before or "kernel" in before
        try:
            return self._fork(tests, fresh, seconds)
        finally:
            path.write_text(before)

    def _fork(self, tests: Sequence[str], fresh: bool, seconds: int) -> tuple[str, str]:
        log = self.folder / "log.txt"
        child = os.fork()
        if child == 0:
            os.setsid()
            self._child(tests, log, fresh, seconds)
        late = time.monotonic() + 10 * seconds
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                break
            if time.monotonic() > late:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return "out of time", ""
            time.sleep(0.02)
        if os.WIFSIGNALED(status):
            is_late = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
            return ("out of time", "") if is_late else ("killed", f"signal {os.WTERMSIG(status)}")
        code = os.WEXITSTATUS(status)
        if code == 0:
            return "survived", ""
        said = log.read_text(errors="replace").splitlines()
        failed = [line for line in said if line.startswith(("FAILED ", "ERROR "))]
        return "killed", failed[0].split(" - ")[0].split(" ", 1)[1] if failed else f"pytest's exit code {code}"

    def _child(self, tests: Sequence[str], log: Path, fresh: bool, seconds: int) -> None:
        os.chdir(self.folder)
        # a process that a test starts would load this file again
        sys.modules["__main__"] = ModuleType("__main__")
        sys.path[0] = str(self.folder)
        # also for the processes that a test starts
        os.environ["PYTHONPATH"] = str(self.folder)
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        if fresh:
            os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(dir=self.folder)
            import numba

            numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 10))
        resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, 8 << 30))
        to = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(to, 1)
        os.dup2(to, 2)
        code = 70
        try:
            import pytest

            options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile", "no-shrinking"]
            # the slow ones too, which `pyproject.toml` leaves out
            options += ["-m", ""]
            # what pytest loads is loaded already
            options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
            code = int(pytest.main([*options, *tests]))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            if fresh:
                shutil.rmtree(os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)
            os._exit(code)


def load() -> None:
    """Load what all forks share."""
    from importlib import import_module

    import matplotlib
    from hypothesis import Phase, settings

    matplotlib.use("agg")
    sys.path.insert(0, str(ROOT))
    for name in LOADED:
        import_module(name)
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("no-shrinking", deadline=None, derandomize=True, max_examples=30, phases=phases)


def work(mutants: Iterable[Mutant], results: Path, is_second: bool) -> None:
    """Try mutants one after the other, and write a line for each."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder).resolve())
        for mutant in mutants:
            begin = time.monotonic()
            tests = folder_of(mutant.file) if is_second else mirrored(mutant.file)
            seconds = SECONDS_OF_A_FOLDER if is_second else SECONDS
            mutant.status, mutant.killer = tree.run(mutant, tests, seconds)
            if is_second and mutant.status == "killed":
                mutant.status = "killed by the folder"
            mutant.seconds = round(time.monotonic() - begin, 2)
            with results.open("a") as file:
                file.write(json.dumps(asdict(mutant)) + "\n")


def in_workers(mutants: Sequence[Mutant], results: Path, n_workers: int, is_second: bool = False) -> None:
    workers = []
    for k in range(n_workers):
        worker = os.fork()
        if worker == 0:
            code = 1
            try:
                work(mutants[k::n_workers], results, is_second)
                code = 0
            finally:
                os._exit(code)
        workers.append(worker)
    for worker in workers:
        _, status = os.waitpid(worker, 0)
        if status:
            raise SystemExit("mutants: a worker failed; what it said stands above")


def failing_unchanged(done: pd.DataFrame) -> list[str]:
    """Return the tests that fail on the unchanged code too."""
    killed = done[done["status"] != "survived"]
    has_name = killed["killer"].str.contains("::")
    # where no test has failed by name, pytest itself did not come to its end
    unnamed = [test for file in killed["file"][~has_name & (killed["killer"] != COMPILER)] for test in mirrored(file)]
    tests = sorted({*killed["killer"][has_name], *unnamed})
    failing = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder).resolve())
        while tests:
            status, killer = tree.run(None, tests, SECONDS_OF_A_FOLDER)
            if status == "survived":
                break
            failing.append(killer)
            if killer not in tests:
                break
            tests.remove(killer)
    return failing


# ---- what came of it


def read(results: Path) -> list[Mutant]:
    """Return the last try of each mutant."""
    lines = results.read_text().splitlines() if results.exists() else []
    tried = [Mutant(**json.loads(line)) for line in lines]
    return list({(one.file, one.change): one for one in tried}.values())


def interval(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    >>> [round(end, 3) for end in interval(5, 100)]
    [0.022, 0.112]
    """
    z = 1.959964
    middle = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return middle - half, middle + half


def table(done: pd.DataFrame) -> Iterator[str]:
    """Give the lines of a table in Markdown: what came of the mutants of each package."""
    columns = ["package", "mutants", "killed by the mirrored tests", "by the folder's", "out of time", "survived"]
    yield "| " + " | ".join([*columns, "share", "95 % interval"]) + " |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    packages = [(name, done[done["package"] == name]) for name in PACKAGES]
    for name, rows in [*packages, ("all", done)]:
        n = len(rows)
        if not n:
            continue
        counts = rows["status"].value_counts()
        survived = counts.get("survived", 0)
        low, high = interval(survived, n)
        numbers = [counts.get(status, 0) for status in ("killed", "killed by the folder", "out of time")]
        cells = [name, n, *numbers, survived, f"{survived / n:.1%}", f"{low:.1%} to {high:.1%}"]
        yield "| " + " | ".join(map(str, cells)) + " |"


def survivors(done: pd.DataFrame) -> Iterator[str]:
    for row in done[done["status"] == "survived"].sort_values(["file", "line"]).itertuples():
        yield f"{row.file}:{row.line} [{row.operator}, change {row.change}]\n  - {row.before}\n  + {row.after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--results", type=Path, default=Path("mutants.jsonl"), help="a line for each try")
    parser.add_argument("--first", action="store_true", help="go on with what was not tried, and only mirrored tests")
    parser.add_argument("--one", nargs=2, metavar=("FILE", "CHANGE"), help="try one mutant")
    given = parser.parse_args()
    if given.one:
        file, change = given.one
        mutants, totals = [Mutant(package_of(file), file, int(change))], {}
    else:
        mutants, totals = draw(given.n, given.seed)
    print(", ".join(f"{name}: {total} changes" for name, total in totals.items()), flush=True)
    known = set() if given.one else {(one.file, one.change) for one in read(given.results) if one.status != "survived"}
    if given.first:
        known |= {(one.file, one.change) for one in read(given.results)}
    load()
    in_workers([one for one in mutants if (one.file, one.change) not in known], given.results, given.workers)
    if not given.first:
        living = [one for one in read(given.results) if one.status == "survived"]
        in_workers(living, given.results, given.workers, is_second=True)
    done = pd.DataFrame(map(asdict, read(given.results)))
    print("\n".join(table(done)))
    print("\n".join(survivors(done)), flush=True)
    failing = failing_unchanged(done)
    if failing:
        raise SystemExit(f"mutants: these tests fail on the unchanged code: {failing}")


if __name__ == "__main__":
    main()
