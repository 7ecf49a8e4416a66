"""dockerfile-parse's opinion on which lines form which instruction.

It is asked before a file is written, as a second reader next to `_instructions`. It misreads heredocs,
comments and blank lines inside an instruction, escape directives, byte-order marks and bytes that are not
UTF-8, so it gets a copy in which every line is reduced to its role; line numbers are the same in both.
"""

from collections.abc import Iterable
from io import BytesIO

from pinner.formats._instructions import Instruction


def structure(commands: Iterable[tuple[str, Instruction]], lines: int) -> list[str]:
    """Name and 1-based first and last line of every instruction; `commands` say what stands on the `lines`."""
    from dockerfile_parse import DockerfileParser

    parser = DockerfileParser(fileobj=BytesIO("".join(_copy(commands, lines)).encode()))
    found = (item for item in parser.structure if item["instruction"] != "COMMENT")
    return [f"{item['instruction']} {item['startline'] + 1}-{item['endline'] + 1}" for item in found]


def _copy(commands: Iterable[tuple[str, Instruction]], lines: int) -> list[str]:
    copy = ["\n"] * lines
    for name, instruction in commands:
        first, last = instruction.first - 1, instruction.last - 1
        # Comments inside an instruction do not end it, and cost dockerfile-parse constant time.
        copy[first + 1 : last] = ["#\n"] * (last - first - 1)
        copy[first], copy[last] = f"{name} \\\n", "x\n"
        if first == last:
            copy[first] = f"{name} x\n"
    return copy
