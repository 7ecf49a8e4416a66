"""The proxy for a host, from the environment as curl and Go's net/http read it."""

import ipaddress
from collections.abc import Mapping

from pinner.registry.http.urls import Origin, ascii_authority, is_loopback


def proxy_for(origin: Origin, environ: Mapping[str, str]) -> str | None:
    """Return the proxy's URL, or None for a direct connection. Loopback never goes through a proxy."""
    proxy = _variable(environ, f"{origin.scheme}_proxy") or _variable(environ, "all_proxy")
    entries = (entry.strip().lower() for entry in _variable(environ, "no_proxy").split(","))
    if not proxy or is_loopback(origin.host) or any(_matches(origin, entry) for entry in entries if entry):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _matches(origin: Origin, entry: str) -> bool:
    """Return whether `*`, a host, a domain, an address or a network, any but `*` with a port, covers `origin`."""
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return ipaddress.ip_address(origin.host) in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    if entry.endswith(f":{origin.port}") and not entry.count(":") > 1:
        entry = entry.rpartition(":")[0]
    entry = ascii_authority(entry.removeprefix("*").strip(".")).strip("[]")
    return origin.host == entry or origin.host.endswith(f".{entry}")
