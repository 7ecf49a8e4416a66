"""What speaks to an origin: a connection of our own, or httpx's transport where a proxy stands between.

Neither is used through httpx's client: pinner wants none of its redirects, cookies, netrc and decoding.
"""

from collections.abc import Callable

import httpx

from pinner.registry.errors import ConnectFailed
from pinner.registry.http.connection import Connection
from pinner.registry.http.dns import Addresses
from pinner.registry.http.proxies import proxy_for
from pinner.registry.http.tls import Contexts
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistrySettings

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
        context = self._contexts.of(origin) if origin.scheme == "https" else None
        if proxy is None:
            return Connection(origin, context, self._addresses)
        try:
            return httpx.AsyncHTTPTransport(verify=context or False, proxy=httpx.Proxy(proxy), trust_env=False)
        except (ValueError, ImportError, httpx.InvalidURL):
            raise ConnectFailed(
                f"the proxy that the environment names for {origin} cannot be used; it must be an http:// URL"
            ) from None
