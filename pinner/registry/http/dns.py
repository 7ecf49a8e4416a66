"""The addresses of host names, looked up once in a run, and which of them are public."""

import asyncio
import ipaddress
import math
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from pinner.registry.errors import ConnectTimedOut, NameNotFound
from pinner.registry.http.single_flight import SingleFlight

# Without a network every name fails, each after a time-out. Once so many are unknown and none was ever found, ask
# for the others with a shorter time-out; a working resolver is far quicker.
_SLOW_FAILURES = 16
_SHORT_TIMEOUT = 0.5

# Networks that lead where the address does not say, whatever this Python's `is_global` makes of them: translators'
# (RFC 6052, RFC 8215), Teredo's (RFC 4380), site-local ones (RFC 3879), protocol assignments (RFC 6890).
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "fec0::/10", "192.0.0.0/24"))
)
# IPv6 addresses that end with an IPv4 address, the compatible ones (RFC 4291 section 2.5.5.1).
_COMPATIBLE = ipaddress.IPv6Network("::/96")

AddressLookup = Callable[[str], list[str]]


def look_up(host: str) -> list[str]:
    """Return the addresses of `host`, best first. Blocks; raises OSError, or UnicodeError for an impossible name.

    Addresses with a zone (`fe80::1%eth0`) are left out: a URL cannot hold them.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return [address for address in addresses if "%" not in address]


class Addresses:
    """The addresses of hosts. What a name meant first it means for the whole run.

    That makes a check of an address hold for the connection that follows it, whatever a hostile DNS
    server answers the second time.
    """

    def __init__(self, timeout: float, lookup: AddressLookup = look_up) -> None:
        self._timeout = timeout
        self._lookup = lookup
        self._unknown = 0.0
        self._found: SingleFlight[str, list[str]] = SingleFlight()

    async def of(self, host: str) -> list[str]:
        """Return the addresses of `host`, best first; a literal address is its own.

        Raises NameNotFound or ConnectTimedOut.
        """
        if is_literal(host):
            return [host]
        return await self._found.get(host, lambda: self._search(host))

    async def _search(self, host: str) -> list[str]:
        self._unknown += 1
        seconds = self._timeout if self._unknown <= _SLOW_FAILURES else min(self._timeout, _SHORT_TIMEOUT)
        try:
            async with asyncio.timeout(seconds):
                addresses = await _in_daemon_thread(lambda: self._lookup(host))
        except TimeoutError:
            raise ConnectTimedOut(f"the name {host} was not found in {seconds:g} s; check the network") from None
        except (OSError, UnicodeError):
            raise NameNotFound(f"the name {host} cannot be found; check the name and the network") from None
        if not addresses:
            raise NameNotFound(f"the name {host} has no address; check the name")
        self._unknown = -math.inf
        return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet. What cannot be read does not."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        held = ipaddress.IPv4Address(ip.packed[-4:]) if ip in _COMPATIBLE else None
        ip = ip.ipv4_mapped or ip.sixtofour or held or ip
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


def is_literal(host: str) -> bool:
    """Return whether `host` is an IP address in its usual spelling."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _in_daemon_thread(work: Callable[[], list[str]]) -> list[str]:
    """Run `work` in a thread that nothing waits for: a resolver may hang long after the run is over."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def settle(result: list[str] | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result or [])

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except (OSError, UnicodeError) as caught:
            error = caught
        with suppress(RuntimeError):  # the run is over and its loop closed
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await future
