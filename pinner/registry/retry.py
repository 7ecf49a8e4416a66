"""When to ask again, and how long to wait before."""

import random
from datetime import datetime
from email.utils import parsedate_to_datetime

from pinner.registry.errors import ConnectFailed, Dropped, NameNotFound, RegistryError, Timeout

ATTEMPTS = 4
PATIENCE = 60.0
_FIRST_DELAY = 0.4
# A failed attempt to connect costs little and rarely heals: a hundred images without a network must fail fast.
_CONNECT_DELAY = 0.1
# HEAD is a method that every server must know (RFC 9110 section 9.1); 501 says that this one never will.
_NOT_IMPLEMENTED = 501


def is_passing(status: int) -> bool:
    """Whether an answer with this status may be better next time."""
    return status in (408, 429) or (status >= 500 and status != _NOT_IMPLEMENTED)


def delay_after(error: RegistryError, attempt: int) -> float | None:
    """Seconds to wait after `attempt` (from 0) failed, or None where it is final."""
    match error:
        case NameNotFound():
            return None
        case ConnectFailed() if attempt < 1:
            return random.uniform(0.5, 1) * _CONNECT_DELAY  # noqa: S311, jitter is no secret
        case Dropped() if attempt < ATTEMPTS - 1:
            return backoff(attempt)
        case Timeout() if attempt < 1 and type(error) is Timeout:
            return backoff(attempt)
    return None


def backoff(attempt: int) -> float:
    """Seconds: doubled with every attempt, with jitter so that clients do not return all at once."""
    return random.uniform(0.5, 1) * _FIRST_DELAY * 2.0**attempt  # noqa: S311, jitter is no secret


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After field asks for (RFC 9110 section 10.2.3), or None where it says nothing usable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
        return max(0.0, (date - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
