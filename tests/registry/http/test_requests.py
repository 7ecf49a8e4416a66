import asyncio
import errno
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from pinner.registry.errors import (
    ConnectFailed,
    ConnectTimedOut,
    Dropped,
    NameNotFound,
    NotTLS,
    RateLimited,
    RegistryError,
    Timeout,
    TLSFailure,
    TooLarge,
    Unreachable,
)
from pinner.registry.http.requests import SMALL, HTTPClient, Request, Response, rate_limited
from pinner.registry.http.retry import ATTEMPTS, delay_after, is_passing, retry_after
from pinner.registry.http.secret import Secret
from pinner.registry.settings import Timeouts
from tests.registry.stub import Body, FakeClock, StubNetwork, reply, settings

URL = httpx.URL("https://reg.example/v2/a/manifests/1")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Script:
    """Replies one after the other; the last for ever. An exception is raised."""

    def __init__(self, *replies: Callable[[], httpx.Response] | Exception) -> None:
        self._replies = list(replies)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        chosen = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(chosen, Exception):
            raise chosen
        return chosen()


def answers(*statuses: int, **fields: str) -> Script:
    return Script(*(lambda status=status: reply(status, fields) for status in statuses))


class Run:
    """A wire on a scripted network. `send` asks one question or several at once."""

    def __init__(self, handler: Callable[[httpx.Request], httpx.Response], **changes: Any) -> None:
        self.network = StubNetwork(handler)
        self.clock = FakeClock()
        self.settings = settings(**changes)

    def send(self, *questions: Request) -> list[Any]:
        async def run() -> list[Any]:
            wire = HTTPClient(self.settings, self.network, self.clock)
            try:
                return await asyncio.gather(*map(wire.send, questions), return_exceptions=True)
            finally:
                await wire.close()

        return asyncio.run(run())

    def one(self, question: Request | None = None) -> Any:
        return self.send(question or get())[0]


def get(url: httpx.URL = URL, **changes: Any) -> Request:
    return Request("GET", url, "application/json", **changes)


def many(count: int) -> list[Request]:
    return [get(URL.join(f"/v2/a/manifests/{number}")) for number in range(count)]


def test_what_is_sent() -> None:
    run = Run(answers(200))
    run.one(get(authorization=Secret("Bearer t")))
    [request] = run.network.requests
    assert dict(request.headers) == {
        "host": "reg.example",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "pinner",
        "authorization": "Bearer t",
    }
    assert request.extensions["timeout"] == {"connect": 5.0}
    assert run.network.closed == 1


@pytest.mark.parametrize("host", ["reg.example", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"])
def test_a_near_host_gets_no_less_time_than_a_far_one(host: str) -> None:
    """A busy machine may pause a process for seconds, also while it connects to itself."""
    run = Run(answers(200), timeouts=Timeouts(connect=7))
    run.one(get(httpx.URL(f"https://{host}/v2/a/manifests/1")))
    assert run.network.requests[0].extensions["timeout"]["connect"] == 7


def test_a_request_without_retry_is_not_sent_again_when_the_connection_breaks() -> None:
    run = Run(Script(httpx.ReadError("no")))
    assert type(run.one(get(retry=False))) is Dropped
    assert len(run.network.requests) == 1
    assert Run(answers(503, 200)).one(get(retry=False)).status == 200


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("https://reg.example/v2/a/manifests/1", "GET https://reg.example/v2/a/manifests/1: 200"),
        ("http://[::1]:5000/v2/a/manifests/1", "GET http://[::1]:5000/v2/a/manifests/1: 200"),
        ("https://reg.example/x?X-Amz-Signature=hunter2", "GET https://reg.example/x: 200"),
        ("https://reg.example/%1b[31m\u202e", "GET https://reg.example/%1b[31m%E2%80%AE: 200"),
        (f"https://reg.example/{'x' * 9000}", f"GET https://reg.example/{'x' * 399}: 200"),
    ],
)
def test_every_request_is_told(url: str, line: str) -> None:
    lines: list[str] = []
    Run(answers(200), log=lines.append).one(get(httpx.URL(url)))
    assert lines == [line]


def test_a_form_is_posted() -> None:
    run = Run(answers(200))
    run.one(Request("POST", URL, "application/json", form={"refresh_token": Secret("a&b")}))
    assert run.network.requests[0].read() == b"refresh_token=a%26b"


def test_a_question_does_not_print_its_secrets() -> None:
    question = Request("POST", URL, "", authorization=Secret("hunter2"), form={"a": Secret("hunter2")})
    assert "hunter2" not in repr(question)


@pytest.mark.parametrize("status", [200, 204, 206, 301, 304, 400, 401, 403, 404, 405, 418, 501])
def test_answers_that_stand(status: int) -> None:
    run = Run(answers(status))
    assert run.one().status == status
    assert len(run.network.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_answers_that_may_pass(status: int) -> None:
    run = Run(answers(status, 200))
    assert run.one().status == 200
    assert len(run.network.requests) == 2
    assert is_passing(status)


@pytest.mark.parametrize("status", [408, 500, 503])
def test_answers_that_do_not_pass(status: int) -> None:
    run = Run(answers(status))
    assert str(run.one()) == f"reg.example answers {status}; try again later"
    assert len(run.network.requests) == ATTEMPTS
    assert 0 < sum(run.clock.slept) < 10


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"errors": [{"code": "UNAVAILABLE", "message": "hunter2"}]}', " UNAVAILABLE"),
        *(
            (body, "")
            for body in [b'{"errors": [{"code": "hunter2"}]}', b'{"errors": []}', b"[" * 9999, b"<html>", b""]
        ),
    ],
)
def test_an_error_code_of_the_specification_is_told(body: bytes, code: str) -> None:
    run = Run(lambda request: reply(503, {}, body))
    assert str(run.one()) == f"reg.example answers 503{code}; try again later"


PROBLEMS: list[tuple[Exception, type[RegistryError], int]] = [
    (httpx.ConnectError("no"), ConnectFailed, 2),
    (httpx.ConnectTimeout("no"), ConnectTimedOut, 2),
    (httpx.ReadError("no"), Dropped, ATTEMPTS),
    (httpx.WriteError("no"), Dropped, ATTEMPTS),
    (httpx.RemoteProtocolError("no"), Dropped, ATTEMPTS),
    (httpx.LocalProtocolError("no"), Dropped, ATTEMPTS),
    (httpx.ProxyError("407"), ConnectFailed, 2),
    (ConnectionResetError("no"), Dropped, ATTEMPTS),
    (NameNotFound("no"), NameNotFound, 1),
    (TLSFailure("no"), TLSFailure, 1),
]


@pytest.mark.parametrize(("problem", "expected", "attempts"), PROBLEMS)
def test_transport_errors(problem: Exception, expected: type[RegistryError], attempts: int) -> None:
    run = Run(Script(problem))
    error = run.one()
    assert type(error) is expected
    assert len(run.network.requests) == attempts


@pytest.mark.parametrize("problem", [httpx.ConnectError("x"), httpx.ReadError("x"), httpx.ConnectTimeout("x")])
def test_transport_errors_that_pass(problem: Exception) -> None:
    assert Run(Script(problem, reply)).one().status == 200


def caused(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError("x")
    error.__cause__ = OSError("y")
    error.__cause__.__context__ = cause
    return error


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_a_limit_of_open_files_is_no_fault_of_the_host(number: int) -> None:
    error = Run(Script(caused(OSError(number, "Too many open files")))).one()
    assert type(error) is ConnectFailed
    assert "ulimit -n" in error.detail
    assert "reg.example" not in error.detail


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "x")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("cause", "expected", "words"),
    [
        (ssl.SSLCertVerificationError(1, "self-signed"), TLSFailure, "--ca-file"),
        (ssl_error("WRONG_VERSION_NUMBER"), NotTLS, "--insecure reg.example"),
        (ssl.SSLEOFError(8, "EOF"), NotTLS, "does not speak TLS"),
        (ssl_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"), TLSFailure, "into /etc/docker/certs.d/reg.example as client."),
        (ssl_error("SSLV3_ALERT_BAD_CERTIFICATE"), TLSFailure, "certs.d"),
        (ssl_error("TLSV1_ALERT_UNKNOWN_CA"), TLSFailure, "certs.d"),
        (ssl_error("SSLV3_ALERT_HANDSHAKE_FAILURE"), TLSFailure, "check its TLS settings"),
        (ssl_error("NO_PROTOCOLS_AVAILABLE"), TLSFailure, "NO_PROTOCOLS_AVAILABLE"),
        (OSError(errno.EMFILE, "Too many open files"), ConnectFailed, "ulimit -n"),
    ],
)
def test_causes_of_failed_connections(cause: OSError, expected: type[RegistryError], words: str) -> None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        cause.verify_message = "self-signed certificate"
    error = Run(Script(caused(cause))).one()
    assert type(error) is expected
    assert words in error.detail


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (" 17 ", 17),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("99999999999999999999", 999999999),
        *((odd, None) for odd in ["0", "", "soon", "-1", "1.5", "١٢", "Thu, 99 Foo 2026", "Thu, 01 Jan 2026 00:01:00"]),
        ("Wed, 31 Dec 2025 23:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_retry_after_is_honoured() -> None:
    run = Run(Script(lambda: reply(503, {"retry-after": "20"}), reply))
    assert run.one().status == 200
    assert sum(run.clock.slept) == pytest.approx(20)


def test_too_long_a_wait_is_not_waited() -> None:
    run = Run(answers(429, **{"retry-after": "61"}))
    assert isinstance(run.one(), RateLimited)
    assert run.clock.slept == []


def test_a_429_pauses_the_host_for_all() -> None:
    run = Run(Script(lambda: reply(429, {"retry-after": "30"}), reply), jobs_per_host=1)
    results = run.send(*many(5))
    assert [each.status for each in results] == [200] * 5
    assert len(run.network.requests) == 6
    assert run.clock.seconds >= 1030


def test_a_host_without_patience_is_left_alone() -> None:
    run = Run(answers(429, **{"retry-after": "3600"}), jobs_per_host=1)
    results = run.send(*many(5))
    assert all(isinstance(each, RateLimited) for each in results)
    assert len(run.network.requests) == 1
    assert "3600 s" in results[0].detail


def test_the_limit_of_docker_hub_is_told() -> None:
    fields = {"retry-after": "600", "ratelimit-limit": "100;w=21600"}
    error = rate_limited(Response(URL, 429, httpx.Headers(fields), b""))
    assert "its limit is 100 pulls in 6 hours" in error.detail
    assert error.detail.endswith("try again after 600 s")
    for odd in ("9" * 400, "-1", "1.5", "soon"):
        assert rate_limited(Response(URL, 429, httpx.Headers({"retry-after": odd}), b"")).detail.endswith("again later")


def test_a_host_that_cannot_be_reached_is_asked_no_more() -> None:
    run = Run(Script(httpx.ConnectError("no")), jobs_per_host=1)
    results = run.send(*many(100))
    assert all(isinstance(each, ConnectFailed) for each in results)
    assert len(run.network.requests) == 2


def test_a_host_that_is_always_silent_is_given_up() -> None:
    run = Run(Script(httpx.ConnectTimeout("no")), jobs_per_host=1)
    assert all(isinstance(each, Timeout) for each in run.send(*many(20)))
    assert len(run.network.requests) == 2


def test_one_that_breaks_every_connection_alone_does_not_end_its_host() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/3"):
            raise httpx.ReadError("no")
        return reply()

    kinds = [type(each) for each in Run(handler).send(*many(60))]
    assert kinds == [Response] * 3 + [Dropped] + [Response] * 56


def test_one_host_does_not_stop_another() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "down.example":
            raise httpx.ConnectError("no")
        return reply()

    down, up = Run(handler).send(get(httpx.URL("https://down.example/")), get())
    assert isinstance(down, ConnectFailed)
    assert up.status == 200


@pytest.mark.parametrize(
    ("jobs", "per_host", "most"), [(16, 16, 16), (16, 8, 8), (4, 8, 4), (16, 1, 1), (100, 100, 16)]
)
def test_requests_in_flight_to_one_host(jobs: int, per_host: int, most: int) -> None:
    run = Run(answers(200), jobs=jobs, jobs_per_host=per_host)
    run.send(*many(50))
    assert run.network.most == most


def test_requests_in_flight_in_all() -> None:
    run = Run(answers(200))
    run.send(*(get(httpx.URL(f"https://h{number % 5}.example/{number}")) for number in range(100)))
    assert run.network.most == 16


def test_an_overall_time_out() -> None:
    class Slow(Body):
        async def __aiter__(self) -> Any:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    run = Run(lambda request: httpx.Response(200, stream=Slow()), timeouts=Timeouts(overall=0.05))
    error = run.one()
    assert isinstance(error, Timeout)
    assert "0.05 s" in error.detail


def bodied(status: int, *pieces: bytes, **fields: str) -> tuple[Body, Callable[[httpx.Request], httpx.Response]]:
    body = Body(*pieces)
    return body, lambda request: httpx.Response(status, headers=fields, stream=body)


def test_a_body_is_read_to_its_limit() -> None:
    body, handler = bodied(200, *[b"x" * 1000] * 100)
    error = Run(handler).one(get(limit=2500))
    assert isinstance(error, TooLarge)
    assert body.sent == 3
    assert body.closed


def test_a_body_that_announces_too_much_is_not_read() -> None:
    body, handler = bodied(200, b"x", **{"content-length": "2501"})
    assert isinstance(Run(handler).one(get(limit=2500)), TooLarge)
    assert body.sent == 0


def test_a_body_of_just_the_limit() -> None:
    _, handler = bodied(200, b"x" * 2500)
    assert Run(handler).one(get(limit=2500)).body == b"x" * 2500


def test_an_error_document_is_cut() -> None:
    body, handler = bodied(404, *[b"x" * 40_000] * 100)
    assert len(Run(handler).one().body) == SMALL
    assert body.sent == 2


def test_nothing_is_decoded() -> None:
    _, handler = bodied(200, b"\x1f\x8bnot gzip", **{"content-encoding": "gzip"})
    answer = Run(handler).one()
    assert answer.body == b"\x1f\x8bnot gzip"
    assert answer.is_encoded


def test_head_may_announce_anything() -> None:
    _, handler = bodied(200, **{"content-length": "999999999999"})
    assert Run(handler).one(Request("HEAD", URL, "")).status == 200


@pytest.mark.parametrize(
    ("value", "expected"),
    [("text/HTML; charset=utf-8", "text/html"), ("", ""), (";", ""), (" a/b ", "a/b")],
)
def test_content_type(value: str, expected: str) -> None:
    assert Response(URL, 200, httpx.Headers({"content-type": value}), b"").content_type == expected


def test_delays_are_bounded() -> None:
    for failures in range(1, ATTEMPTS + 1):
        for error in (ConnectFailed("x"), Dropped("x"), Timeout("x"), Unreachable("x")):
            assert (delay_after(error, failures) or 0) < 5
    assert delay_after(Dropped("x"), ATTEMPTS) is None
