"""Print how long the same calls take with two checkouts of this project, side by side.

The checkouts take turns, each in a process of its own, so that a busy machine slows both alike. A time is the least
of all runs. A call that a checkout does not have is skipped there, and the table says why.
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

Results = dict[str, float | str]
"""For each case its seconds, or why it was skipped."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path, nargs="?", help="the folder of one checkout")
    parser.add_argument("after", type=Path, nargs="?", help="the folder of the other")
    parser.add_argument("--rounds", type=int, default=5, help="how many processes each checkout gets (5)")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long to repeat a case in one process (0.3)")
    parser.add_argument("--only", default="", help="only the cases whose name contains this")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = [name for name in CASES if options.only in name]
    if options.child:
        print(json.dumps(time_cases(names, options.seconds)))
        return
    if options.before is None or options.after is None:
        parser.error("name two checkouts: compare.py BEFORE AFTER")
    if not names:
        parser.error(f"no case has {options.only!r} in its name; the cases are: {'; '.join(CASES)}")

    before: list[Results] = []
    after: list[Results] = []
    for _ in range(options.rounds):
        before.append(run_child(options.before, options.only, options.seconds))
        after.append(run_child(options.after, options.only, options.seconds))
    name_before = options.before.resolve().name
    name_after = options.after.resolve().name
    print(f"| call | {name_before} | {name_after} | ratio | |")
    print("|---|---:|---:|---:|---|")
    for name in names:
        print(row(name, least(name, before), least(name, after)))


def run_child(checkout: Path, only: str, seconds: float) -> Results:
    """Time the cases in a new process that imports the packages of a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    for variable in ONE_THREAD:
        environment[variable] = "1"
    command = [sys.executable, str(Path(__file__).resolve()), "--child", "--only", only, "--seconds", str(seconds)]
    process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    results: Results = json.loads(process.stdout.splitlines()[-1])
    origin = Path(str(results.pop("origin")))
    if not origin.is_relative_to(checkout.resolve()):
        raise RuntimeError(f"the process imported {origin}, which is not in {checkout}; name the folder of a checkout")
    return results


def time_cases(names: list[str], seconds: float) -> Results:
    """Time cases with the packages that this process imports, and say where these are from."""
    import overlap

    results: Results = {"origin": str(Path(overlap.__file__).resolve())}
    for name in names:
        try:
            call = CASES[name]()
            call()
        except Exception as error:
            first_line = str(error).splitlines()[0] if str(error) else ""
            results[name] = f"{type(error).__name__}: {first_line}"
            continue
        clock = call_seconds if name in TIMED_INSIDE else wall_seconds
        results[name] = least_seconds(call, clock, seconds)
    return results


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


def least(name: str, rounds: list[Results]) -> float | str:
    """Return the least time of a case over all rounds, or why it was skipped."""
    times = []
    for results in rounds:
        result = results[name]
        if isinstance(result, str):
            return result
        times.append(result)
    return min(times)


def row(name: str, before: float | str, after: float | str) -> str:
    """Return a line of the table."""
    if isinstance(before, str) or isinstance(after, str):
        reasons = [result for result in (before, after) if isinstance(result, str)]
        return f"| {name} | {cell(before)} | {cell(after)} | | {reasons[0][:100]} |"
    ratio = after / before
    mark = "slower" if ratio > SLOWER else ""
    return f"| {name} | {cell(before)} | {cell(after)} | {ratio:.2f} | {mark} |"


def cell(result: float | str) -> str:
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
