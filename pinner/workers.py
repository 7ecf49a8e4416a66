"""Work that is done by several processes, and begun while more of it is still looked for. A leaf.

Forked processes inherit everything that is imported; items and results travel. Where there is no fork, or only one
processor, the work is done here.
"""

import gc
import marshal
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, Generic, NoReturn, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_BOARD_SIZE = 1 << 24
_HALF_TICKET = 4
_PIPE_SIZE = 1 << 16
_WIDE = 1 << 20
# How many parts each process would do if all took the same time.
_PARTS_EACH = 16


class Packing(Protocol):
    """How lists travel from one process to another, which unpacks them in the order in which they were packed."""

    def pack(self, items: Sequence[Any], /) -> bytes:
        """The items as bytes."""

    def unpack(self, data: bytes, /) -> Sequence[Any]:
        """The items that were packed."""


def processors() -> int:
    """How many processes can work at once."""
    # macOS has fork, but not all of its libraries may be used after it.
    if sys.platform != "linux" or _has_threads():
        return 1
    return len(os.sched_getaffinity(0))


def _has_threads() -> bool:
    """Whether there are threads, such as one that waits for DNS: in a fork, what they have locked would stay locked."""
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


class Pickled:
    """Lists of whatever pickle takes."""

    def pack(self, items: Sequence[Any]) -> bytes:
        """The items as bytes."""
        import pickle

        return pickle.dumps(items, pickle.HIGHEST_PROTOCOL)

    def unpack(self, data: bytes) -> Sequence[Any]:
        """The items that were packed."""
        import pickle

        return pickle.loads(data)  # type: ignore[no-any-return]  # noqa: S301 - our own process wrote it


class Crew(Generic[T, R]):
    """Processes that do work in parts. They begin when `worth` parts were given; this one begins at the end.

    `work` makes the results of a part's items. `items` and `results` make what packs and unpacks for one process.
    With `rehearse` an item is worked on here before there are others: what that imports, they need not import each.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Sequence[R]],
        processes: int,
        worth: int = 1,
        *,
        items: Callable[[], Packing] = Pickled,
        results: Callable[[], Packing] = Pickled,
        rehearse: bool = False,
    ) -> None:
        self._work = work
        self._processes = processes
        self._worth = worth
        self._items = items()
        self._results = results
        self._rehearse = rehearse
        self._parts: list[Sequence[T]] = []
        self._board: _Board | None = None
        self._children: list[_Child] = []

    @property
    def is_at_work(self) -> bool:
        """Whether other processes have begun."""
        return self._board is not None

    def give(self, part: Sequence[T]) -> None:
        """Hand in items, not none, that one process will work on."""
        self._parts.append(part)
        if self._board:
            self._post(self._board, len(self._parts) - 1)
            self._receive()
        elif self._processes > 1 and len(self._parts) >= self._worth:
            self._start()

    def finish(self) -> list[R]:
        """The results of all items, in the order in which they were given."""
        done: dict[int, Sequence[R]] = {}
        if self._board:
            self._board.close()
            for number, _ in self._board.take():
                done[number] = self._work(self._parts[number])
                self._receive()
        for child in self._children:
            done.update(child.results(self._results()))
        # What found no room on the board is done here. Whatever went wrong in a child goes wrong here again, where it
        # can be told.
        return [result for at, part in enumerate(self._parts) for result in done.get(at) or self._work(part)]

    def _start(self) -> None:
        if self._rehearse:
            self._results().pack(self._work(self._parts[0][:1]))
        # The collector need not look at what is there for good, which would also copy it to the other processes.
        gc.freeze()
        self._board = _Board()
        self._children = [self._fork(self._board) for _ in range(self._processes - 1)]
        for number in range(len(self._parts)):
            self._post(self._board, number)

    def _post(self, board: "_Board", number: int) -> None:
        board.post(number, self._items.pack(self._parts[number]))

    def _receive(self) -> None:
        for child in self._children:
            child.receive()

    def _fork(self, board: "_Board") -> "_Child":
        reading, writing = _wide_pipe()
        process = os.fork()
        if process == 0:
            self._run(board, writing)
        os.close(writing)
        return _Child(process, reading)

    def _run(self, board: "_Board", pipe: int) -> NoReturn:
        try:
            board.close()
            packing = self._results()
            with open(pipe, "wb") as file:
                for number, part in board.take():
                    results = packing.pack(self._work(self._items.unpack(part)))
                    file.write(marshal.dumps((number, results)))
                    file.flush()
            os._exit(0)
        finally:
            os._exit(1)


def spread(work: Callable[[Sequence[T]], Sequence[R]], items: Sequence[T], processes: int) -> list[R]:
    """What `work` makes of all items, part by part. The processes inherit the items; pickle must take the results."""
    crew: Crew[int, R] = Crew(lambda numbers: work([items[number] for number in numbers]), processes)
    size = max(1, len(items) // (_PARTS_EACH * processes))
    for start in range(0, len(items), size):
        crew.give(range(start, min(start + size, len(items))))
    return crew.finish()


class _Child:
    """Another process, and what it has sent so far."""

    def __init__(self, process: int, pipe: int) -> None:
        self._process = process
        self._pipe = pipe
        self._data = bytearray()
        os.set_blocking(pipe, False)

    def receive(self) -> None:
        """Take what is there, so that a full pipe does not stop the process."""
        with suppress(BlockingIOError):
            while data := os.read(self._pipe, _PIPE_SIZE):
                self._data += data

    def results(self, packing: Packing) -> Iterator[tuple[int, Sequence[Any]]]:
        """Wait for the end of the process. The parts that it has done, whether it failed later or not."""
        os.set_blocking(self._pipe, True)
        self.receive()
        os.close(self._pipe)
        os.waitpid(self._process, 0)
        file = BytesIO(self._data)
        # A part that was not sent to its end was not done.
        with suppress(EOFError):
            while True:
                number, results = marshal.load(file)  # noqa: S302 - our own process wrote it
                yield number, packing.unpack(results)


class _Board:
    """Parts of the work, in memory that processes share, and a pipe with a ticket for each: who has read it, has it."""

    def __init__(self) -> None:
        from mmap import mmap

        self._memory = mmap(-1, _BOARD_SIZE)
        self._end = 0
        self._taking, self._posting = os.pipe()
        # Where tickets were never taken, a full pipe must not stop who posts.
        os.set_blocking(self._posting, False)

    def post(self, number: int, part: bytes) -> None:
        """Offer a part to all processes, if there is room."""
        data = marshal.dumps((number, part))
        start, end = self._end, self._end + len(data)
        if end > _BOARD_SIZE:
            return
        self._memory[start:end] = data
        try:
            os.write(self._posting, _number(start) + _number(len(data)))
        except BlockingIOError:
            return
        self._end = end

    def close(self) -> None:
        """Post no more from this process."""
        os.close(self._posting)

    def take(self) -> Iterator[tuple[int, bytes]]:
        """The parts that no process has taken before, until there are no more and nobody can post."""
        while ticket := os.read(self._taking, 2 * _HALF_TICKET):
            start, size = (int.from_bytes(half, "little") for half in (ticket[:_HALF_TICKET], ticket[_HALF_TICKET:]))
            yield marshal.loads(self._memory[start : start + size])  # noqa: S302 - our own process wrote it
        os.close(self._taking)


def _wide_pipe() -> tuple[int, int]:
    """A pipe with room for some hundred results, where the system allows it."""
    import fcntl

    reading, writing = os.pipe()
    with suppress(OSError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _WIDE)
    return reading, writing


def _number(value: int) -> bytes:
    return value.to_bytes(_HALF_TICKET, "little")
