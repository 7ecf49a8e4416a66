"""Platforms as images name them and as people write them. A leaf."""

from collections.abc import Iterable

# What containerd's platforms package takes for the same (`database.go`).
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm/v6"}


def fits(platform: str, wanted: str) -> bool:
    """Return whether the image of `platform` is one that `wanted` asks for. Either may leave the variant out.

    Both need an operating system and an architecture: `linux/arm64` fits `linux/arm64/v8`, and `arm64` fits nothing.
    """
    got, asked = _parts(platform), _parts(wanted)
    shared = min(len(got), len(asked))
    return shared >= 2 and got[:shared] == asked[:shared]


def fits_any(platform: str, wanted: Iterable[str]) -> bool:
    """Return whether the image of `platform` is one that any of `wanted` asks for."""
    return any(fits(platform, each) for each in wanted)


def is_complete(platform: str) -> bool:
    """Return whether it names an operating system and an architecture, so that `fits` can tell."""
    return platform.count("/") >= 1


def _parts(platform: str) -> list[str]:
    return "/".join(_ALIASES.get(part, part) for part in platform.lower().split("/")).split("/")
