"""`@FILE` on the command line: one argument a line, for callers with more of them than fit."""

import os
from collections.abc import Iterator, Sequence

from pinner.errors import UsageError


def expand(arguments: Sequence[str]) -> list[str]:
    """`arguments` with the lines of each file in its place; behind `--` an @ is part of a name. Raises UsageError."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    expanded = [each for argument in arguments[:end] for each in _expand(argument)]
    return [*expanded, *arguments[end:]]


def _expand(argument: str) -> Iterator[str]:
    file = argument.removeprefix("@")
    if not file or file == argument:
        yield argument
        return
    try:
        with open(file, "rb") as stream:
            lines = os.fsdecode(stream.read()).split("\n")
    except OSError as error:
        hint = f"a path that begins with @ is written ./{argument}"
        raise UsageError(f"{argument}: cannot read the arguments: {error.strerror}; {hint}") from error
    yield from (line for line in (line.removesuffix("\r") for line in lines) if line)
