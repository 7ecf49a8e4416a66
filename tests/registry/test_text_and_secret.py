from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.auth.docker_config import Credential
from pinner.registry.errors import NotFound, RegistryError, clean
from pinner.registry.http.secret import Secret, basic, bearer


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
    assert clean(text) == cleaned


@given(st.text())
def test_clean_text_is_one_printable_line(text: str) -> None:
    assert all(each.isprintable() for each in clean(text))
    assert len(clean(text)) <= 200


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
        "realm-not-trusted",
        "too-large",
        "redirect-refused",
    }


@dataclass
class Holder:
    secret: Secret


def test_a_secret_does_not_print() -> None:
    secret = Secret("hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>10}", repr(Holder(secret))]
    shown.append(repr(Credential("source", "user", password=secret)))
    assert not any("hunter2" in text for text in shown)
    assert secret.reveal() == "hunter2"


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_authorization_values() -> None:
    assert basic("Aladdin", Secret("open sesame")).reveal() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic("ü", Secret("ß")).reveal() == "Basic w7w6w58="
    assert bearer(Secret("t")).reveal() == "Bearer t"
