"""Many structures, one of them broken and one that ends whichever worker reads it, as the kernel does without memory.

The long version of a test of ``test_run.py``: ``python structures_with_faults.py FOLDER 200``.
"""

import gzip
import os
import signal
import sys
from pathlib import Path

from domains import ramachandran
from domains.ramachandran import run
from domains.ramachandran.validation import scoring

KILLER = "structure_0003.pdb"
BROKEN = "structure_0005.pdb"


def score_or_die(request):
    if Path(request.path).name == KILLER:
        os.kill(os.getpid(), signal.SIGKILL)
    return scoring.score_as_plain(request)


def make(folder, n):
    """Write n structures of different lengths."""
    text = gzip.decompress(ramachandran.example("1a28").read_bytes())
    lines = [line for line in text.split(b"\n") if line.startswith(b"ATOM")]
    paths = []
    for k in range(n):
        path = folder / f"structure_{k:04d}.pdb"
        path.write_bytes(b"\n".join([*lines[: 80 + 7 * (k % 9)], b"END"]) + b"\n")
        paths.append(path)
    broken = folder / BROKEN
    broken.write_bytes(broken.read_bytes().replace(b"  1.00 ", b"  1,00 ", 1))
    return paths


def validated(paths, **running):
    """Return the tables of all structures, as they would be saved."""
    residues, skipped = ramachandran.validate(paths, **running)
    return residues.to_csv(index=False), skipped.to_csv(index=False)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    paths = make(folder, int(sys.argv[2]))
    wanted = validated([path for path in paths if path.name != KILLER])
    run.score_as_plain = score_or_die
    residues, skipped = validated(paths, workers=2, records=folder / "records")
    skipped_lines = [line for line in skipped.splitlines() if KILLER not in line]
    assert (residues, skipped_lines) == (wanted[0], wanted[1].splitlines())
    print(len(residues.splitlines()) - 1, "residues,", skipped.count(KILLER), "killer")
