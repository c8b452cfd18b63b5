r"""Run many inputs through the public readers: ``python tests/fuzz/long.py --inputs 100000 --family images``.

Every finding is printed with its number, and ``--replay NUMBER`` runs that input again. The smallest input of each
kind is kept in the folder ``--keep``. The exit code is 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fuzzer import inputs, judging, targets
from fuzzer.inputs import Input
from fuzzer.judging import Finding
from fuzzer.parent import Runner

BETWEEN_LINES = 30.0
"""Seconds between two lines that say how far it is."""


class Kept:
    """The kinds of findings: how often each was seen, and its smallest input."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self.smallest: dict[str, tuple[Input, Finding]] = {}

    def add(self, given: Input, finding: Finding) -> None:
        is_new = finding.kind not in self.smallest
        self.counts[finding.kind] += 1
        if is_new:
            print(f"FINDING {finding.kind}\n    {replay(given)}\n    {finding.detail[:300]}", flush=True)
        if is_new or len(given.content) < len(self.smallest[finding.kind][0].content):
            self.smallest[finding.kind] = (given, finding)

    def summary(self) -> list[str]:
        lines = []
        for kind, n in self.counts.most_common():
            given, finding = self.smallest[kind]
            lines += [f"{n} x {kind}", f"    {replay(given)}", f"    steps: {', '.join(given.steps)}"]
            lines += [f"    input: {self._saved(given)} ({len(given.content)} bytes: {given.content[:160]!r})"]
            lines += [f"    {line}" for line in finding.detail[:1500].splitlines()]
        return lines

    def _saved(self, given: Input) -> Path:
        folder = self.folder / f"{given.family}_{given.number}_{len(given.content)}"
        folder.mkdir(parents=True, exist_ok=True)
        # an odd name stays out of the way: the seed's name says the format as well
        path = folder / given.steps[0]
        path.write_bytes(given.content)
        return path


def replay(given: Input) -> str:
    """Return the command that runs an input again."""
    if given.number == inputs.NO_NUMBER:
        return f"{given.target}: {', '.join(given.steps)}"
    return f"python tests/fuzz/long.py --family {given.family} --replay {given.number}"


def fuzz(name: str, given: Iterable[Input], n: int, kept: Kept, seconds: float) -> int:
    """Run inputs, print how far it is, and return how many were run."""
    begin = time.monotonic()
    last = begin
    done = 0
    with Runner() as runner:
        for item, outcome in runner.run_all(given):
            for finding in judging.judge(item, outcome):
                kept.add(item, finding)
            done += 1
            now = time.monotonic()
            if now - last > BETWEEN_LINES:
                print(_progress(name, done, n, now - begin, kept, runner), flush=True)
                last = now
            if now - begin > seconds:
                break
        print(_progress(name, done, n, time.monotonic() - begin, kept, runner), flush=True)
    return done


def inputs_of(family: str, given: argparse.Namespace) -> tuple[Iterable[Input], int]:
    """Return the inputs of a family that were asked for, and how many they are."""
    if not given.cuts:
        numbers = range(given.first, given.first + given.inputs)
        return (inputs.make(family, number) for number in numbers), given.inputs
    reader = targets.of_family(family)[0]
    files = [seed for seed in reader.files() if not seed.trap]
    every = (cut for seed in files for cut in inputs.cuts(reader, seed))
    return every, sum(len(seed.written()) for seed in files)


def _progress(family: str, done: int, n: int, seconds: float, kept: Kept, runner: Runner) -> str:
    rate = done / seconds
    left = (n - done) / rate
    found = f"{sum(kept.counts.values())} findings of {len(kept.counts)} kinds"
    time_said = f"{rate:.0f} a second, {seconds:.0f} s, {left:.0f} s left"
    return f"{family}: {done} of {n}, {time_said}; {found}; {runner.starts} starts of the child"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=(*targets.FAMILIES, "all"), default="all")
    parser.add_argument("--inputs", type=int, default=1000, help="how many of each family")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--cuts", action="store_true", help="cut every whole file at every byte instead")
    parser.add_argument("--replay", type=int, help="run the input of this number, and say all of it")
    parser.add_argument("--file", type=Path, help="give this file to --target, and say all that happens")
    parser.add_argument("--target", default="", help="such as lesions.read_image")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where inputs with findings are saved")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop a family after this time")
    given = parser.parse_args()
    if given.file is not None:
        family = targets.by_name(given.target).family
        name = given.file.name
        saved = Input(family, inputs.NO_NUMBER, given.target, name, given.file.read_bytes(), (name,))
        return _replay(saved, given.keep)
    if given.replay is not None:
        return _replay(inputs.make(given.family, given.replay), given.keep)
    found = 0
    families = targets.FAMILIES if given.family == "all" else (given.family,)
    for family in families:
        kept = Kept(given.keep)
        chosen, n = inputs_of(family, given)
        done = fuzz(family, chosen, n, kept, given.seconds)
        found += len(kept.counts)
        print(f"== {family}: {done} inputs, {sum(kept.counts.values())} findings of {len(kept.counts)} kinds")
        print("\n".join(kept.summary()), flush=True)
    return 1 if found else 0


def _replay(given: Input, folder: Path) -> int:
    kept = Kept(folder)
    with Runner() as runner:
        outcome = runner.run(given)
    for finding in judging.judge(given, outcome):
        kept.add(given, finding)
    for name, value in outcome.items():
        print(f"{name}: {value}")
    print(f"{given.target}, {given.name!r}, steps: {', '.join(given.steps)}")
    print("\n".join(kept.summary()) or f"no finding; {given.content[:400]!r}")
    return 1 if kept.counts else 0


if __name__ == "__main__":
    sys.exit(main())
