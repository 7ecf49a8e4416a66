"""Git, by its command line, in repositories that somebody else may have written.

A repository is found here and told to Git, never found by Git: to Git every folder that holds `HEAD`, `objects`
and `refs` is a repository, also one that a change brings. What its configuration could make Git run is out of
force, and a run waits once for a Git that gives no answer. With `--git-dir` Git does not ask who owns the
repository, which is why nothing may depend on that.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pinner.model.files import work_tree_of

if TYPE_CHECKING:
    from subprocess import Popen

TIME_LIMIT = 12.0
"""How many seconds a command of Git may take. A named pipe among the files of a repository blocks for ever."""

MAX_BLOB = 16 * 1024 * 1024
"""How many bytes of a blob are read."""

LONGEST_TARGET = 4096
"""How many bytes the target of a symbolic link may have, as in Linux."""

SHALLOW_HINT = "there is no such commit here; a shallow clone has to fetch it first"

# What a repository's own configuration and index could change. Filters, drivers of diffs, pagers, aliases and
# `trace2` need no entry: no command that is run here uses them, or Git takes them from the user alone.
_OPTIONS = (
    "--literal-pathspecs --no-pager"
    f" -c safe.bareRepository=explicit -c core.fsmonitor=false -c core.hooksPath={os.devnull}"
    # With `ignoreCase` a tracked name hides another file, which differs from it in case.
    " -c core.ignoreCase=false -c core.untrackedCache=false"
    # Git 2.40 to 2.43 would ask this server before GIT_ALLOW_PROTOCOL is looked at.
    " -c fetch.bundleURI="
).split()
_ENVIRONMENT = {
    # Git 2.44 and newer know the first; older ones start a fetch of a missing object, which the second ends.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_REGULAR = frozenset(("100644", "100755", "100664"))
_LINK = frozenset(("120000",))
# Why there was no answer, where Git gave none within the limit. One is enough: the run asks no more.
_unanswered: list[str] = []


class GitFailed(Exception):
    """Git is missing, refuses or gives no answer: the text is one line that says why."""


class Repository(NamedTuple):
    """The `.git` of a work tree, which is a folder or a file that names one, and the work tree: absolute paths."""

    git_dir: str
    work_tree: str

    def name_of(self, path: str) -> str | None:
        """Return a path as Git writes it, from the top of the work tree; None for the top and what lies elsewhere.

        The links in it stay if it lies there as it is written.
        """
        above = os.path.join(self.work_tree, "")
        written, real = os.path.abspath(path), os.path.realpath(path)
        inside = next((each for each in (written, real) if each.startswith(above)), None)
        return inside.removeprefix(above).replace(os.sep, "/") if inside else None


class Process:
    """A command of Git that runs. As a context manager it ends the command, if it has not ended by itself."""

    def __init__(self, process: "Popen[bytes]", data: bytes | None) -> None:
        self._process = process
        self._data = data

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        # Not `poll`: as long as Git is not reaped its group is its own, and what it has started may hold the pipes.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    from signal import SIGKILL  # which Windows does not have

                    os.killpg(process.pid, SIGKILL)
                else:
                    process.kill()
        with process:
            pass  # closes the pipes and reaps the process

    def output(self) -> bytes:
        """Wait for the command and return what it prints. Raises GitFailed."""
        from subprocess import TimeoutExpired

        with self:
            try:
                printed, complaint = self._process.communicate(self._data, timeout=TIME_LIMIT)
            except TimeoutExpired as error:
                _unanswered.append(f"git gave no answer within {TIME_LIMIT:.0f} seconds")
                raise GitFailed(_unanswered[0]) from error
        if self._process.returncode:
            lines = [line.strip() for line in complaint.decode("utf-8", "replace").splitlines() if line.strip()]
            # Warnings and advice may come before the line that says why.
            failing = [line for line in lines if line.startswith(("fatal: ", "error: "))]
            raise GitFailed([*failing, *lines, f"git ended with {self._process.returncode}"][0])
        return printed


def find_repository(folder: str) -> Repository | None:
    """Return the repository whose work tree holds `folder`, None where there is none.

    Only a `.git` counts, in the folder or above it, whether Git takes it for a repository or not.
    """
    work_tree = work_tree_of(os.path.realpath(folder))
    return Repository(os.path.join(work_tree, ".git"), work_tree) if work_tree else None


def run_git(repository: Repository, arguments: Sequence[str], *, input: bytes | None = None) -> bytes:  # noqa: A002
    """Run a command at the top of the work tree and return what it prints. Raises GitFailed."""
    return start_git(repository, arguments, input=input).output()


def start_git(repository: Repository, arguments: Sequence[str], *, input: bytes | None = None) -> Process:  # noqa: A002
    """Start a command at the top of the work tree. Raises GitFailed, here or when its output is asked for."""
    from subprocess import DEVNULL, PIPE, Popen

    if _unanswered:
        raise GitFailed(_unanswered[0])
    # Without what a hook of Git sets to name its own repository.
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
    places = [f"--git-dir={repository.git_dir}", f"--work-tree={repository.work_tree}"]
    try:
        process = Popen(
            [_executable(), *places, *_OPTIONS, *arguments],
            cwd=repository.work_tree,
            env=environment | _ENVIRONMENT,
            stdin=DEVNULL if input is None else PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise GitFailed(f"git cannot be run: {error.strerror}") from error
    except ValueError as error:
        # A null character in an argument.
        raise GitFailed(f"git cannot be run: {error}") from error
    return Process(process, input)


def commit_of(repository: Repository, revision: str) -> str:
    """Return the identifier of the commit that `revision` names. Raises GitFailed, with advice for shallow clones."""
    try:
        found = run_git(repository, ["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"])
    except GitFailed as error:
        try:
            # If Git answers this, what it does not find is missing.
            run_git(repository, ["rev-parse", "--git-dir"])
        except GitFailed:
            raise error from None
        raise GitFailed(SHALLOW_HINT) from error
    return found.decode().strip()


def tree(repository: Repository, commit: str, *, modes: Collection[str] = _REGULAR) -> dict[str, str]:
    """Return the blobs in a commit, by path from the top of the work tree: those of regular files, unless `modes` says.

    Raises GitFailed.
    """
    found: dict[str, str] = {}
    for line in run_git(repository, ["ls-tree", "-r", "-z", "--full-tree", commit, "--"]).split(b"\0")[:-1]:
        # `<mode> SP <type> SP <object> TAB <file>`, git-ls-tree(1).
        head, _, path = line.partition(b"\t")
        mode, _, object_id = head.decode().split(" ")
        if mode in modes:
            found[os.fsdecode(path)] = object_id
    return found


def links(repository: Repository, commit: str) -> dict[str, str]:
    """Return the targets of the symbolic links in a commit, by path from the top of the work tree. Raises GitFailed."""
    found = tree(repository, commit, modes=_LINK)
    targets = blobs(repository, found.values(), limit=LONGEST_TARGET)
    return {path: os.fsdecode(targets[each]) for path, each in found.items() if each in targets}


def blobs(repository: Repository, object_ids: Iterable[str], *, limit: int = MAX_BLOB) -> dict[str, bytes]:
    """Return the content of blobs, without those of more than `limit` bytes. Raises GitFailed where one is missing."""
    wanted = dict.fromkeys(object_ids)
    if not wanted:
        return {}
    # The sizes first: `--batch` holds back nothing, however large it is.
    sizes = run_git(repository, ["cat-file", "--batch-check"], input="\n".join(wanted).encode()).decode().splitlines()
    kept = [line.split()[0] for line in sizes if _size(line) <= limit]
    output = run_git(repository, ["cat-file", "--batch"], input="\n".join(kept).encode()) if kept else b""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(output):
        # `<object> SP <type> SP <size> LF <contents> LF`, git-cat-file(1).
        end = output.index(b"\n", at)
        header = output[at:end].decode()
        size = _size(header)
        found[header.split()[0]] = output[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def _size(line: str) -> int:
    object_id, _, rest = line.partition(" ")
    kind, _, size = rest.partition(" ")
    if kind != "blob":
        raise GitFailed(f"there is no blob {object_id} here; a partial clone has to fetch it first")
    return int(size)


def _executable() -> str:
    """Return the absolute path of Git. A relative folder on the PATH would be one of the checkout."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise GitFailed("git cannot be run: it is not on the PATH")
