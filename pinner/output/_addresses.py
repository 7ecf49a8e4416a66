"""Addresses of pinner's pages. The site's own is set in mkdocs.yml as well; a test compares them."""

SITE = "https://digest-pinner.github.io/pinner/"
HOMEPAGE = "https://github.com/digest-pinner/pinner"

UNCHECKED = "unchecked"
FILE_ERROR = "file-error"
REFUSED = "refused-update"

_NO_RULES = {
    UNCHECKED: "registries/#when-a-registry-does-not-answer",
    FILE_ERROR: "exit-codes/#file-error",
    REFUSED: "update/#why-a-pin-stays",
    "not-read": "files/#files-that-belong-together",
    "unknown-kind": "files/#files",
}
"""Pages of what a report says beside the findings of rules."""


def page_of_unchecked(reason: str) -> str:
    """Return the name of the page on what was not checked: that of the reason, or UNCHECKED where a registry failed."""
    return reason if reason in _NO_RULES else UNCHECKED


def address_of(rule: str) -> str:
    """Return the address of the page of a rule, or of UNCHECKED, FILE_ERROR, REFUSED or a `page_of_unchecked`."""
    return SITE + _NO_RULES.get(rule, f"rules/{rule}/")
