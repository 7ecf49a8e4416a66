"""Asking stand-ins for registries, and what they answer."""

import asyncio
import base64
import json
from typing import Any

import httpx

from pinner.model.reference import Reference, parse
from pinner.registry.client import RegistryClient
from pinner.registry.errors import RegistryError
from pinner.registry.manifest import OCI_INDEX, Content
from tests.registry.stub import DIGEST, INDEX, FakeClock, Handler, StubNetwork, ask, manifest, reply

WRONG = "sha256:" + "0" * 64
TAGGED = parse("reg.example/team/app:1")
PINNED = TAGGED.by_digest()._replace(digest=DIGEST)
URL = "https://reg.example/v2/team/app/manifests"
FETCHED = Content(DIGEST, OCI_INDEX, INDEX, len(INDEX))


def head(handler: Handler, reference: Reference = TAGGED, **options: Any) -> tuple[Any, StubNetwork]:
    """What HEAD comes to, an error as a value."""
    network = StubNetwork(handler)

    async def work(client: RegistryClient) -> Any:
        try:
            return await client.head(reference)
        except RegistryError as error:
            return error

    return ask(network, work, **options), network


def by_method(**handlers: Handler) -> Handler:
    return lambda request: handlers[request.method](request)


def fixed(status: int = 200, body: bytes = b"", **fields: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return lambda request: reply(status, named, body)


def raising(error: Exception) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return handler


class TokenRegistry:
    """A registry whose manifests need a token of its own server."""

    def __init__(self, realm: str = "https://reg.example/token", **answers: Any) -> None:
        self.realm = realm
        self.issued = 0
        self.valid: set[str] = set()
        self.answers = answers
        self.token_requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/manifests/" not in request.url.path:
            return self.token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.valid:
            return manifest(request)
        service = self.answers.get("service", "the service")
        challenge = f'Bearer realm="{self.realm}",service="{service}",scope="repository:other:push"'
        return reply(401, {"www-authenticate": challenge})

    def token(self, request: httpx.Request) -> httpx.Response:
        self.token_requests.append(request)
        if "status" in self.answers:
            return reply(self.answers["status"], {}, self.answers.get("body", b""))
        self.issued += 1
        token = f"token-{self.issued}"
        self.valid.add(token)
        fields = {self.answers.get("field", "token"): token, "expires_in": self.answers.get("expires_in", 300)}
        return reply(200, {}, json.dumps(fields).encode())


def heads(handler: Handler, references: list[Reference], clock: FakeClock | None = None, **options: Any) -> StubNetwork:
    network = StubNetwork(handler)

    async def work(client: RegistryClient) -> None:
        await asyncio.gather(*map(client.head, references), return_exceptions=True)

    ask(network, work, clock, **options)
    return network


def docker_config(**auths: Any) -> dict[str, str]:
    return {"DOCKER_AUTH_CONFIG": json.dumps({"auths": auths})}


BASIC = base64.b64encode(b"me:hunter2").decode()
PASSWORD = docker_config(**{"reg.example": {"auth": BASIC}})
IDENTITY = docker_config(**{"reg.example": {"identitytoken": "idt"}})
