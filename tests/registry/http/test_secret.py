"""Secrets, which do not print."""

from dataclasses import dataclass

from pinner.registry.auth.docker_config import Credential
from pinner.registry.http.secret import Secret, basic, bearer


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
