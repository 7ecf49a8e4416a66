"""The action's steps as a runner takes them, in a checked-out repository that is up to no good."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_action import read_outputs

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.integration


class Runner:
    """A workflow's job: its workspace, its temporary folder and what its steps have in common."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.temporary = folder / "workspace", folder / "temporary"
        self.workspace.mkdir()
        self.temporary.mkdir()
        self.environment = os.environ | {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "PYTHON": sys.executable,
            "RUNNER_TEMP": str(self.temporary),
        }

    def step(self, *command: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.workspace,
            env=self.environment | inputs,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def read(self, name: str) -> str:
        return Path(self.environment[name]).read_text(encoding="utf-8")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path)
    for module in ("pip", "pinner", "json", "subprocess"):
        trap = runner.workspace / module
        trap.mkdir()
        for name in ("__init__.py", "__main__.py"):
            (trap / name).write_text("open('sprung', 'w')\n")
    (runner.workspace / "Dockerfile").write_text("FROM node:20\n")
    return runner


def test_the_action_installs_and_checks(runner: Runner) -> None:
    installed = runner.step("bash", str(ROOT / "action/install.sh"))
    assert installed.returncode == 0, installed.stderr
    checked = runner.step(
        sys.executable,
        str(ROOT / "action/run.py"),
        PYTHONPATH=str(runner.temporary / "pinner"),
        INPUT_PATHS=".\n",
        INPUT_SARIF_FILE="out.sarif",
    )
    assert checked.returncode == 1, checked.stderr
    assert "Dockerfile:1:6: error[unpinned]" in checked.stdout
    assert "::error file=Dockerfile,line=1" in checked.stdout
    assert read_outputs(runner.read("GITHUB_OUTPUT")) == {
        "exit-code": "1",
        "sarif-file": "out.sarif",
        "files": "1",
        "references": "1",
        "pinned": "0",
        "findings": "1",
        "unchecked": "0",
    }
    assert "node:20" in runner.read("GITHUB_STEP_SUMMARY")
    assert json.loads((runner.workspace / "out.sarif").read_text())["version"] == "2.1.0"
    assert not (runner.workspace / "sprung").exists()


def test_the_version_is_a_version(runner: Runner) -> None:
    installed = runner.step(
        "bash", str(ROOT / "action/install.sh"), INPUT_VERSION="0.1.0 --index-url=http://127.0.0.1:1"
    )
    assert installed.returncode != 0
    assert "Invalid requirement" in installed.stderr
