"""The entry point. A plain `pinner COMMAND [PATHS]` goes straight to its command, and a check past that where a glance
is enough: typer alone takes several times as long to import as a whole check takes."""

import gc
import os
import sys

PLAIN = {"check": "check", "pin": "pin", "update": "update", "unpin": "unpin", "list": "list_references"}
"""The commands that take paths, and their names in `pinner.commands`."""

FEW_COLLECTIONS = 50_000
"""How many objects more there must be before the collector looks for cycles. Imports leave tens of thousands."""


def program() -> None:
    """Run the command line and end the process, without taking apart what it holds: what was open is closed by then."""
    code: str | int = 0
    try:
        main()
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    if isinstance(code, int) and _are_flushed():
        os._exit(code)
    sys.exit(code)


def main() -> None:
    """Run the command line. Raises SystemExit with the exit code, unless it is 0."""
    from pinner.terminal import prepare_streams

    prepare_streams()
    gc.set_threshold(FEW_COLLECTIONS)
    _run(sys.argv[1:])


def _are_flushed() -> bool:
    """Whether the streams took everything. Where one did not, Python says so at its end."""
    from pinner.terminal import flush

    try:
        flush()
    except OSError:
        return False
    return True


def _run(arguments: list[str]) -> None:
    paths = _plain_paths(arguments)
    if paths is None:
        from pinner import cli

        cli.main(arguments)
        return
    command, *_ = arguments
    if command == "check" and _is_settled(paths):
        return
    from pinner import commands
    from pinner.config import load

    run = getattr(commands, PLAIN[command])
    sys.exit(commands.run(lambda: run(paths, load())))


def _is_settled(paths: list[str]) -> bool:
    """Whether a glance was enough; the summary of the check is then told."""
    from pinner import shortcut

    summary = shortcut.check(paths)
    if summary is None:
        return False
    from pinner.terminal import tell

    tell(summary)
    return True


def _plain_paths(arguments: list[str]) -> list[str] | None:
    """The paths of a command without flags; None where the command line has to be parsed."""
    if not (arguments and arguments[0] in PLAIN):
        return None
    before, _, after = _partition(arguments[1:])
    return None if any(argument.startswith("-") for argument in before) else before + after


def _partition(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    if "--" not in arguments:
        return arguments, "", []
    at = arguments.index("--")
    return arguments[:at], "--", arguments[at + 1 :]


if __name__ == "__main__":
    program()
