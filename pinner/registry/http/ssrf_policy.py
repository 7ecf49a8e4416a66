"""Which token servers and redirects are followed, and which see credentials (server-side request forgery).

A pull request names the registry, the registry names token servers and redirects: each name is an
attempt to make pinner show its credentials, or ask a server that only pinner's machine can reach.
"""

import re

import httpx

from pinner.registry.errors import RealmNotTrusted, RedirectRefused
from pinner.registry.http.dns import Addresses, is_public
from pinner.registry.http.proxies import proxy_for
from pinner.registry.http.urls import Origin, ascii_authority, is_loopback
from pinner.registry.settings import RegistrySettings

# Registries whose token server has another host, as their challenges name it.
KNOWN_REALMS = {
    "registry-1.docker.io": "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
    "registry.digitalocean.com": "api.digitalocean.com",
    "docker.elastic.co": "docker-auth.elastic.co",
}
# The same where the names hold a region.
KNOWN_REALM_PATTERNS = (
    (re.compile(r"rg\.[a-z]{2}-[a-z]{3}\.scw\.cloud"), "api.scaleway.com"),
    (re.compile(r"registry(?:-vpc|-internal)?\.([a-z0-9-]+)\.aliyuncs\.com"), r"dockerauth.\1.aliyuncs.com"),
    (
        re.compile(r"[a-z0-9-]+-registry(?:-vpc)?\.([a-z0-9-]+)\.cr\.aliyuncs\.com"),
        r"dockerauth-ee.\1.aliyuncs.com",
    ),
    (re.compile(r"crpi-[a-z0-9]+\.([a-z0-9-]+)\.personal\.cr\.aliyuncs\.com"), r"dockerauth-ee.\1.aliyuncs.com"),
)

_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


class SSRFPolicy:
    """Decides on realms and redirects by the settings."""

    def __init__(self, settings: RegistrySettings, addresses: Addresses) -> None:
        self._settings = settings
        self._addresses = addresses

    async def check_realm(self, registry: Origin, realm: httpx.URL, *, has_credential: bool) -> None:
        """Return when the token server may be asked, with the credential if there is one.

        Raises RealmNotTrusted, and ConnectFailed when the server's name cannot be found.
        """
        target = Origin.of(realm)
        if target == registry:
            return
        if not self._may_lead(registry, target):
            raise RealmNotTrusted(f"{registry} names a token server at {target} without TLS; pinner does not go there")
        if self._is_trusted(registry, target):
            return
        if has_credential:
            raise RealmNotTrusted(
                f"the credentials for {registry} are not shown to its token server; "
                f"if that may see them, {_how_to_trust(target)}"
            )
        if not await self._is_allowed(registry, target):
            raise RealmNotTrusted(
                f"{registry} names a token server at a private address; if that is right, {_how_to_trust(target)}"
            )

    async def check_redirect(self, source: Origin, target: Origin) -> None:
        """Return when a redirect may be followed, with no credential but to the same origin.

        Raises RedirectRefused, and ConnectFailed when the target's name cannot be found.
        """
        if target == source:
            return
        if not self._may_lead(source, target):
            raise RedirectRefused(f"{source} redirects to {target} without TLS; pinner does not follow")
        if not await self._is_allowed(source, target):
            raise RedirectRefused(f"{source} redirects to {target}, a private address; pinner does not follow")

    def _may_lead(self, source: Origin, target: Origin) -> bool:
        """Return whether the schemes allow it: never from TLS to plain HTTP, nor on in that but where the user does."""
        if target.scheme == "https":
            return True
        if source.scheme == "https":
            return False
        return is_loopback(target.host) or self._settings.is_insecure(target.authority)

    def _is_trusted(self, registry: Origin, target: Origin) -> bool:
        if target.host == registry.host and target.port == registry.port:
            return True
        if target == Origin(scheme="https", host=known_realm(registry.host), port=443):
            return registry.scheme == "https" and registry.port == 443
        own = [realm for override in self._settings.overrides(registry.names) for realm in override.trusted_realms]
        return any(ascii_authority(realm) == target.authority for realm in (*self._settings.trusted_realms, *own))

    async def _is_allowed(self, source: Origin, target: Origin) -> bool:
        """Return whether all addresses of `target` are public, or all of `source` are private.

        One private address among public ones makes no private source: whoever runs the name's DNS can add it.
        """
        if all(await self._are_public(target)):
            return True
        return not any(await self._are_public(source))

    async def _are_public(self, origin: Origin) -> list[bool]:
        """Return for each address of the host whether it is public; behind a proxy the name's form says it."""
        if is_loopback(origin.host):
            return [False]
        # Resolvers take addresses in any form: ::1, 10.1, 0x7f.1, 2130706433.
        is_numeric = ":" in origin.host or _NUMBER.fullmatch(origin.host.rstrip(".").rpartition(".")[2])
        if not is_numeric and proxy_for(origin, self._settings.environ):
            return [True]
        return [is_public(address) for address in await self._addresses.of(origin.host)]


def known_realm(host: str) -> str:
    """Return the host of a registry's token server where it is known to be another one, else nothing."""
    for pattern, realm in KNOWN_REALM_PATTERNS:
        if match := pattern.fullmatch(host):
            return match.expand(realm)
    return KNOWN_REALMS.get(host, "")


def _how_to_trust(target: Origin) -> str:
    return f'set trusted-realms = ["{target}"] in the configuration, or PINNER_TRUSTED_REALMS={target}'
