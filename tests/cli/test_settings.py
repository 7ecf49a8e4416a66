"""The flags of the command line that become settings, each by what it does."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from pinner.cli.app import PANELS, app
from pinner.config import Settings
from pinner.config.keys import KEYS
from tests.support.command import pinner
from tests.support.occurrences import DIGEST

OF_THE_COMMAND_LINE = {"config", "no_config", "quiet", "verbose", "help"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM node\n# pinner: ignore[unpinned]\nFROM ghcr.io/us/app:1\n")
    return tmp_path


def found(*arguments: str) -> list[tuple[str, int]]:
    document = pinner("check", "--format", "json", *arguments).document
    return [(finding["rule"], finding["line"]) for finding in document["findings"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [("unpinned", 1)]),
        (["--select", "unpinned"], [("unpinned", 1)]),
        (["--select", "unpinned,floating-tag", "--ignore", "unpinned"], [("floating-tag", 1)]),
        (["--ignore", "unpinned", "--ignore", "floating-tag"], []),
        (["--ignore-images", "docker.io/**"], []),
        (["--no-ignores", "--select", "unpinned"], [("unpinned", 1), ("unpinned", 3)]),
        (["--require-ignore-reason", "--select", "unpinned"], [("unpinned", 1), ("unpinned", 3)]),
        (["--exclude", "other"], [("unpinned", 1)]),
        (["--exclude", "Docker*", "--exclude", "!*"], [("unpinned", 1)]),
        (["--config", "strict.toml"], [("unpinned", 1)]),
    ],
)
def test_what_is_found(arguments: list[str], expected: list[tuple[str, int]], folder: Path) -> None:
    (folder / "strict.toml").write_text('select = ["unpinned"]')
    assert found(*arguments) == expected


def test_no_configuration(folder: Path) -> None:
    (folder / "pinner.toml").write_text('ignore = ["unpinned", "floating-tag"]')
    assert found() == []
    assert found("--no-config") == [("unpinned", 1)]


def test_files_that_a_hook_names_obey_exclude(folder: Path) -> None:
    (folder / "pinner.toml").write_text('exclude = ["Dockerfile"]')
    run = pinner("check", "--", "Dockerfile")
    summary = "0 files, 0 references: 0 pinned, 0 findings, 0 unchecked, 1 excluded\n"
    assert (run.code, run.stdout, run.stderr) == (0, "", summary)


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 0), ("note", 1)])
def test_the_lowest_severity_that_fails(level: str, code: int) -> None:
    assert pinner("check", "--select", "floating-tag", "--fail-on", level).code == code


def test_severities_of_the_configuration_decide(folder: Path) -> None:
    (folder / "pinner.toml").write_text('severity = { unpinned = "note", floating-tag = "note" }')
    assert pinner("check").code == 0
    (folder / "pinner.toml").write_text('[[overrides]]\nfiles = ["/Dockerfile"]\nignore = ["unpinned"]')
    assert found() == [("floating-tag", 1)]


def test_a_wrong_configuration_ends_the_run(folder: Path) -> None:
    (folder / "pinner.toml").write_text("jobs = 0")
    run = pinner("check")
    assert (run.code, run.stdout, run.stderr) == (2, "", "error: pinner.toml:1: jobs: at least 1 is needed, not 0\n")


def test_a_wrong_severity_hides_no_other_error(folder: Path) -> None:
    (folder / "pinner.toml").write_text("jobs = 0")
    run = pinner("check", "--fail-on", "errors", "--select", "x")
    assert [line.partition(": choose from")[0] for line in run.stderr.splitlines()] == [
        "error: pinner.toml:1: jobs: at least 1 is needed, not 0",
        'error: --select: unknown rule "x"',
        'error: --fail-on: unknown severity "errors": did you mean "error"?',
    ]


def test_the_settings_in_force(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pinner.toml").write_text("jobs = 3")
    monkeypatch.setenv("PINNER_TIMEOUT", "5")
    run = pinner("config")
    assert (run.code, run.stderr) == (0, "")
    assert "jobs = 3  # pinner.toml:1\ntimeout = 5  # PINNER_TIMEOUT\n" in run.stdout
    assert json.loads(pinner("config", "--format", "json").stdout)["settings"]["jobs"]["value"] == 3
    assert "jobs = 16  # default\n" in pinner("config", "--no-config").stdout
    assert pinner("config", "--config", "none.toml").code == 2


def test_an_unpinned_image_that_is_left_alone_stays(folder: Path) -> None:
    (folder / "Dockerfile").write_text(f"FROM node:20@{DIGEST}\nFROM ghcr.io/us/app:1@{DIGEST}\n")
    (folder / "pinner.toml").write_text('ignore-images = ["ghcr.io/**"]')
    assert pinner("unpin").code == 0
    assert (folder / "Dockerfile").read_text() == f"FROM node:20\nFROM ghcr.io/us/app:1@{DIGEST}\n"


COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_a_setting_and_says_what_it_does(name: str) -> None:
    options = [each for each in COMMANDS[name].params if each.param_type_name == "option"]
    assert {each.name for each in options} <= set(Settings._fields) | OF_THE_COMMAND_LINE
    assert all(each.help for each in options)


def test_a_flag_has_the_name_of_its_key() -> None:
    options = {each.name: each.opts for command in COMMANDS.values() for each in command.params}
    for key in KEYS:
        assert key.field not in options or f"--{key.name}" in options[key.field]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_its_panel(command: str) -> None:
    options = [each for each in COMMANDS[command].params if each.param_type_name == "option"]
    assert [each.name for each in options if each.rich_help_panel not in PANELS] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_names_no_types_of_the_library(command: str) -> None:
    shown = pinner(command, "--help").stdout
    assert "<" not in shown
    assert "range" not in shown
