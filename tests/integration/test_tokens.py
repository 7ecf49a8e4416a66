"""How many tokens a run asks for, against `docker-registry` with token servers of all habits."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from pinner.model.reference import Reference, parse
from pinner.model.resolution import Resolution
from pinner.registry.resolver import resolve
from pinner.registry.settings import RegistrySettings
from tests.integration.test_registry import logged_in
from tests.support import images, tokens
from tests.support.answers import outcome
from tests.support.certificates import Authority
from tests.support.distribution import Distribution, distribution, token_auth
from tests.support.push import pusher

pytestmark = pytest.mark.integration

REPOSITORIES = [f"team/app{number}" for number in range(50)]
PRIVATE = "team/private"
TAGS = 4
IMAGE = images.multi_platform("tokens")


class Place(NamedTuple):
    """A registry with fifty repositories of four tags each, one more that is private, and its token server."""

    registry: Distribution
    issuer: tokens.Issuer

    def references(self, *more: str) -> list[Reference]:
        """All tags of all repositories, and `more` names before them."""
        names = [f"{repository}:{tag}" for tag in range(TAGS) for repository in REPOSITORIES]
        return [parse(f"{self.registry.host}/{name}") for name in (*more, *names)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Place]:
    """The place, filled once: only its token server changes."""
    issuer = tokens.Issuer(authority.issue("tokens"))
    with tokens.token_server(issuer) as realm:
        section = token_auth(realm, tokens.SERVICE, tokens.ISSUER, authority.certificate)
        with distribution(tmp_path_factory.mktemp("tokens"), section) as registry:
            fill(registry, issuer)
            yield Place(registry, issuer)


def fill(registry: Distribution, issuer: tokens.Issuer) -> None:
    repositories = (*REPOSITORIES, PRIVATE)
    scopes = [f"repository:{repository}:pull,push" for repository in repositories]
    access = [each for scope in scopes for each in tokens.parse_scope(scope)]
    with pusher(registry.url, token=tokens.sign(issuer.signer, access)) as push:
        for repository in repositories:
            for tag in range(TAGS):
                push.push(repository, IMAGE, str(tag))


@pytest.fixture
def place(filled: Place) -> Place:
    filled.issuer.requests.clear()
    filled.issuer.grants = tokens.all_scopes
    return filled


def outcomes(answers: dict[Reference, Resolution]) -> list[str]:
    return [outcome(each) for each in answers.values()]


RIGHT = [IMAGE.digest] * len(REPOSITORIES) * TAGS


def test_a_token_for_each_repository(place: Place) -> None:
    assert outcomes(resolve(place.references(), RegistrySettings())) == RIGHT
    assert len(place.issuer.requests) == len(REPOSITORIES)


@pytest.mark.parametrize("name", [f"{PRIVATE}:1", "team/none:1", "team/app7:none"])
def test_one_that_cannot_be_had_does_not_spoil_the_others(place: Place, name: str) -> None:
    place.issuer.grants = lambda scopes: [scope for scope in scopes if PRIVATE not in scope]
    first, *others = outcomes(resolve(place.references(name), RegistrySettings()))
    assert first == ("unauthorized" if PRIVATE in name else "not-found")
    assert others == RIGHT
    assert len(place.issuer.requests) <= len(REPOSITORIES) + 1


@pytest.mark.parametrize("secret", [{"password": tokens.PASSWORD}, {"identitytoken": tokens.IDENTITY_TOKEN}])
def test_credentials_go_with_every_request(place: Place, secret: dict[str, str]) -> None:
    environ = logged_in(place.registry.host, {"username": tokens.USER, **secret})
    settings = RegistrySettings(environ=environ, trusted_realms=(place.issuer.host,))
    assert outcomes(resolve(place.references(f"{PRIVATE}:1"), settings)) == [IMAGE.digest, *RIGHT]
    assert len(place.issuer.requests) == len(REPOSITORIES) + 1


def test_credentials_of_a_namespace_stay_with_it(place: Place) -> None:
    environ = logged_in(f"{place.registry.host}/{PRIVATE}", {"username": tokens.USER, "password": tokens.PASSWORD})
    settings = RegistrySettings(environ=environ, trusted_realms=(place.issuer.host,))
    assert outcomes(resolve(place.references(f"{PRIVATE}:1"), settings)) == [IMAGE.digest, *RIGHT]
    shown = [request.scopes for request in place.issuer.requests if request.authorization]
    assert shown == [[f"repository:{PRIVATE}:pull"]]
    assert len(place.issuer.requests) == len(REPOSITORIES) + 1
