"""The loader of compiled kernels: a module, or nothing where it cannot be imported."""

from __future__ import annotations

import importlib
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from overlap import _compiled, boxes

MODULES = ("boxes.compiled", "oriented.compiled", "polygons.compiled", "raster.compiled", "raster.gradient")


@pytest.fixture(autouse=True)
def fresh():
    _compiled.kernels.cache_clear()
    yield
    _compiled.kernels.cache_clear()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_where_the_compiler_is(module):
    pytest.importorskip("numba")
    assert _compiled.kernels(module).__name__ == f"overlap.{module}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_where_it_is_not(module, monkeypatch):
    monkeypatch.setitem(sys.modules, f"overlap.{module}", None)
    assert _compiled.kernels(module) is None


def test_each_module_needs_its_own_compiler_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    assert _compiled.kernels("boxes.sizes") is None
    assert _compiled.kernels("boxes.sizes", "json") is sys.modules["overlap.boxes.sizes"]
    assert _compiled.kernels("boxes.sizes", "no_such_compiler") is None


def test_asked_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "overlap.boxes.compiled", None)
    assert _compiled.kernels("boxes.compiled") is None
    monkeypatch.undo()
    assert _compiled.kernels("boxes.compiled") is None


def test_whatever_keeps_a_module_from_loading_leads_to_the_array_path(monkeypatch):
    def broken(*_):
        raise SystemError("initialization of _internal failed without raising an exception")

    monkeypatch.setattr(_compiled, "import_module", broken)
    assert _compiled.kernels("boxes.compiled") is None


TINY = """
from overlap._compiled import entry, inner

@inner()
def half(x):
    return x / 2

@entry()
def work(x):
    return half(x) + 1
"""


class Tiny:
    """A module of two kernels, of which one calls the other, with a folder of its own for the compiled code."""

    def __init__(self, folder):
        (folder / "tiny.py").write_text(TINY)
        self.folder = folder / "cache"

    def work(self, x=3.0):
        """Compute as a new process would, with what lies in the folder; return the kernel too."""
        sys.modules.pop("tiny", None)
        _compiled._is_sound.cache_clear()
        _compiled._is_of.cache_clear()
        _compiled._off_the_disk.clear()
        module = importlib.import_module("tiny")
        return module.work(x), module.work.compiled.stats

    def files(self, ending):
        return sorted(self.folder.rglob(f"tiny.*.{ending}"))


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    yield Tiny(tmp_path)
    sys.modules.pop("tiny", None)
    _compiled._off_the_disk.clear()


def test_what_is_compiled_is_kept_with_its_checksums(tiny):
    result, stats = tiny.work()
    assert result == 2.5
    assert sum(stats.cache_misses.values()) == 1
    (record,) = tiny.folder.rglob("tiny.checksums.json")
    assert sorted(json.loads(record.read_text())) == sorted(p.name for end in ("nbi", "nbc") for p in tiny.files(end))
    result, stats = tiny.work()
    assert result == 2.5
    assert sum(stats.cache_hits.values()) == 1
    assert not sum(stats.cache_misses.values())


def test_a_change_of_a_called_kernel_in_another_file_is_seen(tiny, monkeypatch):
    sources = tiny.folder.parent
    called, caller = TINY.split("@entry")
    (sources / "tiny_part.py").write_text(called)
    (sources / "tiny.py").write_text(f"from tiny_part import entry, half\n\n@entry{caller}")
    assert tiny.work()[0] == 2.5
    (sources / "tiny_part.py").write_text(called.replace("x / 2", "x / 0.25"))
    monkeypatch.delitem(sys.modules, "tiny_part")
    importlib.invalidate_caches()
    assert tiny.work()[0] == 13
    assert tiny.work()[0] == 13


def damaged(content, how, draw):
    if how == "cut":
        return content[: draw.randrange(len(content))]
    if how == "empty":
        return b""
    if how == "zeros":
        return bytes(len(content))
    changed = bytearray(content)
    changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize(
    ("how", "ending"),
    [("cut", "nbi"), ("cut", "nbc"), ("empty", "nbi"), ("zeros", "nbc"), ("flip", "nbi"), ("flip", "nbc")],
)
def test_a_damaged_file_is_compiled_again(tiny, ending, how):
    tiny.work()
    path = tiny.files(ending)[-1]
    path.write_bytes(damaged(path.read_bytes(), how, random.Random(how)))
    result, stats = tiny.work()
    assert result == 2.5
    assert sum(stats.cache_misses.values()) == 1, "the damaged code was used"
    result, stats = tiny.work()
    assert result == 2.5
    assert sum(stats.cache_hits.values()) == 1, "what was compiled again was not kept"


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_damage_that_no_checksum_tells_is_survived(tiny, ending):
    """The process that wrote the files ended before it wrote their checksums."""
    tiny.work()
    (record,) = tiny.folder.rglob("tiny.checksums.json")
    record.unlink()
    for path in tiny.files(ending):
        path.write_bytes(path.read_bytes()[:20])
    assert tiny.work()[0] == 2.5
    assert not tiny.files(ending), "the next process meets the same files"
    assert tiny.work()[0] == 2.5
    assert sum(tiny.work()[1].cache_hits.values()) == 1


@pytest.mark.parametrize("record", [b"", b"[1]", b"{", b"\xff", b"null"])
def test_a_damaged_record_of_checksums_is_none(tiny, record):
    tiny.work()
    (path,) = tiny.folder.rglob("tiny.checksums.json")
    path.write_bytes(record)
    assert tiny.work()[0] == 2.5


def test_code_that_cannot_be_kept_is_used(tiny, monkeypatch):
    """A full disk: numba finds its folder, and cannot write there."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert tiny.work()[0] == 2.5
    assert tiny.files("nbc") == []


def test_damaged_code_that_cannot_be_removed_is_not_used(tiny, monkeypatch):
    tiny.work()
    for path in tiny.files("nbc"):
        path.write_bytes(damaged(path.read_bytes(), "flip", random.Random(0)))
    monkeypatch.setattr(_compiled, "_remove", lambda folder, module: False)
    result, stats = tiny.work()
    assert result == 2.5
    assert stats.cache_path is None


def test_an_error_of_the_kernel_itself_is_raised(tiny):
    import numba

    with pytest.raises(numba.core.errors.TypingError):
        tiny.work(None)


CHILD = """
import sys
import numpy as np
from overlap import boxes
x = np.random.default_rng(0).random((1100, 4), "float32")
x[:, 2:] += x[:, :2]
print(boxes.pairwise(x, x).sum(), "numba" in sys.modules)
"""


@pytest.mark.slow
def test_without_a_folder_for_compiled_code_the_number_is_the_same():
    """A container, a cluster's node: neither the package nor the home can be written."""
    pytest.importorskip("numba")
    x = np.random.default_rng(0).random((1100, 4), "float32")
    x[:, 2:] += x[:, :2]
    # numba tries the places it is told, and this one is for zip files only
    environment = {**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "ZipCacheLocator"}
    run = [sys.executable, "-P", "-c", CHILD]
    done = subprocess.run(run, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(boxes.pairwise(x, x).sum()), "True"]
