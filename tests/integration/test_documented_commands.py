"""Every `pinner …` that the documentation shows ends well in a project with its images in a registry."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command import pinner
from tests.support.embedded import Embedded
from tests.test_docs import COMMANDS

ROOT = Path(__file__).parents[2]
BASELINE = "pinner-baseline.json"

# What the pages on other kinds of files name.
OTHER_KINDS = {
    ".github/workflows/ci.yml": "jobs: {a: {container: {image: 'nginx:1.29.3'}}}\n",
    "action.yml": "runs: {using: docker, image: 'docker://nginx:1.29.3'}\n",
    ".gitlab-ci.yml": "image: nginx:1.29.3\n",
    "deploy/app.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'nginx:1.29.3'}]}\n",
}

pytestmark = pytest.mark.integration


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_registry: Embedded) -> Embedded:
    """The demo's sample as a repository with an upstream and a baseline. All registries are the embedded one."""
    folder = shutil.copytree(ROOT / "pinner/demo/sample", tmp_path / "project")
    for name, text in OTHER_KINDS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    identity = "-c user.name=Tests -c user.email=tests@example.org".split()
    upstream = "update-ref refs/remotes/origin/main HEAD", "fetch -q . HEAD"
    for words in ("init -q", "add -A", "commit -q -m Everything", *upstream):
        subprocess.run(["git", *identity, *words.split()], cwd=folder, check=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PINNER_MIRROR", embedded_registry.mirror)
    pinner("check", "--write-baseline", BASELINE)
    return embedded_registry


@pytest.mark.parametrize("command", sorted({command for _, command in COMMANDS}))
def test_the_command_ends_well(command: str, project: Embedded) -> None:
    command = re.sub(r"https://[a-z.]+\.example\.org[a-z/{}-]*", project.url, command).replace("RULE", "unpinned")
    run = pinner(*shlex.split(command)[1:])
    assert run.code in (0, 1), run
    assert "unchecked[" not in run.stdout + run.stderr
    assert not run.stderr.startswith("error:")
