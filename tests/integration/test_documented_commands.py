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

pytestmark = pytest.mark.integration


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_registry: Embedded) -> Embedded:
    """The demo's sample as a repository with an upstream and a baseline. All registries are the embedded one."""
    folder = shutil.copytree(ROOT / "pinner/demo/sample", tmp_path / "project")
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
