"""What the outputs import, and what they say of the project."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pinner.output._addresses import HOMEPAGE

ROOT = Path(__file__).parents[2]
HEAVY = {"asyncio", "dataclasses", "httpx", "json", "logging", "pathlib", "rich", "ruamel", "subprocess", "typer"}


@pytest.mark.parametrize("name", ["text", "concise"])
def test_text_imports_nothing_heavy(name: str) -> None:
    code = f"import sys; from pinner.output import load_format; load_format({name!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = [{str(ROOT)!r}]; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert not {module.partition(".")[0] for module in done.stdout.split()} & HEAVY


def test_homepage_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Homepage"] == HOMEPAGE
