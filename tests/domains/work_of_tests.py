"""What the cases of the jobs in tests do: workers import it by its name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from domains._batch import CaseError


def work(payload):
    """Do what the payload says; a number is returned with its square."""
    match payload:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            sys.exit("goodbye")
        case "raise":
            raise IndexError("index 3 is out of bounds\nfor axis 0")
        case "fail":
            raise CaseError("no such label", side="prediction")
        case "recurse":
            return work(payload)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "sleep":
            time.sleep(60)
        case "hog":
            return len(bytearray(2**32))
        case "long":
            return "x" * 100_000
        case {"die": "once", "mark": mark}:
            if not Path(mark).exists():
                Path(mark).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return "survived"
        case {"read": path}:
            return Path(path).read_text()
        case {"pause": seconds, "value": value}:
            time.sleep(seconds)
            return value
        case float() | int():
            return [payload, payload**2]
    return None
