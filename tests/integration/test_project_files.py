"""The project keeps its own rules: what it ships for GitHub and as an image is checked by the field's tools."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github/workflows").glob("*.yml"))

pytestmark = pytest.mark.integration


def run(tool: str, *arguments: str) -> None:
    done = subprocess.run([TOOLS / tool, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    run("zizmor", "--offline", "--no-progress", "--persona=pedantic", ".github", "action.yml")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", ["action.yml"]),
        ("vendor.dependabot", [".github/dependabot.yml"]),
    ],
)
def test_files_for_github_are_valid(schema: str, files: list[str]) -> None:
    run("check-jsonschema", "--builtin-schema", schema, *files)


def test_hadolint_finds_nothing_in_the_image() -> None:
    run("hadolint", "Dockerfile")


def test_pinner_finds_nothing_in_the_image() -> None:
    run("python", "-m", "pinner", "check", "--fail-on=note", "Dockerfile")


@pytest.mark.parametrize(
    "command", ["validate-config .pre-commit-config.yaml", "validate-manifest .pre-commit-hooks.yaml"]
)
def test_pre_commit_accepts_its_files(command: str) -> None:
    run("pre-commit", *command.split())
