"""`@FILE` on the command line."""

from pathlib import Path

import pytest

from pinner import __main__
from pinner.arguments import expand
from pinner.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list").write_bytes(b"--format\r\nconcise\n\na b/Dockerfile\n@list\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "Dockerfile").write_bytes(b"FROM node:20\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expanded"),
    [
        ([], []),
        (["check", "."], ["check", "."]),
        (["check", "@list", "x"], ["check", "--format", "concise", "a b/Dockerfile", "@list", "x"]),
        (["@empty", "check"], ["check"]),
        (["check", "@bytes"], ["check", "\udcff"]),
        (["check", "@"], ["check", "@"]),
        (["check", "a@list", "--exclude=@list"], ["check", "a@list", "--exclude=@list"]),
        (["check", "./@list"], ["check", "./@list"]),
        (["check", "--", "@list"], ["check", "--", "@list"]),
        (["check", "@empty", "--", "@list", "--", "@list"], ["check", "--", "@list", "--", "@list"]),
    ],
)
def test_a_line_is_an_argument(arguments: list[str], expanded: list[str]) -> None:
    assert expand(arguments) == expanded


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("@none", "@none: cannot read the arguments: No such file or directory; "),
        ("@a b", "@a b: cannot read the arguments: Is a directory; a path that begins with @ is written ./@a b"),
    ],
)
def test_a_file_that_cannot_be_read(argument: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        expand(["check", argument])


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr("sys.argv", ["pinner", *arguments])
    with pytest.raises(SystemExit) as caught:
        __main__.main()
    return caught.value.code


def test_the_program_reads_them(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "list").write_text("--format\nconcise\na b/Dockerfile\n")
    assert run(monkeypatch, "check", "@list") == 1
    assert capfd.readouterr().out.startswith("a b/Dockerfile:1:6: ")
    (folder / "list").write_text("a b/Dockerfile\n")
    assert run(monkeypatch, "check", "@list") == 1
    assert run(monkeypatch, "check", "@none") == 2
    assert capfd.readouterr().err.endswith("a path that begins with @ is written ./@none\n")
