"""YAML files that hold keys for images and are of no kind: `--verbose` lists them."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pinner.model.errors import ReadError
from pinner.model.source import read_source

# A key with text behind it: schemas of custom resources have mappings there.
_IMAGE_KEY = re.compile(rb"""(?:^|[{,])[ \t-]*["']?(?:image|\w*Image)["']?[ \t]*:[ \t]+["']?[\w$<]""", re.MULTILINE)


def image_keys(paths: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield the YAML files among `paths` that have a key for an image, with the 1-based line of the first."""
    for path in paths:
        if path.endswith((".yaml", ".yml")):
            with suppress(ReadError):
                source = read_source(path)
                if match := _IMAGE_KEY.search(source.data):
                    yield path, source.line_of(match.end() - 1)
