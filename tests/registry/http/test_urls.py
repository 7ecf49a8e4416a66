"""URLs, origins, and the form in which hosts are compared."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.http.urls import Origin, ascii_authority, is_loopback, parse_url


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


def test_docker_hub_has_two_names() -> None:
    assert "docker.io" in Origin.of(httpx.URL("https://registry-1.docker.io")).names


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
