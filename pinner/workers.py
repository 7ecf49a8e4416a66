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


WORTH_SHARING = 50_000
"""How long work must take, in microseconds, before more than one process does it."""


# A share's number is one byte in the queue.
_MOST_SHARES = 256


class _Child(NamedTuple):
    process: int
    pipe: int


def processors() -> int:
    """How many processes can work at once."""
    # macOS has fork, but not all of its libraries may be used after it.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def processes_for(microseconds: int, worth_sharing: int = WORTH_SHARING) -> int:
    """How many processes should do what takes one of them so long."""
    return processors() if microseconds > worth_sharing else 1


def spread(
    work: Callable[[T], R], items: Sequence[T], processes: int, meanwhile: Callable[[], object] | None = None
) -> list[R]:
    """`work` of each item, in their order, done by so many processes. Pickle must take the results.

    Each takes a few items whenever it is done with those before. This process does `meanwhile` first;
    where no other works it is left out.
    """
    if processes == 1:
        return [work(item) for item in items]
    shares = min(len(items), _MOST_SHARES)
    queue = _queue(shares)
    children = [_start(work, items, shares, queue) for _ in range(1, processes)]
    if meanwhile:
        meanwhile()
    done = _work_off(work, items, shares, queue)
    os.close(queue)
    for child in children:
        done |= _results(child)
    for share in set(range(shares)) - done.keys():
        # Whatever went wrong in a child goes wrong here again, where it can be told.
        done[share] = [work(item) for item in items[share::shares]]
    return [done[at % shares][at // shares] for at in range(len(items))]


def _queue(shares: int) -> int:
    """A pipe from which every process reads the numbers of the shares that it does."""
    reading, writing = os.pipe()
    os.write(writing, bytes(range(shares)))
    os.close(writing)
    return reading


def _work_off(work: Callable[[T], R], items: Sequence[T], shares: int, queue: int) -> dict[int, list[R]]:
    done = {}
    while share := os.read(queue, 1):
        done[share[0]] = [work(item) for item in items[share[0] :: shares]]
    return done


def _start(work: Callable[[T], R], items: Sequence[T], shares: int, queue: int) -> _Child:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _run(lambda: _work_off(work, items, shares, queue), writing)
    os.close(writing)
    return _Child(process, reading)


def _run(work: Callable[[], object], pipe: int) -> NoReturn:
    import pickle

    try:
        with open(pipe, "wb") as file:
            pickle.dump(work(), file, pickle.HIGHEST_PROTOCOL)
        os._exit(0)
    finally:
        os._exit(1)


def _results(child: _Child) -> dict[int, list[Any]]:
    """What a child has done; nothing where it did not come to its end."""
    import pickle

    with open(child.pipe, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child.process, 0)
    return {} if status else pickle.loads(data)  # noqa: S301 - our own process wrote it
