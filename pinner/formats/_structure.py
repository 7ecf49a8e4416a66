"""dockerfile-parse's opinion on which lines form which instruction.

It is asked before a file is written, as a second reader next to `_instructions`. It misreads heredocs,
comments and blank lines inside an instruction, escape directives, byte-order marks and bytes that are not
UTF-8, so it gets a copy in which every line is reduced to its role; line numbers are the same in both.
"""

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO

from pinner.formats._instructions import Division


def structure(division: Division, names: Sequence[str]) -> tuple[str, ...]:
    """The name and the first and last line of every instruction, and the last line of its heredocs.

    `names` are those of the instructions. Lines count from 1.
    """
    ends = (f"{name} ends on {each.end}" for name, each in zip(names, division.instructions, strict=True))
    return (*_parsed("".join(_copy(division, names))), *ends)


# Asked twice, since an edit that is right changes no line's role.
@lru_cache(maxsize=1)
def _parsed(copy: str) -> tuple[str, ...]:
    from dockerfile_parse import DockerfileParser

    items = DockerfileParser(fileobj=BytesIO(copy.encode())).structure
    return tuple(
        f"{item['instruction']} {item['startline'] + 1}-{item['endline'] + 1}"
        for item in items
        if item["instruction"] != "COMMENT"
    )


def _copy(division: Division, names: Sequence[str]) -> list[str]:
    copy = ["\n"] * len(division.lines)
    for name, instruction in zip(names, division.instructions, strict=True):
        first, last = instruction.first - 1, instruction.last - 1
        # Comments inside an instruction do not end it, and cost dockerfile-parse constant time.
        copy[first + 1 : last] = ["#\n"] * (last - first - 1)
        copy[first], copy[last] = f"{name} \\\n", "x\n"
        if first == last:
            copy[first] = f"{name} x\n"
    return copy
