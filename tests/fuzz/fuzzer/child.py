"""The process that reads damaged files, one after the other, and says how each call ended.

Conventions
-----------
- An empty line out when it is ready. Then a line of JSON in, ``{"target", "path", "digest"}``, a line of JSON out.
  Standard output and standard error of the readers go to a file, and what they wrote is part of the answer.
- Memory is the peak of what is resident while the reader runs, above what was resident before it, in MB.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

ADDRESS_SPACE = 6 << 30
"""What the process may take before its allocations fail, bytes."""


def main() -> None:
    """Answer until there are no more requests."""
    folder = Path(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    noise = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
    for stream in (1, 2):
        os.dup2(noise.fileno(), stream)
    from . import planted, targets

    known = {target.name: target for target in (*targets.TARGETS, *planted.TARGETS)}
    answers.write("\n")
    for line in sys.stdin:
        request = json.loads(line)
        path = Path(os.fsdecode(bytes.fromhex(request["path"])))
        target = known[request["target"]]
        if target not in planted.TARGETS:
            targets.whole_files(folder)
        outcome = run(target, path, folder, request["digest"])
        outcome["noise"] = _taken(noise)
        answers.write(json.dumps(outcome) + "\n")


def run(target: Any, path: Path, folder: Path, with_digest: bool = False) -> dict[str, Any]:
    """Let a target read a path, and return how that ended; with a digest of what was read, if that is wanted."""
    outcome: dict[str, Any] = {"error": "", "problems": []}
    files = _open_files()
    reset = _reset_peak()
    resident = _memory("VmRSS")
    begin = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = target.read(path, folder)
        except BaseException as error:
            found = None
            outcome.update(_described(error))
    outcome["seconds"] = time.perf_counter() - begin
    outcome["megabytes"] = _memory("VmHWM") - resident if reset else 0.0
    outcome["warnings"] = [f"{warning.category.__name__}: {warning.message}" for warning in caught]
    del caught[:]
    if not outcome["error"]:
        outcome["problems"] = _checked(target, path, found, outcome["warnings"])
        outcome["digest"] = digest(found, path) if with_digest else ""
    del found
    outcome["left_open"] = _left_open(files)
    return outcome


def _checked(target: Any, path: Path, found: Any, warned: list[str]) -> list[str]:
    from .counts import Damaged

    try:
        return list(target.check(path, found, warned))
    except Damaged as damage:
        printed = getattr(found, "code", 0)
        return [] if printed else [f"it was read, though {damage}"]
    except Exception as error:
        return [f"the check itself failed: {type(error).__name__}: {error}"]


def digest(found: Any, path: Path) -> str:
    """Return what stands for all that was read: equal where it is equal, but for the folder of the file."""
    import pandas as pd
    import xarray as xr

    if isinstance(found, tuple):
        return " ".join(digest(part, path) for part in found)
    if isinstance(found, pd.DataFrame):
        written = found.to_csv().encode()
    elif isinstance(found, xr.DataArray):
        coordinates = "".join(f"{name}{found[name].values.tolist()}" for name in found.dims)
        written = f"{found.dtype} {found.values.tolist()} {coordinates}".encode()
    else:
        written = repr(found).encode()
    return sha256(written.replace(bytes(path.parent), b"")).hexdigest()[:16]


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[1:]]
    classes = [f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__]
    return {"error": classes[0], "classes": classes, "message": str(error), "places": places[:3] + places[-4:]}


def _short(filename: str) -> str:
    for mark in ("site-packages/", "/domains/", "/overlap/", "/lib/python3"):
        _, found, tail = filename.rpartition(mark)
        if found:
            return mark.strip("/").removeprefix("site-packages").removeprefix("lib/").lstrip("/") + "/" + tail
    return filename


def _open_files() -> dict[str, str]:
    """Return the files that are open, by number; the pipes of other processes are none."""
    names = {}
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            names[number] = os.readlink(f"/proc/self/fd/{number}")
    return {number: name for number, name in names.items() if name.startswith("/")}


def _left_open(before: dict[str, str]) -> list[str]:
    left = [name for number, name in _open_files().items() if number not in before]
    if left:
        gc.collect()
    return left


def _reset_peak() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _memory(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def _taken(noise: Any) -> str:
    """Return what was written, and forget it."""
    sys.stdout.flush()
    sys.stderr.flush()
    size = os.fstat(noise.fileno()).st_size
    if not size:
        return ""
    noise.seek(0)
    written = noise.read(2000).decode("utf-8", "replace")
    noise.truncate(0)
    noise.seek(0)
    return str(written)


if __name__ == "__main__":
    main()
