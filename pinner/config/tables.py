"""The tables of the configuration file that speak of some images or of one registry."""

from typing import NamedTuple


class RegistryTable(NamedTuple):
    """What the configuration file says of one registry."""

    mirror: str | None = None
    insecure: bool = False
    ca_file: str | None = None
    trusted_realms: tuple[str, ...] = ()


class ImageSettings(NamedTuple):
    """Settings of the images that the globs in `match` match; None: as for all images. `min_age` is in days."""

    match: tuple[str, ...]
    platforms: tuple[str, ...] | None = None
    min_age: int | None = None
    allow_lost_platforms: bool | None = None
    update: bool | None = None
