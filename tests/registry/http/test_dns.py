"""Addresses: looked up once, and which of them are public."""

import asyncio
import socket
import time

import pytest

from pinner.registry.errors import ConnectTimedOut, NameNotFound
from pinner.registry.http.dns import Addresses, is_public


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1", True),
        ("2002:5db8:d822::", True),
        *((each, False) for each in "10.0.0.1 172.16.0.1 192.168.0.1 127.0.0.1 169.254.169.254 100.64.0.1".split()),
        *((each, False) for each in "0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 ff02::1".split()),
        *((each, False) for each in "64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe ::10.0.0.1 ::127.0.0.1".split()),
        *((each, False) for each in "::ffff:10.0.0.1 2002:0a00:0001:: nonsense fe80::1%eth0".split()),
        *((each, False) for each in "64:ff9b::93.184.216.34 64:ff9b:1::5db8:d822 fec0::1 feff::1 192.0.0.9".split()),
        *((each, False) for each in "2001:0:5db8:d822::1 ::ffff:192.0.0.170 2002:c000:0009:: ::192.0.0.9".split()),
    ],
)
def test_public_addresses(address: str, expected: bool) -> None:
    assert is_public(address) == expected


def test_a_name_is_looked_up_once_and_means_the_same_ever_after() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    addresses = Addresses(5, lambda host: next(answers))

    async def run() -> list[list[str]]:
        return [*await asyncio.gather(*(addresses.of("a.example") for _ in range(3))), await addresses.of("a.example")]

    assert asyncio.run(run()) == [["93.184.216.34"]] * 4


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_name_that_is_not_found(error: Exception) -> None:
    def lookup(host: str) -> list[str]:
        raise error

    with pytest.raises(NameNotFound, match=r"a\.example cannot be found"):
        asyncio.run(Addresses(5, lookup).of("a.example"))


def test_a_name_without_addresses() -> None:
    with pytest.raises(NameNotFound):
        asyncio.run(Addresses(5, lambda host: []).of("a.example"))


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    def lookup(host: str) -> list[str]:
        time.sleep(0.2)
        return []

    with pytest.raises(ConnectTimedOut):
        asyncio.run(Addresses(0.01, lookup).of("a.example"))


def test_patience_ends_when_no_name_is_ever_found() -> None:
    def lookup(host: str) -> list[str]:
        if int(host) < 16:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        time.sleep(0.8)
        return []

    async def run() -> None:
        addresses = Addresses(60, lookup)
        for number in range(16):
            with pytest.raises(NameNotFound):
                await addresses.of(str(number))
        with pytest.raises(ConnectTimedOut, match=r"in 0\.5 s"):
            await addresses.of("16")

    asyncio.run(run())
