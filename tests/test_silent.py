"""Nothing passes silently: whole repositories, judged as the real tools use them (`tests/data/silent.json`)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from pinner.cli import registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved
from tests.support import projects

CASES = projects.cases()
INDEX = "application/vnd.oci.image.index.v1+json"


def resolved(asked: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
    """Answer as a registry in which every image is."""
    return {
        each: Resolved(each, projects.digest_of(str(each)), "application/vnd.oci.image.index.v1+json") for each in asked
    }


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ask no registry, and work in an empty folder."""
    monkeypatch.setattr(registry_calls, "resolve", resolved)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_nothing_passes_silently(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    projects.build(case, tmp_path)
    assert projects.run(case, tmp_path) == []


@pytest.mark.parametrize("name", ["include-short", "env-whole-reference", "args-map", "context-map"])
def test_the_runner_can_fail(name: str, tmp_path: Path) -> None:
    """What a project means that it has not is reported: no case holds for the files of another."""
    other = CASES["template-go"]
    projects.build(other, tmp_path)
    case = CASES[name] | {"files": other["files"], "paths": ["."]}
    case["expect"] = {
        key: value for key, value in case["expect"].items() if key not in ("after_pin", "unchanged_by_pin")
    }
    assert projects.run(case | {"expect": {**case["expect"], "references": 3}}, tmp_path)
