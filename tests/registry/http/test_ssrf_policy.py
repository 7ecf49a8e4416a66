import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from pinner.registry.errors import RealmNotTrusted, RedirectRefused, RegistryError
from pinner.registry.http.ssrf_policy import SSRFPolicy, known_realm
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistryOverride
from tests.registry.stub import addresses, settings

NAMES: dict[str, str | list[str]] = {
    "mixed.example": ["93.184.216.34", "10.1.2.3"],
    "twice.example": ["10.1.2.3", "fd00::1"],
    "translated.example": "64:ff9b::a01:203",
    "internal.example": "10.1.2.3",
    "metadata.example": "169.254.169.254",
    "corp.example": "192.168.1.1",
    "localhost": "127.0.0.1",
    "mapped.example": "::ffff:10.0.0.1",
    "2130706433": "127.0.0.1",
    "127.1": "127.0.0.1",
}


def policy(**changes: Any) -> SSRFPolicy:
    return SSRFPolicy(settings(**changes), addresses(NAMES))


def origin(url: str) -> Origin:
    return Origin.of(httpx.URL(url))


def realm_error(registry: str, realm: str, has_credential: bool, changes: Mapping[str, Any]) -> RegistryError | None:
    try:
        check = policy(**changes).check_realm(origin(registry), httpx.URL(realm), has_credential=has_credential)
        asyncio.run(check)
    except RealmNotTrusted as error:
        return error
    return None


REG, HUB = "https://reg.example", "https://registry-1.docker.io"
WITH_CREDENTIAL: list[tuple[str, str, dict[str, Any], bool]] = [
    (REG, f"{REG}/token", {}, True),
    (REG, "https://reg.example:443/token", {}, True),
    (REG, "https://REG.example/token", {}, True),
    ("https://reg.example:5000", "https://reg.example:5000/token", {}, True),
    ("https://reg.example:5000", "https://reg.example/token", {}, False),
    (REG, "https://reg.example:8443/token", {}, False),
    (REG, "http://reg.example/token", {}, False),
    (REG, "http://reg.example:443/token", {}, False),
    (REG, "https://evil.example/token", {}, False),
    (REG, "https://sub.reg.example/token", {}, False),
    (REG, "https://reg.example.evil.example/token", {}, False),
    (REG, "https://metadata.example/token", {}, False),
    ("https://xn--fa-hia.example", "https://faß.example/token", {}, True),
    ("https://xn--fa-hia.example", "https://fass.example/token", {}, False),
    (REG, "https://xn--fa-hia.example/", {"trusted_realms": ("faß.example",)}, True),
    (REG, "https://fass.example/", {"trusted_realms": ("faß.example",)}, False),
    (HUB, "https://auth.docker.io/token", {}, True),
    (HUB, "http://auth.docker.io/token", {}, False),
    (HUB, "https://auth.docker.io:8443/token", {}, False),
    (HUB, "https://gitlab.com/jwt/auth", {}, False),
    ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", {}, True),
    ("https://registry.gitlab.com:5050", "https://gitlab.com/jwt/auth", {}, False),
    ("https://evil.example", "https://auth.docker.io/token", {}, False),
    (REG, "https://auth.example/token", {"trusted_realms": ("auth.example",)}, True),
    (REG, "https://AUTH.example/token", {"trusted_realms": ("Auth.Example",)}, True),
    (REG, "https://auth.example:8443/token", {"trusted_realms": ("auth.example",)}, False),
    (REG, "https://auth.example:8443/token", {"trusted_realms": ("auth.example:8443",)}, True),
    (REG, "https://internal.example/token", {"trusted_realms": ("internal.example",)}, True),
    (REG, "http://auth.example/token", {"trusted_realms": ("auth.example",)}, False),
    (REG, "https://a.example/", {"registries": {"reg.example": RegistryOverride(trusted_realms=("a.example",))}}, True),
    (REG, "https://a.example/", {"registries": {"x.example": RegistryOverride(trusted_realms=("a.example",))}}, False),
    (HUB, "https://a.example/", {"registries": {"docker.io": RegistryOverride(trusted_realms=("a.example",))}}, True),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5000/token", {}, True),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", {}, False),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", {"trusted_realms": ("127.0.0.1:5001",)}, True),
    ("http://[::1]:5000", "http://[::1]:5001/token", {"trusted_realms": ("[::1]:5001",)}, True),
    ("http://lab.example", "http://auth.example/", {"insecure": ("auth.example",)}, False),
    (
        "http://lab.example",
        "http://auth.example/",
        {"insecure": ("auth.example",), "trusted_realms": ("auth.example",)},
        True,
    ),
]


@pytest.mark.parametrize(("registry", "realm", "changes", "trusted"), WITH_CREDENTIAL)
def test_where_credentials_may_go(registry: str, realm: str, changes: dict[str, Any], trusted: bool) -> None:
    assert (realm_error(registry, realm, True, changes) is None) == trusted


ANONYMOUS: list[tuple[str, str, bool]] = [
    (REG, "https://auth.example/token", True),
    (REG, "http://auth.example/token", False),
    (REG, "https://internal.example/token", False),
    (REG, "https://metadata.example/token", False),
    (REG, "https://169.254.169.254/latest", False),
    (REG, "https://[fe80::1]/", False),
    (REG, "https://[::ffff:127.0.0.1]/", False),
    (REG, "https://mapped.example/", False),
    (REG, "https://127.1/", False),
    (REG, "https://2130706433/", False),
    (REG, "https://localhost/", False),
    (REG, "https://app.localhost/", False),
    ("https://corp.example", "https://internal.example/token", True),
    ("https://corp.example", "http://internal.example/token", False),
    ("https://twice.example", "https://internal.example/token", True),
    ("https://mixed.example", "https://internal.example/token", False),
    ("https://mixed.example", "https://localhost/token", False),
    ("https://mixed.example", "https://mixed.example/token", True),
    (REG, "https://mixed.example/token", False),
    (REG, "https://translated.example/token", False),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", True),
    ("http://127.0.0.1:5000", "http://internal.example/token", False),
    ("http://lab.example", "http://127.0.0.1/token", False),
]


@pytest.mark.parametrize(("registry", "realm", "allowed"), ANONYMOUS)
def test_where_nobody_may_ask_for_a_token(registry: str, realm: str, allowed: bool) -> None:
    assert (realm_error(registry, realm, False, {}) is None) == allowed


REDIRECTS: list[tuple[str, str, dict[str, Any], bool]] = [
    (REG, f"{REG}/elsewhere", {}, True),
    (REG, "https://cdn.example/x", {}, True),
    (REG, "http://reg.example/x", {}, False),
    (REG, "http://cdn.example/x", {}, False),
    (REG, "https://internal.example/x", {}, False),
    (REG, "https://10.0.0.1/x", {}, False),
    (REG, "https://0x7f.1/x", {}, True),
    (REG, "https://100.64.0.1/x", {}, False),
    (REG, "https://224.0.0.1/x", {}, False),
    (REG, "https://0.0.0.0/x", {}, False),
    ("https://corp.example", "https://internal.example/x", {}, True),
    ("https://twice.example", "https://internal.example/x", {}, True),
    ("https://mixed.example", "https://internal.example/x", {}, False),
    ("https://mixed.example", "https://10.0.0.1/x", {}, False),
    (REG, "https://mixed.example/x", {}, False),
    (REG, "https://192.0.0.9/x", {}, False),
    (REG, "https://[fec0::1]/x", {}, False),
    (REG, "https://[64:ff9b:1::5db8:d822]/x", {}, False),
    ("http://localhost:5000", "http://localhost:5001/x", {}, True),
    ("http://localhost:5000", "https://localhost:5001/x", {}, True),
    ("http://localhost:5000", "http://cdn.example/x", {}, False),
    ("http://lab.example", "http://cdn.example/x", {"insecure": ("cdn.example",)}, True),
]


@pytest.mark.parametrize(("source", "target", "changes", "allowed"), REDIRECTS)
def test_redirects(source: str, target: str, changes: dict[str, Any], allowed: bool) -> None:
    check = policy(**changes).check_redirect(origin(source), origin(target))
    if allowed:
        asyncio.run(check)
    else:
        with pytest.raises(RedirectRefused):
            asyncio.run(check)


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("https://internal.example/", True),  # only the proxy knows what the name means
        ("https://10.0.0.1/", False),
        ("https://127.1/", False),
        ("https://2130706433/", False),
        ("https://0x7f.0x1/", True),  # as `addresses` answers for names that it does not know
        ("https://[fe80::1]/", False),
        ("https://localhost/", False),
    ],
)
def test_behind_a_proxy_names_are_not_looked_up(target: str, allowed: bool) -> None:
    check = policy(environ={"https_proxy": "http://proxy:1"}).check_redirect(origin(REG), origin(target))
    if allowed:
        asyncio.run(check)
    else:
        with pytest.raises(RedirectRefused):
            asyncio.run(check)


def test_the_message_says_what_to_do() -> None:
    error = realm_error(REG, "https://auth.example:8443/token", True, {})
    assert error
    assert 'set trusted-realms = ["auth.example:8443"] in the configuration' in error.detail
    assert error.detail.endswith("or PINNER_TRUSTED_REALMS=auth.example:8443")


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("registry.gitlab.com", "gitlab.com"),
        ("rg.fr-par.scw.cloud", "api.scaleway.com"),
        ("rg.nl-ams.scw.cloud", "api.scaleway.com"),
        ("registry.cn-hangzhou.aliyuncs.com", "dockerauth.cn-hangzhou.aliyuncs.com"),
        ("registry-vpc.eu-central-1.aliyuncs.com", "dockerauth.eu-central-1.aliyuncs.com"),
        ("us-registry.cn-beijing.cr.aliyuncs.com", "dockerauth-ee.cn-beijing.aliyuncs.com"),
        ("crpi-a1b2.cn-hangzhou.personal.cr.aliyuncs.com", "dockerauth-ee.cn-hangzhou.aliyuncs.com"),
        ("rg.fr-par.scw.cloud.example", ""),
        ("rg.a.b.scw.cloud", ""),
        ("bucket.oss-cn-hangzhou.aliyuncs.com", ""),
        ("registry.evil.example.aliyuncs.com", ""),
        ("registry.example", ""),
    ],
)
def test_token_servers_that_are_known(registry: str, realm: str) -> None:
    assert known_realm(registry) == realm
