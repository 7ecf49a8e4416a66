"""Keys for images in YAML files at which no image is read: `--verbose` lists them."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress

from pinner.formats import Places
from pinner.model.errors import ReadError
from pinner.model.source import Source, read_source
from pinner.scanning.scan import Scan

# A key with text behind it: schemas of custom resources have mappings there.
_IMAGE_KEY = re.compile(rb"""(?:^|[{,])[ \t-]*["']?(?:image|\w*Image)["']?[ \t]*:[ \t]+["']?[\w$<]""", re.MULTILINE)


def keys_of_no_kind(scan: Scan) -> Iterator[tuple[str, int]]:
    """Yield the YAML files of no kind that have a key for an image, with the 1-based line of the first."""
    for path in scan.no_kind:
        if path.endswith((".yaml", ".yml")):
            with suppress(ReadError):
                if line := _first_key(read_source(path), ()):
                    yield path, line


def keys_elsewhere(scan: Scan) -> Iterator[tuple[str, int]]:
    """Yield the YAML files of the table of kinds that have a key for an image at which none is read, with its line."""
    for path, file in scan.files.items():
        is_read = isinstance(file.format, Places) and not file.reading.problems and not file.reading.template
        if is_read and path.endswith((".yaml", ".yml")):
            lines = {each.where.line for each in file.reading.occurrences}
            if line := _first_key(file.source, lines):
                yield path, line


def _first_key(source: Source, known: Collection[int]) -> int | None:
    """Return the 1-based line of the first key for an image that is on no line that is `known`."""
    lines = (source.line_of(match.end() - 1) for match in _IMAGE_KEY.finditer(source.data))
    return next((line for line in lines if line not in known), None)
