"""A working directory of its own for every test of the configuration."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in a folder without configuration."""
    inner = tmp_path / "above" / "project"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return inner
