"""How many requests one host gets at once, how fast, and when it is given up."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pinner.registry.errors import RegistryError

# Requests in flight to one host, however many are allowed in all.
MOST = 16
# Seconds without any success after which a host is given up, and the longest wait of its own asking beyond them.
WITHOUT_SUCCESS = 20.0
LONGEST_WAIT = 60.0

# Seconds that a request may queue at a host of one connection at a time, by what its first answer took; and the
# seconds up to which an answer is quick, however much quicker others were.
_QUEUE, _QUICK = 4.0, 1.0
# Seconds between requests: after the first 429, at most, and below which they are not worth keeping.
_FIRST_INTERVAL, _LONGEST_INTERVAL, _NO_INTERVAL = 0.2, 5.0, 0.01
_FASTER = 0.95
# So many successes since the last 429 show what the host lets through.
_MEASURABLE = 3
# Files that are open beside connections: the streams, the event loop, look-ups, what is read meanwhile.
_OTHER_FILES = 24
# A pause is slept in pieces, so that a host that is given up meanwhile keeps nobody.
_PIECE = 1.0


def most_connections(jobs: int) -> int:
    """Return how many connections there may be: `jobs`, or what the limit of open files leaves after all else."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return jobs
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return jobs if limit == resource.RLIM_INFINITY else max(1, min(jobs, (limit - _OTHER_FILES) // 2))


class Clock:
    """Time, so that tests need not wait."""

    def now(self) -> float:
        """Return seconds from some start, never backwards."""
        return time.monotonic()

    def wall(self) -> datetime:
        """Return the time of day."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Host:
    """What a run knows of one origin: how many requests it takes at once, how fast, and whether it is given up.

    The first request goes alone, until it succeeds; a success is any answer but 408, 429 and those of 5xx. How many
    then go at once depends on how long it took. A 429 halves the requests at once and spaces them, a time-out halves
    them, each quick success takes some of that back. `given_up` is why nothing is asked any more, the same for all.
    """

    def __init__(self, jobs: int, clock: Clock) -> None:
        self.given_up: RegistryError | None = None
        self.successes = 0
        self._clock = clock
        self._succeeded = -math.inf
        self._succeeded_in_loop = -math.inf
        self._quickest = math.inf
        self._most = self._allowed = min(jobs, MOST)
        self._slots = asyncio.Semaphore(1)
        self._size = 1
        self._surplus = 0
        self._order = asyncio.Lock()
        self._resumes = 0.0
        self._paused = -1.0
        self._interval = 0.0
        self._slowed = -1.0
        self._measured_from = 0.0
        self._let_through = 0
        self._deadline: float | None = None
        self._wait_granted = False

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the requests at once, from its first try to its last: a host that is down is seen soon."""
        await self._slots.acquire()
        try:
            yield
        finally:
            self._release()

    async def ready(self) -> float:
        """Wait for the turn of one try, and return the time. Raises `given_up`."""
        async with self._order:
            while not self.given_up and (wait := self._resumes - self._clock.now()) > 0:
                await self._clock.sleep(min(wait, _PIECE))
            if self.given_up:
                raise self.given_up
            now = self._clock.now()
            self._resumes = now + self._interval
            return now

    @asynccontextmanager
    async def time_limit(self, seconds: float) -> AsyncIterator[None]:
        """End what takes so many seconds from its start or the host's last success: raises TimeoutError.

        A server of one connection at a time lets requests wait while it answers others, which is no silence.
        """
        loop = asyncio.get_running_loop()
        start = loop.time()
        timer: asyncio.TimerHandle

        def end() -> None:
            # Asked when the time is over, not changed by every success: of those there are many more than time-outs.
            nonlocal timer
            due = max(start, self._succeeded_in_loop) + seconds
            if due <= loop.time():
                limit.reschedule(due)
            else:
                timer = loop.call_at(due, end)

        timer = loop.call_at(start + seconds, end)
        try:
            async with asyncio.timeout(None) as limit:
                yield
        finally:
            timer.cancel()

    def succeeded(self, sent: float) -> None:
        """Note the answer to what was sent at `sent`: all who wait may wait anew, and a little more may be asked."""
        self._succeeded = now = self._clock.now()
        self.successes += 1
        self._let_through += 1
        self._deadline = None
        self._succeeded_in_loop = asyncio.get_running_loop().time()
        took = now - sent
        self._quickest = min(self._quickest, took)
        if self.successes == 1:
            self._allowed = min(self._allowed, max(1, int(_QUEUE / max(took, 0.001))))
        elif took <= max(_QUICK, 2 * self._quickest):
            self._allowed = min(self._most, self._allowed + 1)
        self._interval = self._interval * _FASTER if self._interval > _NO_INTERVAL else 0.0
        self._resize(self._allowed)

    def failed(self, sent: float) -> None:
        """Note that what was sent at `sent` had no success: the host has 20 seconds from then or its last success."""
        if self._deadline is None:
            self._deadline = max(sent, self._succeeded) + WITHOUT_SUCCESS

    def timed_out(self, sent: float) -> bool:
        """Return whether what was sent at `sent` only came too late: the host has answered others since.

        It then gets half the requests at once.
        """
        if self._succeeded <= sent:
            return False
        if sent >= self._slowed:
            self._slowed = self._clock.now()
            self._halve()
        return True

    def slow_down(self, error: RegistryError, sent: float, asked: float | None) -> None:
        """Note a 429 to what was sent at `sent`, with the seconds that the host asks to wait.

        The answers to all that was under way when the pace was last changed say the same once more.
        """
        if sent < self._slowed and (asked or 0) <= LONGEST_WAIT:
            return
        now = self._slowed = self._clock.now()
        self._halve()
        if self._interval and self._let_through >= _MEASURABLE:
            self._interval = (now - self._measured_from) / self._let_through
        else:
            self._interval = max(2 * self._interval, _FIRST_INTERVAL)
        self._interval = min(self._interval, _LONGEST_INTERVAL)
        self.pause(error, asked or self._interval, sent, is_asked=asked is not None)
        self._measured_from, self._let_through = self._resumes, 0

    def pause(self, error: RegistryError, seconds: float, sent: float, *, is_asked: bool) -> None:
        """Let nothing be asked for so long, or give the host up where that is too long.

        What was sent before the last pause began has led to that one already.
        """
        if sent < self._paused and seconds <= LONGEST_WAIT:
            return
        if self.may_wait(seconds, is_asked=is_asked):
            self._paused = self._clock.now()
            self._resumes = max(self._resumes, self._paused + seconds)
        else:
            self.give_up(error)

    def may_wait(self, seconds: float, *, is_asked: bool = False) -> bool:
        """Return whether a try after so many seconds is in time.

        A wait of up to a minute is granted once in a run where the host itself asks for it.
        """
        end = self._clock.now() + seconds
        if is_asked and seconds > LONGEST_WAIT:
            return False
        if self._deadline is None or end <= self._deadline:
            return True
        if is_asked and not self._wait_granted:
            self._wait_granted, self._deadline = True, end
            return True
        return False

    def give_up(self, error: RegistryError) -> None:
        """Let nothing be asked any more; whoever waits gets the same error."""
        self.given_up = self.given_up or error

    def _halve(self) -> None:
        self._allowed = max(1, self._allowed // 2)
        self._resize(min(self._size, self._allowed))

    def _resize(self, size: int) -> None:
        """Allow `size` requests at once. What is above that under way comes to its end."""
        change = size - self._size
        self._size = size
        self._surplus += max(0, -change)
        for _ in range(change):
            self._release()

    def _release(self) -> None:
        if self._surplus:
            self._surplus -= 1
        else:
            self._slots.release()
