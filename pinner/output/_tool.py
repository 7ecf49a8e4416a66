"""Who made a report, for formats that say so."""

from importlib.metadata import PackageNotFoundError, version

NAME = "pinner"
HOMEPAGE = "https://github.com/digest-pinner/pinner"


def tool_version() -> str:
    """The version of the installed distribution; a source tree that is not installed has none."""
    try:
        return version("digest-pinner")
    except PackageNotFoundError:
        return "0.0.0"
