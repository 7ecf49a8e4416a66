"""When to ask again, and how long to wait before."""

import random
from datetime import datetime
from email.utils import parsedate_to_datetime

from pinner.registry.errors import (
    ConnectFailed,
    ConnectTimedOut,
    Dropped,
    NameNotFound,
    RateLimited,
    RegistryError,
    Timeout,
    Unreachable,
)
from pinner.registry.http.limits import Host
from pinner.registry.settings import Timeouts

ATTEMPTS = 4
# Seconds that the second try waits for a host that was silent to the first.
SECOND_TRY = 10.0
_FIRST_DELAY = 0.4
# A failed attempt to connect costs little and rarely heals: a hundred images without a network must fail fast.
_CONNECT_DELAY = 0.1
# HEAD is a method that every server must know (RFC 9110 section 9.1); 501 says that this one never will.
_NOT_IMPLEMENTED = 501


def is_passing(status: int) -> bool:
    """Return whether an answer with this status may be better next time."""
    return status in (408, 429) or (status >= 500 and status != _NOT_IMPLEMENTED)


def delay_after(error: RegistryError, failures: int, *, retry: bool = True) -> float | None:
    """Return the seconds to wait after so many tries failed, the last with `error`; None where that is final.

    Without `retry` a connection that does not come about in time, or that breaks, is not tried again.
    """
    match error:
        case NameNotFound():
            return None
        case ConnectFailed() if failures < 2:
            return _jitter(_CONNECT_DELAY)
        case ConnectFailed():
            return None
        case ConnectTimedOut() | Dropped() if not retry:
            return None
        case Timeout() if failures < 2:
            return _jitter(_FIRST_DELAY)
        case Unreachable() if failures < ATTEMPTS:
            return _jitter(_FIRST_DELAY * 2.0 ** (failures - 1))
    return None


def _jitter(seconds: float) -> float:
    """Return a little less than `seconds`, so that clients do not return all at once."""
    return random.uniform(0.5, 1) * seconds  # noqa: S311, jitter is no secret


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After field asks for (RFC 9110 section 10.2.3), None where it asks for none."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9]) or None
    try:
        seconds = (parsedate_to_datetime(value) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


class Tries:
    """The tries of one request at one host: whether there is a next one, and when."""

    def __init__(self, host: Host, *, retry: bool) -> None:
        self._host = host
        self._retry = retry
        self._last: RegistryError | None = None
        self._failures = 0
        self._successes = 0

    def seconds(self, timeouts: Timeouts) -> Timeouts:
        """Return the time-outs of the next try: shorter where the first request to a host timed out before."""
        if self._host.successes:
            return timeouts
        match self._last:
            case ConnectTimedOut():
                return timeouts._replace(connect=SECOND_TRY)
            case Timeout():
                return timeouts._replace(overall=min(SECOND_TRY, timeouts.overall))
        return timeouts

    def delay(self, error: RegistryError, sent: float, asked: float | None = None) -> float:
        """Return the seconds until the next try, now that the one of the time `sent` came to `error`.

        `asked` is the wait that the host asks for. Raises `error` where it is final, and where the host is given
        up what it was given up for.
        """
        self._last = error
        self._host.failed(sent)
        delay = 0.0
        if isinstance(error, RateLimited):
            self._host.slow_down(error, sent, asked)
        elif isinstance(error, Timeout) and self._host.timed_out(sent):
            delay = _jitter(_FIRST_DELAY)  # as often as it takes: the host does answer
        else:
            delay = self._delay(error, sent, asked)
        if self._host.given_up:
            raise self._host.given_up
        return delay

    def _delay(self, error: RegistryError, sent: float, asked: float | None) -> float:
        self._failures += 1
        if self._failures == 1:
            self._successes = self._host.successes
        delay = delay_after(error, self._failures, retry=self._retry)
        if delay is None:
            if self._ends_host(error):
                self._host.give_up(error)
            raise self._host.given_up or error
        if asked:
            self._host.pause(error, asked, sent, is_asked=True)
            return 0.0
        if not self._host.may_wait(delay):
            self._host.give_up(error)
        return delay

    def _ends_host(self, error: RegistryError) -> bool:
        """Return whether a failure that is final for one request is so for its host: not with a success meanwhile."""
        if isinstance(error, Dropped) and not self._retry:
            return False
        if not self._host.may_wait(0):
            return True
        if isinstance(error, Timeout):
            return self._host.successes == 0
        return self._host.successes == self._successes
