"""Redirects, followed by hand."""

from collections.abc import Awaitable, Callable

import httpx

from pinner.registry.errors import RedirectRefused
from pinner.registry.http.requests import HTTPClient, Request, Response, field
from pinner.registry.http.secret import Secret
from pinner.registry.http.ssrf_policy import SSRFPolicy
from pinner.registry.http.urls import Origin, parse_url

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Authorize = Callable[[httpx.URL], Awaitable[Secret | None]]


class Redirects:
    """Sends requests and follows redirects as far as the policy allows."""

    def __init__(self, http: HTTPClient, policy: SSRFPolicy) -> None:
        self._http = http
        self._policy = policy

    async def send(self, request: Request, authorize: Authorize | None = None) -> Response:
        """Return the response at the end of the redirects. A request with a form is not sent to a second place.

        `authorize` gives the Authorization for each URL on the way. Without it the request's own goes
        to its own origin and no further. Raises RedirectRefused.
        """
        authorize = authorize or _only_to(request)
        for _ in range(MAX_REDIRECTS + 1):
            request = request._replace(authorization=await authorize(request.url))
            response = await self._http.send(request)
            if response.status not in _REDIRECTS or request.form:
                return response
            request = request._replace(url=await self._target(response))
        raise RedirectRefused(f"{response.origin} redirects more than {MAX_REDIRECTS} times; pinner does not follow")

    async def _target(self, response: Response) -> httpx.URL:
        location = field(response.headers, "location")
        url = parse_url(location, response.url) if location else None
        if url is None:
            raise RedirectRefused(f"{response.origin} redirects to something that is no URL; check the host")
        await self._policy.check_redirect(response.origin, Origin.of(url))
        return url


def _only_to(request: Request) -> Authorize:
    async def authorize(url: httpx.URL) -> Secret | None:
        return request.authorization if Origin.of(url) == origin else None

    origin = request.origin
    return authorize
