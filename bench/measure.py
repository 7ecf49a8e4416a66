"""Processes timed from outside: wall clock, processor time and peak memory, the sides in turn."""

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Prepare = Callable[[], None]


class Command(NamedTuple):
    """A side of a comparison. `expected` are the exit codes that mean it did its work."""

    name: str
    arguments: list[str]
    folder: Path
    expected: frozenset[int] = frozenset({0})


class Run(NamedTuple):
    """One run: seconds, seconds of processor time, bytes."""

    wall: float
    cpu: float
    memory: int


class Timing(NamedTuple):
    """All runs of one command."""

    name: str
    runs: tuple[Run, ...]

    @property
    def median(self) -> float:
        """The median of the wall clock, in seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def minimum(self) -> float:
        """The shortest wall clock, in seconds."""
        return min(run.wall for run in self.runs)

    @property
    def memory(self) -> int:
        """The peak of the resident memory, in bytes."""
        return max(run.memory for run in self.runs)


class Failed(Exception):
    """A command did not do its work, so its time means nothing."""


def environment() -> dict[str, str]:
    """The caller's environment without what changes how Python starts, or how much anybody prints."""
    unwanted = ("PYTHON", "PINNER_", "DOCKER_", "FORCE_COLOR", "CI")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def alternate(commands: Sequence[Command], rounds: int, prepare: Prepare = lambda: None) -> list[Timing]:
    """Run all commands in turn, `rounds` times after one round that is not counted; `prepare` goes before each run."""
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for number in range(rounds + 1):
        for command in commands:
            prepare()
            run = run_once(command)
            if number:
                runs[command.name].append(run)
    return [Timing(name, tuple(done)) for name, done in runs.items()]


def run_once(command: Command) -> Run:
    """One run with its output thrown away. Raises Failed."""
    home = os.getcwd()
    os.chdir(command.folder)
    try:
        start = time.perf_counter()
        process = os.posix_spawn(
            command.arguments[0], command.arguments, _ENVIRONMENT, file_actions=[_to_nowhere(each) for each in range(3)]
        )
        _, status, usage = os.wait4(process, 0)
        wall = time.perf_counter() - start
    finally:
        os.chdir(home)
    code = os.waitstatus_to_exitcode(status)
    if code not in command.expected:
        raise Failed(f"{' '.join(command.arguments)[:200]} in {command.folder} exited with {code}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _to_nowhere(descriptor: int) -> tuple[int, int, str, int, int]:
    return os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0


_ENVIRONMENT: Mapping[str, str] = environment()
