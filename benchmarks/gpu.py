"""The losses on one GPU: right, without waiting, and how near a copy of the bytes; a table in markdown.

    python benchmarks/gpu.py [--train] [--dry] [--budget 215] [--out FOLDER]

Of this project it imports `overlap` only, which needs numpy, array-api-compat and lazy-loader; where they are not
installed, their wheels on PYTHONPATH serve. What would not fit into the budget (seconds) is left out, and said so.
`--dry` runs everything on the CPU over tiny shapes, to test the script: its times mean nothing.

"of copy": a forward pass reads logits and target once; a backward pass reads them once more and writes one gradient.
That many bytes, over the time taken and the bandwidth of a copy measured here: 1 is the fastest that memory allows.
"extra": the most memory beyond logits, target and one gradient, in sizes of the logits. "as a CUDA graph": the same
calls replayed, which leaves out what the host takes to launch them. Medians, with the L2 cache flushed before each run.
Errors are against the plain formula in float64, of the logits as they are rounded; MONAI's smooths by 1e-5 cells, the
others by 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import torch
from gpu_meters import Meters

RESULTS = Path(__file__).parent / "results"
SECONDS_OF_TRAINING = 70.0
"""Ten of them for compiling."""
KINDS = ("minimum", "product", "entropy")


def sections(options: argparse.Namespace, begin: float) -> Iterator[str]:
    """Yield the parts of the report."""
    import gpu_checks
    import gpu_kernels
    import gpu_speed
    import gpu_training

    def left() -> float:
        return options.budget - (time.time() - begin)

    meters = Meters(torch.device("cpu" if options.dry else "cuda"), repeats=25)
    copy = meters.copy_bandwidth()
    yield head(copy)
    yield gpu_checks.section(meters)
    shapes = gpu_speed.DRY_SHAPES if options.dry else gpu_speed.SHAPES
    yield gpu_kernels.section(shapes, meters, copy)
    if options.train:
        yield gpu_training.section(4.0 if options.dry else SECONDS_OF_TRAINING, meters)
    for dtype in gpu_speed.DTYPES:
        is_single = dtype == torch.float32
        kinds = KINDS if is_single else ("minimum", "entropy")
        name = str(dtype).removeprefix("torch.")
        batches = {f"{shape}, {name}": partial(gpu_speed.soft_batch, shape) for shape in shapes}
        batches[f"{shapes[1]}, {name}, integer labels"] = partial(gpu_speed.label_batch, shapes[1])
        for title, draw in batches.items():
            if left() < 15:
                yield f"\n## {title}\n\nNo time left.\n"
                continue
            batch = draw(dtype, meters.device)
            # the last shape has one class, as the first; compiling takes most of the time there is
            compiled = ("product", "entropy") if is_single and batch.y.shape in shapes[:2] else ()
            variants = gpu_speed.variants(batch, kinds, compiled, options.dry, left)
            yield gpu_speed.section(title, batch, variants, meters, copy)
    yield f"\n{time.time() - begin:.0f} s in all.\n"


def head(copy: float) -> str:
    """Return the title, and what the tables were measured on."""
    try:
        import triton

        version = f"triton {triton.__version__}"
    except ImportError:
        version = "no triton: the array form"
    conventions = " ".join(__doc__.split('"of copy"')[1].split())
    return (
        f"# The losses on {device_name()}\n\n"
        f"torch {torch.__version__}, {version}, a copy of {copy / 1e9:.0f} GB/s read and written, {date.today()}.\n\n"
        f'"of copy"{conventions}\n'
    )


def device_name() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "a CPU, a dry run"


def main() -> None:
    """Run what was asked for, and write the report."""
    begin = time.time()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", action="store_true", help="train a network too, 60 s")
    parser.add_argument("--dry", action="store_true", help="tiny shapes on the CPU")
    parser.add_argument("--budget", type=float, default=215.0, help="seconds in all")
    out = Path(os.environ.get("OUT", RESULTS))
    parser.add_argument("--out", type=Path, default=out, help="folder of the report; $OUT, or benchmarks/results")
    options = parser.parse_args()
    if not options.dry and not torch.cuda.is_available():
        sys.exit("gpu.py: there is no CUDA device; --dry runs the script on the CPU")
    path = options.out / f"{re.sub('[^a-z0-9]+', '-', device_name().lower())}.md"
    report = ""
    for section in sections(options, begin):
        report += section
        path.write_text(report)
    print(f"\n{path}")


if __name__ == "__main__":
    main()
