"""Trees of files, read and pinned in the test's own process and without a registry."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pinner.cli import registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved
from tests.support.command import Ran, pinner
from tests.support.pinning import digest_of

INDEX = "application/vnd.oci.image.index.v1+json"


def resolve(asked: Iterable[Reference], *_: Any, **__: Any) -> Mapping[Reference, Resolution]:
    """Answer for every tag with a digest of its own."""
    return {each: Resolved(each, digest_of(each), INDEX) for each in asked}


class FileTree:
    """Files in a folder that is the working directory."""

    def __init__(self, folder: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        monkeypatch.chdir(folder)
        monkeypatch.setattr(registry_calls, "resolve", resolve)

    def run(self, *arguments: str, stdin: str | None = None) -> Ran:
        """Run a command of pinner; registries answer as `resolve` does."""
        return pinner(*arguments, stdin=stdin)

    def references(self, *arguments: str) -> dict[str, list[dict[str, Any]]]:
        """Return what `pinner list` shows, by path, in the order of each file."""
        listed: dict[str, list[dict[str, Any]]] = {}
        ran = self.run("list", "--format", "json", *arguments)
        for each in json.loads(ran.stdout)["references"] if ran.stdout else ():
            listed.setdefault(each["path"], []).append(each)
        return listed

    def texts(self) -> dict[str, str]:
        """Return every file as it is now."""
        paths = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes().decode() for path in paths}
