"""Work on many items by several processes. A leaf.

Forked processes inherit the items and everything that is imported; only results travel. Where there is
no fork, or only one processor, the work is done here.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Child(NamedTuple):
    process: int
    pipe: int


def processors() -> int:
    """How many processes can work at once."""
    # macOS has fork, but not all of its libraries may be used after it.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def spread(work: Callable[[T], R], items: Sequence[T], processes: int) -> list[R]:
    """`work` of each item, in their order, done by so many processes. Pickle must take the results."""
    shares = [items[first::processes] for first in range(processes)]
    children = [_start(work, share) for share in shares[1:]]
    done = [[work(item) for item in shares[0]]]
    for share, child in zip(shares[1:], children, strict=True):
        results = _results(child)
        # Whatever went wrong in a child goes wrong here again, where it can be told.
        done.append([work(item) for item in share] if results is None else results)
    return [done[at % processes][at // processes] for at in range(len(items))]


def _start(work: Callable[[T], R], share: Sequence[T]) -> _Child:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _run(work, share, writing)
    os.close(writing)
    return _Child(process, reading)


def _run(work: Callable[[T], R], share: Sequence[T], pipe: int) -> NoReturn:
    import pickle

    try:
        with open(pipe, "wb") as file:
            pickle.dump([work(item) for item in share], file, pickle.HIGHEST_PROTOCOL)
        os._exit(0)
    finally:
        os._exit(1)


def _results(child: _Child) -> list[Any] | None:
    import pickle

    with open(child.pipe, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child.process, 0)
    return None if status else pickle.loads(data)  # noqa: S301 - our own process wrote it
