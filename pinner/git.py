"""Git, by its command line."""

import os
from collections.abc import Callable, Sequence

# What `git rev-parse --local-env-vars` lists, but for configuration. A hook of Git sets variables that
# name the hook's own repository, which need not be the one that is asked about.
_VARIABLES = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR GIT_DIR GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE"
    " GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_SHALLOW_FILE GIT_WORK_TREE".split()
)


class GitFailed(Exception):
    """Git is missing, or refuses: the text is what it says."""


def git(arguments: Sequence[str], folder: str) -> bytes:
    """What a command prints when it is run in `folder`. Raises GitFailed."""
    from subprocess import DEVNULL, run

    try:
        done = run(_command(arguments), cwd=folder, env=_environ(), stdin=DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise GitFailed(f"git cannot be run: {error.strerror}") from error
    if done.returncode:
        raise GitFailed(os.fsdecode(done.stderr).strip() or f"git ended with {done.returncode}")
    return done.stdout


def start(arguments: Sequence[str], folder: str) -> Callable[[], bytes]:
    """Start a command in `folder`; a call of the result waits for what it prints. Both raise GitFailed.

    What Git complains of is not kept, and so `subprocess` need not be imported.
    """
    if not hasattr(os, "posix_spawnp"):
        return lambda: git(arguments, folder)
    reading, writing = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    # In this order: where standard streams are closed, the pipe may have their numbers.
    files = [(os.POSIX_SPAWN_DUP2, *each) for each in ((writing, 1), (nothing, 0), (nothing, 2))]
    try:
        process = os.posix_spawnp("git", _command(["-C", folder, *arguments]), _environ(), file_actions=files)
    except OSError as error:
        os.close(reading)
        raise GitFailed(f"git cannot be run: {error.strerror}") from error
    finally:
        os.close(writing)
        os.close(nothing)
    return lambda: _printed(process, reading)


def _printed(process: int, pipe: int) -> bytes:
    with open(pipe, "rb") as file:
        output = file.read()
    _, status = os.waitpid(process, 0)
    if status:
        raise GitFailed(f"git ended with {os.waitstatus_to_exitcode(status)}")
    return output


def _command(arguments: Sequence[str]) -> list[str]:
    return ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments]


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _VARIABLES}
