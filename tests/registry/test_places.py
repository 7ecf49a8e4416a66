"""URLs, origins, endpoints, proxies, addresses: where a question goes."""

import asyncio
import socket
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import UsageError
from pinner.reference import Reference, parse
from pinner.registry.addresses import Addresses, is_public
from pinner.registry.endpoint import endpoint_of
from pinner.registry.errors import ConnectTimedOut, NameNotFound, Unreachable
from pinner.registry.proxies import proxy_for
from pinner.registry.settings import RegistryOverride
from pinner.registry.urls import Origin, ascii_authority, is_loopback, parse_url
from tests.registry.stub import settings


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ("https://reg.example/x", None, "https://reg.example/x"),
        ("https://user:secret@reg.example/x#y", None, "https://reg.example/x"),
        ("/token?a=b", "https://reg.example/v2/", "https://reg.example/token?a=b"),
        ("//evil.example/t", "https://reg.example/v2/", "https://evil.example/t"),
        ("", "https://reg.example/v2/", "https://reg.example/v2/"),
        *(
            (bad, None, None)
            for bad in ["", "reg.example", "ftp://x/", "file:///etc/passwd", "https://", "https://x:0/"]
        ),
        *((bad, None, None) for bad in ["https://x:65536/", "https://x:y/", "https://[::1/", "https://xn--/", "\0"]),
        ("javascript:alert(1)", "https://reg.example/", None),
    ],
)
def test_parse_url(text: str, base: str | None, expected: str | None) -> None:
    url = parse_url(text, httpx.URL(base) if base else None)
    assert (str(url) if url else None) == expected


@given(st.text(), st.booleans())
def test_any_text_is_a_url_or_none(text: str, joined: bool) -> None:
    url = parse_url(text, httpx.URL("https://reg.example/v2/") if joined else None)
    assert url is None or url.scheme in ("http", "https")


@pytest.mark.parametrize(
    ("url", "authority", "names"),
    [
        ("https://Reg.example/x", "reg.example", ["reg.example", "reg.example:443"]),
        ("https://reg.example:5000", "reg.example:5000", ["reg.example:5000"]),
        ("http://reg.example:443", "reg.example:443", ["reg.example:443", "reg.example:443:443"]),
        ("http://[::1]:5000", "[::1]:5000", ["[::1]:5000"]),
        ("https://registry-1.docker.io", "registry-1.docker.io", None),
    ],
)
def test_origins(url: str, authority: str, names: list[str] | None) -> None:
    origin = Origin.of(httpx.URL(url))
    assert origin.authority == str(origin) == authority
    assert names is None or origin.names[0] == names[0]


IDN, IDN_2003 = "xn--fa-hia.example", "fass.example"
"""faß.example by IDNA 2008, and by IDNA 2003, which is another host."""


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("faß.example", IDN),
        ("FAẞ.example", IDN),
        ("XN--FA-hia.EXAMPLE:5000", f"{IDN}:5000"),
        ("faß。example:5000", f"{IDN}:5000"),
        ("ab_c.example", "ab_c.example"),
        ("[::1]:5000", "[::1]:5000"),
        ("xn--a.example", "xn--a.example"),
        ("\u2603.example", "\u2603.example"),  # a symbol, which IDNA 2008 does not allow
        ("\u200d.EXAMPLE", "\u200d.example"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_the_form_in_which_hosts_are_compared(authority: str, expected: str) -> None:
    assert ascii_authority(authority) == expected
    url = parse_url(f"https://{authority}")
    assert url is None or not expected.isascii() or Origin.of(url).authority == expected


@pytest.mark.parametrize("host", ["faß.example", IDN, IDN.upper()])
def test_settings_of_a_host_with_other_letters(host: str) -> None:
    assert bases(IDN, insecure=(host,)) == [f"https://{IDN}", f"http://{IDN}"]
    assert bases(IDN, registries={host: RegistryOverride(insecure=True)}) == [f"https://{IDN}", f"http://{IDN}"]
    assert bases(IDN, mirrors={host: "https://m.example"}) == ["https://m.example"]
    for changes in ({"insecure": (host,)}, {"mirrors": {host: "https://m.example"}}):
        assert bases(IDN_2003, **changes) == [f"https://{IDN_2003}"]
    assert proxy_for(Origin("https", IDN, 443), {"https_proxy": "http://p:1", "no_proxy": host}) is None


def test_docker_hub_has_two_names() -> None:
    assert "docker.io" in Origin.of(httpx.URL("https://registry-1.docker.io")).names


def bases(registry: str, **changes: Any) -> list[str]:
    return [str(base) for base in endpoint_of(registry, settings(**changes)).bases]


@pytest.mark.parametrize(
    ("registry", "changes", "expected"),
    [
        ("docker.io", {}, ["https://registry-1.docker.io"]),
        ("reg.example", {}, ["https://reg.example"]),
        ("REG.example:5000", {}, ["https://reg.example:5000"]),
        ("localhost:5000", {}, ["http://localhost:5000", "https://localhost:5000"]),
        ("127.0.0.1:5000", {}, ["http://127.0.0.1:5000", "https://127.0.0.1:5000"]),
        ("[::1]:5000", {}, ["http://[::1]:5000", "https://[::1]:5000"]),
        ("[::1]", {}, ["http://[::1]", "https://[::1]"]),
        ("localhost:443", {}, ["https://localhost"]),
        ("[2001:db8::1]:5000", {}, ["https://[2001:db8::1]:5000"]),
        (
            "lab.example:5000",
            {"insecure": ("lab.example:5000",)},
            ["https://lab.example:5000", "http://lab.example:5000"],
        ),
        ("lab.example:5000", {"insecure": ("Lab.example",)}, ["https://lab.example:5000", "http://lab.example:5000"]),
        ("lab.example:5000", {"insecure": ("lab.example:5001",)}, ["https://lab.example:5000"]),
        (
            "lab.example",
            {"registries": {"lab.example": RegistryOverride(insecure=True)}},
            ["https://lab.example", "http://lab.example"],
        ),
        ("docker.io", {"mirrors": {"docker.io": "https://m.example/hub"}}, ["https://m.example/hub"]),
        ("docker.io", {"mirrors": {"index.docker.io": "https://m.example"}}, ["https://m.example"]),
        ("docker.io", {"mirrors": {"*": "https://m.example/all/"}}, ["https://m.example/all/"]),
        ("quay.io", {"mirrors": {"docker.io": "https://m.example"}}, ["https://quay.io"]),
        ("quay.io", {"mirrors": {"*": "https://m.example/a", "Quay.io": "https://q.example"}}, ["https://q.example"]),
    ],
)
def test_endpoints(registry: str, changes: dict[str, Any], expected: list[str]) -> None:
    assert bases(registry, **changes) == expected


@pytest.mark.parametrize("registry", ["host:99999", "host:0", "xn--", "[::1::2]:5000"])
def test_a_host_that_is_none(registry: str) -> None:
    with pytest.raises(Unreachable, match="no valid host"):
        endpoint_of(registry, settings())


@pytest.mark.parametrize(
    ("mirror", "reference", "expected"),
    [
        ("https://m.example", "node", "library/node"),
        ("https://m.example/", "node", "library/node"),
        ("https://m.example/hub", "node", "hub/library/node"),
        ("https://m.example/a/b/", "quay.io/x/y", "a/b/x/y"),
    ],
)
def test_a_prefix_goes_before_the_repository(mirror: str, reference: str, expected: str) -> None:
    parsed: Reference = parse(reference)
    assert endpoint_of(parsed.registry, settings(mirrors={"*": mirror})).repository(parsed) == expected


@pytest.mark.parametrize(
    "mirror",
    [
        "m.example",
        "",
        "ftp://m.example",
        "https://user:pass@m.example",
        "https://m.example/?x=y",
        "http://m.example",
        "http://10.0.0.1",
    ],
)
def test_mirrors_that_cannot_be(mirror: str) -> None:
    with pytest.raises(UsageError, match="mirror of docker") as caught:
        settings(mirrors={"docker.io": mirror})
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"mirrors": {"*": "http://127.0.0.1:5000"}},
        {"mirrors": {"*": "http://localhost"}},
        {"mirrors": {"*": "http://m.example:80"}, "insecure": ("m.example",)},
    ],
)
def test_mirrors_without_tls(changes: dict[str, Any]) -> None:
    assert bases("quay.io", **changes)


def test_settings_do_not_print_the_environment() -> None:
    assert "hunter2" not in repr(settings(environ={"DOCKER_AUTH_CONFIG": "hunter2"}))


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://reg.example", {}, None),
        ("https://reg.example", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://reg.example", {"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        ("https://reg.example", {"http_proxy": "http://p:1"}, None),
        ("http://reg.example", {"http_proxy": "p:1"}, "http://p:1"),
        ("https://reg.example", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://reg.example", {"ALL_PROXY": "http://p:1", "https_proxy": "http://q:1"}, "http://q:1"),
        ("https://localhost", {"https_proxy": "http://p:1"}, None),
        ("http://127.0.0.1:5000", {"http_proxy": "http://p:1"}, None),
        ("http://[::1]:5000", {"http_proxy": "http://p:1"}, None),
    ],
)
def test_proxies(url: str, environ: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(Origin.of(httpx.URL(url)), environ) == proxy


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("https://reg.example", "*", True),
        ("https://reg.example", "reg.example", True),
        ("https://reg.example", "REG.EXAMPLE", True),
        ("https://reg.example", "other, reg.example", True),
        ("https://a.reg.example", "reg.example", True),
        ("https://a.reg.example", ".reg.example", True),
        ("https://a.reg.example", "*.reg.example", True),
        ("https://notreg.example", "reg.example", False),
        ("https://reg.example", "reg.example:443", True),
        ("https://reg.example", "reg.example:5000", False),
        ("https://reg.example:5000", "reg.example", True),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://reg.example", "10.0.0.0/8", False),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3", "nonsense/x", False),
        ("https://[2001:db8::1]", "[2001:db8::1]", True),
        ("https://[2001:db8::1]", "2001:db8::/32", True),
        ("https://reg.example", "", False),
        ("https://reg.example", " , ", False),
    ],
)
def test_no_proxy(url: str, no_proxy: str, direct: bool) -> None:
    environ = {"https_proxy": "http://p:1", "NO_PROXY": no_proxy}
    assert (proxy_for(Origin.of(httpx.URL(url)), environ) is None) == direct


@given(st.text(), st.text())
def test_any_proxy_environment_is_survived(proxy: str, no_proxy: str) -> None:
    proxy_for(Origin("https", "reg.example", 443), {"https_proxy": proxy, "no_proxy": no_proxy})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("x.localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected


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
