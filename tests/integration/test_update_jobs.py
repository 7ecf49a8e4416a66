"""The scheduled jobs of the documentation, as they stand there, and the action: thirty nights in a clone each.

Only what talks to GitHub and installs things is replaced: `gh`, `pipx`, `pip` and `apt-get` are scripts of ours.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support import images
from tests.support.embedded import Embedded
from tests.support.repository import git
from tests.support.shelves import EmbeddedShelf
from tests.test_action import read_outputs

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/update.md").read_text(encoding="utf-8")
JOBS = dict(re.findall(r'^```yaml title="([^"]+)"\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE))
START, DAY = 1767600000, 86400
TOOLS = {
    "pipx": 'shift 4\nexec "$PYTHON" -m pinner "$@"',
    "pinner": 'exec "$PYTHON" -m pinner "$@"',
    "gh": 'echo "$@" >> "$GH_LOG"\n[ "$1 $2" != "pr create" ] || [ ! -e "$GH_LOG.open" ] || exit 1\n'
    'case "$1 $2" in "pr create") touch "$GH_LOG.open";; esac',
    "pip": "",
    "apt-get": "",
}


class World:
    """An origin whose default branch pins three images, and the tools of a runner."""

    def __init__(self, registry: Embedded, folder: Path) -> None:
        self.shelf = EmbeddedShelf(registry)
        self.folder = folder
        self.origin = folder / "origin.git"
        self.log = folder / "gh.log"
        self.tools = folder / "tools"
        self.tools.mkdir()
        for name, text in TOOLS.items():
            path = self.tools / name
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        self._make_origin()

    def _make_origin(self) -> None:
        work = self.folder / "first"
        pins = [f"FROM {self.shelf.host}/{name}:1@{self.build(name, 0)}\n" for name in ("good", "lost", "refused")]
        work.mkdir()
        (work / "Dockerfile").write_text("".join(pins))
        identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Pins"]):
            subprocess.run(["git", *identity, *words], cwd=work, check=True)
        subprocess.run(["git", "clone", "-q", "--bare", str(work), str(self.origin)], check=True)
        subprocess.run(["git", "config", "receive.advertisePushOptions", "true"], cwd=self.origin, check=True)

    def build(self, name: str, number: int) -> str:
        return self.shelf.put(name, images.multi_platform(f"{name} {number}"), "1")

    def digest(self, name: str, number: int) -> str:
        return images.multi_platform(f"{name} {number}").digest

    def publish(self, night: int) -> None:
        """What happens in the world: a build each week, a digest that is collected, a platform that goes."""
        self.build("good", night // 10)
        if night == 2:
            self.build("lost", 1)
            self.shelf.delete("lost", self.digest("lost", 0))
        if night == 4:
            child = images.single("refused")
            self.shelf.put("refused", images.index([child], [{"platform": images.AMD64}]), "1")

    def clone(self, night: int) -> Path:
        workspace = self.folder / f"night-{night}"
        subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{self.origin}", str(workspace)], check=True)
        return workspace

    def environment(self, night: int, workspace: Path) -> dict[str, str]:
        commit = git("-C", str(workspace), "rev-parse", "HEAD")
        temporary = self.folder / f"temporary-{night}"
        temporary.mkdir()
        return os.environ | {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "PINNER_NOW": str(START + night * DAY),
            "RUNNER_TEMP": str(temporary),
            "GH_LOG": str(self.log),
            "GITHUB_ENV": str(temporary / "env"),
            "GITHUB_OUTPUT": str(temporary / "output"),
            "GITHUB_SHA": commit,
            "CI_COMMIT_SHA": commit,
            "CI_DEFAULT_BRANCH": "main",
            "CI_SERVER_HOST": "gitlab.example",
            "CI_PROJECT_PATH": "us/project",
            "UPDATE_TOKEN": "t0ken",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{self.origin}.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://pinner:t0ken@gitlab.example/us/project.git",
        }

    def on_branch(self, path: str) -> str:
        return git("-C", str(self.origin), "show", f"pinner-update:{path}")

    def on_main(self) -> str:
        return git("-C", str(self.origin), "show", "main:Dockerfile")


@pytest.fixture
def world(embedded_registry: Embedded, tmp_path: Path) -> World:
    return World(embedded_registry, tmp_path)


def by_hand(world: World, night: int) -> int:
    """The steps of the workflow, each in bash as GitHub runs it; GITHUB_ENV reaches the next step."""
    workflow: Any = YAML(typ="safe").load(JOBS[".github/workflows/update-images-by-hand.yml"])
    workspace = world.clone(night)
    environment = world.environment(night, workspace)
    for step in workflow["jobs"]["update"]["steps"]:
        if "run" in step:
            done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=workspace, env=environment, check=False)
            if done.returncode:
                return done.returncode
            if Path(environment["GITHUB_ENV"]).exists():
                lines = Path(environment["GITHUB_ENV"]).read_text().splitlines()
                environment |= dict(line.split("=", 1) for line in lines)
    return 0


def on_gitlab(world: World, night: int) -> int:
    """The lines of the job in one shell, as GitLab's runner has them."""
    job: Any = YAML(typ="safe").load(JOBS[".gitlab-ci.yml"])["update-images"]
    workspace = world.clone(night)
    script = "\n".join([*job["before_script"], *job["script"]])
    environment = world.environment(night, workspace)
    return subprocess.run(["bash", "-e", "-c", script], cwd=workspace, env=environment, check=False).returncode


def by_action(world: World, night: int) -> int:
    """The action's own step, and then what the later ones do with its outputs."""
    workspace = world.clone(night)
    environment = world.environment(night, workspace)
    environment |= {"INPUT_MIN_AGE": "7", "INPUT_BRANCH": "pinner-update", "INPUT_TITLE": "Update", "INPUT_PATHS": "."}
    subprocess.run([sys.executable, str(ROOT / "action/update/update.py")], cwd=workspace, env=environment, check=True)
    outputs = read_outputs(Path(environment["GITHUB_OUTPUT"]).read_text())
    assert set(outputs) == {"exit-code", "report", "moved", "changed", "kept", "refused", "unchecked"}
    if outputs["moved"] == "true":
        with world.log.open("a") as log:
            log.write(f"pr create --body-file {outputs['report']}\n")
        assert "| Image | Old | New | Why |" in Path(outputs["report"]).read_text()
    return int(outputs["exit-code"])


@pytest.mark.parametrize("job", [by_hand, on_gitlab, by_action])
def test_thirty_nights(job: Any, world: World) -> None:
    """One digest that is lost and one image that is refused keep nothing from ageing, moving and being kept."""
    nights = [0, 2, 4, 9, 10, 12, 17, 18, 20, 28, 29]
    codes = {}
    for night in nights:
        world.publish(night)
        codes[night] = job(world, night)
        shutil.rmtree(world.folder / f"night-{night}")
    assert codes == {night: int(night >= 12) for night in nights}
    dockerfile = world.on_branch("Dockerfile")
    assert world.digest("good", 2) in dockerfile
    assert world.digest("lost", 1) in dockerfile
    assert world.digest("refused", 0) in dockerfile
    facts = [json.loads(line) for line in world.on_branch("pinner-ledger.jsonl").splitlines()]
    assert sum(fact["fact"] == "named" and "/good:1" in fact["image"] for fact in facts) == 3
    assert facts[0]["time"] == "2026-01-05T08:00:00Z"
    assert world.digest("good", 0) in world.on_main()
    if job is not on_gitlab:
        log = world.log.read_text()
        assert "pr create" in log
        assert log.count("--body-file") >= 4


@pytest.mark.parametrize("job", [by_hand, on_gitlab, by_action])
def test_a_roll_back_on_the_default_branch_lasts(job: Any, world: World) -> None:
    """The branch, which knows nothing of it, is older than the default branch, and has not been deleted."""
    for night in (0, 10, 18):
        world.publish(night)
        job(world, night)
    assert world.digest("good", 1) in world.on_branch("Dockerfile")
    work = world.folder / "work"
    subprocess.run(["git", "clone", "-q", str(world.origin), str(work)], check=True)
    git("-C", str(work), "merge", "-q", "origin/pinner-update")
    words = ["update", "--image", f"{world.shelf.host}/good:1", "--rollback"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PINNER_NOW": str(START + 19 * DAY)}
    subprocess.run([sys.executable, "-m", "pinner", *words], cwd=work, env=environment, check=True)
    git("-C", str(work), "commit", "-qam", "Back")
    git("-C", str(work), "push", "-q", "origin", "HEAD:main")
    for night in (20, 21):
        job(world, night)
        assert world.digest("good", 0) in (world.folder / f"night-{night}" / "Dockerfile").read_text()
    lines = world.on_branch("pinner-ledger.jsonl").splitlines()
    assert len(set(lines)) == len(lines)


def test_the_action_keeps_the_ledger_that_the_configuration_names(world: World) -> None:
    work = world.folder / "first"
    (work / "ci").mkdir()
    (work / "ci/README").touch()
    (work / "pinner.toml").write_text('ledger = "ci/pinner-ledger.jsonl"\n')
    git("-C", str(work), "add", "-A")
    git("-C", str(work), "commit", "-qm", "Configuration")
    git("-C", str(work), "push", "-q", str(world.origin), "HEAD:main")
    for night in (0, 10, 18):
        world.build("good", night // 10)
        by_action(world, night)
        assert world.log.exists() == (night == 18), "a pull request is opened when a digest has moved"
    assert world.digest("good", 1) in world.on_branch("Dockerfile")
    assert world.on_branch("ci/pinner-ledger.jsonl").startswith('{"time": "2026-01-05T08:00:00Z"')


def test_a_usage_error_pushes_nothing(world: World) -> None:
    workspace = world.clone(0)
    (workspace / "pinner.toml").write_text("nonsense")
    environment = world.environment(0, workspace) | {"INPUT_BRANCH": "pinner-update", "INPUT_TITLE": "Update"}
    done = subprocess.run([sys.executable, str(ROOT / "action/update/update.py")], cwd=workspace, env=environment)
    outputs = read_outputs(Path(environment["GITHUB_OUTPUT"]).read_text())
    assert (done.returncode, outputs["exit-code"], outputs["moved"]) == (0, "2", "false")
    assert "pinner-update" not in git("-C", str(world.origin), "branch", "--list")
