"""Positions, edits, and files that are read and written without a surprise."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.errors import ReadError, WriteError
from pinner.model.source import Edit, Location, Source, Span, apply_edits, read_source, write_source
from tests.support.unprivileged import unprivileged

BOM = b"\xef\xbb\xbf"
needs_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")


# Positions.


@pytest.mark.parametrize(
    ("data", "span", "expected"),
    [
        (b"", Span(0, 0), Location(1, 1, 1, 1)),
        (b"FROM a", Span(5, 6), Location(1, 6, 1, 7)),
        (b"x\nFROM a\n", Span(7, 8), Location(2, 6, 2, 7)),
        (b"x\r\nFROM a\r\n", Span(8, 9), Location(2, 6, 2, 7)),
        (b"FROM a \\\n b\n", Span(5, 11), Location(1, 6, 2, 3)),
        (BOM + b"FROM a", Span(8, 9), Location(1, 6, 1, 7)),
        (BOM + b"FROM a", Span(0, 0), Location(1, 1, 1, 1)),
        (BOM + b"FROM a", Span(0, 3), Location(1, 1, 1, 1)),
        (b"# \xc3\xa9 a", Span(5, 6), Location(1, 5, 1, 6)),
        (b"# \xf0\x9f\x98\x80 a", Span(7, 8), Location(1, 5, 1, 6)),
        (b"# \xff a", Span(4, 5), Location(1, 5, 1, 6)),
        (b"a\rb\x0bc\x0cd\xc2\x85e", Span(9, 10), Location(1, 9, 1, 10)),
        (b"a\n\n\nb", Span(4, 5), Location(4, 1, 4, 2)),
    ],
)  # fmt: skip
def test_locate(data: bytes, span: Span, expected: Location) -> None:
    assert Source("f", data).locate(span) == expected


@pytest.mark.parametrize(
    ("data", "line", "expected"),
    [
        (b"one\ntwo\n", 1, "one"),
        (b"one\r\ntwo\r\n", 1, "one"),
        (b"one\ntwo", 2, "two"),
        (b"one\n", 2, ""),
        (BOM + b"one\n", 1, "one"),
        (b"caf\xc3\xa9 \xff\n", 1, "café \N{REPLACEMENT CHARACTER}"),
        (b"a\x0bb\x0cc\xe2\x80\xa8d\n", 1, "a\x0bb\x0cc\u2028d"),
    ],
)
def test_line_text(data: bytes, line: int, expected: str) -> None:
    assert Source("f", data).line_text(line) == expected


@given(st.binary())
def test_every_offset_has_a_line(data: bytes) -> None:
    source = Source("f", data)
    for offset in range(len(data) + 1):
        assert source.line_of(offset) == data.count(b"\n", 0, offset) + 1


# Edits.


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], b"FROM a:1\n"),
        ([Edit(Span(8, 8), "@x")], b"FROM a:1@x\n"),
        ([Edit(Span(5, 8), "b")], b"FROM b\n"),
        ([Edit(Span(6, 8), "")], b"FROM a\n"),
        ([Edit(Span(8, 8), "@x"), Edit(Span(0, 4), "from")], b"from a:1@x\n"),
        ([Edit(Span(8, 8), "@x"), Edit(Span(8, 8), "@x")], b"FROM a:1@x\n"),
        ([Edit(Span(5, 6), "b"), Edit(Span(6, 6), "c")], b"FROM bc:1\n"),
        ([Edit(Span(0, 0), "\N{SNOWMAN}"), Edit(Span(9, 9), "!")], "☃FROM a:1\n!".encode()),
    ],
)
def test_apply_edits(edits: list[Edit], expected: bytes) -> None:
    assert apply_edits(b"FROM a:1\n", edits) == expected


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(Span(0, 5), "x"), Edit(Span(4, 6), "y")],
        [Edit(Span(0, 5), "x"), Edit(Span(0, 5), "y")],
        [Edit(Span(5, 4), "x")],
        [Edit(Span(-1, 0), "x")],
        [Edit(Span(9, 10), "x")],
    ],
)
def test_edits_that_cannot_be_made(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps another or leaves the file"):
        apply_edits(b"FROM a:1\n", edits)


@given(st.lists(st.binary(min_size=1), min_size=2))
def test_insertions_leave_every_other_byte_alone(pieces: list[bytes]) -> None:
    places = [sum(map(len, pieces[:count])) for count in range(1, len(pieces))]
    edits = [Edit(Span(at, at), "@digest") for at in places]
    assert apply_edits(b"".join(pieces), reversed(edits)) == b"@digest".join(pieces)


# Reading.


def test_a_file_is_read_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(BOM + b"FROM a\r\n\xff\x00")
    source = read_source(str(path))
    assert (source.path, source.data) == (str(path), path.read_bytes())


def _missing(path: Path) -> None:
    """Nothing is there."""


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_missing, "no such file or directory"),
        (Path.mkdir, "is a directory"),
        (os.mkfifo, "not a regular file"),
        (_dangling, "no such file or directory"),
        (_loop, "too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_refused_with_a_reason(make: Callable[[Path], object], reason: str, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    make(path)
    with pytest.raises(ReadError) as caught:
        read_source(str(path))
    assert (caught.value.path, caught.value.reason) == (str(path), reason)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_devices_are_not_read(path: str) -> None:
    with pytest.raises(ReadError, match="not a regular file"):
        read_source(path)


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").touch(mode=0)
    with unprivileged(), pytest.raises(ReadError, match="permission denied"):
        read_source("Dockerfile")


# Writing.


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"FROM a\n")
    return path


def only(path: Path) -> bool:
    """Whether nothing but `path` is in its folder: no temporary file was left."""
    return list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_in_one_step(dockerfile: Path) -> None:
    before = dockerfile.stat().st_ino
    with dockerfile.open("rb") as reader:
        write_source(read_source(str(dockerfile)), b"FROM b\n")
        assert reader.read() == b"FROM a\n"
    assert dockerfile.read_bytes() == b"FROM b\n"
    assert dockerfile.stat().st_ino != before
    assert only(dockerfile)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664, 0o200])
def test_the_mode_stays(dockerfile: Path, mode: int) -> None:
    source = read_source(str(dockerfile))
    dockerfile.chmod(mode)
    if os.geteuid() == 0 or mode & stat.S_IRUSR:
        write_source(source, b"FROM b\n")
        assert stat.S_IMODE(dockerfile.stat().st_mode) == mode


@needs_root
def test_the_owner_stays(dockerfile: Path) -> None:
    os.chown(dockerfile, 1234, 2345)
    dockerfile.chmod(0o4750)
    write_source(read_source(str(dockerfile)), b"FROM b\n")
    status = dockerfile.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 2345, 0o4750)


def test_a_symlink_is_written_through(dockerfile: Path) -> None:
    link = dockerfile.parent / "links" / "Dockerfile.dev"
    link.parent.mkdir()
    link.symlink_to("../Dockerfile")
    write_source(read_source(str(link)), b"FROM b\n")
    assert link.is_symlink()
    assert dockerfile.read_bytes() == b"FROM b\n"
    assert only(link)


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555])
def test_a_read_only_file_is_left_alone(dockerfile: Path, mode: int) -> None:
    source = read_source(str(dockerfile))
    dockerfile.chmod(mode)
    with pytest.raises(WriteError, match="read-only; nothing was written") as caught:
        write_source(source, b"FROM b\n")
    assert caught.value.path == str(dockerfile)
    assert dockerfile.read_bytes() == b"FROM a\n"
    assert only(dockerfile)


def test_a_file_that_changed_meanwhile_is_left_alone(dockerfile: Path) -> None:
    source = read_source(str(dockerfile))
    dockerfile.write_bytes(b"FROM c\n")
    with pytest.raises(WriteError, match="changed while pinner was at work"):
        write_source(source, b"FROM b\n")
    assert dockerfile.read_bytes() == b"FROM c\n"
    assert only(dockerfile)


def test_a_file_that_holds_the_result_already_is_left_as_it_is(dockerfile: Path) -> None:
    source = read_source(str(dockerfile))
    dockerfile.write_bytes(b"FROM b\n")
    before = dockerfile.stat()
    write_source(source, b"FROM b\n")
    assert (dockerfile.stat().st_ino, dockerfile.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert only(dockerfile)


def test_a_file_that_vanished_is_not_made_again(dockerfile: Path) -> None:
    source = read_source(str(dockerfile))
    dockerfile.unlink()
    with pytest.raises(WriteError, match="no such file or directory"):
        write_source(source, b"FROM b\n")
    assert list(dockerfile.parent.iterdir()) == []


def test_a_file_that_became_a_folder(dockerfile: Path) -> None:
    source = read_source(str(dockerfile))
    dockerfile.unlink()
    dockerfile.mkdir()
    with pytest.raises(WriteError, match="is a directory"):
        write_source(source, b"FROM b\n")


@pytest.mark.parametrize("step", ["chmod", "replace"])
def test_a_write_that_fails_leaves_the_old_file_alone(
    step: str, dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    source = read_source(str(dockerfile))
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(WriteError, match="cannot write: input/output error"):
        write_source(source, b"FROM b\n")
    monkeypatch.undo()
    assert dockerfile.read_bytes() == b"FROM a\n"
    assert only(dockerfile)


def test_a_disk_that_is_full_leaves_the_old_file_alone(dockerfile: Path) -> None:
    resource = pytest.importorskip("resource")
    source = read_source(str(dockerfile))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, limits[1]))
    try:
        with pytest.raises(WriteError, match="cannot write: file too large"):
            write_source(source, b"FROM b\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert dockerfile.read_bytes() == b"FROM a\n"
    assert only(dockerfile)


def test_a_planted_link_is_not_written_through(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda count: b"\0" * count)
    victim = dockerfile.parent / "victim"
    victim.write_bytes(b"mine")
    link = dockerfile.parent / f".{dockerfile.name}.00000000.pinner"
    link.symlink_to(victim)
    with pytest.raises(WriteError, match="cannot write: file exists"):
        write_source(read_source(str(dockerfile)), b"FROM b\n")
    assert (dockerfile.read_bytes(), victim.read_bytes(), link.is_symlink()) == (b"FROM a\n", b"mine", True)


def test_an_interrupted_write_leaves_no_temporary_file(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "chmod", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_source(read_source(str(dockerfile)), b"FROM b\n")
    monkeypatch.undo()
    assert dockerfile.read_bytes() == b"FROM a\n"
    assert only(dockerfile)


def test_a_folder_that_takes_no_file(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dockerfile.parent)
    dockerfile.chmod(0o666)
    dockerfile.parent.chmod(0o555)
    with unprivileged(), pytest.raises(WriteError, match="cannot write: permission denied"):
        write_source(read_source("Dockerfile"), b"FROM b\n")
    dockerfile.parent.chmod(0o755)
    assert dockerfile.read_bytes() == b"FROM a\n"
