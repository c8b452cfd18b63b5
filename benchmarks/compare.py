"""Print how long the same calls take with two checkouts of this project, side by side.

Each checkout has a process of its own. The two take turns at each case, so that a busy machine slows both alike, and
start anew each round. A time is the least of all runs. A call that a checkout does not have is skipped there, and the
table says why.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cases import CASES, TIMED_INSIDE, Call

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
LEAST_RUNS = 3
MOST_RUNS = 2000
SLOWER = 1.05
"""From this ratio on a row is marked."""

TURNS = 3
"""How often the two checkouts take turns at a case in a round."""

Result = float | str
"""The seconds of a case, or why it was skipped."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path, nargs="?", help="the folder of one checkout")
    parser.add_argument("after", type=Path, nargs="?", help="the folder of the other")
    parser.add_argument("--rounds", type=int, default=3, help="how many processes each checkout gets (3)")
    parser.add_argument("--seconds", type=float, default=0.1, help="how long a case is repeated in one turn (0.1)")
    parser.add_argument("--only", default="", help="only the cases whose name contains this")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        answer_requests(options.seconds)
        return
    if options.before is None or options.after is None:
        parser.error("name two checkouts: compare.py BEFORE AFTER")
    names = [name for name in CASES if options.only in name]
    if not names:
        parser.error(f"no case has {options.only!r} in its name; the cases are: {'; '.join(CASES)}")

    before: dict[str, list[Result]] = {name: [] for name in names}
    after: dict[str, list[Result]] = {name: [] for name in names}
    for _ in range(options.rounds):
        child_before = start_child(options.before, options.seconds)
        child_after = start_child(options.after, options.seconds)
        for name in names:
            for _ in range(TURNS):
                before[name].append(request(child_before, name))
                after[name].append(request(child_after, name))
        close(child_before)
        close(child_after)
    name_before = options.before.resolve().name
    name_after = options.after.resolve().name
    print(f"| call | {name_before} | {name_after} | ratio | |")
    print("|---|---:|---:|---:|---|")
    for name in names:
        print(row(name, least(before[name]), least(after[name])))


Child = subprocess.Popen[str]


def start_child(checkout: Path, seconds: float) -> Child:
    """Start a process that imports the packages of a checkout and times the cases that it is asked for."""
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    for variable in ONE_THREAD:
        environment[variable] = "1"
    command = [sys.executable, str(Path(__file__).resolve()), "--child", "--seconds", str(seconds)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    origin = Path(read_line(child))
    if not origin.is_relative_to(checkout.resolve()):
        child.kill()
        raise RuntimeError(f"the process imported {origin}, which is not in {checkout}; name the folder of a checkout")
    return child


def request(child: Child, name: str) -> Result:
    """Return what a child finds for a case."""
    assert child.stdin is not None
    print(name, file=child.stdin, flush=True)
    result: Result = json.loads(read_line(child))
    return result


def read_line(child: Child) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise RuntimeError("a process has ended before its time; its message is above")
    return line.rstrip("\n")


def close(child: Child) -> None:
    assert child.stdin is not None
    child.stdin.close()
    child.wait()


def answer_requests(seconds: float) -> None:
    """Say where the package is from, then time each case that is asked for on a line."""
    import overlap

    print(Path(overlap.__file__).resolve(), flush=True)
    prepared = ""
    call: Call | None = None
    reason = ""
    for line in sys.stdin:
        name = line.rstrip("\n")
        if name != prepared:
            prepared = name
            call, reason = prepare(name)
        if call is None:
            result: Result = reason
        else:
            clock = call_seconds if name in TIMED_INSIDE else wall_seconds
            result = least_seconds(call, clock, seconds)
        print(json.dumps(result), flush=True)


def prepare(name: str) -> tuple[Call | None, str]:
    """Return the call of a case, after a first run, or why there is none."""
    try:
        call = CASES[name]()
        call()
    except Exception as error:
        message = str(error).splitlines() or [""]
        return None, f"{type(error).__name__}: {message[0]}"
    return call, ""


def least_seconds(call: Call, clock: Callable[[Call], float], seconds: float) -> float:
    """Return the least time of a call, repeated for so many seconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < LEAST_RUNS or (len(times) < MOST_RUNS and time.perf_counter() < end):
        times.append(clock(call))
    return min(times)


def wall_seconds(call: Call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def call_seconds(call: Call) -> float:
    return float(call())  # type: ignore[arg-type]


def least(results: list[Result]) -> Result:
    """Return the least time of all turns, or why a case was skipped."""
    times = []
    for result in results:
        if isinstance(result, str):
            return result
        times.append(result)
    return min(times)


def row(name: str, before: Result, after: Result) -> str:
    """Return a line of the table."""
    if isinstance(before, str) or isinstance(after, str):
        reasons = [result for result in (before, after) if isinstance(result, str)]
        return f"| {name} | {cell(before)} | {cell(after)} | | {reasons[0][:100]} |"
    ratio = after / before
    mark = "slower" if ratio > SLOWER else ""
    return f"| {name} | {cell(before)} | {cell(after)} | {ratio:.2f} | {mark} |"


def cell(result: Result) -> str:
    """Return a time with its unit, or that there is none."""
    if isinstance(result, str):
        return "skipped"
    if result >= 1:
        return f"{result:.3g} s"
    if result >= 1e-3:
        return f"{result * 1e3:.3g} ms"
    return f"{result * 1e6:.3g} µs"


if __name__ == "__main__":
    main()
