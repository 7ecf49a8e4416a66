"""The pace at which a host is asked, and when it is given up, in a time that costs nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pinner.registry.errors import RateLimited, RegistryError, Timeout, Unreachable
from pinner.registry.http import retry
from pinner.registry.http.limits import Clock, most_connections
from pinner.registry.http.requests import HTTPClient, Request, Response
from pinner.registry.settings import Timeouts
from tests.registry.stub import reply, settings
from tests.support import virtual_time

LATENCY = 0.05
Handler = Callable[[float, httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _whole_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long each time: with jitter a run in ten takes a round more."""
    monkeypatch.setattr(retry, "_jitter", lambda seconds: seconds)


class LoopClock(Clock):
    def now(self) -> float:
        return asyncio.get_running_loop().time()


class Host(httpx.AsyncBaseTransport):
    """Answers by `handler`, which is told the time, after LATENCY. Knows when it was asked, and how often at once.

    With `spread` each answer takes longer by so much than the one before, sixteen times.
    """

    def __init__(self, handler: Handler, spread: float = 0) -> None:
        self.latency: Callable[[int], float] = lambda number: LATENCY
        self.asked: list[float] = []
        self.most = 0
        self._spread = spread
        self._handler = handler
        self._flying = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(asyncio.get_running_loop().time())
        self._flying += 1
        self.most = max(self.most, self._flying)
        try:
            await asyncio.sleep(self.latency(len(self.asked)) + len(self.asked) % 16 * self._spread)
            return self._handler(asyncio.get_running_loop().time(), request)
        finally:
            self._flying -= 1


def send(host: httpx.AsyncBaseTransport, count: int, **changes: Any) -> tuple[list[Any], float]:
    """The outcomes of `count` requests, errors as values, and the seconds that they take."""

    async def work() -> list[Any]:
        wire = HTTPClient(settings(**changes), lambda origin: host, LoopClock())
        questions = [Request("HEAD", httpx.URL(f"https://reg.example/{each}"), "") for each in range(count)]
        return await asyncio.gather(*map(wire.send, questions), return_exceptions=True)

    return virtual_time.run(work())


def always(status: int, **fields: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return lambda now, request: reply(status, named)


class Bucket:
    """Lets `rate` requests through in a second, `burst` at once; refuses others, with Retry-After where it is given."""

    def __init__(self, rate: float, burst: int, retry_after: str | None = None) -> None:
        self.refused = 0
        self._rate, self._burst = rate, burst
        self._fields = {"retry-after": retry_after} if retry_after else {}
        self._tokens, self._filled = float(burst), 0.0

    def __call__(self, now: float, request: httpx.Request) -> httpx.Response:
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            self.refused += 1
            return reply(429, self._fields)
        self._tokens -= 1
        return reply()


@pytest.mark.parametrize("retry_after", [None, "1"])
@pytest.mark.parametrize(("rate", "burst"), [(1, 1), (1, 5), (2, 2), (3, 3), (5, 1), (5, 5), (10, 10), (50, 100)])
def test_a_throttled_host_answers_all_at_the_pace_that_it_lets_through(
    rate: float, burst: int, retry_after: str | None
) -> None:
    bucket = Bucket(rate, burst, retry_after)
    outcomes, seconds = send(Host(bucket), 60)
    assert [each.status for each in outcomes] == [200] * 60
    assert seconds < 2.2 * 60 / rate + 5
    assert bucket.refused < 40


def test_a_host_that_does_not_throttle_is_not_paced() -> None:
    host = Host(always(200))
    _, seconds = send(host, 200)
    assert seconds == pytest.approx(LATENCY * (1 + 13))
    assert host.most == 16


def test_the_first_request_goes_alone() -> None:
    host = Host(always(200))
    send(host, 5)
    assert sorted(host.asked) == pytest.approx([0, *[LATENCY] * 4])


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("count", "wait", "at_most"), [(16, 2, 25), (96, 3, 60), (1000, 1, 25), (5, 7, 30), (50, 19, 60)]
)
def test_a_host_that_asks_to_wait_for_ever_is_given_up(status: int, count: int, wait: int, at_most: float) -> None:
    host = Host(always(status, retry_after=str(wait)))
    outcomes, seconds = send(host, count)
    assert {type(each) for each in outcomes} == {RateLimited if status == 429 else Unreachable}
    assert len({each.detail for each in outcomes}) == 1
    assert seconds < at_most
    assert len(host.asked) < 30
    assert host.most == 1


@pytest.mark.parametrize(("status", "at_most"), [(429, 21), (500, 4)])
def test_a_host_that_fails_for_ever_is_given_up(status: int, at_most: float) -> None:
    host = Host(always(status))
    outcomes, seconds = send(host, 100)
    assert len({each.detail for each in outcomes}) == 1
    assert seconds < at_most
    assert len(host.asked) < 12


def then(wait: float, status: int, asked: str) -> Handler:
    """Answers `status` for so many seconds, and well after that."""
    return lambda now, request: reply(status, {"retry-after": asked}) if now < wait else reply()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("wait", "lasts", "granted"), [(25, 25, True), (60, 60, True), (60, 61, False), (25, 51, False), (61, 60, False)]
)
def test_one_wait_of_a_minute_is_granted(status: int, wait: int, lasts: float, granted: bool) -> None:
    outcomes, seconds = send(Host(then(lasts, status, str(wait))), 20)
    assert all(isinstance(each, Response) for each in outcomes) == granted
    assert seconds < wait + 5


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_of_all_that_is_under_way_is_one(status: int) -> None:
    def handler(now: float, request: httpx.Request) -> httpx.Response:
        return reply(status, {"retry-after": "30"}) if 1 < now < 25 else reply()

    outcomes, seconds = send(Host(handler, spread=0.001), 1000)
    assert all(isinstance(each, Response) for each in outcomes)
    assert seconds < 60 + 1000 / 5


def test_a_second_long_wait_is_not_granted() -> None:
    def handler(now: float, request: httpx.Request) -> httpx.Response:
        return reply() if 30 < now < 35 else reply(429, {"retry-after": "30"})

    outcomes, seconds = send(Host(handler), 1000, jobs=1)
    assert isinstance(outcomes[0], Response)
    assert isinstance(outcomes[-1], RateLimited)
    assert seconds < 40


@pytest.mark.parametrize("status", [429, 503])
def test_too_long_a_wait_ends_it_at_once(status: int) -> None:
    host = Host(always(status, retry_after="61"))
    outcomes, seconds = send(host, 20)
    assert all(isinstance(each, RegistryError) for each in outcomes)
    assert len(host.asked) == 1
    assert seconds == pytest.approx(LATENCY)


def test_one_image_that_cannot_be_had_does_not_spoil_a_host_that_answers() -> None:
    def handler(now: float, request: httpx.Request) -> httpx.Response:
        return reply(500 if request.url.path == "/7" else 200)

    outcomes, _ = send(Host(handler), 400)
    assert [each for each in range(400) if isinstance(outcomes[each], Unreachable)] == [7]


def test_a_host_that_goes_down_meanwhile_is_given_up_for_the_rest() -> None:
    host = Host(lambda now, request: reply(200 if now < 1 else 502))
    outcomes, seconds = send(host, 1000)
    assert 100 < sum(isinstance(each, Response) for each in outcomes) < 500
    assert len({each.detail for each in outcomes if isinstance(each, Unreachable)}) == 1
    assert seconds < 6


class Silent(httpx.AsyncBaseTransport):
    """Takes requests, or with `deaf` not even connections, and says nothing before the client's time-out."""

    def __init__(self, *, deaf: bool) -> None:
        self.waited: list[float] = []
        self._deaf = deaf

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        start = asyncio.get_running_loop().time()
        try:
            await asyncio.sleep(request.extensions["timeout"]["connect"] if self._deaf else 1000)
            raise httpx.ConnectTimeout("x")
        finally:
            self.waited.append(round(asyncio.get_running_loop().time() - start, 3))


@pytest.mark.parametrize(
    ("deaf", "seconds", "waited", "said"),
    [
        (False, 15, [15, 10], "in 15 s, nor in 10 s when asked again"),
        (True, 15, [5, 10], "in 5 s, nor in 10 s when asked again"),
        (False, 60, [60], "in 60 s;"),
        (True, 60, [5, 10], "in 5 s, nor in 10 s when asked again"),
        (True, 3, [3, 3], "in 3 s;"),
        (False, 3, [3, 3], "in 3 s;"),
    ],
)
def test_a_silent_host_is_given_up_after_two_tries(deaf: bool, seconds: float, waited: list[float], said: str) -> None:
    silent = Silent(deaf=deaf)
    outcomes, passed = send(silent, 100, timeouts=Timeouts(overall=seconds))
    assert silent.waited == waited
    assert passed < sum(waited) + 1
    assert {type(each) for each in outcomes} <= {Timeout, *Timeout.__subclasses__()}
    assert len({each.detail for each in outcomes}) == 1
    assert said in outcomes[0].detail


class OneAtATime(httpx.AsyncBaseTransport):
    """Answers one request after the other, also those that nobody waits for any more; `takes` says how long the nth.

    Where more than `backlog` wait, no further connection comes about.
    """

    def __init__(self, takes: Callable[[int], float], backlog: int = 1000) -> None:
        self.answered = 0
        self.given_up = 0
        self._takes = takes
        self._backlog = backlog
        self._free_at = 0.0
        self._queue = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        loop = asyncio.get_running_loop()
        end = loop.time() + request.extensions["timeout"]["connect"]
        while self._queue > self._backlog:
            if loop.time() >= end:
                raise httpx.ConnectTimeout("x")
            await asyncio.sleep(1)
        self.answered += 1
        self._free_at = max(self._free_at, loop.time()) + self._takes(self.answered)
        self._queue += 1
        loop.call_at(self._free_at, self._done)
        try:
            await asyncio.sleep(self._free_at - loop.time())
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return reply()

    def _done(self) -> None:
        self._queue -= 1


@pytest.mark.parametrize("backlog", [1000, 5])
@pytest.mark.parametrize("seconds", [0.1, 0.3, 1, 2, 3, 5, 9, 14])
def test_a_slow_host_of_one_connection_at_a_time_answers_all(seconds: float, backlog: int) -> None:
    host = OneAtATime(lambda number: seconds, backlog)
    outcomes, passed = send(host, 60)
    assert [each.status for each in outcomes] == [200] * 60
    assert host.answered == 60
    assert passed == pytest.approx(60 * seconds, rel=0.05)


@pytest.mark.parametrize("quick", [1, 30])
@pytest.mark.parametrize(
    ("seconds", "backlog"), [(1, 1000), (2, 1000), (5, 1000), (14, 1000), (1, 5), (1, 1), (2, 5), (4, 1)]
)
def test_a_host_that_becomes_slow_answers_all(quick: int, seconds: float, backlog: int) -> None:
    host = OneAtATime(lambda number: 0.01 if number <= quick else seconds, backlog)
    outcomes, _ = send(host, 60)
    assert [each.status for each in outcomes] == [200] * 60
    assert host.given_up == 0


def test_a_host_of_slow_answers_gets_many_requests_at_once_all_the_same() -> None:
    host = Host(always(200), spread=0)
    host.latency = lambda number: 3
    _, seconds = send(host, 100)
    assert host.most == 16
    assert seconds < 3 * (1 + 100 / 16 + 5)


def test_a_host_that_falls_silent_is_given_up() -> None:
    host = Host(always(200))
    host.latency = lambda number: LATENCY if number < 50 else 1000
    outcomes, seconds = send(host, 100)
    assert [type(each) for each in outcomes] == [Response] * 49 + [Timeout] * 51
    assert len({each.detail for each in outcomes[49:]}) == 1
    assert seconds < 35


def test_one_image_that_is_never_answered_does_not_spoil_a_host_that_answers() -> None:
    host = Host(always(200))
    host.latency = lambda number: 1000 if number in (7, *range(401, 500)) else LATENCY
    outcomes, seconds = send(host, 400)
    assert [each for each in range(400) if isinstance(outcomes[each], Timeout)] == [6]
    assert seconds < 40


@pytest.mark.parametrize("lets_in", [1, 3])
def test_connections_that_do_not_come_about_in_time_are_tried_again_while_others_are_answered(lets_in: int) -> None:
    host = OneAtATime(lambda number: 0.01 if number == 1 else 2, lets_in)
    outcomes, _ = send(host, 40)
    assert [each.status for each in outcomes] == [200] * 40


def test_a_host_given_up_during_a_pause_keeps_nobody() -> None:
    """Of two answers under way the second asks for an hour."""
    asked = iter(["0", "40", "3600"])

    def handler(now: float, request: httpx.Request) -> httpx.Response:
        wait = next(asked)
        return reply(429, {"retry-after": wait}) if wait != "0" else reply()

    outcomes, seconds = send(Host(handler), 3)
    assert [type(each) for each in outcomes] == [Response, RateLimited, RateLimited]
    assert seconds < 2


@pytest.mark.parametrize(
    ("limit", "jobs", "expected"), [(1024, 16, 16), (64, 16, 16), (48, 16, 12), (20, 16, 1), (-1, 9, 9)]
)
def test_connections_leave_files_for_all_else(
    limit: int, jobs: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (limit, limit))
    assert most_connections(jobs) == expected
