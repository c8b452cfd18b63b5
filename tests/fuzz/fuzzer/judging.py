"""What is wrong with how a call ended.

Conventions
-----------
- A call may return, or raise an error of ours: one line, ``module.function: FILE: what was found, where; the remedy``.
- Everything else is a finding: another exception, a raw text of a library, control characters in a message, a warning
  that is not ours, noise on standard output, a file left open, too much memory or time, a row that is lost.
- A file is as large as what it holds unpacked: a sparse mask of 10⁹ voxels is an honest file of 1 MB.
- The kind of a finding is what is the same in all inputs that show it.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from dataclasses import dataclass
from typing import Any

from .inputs import Input

OURS = re.compile(r"(ramachandran|lesions|events|domains|overlap)[\w.]*: ")
LONGEST = 600
MEMORY = 500.0
TIMES = 10
"""Memory that a call may take: so many megabytes, and so many times the file."""

FONTS = (".ttf", ".otf", ".afm")
"""Files that matplotlib keeps open for the next picture."""
TABLES = "unclosed database in <sqlite3.Connection"
"""What highdicom leaves to be collected, as Python 3.13 says."""

WARNINGS = 3
ALLOWED = (
    "builtins.ValueError",
    "builtins.FileNotFoundError",
    "builtins.IsADirectoryError",
    "builtins.NotADirectoryError",
    "builtins.PermissionError",
    "builtins.ImportError",
    "domains._checks.UsageError",
    "domains._files.ReadError",
)
INTERNAL = re.compile(
    "object has no attribute|NoneType|object is not (iterable|subscriptable|callable)|list index out of range|"
    "unhashable type|not supported between instances|unsupported operand|must be str, not|missing \\d+ required|"
    "object at 0x|codec can't (de|en)code|expected str instance|Traceback"
)
"""What Python says to programmers."""

RAW = re.compile(
    "Error tokenizing data|Expecting |Extra data|could not convert|invalid literal|Unable to |index \\d+ is out of|"
    "cannot reshape|buffer is|Field |line contains NUL|Unterminated|Invalid control character|int too large|"
    "cannot convert|ufunc |setting an array|operands could not|Length mismatch|Can't |All arrays must"
)
"""How messages of libraries begin."""


@dataclass(frozen=True)
class Finding:
    """What is wrong, and of which kind."""

    kind: str
    detail: str


def judge(given: Input, outcome: dict[str, Any]) -> list[Finding]:
    """Return what is wrong with the outcome of an input."""
    if "died" in outcome:
        return [Finding(f"{given.target}: the process died ({outcome['died']})", "")]
    if "hung" in outcome:
        return [Finding(f"{given.target}: no answer within {outcome['hung']:g} s of computing", "")]
    findings = []
    if outcome["error"]:
        findings += _of_error(given, outcome)
    for problem in outcome["problems"]:
        findings.append(Finding(f"{given.target}: {_without_numbers(problem)}", problem))
    findings += _of_memory(given, outcome["megabytes"])
    if outcome["noise"]:
        kind = f"{given.target}: noise on standard output or error: {_without_numbers(outcome['noise'])[:20]}"
        findings.append(Finding(kind, outcome["noise"]))
    left_open = [name for name in outcome["left_open"] if not name.endswith(FONTS)]
    if left_open:
        findings.append(Finding(f"{given.target}: a file is left open", ", ".join(left_open)))
    return findings + _of_warnings(given, outcome["warnings"])


def _of_memory(given: Input, megabytes: float) -> list[Finding]:
    if megabytes <= MEMORY:
        return []
    size = _unpacked_size(given.content)
    if megabytes <= MEMORY + TIMES * size / 1e6:
        return []
    return [Finding(f"{given.target}: memory", f"{megabytes:.0f} MB for {size} bytes, unpacked")]


def _unpacked_size(content: bytes) -> int:
    """Return how many bytes a file holds, of which gzip may have packed some."""
    if not content.startswith(b"\x1f\x8b"):
        return len(content)
    size = 0
    try:
        with gzip.open(io.BytesIO(content)) as file:
            while part := file.read(1 << 20):
                size += len(part)
    except (OSError, EOFError, zlib.error):
        pass
    return max(size, len(content))


def _of_error(given: Input, outcome: dict[str, Any]) -> list[Finding]:
    message = outcome["message"]
    place = outcome["places"][-1] if outcome["places"] else ""
    is_ours = outcome["error"] in ALLOWED and OURS.match(message)
    detail = f"{outcome['error']}: {message}\n    " + "\n    ".join(outcome["places"])
    if not is_ours:
        return [Finding(f"{given.target}: {outcome['error']} at {place}", detail)]
    findings = []
    if "\n" in message or "\r" in message:
        findings.append(Finding(f"{given.target}: a message of several lines at {_raiser(outcome)}", detail))
    elif re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", message):
        findings.append(Finding(f"{given.target}: control characters in a message at {_raiser(outcome)}", detail))
    if len(message) > LONGEST + len(given.name):
        kind = f"{given.target}: a message of more than {LONGEST} characters at {_raiser(outcome)}"
        findings.append(Finding(kind, f"{len(message)} characters: {message[:400]}"))
    words = _own_words(message)
    if INTERNAL.search(words):
        kind = f"{given.target}: Python's own words in a message: {_without_numbers(INTERNAL.search(words).group())}"  # type: ignore[union-attr]
        findings.append(Finding(kind, detail))
    elif RAW.match(words):
        findings.append(Finding(f"{given.target}: a library's raw text: {_without_numbers(words[:50])}", detail))
    return findings


def _raiser(outcome: dict[str, Any]) -> str:
    ours = [place for place in outcome["places"] if place.startswith(("domains", "overlap"))]
    return ours[-1] if ours else ""


def _own_words(message: str) -> str:
    """Return what follows the function and the file, without what a library says in parentheses."""
    words = re.sub(r"^[\w.]+: (?:\S*/damaged/.*?: )?", "", message)
    return re.sub(r"\([^()]*\)", "", words)


def _of_warnings(given: Input, warned: list[str]) -> list[Finding]:
    findings = []
    for warning in warned:
        category, _, message = warning.partition(": ")
        if message.startswith(TABLES):
            continue
        if category != "UserWarning":
            kind = f"{given.target}: a {category}: {_without_numbers(message[:60])}"
            findings.append(Finding(kind, warning))
        elif "\n" in message or "\x1b" in message or len(message) > LONGEST:
            findings.append(Finding(f"{given.target}: a warning of several lines, or too long", warning))
    if len(warned) > WARNINGS:
        findings.append(Finding(f"{given.target}: {WARNINGS} warnings and more", "; ".join(warned[:5])))
    return findings


def _without_numbers(text: str) -> str:
    """Return a text without what differs from input to input: numbers, paths, quotations."""
    text = re.sub(r"/tmp/\S*|b?'[^']*'|\([^()]*\)", "…", text.replace("\n", " "))
    return re.sub(r"[-\d.]+", "#", text)
