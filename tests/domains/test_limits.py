"""Limits of time and memory."""

from __future__ import annotations

import sys
import time
from threading import Barrier, Thread

import pytest

from domains._limits import memory_limit, time_limit

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: limits of the address space")


@pytest.mark.slow
@ON_LINUX
def test_a_limit_of_memory_ends_with_its_block():
    with memory_limit(0.25), pytest.raises(MemoryError):
        bytearray(2**30)
    assert len(bytearray(2**30)) == 2**30


def test_the_nearer_of_two_limits_of_time_counts():
    with pytest.raises(TimeoutError, match="inner"), time_limit(5, "outer"), time_limit(0.02, "inner"):
        time.sleep(5)
    with pytest.raises(TimeoutError, match="outer"), time_limit(0.02, "outer"), time_limit(5, "inner"):
        time.sleep(5)


def test_a_limit_of_time_goes_on_after_one_within_it():
    def sleep_in_parts():
        with time_limit(0.05, "inner"):
            pass
        time.sleep(5)

    with pytest.raises(TimeoutError, match="outer"), time_limit(0.1, "outer"):
        sleep_in_parts()


@ON_LINUX
def test_threads_that_limit_memory_leave_no_limit_behind():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    first_is_in = Barrier(2)
    second_is_in = Barrier(2)

    def first():
        with memory_limit(1.0):
            first_is_in.wait()
            second_is_in.wait()

    thread = Thread(target=first)
    thread.start()
    first_is_in.wait()
    with memory_limit(2.0):
        second_is_in.wait()
        thread.join()
        assert resource.getrlimit(resource.RLIMIT_AS) != before
    assert resource.getrlimit(resource.RLIMIT_AS) == before
