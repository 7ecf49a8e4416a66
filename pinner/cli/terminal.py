"""Standard output and standard error: streams, colour, progress.

Nothing else in the package writes to standard output or standard error, and what libraries write there goes through
`CleanedStream` as well.
"""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO, cast

from pinner.model.escaping import clean, harmless

Progress = Callable[[int, int, str], None]
"""Called with the number of answers, that of questions, and the host that is waited for."""

INTERVAL = 60.0
"""Seconds between two lines of progress in CI."""

_STREAMS = ("stdout", "stderr")


class CleanedStream:
    """A text stream that passes on only what is harmless: see `pinner.model.escaping`.

    It judges whole lines, so a line that is begun is held back until it ends or is flushed. There is no `buffer`:
    bytes go around it through `write_bytes` alone.
    """

    def __init__(self, stream: TextIO) -> None:
        self.raw = stream
        self._begun = ""

    def write(self, text: str) -> int:
        """Write `text`, cleaned."""
        lines, newline, self._begun = (self._begun + text).rpartition("\n")
        self.raw.write(harmless(lines + newline))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write all `lines`, cleaned."""
        for line in lines:
            self.write(line)

    def write_harmless(self, text: str) -> None:
        """Write what `harmless` made as it is, behind the line that is begun."""
        begun, self._begun = self._begun, ""
        self.raw.write(harmless(begun) + text)

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.flush()
        self.raw.buffer.write(data)
        self.raw.buffer.flush()

    def flush(self) -> None:
        """Write the line that is begun, and flush the stream."""
        self.write_harmless("")
        self.raw.flush()

    def __getattr__(self, name: str) -> Any:
        if name in ("buffer", "detach"):  # ways around the cleaning, which libraries look for
            raise AttributeError(name)
        return getattr(self.raw, name)


def prepare_streams() -> None:
    """Clean what is written, and let neither a closed stream nor a character that its encoding lacks end the run."""
    for name in _STREAMS:
        stream = getattr(sys, name)
        if stream is None:  # as Python has it where the shell closed it
            stream = io.TextIOWrapper(io.BytesIO())
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # As Python does for standard error: an encoding such as cp1252 lacks what a file name may hold.
            reconfigure(errors="backslashreplace")
        setattr(sys, name, _cleaned(stream))


def standard_stream(*, stderr: bool = False) -> CleanedStream:
    """Return standard output or standard error."""
    return _cleaned(sys.stderr if stderr else sys.stdout)


def abandon_broken_streams() -> None:
    """Forget the streams that take no more: Python would complain of them when it flushes at exit."""
    for name in _STREAMS:
        stream = getattr(sys, name)
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            setattr(sys, name, None)


def wants_color(choice: str, stream: TextIO | CleanedStream, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether to colour what goes to `stream`: `--color`, then NO_COLOR, FORCE_COLOR, TERM, and a terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):  # https://no-color.org: present and not empty
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and bool(stream.isatty())


def width_of(stream: TextIO | CleanedStream, environ: Mapping[str, str] = os.environ) -> int:
    """Return how many cells wide the terminal behind `stream` is: COLUMNS, else what the terminal says, else 80."""
    if environ.get("COLUMNS", "").isdecimal() and int(environ["COLUMNS"]):
        return int(environ["COLUMNS"])
    try:
        # A pseudo-terminal whose size nobody has set has 0 columns.
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def takes_hyperlinks(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal is known to show hyperlinks (OSC 8). FORCE_HYPERLINK decides for others."""
    if forced := environ.get("FORCE_HYPERLINK"):
        return forced != "0"
    if environ.get("CI"):
        return False
    # No terminal can be asked. Those that do not know the sequence show it as text, so only known ones get it.
    vte = environ.get("VTE_VERSION", "")  # 5000 is 0.50, the first with hyperlinks
    return (
        (vte.isdecimal() and int(vte) >= 5000)
        or environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper")
        or environ.get("TERM") in ("xterm-kitty", "xterm-ghostty", "foot", "alacritty")
        or any(environ.get(name) for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
    )


def write_text(text: str) -> None:
    """Put lines of text on standard output, cleaned."""
    sys.stdout.write(text)


def write_bytes(data: bytes) -> None:
    """Put bytes on standard output as they are: a diff, or a file's new content."""
    standard_stream().write_bytes(data)


def tell(line: str) -> None:
    """Put a line for people on standard error, cleaned, if they can be told."""
    try:
        # Who cannot be told is no reason to end the run: the exit code says it as well.
        if sys.stderr:
            sys.stderr.write(f"{clean(line)}\n")
    except OSError:
        abandon_broken_streams()


@contextmanager
def progress(
    title: str, quiet: bool, environ: Mapping[str, str] = os.environ, interval: float = INTERVAL
) -> Iterator[Progress | None]:
    """Show on standard error how many questions are answered, and which host is waited for.

    At a terminal that is a bar. In CI, where a log is read later and a silent job is ended, it is a line every
    `interval` seconds. A hook's output is shown only when it fails, and is left alone.
    """
    if quiet or environ.get("PRE_COMMIT") or sys.stderr is None:
        yield None
    elif environ.get("CI"):
        with _lines_of_progress(title, interval) as tick:
            yield tick
    elif sys.stderr.isatty():
        with _bar_of_progress(title) as tick:
            yield tick
    else:
        yield None


@contextmanager
def _bar_of_progress(title: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    # The bar moves the cursor, so it goes around the cleaning; what rich redirected would do so, too.
    console = Console(file=standard_stream(stderr=True).raw)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[waiting]}", markup=False),
    )
    with Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(title, total=None, waiting="")
        yield lambda done, total, host: bar.update(task, completed=done, total=total, waiting=_waiting(host))


@contextmanager
def _lines_of_progress(title: str, interval: float) -> Iterator[Progress]:
    from threading import Event, Thread

    state, ended = "no answer yet", Event()

    def tick(done: int, total: int, host: str) -> None:
        nonlocal state
        state = f"{done} of {total} answered, {_waiting(host)}".removesuffix(", ")

    def tell_now_and_then() -> None:
        while not ended.wait(interval):
            tell(f"{title}: {state}")

    # A daemon: an interrupt must not wait for the next line.
    thread = Thread(target=tell_now_and_then, daemon=True)
    thread.start()
    try:
        yield tick
    finally:
        ended.set()
        thread.join()


def _waiting(host: str) -> str:
    return f"waiting for {clean(host)}" if host else ""  # part of a reference: whoever wrote the file chose it


def _cleaned(stream: TextIO) -> CleanedStream:
    return cast(CleanedStream, stream) if isinstance(stream, CleanedStream) else CleanedStream(stream)
