"""The form in which hooks call pinner runs without typer, and nobody sees that."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from pinner.__main__ import PLAIN, main
from pinner.cli import app, registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Unresolved
from tests.support.occurrences import DIGEST, OTHER_DIGEST

FILES = {
    "Dockerfile": f"FROM node:20@{DIGEST}\n",
    "two.Dockerfile": f"FROM alpine:3@{DIGEST} AS a\nFROM node:20@{DIGEST}\nCOPY --from=a / /\n",
    "other.Dockerfile": f"FROM node:20@{OTHER_DIGEST}\n",
    "no-images.Dockerfile": "FROM scratch\nCOPY a /\n",
    "unpinned.Dockerfile": "FROM node:20\n",
    "broken.Dockerfile": "FOO\n",
    "ignored.Dockerfile": "# pinner: ignore\nFROM node:20\n",
    "compose.yaml": f"services:\n  a:\n    image: node:20@{DIGEST}\n",
    "folder/Dockerfile": f"FROM node:20@{DIGEST}\n",
    "any name": f"FROM node:20@{DIGEST}\n",
}
ARGUMENTS = (
    *(["Dockerfile"], ["--", "Dockerfile"], ["two.Dockerfile", "Dockerfile"], ["no-images.Dockerfile"], ["any name"]),
    *([], ["."], ["folder"], ["missing"], ["-"], ["compose.yaml"], ["unpinned.Dockerfile"], ["broken.Dockerfile"]),
    *(["ignored.Dockerfile"], ["Dockerfile", "Dockerfile"], ["Dockerfile", "./Dockerfile"], ["Dockerfile", "link"]),
    *(["Dockerfile", "other.Dockerfile"], ["Dockerfile", "missing"], ["Dockerfile", "unpinned.Dockerfile"]),
    *(["--", "unpinned.Dockerfile", "Dockerfile"], ["empty"]),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "link").symlink_to("Dockerfile")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Runner:
    """Runs pinner, with an empty standard input."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        self._monkeypatch.setattr(sys, "argv", ["pinner", *arguments])
        with open("/dev/null") as nothing:
            self._monkeypatch.setattr(sys, "stdin", nothing)
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
            else:
                code = 0
        return code, *self._capsys.readouterr()


def contents(project: Path) -> dict[str, bytes]:
    """Every file below the project that is no link."""
    files = (path for path in project.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(project)): path.read_bytes() for path in files}


def nobody_answers(references: Iterable[Reference], *_: object, **__: object) -> dict[Reference, Unresolved]:
    return {each: Unresolved(each, "connect-failed", "nobody answers") for each in references}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(capsys, monkeypatch)


@pytest.mark.parametrize("command", PLAIN)
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_both_ways_give_the_same(
    command: str, arguments: Sequence[str], project: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_calls, "resolve", nobody_answers)
    before = contents(project)
    straight = run(command, *arguments), contents(project)
    for name, data in before.items():
        (project / name).write_bytes(data)
    assert (run(command, "--color=auto", *arguments), contents(project)) == straight


@pytest.mark.parametrize("command", PLAIN)
def test_settings_are_read(command: str, project: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", nobody_answers)
    (project / "pinner.toml").write_text('ignore = ["unpinned"]\nformat = ["json"]\n')
    straight = run(command, "unpinned.Dockerfile")
    assert straight == run(command, "--color=auto", "unpinned.Dockerfile")
    assert straight[0] == 0
    assert straight[1].startswith("{")


NOT_PLAIN = (
    *([], ["-h"], ["--", "check"], ["resolve", "node"], ["check", "-q"], ["pin", "-"], ["list"], ["update"]),
    *(["unpin", "Dockerfile"], ["check", "a", "--diff-base=x"], ["Dockerfile"]),
)


@pytest.mark.parametrize("arguments", NOT_PLAIN, ids=" ".join)
def test_what_is_not_plain_is_for_typer(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(app, "main", given.append)
    monkeypatch.setattr(sys, "argv", ["pinner", *arguments])
    main()
    assert given == [arguments]
