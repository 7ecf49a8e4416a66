"""Links within the tree: Compose goes on from the folder of the link, and what it means is read and written once."""

from pathlib import Path

import pytest

from pinner.cli import registry_calls
from tests.scanning.test_project import resolved
from tests.support import projects
from tests.support.command import pinner

TAGGED = "services: {a: {image: 'nginx:${T:-1@D}'}}"
BUILT = "services: {a: {build: .}}"
DOCKERFILES = {"a/Dockerfile": "FROM node:20", "z/Dockerfile": "FROM node:18@D"}
INCLUDE = {"compose.yaml": "include: [a/c.yml]", "a/c.yml": "-> ../z/c.yml"}
EXTENDS = {"compose.yaml": "services: {a: {extends: {file: a/c.yml, service: a}}}", "a/c.yml": "-> ../z/c.yml"}

# The tree, with `->` before what a link means, the file that is named, and where something is unpinned in both.
TREES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "included": ({**INCLUDE, "z/c.yml": TAGGED, "a/.env": "T=2"}, "compose.yaml", ["a/.env:1"]),
    "included in a folder that is a link": (
        {"compose.yaml": "include: [a/c.yml]", "z/c.yml": TAGGED, "z/.env": "T=2", "a": "-> z"},
        "compose.yaml",
        ["FOUND/.env:1"],
    ),
    "included, with a build": ({**INCLUDE, "z/c.yml": BUILT, **DOCKERFILES}, "compose.yaml", ["a/Dockerfile:1"]),
    "extended, with a build": (
        {
            **EXTENDS,
            "z/c.yml": "services: {a: {build: {context: ., args: {V: '20@D'}}}}",
            "a/Dockerfile": "ARG V\nFROM node:$V\nFROM alpine:3",
            "z/Dockerfile": "FROM node:18@D",
        },
        "compose.yaml",
        ["a/Dockerfile:3"],
    ),
    "extended by what is extended": (
        {
            "compose.yaml": "services: {a: {extends: {file: b/b.yml, service: a}}}",
            "b/b.yml": "services: {a: {extends: {file: ../a/c.yml, service: a}}}",
            "a/c.yml": "-> ../z/c.yml",
            "z/c.yml": "services: {a: {build: {context: ., args: {V: '20@D'}}}}",
            "a/Dockerfile": "ARG V\nFROM node:$V\nFROM alpine:3",
            "z/Dockerfile": "FROM node:18@D",
        },
        "compose.yaml",
        ["a/Dockerfile:3"],
    ),
    "named by COMPOSE_FILE": (
        {".env": "COMPOSE_FILE=a/c.yml", "a/c.yml": "-> ../z/c.yml", "z/c.yml": TAGGED, "a/.env": "T=2"},
        ".env",
        ["a/.env:1"],
    ),
    "main file": (
        {"a/compose.yaml": "-> ../z/compose.yaml", "z/compose.yaml": TAGGED, "a/.env": "T=2"},
        "a/compose.yaml",
        ["a/.env:1"],
    ),
    "main file with an override of its own": (
        {
            "a/compose.yaml": "-> ../z/compose.yaml",
            "a/compose.override.yaml": "services: {a: {image: 'redis:7'}}",
            "z/compose.yaml": "services: {a: {image: 'nginx:1@D'}}",
        },
        "a/compose.override.yaml",
        ["a/compose.override.yaml:1"],
    ),
    "included by two names": (
        {
            "compose.yaml": "include: [a/c.yml, b/c.yml]",
            "a/c.yml": "-> ../z/c.yml",
            "b/c.yml": "-> ../z/c.yml",
            "z/c.yml": TAGGED,
            "a/.env": "T=2",
            "b/.env": "T=3",
        },
        "compose.yaml",
        ["a/.env:1", "b/.env:1"],
    ),
    "included with a folder of its own": (
        {
            "compose.yaml": "include: [{path: a/c.yml, project_directory: p}]",
            "a/c.yml": "-> ../z/c.yml",
            "z/c.yml": TAGGED,
            "a/.env": "T=2@D",
            "p/.env": "T=3",
        },
        "compose.yaml",
        ["p/.env:1"],
    ),
    "no link": ({**INCLUDE, "a/c.yml": TAGGED, "a/.env": "T=2", "z/.env": "T=3"}, "compose.yaml", ["a/.env:1"]),
    "link to a file without a value": ({**INCLUDE, "z/c.yml": TAGGED, "z/.env": "T=2"}, "compose.yaml", []),
    "link to a Dockerfile": (
        {"compose.yaml": BUILT, "Dockerfile": "-> z/web", "z/web": "FROM node:18@D\nFROM node:20"},
        "compose.yaml",
        ["Dockerfile:2"],
    ),
}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)


def unpinned(path: str) -> list[str]:
    report = pinner("check", "--format", "json", path).document
    assert (report["unchecked"], report["errors"]) == ([], [])
    return [f"{each['path']}:{each['line']}" for each in report["findings"] if each["rule"] == "unpinned"]


@pytest.mark.parametrize("name", TREES)
def test_a_link_is_read_from_its_own_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, named, expected = TREES[name]
    monkeypatch.chdir(tmp_path)
    projects.write(tree, Path())
    assert unpinned(".") == [each.replace("FOUND", "z") for each in expected]
    assert unpinned(named) == [each.replace("FOUND", "a") for each in expected]
    assert pinner("pin", ".").code == 0
    assert (unpinned("."), unpinned(named)) == ([], [])
    assert all(Path(path).is_symlink() == text.startswith("-> ") for path, text in tree.items())


@pytest.mark.parametrize("named", [".", "a/compose.yaml"])
def test_a_value_behind_a_link_is_one_value(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images that share it share it, by whatever names their projects read it."""
    monkeypatch.chdir(tmp_path)
    services = {f"{folder}/compose.yaml": f"services: {{a: {{image: '{folder}:${{T}}'}}}}" for folder in "az"}
    projects.write({**services, "z/.env": "T=1\n", "a/.env": "-> ../z/.env"}, Path())
    assert pinner("pin", named).code == 1
    assert Path("z/.env").read_text() == "T=1\n"
