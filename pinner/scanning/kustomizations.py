"""Kustomizations that nobody named: those of the checked root that may replace an image of a file that was named."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from pinner.formats.places import DEPLOYS
from pinner.model.errors import ReadError
from pinner.model.files import checked_root
from pinner.model.occurrence import Occurrence
from pinner.model.reference import Reference
from pinner.model.source import Source, read_source
from pinner.scanning.decisions import KUSTOMIZATIONS, written_name
from pinner.scanning.discovery import discover


def kustomizations_for(occurrences: Iterable[Occurrence], is_left_out: Callable[[str], bool]) -> list[Source]:
    """Return the kustomizations of the trees in which `occurrences` stand, if one may replace an image of theirs.

    `is_left_out` tells of a path whether the file was read already, or shall not be.
    """
    open_ = [each for each in occurrences if isinstance(each.target, Reference) and not each.target.digest]
    roots = {_root_of(os.path.dirname(each.path)) for each in open_}
    found = [file for root in sorted(roots) for file in discover([root]).files if not file.is_outside]
    # As from the working directory, like the paths of other files: `../here/x` is `x`.
    paths = [each.path if os.path.isabs(each.path) else os.path.relpath(each.path) for each in found]
    paths = [path for path in paths if not is_left_out(path)]
    sources = list(_read(path for path in paths if os.path.basename(path) in KUSTOMIZATIONS))
    # Few name one of these images; to see what it works on, all have to be read.
    names = {written_name(each.text).encode() for each in open_}
    if not any(b"images" in each.data and any(name in each.data for name in names) for each in sources):
        return []
    others = _read(path for path in paths if path.endswith((".yaml", ".yml", ".json")))
    return sources + [
        each for each in others if os.path.basename(each.path) not in KUSTOMIZATIONS and DEPLOYS.search(each.data)
    ]


def _read(paths: Iterable[str]) -> Iterator[Source]:
    for path in paths:
        with suppress(ReadError):
            yield read_source(path)


def _root_of(folder: str) -> str:
    """Return the checked root of a folder, spelled as the folder is."""
    real = os.path.realpath(folder or os.curdir)
    return os.path.normpath(os.path.join(folder, os.path.relpath(checked_root(real) or real, real)))
