"""Compose projects: pinner lists what Compose pulls, before and after `pin`; pins come and go without a trace."""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.cli import registry_calls
from pinner.model.reference import Reference
from pinner.model.resolution import Resolution, Resolved
from tests.support import projects
from tests.support.command import pinner
from tests.support.compose_go import compose


def resolved(asked: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
    """Answer as a registry in which every image is."""
    media_type = "application/vnd.oci.image.index.v1+json"
    return {each: Resolved(each, projects.digest_of(str(each)), media_type) for each in asked}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)


# The files, and the places of what is unpinned; None where no digest can be written, so that it stays.
FINDINGS: dict[str, tuple[dict[str, str], list[str] | None]] = {
    ".env beside the file that COMPOSE_FILE names": (
        {
            ".env": "COMPOSE_FILE=sub/c.yml",
            "sub/c.yml": "services:\n  a:\n    image: nginx:${TAG:-1.27@D}\n",
            "sub/.env": "TAG=1.20",
        },
        ["sub/.env:1"],
    ),
    "many files that are included": (
        {
            "compose.yaml": "include:\n" + "".join(f"  - p/{number}.txt\n" for number in range(130)),
            **{f"p/{number}.txt": f"services: {{s{number}: {{image: 'nginx:{number}'}}}}" for number in range(130)},
        },
        sorted(f"p/{number}.txt:1" for number in range(130)),
    ),
    "values that Compose reads itself": (
        {
            ".env": "COMPOSE_PROJECT_NAME=shop\nCOMPOSE_PROFILES=dev",
            "compose.yaml": "services: {a: {image: 'a:${COMPOSE_PROJECT_NAME}'}, b: {image: 'b:${COMPOSE_PROFILES}'}}",
        },
        None,
    ),
    "variable that is the name of the project": (
        {"compose.yaml": "name: shop\nservices:\n  a:\n    image: nginx:${COMPOSE_PROJECT_NAME:-1.27@D}\n"},
        None,
    ),
    "variable that is the name of the folder": (
        {"a.b/compose.yaml": "services:\n  a:\n    image: nginx:${COMPOSE_PROJECT_NAME-1.27@D}\n"},
        None,
    ),
    "named context of one build out of two": (
        {
            "compose.yaml": "services: {c: {image: 'x:1@D'}, b: {build: .}, "
            "a: {build: {context: ., additional_contexts: {base: 'service:c'}}}}",
            "Dockerfile": "FROM base",
        },
        None,
    ),
    "platform that the build passes": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: {TARGETARCH: arm64}}}}",
            "Dockerfile": "FROM alpine:3@D AS b-amd64\nFROM b-$TARGETARCH",
        },
        None,
    ),
    ".env that says that it does not count": (
        {
            ".env": "COMPOSE_DISABLE_ENV_FILE=1\nTAG=1.20@D",
            "compose.yaml": "services:\n  a:\n    image: nginx:${TAG:-1.21}\n",
        },
        ["compose.yaml:3"],
    ),
    "dockerfile in lower case": (
        {
            "compose.yaml": "services: {a: {build: {context: ., additional_contexts: {base: ./x}}}}",
            "dockerfile": "FROM base\nCOPY --from=nginx:1 a b",
        },
        ["dockerfile:2"],
    ),
    "dockerfile that is said to be empty": (
        {"compose.yaml": "services: {a: {build: {context: ., dockerfile: ''}}}", "Dockerfile": "FROM nginx:1"},
        ["Dockerfile:1"],
    ),
    "include that leads back": (
        {"compose.yaml": "include: [a.yml]", "a.yml": "include: [compose.yaml]\nservices: {w: {image: nginx:1}}"},
        ["a.yml:2"],
    ),
    "extends in what is extended": (
        {
            "compose.yaml": "services: {a: {extends: {file: b.yml, service: a}}}",
            "b.yml": "services: {a: {extends: {file: lib/c.yml, service: a}}}",
            "lib/c.yml": 'services:\n  a:\n    build: {context: "${D:-.}", args: {V: "20@D", W: null}}\n',
            "lib/Dockerfile": "ARG V=18\nFROM node:${V}\n",
        },
        ["lib/Dockerfile:2"],
    ),
    "extends that leads back": (
        {
            "compose.yaml": "services: {a: {extends: {file: b.yml, service: a}}}",
            "b.yml": "services: {a: {image: x:1, extends: {file: compose.yaml, service: a}}}",
        },
        ["b.yml:1"],
    ),
    "outer .env before that of what is included": (
        {
            "compose.yaml": "include: [sub/a.yml]",
            ".env": "I=nginx:1",
            "sub/a.yml": "services: {w: {image: '${I}'}, v: {image: '${J}'}}",
            "sub/.env": "I=nginx:2\nJ=redis:7",
        },
        [".env:1", "sub/.env:2"],
    ),
    "argument of what is extended": (
        {
            "compose.yaml": "services: {a: {extends: {file: lib/base.yml, service: b}}}",
            "lib/base.yml": "services: {b: {build: {context: img, args: {V: '3.20'}}}}",
            "lib/img/Dockerfile": "ARG V\nFROM alpine:${V}",
        },
        ["lib/base.yml:1"],
    ),
    "argument that takes its value from .env": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: [V]}}}",
            ".env": "V=1.2",
            "Dockerfile": "ARG V=9@D\nFROM nginx:$V",
        },
        [".env:1"],
    ),
    "two builds with two values": (
        {
            "compose.yaml": "services:\n  a: {build: {context: ., args: {B: 'nginx:1'}}}\n"
            "  b: {build: {context: ., args: {B: 'redis:7'}}}",
            "Dockerfile": "ARG B=node:20@D\nFROM $B",
        },
        ["compose.yaml:2", "compose.yaml:3"],
    ),
    "empty value": (
        {"compose.yaml": "services: {a: {image: 'nginx:${TAG:-1.27@D}', env_file: x}}", ".env": "TAG="},
        [],
    ),
    "inline Dockerfile": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM ${I}\n",
            ".env": "I=nginx:1.27",
        },
        [".env:1"],
    ),
    "namesake of what the main file builds": (
        {
            "compose.yaml": "services: {a: {build: .}}",
            "Dockerfile": "FROM scratch",
            "compose.prod.yaml": "services: {a: {image: acme/a:1, pull_policy: build}, b: {image: nginx:1}}",
        },
        ["compose.prod.yaml:1"],
    ),
    "argument whose name is a variable": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: ['${K}=5']}}}",
            ".env": "K=V",
            "Dockerfile": "ARG V=0@D\nFROM nginx:$V",
        },
        None,
    ),
    "argument that is one variable": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: ['${K}']}}}",
            ".env": "K=V=5",
            "Dockerfile": "ARG V=0@D\nFROM nginx:$V",
        },
        None,
    ),
    "number": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: {V: 1.10}}}}",
            "Dockerfile": "ARG V=0@D\nFROM nginx:$V",
        },
        None,
    ),
    "argument that nothing has a value for": (
        {"compose.yaml": "services: {a: {build: {context: ., args: [V]}}}", "Dockerfile": "ARG V=1\nFROM nginx:$V"},
        ["Dockerfile:2"],
    ),
    "argument that is taken away": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: {V: 1@D}}}}",
            "compose.override.yaml": "services: {a: {build: {args: {V: !reset null}}}}",
            "Dockerfile": "ARG V=1\nFROM nginx:$V",
        },
        ["Dockerfile:2"],
    ),
    "frontend from .env": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: [BUILDKIT_SYNTAX]}}}",
            ".env": "BUILDKIT_SYNTAX=docker/dockerfile:1",
            "Dockerfile": "FROM nginx:1@D",
        },
        [".env:1"],
    ),
    "context whose name is a variable": (
        {
            "compose.yaml": "services: {a: {build: {context: ., additional_contexts: ['${N}=./d']}}}",
            ".env": "N=base",
            "Dockerfile": "FROM base",
        },
        [],
    ),
    "context that is taken away": (
        {
            "compose.yaml": "services: {a: {build: {context: ., additional_contexts: {base: ./d}}}}",
            "compose.override.yaml": "services: {a: {build: {additional_contexts: {base: !reset null}}}}",
            "Dockerfile": "FROM base",
        },
        ["Dockerfile:1"],
    ),
    "type of a volume": (
        {
            "compose.yaml": "services: {a: {build: ., volumes: [{type: '${T}', source: 'redis:1'}]}}",
            ".env": "T=image",
            "Dockerfile": "FROM scratch",
        },
        ["compose.yaml:1"],
    ),
    "pull policy": (
        {"compose.yaml": "services: {a: {image: 'nginx:1', pull_policy: '${P:-build}'}}", ".env": "P=always"},
        ["compose.yaml:1"],
    ),
    "name of what is built": (
        {
            "compose.yaml": "services: {a: {build: ., image: '${I:-x:1}'}, b: {image: 'x:1'}, c: {image: 'y:1'}}",
            ".env": "I=y:1",
            "Dockerfile": "FROM scratch",
        },
        ["compose.yaml:1"],
    ),
    "name of the project": (
        {
            "compose.yaml": "name: p\nservices:\n  a: {build: .}\n  b: {image: p-a}\n  c: {image: q-a}",
            ".env": "COMPOSE_PROJECT_NAME=q",
            "Dockerfile": "FROM scratch",
        },
        ["compose.yaml:4"],
    ),
    "name of a project that is included": (
        {
            "compose.yaml": "name: p\ninclude: [a.yml]",
            "a.yml": "name: q\nservices:\n  a: {build: .}\n  b: {image: q-a}\n  c: {image: p-a}",
            "Dockerfile": "FROM scratch",
        },
        ["a.yml:4"],
    ),
    "build that the extending service takes away": (
        {
            "compose.yaml": "services: {a: {extends: {file: b.yml, service: b}, build: !reset null}}",
            "b.yml": "services: {b: {build: ., image: 'nginx:1'}}",
            "Dockerfile": "FROM scratch",
        },
        ["b.yml:1"],
    ),
    "build that the extending service adds": (
        {
            "compose.yaml": "services: {a: {extends: {file: b.yml, service: b}, build: .}}",
            "b.yml": "services: {b: {image: 'nginx:1'}}",
            "Dockerfile": "FROM scratch",
        },
        [],
    ),
    "service that a variable names": (
        {
            "compose.yaml": "services: {a: {extends: {file: b.yml, service: '${S}'}}}",
            ".env": "S=c",
            "b.yml": "services: {b: {build: {context: ., args: {V: 1@D}}}, c: {build: {context: ., args: {V: '2'}}}}",
            "Dockerfile": "ARG V=1@D\nFROM nginx:$V",
        },
        ["b.yml:1"],
    ),
    "tag in an inline Dockerfile": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM nginx:${TAG} AS x\n"
            "        COPY --from=nginx:${TAG} a b\n",
            ".env": "TAG=1.27",
        },
        [".env:1"],
    ),
    "tag that an inline Dockerfile uses elsewhere": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM nginx:${TAG}\n"
            "        RUN echo ${TAG}\n",
            ".env": "TAG=1.27",
        },
        None,
    ),
    "line of an inline Dockerfile": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      dockerfile_inline: |\n        ${LINE}\n",
            ".env": "LINE=FROM nginx:1",
        },
        None,
    ),
    "value that a container gets by its name": (
        {"compose.yaml": "services: {a: {image: 'nginx:${TAG}', environment: [TAG]}}", ".env": "TAG=1"},
        None,
    ),
    "value that is a secret": (
        {"compose.yaml": "services: {a: {image: 'nginx:${T}'}}\nsecrets: {s: {environment: T}}", ".env": "T=1"},
        None,
    ),
    "include with its own project directory": (
        {
            "compose.yaml": "include: [{path: x/a.yml, project_directory: z, env_file: [one.env, two.env]}]",
            "x/a.yml": "services: {a: {build: img}, b: {image: 'redis:${T}'}}",
            "x/.env": "T=3",
            "one.env": "T=1",
            "two.env": "T=2",
            "z/img/Dockerfile": "FROM nginx:1",
        },
        ["two.env:1", "z/img/Dockerfile:1"],
    ),
    "COMPOSE_FILE with a separator": (
        {
            ".env": "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=a.txt;b.txt",
            "a.txt": "services: {a: {image: 'nginx:1'}}",
            "b.txt": "services: {b: {image: 'redis:1'}}",
            "compose.yaml": "services: {}",
        },
        ["a.txt:1", "b.txt:1"],
    ),
    "COMPOSE_FILE with files of several folders": (
        {
            ".env": "COMPOSE_FILE=a.yml:more/b.yml",
            "a.yml": "services: {a: {image: 'redis:1@D'}}",
            "more/b.yml": "services: {b: {build: img}}",
            "img/Dockerfile": "FROM nginx:2",
        },
        ["img/Dockerfile:1"],
    ),
    "file that is found and named by COMPOSE_FILE": (
        {
            ".env": "COMPOSE_FILE=a.yml:more/compose.yaml\nT=1",
            "a.yml": "services: {a: {image: 'redis:1@D'}}",
            "more/compose.yaml": "services: {b: {build: img}, c: {image: 'nginx:${T}'}}",
            "img/Dockerfile": "FROM nginx:2",
        },
        [".env:2", "img/Dockerfile:1"],
    ),
    "file that is found and included": (
        {
            ".env": "T=1\nV=2",
            "compose.yaml": "include: [{path: more/compose.yaml, project_directory: .}]",
            "more/compose.yaml": "services: {b: {build: {context: img, args: [V]}}, c: {image: 'nginx:${T}'}}",
            "img/Dockerfile": "ARG V\nFROM nginx:$V",
        },
        [".env:1", ".env:2"],
    ),
    "arguments of a file that is found and included": (
        {
            ".env": "V=2@D",
            "compose.yaml": "include: [more/compose.yaml]",
            "more/compose.yaml": "services: {b: {build: {context: ., args: {V: '${V}'}}}}",
            "more/Dockerfile": "ARG V\nFROM nginx:$V\nFROM redis:1",
        },
        ["more/Dockerfile:3"],
    ),
    "values without which a file that is found and included takes a digest": (
        {
            ".env": "V=quay.io",
            "compose.yaml": "include: [more/compose.yaml]",
            "more/compose.yaml": "services: {b: {build: {context: ., args: {A: '${V}/x:1'}}}}",
            "more/Dockerfile": "ARG A\nFROM ${A}",
        },
        ["more/compose.yaml:1"],
    ),
    "files that a file which is found and named by COMPOSE_FILE names from the folder of the project": (
        {
            ".env": "COMPOSE_FILE=compose.yaml:more/compose.yaml",
            "compose.yaml": "services: {a: {image: 'redis:1@D'}}",
            "more/compose.yaml": "include: [lib/i.yml]\nservices: {b: {extends: {file: lib/e.yml, service: e}}}",
            "lib/e.yml": "services: {e: {image: 'nginx:1'}}",
            "lib/i.yml": "services: {i: {image: 'nginx:2'}}",
        },
        ["lib/e.yml:1", "lib/i.yml:1"],
    ),
    "files that the second of the files of a devcontainer.json names from the folder of the first": (
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml", "docker-compose.yml"]}',
            ".devcontainer/docker-compose.yml": "services: {a: {extends: {file: lib/e.yml, service: e}}}",
            "compose.yaml": "services: {a: {init: true}}",
            "lib/e.yml": "services: {e: {image: 'nginx:1'}}",
        },
        ["lib/e.yml:1"],
    ),
    "other arguments of a file that is found and included": (
        {
            ".env": "V=2@D",
            "compose.yaml": "include: [more/compose.yaml]",
            "more/.env": "V=1",
            "more/compose.yaml": "services: {b: {build: {context: ., args: {V: '${V}'}}}}",
            "more/Dockerfile": "ARG V\nFROM nginx:$V",
        },
        ["more/.env:1"],
    ),
    "named context that a file which is found has in the project that includes it": (
        {
            "compose.yaml": "include: [{path: [more/compose.yaml, b.yml]}]",
            "b.yml": "services: {b: {build: {args: {V: '2@D'}, additional_contexts: ['base=docker-image://redis:1@D']}}}",
            "more/compose.yaml": "services: {b: {build: {context: ., args: {V: '1'}}}}",
            "more/Dockerfile": "ARG V\nFROM nginx:$V\nFROM base",
        },
        ["more/compose.yaml:1"],
    ),
    "file that runs by itself, and over which a devcontainer merges a build": (
        {
            "compose.yaml": "services: {a: {image: 'redis:1'}}",
            "Dockerfile": "FROM scratch",
            ".devcontainer/compose.yaml": "services: {a: {build: .}}",
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml", "compose.yaml"]}',
        },
        ["compose.yaml:1"],
    ),
    "file that is found, with one of its services extended": (
        {
            "compose.yaml": "services: {a: {extends: {file: more/compose.yaml, service: b}}}",
            "more/compose.yaml": "services:\n  b: {image: 'redis:1@D'}\n  c: {image: 'nginx:${T}'}\n",
            "more/.env": "T=1",
        },
        ["more/.env:1"],
    ),
    "Compose files that a devcontainer.json names together": (
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml", "docker-compose.yml"]}',
            ".devcontainer/docker-compose.yml": "services: {a: {build: {context: ., dockerfile: .devcontainer/x}}, "
            "b: {image: 'nginx:${T}'}}",
            ".devcontainer/x": "FROM redis:1",
            ".env": "T=1",
            "compose.yaml": "services: {a: {build: .}}",
            "Dockerfile": "FROM redis:2",
        },
        [".devcontainer/x:1", ".env:1", "Dockerfile:1"],
    ),
    "first of the Compose files that a devcontainer.json names together": (
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml", "more.yml"]}',
            ".devcontainer/more.yml": "services: {a: {build: {args: {V: '2@D'}}}}",
            "compose.yaml": "services: {a: {build: {context: ., args: {V: '3'}}}}",
            "Dockerfile": "ARG V\nFROM redis:$V",
        },
        ["compose.yaml:1"],
    ),
    "Kubernetes": ({"x.yml": "apiVersion: v1\nservices: {a: {image: b}}", "Dockerfile": "FROM scratch"}, []),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_where_findings_stand(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, expected = FINDINGS[name]
    monkeypatch.chdir(tmp_path)
    projects.write(files, tmp_path)
    report = pinner("check", "--format", "json", ".").document
    found = [f"{each['path']}:{each['line']}" for each in report["findings"] if each["rule"] == "unpinned"]
    assert (report["unchecked"], report["errors"]) == ([], [])
    if expected is None:
        assert found
        before = {path: (tmp_path / path).read_bytes() for path in files}
        assert (pinner("pin", ".").code, pinner("check", ".").code) == (1, 1)
        assert before == {path: (tmp_path / path).read_bytes() for path in files}
        return
    assert found == expected
    assert (pinner("pin", ".").code, pinner("check", ".").code) == (0, 0)


# What lacks a value in a project where it runs, whatever the values in another one are.
LACKING = {
    "included twice": {
        "a/compose.yaml": "include: [../lib/compose.yaml]",
        "a/.env": "T=1@D",
        "b/compose.yaml": "include: [../lib/compose.yaml]",
        "lib/compose.yaml": "services: {c: {image: 'nginx:${T}'}}",
    },
    "extended": {
        "compose.yaml": "services: {a: {extends: {file: lib/compose.yaml, service: c}}}",
        "lib/compose.yaml": "services: {c: {image: 'nginx:${T}'}}",
        "lib/.env": "T=1@D",
    },
    "extended, by an alias": {
        "compose.yaml": "services: {a: {extends: {file: lib/compose.yaml, service: c}}}",
        "lib/compose.yaml": "services: {b: {image: &i 'nginx:${T}'}, c: {image: *i}}",
        "lib/.env": "T=1@D",
    },
    "found, and extended elsewhere": {
        "a/compose.yaml": "services: {a: {extends: {file: ../lib/compose.yaml, service: c}}}",
        "a/.env": "T=1@D",
        "lib/compose.yaml": "services: {c: {image: 'nginx:${T}'}}",
    },
}


@pytest.mark.parametrize("name", LACKING)
def test_a_value_is_lacking_where_one_project_has_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    projects.write(LACKING[name], tmp_path)
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert (finding["rule"], finding["path"]) == ("opaque-reference", "lib/compose.yaml")


def test_files_that_cannot_be_read_keep_no_other_from_being_included(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even more of them than files may include one another."""
    monkeypatch.chdir(tmp_path)
    names = [*(f"broken{number}.yml" for number in range(101)), "good.yml"]
    Path("compose.yaml").write_text("include:\n" + "".join(f"  - {name}\n" for name in names))
    for name in names:
        Path(name).write_text("services: {a: [\n")
    Path("good.yml").write_text("services: {a: {image: 'nginx:1'}}\n")
    report = pinner("check", "--format", "json", ".").document
    assert (len(report["errors"]), report["unchecked"]) == (101, [])
    assert [each["path"] for each in report["findings"]] == ["good.yml"]


@pytest.mark.parametrize(("target", "errors"), [("gone.conf", []), (".env", [".env"]), ("folder", [".env"])])
def test_an_env_that_is_a_link_to_nothing_is_none(
    target: str, errors: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some projects track such a link to a file that is made where they are installed."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path(".env").symlink_to(target)
    Path("compose.yaml").write_text("services: {a: {image: 'nginx:${T-1}'}}\n")
    report = pinner("check", "--format", "json", ".").document
    assert [each["path"] for each in report["errors"]] == errors
    assert [each["text"] for each in report["findings"]] == ["nginx:${T-1}"]


def test_the_name_of_a_project_may_be_any_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "name: 日本\nservices:\n  a:\n    image: nginx:${COMPOSE_PROJECT_NAME:-1}\n"
    Path("compose.yaml").write_text(text, encoding="utf-8")
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert (finding["rule"], finding["line"]) == ("invalid-reference", 4)


def test_two_tags_may_share_a_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither digest switches the variable off: each goes with its own tag."""
    monkeypatch.chdir(tmp_path)
    digest = projects.digest_of("any")
    Path("compose.yaml").write_text(f"services:\n  a:\n    image: nginx:${{TAG:-1.27.3@{digest}}}\n")
    Path(".env").write_text(f"TAG=1.27@{digest}\n")
    assert pinner("check", ".").code == 0


def test_an_image_that_is_asked_for_before_another_service_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    services = "{a: {image: 'app:1', build: ., pull_policy: build}, b: {image: 'app:1', pull_policy: POLICY}}"
    Path("Dockerfile").write_text("FROM scratch\n")
    for policy, rules in (("always", ["pulled-before-build"]), ("daily", ["pulled-before-build"]), ("missing", [])):
        Path("compose.yaml").write_text(f"services: {services.replace('POLICY', policy)}\n")
        findings = pinner("check", "--format", "json", ".").document["findings"]
        assert [each["rule"] for each in findings] == rules


@pytest.mark.parametrize("named", ["part/a.yml", "lib/b.yml", "compose.yaml", "."])
def test_a_file_of_a_project_is_judged_in_the_project(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    service = f"services: {{a: {{image: 'nginx:${{TAG:-1@{projects.digest_of('nginx:1')}}}'}}}}"
    for path in ("part/a.yml", "lib/b.yml"):
        Path(path).parent.mkdir()
        Path(path).write_text(service)
    Path("compose.yaml").write_text("include: [part/a.yml]\nservices: {b: {extends: {file: lib/b.yml, service: a}}}")
    Path(".env").write_text("TAG=1.27")
    (finding,) = pinner("check", "--format", "json", named).document["findings"]
    assert (finding["path"], finding["line"], finding["text"]) == (".env", 1, "nginx:1.27")


@pytest.mark.parametrize("named", [".", "compose.yaml", "inner/a.yml", "inner/.env"])
def test_a_project_may_lie_anywhere(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "inner").mkdir(parents=True)
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (project / "compose.yaml").write_text("include: [inner/a.yml]")
    pinned = f"nginx:${{TAG:-1@{projects.digest_of('nginx:1')}}}"
    (project / "inner/a.yml").write_text(f"services: {{a: {{image: '{pinned}'}}}}")
    (project / "inner/.env").write_text("TAG=1.27")
    # Where no Git is, nothing is ignored by Git.
    (project / ".gitignore").write_text(".env\n")
    (finding,) = pinner("check", "--format", "json", str(project / named)).document["findings"]
    assert (finding["rule"], finding["text"]) == ("unpinned", "nginx:1.27")


def test_a_file_that_compose_file_names_is_judged_in_its_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x").mkdir()
    Path("x/a.yml").write_text(f"services: {{a: {{image: 'nginx:${{TAG:-1@{projects.digest_of('nginx:1')}}}'}}}}")
    Path(".env").write_text("COMPOSE_FILE=x/a.yml\nTAG=1.27\n")
    (finding,) = pinner("check", "--format", "json", "x/a.yml").document["findings"]
    assert (finding["path"], finding["line"]) == (".env", 2)


def test_a_build_context_above_its_compose_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("sub/compose.yaml").write_text("services: {a: {build: {context: .., args: {V: '2'}}}}")
    Path("Dockerfile").write_text("ARG V=1\nFROM nginx:$V\n")
    document = pinner("check", "--format", "json", "sub/compose.yaml").document
    assert document["unchecked"] == []
    assert [each["path"] for each in document["findings"]] == ["Dockerfile", "sub/compose.yaml"]


TRANSPORTS = {
    "docker://nginx:1": "write nginx:1 alone",
    "oci:/x:1": "no registry holds",
    "oci-archive:/x.tar": "no registry holds",
    "docker-archive:/x.tar": "no registry holds",
    "docker-daemon:x:1": "no registry holds",
    "containers-storage:localhost/x:1": "no registry holds",
    "dir:/x": "no registry holds",
}


@pytest.mark.parametrize("text", TRANSPORTS)
@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml"])
def test_a_transport_is_named(name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(f"FROM {text}\n" if name == "Containerfile" else f"services: {{a: {{image: '{text}'}}}}")
    (finding,) = pinner("check", "--format", "json", name).document["findings"]
    assert (finding["rule"], finding["severity"]) == ("opaque-reference", "error")
    assert "transport of Podman and Buildah" in finding["message"]
    assert TRANSPORTS[text] in finding["message"]


def test_an_inline_dockerfile_that_is_to_be_rendered_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inline = "".join(f"        FROM {image}\n" for image in ("a:{{x}}", "b:{{y}}", "c:{{x}}"))
    Path("compose.yaml").write_text(f"services:\n  a:\n    build:\n      dockerfile_inline: |\n{inline}")
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert finding["message"].endswith("also on lines 6, 7")


@pytest.mark.parametrize(("named", "expected"), [(".env", ".env:1"), ("compose.yaml", ".env:1"), (".", ".env:1")])
def test_a_named_file_stands_for_its_project(
    named: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text("services: {a: {image: 'nginx:${TAG}'}}")
    Path(".env").write_text("TAG=1.27")
    (finding,) = pinner("check", "--format", "json", named).document["findings"]
    assert (f"{finding['path']}:{finding['line']}", finding["text"]) == (expected, "nginx:1.27")
    assert [(use["path"], use["context"]) for use in finding["used_at"]] == [("compose.yaml", "services.a.image")]


def test_a_named_dockerfile_is_judged_as_the_whole_tree_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("compose.yaml").write_text("services: {a: {build: {context: x, additional_contexts: {base: ./y}}}}")
    Path("x").mkdir()
    Path("x/Dockerfile").write_text("FROM base\n")
    report = pinner("check", "--format", "json", "x/Dockerfile").document
    assert (report["findings"], report["summary"]["files"]) == ([], 1)


@pytest.mark.parametrize("named", [".devcontainer/docker-compose.yml", ".devcontainer/x", "."])
def test_a_file_is_judged_with_what_a_devcontainer_names_together(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tree = {
        ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml", "docker-compose.yml"]}',
        ".devcontainer/docker-compose.yml": "services: {a: {build: {dockerfile: .devcontainer/x, args: {V: '2'}}}}",
        ".devcontainer/x": "ARG V\nFROM nginx:$V",
        "compose.yaml": "services: {a: {build: .}}",
        "Dockerfile": "FROM scratch",
    }
    projects.write(tree, tmp_path)
    report = pinner("check", "--format", "json", named).document
    (finding,) = report["findings"]
    assert (finding["path"], finding["text"]) == (".devcontainer/docker-compose.yml", "nginx:2")
    assert (report["unchecked"], report["errors"]) == ([], [])


NOWHERE = {
    "build": ("compose.yaml", "services:\n  a:\n#\n    build: no\n"),
    "build.context": ("compose.yaml", "services:\n  a:\n    build:\n#\n      context: no\n"),
    "build.dockerfile": ("compose.yaml", "services:\n  a:\n    build:\n#\n      dockerfile: no\n"),
    "remote context": ("compose.yaml", "services:\n  a:\n#\n    build: https://example.test/a.git\n"),
    "open context": ("compose.yaml", "services:\n  a:\n#\n    build: ${NO}\n"),
    "include": ("compose.yaml", "include:\n#\n  - no.yml\n"),
    "include.path": ("compose.yaml", "include:\n  - path:\n#\n      - no.yml\n"),
    "include.env_file": ("compose.yaml", "include:\n  - path: a.yml\n#\n    env_file: no\n"),
    "extends.file": ("compose.yaml", "services:\n  a:\n    extends:\n      service: b\n#\n      file: no.yml\n"),
    "COMPOSE_FILE": (".env", "#\nCOMPOSE_FILE=no.yml\n"),
    "dockerComposeFile": (".devcontainer/devcontainer.json", '{\n#\n"dockerComposeFile": "no.yml"\n}\n'),
    "build of a devcontainer": (".devcontainer/devcontainer.json", '{"build": {\n#\n"dockerfile": "no"\n}}\n'),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_a_comment_acknowledges_what_is_not_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path, text = NOWHERE[name]
    Path("a.yml").write_text(f"services: {{s: {{image: 'a:1@{projects.digest_of('any')}'}}}}")
    Path(path).parent.mkdir(exist_ok=True)
    mark = "//" if path.endswith(".json") else "#"
    files = [path] if path != ".env" else [".env", "a.yml"]
    for comment, code in ((f"{mark} x", 3), (f"{mark} pinner: ignore[not-read] made by CI", 0)):
        Path(path).write_text("\n".join(comment if line == "#" else line for line in text.split("\n")))
        run = pinner("check", "--format", "json", *files)
        assert (run.code, run.document["findings"], run.document["errors"]) == (code, [], [])
        assert [each["reason"] for each in run.document["unchecked"]] == ["not-read"] * (code == 3)


def test_a_comment_counts_at_the_value_and_at_its_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    comment = "# pinner: ignore[unpinned] ours\n"
    for above_use, above_value in ((comment, ""), ("", comment)):
        Path("compose.yaml").write_text(f"services:\n  a:\n    {above_use}    image: ${{I}}\n")
        Path(".env").write_text(f"{above_value}I=nginx:1.27\n")
        run = pinner("check", "--format", "json", ".")
        assert (run.code, run.document["findings"]) == (0, [])


def test_unpin_takes_off_the_digests_of_built_images_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digest = projects.digest_of("any")
    text = f"services:\n  a: {{build: ., image: 'a:1@{digest}'}}\n  b: {{image: 'b:1@{digest}'}}\n"
    Path("compose.yaml").write_text(text)
    Path("Dockerfile").write_text(f"FROM c:1@{digest}\n")
    assert pinner("unpin", "--select", "digest-on-built-image", ".").code == 0
    assert Path("compose.yaml").read_text() == text.replace(f"a:1@{digest}", "a:1")
    assert digest in Path("Dockerfile").read_text()
    assert pinner("unpin", "--select", "unpinned", ".").code == 2


# Generated projects.

IMAGES = st.sampled_from(["nginx:1.27", "redis:7", "ghcr.io/acme/web:4.2", "postgres:16-alpine"])
WRITTEN = st.sampled_from(["plain", "env", "env tag", "default", "quoted"])
PLACES = st.sampled_from(["image", "args", "args list", "context", "inline"])
FILES = st.sampled_from(["main", "included", "extended", "override"])


class Files:
    """The files of a project, whose services are added one by one, each with variables and a Dockerfile of its own."""

    def __init__(self) -> None:
        self.env: list[str] = []
        self.services: dict[str, dict[str, object]] = {path: {} for path in (*self.PATHS.values(), "compose.yaml")}
        self.dockerfiles: dict[str, str] = {}

    PATHS: ClassVar = {
        "main": "compose.yaml",
        "included": "more/part.yml",
        "extended": "lib/base.yml",
        "override": "compose.override.yaml",
    }

    def add(self, number: int, image: str, written: str, place: str, file: str, export: str) -> None:
        """Add a service that uses `image`: how it is written, in which place of a service, and in which file."""
        name, path = f"V_{number}", self.PATHS[file]
        repository, _, tag = image.rpartition(":")
        value = {"env": image, "quoted": f'"{image}" # {number}', "env tag": tag}.get(written)
        if value is not None:
            self.env.append(f"{export}{name}={value}")
        forms = {"plain": image, "env tag": f"{repository}:${{{name}}}", "default": f"${{{name}:-{image}}}"}
        self.services[path][f"s{number}"] = self._service(number, forms.get(written, f"${{{name}}}"), place, file)
        if file == "extended":
            self.services["compose.yaml"][f"s{number}"] = {"extends": {"file": path, "service": f"s{number}"}}
        elif file == "override":
            self.services["compose.yaml"][f"s{number}"] = {"command": "true"}

    def _service(self, number: int, text: str, place: str, file: str) -> dict[str, object]:
        folder, name = f"d{number}", f"ARG_{number}"
        if place == "image":
            return {"image": text}
        if place == "inline":
            return {"build": {"dockerfile_inline": f"FROM {text}\n"}}
        above = os.path.dirname(self.PATHS[file])
        dockerfile = (
            "FROM base\nCOPY --from=base a b\n" if place == "context" else f"ARG {name}=busybox\nFROM ${name}\n"
        )
        self.dockerfiles[os.path.join(above, folder, "Dockerfile")] = dockerfile
        given: dict[str, object] = {
            "args": {"args": {name: text}},
            "args list": {"args": [f"{name}={text}"]},
            "context": {"additional_contexts": {"base": f"docker-image://{text}"}},
        }[place]
        return {"build": {"context": folder, **given}}

    def texts(self, line_end: str) -> dict[str, str]:
        """Return the contents of all files by their paths."""
        documents: dict[str, dict[str, object]] = {
            path: {"services": services} for path, services in self.services.items() if services
        }
        if self.PATHS["included"] in documents:
            documents.setdefault("compose.yaml", {"services": {}})["include"] = [self.PATHS["included"]]
        files = {path: json.dumps(document, indent=1) for path, document in documents.items()}
        return files | self.dockerfiles | {".env": line_end.join([*self.env, ""])}


@st.composite
def generated(draw: st.DrawFn) -> dict[str, str]:
    """The files of a project: Compose files that name others, the values of their variables, and Dockerfiles."""
    files = Files()
    for number in range(draw(st.integers(1, 4))):
        export = draw(st.sampled_from(["", "export "]))
        files.add(number, draw(IMAGES), draw(WRITTEN), draw(PLACES), draw(FILES), export)
    return files.texts(draw(st.sampled_from(["\n", "\r\n"])))


def used(folder: Path) -> list[str]:
    """The images of services, arguments, contexts and inline Dockerfiles, as Compose resolves them."""
    printed = compose(folder, "config", "--format", "json")
    assert printed is not None
    names = []
    for service in json.loads(printed)["services"].values():
        build = service.get("build")
        if build is None:
            names.append(service["image"])
            continue
        names += [*build.get("args", {}).values(), *build.get("additional_contexts", {}).values()]
        names += build.get("dockerfile_inline", "").split()[1:]
    return names


def tree(folder: Path) -> dict[str, bytes]:
    """The contents of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(generated())
def test_pins_reach_compose_and_come_off_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    folder = tmp_path / "project"
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    monkeypatch.chdir(folder)
    before, names = tree(folder), used(folder)
    assert pinner("pin", ".").code == 0
    after = tree(folder)
    pinned = used(folder)
    assert [name.partition("@sha256:")[0] for name in pinned] == names
    assert all("@sha256:" in name for name in pinned)
    assert pinner("pin", ".").code == 0
    assert tree(folder) == after
    assert pinner("unpin", ".").code == 0
    assert tree(folder) == {name: data.replace(b"=busybox\n", b"=busybox:latest\n") for name, data in before.items()}
