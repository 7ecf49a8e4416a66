"""Work that is shared between processes."""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pinner import workers
from pinner.workers import Crew, Pickled, processors, spread

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


def triple(number: int) -> tuple[int, int]:
    return number * 3, os.getpid()


def each(work: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """The work of a part: that of each item."""
    return lambda part: [work(item) for item in part]


def results(work: Any, items: Sequence[Any], processes: int, *, worth: int = 1, size: int = 1) -> list[Any]:
    """What a crew makes of `items`, given in parts of a size."""
    crew = Crew(each(work), processes, worth)
    for start in range(0, len(items), size):
        crew.give(items[start : start + size])
    return crew.finish()


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 10])
@pytest.mark.parametrize("worth", [1, 3, 20])
@needs_fork
def test_results_come_in_the_order_of_the_items(count: int, processes: int, worth: int) -> None:
    for size in (1, 3):
        done = results(triple, range(count), processes, worth=worth, size=size)
        assert [result for result, _ in done] == [3 * item for item in range(count)]


@needs_fork
def test_every_process_that_has_time_takes_part() -> None:
    def slow(number: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    done = results(slow, range(12), 3)
    assert len(set(done)) == 3
    assert os.getpid() in done


@needs_fork
def test_others_begin_before_this_process_does() -> None:
    crew = Crew(each(triple), 2)
    crew.give([1, 2])
    time.sleep(0.5)
    assert os.getpid() not in {process for _, process in crew.finish()}


@needs_fork
def test_a_rehearsal_is_held_once_and_before_others_begin() -> None:
    seen: list[int] = []
    crew = Crew(each(lambda item: (seen.append(item), len(seen))), 2, rehearse=True)
    crew.give([7])
    time.sleep(0.2)
    assert seen == [7]
    assert crew.finish() == [(None, 2)]


@needs_fork
def test_a_little_is_not_shared() -> None:
    assert {process for _, process in results(triple, range(5), 3, worth=6)} == {os.getpid()}


@needs_fork
def test_a_large_result_comes_whole() -> None:
    items = [b"a", b"b", b"c", b"d"]
    assert results(lambda item: item * 1_000_000, items, 3) == [item * 10**6 for item in items]


@needs_fork
def test_a_full_pipe_does_not_stop_a_process() -> None:
    crew = Crew(each(lambda item: (os.getpid(), item * 100_000)), 2)
    for number in range(20):
        crew.give([bytes([number])])
        time.sleep(0.02)
    assert [item for _, item in crew.finish()] == [bytes([number]) * 100_000 for number in range(20)]


@needs_fork
def test_what_fails_in_a_child_fails_in_the_parent() -> None:
    with pytest.raises(ZeroDivisionError):
        results(lambda item: 1 // item, [1, 0], 2)


@needs_fork
def test_what_cannot_travel_is_done_again() -> None:
    assert [result() for result in results(lambda item: lambda: item, [1, 2, 3], 2)] == [1, 2, 3]


@needs_fork
def test_a_child_that_dies_is_replaced() -> None:
    parent = os.getpid()
    crew = Crew(each(lambda item: item if os.getpid() == parent else os._exit(9)), 2)
    crew.give([1, 2])
    time.sleep(0.2)
    crew.give([3])
    assert crew.finish() == [1, 2, 3]


@needs_fork
@pytest.mark.parametrize("setting", ["_BOARD_SIZE", "_PIPE_SIZE"])
def test_what_finds_no_room_is_done_all_the_same(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, setting, 64)
    assert results(lambda item: item + item, ["abc" * 20, *"abcdef"], 2) == ["abc" * 40, *"aa bb cc dd ee ff".split()]


@needs_fork
def test_nobody_waits_for_a_child_that_takes_no_tickets() -> None:
    parent = os.getpid()
    crew = Crew(each(lambda item: item if os.getpid() == parent else os._exit(9)), 2)
    for number in range(10_000):
        crew.give([number])
    assert crew.finish() == list(range(10_000))


def test_what_is_pickled_comes_back() -> None:
    assert Pickled().unpack(Pickled().pack([1, "a", None])) == [1, "a", None]


def test_there_is_a_processor() -> None:
    assert processors() >= 1


def test_beside_threads_there_is_but_one() -> None:
    event = threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    try:
        assert processors() == 1
    finally:
        event.set()
        thread.join()


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 100])
@needs_fork
def test_known_work_is_spread(count: int, processes: int) -> None:
    done = spread(each(triple), range(count), processes)
    assert [result for result, _ in done] == [3 * item for item in range(count)]


@needs_fork
def test_what_is_spread_need_not_travel() -> None:
    assert spread(each(lambda item: item()), [lambda: 1, lambda: 2, lambda: 3], 2) == [1, 2, 3]
