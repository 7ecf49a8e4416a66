"""The hooks and directory discovery must find the same files, and the right ones."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pinner.formats._files import COMPOSE_FILES, DOCKERFILE_FILES, DOTENV_FILES

ROOT = Path(__file__).parents[1]

DOCKERFILES = """
Dockerfile dockerfile .Dockerfile deep/down/Dockerfile Dockerfile.dev Dockerfile-dev Dockerfile_dev Dockerfile.3.11
dev.Dockerfile dev.dockerfile dev-Dockerfile dev_Dockerfile Dockerfile.dev.amd64 dockerfile.dev
Dockerfile.ubuntu-24.04 Dockerfile.go Dockerfile.php Dockerfile.j2 Dockerfile.x Containerfile containerfile
foo.containerfile Containerfile.arm64
""".split()

COMPOSE = """
compose.yaml compose.yml compose.prod.yml compose-dev.yaml dev.compose.yaml docker-compose.yml docker-compose.yaml
docker-compose.override.yml docker-compose-dev.yml docker_compose.yml prod.docker-compose.yml prod-docker-compose.yml
podman-compose.yml container-compose.yml deep/down/compose.yaml .github/compose.yaml
""".split()

OTHERS = """
Dockerfile.md Dockerfile.py Dockerfile.sh Dockerfile.dockerignore Dockerfile.dev.md Dockerfile.yml Dockerfile.json
.dockerignore dev.Dockerfile.dockerignore Dockerfile~ Dockerfile.dev~ .Dockerfile.swp Dockerfile.orig Dockerfile.
Dockerfiles dockerfiles DockerfileParser.java myDockerfile dockerfile.go dockerfile_test.go dockerfile.rs
dockerfile.vim lint-dockerfile Dockerfile/main.go Containerfile.md docker-compose.yml.md docker-compose.yml.j2
compose.yaml.bak compose.json compose.toml compose/values.yml mycompose.yaml composer.yml detekt-compose.yml
.github/workflows/docker-compose.yml a/.github/workflows/compose.yaml
dockerfile.svg Dockerfile.png Dockerfile.gif Dockerfile.jpg Dockerfile.jpeg Dockerfile.webp Dockerfile.ico
Dockerfile.pdf Dockerfile.drawio Dockerfile.csv Dockerfile.rego Dockerfile.golden
Dockerfile.snap Dockerfile.sum Dockerfile.out
""".split()


def read_hooks() -> dict[str, dict[str, Any]]:
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
    return {hook["id"]: hook for hook in hooks}


@pytest.mark.parametrize("path", DOCKERFILES)
def test_a_dockerfile_is_found_as_such(path: str) -> None:
    assert re.search(DOCKERFILE_FILES, path)
    assert not re.search(COMPOSE_FILES, path)


@pytest.mark.parametrize("path", COMPOSE)
def test_a_compose_file_is_found_as_such(path: str) -> None:
    assert re.search(COMPOSE_FILES, path)
    assert not re.search(DOCKERFILE_FILES, path)


@pytest.mark.parametrize("path", OTHERS)
def test_another_file_is_left_alone(path: str) -> None:
    assert not re.search(f"{DOCKERFILE_FILES}|{COMPOSE_FILES}", path)


@pytest.mark.parametrize(("hook", "command"), [("pinner-check", "pinner check"), ("pinner-pin", "pinner pin")])
def test_the_hooks_find_what_discovery_finds(hook: str, command: str) -> None:
    manifest = read_hooks()[hook]
    assert manifest["files"] == f"{DOCKERFILE_FILES}|{COMPOSE_FILES}|{DOTENV_FILES}"
    assert manifest["entry"] == command
    assert manifest["args"] == ["--skip-unknown", "--"]
    assert manifest["types_or"] == ["file", "symlink"]
    assert manifest["language"] == "python"
    assert manifest["require_serial"] is True
