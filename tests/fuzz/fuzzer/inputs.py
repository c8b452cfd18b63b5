"""The input of a number: a target, a file, and what was done to it.

Conventions
-----------
- ``make(family, number)`` returns the same in every run with the same versions of the libraries that write the seeds.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from . import formats, mutations, targets
from .mutations import Mutation
from .seeds import Seed
from .targets import Target

NO_NUMBER = -1
"""Of an input that was not made by chance."""

ODD_NAMES = 0.02
"""How many inputs bear an odd name."""

TRAPS = 0.1
"""How often a trap is taken, where a whole file is taken once."""

BOMBS = 0.001
RARE = 0.01
SPLICED = 0.03
NAMES = (
    "[b]x",
    "$a_b$",
    "two words",
    "new\nline",
    "-x",
    "\x1b[31mred",
    "語",
    "=1+1",
    "x" * 200,
    "\udcff",
    "a&<b>",
    "%s",
)


@dataclass(frozen=True)
class Input:
    """A damaged file, and which target reads it."""

    family: str
    number: int
    target: str
    name: str
    content: bytes
    steps: tuple[str, ...]


def make(family: str, number: int) -> Input:
    """Return the input of a number."""
    rng = Random(f"{family} {number}")
    choices = targets.of_family(family)
    target = rng.choices(choices, [choice.weight for choice in choices])[0]
    files = _files(target.name)
    seed = rng.choices(files, [TRAPS if file.trap else 1 for file in files])[0]
    steps: list[str] = [seed.name]
    content = _damaged(seed, files, rng, steps)
    return Input(family, number, target.name, _name(seed, rng), content, tuple(steps))


def whole(target: Target, seed: Seed, content: bytes | None = None, *steps: str) -> Input:
    """Return a seed as an input, or other content under its name."""
    written = seed.written() if content is None else content
    return Input(target.family, NO_NUMBER, target.name, seed.name, written, (seed.name, *steps))


def cuts(target: Target, seed: Seed, n: int | None = None) -> Iterator[Input]:
    """Yield a file cut off at every byte, or at about `n` places."""
    content = seed.written()
    step = 1 if n is None else max(len(content) // n, 1)
    for end in range(0, len(content), step):
        yield whole(target, seed, content[:end], f"cut at byte {end}")


@cache
def _files(target: str) -> list[Seed]:
    return targets.by_name(target).files()


def _damaged(seed: Seed, files: list[Seed], rng: Random, steps: list[str]) -> bytes:
    of_form = formats.OF_FORM[seed.form]
    if not seed.packed:
        return _mutated(seed.content, (*mutations.OF_BYTES, *of_form), files, rng, steps)
    if rng.random() < 0.5:
        inner = _mutated(seed.content, (*mutations.OF_BYTES, *of_form), files, rng, steps)
        steps.append("packed")
        return gzip.compress(inner, rng.choice((0, 1, 9)), mtime=0)
    packed = seed.written()
    if rng.random() < BOMBS:
        steps.append("bomb")
        return formats.bomb(packed, rng)
    return _mutated(packed, formats.OF_GZIP, files, rng, steps)


def _mutated(content: bytes, choices: tuple[Mutation, ...], files: list[Seed], rng: Random, steps: list[str]) -> bytes:
    if rng.random() < SPLICED:
        other = rng.choice(files).written()
        begin = rng.randrange(len(content) + 1)
        steps.append("splice")
        content = content[:begin] + other[rng.randrange(len(other) + 1) :]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        mutation = rng.choice(mutations.RARE if rng.random() < RARE else choices)
        steps.append(mutation.__name__)
        content = mutation(content, rng)
    return content


def _name(seed: Seed, rng: Random) -> str:
    if rng.random() >= ODD_NAMES:
        return seed.name
    # what the name says of the format stays
    stem, dot, ending = seed.name.partition(".")
    kept = "_events" if stem.endswith("_events") else ""
    return rng.choice(NAMES) + kept + dot + ending
