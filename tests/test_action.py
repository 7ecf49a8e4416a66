"""The script of the GitHub Action: what it makes of its inputs."""

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
