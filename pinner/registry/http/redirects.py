"""Redirects, followed by hand."""

from collections.abc import Awaitable, Callable

import httpx

from pinner.registry.errors import RedirectRefused
from pinner.registry.http.requests import Answer, Question, Wire, field
from pinner.registry.http.secret import Secret
from pinner.registry.http.ssrf_policy import Policy
from pinner.registry.http.urls import Origin, parse_url

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Authorize = Callable[[httpx.URL], Awaitable[Secret | None]]


class Redirects:
    """A wire that follows redirects as far as the policy allows."""

    def __init__(self, wire: Wire, policy: Policy) -> None:
        self._wire = wire
        self._policy = policy

    async def send(self, question: Question, authorize: Authorize | None = None) -> Answer:
        """The answer at the end of the way. A question with a form is not sent to a second place.

        `authorize` gives the Authorization for each URL on the way. Without it the question's own goes
        to its own origin and no further. Raises RedirectRefused.
        """
        authorize = authorize or _only_to(question)
        for _ in range(MAX_REDIRECTS + 1):
            question = question._replace(authorization=await authorize(question.url))
            answer = await self._wire.send(question)
            if answer.status not in _REDIRECTS or question.form:
                return answer
            question = question._replace(url=await self._target(answer))
        raise RedirectRefused(f"{answer.origin} redirects more than {MAX_REDIRECTS} times; pinner does not follow")

    async def _target(self, answer: Answer) -> httpx.URL:
        location = field(answer.headers, "location")
        url = parse_url(location, answer.url) if location else None
        if url is None:
            raise RedirectRefused(f"{answer.origin} redirects to something that is no URL; check the host")
        await self._policy.check_redirect(answer.origin, Origin.of(url))
        return url


def _only_to(question: Question) -> Authorize:
    async def authorize(url: httpx.URL) -> Secret | None:
        return question.authorization if Origin.of(url) == origin else None

    origin = question.origin
    return authorize
