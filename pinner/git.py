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
    return start(arguments, folder)()


def start(arguments: Sequence[str], folder: str) -> Callable[[], bytes]:
    """Start a command in `folder`; a call of the result waits for what it prints. Both raise GitFailed."""
    from subprocess import DEVNULL, PIPE, Popen

    environ = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments]
    try:
        process = Popen(command, cwd=folder, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    except OSError as error:
        raise GitFailed(f"git cannot be run: {error.strerror}") from error

    def printed() -> bytes:
        with process:
            output, complaint = process.communicate()
        if process.returncode:
            raise GitFailed(os.fsdecode(complaint).strip() or f"git ended with {process.returncode}")
        return output

    return printed
