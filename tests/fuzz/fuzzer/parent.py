"""Who hands inputs to the child, waits for it no longer than a call may take, and starts another when it is gone."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from .inputs import Input

PATIENCE = 10.0
"""How long a call may take, seconds of the processor: a busy machine is not the reader's fault."""

START = 60.0
"""The same of the first call of a target, which imports what it needs."""

WAITING = 20
"""How many times longer, by the clock, a call may take that does not compute."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Runner:
    """A child process with a folder of whole files, and a place for damaged ones."""

    def __init__(self, patience: float = PATIENCE, start: float = START) -> None:
        self.patience = patience
        self.start = start
        self.starts = 0
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._child: subprocess.Popen[bytes] | None = None
        self._warm: set[str] = set()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, given: Input, digest: bool = False) -> dict[str, Any]:
        """Return how the call ended: what the child says, or that it died or hung."""
        folder = self._folder / "damaged"
        folder.mkdir(exist_ok=True)
        path = os.fsencode(folder) + b"/" + os.fsencode(given.name)
        with open(path, "wb") as file:
            file.write(given.content)
        if self._child is None:
            self._start()
        # the first call of a target imports what it needs, and its memory is not the file's
        is_first = given.target not in self._warm
        outcome = self._ask(given.target, path, self.start if is_first else self.patience, digest)
        if is_first and "megabytes" in outcome:
            self._warm.add(given.target)
            outcome = self._ask(given.target, path, self.patience, digest)
        for left in os.listdir(os.fsencode(folder)):
            os.unlink(os.path.join(os.fsencode(folder), left))
        return outcome

    def _start(self) -> None:
        tests = Path(__file__).resolve().parents[1]
        places = [str(tests), os.environ.get("PYTHONPATH", "")]
        settings = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(place for place in places if place),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "agg",
        }
        inside = self._folder / "whole"
        inside.mkdir(exist_ok=True)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "fuzzer.child", str(inside)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=settings,
        )
        self._warm = set()
        self.starts += 1
        if not self._answer(START):
            raise RuntimeError("the child did not start; its error stands above")

    def _ask(self, target: str, path: bytes, patience: float, digest: bool) -> dict[str, Any]:
        assert self._child is not None
        assert self._child.stdin is not None
        request = json.dumps({"target": target, "path": path.hex(), "digest": digest}) + "\n"
        try:
            self._child.stdin.write(request.encode())
            self._child.stdin.flush()
            answer = self._answer(patience)
        except BrokenPipeError:
            answer = b""
        if answer is None:
            self._end()
            return {"hung": patience}
        if not answer:
            code = self._child.wait()
            self._end()
            return {"died": code}
        outcome: dict[str, Any] = json.loads(answer)
        return outcome

    def _answer(self, patience: float) -> bytes | None:
        """Return a line, b"" if there will be none, None if it does not come in time."""
        assert self._child is not None
        assert self._child.stdout is not None
        received = b""
        begin = time.monotonic()
        begin_used = self._used()
        while not received.endswith(b"\n"):
            ready, _, _ = select.select([self._child.stdout], [], [], 0.5)
            if not ready:
                if self._used() - begin_used > patience or time.monotonic() - begin > WAITING * patience:
                    return None
                continue
            part = os.read(self._child.stdout.fileno(), 1 << 16)
            if not part:
                return b""
            received += part
        return received

    def _used(self) -> float:
        """Return how long the child has computed, seconds."""
        assert self._child is not None
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _end(self) -> None:
        child = self._child
        self._child = None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()
