"""Both hooks as pre-commit and prek run them, in a repository of their own."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.embedded import Embedded

ROOT = Path(__file__).parents[2]
SHIPPED = ("pinner", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
DIGEST = "sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a"

pytestmark = pytest.mark.integration


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """With both streams as one: the tools print to either."""
    return subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False
    )


def commit_all(repository: Path) -> None:
    identity = "-c user.name=Tests -c user.email=tests@example.org -c init.defaultBranch=main".split()
    for words in ("init -q", "add -A", "commit -q -m Everything"):
        done = run("git", *identity, *words.split(), cwd=repository)
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This working tree's hooks as a repository."""
    repository = tmp_path_factory.mktemp("hooks")
    for name in SHIPPED:
        source, target = ROOT / name, repository / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    commit_all(repository)
    return repository


@pytest.fixture
def project(tmp_path: Path, embedded_registry: Embedded) -> Path:
    """A repository with an unpinned image in a file that is named like an option."""
    (tmp_path / "--online.Dockerfile").write_text(f"FROM {embedded_registry.host}/library/node:14.7.0\n")
    (tmp_path / "Dockerfile.md").write_text("FROM a:book\n")
    commit_all(tmp_path)
    return tmp_path


@pytest.mark.parametrize("tool", ["pre-commit", "prek"])
def test_hooks_check_and_pin(tool: str, hooks: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_SYSTEM_CERTS", "true")  # prek installs with uv, which brings certificates of its own
    command = Path(sys.executable).with_name(tool), "try-repo", str(hooks), "--all-files", "--verbose"
    first = run(*command, cwd=project)
    assert first.returncode == 1, first.stdout
    assert "--online.Dockerfile:1:6: error[unpinned]" in first.stdout
    assert "files were modified by this hook" in first.stdout
    assert "Dockerfile.md" not in first.stdout
    pinned = (project / "--online.Dockerfile").read_text()
    assert pinned.endswith(f"/library/node:14.7.0@{DIGEST}\n")

    commit_all(project)
    second = run(*command, cwd=project)
    assert second.returncode == 0, second.stdout
    assert run("git", "status", "--porcelain", cwd=project).stdout == ""


CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: pinner-check
      - id: pinner-pin
        stages: [manual]
"""


@pytest.mark.parametrize("tool", ["pre-commit", "prek"])
def test_the_command_that_a_hook_names_works(
    tool: str, hooks: Path, tmp_path: Path, embedded_registry: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_SYSTEM_CERTS", "true")
    folder = Path(sys.executable).parent
    revision = run("git", "rev-parse", "HEAD", cwd=hooks).stdout.strip()
    (tmp_path / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(repository=hooks, revision=revision))
    (tmp_path / "Dockerfile").write_text(f"FROM {embedded_registry.host}/library/node:14.7.0\n")
    commit_all(tmp_path)
    failed = run(folder / tool, "run", "--all-files", cwd=tmp_path)
    assert failed.returncode == 1
    (command,) = re.findall(r"1 of 1 can be pinned: run (.*)", failed.stdout)
    name, *arguments = shlex.split(command)
    assert (name, arguments[-2:]) == (tool, ["--files", "Dockerfile"])
    run(folder / name, *arguments, cwd=tmp_path)
    assert (tmp_path / "Dockerfile").read_text().endswith(f"@{DIGEST}\n")
