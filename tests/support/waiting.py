"""Waiting for what another process does in its own time."""

import time
from collections.abc import Callable

_SECONDS = 30


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes true within half a minute."""
    deadline = time.monotonic() + _SECONDS
    while not (reached := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return reached
