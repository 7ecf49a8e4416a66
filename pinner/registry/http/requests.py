"""Send one request to one URL and read its bounded response. No redirects, no authentication."""

import asyncio
import errno
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import httpx

from pinner.registry.errors import (
    ConnectFailed,
    ConnectTimedOut,
    Dropped,
    NotTLS,
    RateLimited,
    RegistryError,
    Timeout,
    TooLarge,
    Unreachable,
)
from pinner.registry.http.limits import Clock, Host, most_connections
from pinner.registry.http.proxies import proxy_for
from pinner.registry.http.retry import Tries, is_passing, retry_after
from pinner.registry.http.secret import Secret
from pinner.registry.http.tls import tls_failure
from pinner.registry.http.transport import TransportFactory
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistrySettings, Timeouts

USER_AGENT = "pinner"
SMALL = 64 * 1024
_SHOWN = 400
_ERROR_CODES = frozenset(
    "BLOB_UNKNOWN DENIED MANIFEST_INVALID MANIFEST_UNKNOWN MANIFEST_UNVERIFIED NAME_INVALID NAME_UNKNOWN "
    "TAG_INVALID TOOMANYREQUESTS UNAUTHORIZED UNAVAILABLE UNKNOWN UNSUPPORTED".split()
)
_STATUS = re.compile("[0-9]{3}")
_LIMIT = re.compile(r"([0-9]{1,9});w=([0-9]{1,9})")


class Request(NamedTuple):
    """A request. `limit` bounds the body of a 200, in bytes; any other answer is read to 64 KiB and no further.

    Without `retry` a connection that breaks is not tried again.
    """

    method: str
    url: httpx.URL
    accept: str
    limit: int = SMALL
    authorization: Secret | None = None
    form: Mapping[str, Secret] | None = None
    retry: bool = True

    @property
    def origin(self) -> Origin:
        """The origin that it goes to."""
        return Origin.of(self.url)

    def to_httpx(self, timeouts: Timeouts) -> httpx.Request:
        """Return what is sent: the only place where a secret is revealed to httpx."""
        headers = {"Accept": self.accept, "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        if self.authorization:
            headers["Authorization"] = self.authorization.reveal()
        form = {name: secret.reveal() for name, secret in self.form.items()} if self.form else None
        times = {"connect": timeouts.connect}  # the rest is bounded as a whole
        return httpx.Request(self.method, self.url, headers=headers, data=form, extensions={"timeout": times})


class Response(NamedTuple):
    """A response with its body as it came: nothing is decoded. `http_version` is `HTTP/1.0` or `HTTP/1.1`."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes
    http_version: str = "HTTP/1.1"

    @property
    def origin(self) -> Origin:
        """The origin that it comes from."""
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
    """Return the value of a header field, empty where there is none."""
    return str(headers.get(name, ""))


class HTTPClient:
    """Sends requests. Close it when the run is over."""

    def __init__(self, settings: RegistrySettings, transports: TransportFactory, clock: Clock) -> None:
        self._settings = settings
        self._make_transport = transports
        self._transports: dict[Origin, httpx.AsyncBaseTransport] = {}
        self._clock = clock
        self._slots = asyncio.Semaphore(most_connections(settings.jobs))
        self._hosts: defaultdict[Origin, Host] = defaultdict(lambda: Host(settings.jobs_per_host, clock))

    async def close(self) -> None:
        """End all connections."""
        for transport in set(self._transports.values()):
            await transport.aclose()

    async def send(self, request: Request) -> Response:
        """Return the response, after as many tries as that takes.

        Raises RegistryError where there is none, or none but 408, 429 and those of 5xx.
        """
        host = self._hosts[request.origin]
        async with host.slot():
            tries = Tries(host, retry=request.retry)
            while True:
                sent = await host.ready()
                try:
                    async with self._slots:
                        sent = self._clock.now()
                        response = await self._exchange(request, host, tries.seconds(self._settings.timeouts))
                except RegistryError as error:
                    delay = tries.delay(error, sent)
                else:
                    if not is_passing(response.status):
                        host.succeeded(sent)
                        return response
                    asked = retry_after(field(response.headers, "retry-after"), self._clock.wall())
                    delay = tries.delay(_passing(response), sent, asked)
                await self._clock.sleep(delay)

    async def _exchange(self, request: Request, host: Host, timeouts: Timeouts) -> Response:
        try:
            async with host.time_limit(timeouts.overall):
                return await self._ask(request, timeouts)
        except TimeoutError:
            waited = _waited(self._settings.timeouts.overall, timeouts.overall)
            raise Timeout(
                f"{request.origin} gives no complete answer in {waited}; try again later, or with a longer --timeout"
            ) from None
        except (httpx.TransportError, OSError) as error:
            raise self._failure(error, request.origin, timeouts) from None

    async def _ask(self, request: Request, timeouts: Timeouts) -> Response:
        origin = request.origin
        if origin not in self._transports:
            self._transports[origin] = self._make_transport(origin)
        response = await self._transports[origin].handle_async_request(request.to_httpx(timeouts))
        try:
            body = await _read(response, request)
        finally:
            await response.aclose()
        if self._settings.log:
            # Percent-encoded ASCII, without the query: that of a redirect may be as good as a password.
            path = request.url.raw_path.partition(b"?")[0][:_SHOWN].decode("ascii", "replace")
            self._settings.log(f"{request.method} {request.url.scheme}://{origin}{path}: {response.status_code}")
        version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
        return Response(
            url=request.url, status=response.status_code, headers=response.headers, body=body, http_version=version
        )

    def _failure(self, error: httpx.TransportError | OSError, origin: Origin, timeouts: Timeouts) -> RegistryError:
        dropped = Dropped(f"{origin} ended the connection without a complete HTTP answer; try again later")
        match error:
            case OSError():  # httpx lets TLS alerts pass as they are, such as that for a missing client certificate
                return tls_failure(error, str(origin)) or dropped
            case httpx.ConnectTimeout():
                waited = _waited(self._settings.timeouts.connect, timeouts.connect)
                return ConnectTimedOut(f"no connection to {origin} in {waited}; check the host and the network")
            case httpx.ProxyError():
                said = f" ({status.group()})" if (status := _STATUS.match(str(error))) else ""
                return ConnectFailed(
                    f"the proxy refuses to connect to {origin}{said}; check the proxy in the environment"
                )
            case httpx.ConnectError() if _lacks_descriptors(error):
                return ConnectFailed(
                    "this process may open no more files; raise its limit (ulimit -n), or lower --jobs"
                )
            case httpx.ConnectError():
                failed = tls_failure(error, str(origin))
                if isinstance(failed, NotTLS) and self._asks_proxy_by_tls(origin):
                    return NotTLS(
                        f"the proxy that the environment names for {origin} does not speak TLS, or the host behind it "
                        "does not; the URL of most proxies begins with http://, that in HTTPS_PROXY, too"
                    )
                return failed or ConnectFailed(f"no connection to {origin}; check the host, the port and the network")
        return dropped

    def _asks_proxy_by_tls(self, origin: Origin) -> bool:
        return (proxy_for(origin, self._settings.environ) or "").startswith("https://")


def _waited(first: float, last: float) -> str:
    """Return the seconds of the last try, and of the first where those were others."""
    return f"{last:g} s" if first == last else f"{first:g} s, nor in {last:g} s when asked again"


def _lacks_descriptors(error: BaseException | None) -> bool:
    """Return whether an error comes from a limit of open files, which is no failure of the host."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _read(response: httpx.Response, request: Request) -> bytes:
    """Return the body as it was sent, counted."""
    ok = response.status_code == 200
    limit = request.limit if ok else SMALL
    parts: list[bytes] = []
    size = 0
    length = field(response.headers, "content-length")
    announced = int(length[:18]) if length.isascii() and length.isdigit() else 0
    if ok and announced > limit and request.method != "HEAD":
        raise _too_large(request)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for part in response.stream:
        size += len(part)
        parts.append(part)
        if size > limit:
            if ok:
                raise _too_large(request)
            break
    return b"".join(parts)[:limit]


def _too_large(request: Request) -> TooLarge:
    kibibytes = request.limit // 1024
    return TooLarge(f"{request.origin} answers with more than {kibibytes} KiB; check that it is a registry")


def _passing(response: Response) -> RegistryError:
    """Return what an answer that may be better next time stands for where it is not."""
    if response.status == 429:
        return rate_limited(response)
    said = f"{response.status} {error_code(response)}".strip()
    return Unreachable(f"{response.origin} answers {said}; try again later")


def error_code(response: Response) -> str:
    """Return the code of a registry's error document, where it is one of the specification's, else nothing.

    Source: distribution-spec, "Error Codes". No other word of the registry is repeated: its free text may hold what
    it was sent.
    """
    try:
        code = json.loads(response.body)["errors"][0]["code"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    return code if isinstance(code, str) and code in _ERROR_CODES else ""


def rate_limited(response: Response) -> RateLimited:
    """Return the error that a 429 stands for, with the limit where Docker Hub tells it, as in `100;w=21600`."""
    seconds = field(response.headers, "retry-after")
    when = f"after {seconds} s" if re.fullmatch("[0-9]{1,9}", seconds) else "later"
    limit = _LIMIT.fullmatch(field(response.headers, "ratelimit-limit").strip())
    known = f" (its limit is {limit.group(1)} pulls in {int(limit.group(2)) / 3600:g} hours)" if limit else ""
    return RateLimited(
        f"{response.origin} allows no more requests now{known}; log in with docker login or try again {when}"
    )
