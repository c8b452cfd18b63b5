"""Clocks and meters of one GPU; on the CPU, for a dry run, clocks only."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

Step = Callable[[], Any]

L2_CACHE = 256 << 20
"""Bytes, more than a cache of any device holds."""
_WARM_UP = 3


class Meters:
    """What can be measured of a call on one device.

    Parameters
    ----------
    device : torch.device
        Where it runs.
    repeats : int
        Runs of which the median is taken.
    """

    def __init__(self, device: torch.device, repeats: int) -> None:
        self.device = device
        self.is_gpu = device.type == "cuda"
        self.repeats = repeats if self.is_gpu else 2
        self._cache = torch.empty(L2_CACHE if self.is_gpu else 0, dtype=torch.uint8, device=device)

    def wait(self) -> None:
        if self.is_gpu:
            torch.cuda.synchronize()

    def milliseconds(self, run: Step) -> float:
        """Return the median time of a call, nothing of its input being in a cache."""
        for _ in range(_WARM_UP):
            run()
        once = self._by_events if self.is_gpu else _by_clock
        return statistics.median(once(run) for _ in range(self.repeats))

    def _by_events(self, run: Step) -> float:
        self._cache.zero_()
        begin = torch.cuda.Event(enable_timing=True)
        end = torch.cuda.Event(enable_timing=True)
        begin.record()
        run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end)

    def copy_bandwidth(self) -> float:
        """Return the bytes a second that a copy reads and writes."""
        n = 1 << 31 if self.is_gpu else 1 << 20
        a = torch.empty(n, dtype=torch.uint8, device=self.device)
        b = torch.empty_like(a)
        return 2 * n / (self.milliseconds(lambda: b.copy_(a)) / 1e3)

    def peak_bytes(self, run: Step) -> int:
        """Return the most memory that a call takes at once, beyond what was there."""
        if not self.is_gpu:
            return 0
        self.wait()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        self.wait()
        return torch.cuda.max_memory_allocated() - before

    def synchronises(self, run: Step) -> str:
        """Return "no", or what made the host wait for the device."""
        run()
        if not self.is_gpu:
            return "-"
        self.wait()
        torch.cuda.set_sync_debug_mode("error")
        try:
            run()
        except RuntimeError as error:
            return f"YES: {first_line(error)}"
        finally:
            torch.cuda.set_sync_debug_mode("default")
            self.wait()
        return "no"

    def graph(self, run: Step) -> Step:
        """Return the replay of a call that was captured as a CUDA graph: the device's own time, without the host's."""
        if not self.is_gpu:
            return run
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                run()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
        return graph.replay


def _by_clock(run: Step) -> float:
    begin = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - begin)


def first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:120]}"
