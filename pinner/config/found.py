"""Limits of a configuration that was found: it may come with the pull request that is checked.

It names no file that is written but a ledger in its own folder, and no baseline elsewhere. What it names to be read
otherwise, such as a CA file, is a regular file of bounded size, of which no message shows the content.
"""

import os
from typing import Any

from pinner.config.files import ConfigFile
from pinner.config.types import File, Key, Reports
from pinner.config.values import quoted
from pinner.model.errors import UsageError
from pinner.model.files import is_git_name


def require_harmless(key: Key, raw: Any, file: ConfigFile) -> None:
    """Raise UsageError, which names the flag to use instead, where `file` was found and must not give `key` as `raw`.

    What in `raw` has not the type that `key` asks for is passed over: that is an error of its own.
    """
    if file.is_named:
        return
    reason = None
    match key.type, raw:
        case Reports(), [*reports]:
            named = [report for report in reports if isinstance(report, str) and "=" in report]
            reason = f"{quoted(named[0])} names a file to write" if named else None
        case File(in_folder=True), str(path):
            reason = _why_elsewhere(path, file)
    if reason is not None:
        advice = f"pass --{key.name}, or name the configuration with --config"
        place = f"{file.place_of(key.name)}: {key.name}"
        raise UsageError(f"{place}: {reason}, which a configuration that was found must not do: {advice}")


def _why_elsewhere(path: str, file: ConfigFile) -> str | None:
    """Why a path leaves the configuration's folder, or leads below `.git` or through a link; None where it does not."""
    folder = file.folder
    # In the folder as it is written: what links make of it is judged below, name by name.
    relative = os.path.relpath(os.path.join(folder, path), folder)
    names = relative.split(os.sep)
    if os.path.isabs(relative) or names[0] == os.pardir:
        return f"{quoted(path)} lies outside of the configuration's folder"
    if any(map(is_git_name, names)):
        return f"{quoted(path)} lies below .git"
    at = folder
    # What a revision holds is not read from the disk: the links there are the change's.
    for name in () if file.prefix else names:
        at = os.path.join(at, name)
        if os.path.islink(at):
            return f"{quoted(path)} leads through a link"
    return None
