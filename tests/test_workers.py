"""Work that is shared between processes."""

import os
import sys

import pytest

from pinner.workers import processors, spread

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


def triple(number: int) -> tuple[int, int]:
    return number * 3, os.getpid()


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 10])
@needs_fork
def test_results_come_in_the_order_of_the_items(count: int, processes: int) -> None:
    assert [result for result, _ in spread(triple, range(count), processes)] == [3 * item for item in range(count)]


@needs_fork
def test_others_work_while_this_process_is_busy() -> None:
    reading, writing = os.pipe()

    def work(item: int) -> int:
        os.write(writing, b"x")
        return os.getpid()

    processes = spread(work, range(10), 2, lambda: [os.read(reading, 1) for _ in range(10)])
    assert os.getpid() not in processes
    assert len(set(processes)) == 1


def test_alone_there_is_no_meanwhile() -> None:
    assert spread(triple, [1], 1, lambda: 1 // 0) == [(3, os.getpid())]


@needs_fork
def test_many_items_share_a_number() -> None:
    assert [result for result, _ in spread(triple, range(1000), 2)] == [3 * item for item in range(1000)]


@needs_fork
def test_a_large_result_comes_whole() -> None:
    assert spread(lambda item: item * 1_000_000, [b"a", b"b", b"c"], 3) == [b"a" * 10**6, b"b" * 10**6, b"c" * 10**6]


@needs_fork
def test_what_fails_in_a_child_fails_in_the_parent() -> None:
    with pytest.raises(ZeroDivisionError):
        spread(lambda item: 1 // item, [1, 0], 2)


@needs_fork
def test_what_cannot_travel_is_done_again() -> None:
    results = spread(lambda item: lambda: item, [1, 2, 3], 2)
    assert [result() for result in results] == [1, 2, 3]


@needs_fork
def test_a_child_that_dies_is_replaced() -> None:
    parent = os.getpid()
    assert spread(lambda item: item if os.getpid() == parent else os._exit(9), [1, 2], 2) == [1, 2]


def test_there_is_a_processor() -> None:
    assert processors() >= 1
