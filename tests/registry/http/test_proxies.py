"""The proxy for a host, from the environment."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.http.proxies import proxy_for
from pinner.registry.http.urls import Origin


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
