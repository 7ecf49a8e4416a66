"""A command runs by a glance, straight, or through typer, and nobody sees which it was."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from pinner import asking, cli, shortcut
from pinner.__main__ import PLAIN, main
from pinner.config import ENVIRONMENT_PREFIX, files
from pinner.reference import Reference
from pinner.resolution import Unresolved
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
SHORT = (["Dockerfile"], ["--", "Dockerfile"], ["two.Dockerfile", "Dockerfile"], ["no-images.Dockerfile"], ["any name"])
LONG = (
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


@pytest.mark.parametrize("arguments", [*SHORT, *LONG], ids=" ".join)
def test_every_way_gives_the_same(
    arguments: Sequence[str], project: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = run("check", *arguments)
    through_typer = run("check", "--color=auto", *arguments)
    monkeypatch.setattr(shortcut, "check", lambda paths: None)
    assert run("check", *arguments) == straight == through_typer


@pytest.mark.parametrize("command", PLAIN.keys() - {"check"})
@pytest.mark.parametrize("arguments", [*SHORT, *LONG], ids=" ".join)
def test_every_command_does_the_same_through_typer(
    command: str, arguments: Sequence[str], project: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for question in ("resolve", "find_updates"):
        monkeypatch.setattr(asking, question, nobody_answers)
    before = contents(project)
    straight = run(command, *arguments), contents(project)
    for name, data in before.items():
        (project / name).write_bytes(data)
    assert (run(command, "--color=auto", *arguments), contents(project)) == straight


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--", "check"], ["resolve", "node"], ["check", "-q"], ["pin", "-"]])
def test_what_is_not_plain_is_for_typer(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(cli, "main", given.append)
    monkeypatch.setattr(sys, "argv", ["pinner", *arguments])
    main()
    assert given == [arguments]


@pytest.mark.parametrize("arguments", SHORT, ids=" ".join)
def test_a_glance_is_enough(arguments: list[str], project: Path) -> None:
    assert shortcut.check([each for each in arguments if each != "--"], {}) is not None


@pytest.mark.parametrize("arguments", LONG, ids=" ".join)
def test_the_command_has_to_be_run(arguments: list[str], project: Path) -> None:
    assert shortcut.check([each for each in arguments if each != "--"], {}) is None


def test_many_files_are_for_the_command(project: Path) -> None:
    names = [f"{number}.Dockerfile" for number in range(shortcut.MOST_FILES + 1)]
    for name in names:
        (project / name).write_text(FILES["Dockerfile"])
    count = shortcut.MOST_FILES
    summary = f"{count} files, {count} references: {count} pinned, 0 findings, 0 unchecked"
    assert shortcut.check(names[1:], {}) == summary
    assert shortcut.check(names, {}) is None


def test_the_environment_may_hold_settings(project: Path) -> None:
    assert shortcut.check(["Dockerfile"], {"PINNER_FORMAT": "json"}) is None


@pytest.mark.parametrize("name", shortcut.CONFIGURATION)
def test_a_file_further_up_may_hold_settings(name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / name).write_text("[tool.pinner]\n")
    monkeypatch.chdir(project / "folder")
    assert shortcut.check(["Dockerfile"], {}) is None


@pytest.mark.parametrize("text", ["[tool.pinner]", '[tool."p\\u0069nner"]', '[project]\nname = "pinner"'])
def test_a_pyproject_may_hold_settings(text: str, project: Path) -> None:
    (project / "pyproject.toml").write_text(text)
    assert shortcut.check(["Dockerfile"], {}) is None


def test_another_pyproject_holds_none(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.ruff]\n")
    assert shortcut.check(["Dockerfile"], {}) is not None


def test_what_cannot_be_read_may_hold_settings(project: Path) -> None:
    (project / "pyproject.toml").mkdir()
    assert shortcut.check(["Dockerfile"], {}) is None


def test_knows_where_settings_are() -> None:
    assert shortcut.CONFIGURATION == files.NAMES
    assert shortcut.ENVIRONMENT_PREFIX == ENVIRONMENT_PREFIX
