"""What pinner shows of large trees, dead registries and terminals of several widths, as golden files.

`python -m tests.regenerate` writes them anew; read the difference before it is committed.
"""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

from pinner.cli import app, registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved, Unresolved
from tests.support.occurrences import DIGEST
from tests.support.terminals import at_a_terminal

FOLDER = Path(__file__).parents[1] / "cases" / "terminal"
COLUMNS = (60, 80, 200)
ENDS = 5
"""How many lines of a long output stand in a golden file at either end."""

INDEX = "application/vnd.oci.image.index.v1+json"


def renderings() -> dict[str, str]:
    """The text of every golden file by its name."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        _large(large)
        _small(small)
        return {
            "large.txt": _shortened(_run(large, "check")),
            "large-statistics.txt": _run(large, "check", "--statistics"),
            "large-quiet.txt": _shortened(_run(large, "check", "-q")),
            "large-pin.txt": _shortened(_run(large, "pin")),
            "large-pin-diff.txt": _shortened(_run(large, "pin", "--diff")),
            "dead-registry.txt": _run(_dead(Path(folder, "dead")), "pin"),
            **{
                f"{command}-{columns}.txt": at_a_terminal([command], small, COLUMNS=str(columns), NO_COLOR="1")
                for command in ("check", "list")
                for columns in COLUMNS
            },
            "check-color.txt": at_a_terminal(["check"], small, COLUMNS="80", FORCE_HYPERLINK="1"),
            "check-ascii.txt": at_a_terminal(["check"], small, NO_COLOR="1", PYTHONIOENCODING="ascii"),
        }


def _large(folder: Path) -> None:
    """Write 300 files with three references each, of which the third pulls from a registry that does not answer."""
    for number in range(300):
        path = folder / f"services/s{number:03}/Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(f"FROM node:{18 + number % 3}\nFROM python\nCOPY --from=dead.example/tool:1 / /\n")


def _dead(folder: Path) -> Path:
    """Write files that pull from three registries; all references of two are pinned."""
    for number in range(300):
        path = folder / f"s{number:03}/Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(
            f"FROM node:20@{DIGEST}\nCOPY --from=ghcr.io/a/b:1@{DIGEST} / /\nCOPY --from=dead.example/tool:1 / /\n"
        )
    return folder


def _small(folder: Path) -> None:
    folder.mkdir()
    long = "registry.example.org/platform/services/a-rather-long-name-of-an-image:2026.11.27-slim"
    (folder / "Dockerfile").write_text(f"FROM {long} AS build\nFROM node:20@{DIGEST}\n\tFROM größe\n")
    (folder / "compose.yaml").write_text(
        f'services:\n  名前: {{image: "{long}", container_name: größe, command: ["run", "{"x" * 90}"]}}\n'
    )


def _answers(references: Iterable[Reference], *_: object, **__: object) -> dict[Reference, Resolution]:
    silent = "no connection to dead.example; check the host, the port and the network"
    return {
        each: Unresolved(each, "unreachable", silent)
        if each.registry == "dead.example"
        else Resolved(each, DIGEST, INDEX, None)
        for each in references
    }


def _run(folder: Path, *arguments: str) -> str:
    """What a command writes into pipes: standard output, then standard error; the files stay as they are."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _inside(folder),
        mock.patch.object(registry_calls, "resolve", _answers),
        mock.patch.object(sys, "stdout", _Pipe(out)),
        mock.patch.object(sys, "stderr", _Pipe(err)),
        contextlib.suppress(SystemExit),
    ):
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        try:
            app.main(list(arguments))
        finally:
            for path, data in before.items():
                path.write_bytes(data)
    return f"{out.getvalue()}--- standard error\n{err.getvalue()}"


class _Pipe(io.TextIOWrapper):
    """A stream of text that takes bytes as well, as standard output does."""

    def __init__(self, text: io.StringIO) -> None:
        super().__init__(_Bytes(text), "utf-8", write_through=True)


class _Bytes(io.BytesIO):
    def __init__(self, text: io.StringIO) -> None:
        super().__init__()
        self._text = text

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes | memoryview)
        return self._text.write(bytes(data).decode())


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _shortened(output: str) -> str:
    told, mark, errors = output.partition("--- standard error\n")
    lines = told.splitlines(keepends=True)
    left_out = len(lines) - 2 * ENDS
    shown = [*lines[:ENDS], f"[{left_out} lines]\n", *lines[-ENDS:]] if left_out > 0 else lines
    return "".join(shown) + mark + errors
