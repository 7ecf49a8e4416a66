"""httpx transports, one for each origin: addresses that cannot change, TLS, proxies.

The transport is used without httpx's client: pinner wants none of its redirects, cookies, netrc and
decoding, and the transport alone takes less time.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec

import httpx

from pinner.registry.addresses import Addresses, is_literal
from pinner.registry.errors import ConnectFailed
from pinner.registry.proxies import proxy_for
from pinner.registry.settings import RegistrySettings
from pinner.registry.tls import Contexts, tls_failure
from pinner.registry.urls import Origin

# httpcore imports sniffio at every turn. Where it is not installed, each time would be a search of all folders.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

TransportFactory = Callable[[Origin], httpx.AsyncBaseTransport]


class Transports:
    """Makes transports by the settings, and keeps none of them."""

    def __init__(self, settings: RegistrySettings, addresses: Addresses) -> None:
        self._settings = settings
        self._addresses = addresses
        self._contexts = Contexts(settings)

    def __call__(self, origin: Origin) -> httpx.AsyncBaseTransport:
        """A transport for requests to `origin` alone. Raises TLSFailure or ConnectFailed for unusable settings."""
        proxy = proxy_for(origin, self._settings.environ)
        verify = self._contexts.of(origin) if origin.scheme == "https" else False
        limits = httpx.Limits(max_keepalive_connections=self._settings.jobs_per_host, keepalive_expiry=30)
        if proxy is None:
            return _Direct(httpx.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False), self._addresses)
        try:
            return httpx.AsyncHTTPTransport(verify=verify, limits=limits, proxy=httpx.Proxy(proxy), trust_env=False)
        except (ValueError, ImportError, httpx.InvalidURL):
            raise ConnectFailed(
                f"the proxy that the environment names for {origin} cannot be used; it must be an http:// URL"
            ) from None


class _Direct(httpx.AsyncBaseTransport):
    """Connects to the addresses that `Addresses` knows, one after the other, and speaks to the host by its name."""

    def __init__(self, inner: httpx.AsyncBaseTransport, addresses: Addresses) -> None:
        self._inner = inner
        self._addresses = addresses
        self._works: str | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if is_literal(host):
            return await self._inner.handle_async_request(request)
        addresses = [self._works] if self._works else await self._addresses.of(host)
        for address in addresses[:-1]:
            try:
                return await self._ask(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if tls_failure(error, host):
                    raise
        return await self._ask(request, addresses[-1])

    async def _ask(self, request: httpx.Request, address: str) -> httpx.Response:
        response = await self._inner.handle_async_request(_at(request, address))
        self._works = address
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _at(request: httpx.Request, address: str) -> httpx.Request:
    """`request`, for a connection to `address`. Its Host field and the name in TLS stay those of the host."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
