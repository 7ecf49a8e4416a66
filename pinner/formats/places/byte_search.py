"""Byte searches that tell which files are worth composing: most YAML and JSON of a repository pulls no image."""

import json
import re
from functools import cache

from pinner.formats.compose import SERVICES_KEY
from pinner.formats.places import DEPLOYS
from pinner.formats.places.table import Kind

# What may hide one of the words: escapes in keys, a tag of base64, and ignore comments, which are to be used.
_BINARY = rb"![^\s!]*binary"
_HIDDEN = rb"pinner:|\\[xuU\r\n]|" + _BINARY
_MANIFEST = re.compile(rb"apiVersion|" + _HIDDEN)
_SERVICES = re.compile(SERVICES_KEY + b"|" + _HIDDEN)
_IMAGE = re.compile(rb"[iI]mage|build|" + _HIDDEN)
IMAGE_KEY = re.compile(rb"^[ \t-]*[\"']?image[\"']?[ \t]*:", re.MULTILINE)
_MARK = re.compile(rb"\{\{|\{%|<%|%%|@")
_ESCAPE = re.compile(rb"\\(?:x|u00|U000000)([0-7][0-9a-fA-F])|\\\r?\n[ \t]*")
_OPERATION = re.compile(rb"\bop[\"']?[ \t]*:")


def may_be_manifest(data: bytes) -> bool:
    """Return whether bytes that are not understood may be those of a manifest to kubectl, however they are written."""
    # UTF-16 has a zero in each character of ASCII. Keys may be written with escapes or in base64.
    plain = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]) if match[1] else b"", data.replace(b"\0", b""))
    return all(word in plain for word in (b"apiVersion", b"kind")) or re.search(_BINARY, plain) is not None


def may_hold_images(data: bytes, named: tuple[Kind, ...]) -> bool:
    """Return whether a file is worth composing: without one of these words no path leads to an image."""
    if b"\0" in data:
        data = data.replace(b"\0", b"")
    if _IMAGE.search(data) and (_MANIFEST.search(data) or _SERVICES.search(data)):
        return True
    if DEPLOYS.search(data) or (b"image" in data and _OPERATION.search(data)):
        return True
    if b"image" in data and _MARK.search(data) and IMAGE_KEY.search(data):
        return True
    return bool(named) and bool(_search(named).search(data))


def json_may_be_of_a_kind(data: bytes) -> bool:
    """Return whether JSON of any name may be claimed by its content: most that gets here only has escapes in it."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return True
    if isinstance(document, list):
        return any(isinstance(item, dict) and {"op", "path"} <= item.keys() for item in document)
    return _is_manifest(document) or (isinstance(document, dict) and "services" in document)


def is_json_manifest(data: bytes) -> bool:
    """Return whether JSON is a manifest to kubectl, whatever the name of its file."""
    try:
        return _is_manifest(json.loads(data))
    except (ValueError, RecursionError):
        return False


def _is_manifest(document: object) -> bool:
    return isinstance(document, dict) and {"apiVersion", "kind"} <= document.keys()


@cache
def _search(kinds: tuple[Kind, ...]) -> re.Pattern[bytes]:
    words = {word for kind in kinds for word in kind.words}
    return re.compile(rb"(?i)" + b"|".join([_HIDDEN, *(re.escape(word.encode()) for word in sorted(words))]))
