"""The action's steps as a runner takes them, in a checked-out repository that is up to no good."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.repository import commit, git
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


def test_what_is_not_locked_is_not_installed(runner: Runner, tmp_path: Path) -> None:
    action = tmp_path / "action-of-others"
    shutil.copytree(ROOT / "action", action / "action")
    lock = action / "action/requirements.txt"
    lock.write_text(re.sub("sha256:.{8}", "sha256:00000000", lock.read_text()))
    installed = runner.step("bash", str(action / "action/install.sh"), GITHUB_ACTION_PATH=str(action))
    assert installed.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in installed.stderr
    assert not (runner.temporary / "pinner").exists()


class PullRequest(NamedTuple):
    """A clone of depth 1, as actions/checkout makes it, of a change that lets an image of its own go."""

    runner: Runner
    base: str

    def check(self, name: str = "pull_request", **inputs: str) -> subprocess.CompletedProcess[str]:
        event = self.runner.temporary / "event.json"
        event.write_text(json.dumps({"pull_request": {"base": {"sha": self.base}}}))
        variables = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(event), "PYTHONPATH": str(ROOT)}
        return self.runner.step(sys.executable, str(ROOT / "action/run.py"), **variables, **inputs)


@pytest.fixture
def pull_request(runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PullRequest:
    origin = tmp_path / "origin"
    origin.mkdir()
    monkeypatch.chdir(origin)
    commit({"pinner.toml": 'exclude = ["old/"]', "old/Dockerfile": "FROM node:18\n", "Dockerfile": "FROM scratch\n"})
    base = commit({"more": ""})
    git("checkout", "--quiet", "-b", "change")
    commit({"pinner.toml": 'exclude = ["*"]', "Dockerfile": "# pinner: ignore\nFROM node:20\n"})
    shutil.rmtree(runner.workspace)
    git("clone", "--quiet", "--depth=1", "--branch=change", f"file://{origin}", str(runner.workspace))
    monkeypatch.chdir(runner.workspace)
    return PullRequest(runner, base)


def refs() -> str:
    return git("for-each-ref") + git("rev-list", "--count", "HEAD")


def test_a_pull_request_is_judged_by_its_base(pull_request: PullRequest) -> None:
    before = refs()
    checked = pull_request.check()
    assert checked.returncode == 1, checked.stderr
    assert "Dockerfile:2:6: error[unpinned]" in checked.stdout
    assert "old/Dockerfile" not in checked.stdout
    assert refs() == before
    assert not Path(".git/FETCH_HEAD").exists()


def test_it_can_be_switched_off(pull_request: PullRequest) -> None:
    checked = pull_request.check(INPUT_POLICY_FROM="none", INPUT_ARGS="--no-config")
    assert "Dockerfile:2:6" not in checked.stdout
    assert "old/Dockerfile:1:6: error[unpinned]" in checked.stdout
    assert git("rev-list", "--all", "--count") == "1"


def test_a_commit_that_is_here_is_not_fetched(pull_request: PullRequest) -> None:
    git("fetch", "--quiet", "--unshallow")
    git("remote", "remove", "origin")
    assert pull_request.check().returncode == 1
    assert not Path(".git/shallow").exists()


@pytest.mark.parametrize("base", ["f" * 40, "0123456789abcdef0123456789abcdef01234567"])
def test_a_base_that_cannot_be_fetched_ends_the_step(base: str, pull_request: PullRequest) -> None:
    checked = pull_request._replace(base=base).check()
    assert (checked.returncode, checked.stdout) == (2, "")
    assert f"error: cannot fetch {base}, whose policy counts: " in checked.stderr
    assert read_outputs(pull_request.runner.read("GITHUB_OUTPUT"))["exit-code"] == "2"


def test_a_workspace_that_looks_like_a_repository_is_none(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git itself would take the workspace for a bare repository, and fetch by the command that it names."""
    monkeypatch.chdir(runner.workspace)
    git("init", "--quiet", "--bare", ".")
    for key, value in {
        "remote.origin.url": "ssh://a.invalid/b",
        "core.sshCommand": "touch sprung",
        "core.hooksPath": ".",
    }.items():
        git("config", key, value)
    checked = PullRequest(runner, "f" * 40).check()
    assert checked.returncode == 2
    assert "not a git repository" in checked.stderr
    assert not Path("sprung").exists()


def test_an_origin_that_is_a_command_is_not_run(pull_request: PullRequest) -> None:
    git("config", "protocol.ext.allow", "always")
    git("config", "remote.origin.url", "ext::touch sprung")
    checked = pull_request.check()
    assert checked.returncode == 2
    assert "transport 'ext' not allowed" in checked.stderr
    assert not Path("sprung").exists()


def test_only_the_fetch_sees_the_token(pull_request: PullRequest, tmp_path: Path) -> None:
    """A git of ours says what it is given, and so does a pinner of ours."""
    tools = tmp_path / "tools"
    (tools / "pinner").mkdir(parents=True)
    (tools / "pinner/__main__.py").write_text("import os, sys\nprint(sorted(os.environ), sys.argv)\n")
    (tools / "pinner/__init__.py").touch()
    (tools / "git").write_text(
        f'#!/bin/sh\necho "$@" >> {tools}/log\nenv >> {tools}/log\ncase "$*" in *cat-file*) exit 1;; esac\n'
    )
    (tools / "git").chmod(0o755)
    pull_request.runner.environment |= {"PATH": f"{tools}:{os.environ['PATH']}"}
    variables = {
        "GITHUB_EVENT_NAME": "push",
        "PYTHONPATH": str(tools),
        "INPUT_POLICY_FROM": "f" * 40,
        "INPUT_TOKEN": "hush",
    }
    variables |= {"GITHUB_SERVER_URL": "https://github.example"}
    checked = pull_request.runner.step(sys.executable, str(ROOT / "action/run.py"), **variables)
    assert "TOKEN" not in checked.stdout
    assert "GIT_CONFIG" not in checked.stdout
    log = (tools / "log").read_text()
    assert "--depth=1" in log
    assert "GIT_CONFIG_KEY_1=http.https://github.example/.extraheader" in log
    assert not [line for line in log.splitlines() if "hush" in line and not line.startswith("INPUT_TOKEN=")]
