"""The tree of errors, and the text that they clean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.errors import NotFound, RegistryError, one_line


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("two\nlines\r\n", "two lines"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x00b\x7fc", "a b c"),
        ("\ud800 lone", "lone"),
        ("naïve — 日本", "naïve — 日本"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert one_line(text) == cleaned


@given(st.text())
def test_clean_text_is_one_printable_line(text: str) -> None:
    assert all(each.isprintable() for each in one_line(text))
    assert len(one_line(text)) <= 200


@given(st.text())
def test_the_text_of_an_error_is_clean(text: str) -> None:
    assert str(RegistryError(text)).isprintable()


def test_errors_have_a_reason_and_a_detail() -> None:
    error = NotFound("no such\nimage")
    assert (error.reason, error.detail) == ("not-found", "no such image")


def subclasses(kind: type[RegistryError]) -> list[type[RegistryError]]:
    return [each for child in kind.__subclasses__() for each in (child, *subclasses(child))]


def test_the_reasons_are_the_documented_ones() -> None:
    assert {kind.reason for kind in subclasses(RegistryError)} == {
        "ambiguous-mirror",
        "not-found",
        "unauthorized",
        "denied",
        "rate-limited",
        "unreachable",
        "tls",
        "timeout",
        "not-a-manifest",
        "digest-mismatch",
        "unsupported-media-type",
        "not-an-image",
        "empty-index",
        "realm-not-trusted",
        "too-large",
        "redirect-refused",
    }
