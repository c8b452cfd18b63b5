"""Ask md-eval (NIST, public domain) for the diarisation error rates of drawn recordings.

    apt-get download sctk && dpkg-deb -x sctk_*.deb /tmp/sctk
    python benchmarks/peers/ask_md_eval.py /tmp/sctk/usr/lib/sctk/bin/md-eval.pl

The golden values come from version 22 of md-eval.pl, as Debian's sctk 2.4.10 has it, with perl 5.36. Times are whole
milliseconds. A third of the recordings have a UEM of several stretches; in others speakers have rows that touch or
overlap; some have no turn on one side. md-eval prints seconds to two decimals.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

TARGET = Path(__file__).parents[2] / "tests" / "data" / "md_eval.json"
N = 60
OPTIONS = {
    "0": [],
    "0 alone": ["-1"],
    "0.1": ["-c", "0.1"],
    "0.25": ["-c", "0.25"],
    "0.25 alone": ["-c", "0.25", "-1"],
}
"""Collar, and whether overlapping speech is left out."""
FIGURES = ("SCORED SPEAKER TIME", "MISSED SPEAKER TIME", "FALARM SPEAKER TIME", "SPEAKER ERROR TIME")


def draw_turns(rng: Random, names: list[str], end: int, repeated: bool) -> list[Any]:
    """Return turns (begin, end in ms, speaker)."""
    turns = []
    for name in names:
        begin = rng.randint(0, end // 4)
        while begin < end:
            length = rng.randint(20, end // 5)
            turns.append([begin, begin + length, name])
            begin += length + rng.randint(1, end // 5)
            if repeated and rng.random() < 0.3:
                begin = turns[-1][1] - rng.choice([0, 0, rng.randint(1, length)])
    rng.shuffle(turns)
    return turns


def draw_stretches(rng: Random, end: int) -> list[Any]:
    """Return stretches (begin, end in ms), apart."""
    stretches = []
    begin = rng.randint(0, 3000)
    while begin < end:
        length = rng.randint(1000, 15_000)
        stretches.append([begin, begin + length])
        begin += length + rng.randint(1, 3000)
    return stretches


def draw(rng: Random, number: int) -> dict[str, Any]:
    end = rng.randint(8000, 40_000)
    repeated = number % 3 == 1
    reference = draw_turns(rng, ["anna", "bert", "cleo"][: rng.randint(1, 3)], end, repeated)
    prediction = draw_turns(rng, ["1", "2", "3", "4"][: rng.randint(1, 4)], end + 3000, repeated)
    stretches = draw_stretches(rng, end) if number % 3 == 2 else []
    if number % 10 == 3:
        prediction = []
    if number % 10 == 5:
        reference = []
    return {"prediction": prediction, "reference": reference, "uem": stretches}


def rttm(cases: list[dict[str, Any]], side: str) -> str:
    rows = [(number, turn) for number, case in enumerate(cases) for turn in case[side]]
    return "".join(
        f"SPEAKER {number:02} 1 {begin / 1000:.3f} {(end - begin) / 1000:.3f} <NA> <NA> {name} <NA> <NA>\n"
        for number, (begin, end, name) in rows
    )


def uem(cases: list[dict[str, Any]]) -> str:
    rows = [(number, stretch) for number, case in enumerate(cases) for stretch in case["uem"]]
    return "".join(f"{number:02} 1 {begin / 1000:.3f} {end / 1000:.3f}\n" for number, (begin, end) in rows)


def ask(program: str, folder: Path, options: list[str]) -> dict[str, list[float]]:
    """Return the figures of each file that md-eval scores, and those of all."""
    command = ["perl", program, "-r", "ref.rttm", "-s", "sys.rttm", "-u", "part.uem", "-a", "f", *options]
    printed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    answer = {}
    for part in printed.split("*** Performance analysis for Speaker Diarization for ")[1:]:
        name = part.split(" ***")[0].removeprefix("f=")
        answer[name] = [float(re.search(rf"{figure} =\s*([\d.]+)", part)[1]) for figure in FIGURES]
    return answer


def main() -> None:
    program = sys.argv[1]
    rng = Random(22)
    cases = [draw(rng, number) for number in range(N)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ref.rttm").write_text(rttm(cases, "reference"))
        (folder / "sys.rttm").write_text(rttm(cases, "prediction"))
        (folder / "part.uem").write_text(uem(cases))
        answers = {setting: ask(program, folder, options) for setting, options in OPTIONS.items()}
    found = {
        "tool": "md-eval.pl 22 (sctk 2.4.10), perl 5.36",
        "figures": FIGURES,
        "cases": cases,
        "answers": answers,
    }
    TARGET.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
