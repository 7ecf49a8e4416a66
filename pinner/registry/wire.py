"""One question to one URL and its bounded answer: limits, time-outs, retries. No redirects, no authentication."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import httpx

from pinner.registry.connection import Connection
from pinner.registry.errors import (
    ConnectFailed,
    ConnectTimedOut,
    Dropped,
    RateLimited,
    RegistryError,
    Timeout,
    TooLarge,
    Unreachable,
)
from pinner.registry.limits import Clock, Host
from pinner.registry.retry import Tries, is_passing, retry_after
from pinner.registry.secret import Secret
from pinner.registry.settings import RegistrySettings, Timeouts
from pinner.registry.tls import tls_failure
from pinner.registry.transport import TransportFactory
from pinner.registry.urls import Origin

USER_AGENT = "pinner"
SMALL = 64 * 1024
_SHOWN = 400
_ERROR_CODES = frozenset(
    "BLOB_UNKNOWN DENIED MANIFEST_INVALID MANIFEST_UNKNOWN MANIFEST_UNVERIFIED NAME_INVALID NAME_UNKNOWN "
    "TAG_INVALID TOOMANYREQUESTS UNAUTHORIZED UNAVAILABLE UNKNOWN UNSUPPORTED".split()
)
_LIMIT = re.compile(r"([0-9]{1,9});w=([0-9]{1,9})")


class Question(NamedTuple):
    """A request. `limit` bounds the body of a 200, in bytes; any other answer is read to 64 KiB and no further.

    Without `patient` a connection that breaks is not tried again.
    """

    method: str
    url: httpx.URL
    accept: str
    limit: int = SMALL
    authorization: Secret | None = None
    form: Mapping[str, Secret] | None = None
    patient: bool = True

    @property
    def origin(self) -> Origin:
        """Whom it asks."""
        return Origin.of(self.url)

    def request(self, timeout: Mapping[str, float]) -> httpx.Request:
        """What goes over the wire: the only place where a secret is revealed to httpx."""
        headers = {"Accept": self.accept, "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        if self.authorization:
            headers["Authorization"] = self.authorization.reveal()
        form = {name: secret.reveal() for name, secret in self.form.items()} if self.form else None
        return httpx.Request(self.method, self.url, headers=headers, data=form, extensions={"timeout": dict(timeout)})


class Answer(NamedTuple):
    """A response with its body as it came: nothing is decoded. `http_version` is `HTTP/1.0` or `HTTP/1.1`."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes
    http_version: str = "HTTP/1.1"

    @property
    def origin(self) -> Origin:
        """Who answered."""
        return Origin.of(self.url)

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty where there is none."""
        return field(self.headers, "content-type").partition(";")[0].strip().lower()

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed although pinner asked for it as it is."""
        return field(self.headers, "content-encoding").strip().lower() not in ("", "identity")


def field(headers: httpx.Headers, name: str) -> str:
    """The value of a header field, empty where there is none."""
    return str(headers.get(name, ""))


class Wire:
    """Sends questions. Close it when the run is over."""

    def __init__(self, settings: RegistrySettings, transports: TransportFactory, clock: Clock) -> None:
        self._settings = settings
        self._make_transport = transports
        self._transports: list[httpx.AsyncBaseTransport] = []
        self._idle: defaultdict[Origin, list[httpx.AsyncBaseTransport]] = defaultdict(list)
        self._preparing: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._slots = asyncio.Semaphore(settings.jobs)
        self._hosts: defaultdict[Origin, Host] = defaultdict(lambda: Host(settings.jobs_per_host, clock))

    async def close(self) -> None:
        """End all connections."""
        for task in self._preparing:
            task.cancel()
        for transport in self._transports:
            await transport.aclose()

    def prepare(self, origin: Origin, connections: int) -> None:
        """Connect while the first question is under way, since so many more follow."""
        for _ in range(connections):
            self._preparing.add(asyncio.create_task(self._connect(origin)))

    async def send(self, question: Question) -> Answer:
        """Return the answer, after as many tries as that takes.

        Raises RegistryError where there is none, or none but 408, 429 and those of 5xx.
        """
        host = self._hosts[question.origin]
        async with host.slot():
            tries = Tries(host, patient=question.patient)
            while True:
                sent = await host.ready()
                try:
                    async with self._slots:
                        answer = await self._exchange(question, tries.seconds(self._settings.timeouts))
                except RegistryError as error:
                    delay = tries.delay(error, sent)
                else:
                    if not is_passing(answer.status):
                        host.succeeded()
                        return answer
                    asked = retry_after(field(answer.headers, "retry-after"), self._clock.wall())
                    delay = tries.delay(_passing(answer), sent, asked)
                await self._clock.sleep(delay)

    async def _exchange(self, question: Question, timeouts: Timeouts) -> Answer:
        try:
            async with asyncio.timeout(timeouts.overall):
                return await self._ask(question, timeouts)
        except TimeoutError:
            raise Timeout(
                f"{question.origin} sent no complete answer in {timeouts.overall:g} s; try again later"
            ) from None
        except (httpx.TransportError, OSError) as error:
            raise self._failure(error, question.origin, timeouts) from None

    async def _ask(self, question: Question, timeouts: Timeouts) -> Answer:
        idle = self._idle[question.origin]
        transport = idle.pop() if idle else self._new_transport(question.origin)
        try:
            times = {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.read}
            response = await transport.handle_async_request(question.request(times))
            try:
                body = await _read(response, question)
            finally:
                await response.aclose()
        finally:
            idle.append(transport)
        if self._settings.log:
            self._settings.log(f"{question.method} {_shown(question.url)}: {response.status_code}")
        version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
        return Answer(question.url, response.status_code, response.headers, body, version)

    async def _connect(self, origin: Origin) -> None:
        with suppress(RegistryError, httpx.TransportError, OSError):  # they come again where somebody asks
            transport = self._new_transport(origin)
            if isinstance(transport, Connection):
                await transport.connect(self._settings.timeouts.connect)
                self._idle[origin].append(transport)

    def _new_transport(self, origin: Origin) -> httpx.AsyncBaseTransport:
        """A transport for one request at a time: one with many connections looks at all of them at every request."""
        self._transports.append(self._make_transport(origin))
        return self._transports[-1]

    def _failure(self, error: httpx.TransportError | OSError, origin: Origin, timeouts: Timeouts) -> RegistryError:
        dropped = Dropped(f"{origin} ended the connection without a complete HTTP answer; try again later")
        match error:
            case OSError():  # httpx lets TLS alerts pass as they are, such as that for a missing client certificate
                return tls_failure(error, str(origin)) or dropped
            case httpx.ConnectTimeout():
                return ConnectTimedOut(
                    f"no connection to {origin} in {timeouts.connect:g} s; check the host and the network"
                )
            case httpx.TimeoutException():
                return Timeout(f"{origin} was silent for {timeouts.read:g} s; try again later")
            case httpx.ProxyError():
                return ConnectFailed(f"the proxy refuses to connect to {origin}; check the proxy in the environment")
            case httpx.ConnectError():
                failed = ConnectFailed(f"no connection to {origin}; check the host, the port and the network")
                return tls_failure(error, str(origin)) or failed
        return dropped


def _shown(url: httpx.URL) -> str:
    """`url` as its percent-encoded ASCII, without the query: that of a redirect may be as good as a password."""
    path = url.raw_path.partition(b"?")[0][:_SHOWN].decode("ascii", "replace")
    return f"{url.scheme}://{Origin.of(url)}{path}"


async def _read(response: httpx.Response, question: Question) -> bytes:
    """The body as it comes over the wire, counted."""
    ok = response.status_code == 200
    limit = question.limit if ok else SMALL
    parts: list[bytes] = []
    size = 0
    if ok and _announced(response) > limit and question.method != "HEAD":
        raise _too_large(question)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for part in response.stream:
        size += len(part)
        parts.append(part)
        if size > limit:
            if ok:
                raise _too_large(question)
            break
    return b"".join(parts)[:limit]


def _announced(response: httpx.Response) -> int:
    length = field(response.headers, "content-length")
    return int(length[:18]) if length.isascii() and length.isdigit() else 0


def _too_large(question: Question) -> TooLarge:
    kibibytes = question.limit // 1024
    return TooLarge(f"{question.origin} answers with more than {kibibytes} KiB; check that it is a registry")


def _passing(answer: Answer) -> RegistryError:
    """Return what an answer that may be better next time stands for where it is not."""
    if answer.status == 429:
        return rate_limited(answer)
    return Unreachable(f"{answer.origin} answers {answer.status}{error_code(answer)}; try again later")


def error_code(answer: Answer) -> str:
    """Return the code of a registry's error document after a space, where it is one of the specification's.

    Source: distribution-spec, "Error Codes". No other word of the registry is repeated: its free text may hold what
    it was sent.
    """
    try:
        code = json.loads(answer.body)["errors"][0]["code"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    return f" {code}" if isinstance(code, str) and code in _ERROR_CODES else ""


def rate_limited(answer: Answer) -> RateLimited:
    """Return the error that a 429 stands for, with the limit where Docker Hub tells it, as in `100;w=21600`."""
    seconds = field(answer.headers, "retry-after")
    when = f"after {seconds} s" if seconds.isascii() and seconds.isdigit() else "later"
    limit = _LIMIT.fullmatch(field(answer.headers, "ratelimit-limit").strip())
    known = f" (its limit is {limit.group(1)} pulls in {int(limit.group(2)) / 3600:g} hours)" if limit else ""
    return RateLimited(
        f"{answer.origin} allows no more requests now{known}; log in with docker login or try again {when}"
    )
