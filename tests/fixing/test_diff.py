"""The diff against the tools that take it: `git apply` for any content and name, `patch` for one of each."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.fixing.diff import Diff, folder_to_apply_in, unified_diff
from tests.support.harm import harms

DIGEST = b"@sha256:" + b"a" * 64

_LINES = st.sampled_from([b"FROM a", b"FROM b:1 AS x", b"", b"RUN \xff", b"\t# \xc3\xa9", b"-- a", b"++ b", b"\\ x"])
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
    git(Path.cwd(), "apply", "--whitespace=nowarn", "-", given=unified_diff(str(path), old, new).data)
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


OLD, NEW = b"FROM a\n", b"FROM a" + DIGEST + b"\n"


@pytest.mark.parametrize(
    ("working", "paths", "folder"),
    [
        # Below the working directory nothing changes.
        ("", ["Dockerfile"], ""),
        ("", ["app/Dockerfile", "deploy/Dockerfile"], ""),
        ("", ["./app/../Dockerfile"], ""),
        ("deploy", ["Dockerfile"], "deploy"),
        ("deploy", ["a/Dockerfile", "../deploy/Dockerfile"], "deploy"),
        ("", ["link/Dockerfile"], ""),
        # Anything else is for the top of the work tree.
        ("deploy", ["../Dockerfile"], ""),
        ("deploy", ["../app/a b/ Dockerfile "], ""),
        ("deploy", ['../app/"/Dockerfile'], ""),
        ("deploy", ["../Dockerfile", "Dockerfile"], ""),
        ("deploy/a", ["../../Dockerfile", "../Dockerfile", "Dockerfile"], ""),
        ("deploy", ["../link/Dockerfile"], ""),
        ("deploy", ["../file"], ""),
    ],
)
def test_git_takes_a_diff_of_files_above(
    repository: Path, monkeypatch: pytest.MonkeyPatch, working: str, paths: list[str], folder: str
) -> None:
    for name in ("deploy/a", "app"):
        (repository / name).mkdir(parents=True)
    (repository / "link").symlink_to("app")
    (repository / "file").symlink_to("app/Dockerfile")
    monkeypatch.chdir(working or ".")
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(OLD)
    assert folder_to_apply_in(paths) == str(repository / folder).rstrip("/")
    diff = b"".join(unified_diff(path, OLD, NEW, folder_to_apply_in(paths)).data for path in paths)
    git(repository / folder, "apply", "-", given=diff)
    assert [Path(path).read_bytes() for path in paths] == [NEW for _ in paths]


def test_git_applies_nothing_elsewhere(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Dockerfile", "deploy/Dockerfile"):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_bytes(OLD)
    monkeypatch.chdir("deploy")
    git(repository / "deploy", "apply", "-", given=unified_diff("../Dockerfile", OLD, NEW, str(repository)).data)
    assert (repository / "deploy" / "Dockerfile").read_bytes() == OLD


def test_a_diff_of_files_in_two_work_trees_is_for_the_folder_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/x", "b"):
        (tmp_path / name / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a")
    assert folder_to_apply_in(["../b/Dockerfile", "x/Dockerfile"]) == str(tmp_path)
    assert folder_to_apply_in(["x/Dockerfile"]) == str(tmp_path / "a")
    assert folder_to_apply_in([]) == str(tmp_path / "a")


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@pytest.mark.parametrize("name", ["Dockerfile", "with space/Dockerfile dev"])
def test_patch_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"FROM a\r\nRUN x\nFROM b")
    new = b"FROM a" + DIGEST + b"\r\nRUN x\nFROM b" + DIGEST
    diff = unified_diff(str(path), path.read_bytes(), new).data
    subprocess.run(["patch", "--binary", "--strip=1"], input=diff, check=True, capture_output=True)
    assert path.read_bytes() == new


def test_what_it_looks_like() -> None:
    old = b"".join(b"RUN %d\n" % number for number in range(1, 21)) + b"FROM a"
    new = old.replace(b"RUN 2\n", b"RUN two\n").replace(b"FROM a", b"FROM b")
    assert unified_diff("sub/Dockerfile", old, new).data.decode() == (
        "--- a/sub/Dockerfile\n"
        "+++ b/sub/Dockerfile\n"
        "@@ -1,5 +1,5 @@\n RUN 1\n-RUN 2\n+RUN two\n RUN 3\n RUN 4\n RUN 5\n"
        "@@ -18,4 +18,4 @@\n RUN 18\n RUN 19\n RUN 20\n"
        "-FROM a\n\\ No newline at end of file\n+FROM b\n\\ No newline at end of file\n"
    )


@pytest.mark.parametrize("path", ["./Dockerfile", "x/../Dockerfile", "Dockerfile"])
def test_names_are_relative_and_plain(path: str) -> None:
    assert unified_diff(path, b"a", b"b").data.startswith(b"--- a/Dockerfile\n+++ b/Dockerfile\n")


@given(st.binary())
def test_no_difference_is_no_diff(data: bytes) -> None:
    assert unified_diff("Dockerfile", data, data) == Diff(b"")


_FAR = b"RUN x\n" * 10
_HARMFUL = [
    b"# \x1b[2J\n",
    b"# \x00\n",
    b"# bell\x07\r\n",
    b"a\rb\n",
    b"# \xc2\x9b\n",
    b"# \x9b\n",
    b"# \xe2\x80\xae\n",
    b"# \xe2\x80\xa8\n",
    b"::error::x\n",
    b" \t::error::x\n",
    b"# ##[group]\n",
    b"# ##vso[task]\n",
]


@pytest.mark.parametrize("line", _HARMFUL)
def test_a_hunk_that_does_harm_is_left_out_and_the_others_apply(repository: Path, line: bytes) -> None:
    old = b"FROM a\n" + _FAR + line + b"FROM a\n" + _FAR + b"FROM a\n"
    new = old.replace(b"FROM a", b"FROM a" + DIGEST)
    diff = unified_diff("Dockerfile", old, new)
    assert diff.left_out == (range(10, 17),)
    assert diff.data.count(b"@@ -") == 2
    assert applied(repository / "Dockerfile", old, new) == new.replace(line + b"FROM a" + DIGEST, line + b"FROM a")


@pytest.mark.parametrize("line", _HARMFUL)
def test_nothing_is_left_out_where_the_harm_is_far_away(line: bytes) -> None:
    old = line + _FAR + b"FROM a\n"
    assert unified_diff("Dockerfile", old, old.replace(b"FROM a", b"FROM b")).left_out == ()


def test_a_diff_of_harmful_hunks_alone_is_empty() -> None:
    assert unified_diff("Dockerfile", b"FROM a\x1b\n", b"FROM b\x1b\n") == Diff(b"", (range(1, 2),))


@given(st.binary(max_size=200), st.binary(max_size=10))
def test_a_diff_is_harmless(before: bytes, name: bytes) -> None:
    old = before.replace(b"::", b":\n:") + b"\nFROM a"
    path = os.fsdecode(name.replace(b"\0", b"").replace(b"/", b"") + b"x")
    diff = unified_diff(path, old, old.replace(b"FROM a", b"FROM b"))
    text = diff.data.replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")
    assert all("\udca0" <= each <= "\udcff" for each in text if harms(each))
    assert bool(diff.data) or diff.left_out
