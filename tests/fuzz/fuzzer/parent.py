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
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
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


AHEAD = 8
"""How many inputs lie ready, so that the child need not wait."""


@dataclass(frozen=True)
class Request:
    """An input that the child was sent, and where its file lies."""

    given: Input
    path: bytes
    digest: bool
    is_first: bool
    """Whether it is there for what its target imports: the memory of that is not the file's."""

    def line(self) -> bytes:
        """Return the request as the child reads it."""
        words = {"target": self.given.target, "path": self.path.hex(), "digest": self.digest}
        return (json.dumps(words) + "\n").encode()


class Runner:
    """A child process with a folder of whole files, and a place for damaged ones."""

    def __init__(self, patience: float = PATIENCE, start: float = START) -> None:
        self.patience = patience
        self.start = start
        self.starts = 0
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._child: subprocess.Popen[bytes] | None = None
        self._known: set[str] = set()
        self._received = b""
        self._files = 0

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, given: Input, digest: bool = False) -> dict[str, Any]:
        """Return how the call ended: what the child says, or that it died or hung."""
        ((_, outcome),) = self.run_all([given], digest)
        return outcome

    def run_all(self, given: Iterable[Input], digest: bool = False) -> Iterator[tuple[Input, dict[str, Any]]]:
        """Yield each input and how its call ended, in order."""
        source = iter(given)
        waiting: deque[Request] = deque()
        while True:
            for item in islice(source, max(AHEAD - len(waiting), 0)):
                waiting += self._requests(item, digest)
            if not waiting:
                return
            outcome = self._outcome(waiting)
            request = waiting.popleft()
            lives = self._child is not None
            if request.is_first and lives:
                continue
            if request.is_first:
                # the same input again would end in the same way
                waiting.popleft()
            shutil.rmtree(os.path.dirname(request.path), ignore_errors=True)
            yield request.given, outcome

    def _requests(self, given: Input, digest: bool) -> list[Request]:
        """Write a file, and ask the child about it."""
        self._files += 1
        folder = os.fsencode(self._folder / "damaged" / str(self._files))
        os.makedirs(folder)
        path = os.path.join(folder, os.fsencode(given.name))
        with open(path, "wb") as file:
            file.write(given.content)
        request = Request(given, path, digest, False)
        requests = [request]
        if given.target not in self._known:
            self._known.add(given.target)
            requests.insert(0, replace(request, is_first=True))
        # without a child they wait: whoever starts it sends all that wait
        if self._child is not None:
            self._send(requests)
        return requests

    def _outcome(self, waiting: deque[Request]) -> dict[str, Any]:
        """Return what became of the first request; after a death all others are sent to another child."""
        if self._child is None:
            self._start()
            self._send(waiting)
        answer = self._answer(self.start if waiting[0].is_first else self.patience)
        if answer:
            outcome: dict[str, Any] = json.loads(answer)
            return outcome
        assert self._child is not None
        code = None if answer is None else self._child.wait()
        self._end()
        return {"hung": self.patience} if answer is None else {"died": code}

    def _send(self, requests: Iterable[Request]) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        # a child that has died says so where its answer is missed
        with suppress(BrokenPipeError):
            for request in requests:
                self._child.stdin.write(request.line())
            self._child.stdin.flush()

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
        self._received = b""
        self.starts += 1
        if not self._answer(START):
            raise RuntimeError("the child did not start; its error stands above")

    def _answer(self, patience: float) -> bytes | None:
        """Return a line, b"" if there will be none, None if it does not come in time."""
        assert self._child is not None
        assert self._child.stdout is not None
        begin = time.monotonic()
        begin_used = self._used()
        while b"\n" not in self._received:
            ready, _, _ = select.select([self._child.stdout], [], [], 0.5)
            if ready:
                part = os.read(self._child.stdout.fileno(), 1 << 16)
                if not part:
                    return b""
                self._received += part
            elif self._used() - begin_used > patience or time.monotonic() - begin > WAITING * patience:
                return None
        line, _, self._received = self._received.partition(b"\n")
        return line + b"\n"

    def _used(self) -> float:
        """Return how long the child has computed, seconds."""
        assert self._child is not None
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _end(self) -> None:
        child = self._child
        self._child = None
        self._known = set()
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                # what was still to be written has nobody to read it
                with suppress(BrokenPipeError):
                    stream.close()
