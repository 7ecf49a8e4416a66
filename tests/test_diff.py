"""The diff against the tools that take it: `git apply` for any content and name, `patch` for one of each."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.diff import unified_diff

DIGEST = b"@sha256:" + b"a" * 64

_LINES = st.sampled_from(
    [b"FROM a", b"FROM b:1 AS x", b"", b"RUN \xff\x00", b"\t# \xc3\xa9", b"-- a", b"++ b", b"\\ x"]
)
_ENDS = st.sampled_from([b"\n", b"\n", b"\r\n"])


@st.composite
def versions(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A file before and after digests were written into some of its lines; at least one line differs."""
    lines = draw(st.lists(_LINES, min_size=1, max_size=30))
    ends = [draw(_ENDS) for _ in lines]
    if draw(st.booleans()):
        ends[-1] = b""
        lines[-1] = lines[-1] or b"FROM c"
    changed = draw(st.sets(st.sampled_from(range(len(lines))), min_size=1, max_size=6))
    after = [line + DIGEST if at in changed else line for at, line in enumerate(lines)]
    return _joined(lines, ends), _joined(after, ends)


def _joined(lines: list[bytes], ends: list[bytes]) -> bytes:
    return b"".join(line + end for line, end in zip(lines, ends, strict=True))


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    run = subprocess.run(command, cwd=folder, input=given, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout


def applied(path: Path, old: bytes, new: bytes) -> bytes:
    """What `git apply` makes of the file at `path`, in the folder that the diff is for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(old)
    git(Path.cwd(), "apply", "--whitespace=nowarn", "-", given=unified_diff(str(path), old, new))
    return path.read_bytes()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "--quiet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions())
def test_git_takes_every_content(repository: Path, version: tuple[bytes, bytes]) -> None:
    assert applied(repository / "Dockerfile", *version) == version[1]


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "a/b/c/Dockerfile",
        "a/a/Dockerfile",
        "b/Dockerfile",
        "with space/Dockerfile dev",
        " Dockerfile ",
        'quote".Dockerfile',
        "apostrophe'.Dockerfile",
        "back\\slash.Dockerfile",
        "tab\t.Dockerfile",
        "line\nbreak.Dockerfile",
        "bell\x07.Dockerfile",
        "größe.Dockerfile",
        'größe "日本" \\x.Dockerfile',
        "-p1.Dockerfile",
        "2020-01-01 00:00:00.000000000 +0000",
        "del\x7f.Dockerfile",
        os.fsdecode(b"latin-1 \xe9.Dockerfile"),
        os.fsdecode(b'latin-1 "\xe9".Dockerfile'),
    ],
)
def test_git_takes_every_name(repository: Path, name: str) -> None:
    old, new = b"FROM a\n", b"FROM a" + DIGEST + b"\n"
    assert applied(repository / name, old, new) == new


def test_a_diff_is_taken_in_the_folder_that_it_was_made_in(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "below").mkdir()
    monkeypatch.chdir("below")
    old, new = b"FROM a\n", b"FROM a" + DIGEST + b"\n"
    assert applied(repository / "below" / "app" / "Dockerfile", old, new) == new


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@pytest.mark.parametrize("name", ["Dockerfile", "with space/Dockerfile dev"])
def test_patch_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"FROM a\r\nRUN x\nFROM b")
    new = b"FROM a" + DIGEST + b"\r\nRUN x\nFROM b" + DIGEST
    diff = unified_diff(str(path), path.read_bytes(), new)
    subprocess.run(["patch", "--binary", "--strip=1"], input=diff, check=True, capture_output=True)
    assert path.read_bytes() == new


def test_what_it_looks_like() -> None:
    old = b"".join(b"RUN %d\n" % number for number in range(1, 21)) + b"FROM a"
    new = old.replace(b"RUN 2\n", b"RUN two\n").replace(b"FROM a", b"FROM b")
    assert unified_diff("sub/Dockerfile", old, new).decode() == (
        "--- a/sub/Dockerfile\n"
        "+++ b/sub/Dockerfile\n"
        "@@ -1,5 +1,5 @@\n RUN 1\n-RUN 2\n+RUN two\n RUN 3\n RUN 4\n RUN 5\n"
        "@@ -18,4 +18,4 @@\n RUN 18\n RUN 19\n RUN 20\n"
        "-FROM a\n\\ No newline at end of file\n+FROM b\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize("path", ["./Dockerfile", "x/../Dockerfile", "Dockerfile"])
def test_names_are_relative_and_plain(path: str) -> None:
    assert unified_diff(path, b"a", b"b").startswith(b"--- a/Dockerfile\n+++ b/Dockerfile\n")


@given(st.binary())
def test_no_difference_is_no_diff(data: bytes) -> None:
    assert unified_diff("Dockerfile", data, data) == b""
