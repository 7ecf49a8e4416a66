"""The names of the images that a Compose file builds: who uses one of them pulls nothing."""

from collections.abc import Collection

from pinner.errors import InvalidReference
from pinner.formats.variables.expansion import with_defaults
from pinner.reference import parse


class BuiltImages:
    """Images by name, with the profiles in which they are built."""

    def __init__(self) -> None:
        self._always: set[str] = set()
        self._in_profiles: dict[str, set[str]] = {}

    def add(self, image: str, profiles: Collection[str]) -> None:
        """Note that `image` is built in `profiles`, or always if there are none."""
        if profiles:
            self._in_profiles.setdefault(_comparable(image), set()).update(profiles)
        else:
            self._always.add(_comparable(image))

    def has(self, image: str, profiles: Collection[str]) -> bool:
        """Whether `image` is built whenever something runs that has `profiles`, or always runs if there are none."""
        if not (self._always or self._in_profiles):
            return False
        image = _comparable(image)
        return image in self._always or (bool(profiles) and self._in_profiles.get(image, set()).issuperset(profiles))


def _comparable(image: str) -> str:
    """An image's canonical name and tag; names with variables are compared as they are written.

    A digest comes from a registry, so an image with a digest is never one that is built here.
    """
    image = with_defaults(image.strip())
    try:
        reference = parse(image)
    except InvalidReference:
        return image
    return str(reference if reference.digest else reference.by_tag())
