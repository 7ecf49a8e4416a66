"""How much is asked of one host at once, and when it is left alone."""

import asyncio
import time
from datetime import UTC, datetime

from pinner.registry.errors import (
    ConnectFailed,
    ConnectTimedOut,
    Dropped,
    RateLimited,
    RegistryError,
    Timeout,
    TLSFailure,
)

# So many requests that fail in a row, each after its retries, and the host counts as down.
PATIENT_FAILURES = 3


class Clock:
    """Time, so that tests need not wait."""

    def now(self) -> float:
        """Seconds from some start, never backwards."""
        return time.monotonic()

    def wall(self) -> datetime:
        """The time of day."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Host:
    """What a run knows of one origin."""

    def __init__(self, jobs: int, clock: Clock) -> None:
        self.slots = asyncio.Semaphore(jobs)
        self._clock = clock
        self._resumes = 0.0
        self._down: RegistryError | None = None
        self._failures = 0

    def pause(self, seconds: float) -> None:
        """Let no task ask for a while."""
        self._resumes = max(self._resumes, self._clock.now() + seconds)

    @property
    def paused(self) -> bool:
        """Whether a pause is on."""
        return self._resumes > self._clock.now()

    async def ready(self) -> None:
        """Wait for the end of a pause. Raises what brought the host down, if it is down."""
        while not self._down and self.paused:
            await self._clock.sleep(self._resumes - self._clock.now())
        if self._down:
            raise self._down

    def answered(self) -> None:
        """Note an answer of whatever kind."""
        self._failures = 0

    def failed(self, error: RegistryError) -> None:
        """Note a failure that retries did not heal. One failure to connect is enough to give a host up."""
        match error:
            case ConnectFailed() | ConnectTimedOut() | TLSFailure() | RateLimited():
                self._down = error
            case Dropped() | Timeout():
                self._failures += 1
                if self._failures >= PATIENT_FAILURES:
                    self._down = error
