"""The script of the GitHub Action: what it makes of its inputs."""

import base64
import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]


run = SimpleNamespace(**runpy.run_path(str(ROOT / "action/run.py")))
PINNER = [sys.executable, "-P", "-m", "pinner", "check"]
FILES = ["--format", "json=report.json", "--format", "markdown=summary.md"]
REPORTS = ["--format", "text", "--format", "github", *FILES]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, [*REPORTS, "--"]),
        ({"PATHS": "."}, [*REPORTS, "--", "."]),
        ({"PATHS": "a b\n\n  c\n"}, [*REPORTS, "--", "a b", "c"]),
        ({"PATHS": "--online"}, [*REPORTS, "--", "--online"]),
        ({"PATHS": "$(id)\n;id"}, [*REPORTS, "--", "$(id)", ";id"]),
        ({"ONLINE": "true"}, ["--online", *REPORTS, "--"]),
        ({"ONLINE": "false"}, [*REPORTS, "--"]),
        ({"FORMAT": "concise"}, ["--format", "concise", *FILES, "--"]),
        ({"SARIF_FILE": "out/a b.sarif"}, [*REPORTS, "--format", "sarif=out/a b.sarif", "--"]),
        ({"FAIL_ON": "warning"}, [*REPORTS, "--fail-on", "warning", "--"]),
        ({"ARGS": "--exclude 'a b' -q"}, [*REPORTS, "--exclude", "a b", "-q", "--"]),
    ],
)
def test_inputs_become_words_of_a_command_line(inputs: dict[str, str], words: list[str]) -> None:
    environment = {f"INPUT_{name}": value for name, value in inputs.items()}
    assert run.command(environment, "report.json", "summary.md") == [*PINNER, *words]


def test_a_revision_whose_policy_counts_is_a_word_of_its_option() -> None:
    assert run.command({}, "report.json", "summary.md", "-x") == [*PINNER, *REPORTS, "--policy-from=-x", "--"]


BASE = "0123456789" * 4
PULL_REQUEST = {"pull_request": {"base": {"sha": BASE, "ref": "main"}, "head": {"sha": 40 * "f"}}}


@pytest.mark.parametrize(
    ("wanted", "name", "event", "revision"),
    [
        (None, "pull_request", PULL_REQUEST, BASE),
        ("", "pull_request", PULL_REQUEST, BASE),
        (" \n", "pull_request_target", PULL_REQUEST, BASE),
        ("", "pull_request_review", PULL_REQUEST, BASE),
        ("", "merge_group", {"merge_group": {"base_sha": BASE}}, BASE),
        ("none", "pull_request", PULL_REQUEST, ""),
        ("origin/main", "pull_request", PULL_REQUEST, "origin/main"),
        ("origin/main", "push", {}, "origin/main"),
        ("", "push", {"before": BASE, "after": BASE}, ""),
        ("", "schedule", {}, ""),
        ("", "workflow_dispatch", None, ""),
        ("", "issue_comment", {"issue": {"pull_request": {"url": "x"}}}, ""),
        (None, None, None, ""),
    ],
)
def test_the_revision_whose_policy_counts(
    wanted: str | None, name: str | None, event: object, revision: str, tmp_path: Path
) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event))
    given = {"INPUT_POLICY_FROM": wanted, "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    assert run.policy_from({key: value for key, value in given.items() if value is not None}) == revision


@pytest.mark.parametrize("name", run.EVENTS_WITH_BASE)
@pytest.mark.parametrize(
    "event",
    [
        "",
        "[]",
        "{}",
        '{"pull_request": []}',
        '{"pull_request": 1}',
        '{"pull_request": {"base": {"sha": "--upload-pack=id"}}}',
    ],
)
def test_an_event_that_must_have_a_base_is_not_judged_without(name: str, event: str, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(event)
    with pytest.raises(run.NoBase, match=f"the event {name} names no base commit"):
        run.policy_from({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")})


def test_the_token_is_for_the_repository_s_server_alone() -> None:
    server = {"GITHUB_SERVER_URL": "https://github.example"}
    given = run._authorization({**server, "INPUT_TOKEN": "secret"})
    keys = {value for name, value in given.items() if name.startswith("GIT_CONFIG_KEY_")}
    assert keys == {"http.https://github.example/.extraheader"}
    assert given["GIT_CONFIG_VALUE_0"] == ""
    assert base64.b64decode(given["GIT_CONFIG_VALUE_1"].rpartition(" ")[2]) == b"x-access-token:secret"
    assert run._authorization(server) == {}
    assert run._authorization({"INPUT_TOKEN": "secret", "GITHUB_SERVER_URL": "http://github.example"}) == {}


def read_outputs(text: str) -> dict[str, str]:
    """As the runner reads them."""
    values, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        values[name] = "\n".join(iter(lambda end=delimiter: next(lines), delimiter))
    return values


def test_outputs_hold_the_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.sarif").touch()
    counts = {"files": 2, "references": 5, "pinned": 3, "findings": 1, "unchecked": 1}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"summary": counts}))
    outputs = read_outputs(run.outputs({"INPUT_SARIF_FILE": "out.sarif"}, str(report), 1))
    assert outputs == {"exit-code": "1", "sarif-file": "out.sarif"} | {name: str(n) for name, n in counts.items()}


def test_outputs_without_a_report_hold_the_exit_code(tmp_path: Path) -> None:
    outputs = run.outputs({"INPUT_SARIF_FILE": "none.sarif"}, str(tmp_path / "none"), 2)
    assert read_outputs(outputs) == {"exit-code": "2", "sarif-file": ""}


def test_an_input_cannot_forge_an_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sarif = "x\nexit-code=0\nexit-code<<y\n0\ny"
    (tmp_path / sarif).touch()
    outputs = read_outputs(run.outputs({"INPUT_SARIF_FILE": sarif}, str(tmp_path / "none"), 1))
    assert outputs == {"exit-code": "1", "sarif-file": sarif}


def test_the_action_passes_every_input_on_and_every_output_back() -> None:
    action = YAML(typ="safe").load(ROOT / "action.yml")
    environment = {name for step in action["runs"]["steps"] for name in step.get("env", ())}
    assert {f"INPUT_{name.upper().replace('-', '_')}" for name in action["inputs"]} <= environment
    assert set(action["outputs"]) == {"exit-code", "sarif-file", *run.COUNTS}
    assert not [step for step in action["runs"]["steps"] if "${{" in step.get("run", "")]


update = SimpleNamespace(**runpy.run_path(str(ROOT / "action/update/update.py")))


def test_the_update_passes_every_input_on_and_every_output_back() -> None:
    action = YAML(typ="safe").load(ROOT / "action/update/action.yml")
    text = (ROOT / "action/update/action.yml").read_text()
    assert all(f"${{{{ inputs.{name} }}}}" in text or f"inputs.{name} ==" in text for name in action["inputs"])
    assert set(action["outputs"]) == {"exit-code", *update.COUNTS}
    assert not [step for step in action["runs"]["steps"] if "${{" in step.get("run", "")]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, ["--"]),
        ({"PATHS": "a b\n--add\n"}, ["--", "a b", "--add"]),
        ({"ARGS": "--add --exclude 'a b'"}, ["--add", "--exclude", "a b", "--"]),
    ],
)
def test_inputs_of_the_update(inputs: dict[str, str], words: list[str]) -> None:
    environment = {f"INPUT_{name}": value for name, value in inputs.items()}
    command = update.command(environment, "r.json", "r.md")
    reports = ["--format", "text", "--format", "json=r.json", "--format", "markdown=r.md"]
    assert command == [*PINNER[:-1], "update", *reports, *words]


def test_the_age_of_the_update() -> None:
    assert "--min-age" not in update.command({"INPUT_MIN_AGE": " "}, "r", "m")
    assert update.command({"INPUT_MIN_AGE": "7"}, "r", "m")[5:7] == ["--min-age", "7"]


def test_the_token_of_the_update_goes_to_its_server_alone() -> None:
    environment = {"INPUT_TOKEN": "hush", "GITHUB_SERVER_URL": "https://github.example"}
    assert update.credentials(environment)["GIT_CONFIG_KEY_1"] == "http.https://github.example/.extraheader"
    assert update.credentials(environment | {"GITHUB_SERVER_URL": "http://github.example"}) == {}
    assert update.credentials({"GITHUB_SERVER_URL": "https://github.example"}) == {}
