"""A reader that ends its worker where the name of a file asks for it: workers import it by its name."""

from __future__ import annotations

import os
import signal

from domains.events.files import sides

read_case = sides.read_case


def read_or_die(payload):
    """Read a file as the field does, unless it is called "deadly"."""
    if "deadly" in payload["path"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return read_case(payload)
