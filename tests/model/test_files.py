"""Reading regular files alone, and writing that neither leaves a checkout nor a file half-written."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pinner.model import files
from pinner.model.errors import ReadError, WriteError
from pinner.model.files import checked_root, is_git_name, is_inside, read_file, write_file

OLD = b"old\n"
NEW = b"new\n"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test is a run of its own."""
    monkeypatch.setattr(files, "_swept", set())
    monkeypatch.setattr(files, "READER_SECONDS", 0.0)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, a work tree, and beside it `keep` and the folder `beside`."""
    folder = tmp_path / "checkout"
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / "sub").mkdir()
    (tmp_path / "beside").mkdir()
    (tmp_path / "keep").write_bytes(OLD)
    monkeypatch.chdir(folder)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder, without following links."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


# Reading.


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/dev/zero", "not a regular file"),
        ("/dev/null", "not a regular file"),
        ("none", "no such file or directory"),
        (".", "is a directory"),
        ("a\0b", "no file name"),
        ("keep/x", "not a directory"),
    ],
)
def test_what_is_not_read(path: str, reason: str, checkout: Path) -> None:
    (checkout / "keep").touch()
    with pytest.raises(ReadError) as caught:
        read_file(path)
    assert caught.value.reason == reason


def test_a_pipe_is_not_opened(checkout: Path) -> None:
    os.mkfifo("pipe")
    with pytest.raises(ReadError, match="not a regular file"):
        read_file("pipe")


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 9999])
def test_a_file_up_to_the_limit(size: int, checkout: Path) -> None:
    (checkout / "file").write_bytes(b"x" * size)
    assert read_file("file", size) == b"x" * size
    if size:
        with pytest.raises(ReadError, match=f"larger than {size - 1} bytes"):
            read_file("file", size - 1)


def test_the_limit_holds_for_what_is_read(checkout: Path) -> None:
    """A file of /proc has no size before it is read."""
    assert read_file("/proc/self/status")
    with pytest.raises(ReadError, match="larger than 9 bytes"):
        read_file("/proc/self/status", 9)


def test_a_hole_of_a_terabyte_is_not_read(checkout: Path) -> None:
    with Path("file").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ReadError, match=f"larger than {files.MAX_SIZE} bytes"):
        read_file("file")


# Writing: what stays and what does not.


def test_a_new_file_has_the_usual_mode(checkout: Path) -> None:
    previous = os.umask(0o027)
    try:
        write_file("report", NEW)
    finally:
        os.umask(previous)
    assert (Path("report").read_bytes(), stat.S_IMODE(Path("report").stat().st_mode)) == (NEW, 0o640)
    assert tree(checkout) == {"report": NEW}


def test_the_mode_of_an_old_file_stays_and_its_other_names_keep_the_old_bytes(checkout: Path) -> None:
    (checkout / "report").write_bytes(OLD)
    (checkout / "report").chmod(0o604)
    os.link("report", "other")
    write_file("report", NEW)
    assert stat.S_IMODE((checkout / "report").stat().st_mode) == 0o604
    assert tree(checkout) == {"report": NEW, "other": OLD}


@pytest.mark.parametrize("name", ["none/report", "report/", ".", "", "a\0b", "keep/report"])
def test_what_cannot_be_written(name: str, checkout: Path) -> None:
    (checkout / "keep").touch()
    before = tree(checkout)
    with pytest.raises(WriteError):
        write_file(name, NEW)
    assert tree(checkout) == before


def test_a_read_only_file_is_left_alone(checkout: Path) -> None:
    (checkout / "report").write_bytes(OLD)
    (checkout / "report").chmod(0o444)
    with pytest.raises(WriteError, match="read-only"):
        write_file("report", NEW)
    assert tree(checkout) == {"report": OLD}


# Writing: links.


@pytest.mark.parametrize(
    ("links", "path"),
    [
        ({"q": "../keep"}, "q"),
        ({"q": "../not-there"}, "q"),
        ({"q": "sub/r", "sub/r": "../../keep"}, "q"),
        ({"q": "/dev/null"}, "q"),
        ({"q": "/dev/stdout"}, "q"),
        ({"q": "/proc/self/fd/1"}, "q"),
        ({"q": "../beside"}, "q/report"),
        ({"q": "../beside"}, "sub/../q/report"),
        ({"sub/q": "../.."}, "sub/q/beside/report"),
        ({"q": ".git/hooks/pre-commit"}, "q"),
        ({"q": ".git"}, "q/config"),
        ({"sub/q": "../.git/hooks"}, "sub/q/post-checkout"),
    ],
)
def test_a_link_that_leaves_the_checkout_is_refused(links: dict[str, str], path: str, checkout: Path) -> None:
    for link, target in links.items():
        (checkout / link).symlink_to(target)
    before = tree(checkout.parent)
    with pytest.raises(WriteError, match="is a link that leaves the checkout; name the file that is meant"):
        write_file(path, NEW)
    assert tree(checkout.parent) == before


def test_a_repository_behind_the_link_does_not_make_it_harmless(checkout: Path) -> None:
    (checkout.parent / "beside" / ".git").mkdir()
    (checkout / "q").symlink_to("../beside")
    with pytest.raises(WriteError, match="leaves the checkout"):
        write_file("q/report", NEW)


def test_without_a_work_tree_the_working_directory_is_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "archive").mkdir()
    monkeypatch.chdir(tmp_path / "archive")
    Path("q").symlink_to("../keep")
    with pytest.raises(WriteError, match="leaves the checkout"):
        write_file("q", NEW)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("links", "path", "written"),
    [
        ({"q": "sub/report"}, "q", "checkout/sub/report"),
        ({"q": "sub"}, "q/report", "checkout/sub/report"),
        ({"q": "../checkout/sub/report"}, "q", "checkout/sub/report"),
        ({}, "../beside/report", "beside/report"),
        ({}, ".git/report", "checkout/.git/report"),
        ({"../beside/q": "../keep"}, "../beside/q", "keep"),
        ({"../beside/q": "../checkout/sub"}, "../beside/q/report", "checkout/sub/report"),
    ],
)
def test_other_links_are_followed(links: dict[str, str], path: str, written: str, checkout: Path) -> None:
    for link, target in links.items():
        (checkout / link).symlink_to(target)
    write_file(path, NEW)
    assert tree(checkout.parent)[written] == NEW
    assert all((checkout / link).is_symlink() for link in links)


@pytest.mark.parametrize(
    ("path", "root", "inside"),
    [
        ("/a", "/a", True),
        ("/a/b", "/a", True),
        ("/ab", "/a", False),
        ("/", "/a", False),
        ("/b", "/", True),
        ("/a/.git/b", "/a", False),
        ("/a/b/.GIT", "/a", False),
        ("/.git/a/b", "/.git/a", True),
    ],
)
def test_what_lies_inside(path: str, root: str, inside: bool) -> None:
    assert is_inside(path, root) is inside


@pytest.mark.parametrize(
    "name", [".git", ".GIT", ".git.", ".git. .", ".Git ", "git~1", "GIT~1", ".git::$INDEX_ALLOCATION", ".g\u200cit"]
)
def test_names_of_the_git_folder(name: str) -> None:
    assert is_git_name(name)


@pytest.mark.parametrize("name", ["git", ".github", ".gitignore", ".git_", "git~12", "a.git", "..git", "", "é"])
def test_other_names(name: str) -> None:
    assert not is_git_name(name)


def test_the_checked_root(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    above = checkout.parent
    assert checked_root(str(checkout / "sub")) == str(checkout)
    assert checked_root(str(above)) is None
    monkeypatch.chdir(above)
    assert checked_root(str(above / "beside")) == str(above)
    assert checked_root("/dev") is None


# Writing in place.


@pytest.fixture
def reader(checkout: Path) -> Iterator[list[bytes]]:
    """What somebody reads from `pipe`."""
    os.mkfifo("pipe")
    read: list[bytes] = []
    thread = threading.Thread(target=lambda: read.append(Path("pipe").read_bytes()), daemon=True)
    thread.start()
    yield read
    thread.join(30)


def test_a_pipe_with_a_reader(reader: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "READER_SECONDS", 30.0)
    write_file("pipe", b"x" * 1_000_000)
    for _ in range(1000):
        if reader:
            break
        time.sleep(0.01)
    assert reader == [b"x" * 1_000_000]


def test_a_pipe_without_a_reader_is_an_error(checkout: Path) -> None:
    os.mkfifo("pipe")
    with pytest.raises(WriteError, match="nobody reads from this pipe"):
        write_file("pipe", NEW)


def test_devices(checkout: Path) -> None:
    write_file("/dev/null", NEW)
    with pytest.raises(WriteError, match="no space left on device"):
        write_file("/dev/full", NEW)


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_goes_on_where_it_was(path: str, checkout: Path) -> None:
    write = f"print('before', flush=True); write_file({path!r}, b'new\\n'); print('after')"
    code = f"from pinner.model.files import write_file; {write}"
    with Path("out").open("wb") as out:
        out.write(b"first\n")
        out.flush()
        done = subprocess.run([sys.executable, "-c", code], stdout=out, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0
    assert (checkout / "out").read_text().split() == ["first", "before", "new", "after"]
    piped = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert piped.stdout.split() == [b"before", b"new", b"after"]


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV])
def test_a_file_that_cannot_be_renamed_over_is_written_in_place(
    number: int, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    (checkout / "report").write_bytes(b"a longer text")
    inode = (checkout / "report").stat().st_ino
    monkeypatch.setattr(os, "replace", fail)
    write_file("report", NEW)
    assert tree(checkout) == {"report": NEW}
    assert (checkout / "report").stat().st_ino == inode


def test_a_rename_that_fails_otherwise_changes_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    (checkout / "report").write_bytes(OLD)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(WriteError, match="input/output error"):
        write_file("report", NEW)
    assert tree(checkout) == {"report": OLD}


def test_a_file_in_a_folder_that_takes_no_new_files(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    (checkout / "report").write_bytes(OLD)
    monkeypatch.setattr(files, "replace_file", fail)
    write_file("report", NEW)
    assert tree(checkout) == {"report": NEW}
    with pytest.raises(WriteError, match="read-only file system"):
        write_file("other", NEW)


# Stray temporary files.


def stray(folder: Path, name: str, age: float) -> Path:
    path = folder / name
    path.write_bytes(b"stray")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_old_temporary_files_are_removed(checkout: Path) -> None:
    gone = [stray(checkout, f".{name}.0123abcd.pinner", 61) for name in ("report", "Dockerfile", "a.b", "x\ny")]
    write_file("report", NEW)
    assert not any(path.exists() for path in gone)
    assert tree(checkout) == {"report": NEW}


def _plain(path: Path) -> None:
    path.write_bytes(b"stray")


def _link(path: Path) -> None:
    path.symlink_to("../keep")


@pytest.mark.parametrize(
    ("name", "age", "make"),
    [
        (".report.0123abcd.pinner", 30, _plain),
        (".report.0123abcd.pinner", -3600, _plain),
        (".report.0123abcd.pinner", 3600, Path.mkdir),
        (".report.0123abcd.pinner", 3600, os.mkfifo),
        (".report.0123abcd.pinner", 3600, _link),
        ("report.0123abcd.pinner", 3600, _plain),
        ("..0123abcd.pinner", 3600, _plain),
        (".report.0123ABCD.pinner", 3600, _plain),
        (".report.0123abc.pinner", 3600, _plain),
        (".report.0123abcde.pinner", 3600, _plain),
        (".report.0123abcd.pinner~", 3600, _plain),
        (".report.0123abcd.pinner\n", 3600, _plain),
        (".report.pinner", 3600, _plain),
        (".pinner.toml", 3600, _plain),
        ("sub/.report.0123abcd.pinner", 3600, _plain),
    ],
)
def test_nothing_else_is_removed(name: str, age: float, make: Callable[[Path], object], checkout: Path) -> None:
    make(checkout / name)
    if not (checkout / name).is_symlink():
        os.utime(checkout / name, (time.time() - age, time.time() - age))
    write_file("report", NEW)
    assert os.path.lexists(checkout / name)
    assert (checkout.parent / "keep").read_bytes() == OLD


def test_an_interrupt_leaves_no_temporary_file(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = checkout / "Dockerfile"
    path.write_bytes(b"old")

    def interrupted(name: str, flags: int, mode: int) -> int:
        os.close(opened(name, flags, mode))
        raise KeyboardInterrupt

    opened = os.open
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.replace_file(str(path), b"new", None)
    assert [each.name for each in checkout.iterdir() if each.is_file()] == ["Dockerfile"]
    assert path.read_bytes() == b"old"


def test_a_file_that_has_the_name_of_the_temporary_one_stays(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    (checkout / ".Dockerfile.00000000.pinner").write_bytes(b"another's")
    with pytest.raises(FileExistsError):
        files.replace_file(str(checkout / "Dockerfile"), b"new", None)
    assert (checkout / ".Dockerfile.00000000.pinner").read_bytes() == b"another's"
