"""Where reports go: several formats at once, files, annotations in GitHub Actions."""

import json
import sys
from pathlib import Path

import pytest

from pinner.cli.app import main
from pinner.cli.reporting import command_line, targets_of
from pinner.config import Settings, load
from pinner.model.errors import UsageError
from pinner.output import OUTPUTS
from tests.support.command import pinner
from tests.support.occurrences import DIGEST

TEXT, GITHUB = ("text", None), ("github", None)
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
    assert load({}, format=[name]).format == ((name, None),)
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
        ((("sarif", "a.sarif"),), {"GITHUB_ACTIONS": "true"}, (("sarif", "a.sarif"),)),
    ],
)
def test_annotations_accompany_the_text_in_actions(
    formats: tuple[tuple[str, str | None], ...], environ: dict[str, str], targets: tuple[tuple[str, str | None], ...]
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
    assert load({}).format == (("concise", None),)
    named = (("concise", None), ("json", "../ci/report.json"))
    assert load({}, config="../strict.toml").format == load({"PINNER_CONFIG": "../strict.toml"}).format == named
    assert load({"PINNER_FORMAT": "text,sarif=a.sarif"}).format == (TEXT, ("sarif", "a.sarif"))
    assert load({}, format=["text"]).format == (TEXT,)


def test_lists_have_formats_of_their_own(folder: Path) -> None:
    (folder / "pinner.toml").write_text('format = ["sarif"]')
    assert pinner("list").stdout.startswith("Dockerfile:1:6")
    assert "references" in pinner("list", "--format", "json").document
    assert pinner("list", "--format", "sarif").code == 2


def test_a_report_that_cannot_be_written() -> None:
    run = pinner("check", "--format", "json=none/report")
    assert (run.code, run.stderr) == (2, "error: none/report: cannot write the report: no such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check --write-baseline Dockerfile", "Dockerfile: cannot write the baseline: this is a file that is checked;"),
        ("check --format json=./Dockerfile", "Dockerfile: cannot write the report: this is a file that is checked;"),
        ("pin --format json=link", "link: cannot write the report: this is a file that is checked;"),
        ("pin --diff --format json=Dockerfile", "Dockerfile: cannot write the report: this is a file that is checked;"),
        (
            "unpin --format json=link",
            "link: cannot write the report: this is a file that is checked;",
        ),
        ("update --format json=Dockerfile", "Dockerfile: cannot write the report: this is a file that is checked;"),
        ("update --format json=l --ledger l", "l: cannot write the report: this is the ledger; name another file"),
        ("check --format json=b --baseline b", "b: cannot write the report: this is the baseline; name another file"),
        ("check --format json=r --format sarif=./r", "r: cannot write the report: this is where another report goes"),
        (
            "check --format json=r --write-baseline r",
            "r: cannot write the baseline: this is where another report goes",
        ),
        ("pin --format json=none/r", "none/r: cannot write the report: no such file or directory"),
        ("pin --format json=Dockerfile/r", "Dockerfile/r: cannot write the report: not a directory"),
        ("update --format json=folder", "folder: cannot write the report: is a directory"),
        ("pin --format json=out/r", "out/r: cannot write the report: out is a link that leaves the checkout;"),
        ("check --write-baseline=", '--write-baseline: "" is no file name'),
        ("check --write-baseline none/b", "none/b: cannot write the baseline: no such file or directory"),
    ],
)
def test_what_has_no_place_ends_the_run_before_anything_is_written(arguments: str, said: str, folder: Path) -> None:
    (folder / "link").symlink_to("Dockerfile")
    (folder / "folder").mkdir()
    (folder / "out").symlink_to("..")
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    run = pinner(*arguments.split())
    assert (run.code, run.stdout) == (2, "")
    assert run.stderr.startswith(f"error: {said}") and run.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_file_of_an_earlier_run_is_written_again(folder: Path) -> None:
    arguments = ["--format", "json=r", "--baseline", "b", "--write-baseline", "b"]
    assert [pinner("check", *arguments).code for _ in range(2)] == [0, 0]
    assert pinner("check", "--format", "json=/dev/null", "--format", "sarif=/dev/null").code == 1


def test_the_words_for_people_stay_out_of_the_way() -> None:
    run = pinner("check", "--quiet", "--format", "json")
    assert run.document["summary"]["findings"] == 1
    assert run.stderr == ""


# What is told at the end.


@pytest.mark.parametrize(
    ("argument", "environ", "called"),
    [
        ("/usr/bin/pinner", {}, "pinner pin"),
        ("/home/me/.cache/r1/env/bin/pinner", {"PRE_COMMIT": "1"}, "~/.cache/r1/env/bin/pinner pin"),
        ("/opt/a b/bin/pinner", {"PRE_COMMIT": "1"}, "'/opt/a b/bin/pinner' pin"),
        ("/opt/lib/pinner/__main__.py", {"PRE_COMMIT": "1"}, f"{sys.executable} -m pinner pin"),
    ],
)
def test_a_hook_names_a_command_that_works_there(
    argument: str, environ: dict[str, str], called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(sys, "argv", [argument])
    assert command_line("pin", [], environ) == called


PIN = "repos: [{repo: x, hooks: [{id: pinner-pin}]}]"
STAGED = "run --hook-stage manual pinner-pin"


@pytest.mark.parametrize(
    ("config", "paths", "prek", "called"),
    [
        (PIN, [], False, f"pre-commit {STAGED} --all-files"),
        ("    - id: pinner-pin  # ours\n", ["Dockerfile"], False, f"pre-commit {STAGED} --files Dockerfile"),
        ('    - "id": "pinner-pin"\n', ["Dockerfile", "-b"], False, f"pre-commit {STAGED} --all-files"),
        ("    - id: pinner-pin\n", ["Dockerfile"], True, "prek run --stage manual pinner-pin --files Dockerfile"),
        ("    - id: pinner-pin\n", ["1", "2", "3", "4.Dockerfile"], False, f"pre-commit {STAGED} --all-files"),
        ("    - id: pinner-pin-yaml\n", ["pod.yaml"], False, f"pre-commit {STAGED}-yaml --files pod.yaml"),
        ("    - id: pinner-pin\n", ["pod.yaml"], False, "/opt/pinner pin pod.yaml"),
        ("    - id: pinner-pin-yaml\n", ["Dockerfile"], False, "/opt/pinner pin Dockerfile"),
        ("    # - id: pinner-pin\n", ["Dockerfile"], False, "/opt/pinner pin Dockerfile"),
        ("    - id: my-pinner-pin\n", ["Dockerfile"], False, "/opt/pinner pin Dockerfile"),
        (None, ["Dockerfile"], False, "/opt/pinner pin Dockerfile"),
    ],
)
def test_a_hook_names_the_hook_that_pins(
    config: str | None, paths: list[str], prek: bool, called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config is not None:
        Path(".pre-commit-config.yaml").write_text(config)
    monkeypatch.setattr(sys, "argv", ["/opt/pinner"])
    environ = {"PRE_COMMIT": "1"} | ({"PREK_HOOK_STAGE": "pre-commit"} if prek else {})
    assert command_line("pin", paths, environ) == called


def test_only_the_command_that_pins_is_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("prek.toml").write_text('[[repos]]\nhooks = [{ id = "pinner-pin" }]\n')
    monkeypatch.setattr(sys, "argv", ["/opt/pinner"])
    hook = {"PRE_COMMIT": "1", "PREK_HOOK_STAGE": "pre-commit"}
    assert command_line("pin", ["Dockerfile"], hook) == "prek run --stage manual pinner-pin --files Dockerfile"
    assert command_line("update", ["Dockerfile"], hook) == "/opt/pinner update Dockerfile"


@pytest.mark.parametrize(
    ("paths", "command"),
    [
        ([], "pinner pin"),
        (["."], "pinner pin ."),
        (["a b", "sub/Dockerfile"], "pinner pin 'a b' sub/Dockerfile"),
        (["--", "-x"], "pinner pin -- -x"),
        (["1", "2", "3", "4"], "pinner pin"),
    ],
)
def test_the_command_is_for_the_paths_that_were_named(paths: list[str], command: str, folder: Path) -> None:
    for name in filter(lambda path: path not in ("--", "."), paths):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("FROM node:20\n")
    assert f" can be pinned: run {command}\n" in pinner("check", *paths).stderr


def test_what_cannot_be_pinned_is_not_counted(folder: Path) -> None:
    (folder / "Dockerfile").write_text("ARG V=20\nFROM node:20\nFROM node:${V}-slim\nFROM $X\n")
    (folder / "broken.Dockerfile").write_text("FROM node:20\nFOO\n")
    assert "1 of 4 can be pinned: run pinner pin\n" in pinner("check").stderr


def test_what_may_be_a_misspelt_stage_is_not_counted(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node:20 AS build\nFROM node:20\nCOPY --from=biuld / /\n")
    assert "2 of 3 can be pinned: run pinner pin\n" in pinner("check").stderr


def test_quiet_leaves_findings_and_failures(folder: Path) -> None:
    (folder / "broken.Dockerfile").write_text("FROM scratch\nFOO\n")
    run = pinner("check", "-q")
    assert (run.code, run.stderr) == (1, "")
    assert run.stdout.splitlines() == [
        "Dockerfile:1:6: error[unpinned] node:20 is not pinned to a digest",
        "broken.Dockerfile:2: error[file-error] unknown instruction: FOO",
    ]
    assert pinner("unpin", "Dockerfile", "-q").stdout == ""


def test_very_quiet_reports_to_files_alone(folder: Path) -> None:
    run = pinner("check", "-qq", "--format", "json", "--format", "sarif=out.sarif")
    assert (run.code, run.stdout, run.stderr) == (1, "", "")
    assert (folder / "out.sarif").stat().st_size > 0


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        ("FROM node:20\n", ["check"], 0),
        ("FROM node:20\nFOO\n", ["check"], 3),
        (f"FROM node:20@{DIGEST}\n", ["unpin", "--diff"], 0),
        ("", ["check", "missing"], 3),
        ("FROM node:20\n", ["check", "--select", "nothing"], 2),
    ],
)
def test_exit_zero_turns_one_into_zero(text: str, arguments: list[str], code: int, folder: Path) -> None:
    (folder / "Dockerfile").write_text(text)
    assert pinner(*arguments, "--exit-zero").code == code


@pytest.mark.parametrize(
    ("text", "arguments", "findings", "ignored"),
    [
        ("FROM a:1", ["--ignore", "unpinned"], 0, 1),
        ("FROM a:1", ["--select", "floating-tag"], 0, 1),
        ("FROM a", ["--select", "floating-tag"], 1, 1),
        ("FROM a", ["--select", "stale-digest"], 0, 1),
        ("# pinner: ignore[unpinned]\nFROM a:1", ["--ignore", "unpinned"], 0, 1),
        ("FROM a", ["--select", "unpinned"], 1, 0),
        ("FROM a", [], 1, 0),
        (f"FROM a@{DIGEST}", [], 1, 0),
        (f"FROM a:1@{DIGEST}", ["--ignore", "unpinned"], 0, 0),
        ("FROM scratch", ["--ignore", "unpinned"], 0, 0),
        ("FROM a:1", ["--ignore", "unpinned", "--ignore-images", "docker.io/**"], 0, 1),
    ],
)
def test_what_a_rule_that_is_switched_off_would_find_is_counted(
    text: str, arguments: list[str], findings: int, ignored: int, folder: Path
) -> None:
    (folder / "Dockerfile").write_text(f"{text}\n")
    summary = pinner("check", "--format", "json", *arguments).document["summary"]
    assert (summary["findings"], summary["ignored"]) == (findings, ignored)


def test_what_no_registry_was_asked_for_leads_to_the_pages_on_files(folder: Path) -> None:
    (folder / "compose.yaml").write_text("include: [none.yaml]\n")
    (folder / "notes.txt").write_text("no image\n")
    pages = {
        "not-read": "https://digest-pinner.github.io/pinner/files/#files-that-belong-together",
        "unknown-kind": "https://digest-pinner.github.io/pinner/files/#files",
    }
    run = pinner("check", "compose.yaml", "notes.txt", "--format", "gitlab")
    assert run.code == 3
    assert run.stderr.splitlines()[1:] == [f"{reason}: {page}" for reason, page in pages.items()]
    issues = json.loads(run.stdout)
    assert [issue["description"].rpartition(" ")[2] for issue in issues] == [f"({page})" for page in pages.values()]


def test_statistics_count_by_rule(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node:20\nFROM alpine:3\nFROM $X\n")
    run = pinner("check", "--statistics")
    assert run.stdout == "2  error[unpinned]\n1  error[invalid-reference]\n"
    assert run.code == 1


@pytest.mark.parametrize(("number", "more"), [(10, ""), (11, "1 more without"), (40, "30 more without")])
def test_ten_annotations_and_a_word_on_the_rest(
    number: int, more: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (folder / "Dockerfile").write_text("FROM node:20\n" * number)
    (folder / "z.Dockerfile").write_text("FROM scratch\nFOO\n")
    run = pinner("check", "Dockerfile")
    assert run.stdout.count("::error ") == 10
    assert (more in run.stderr) and (bool(more) == (" more without" in run.stderr))
    first, *_ = (line for line in pinner("check").stdout.splitlines() if line.startswith("::"))
    assert first.startswith("::error file=z.Dockerfile,line=2,title=pinner file-error::")


@pytest.mark.parametrize("arguments", [["fix"], ["fix", "."], ["check", "--fix"], ["pin", "--fix"]])
def test_who_asks_for_a_fix_is_told_the_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: there is no fix: run pinner pin")
