"""Where reports go: several formats at once, files, annotations in GitHub Actions."""

import json
from pathlib import Path

import pytest

from pinner.cli.reporting import targets_of
from pinner.config import ReportTarget, Settings, load
from pinner.model.errors import UsageError
from pinner.output import OUTPUTS
from tests.support.command import pinner

TEXT, GITHUB = ReportTarget("text"), ReportTarget("github")
SUMMARY = """\
1 file, 1 reference: 0 pinned, 1 finding (1 error), 0 unchecked
1 of 1 can be pinned: run pinner pin
unpinned: https://digest-pinner.github.io/pinner/rules/unpinned/
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM node:20\n")
    return tmp_path


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_is_a_format(name: str, folder: Path) -> None:
    assert load({}, format=[name]).format == (ReportTarget(name),)
    assert pinner("check", "--format", f"{name}=report", ".").code == 1
    assert (folder / "report").stat().st_size > 0


def test_the_help_names_every_output() -> None:
    words = " ".join(pinner("check", "--help").stdout.replace("│", " ").split())
    assert f"Write the report in this format: {', '.join(OUTPUTS)}. Repeatable." in words


@pytest.mark.parametrize(
    ("formats", "environ", "targets"),
    [
        ((), {}, (TEXT,)),
        ((), {"GITHUB_ACTIONS": "true"}, (TEXT, GITHUB)),
        ((), {"GITHUB_ACTIONS": "false"}, (TEXT,)),
        ((TEXT,), {"GITHUB_ACTIONS": "true"}, (TEXT,)),
        ((ReportTarget("sarif", "a.sarif"),), {"GITHUB_ACTIONS": "true"}, (ReportTarget("sarif", "a.sarif"),)),
    ],
)
def test_annotations_accompany_the_text_in_actions(
    formats: tuple[ReportTarget, ...], environ: dict[str, str], targets: tuple[ReportTarget, ...]
) -> None:
    assert targets_of(Settings(format=formats), environ) == targets


def test_annotations_in_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = pinner("check").stdout.splitlines()
    assert lines[0].startswith("Dockerfile:1:6: error[unpinned] ")
    assert lines[1].startswith("::error file=Dockerfile,line=1,")
    assert pinner("check", "--format", "concise").stdout.count("\n") == 1


def test_several_formats_at_once(folder: Path) -> None:
    run = pinner("check", "--format", "json", "--format", "sarif=out.sarif", "--format", "junit=out.xml")
    assert run.rules == ["unpinned"]
    assert run.stderr == SUMMARY
    assert json.loads((folder / "out.sarif").read_text())["version"] == "2.1.0"
    assert (folder / "out.xml").read_text().startswith("<?xml")


def test_formats_in_files_alone_leave_standard_output_empty(folder: Path) -> None:
    run = pinner("check", "--format", "sarif=out.sarif")
    assert (run.code, run.stdout, run.stderr) == (1, "", SUMMARY)


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        (["yaml"], '--format: unknown format "yaml": choose from concise, '),
        (["jso"], '--format: unknown format "jso": did you mean "json"?'),
        (["json="], '--format: "" is no file name and no pattern'),
        (["json", "sarif"], "--format: json and sarif cannot share standard output: write one as NAME=FILE"),
        (["text", "json"], "--format: text and json cannot share standard output: write one as NAME=FILE"),
    ],
)
def test_wrong_formats(formats: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load({}, format=formats)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("formats", [["text", "github"], ["concise", "github", "json=a"], ["json=a", "sarif=b"]])
def test_lines_for_people_and_for_actions_share_standard_output(formats: list[str]) -> None:
    assert len(load({}, format=formats).format) == len(formats)


def test_formats_of_the_configuration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pinner.toml").write_text('format = ["concise"]')
    (folder / "strict.toml").write_text('format = ["concise", "json=ci/report.json"]')
    (folder / "ci").mkdir()
    monkeypatch.chdir("ci")
    assert load({}).format == (ReportTarget("concise"),)
    named = (ReportTarget("concise"), ReportTarget("json", "../ci/report.json"))
    assert load({}, config="../strict.toml").format == load({"PINNER_CONFIG": "../strict.toml"}).format == named
    assert load({"PINNER_FORMAT": "text,sarif=a.sarif"}).format == (TEXT, ReportTarget("sarif", "a.sarif"))
    assert load({}, format=["text"]).format == (TEXT,)


def test_lists_have_formats_of_their_own(folder: Path) -> None:
    (folder / "pinner.toml").write_text('format = ["sarif"]')
    assert pinner("list").stdout.startswith("Dockerfile:1:6")
    assert "references" in pinner("list", "--format", "json").document
    assert pinner("list", "--format", "sarif").code == 2


def test_a_report_that_cannot_be_written() -> None:
    run = pinner("check", "--format", "json=none/report")
    assert (run.code, run.stderr) == (2, "error: none/report: cannot write the report: no such file or directory\n")


def test_the_words_for_people_stay_out_of_the_way() -> None:
    run = pinner("check", "--quiet", "--format", "json")
    assert run.document["summary"]["findings"] == 1
    assert run.stderr == ""
