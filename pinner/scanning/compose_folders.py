"""The folders in which Compose files may stand that a file is judged with, and which of their files are some."""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from pinner.formats import COMPOSE, DOTENV, is_claimed_by_name
from pinner.model.errors import ReadError
from pinner.model.files import checked_root, is_inside
from pinner.model.source import Source, read_source
from pinner.scanning.discovery import Found


def compose_files_by_folder(found: Iterable[Found]) -> dict[str, list[str]]:
    """Return the Compose files that are reported on; a `.env` that is named stands for those beside it."""
    named: dict[str, list[str]] = {}
    for each in found:
        folder = os.path.dirname(each.path)
        if each.format is COMPOSE:
            named.setdefault(folder, []).append(each.path)
        elif each.format is DOTENV:
            named.setdefault(folder, []).extend(compose_files_in(folder) if each.is_named else [])
    return named


def compose_files_in(folder: str) -> list[str]:
    """Return the files in a folder that are Compose files by their names or their content."""
    try:
        names = sorted(os.listdir(folder or os.curdir))
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names if name.endswith((".yaml", ".yml"))]
    found = [path for path in paths if re.search(COMPOSE.FILES, path) or is_compose(path)]
    return list(filter(os.path.isfile, found))


def names_compose_files(folder: str) -> bool:
    """Return whether the `.env` in a folder may say which files Compose reads there."""
    # Most of them name none, and reading them in earnest takes an import of what reads YAML.
    with suppress(ReadError):
        path = os.path.join(folder, ".env")
        return os.path.isfile(path) and b"COMPOSE_FILE" in read_source(path).data
    return False


def folders_above(folders: Iterable[str]) -> set[str]:
    """Return these folders and those above them, each up to its checked root."""
    found: set[str] = set()
    real_paths: dict[str, str] = {}
    roots: dict[str, str | None] = {}
    for folder in folders:
        while folder not in found:
            found.add(folder)
            real = _real_path(folder, real_paths)
            root = _checked_root(real, roots)
            if root is None or real == root or not is_inside(real, root):
                break
            folder = os.path.normpath(os.path.join(folder, os.pardir))
    return found


def _real_path(folder: str, known: dict[str, str]) -> str:
    """Return the real path of a folder. `known` are those of others, and grows: only the last name is looked at."""
    if folder not in known:
        above, name = os.path.dirname(folder) or os.curdir, os.path.basename(folder)
        is_plain = above in known and name not in ("", os.curdir, os.pardir) and not os.path.islink(folder)
        known[folder] = os.path.join(known[above], name) if is_plain else os.path.realpath(folder or os.curdir)
    return known[folder]


def _checked_root(real: str, known: dict[str, str | None]) -> str | None:
    """Return the checked root of a real folder. `known` are those of others, and grows."""
    if real not in known:
        above = os.path.dirname(real)
        is_root = real == os.getcwd() or os.path.lexists(os.path.join(real, ".git"))
        known[real] = known[above] if above in known and not is_root else checked_root(real)
    return known[real]


def is_compose(path: str) -> bool:
    """Tell by its content whether a file of a name that no kind claims is a Compose file."""
    return not is_claimed_by_name(path) and is_claimed(path, COMPOSE.claims)


def is_claimed(path: str, claims: Callable[[Source], bool]) -> bool:
    """Tell whether a file can be read, and `claims` claims its content."""
    try:
        return claims(read_source(path))
    except ReadError:
        return False
