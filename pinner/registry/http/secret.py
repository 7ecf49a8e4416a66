"""Passwords and tokens, in a type that does not show them."""

import re
from base64 import b64encode
from typing import Final, TypeGuard

_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r"[\x21-\x7e]+")


class Secret:
    """A text that prints as `***`. Only the code that sends it calls `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: Final = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def basic(username: str, password: Secret) -> Secret:
    """Return the value of an Authorization field (RFC 7617, in UTF-8)."""
    return Secret("Basic " + b64encode(f"{username}:{password.reveal()}".encode()).decode())


def bearer(token: Secret) -> Secret:
    """Return the value of an Authorization field (RFC 6750)."""
    return Secret(f"Bearer {token.reveal()}")


def is_token(value: object) -> TypeGuard[str]:
    """Return whether a value is a text that an Authorization field can hold as it is."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def is_text(value: object) -> TypeGuard[str]:
    """Return whether a value is a text that can be encoded to be sent: JSON has lone surrogates, UTF-8 does not."""
    return isinstance(value, str) and not _SURROGATE.search(value)
