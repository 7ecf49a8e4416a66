"""Reading and writing files: the one module that opens a path. A leaf: standard library only.

What is read is a regular file of bounded size. What is written is written beside its place and renamed into it, so that
a run that ends half-way leaves the old file. A rename makes a new file: extended attributes and hard links of the old
one are lost, its mode stays, and its owner where that is allowed.
"""

import errno
import os
import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress

from pinner.model.errors import ReadError, WriteError

MAX_SIZE = 32 * 1024 * 1024
"""The most bytes that a file may have to be read."""
READER_SECONDS = 2.0
"""How long to wait for somebody to open the other end of a named pipe."""
STRAY_SECONDS = 60.0
"""How old a temporary file must be before it is taken for one of a run that was killed."""

_BINARY = getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | _BINARY
_READ = os.O_RDONLY | _NO_WAIT
# Fails where there is anything of that name already, be it a link.
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_TEMPORARY = r"(?s)\..+\.[0-9a-f]{8}\.pinner"
# A mount point, and a file that lies on another file system than its folder.
_MOUNTED = frozenset({errno.EBUSY, errno.EXDEV})
_CLOSED_FOLDER = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_swept: set[str] = set()


def read_file(path: str, limit: int = MAX_SIZE) -> bytes:
    """Return the bytes of the regular file at `path`. Raise ReadError, with a reason for people, for anything else.

    Nothing else is opened: a pipe or a device in a pull request must not hang the reader, and to open some devices
    does something. `limit` is in bytes and holds for what is read, whatever the file system says of the size.
    """
    try:
        _require_regular(path, os.stat(path))
        handle = os.open(path, _READ)
        try:
            # What was looked at need not be what was opened.
            status = os.fstat(handle)
            _require_regular(path, status)
            data = _read(handle, status.st_size, limit)
        finally:
            os.close(handle)
    except OSError as error:
        raise ReadError(path, reason_of(error)) from error
    except ValueError as error:
        raise ReadError(path, "no file name") from error
    if len(data) > limit:
        raise ReadError(path, f"larger than {limit} bytes")
    return data


def write_file(path: str, data: bytes) -> None:
    """Put `data` into the file that a flag names, in one step, and make it where there is none. Raise WriteError.

    A link is followed, unless it lies in a checkout that it leaves: see `target_of`. A device, a pipe, and a file that
    cannot be renamed over because it is a mount point, are written in place.
    """
    try:
        if os.path.basename(path) in ("", os.curdir, os.pardir):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        target = target_of(path, checked_root)
        descriptor = _descriptor_of(path)
        status = _status(path)
        if descriptor is not None:
            _write_all(os.dup(descriptor), data)
        elif status is not None and (stat.S_ISCHR(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
            _write_in_place(path, data)
        else:
            _write_regular(path, target, data, status)
    except OSError as error:
        raise WriteError(path, reason_of(error)) from error
    except ValueError as error:
        raise WriteError(path, "no file name") from error


def file_to_write(path: str) -> str | None:
    """Return the real path of the file that `write_file` makes or replaces, None for a device, a pipe or an open file.

    Raise WriteError where it is plain before anything is written that it cannot be.
    """
    try:
        if os.path.basename(path) in ("", os.curdir, os.pardir):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        target = target_of(path, checked_root)
        status = _status(path)
        if _descriptor_of(path) is not None:
            return None
        if status is None:
            folder = os.path.dirname(target)
            os.stat(folder)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        elif stat.S_ISCHR(status.st_mode) or stat.S_ISFIFO(status.st_mode):
            return None
        else:
            require_writable(path, status)
    except OSError as error:
        raise WriteError(path, reason_of(error)) from error
    except ValueError as error:
        raise WriteError(path, "no file name") from error
    return target


def replace_file(path: str, data: bytes, status: os.stat_result | None) -> None:
    """Write `data` beside `path` and rename it into its place, with the owner and the mode of `status`. Raise OSError.

    Without `status` the mode is that of any new file. Temporary files that killed runs left in the folder go first.
    """
    folder, name = os.path.split(path)
    _sweep(folder or os.curdir)
    temporary = os.path.join(folder, f".{name}.{os.urandom(4).hex()}.pinner")
    try:
        # Opened in here: an interrupt may come as soon as the file is there.
        _write_all(os.open(temporary, _CREATE, 0o666 if status is None else 0o600), data)
        if status is not None:
            _take_after(temporary, status)
        os.replace(temporary, path)
    except FileExistsError:  # somebody else's
        raise
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def require_writable(path: str, status: os.stat_result) -> None:
    """Raise WriteError where the file at `path`, or what it is a link to, is read-only or no regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise WriteError(path, os.strerror(errno.EISDIR).lower())
    if not stat.S_ISREG(status.st_mode):
        raise WriteError(path, "not a regular file")
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise WriteError(path, "the file is read-only; nothing was written")


def target_of(path: str, root_of: Callable[[str], str | None]) -> str:
    """Return the path behind all links in `path`. Raise WriteError where one leaves the checkout that it lies in.

    `root_of` tells the root of the checkout that holds a folder; None trusts the links in that folder.
    """
    # As the kernel walks: what `..` means behind a link depends on where the link leads.
    drive, rest = os.path.splitdrive(os.path.join(os.getcwd(), path))
    at = drive + os.sep
    for name in rest.replace(os.altsep or os.sep, os.sep).split(os.sep):
        if name == os.pardir:
            at = os.path.dirname(at)
        elif name not in ("", os.curdir):
            step = os.path.join(at, name)
            if os.path.islink(step):
                step = os.path.realpath(step)
                root = root_of(at)
                if root is not None and not is_inside(step, root):
                    link = os.path.relpath(os.path.join(at, name))
                    raise WriteError(path, f"{link} is a link that leaves the checkout; name the file that is meant")
            at = step
    return at


def work_tree_of(folder: str) -> str | None:
    """Return the nearest folder with a `.git` of any kind, from the real path `folder` upwards, else None."""
    at, child = folder, ""
    while at != child:
        if os.path.lexists(os.path.join(at, ".git")):
            return at
        at, child = os.path.dirname(at), at
    return None


def checked_root(folder: str) -> str | None:
    """Return the work tree that holds a real folder, else the working directory if that does, else None."""
    working = os.getcwd()
    below_it = os.path.join(folder, "").startswith(os.path.join(working, ""))
    return work_tree_of(folder) or (working if below_it else None)


def is_inside(path: str, root: str) -> bool:
    """Return whether a real path lies below a real folder, and not below its `.git`."""
    above = os.path.join(root, "")
    return path == root or (path.startswith(above) and not any(map(is_git_name, path[len(above) :].split(os.sep))))


def is_git_name(name: str) -> bool:
    """Return whether some file system takes `name` for `.git`: in any case, with what NTFS and HFS+ pass over."""
    plain = name if name.isascii() else _without_format_characters(name)
    return plain.partition(":")[0].rstrip(". ").casefold() in (".git", "git~1")


def reason_of(error: OSError) -> str:
    """Return what the system says of an error, as the end of a sentence."""
    return (error.strerror or type(error).__name__).lower()


def _without_format_characters(name: str) -> str:
    from unicodedata import category

    return "".join(each for each in name if category(each) != "Cf")


def _require_regular(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise ReadError(path, os.strerror(errno.EISDIR).lower())
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(path, "not a regular file")


def _read(handle: int, size: int, limit: int) -> bytes:
    """All that there is, which may be more or less than `size` by now, and one byte more than `limit` at the most."""
    data = os.read(handle, min(max(size + 1, 4096), limit + 1))
    # That there is nothing behind the last byte need not be asked: one byte more was asked for.
    while data and len(data) != size and len(data) <= limit:
        part = os.read(handle, min(4096, limit + 1 - len(data)))
        if not part:
            break
        data += part
    return data


def _write_regular(path: str, target: str, data: bytes, status: os.stat_result | None) -> None:
    if status is not None:
        require_writable(path, status)
    try:
        replace_file(target, data, status)
    except OSError as error:
        mounted = error.errno in _MOUNTED or (error.errno in _CLOSED_FOLDER and status is not None)
        if not mounted:
            raise
        _write_in_place(target, data)


def _write_in_place(path: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_TRUNC | _NO_WAIT
    waited_until = time.monotonic() + READER_SECONDS
    while True:
        try:
            handle = os.open(path, flags)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() >= waited_until:
                raise WriteError(path, "nobody reads from this pipe") from error
            time.sleep(0.02)
    if hasattr(os, "set_blocking"):
        os.set_blocking(handle, True)
    _write_all(handle, data)


def _write_all(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _descriptor_of(path: str) -> int | None:
    """Return the number of this process's open file for which /dev/stdout, /dev/fd/1 and the like stand.

    To open the path again would begin at the start of the file to which a shell redirects.
    """
    own = f"/proc/{os.getpid()}/fd"
    for _ in range(40):
        folder, name = os.path.split(path)
        folder = os.path.realpath(folder or os.curdir)
        if folder == own and name.isdecimal():
            return int(name)
        if not os.path.islink(path):
            return None
        path = os.path.join(folder, os.readlink(path))
    return None


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _take_after(path: str, status: os.stat_result) -> None:
    """Give the file at `path` the owner and the mode of another."""
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)
    # After the owner: a change of the owner takes special bits away.
    os.chmod(path, stat.S_IMODE(status.st_mode))


def _sweep(folder: str) -> None:
    """Remove the temporary files of runs that were killed, once for each folder."""
    if folder in _swept:
        return
    _swept.add(folder)
    oldest = time.time() - STRAY_SECONDS
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if re.fullmatch(_TEMPORARY, entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        os.unlink(entry.path)
