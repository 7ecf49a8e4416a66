"""The hooks and directory discovery must find the same files, and the right ones."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pinner.formats import COMPOSE, DOCKERFILE, file_patterns

ROOT = Path(__file__).parents[1]

DOCKERFILES = """
Dockerfile dockerfile .Dockerfile deep/down/Dockerfile Dockerfile.dev Dockerfile-dev Dockerfile_dev Dockerfile.3.11
dev.Dockerfile dev.dockerfile dev-Dockerfile dev_Dockerfile Dockerfile.dev.amd64 dockerfile.dev
Dockerfile.ubuntu-24.04 Dockerfile.go Dockerfile.php Dockerfile.j2 Dockerfile.x Containerfile containerfile
foo.containerfile Containerfile.arm64
""".split()

COMPOSE_FILES = """
compose.yaml compose.yml compose.prod.yml compose-dev.yaml dev.compose.yaml docker-compose.yml docker-compose.yaml
docker-compose.override.yml docker-compose-dev.yml docker_compose.yml prod.docker-compose.yml prod-docker-compose.yml
podman-compose.yml container-compose.yml deep/down/compose.yaml .github/compose.yaml
""".split()

OTHERS = """
Dockerfile.md Dockerfile.py Dockerfile.sh Dockerfile.dockerignore Dockerfile.dev.md Dockerfile.yml Dockerfile.json
.dockerignore dev.Dockerfile.dockerignore Dockerfile~ Dockerfile.dev~ .Dockerfile.swp Dockerfile.orig Dockerfile.
Dockerfiles dockerfiles DockerfileParser.java myDockerfile dockerfile.go dockerfile_test.go dockerfile.rs
dockerfile.vim lint-dockerfile Dockerfile/main.go Containerfile.md docker-compose.yml.md docker-compose.yml.j2
compose.yaml.bak compose.json compose.toml mycompose.yaml composer.yml detekt-compose.yml
dockerfile.svg Dockerfile.png Dockerfile.gif Dockerfile.jpg Dockerfile.jpeg Dockerfile.webp Dockerfile.ico
Dockerfile.pdf Dockerfile.drawio Dockerfile.csv Dockerfile.rego Dockerfile.golden
Dockerfile.snap Dockerfile.sum Dockerfile.out
""".split()

WORKFLOWS = """
.github/workflows/docker-compose.yml a/.github/workflows/compose.yaml
""".split()

# What the table of kinds claims by the name alone, and what it does not.
BY_NAME = """
.github/workflows/ci.yml a/b/.gitea/workflows/ci.yaml .forgejo/workflows/x.yml action.yml x/action.yaml .gitlab-ci.yml
build.gitlab-ci.yml .gitlab/ci/build.yml .gitlab/ci/a/b.yaml .gitlab-ci/x.yml
cloudbuild.yaml cloudbuild.json dev-cloudbuild.yml .circleci/config.yml .circleci/src/jobs/a.yml
.woodpecker.yml .woodpecker/test.yaml .drone.yml bitbucket-pipelines.yml azure-pipelines.yml
ci/azure-pipelines-nightly.yaml .devcontainer.json a/.devcontainer.json .devcontainer/devcontainer.json
.devcontainer/x/devcontainer.json
docker-bake.hcl ci/bake.json docker-bake.override.hcl bake_ci.hcl
kustomization.yml base/kustomization.yaml base/Kustomization values.yaml chart/values-prod.yml compose/values.yml
""".split()
OTHER_NAMES = """
.github/workflows/sub/ci.yml workflows/ci.yml .github/ci.yml .github/workflows/ci.json my-action.yml action.yml.j2
bakery.json docker-bake.yml bake.hcl.bak rebake.hcl
.gitlab/ci.yml .gitlab/agents/a/config.yaml ci/build.yml gitlab/ci/x.yml .gitlab/ci/x.json
cloudbuild.jsonc circleci/config.yml .woodpecker/a/b.yml drone.yml .drone.star pipelines.yml
devcontainer.json x/devcontainer.json .devcontainer/a/b/devcontainer.json kustomization.json kustomize.yaml
kustomization Kustomization.md MyKustomization
values.json values.yaml.gotmpl deployment.yaml pod.json
""".split()


def read_hooks() -> dict[str, dict[str, Any]]:
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
    return {hook["id"]: hook for hook in hooks}


@pytest.mark.parametrize("path", DOCKERFILES)
def test_a_dockerfile_is_found_as_such(path: str) -> None:
    assert re.search(DOCKERFILE.FILES, path)
    assert not re.search(COMPOSE.FILES, path)


@pytest.mark.parametrize("path", COMPOSE_FILES)
def test_a_compose_file_is_found_as_such(path: str) -> None:
    assert re.search(COMPOSE.FILES, path)
    assert not re.search(DOCKERFILE.FILES, path)


@pytest.mark.parametrize("path", OTHERS + OTHER_NAMES)
def test_another_file_is_left_alone(path: str) -> None:
    assert not re.search(file_patterns(), path)


@pytest.mark.parametrize("path", OTHERS + WORKFLOWS)
def test_another_file_is_no_compose_file(path: str) -> None:
    assert not re.search(f"{COMPOSE.FILES}|{DOCKERFILE.FILES}", path)


@pytest.mark.parametrize("path", BY_NAME)
def test_a_file_of_another_kind_is_found_by_its_name(path: str) -> None:
    assert re.search(file_patterns(), path)


@pytest.mark.parametrize(("hook", "command"), [("pinner-check", "pinner check"), ("pinner-pin", "pinner pin")])
def test_the_hooks_find_what_discovery_finds(hook: str, command: str) -> None:
    manifest = read_hooks()[hook]
    assert manifest["files"] == file_patterns(), "run: make regenerate"
    assert manifest["entry"] == command
    assert manifest["args"] == ["--skip-unknown", "--"]
    assert manifest["types_or"] == ["file", "symlink"]
    assert manifest["language"] == "python"
    assert manifest["require_serial"] is True


@pytest.mark.parametrize(
    ("hook", "command"), [("pinner-check-yaml", "pinner check"), ("pinner-pin-yaml", "pinner pin")]
)
def test_the_hooks_for_yaml_get_what_the_others_do_not(hook: str, command: str) -> None:
    manifest = read_hooks()[hook]
    assert manifest["exclude"] == file_patterns(), "no file is read twice"
    assert manifest["types_or"] == ["yaml", "json"]
    assert manifest["args"] == ["--skip-unknown", "--"], "most YAML files pull no image"
    assert manifest["entry"] == command
    assert manifest["require_serial"] is True
