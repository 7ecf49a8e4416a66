"""What the process writes on: streams, colour, progress."""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

Progress = Callable[[int, int], None]

_STREAMS = ("stdout", "stderr")


def prepare_streams() -> None:
    """Let neither a closed stream end the run nor a name that the stream's encoding lacks."""
    for name in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO()))
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def abandon_broken_streams() -> None:
    """Forget the streams that take no more: Python would complain of them when it flushes at exit."""
    for name in _STREAMS:
        stream = getattr(sys, name)
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            setattr(sys, name, None)


def wants_color(choice: str, stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour what goes to `stream`: `--color`, then NO_COLOR, FORCE_COLOR, TERM, and a terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):  # https://no-color.org: present and not empty
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def write_text(text: str) -> None:
    """Put `text` on standard output."""
    sys.stdout.write(text)


def write_bytes(data: bytes) -> None:
    """Put bytes on standard output as they are: a diff, or a file's new content."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def tell(line: str) -> None:
    """Put a line for people on standard error, if they can be told."""
    try:
        if sys.stderr:
            sys.stderr.write(f"{line}\n")
    except OSError:
        abandon_broken_streams()


@contextmanager
def progress(title: str, quiet: bool, environ: Mapping[str, str] = os.environ) -> Iterator[Progress | None]:
    """A progress bar on standard error, at a terminal only, and not under CI or pre-commit."""
    if quiet or not sys.stderr.isatty() or environ.get("CI") or environ.get("PRE_COMMIT"):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
