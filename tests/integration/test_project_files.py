"""The project keeps its own rules: what it ships for GitHub and as an image is checked by the field's tools."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github/workflows").glob("*.yml"))

SCHEMAS = {
    ".github/workflows/": "vendor.github-workflows",
    ".github/dependabot.yml": "vendor.dependabot",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
    "renovate.json": "vendor.renovate",
}

pytestmark = pytest.mark.integration


def shown_files() -> list[tuple[str, str]]:
    """The files that the documentation shows in full, with their names."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").rglob("*.md"))]
    block = re.compile(r'^( *)```\w+ title="([^"]+)"\n(.*?)^\1```$', re.DOTALL | re.MULTILINE)
    return [(name, textwrap.dedent(text)) for page in pages for _, name, text in block.findall(page)]


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


@pytest.mark.parametrize(("name", "text"), shown_files(), ids=lambda value: value.partition("\n")[0])
def test_files_in_the_documentation_are_valid(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("@COMMIT", f"@{40 * '0'}"), encoding="utf-8")
    schema = next((schema for prefix, schema in SCHEMAS.items() if name.startswith(prefix)), None)
    if schema:
        run("check-jsonschema", "--builtin-schema", schema, str(path))
    if name.startswith(".github/"):
        run("zizmor", "--offline", "--no-progress", "--persona=pedantic", str(path))
    if name == "pinner.toml":
        run("python", "-m", "pinner", "config", "--config", str(path))
    if name == ".pre-commit-config.yaml":
        run("pre-commit", "validate-config", str(path))
