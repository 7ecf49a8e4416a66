"""Work that several tasks need and one does."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """A memory of results by key. Whoever asks first starts the work, the others wait for it.

    A failure is a result: it is raised to everybody who asks for that key.
    """

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, work: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Return the result for `key`; `work` runs when there is none, and goes on when one who waits is cancelled."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(work())
            task.add_done_callback(_retrieve)
        return await asyncio.shield(task)

    def known(self, key: K) -> V | None:
        """Return the result for `key` if it is there and is no failure."""
        task = self._tasks.get(key)
        if task is None or not task.done() or task.cancelled() or task.exception():
            return None
        return task.result()

    def forget(self, key: K) -> None:
        """Let the next one who asks for `key` start anew."""
        self._tasks.pop(key, None)


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Look at the exception, so that asyncio does not complain when all who waited are gone."""
    if not task.cancelled():
        task.exception()
