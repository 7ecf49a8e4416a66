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
}
"""Pages of what a report says beside the findings of rules."""


def address_of(rule: str) -> str:
    """Return the address of the page of a rule, or of UNCHECKED, FILE_ERROR or REFUSED."""
    return SITE + _NO_RULES.get(rule, f"rules/{rule}/")
