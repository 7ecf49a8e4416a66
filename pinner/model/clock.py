"""The time that counts as now. A leaf."""

import os
import time
from collections.abc import Mapping

from pinner.model.errors import UsageError

VARIABLE = "PINNER_NOW"
# 2026-01-01T00:00:00Z: no ledger is older, and a machine that lost its clock starts in 1970. The other end, the year
# 9000, leaves room for the longest `min-age` in what `datetime` holds.
EARLIEST, LATEST = 1767225600, 221845392000


def seconds_now(environ: Mapping[str, str] = os.environ) -> float:
    """Return the seconds since 1970: those of PINNER_NOW where it is set, for tests and replays, else the clock's.

    Raises UsageError where PINNER_NOW is no number or before 2026.
    """
    text = environ.get(VARIABLE, "").strip()
    if not text:
        return time.time()
    try:
        return require_plausible(float(text), VARIABLE)
    except ValueError:
        raise UsageError(f"{VARIABLE}: seconds since 1970 are needed, a number, not {text[:40]!r}") from None


def require_plausible(seconds: float, source: str = "the clock of this machine") -> float:
    """Return `seconds`. Raise UsageError for a time before 2026, by which every age would be wrong."""
    if not EARLIEST <= seconds < LATEST:
        raise UsageError(f"{source} says a time before 2026 or after 8999, by which no age can be told: set it right")
    return seconds
