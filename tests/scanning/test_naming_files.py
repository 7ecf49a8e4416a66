"""Files of the table that name Dockerfiles: what they pass is one more build. `@D` stands for a digest."""

import re
from pathlib import Path

import pytest

from tests.support.pinning import DIGEST
from tests.support.trees import FileTree

Files = dict[str, str]
DEVCONTAINER = ".devcontainer/devcontainer.json"
DOCKERFILE = ".devcontainer/Dockerfile"


def devcontainer(build: str, dockerfile: str, **others: str) -> Files:
    return {DEVCONTAINER: f'{{"build": {{"dockerfile": "Dockerfile", {build}}}}}', DOCKERFILE: dockerfile, **others}


# What `pin` changes: the files, and how those read that are others then.
CHANGED: dict[str, tuple[Files, Files]] = {
    "value that is the tag": (
        devcontainer('"args": {"V": "3.12"}', "ARG V=3.11@D\nFROM python:${V}\n"),
        {DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile", "args": {"V": "3.12@D"}}}'},
    ),
    "value that is the reference": (
        devcontainer('"args": {"BASE": "node:21"}', "ARG BASE=node:20@D\nFROM $BASE\n"),
        {DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile", "args": {"BASE": "node:21@D"}}}'},
    ),
    "value and default": (
        devcontainer('"args": {"V": "3.12"}', "ARG V=3.11\nFROM python:${V}\n"),
        {
            DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile", "args": {"V": "3.12@D"}}}',
            DOCKERFILE: "ARG V=3.11@D\nFROM python:${V}\n",
        },
    ),
    "ARG without a default": (
        devcontainer('"args": {"V": "3.12"}', "ARG V\nFROM python:${V}\n"),
        {DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile", "args": {"V": "3.12@D"}}}'},
    ),
    "dockerFile at the top, comments and commas": (
        {
            ".devcontainer.json": '{ // x\n  "dockerFile": "Dockerfile", /* "V": "1" */\n'
            '  "build": {"args": {"V": "3.12",},},\n}\n',
            "Dockerfile": "ARG V=3.11@D\nFROM python:${V}\n",
        },
        {
            ".devcontainer.json": '{ // x\n  "dockerFile": "Dockerfile", /* "V": "1" */\n'
            '  "build": {"args": {"V": "3.12@D",},},\n}\n'
        },
    ),
    "Dockerfile with another name in another folder": (
        {
            ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../build/dev.txt", "args": {"V": "3.12"}}}',
            "build/dev.txt": "ARG V=3.11@D\nFROM python:${V}\n",
        },
        {
            ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../build/dev.txt", "args": {"V": "3.12@D"}}}',
        },
    ),
    "two devcontainers of one Dockerfile": (
        {
            ".devcontainer/a/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile", "args": {"V": "3.12"}}}',
            ".devcontainer/b/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile", "args": {"V": "3.13"}}}',
            ".devcontainer/Dockerfile": "ARG V=3.11@D\nFROM python:${V}\n",
        },
        {
            ".devcontainer/a/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile", "args": {"V": "3.12@D"}}}',
            ".devcontainer/b/devcontainer.json": '{"build": {"dockerfile": "../Dockerfile", "args": {"V": "3.13@D"}}}',
        },
    ),
    "Compose file beside it": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: {V: '3.13'}}}}",
            ".devcontainer.json": '{"build": {"dockerfile": "Dockerfile", "args": {"V": "3.12"}}}',
            "Dockerfile": "ARG V=3.11@D\nFROM python:${V}\n",
        },
        {
            "compose.yaml": "services: {a: {build: {context: ., args: {V: '3.13@D'}}}}",
            ".devcontainer.json": '{"build": {"dockerfile": "Dockerfile", "args": {"V": "3.12@D"}}}',
        },
    ),
    "options of docker build": (
        devcontainer(
            '"options": ["--build-arg", "V=3.12", "--build-arg=W=9", "--build-context", "b=docker-image://b:1"]',
            "ARG V=1@D\nARG W=2@D\nFROM python:$V\nFROM node:$W\nFROM b\n",
        ),
        {
            DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile", "options": ["--build-arg", "V=3.12@D", '
            '"--build-arg=W=9@D", "--build-context", "b=docker-image://b:1@D"]}}',
        },
    ),
    "frontend": (
        devcontainer('"args": {"BUILDKIT_SYNTAX": "docker/dockerfile:1"}', "FROM scratch\n"),
        {DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile", "args": {"BUILDKIT_SYNTAX": "docker/dockerfile:1@D"}}}'},
    ),
}
BAKE = "docker-bake.hcl"
CHANGED |= {
    "args of Bake": (
        {BAKE: 'target "app" {\n  args = { BASE = "node:21" }\n}\n', "Dockerfile": "ARG BASE=node:20@D\nFROM $BASE\n"},
        {BAKE: 'target "app" {\n  args = { BASE = "node:21@D" }\n}\n'},
    ),
    "args of Bake in JSON": (
        {
            "docker-bake.json": '{"target": {"app": {"args": {"BASE": "node:21"}}}}',
            "Dockerfile": "ARG BASE=node:20@D\nFROM $BASE\n",
        },
        {"docker-bake.json": '{"target": {"app": {"args": {"BASE": "node:21@D"}}}}'},
    ),
    "args of Bake for a Dockerfile elsewhere": (
        {
            BAKE: 'target "app" {\n  context = "app"\n  dockerfile = "dev.txt"\n'
            '  args = {\n    # x\n    "V" : "21",\n    W = "3"\n  }\n}\n',
            "app/dev.txt": "ARG V=20@D\nARG W\nFROM node:$V\nFROM python:$W\n",
        },
        {
            BAKE: 'target "app" {\n  context = "app"\n  dockerfile = "dev.txt"\n'
            '  args = {\n    # x\n    "V" : "21@D",\n    W = "3@D"\n  }\n}\n'
        },
    ),
    "args of Bake for a Dockerfile of the folder where it is run": (
        {
            "docker/docker-bake.hcl": 'target "app" {\n  dockerfile = "./docker/dev.txt"\n  args = { V = "21" }\n}\n',
            "docker/dev.txt": "ARG V=20@D\nFROM node:$V\n",
        },
        {"docker/docker-bake.hcl": 'target "app" {\n  dockerfile = "./docker/dev.txt"\n  args = { V = "21@D" }\n}\n'},
    ),
    "args of Bake for the Dockerfile beside it, not that of the folder where it may be run": (
        {
            "docker/docker-bake.hcl": 'target "app" {\n  args = { V = "21" }\n}\n',
            "docker/Dockerfile": "ARG V=20@D\nFROM node:$V\n",
            "Dockerfile": "ARG V=20@D\nFROM python:$V\n",
        },
        {"docker/docker-bake.hcl": 'target "app" {\n  args = { V = "21@D" }\n}\n'},
    ),
    "args of Bake that are inherited": (
        {
            BAKE: 'target "base" {\n  args = { V = "21" }\n}\n'
            'target "app" {\n  inherits = ["base"]\n  context = "app"\n}\n',
            "app/Dockerfile": "ARG V=20@D\nFROM node:$V\n",
        },
        {
            BAKE: 'target "base" {\n  args = { V = "21@D" }\n}\n'
            'target "app" {\n  inherits = ["base"]\n  context = "app"\n}\n'
        },
    ),
    "contexts of Bake": (
        {BAKE: 'target "app" { contexts = { alpine = "docker-image://alpine:3.20", b = "target:b", c = "../x" } }'},
        {BAKE: 'target "app" { contexts = { alpine = "docker-image://alpine:3.20@D", b = "target:b", c = "../x" } }'},
    ),
    "contexts of Bake in JSON": (
        {"docker-bake.json": '{"target": {"app": {"contexts": {"a": "docker-image://alpine"}}}}'},
        {"docker-bake.json": '{"target": {"app": {"contexts": {"a": "docker-image://alpine:latest@D"}}}}'},
    ),
    "context of Bake in place of an image": (
        {
            BAKE: 'target "app" { contexts = { alpine = "docker-image://alpine:3.20" } }',
            "Dockerfile": "FROM scratch\nCOPY --from=alpine /x /y\n",
        },
        {BAKE: 'target "app" { contexts = { alpine = "docker-image://alpine:3.20@D" } }'},
    ),
    "inline Dockerfile of Bake": (
        {BAKE: 'target "app" {\n  dockerfile-inline = <<EOT\nFROM debian:12\nRUN x\nEOT\n}\n'},
        {BAKE: 'target "app" {\n  dockerfile-inline = <<EOT\nFROM debian:12@D\nRUN x\nEOT\n}\n'},
    ),
    "indented inline Dockerfile of Bake": (
        {
            BAKE: 'target "app" {\r\n  dockerfile-inline = <<-EOT\r\n    FROM debian:12 AS a\r\n'
            "    FROM a\r\n  EOT\r\n}\r\n"
        },
        {
            BAKE: 'target "app" {\r\n  dockerfile-inline = <<-EOT\r\n    FROM debian:12@D AS a\r\n'
            "    FROM a\r\n  EOT\r\n}\r\n"
        },
    ),
    "inline Dockerfile of Bake with escapes": (
        {"docker-bake.json": '{"target": {"a": {"dockerfile-inline": "FROM debian:12\\nRUN x"}}}'},
        {"docker-bake.json": '{"target": {"a": {"dockerfile-inline": "FROM debian:12@D\\nRUN x"}}}'},
    ),
    "inline Dockerfile of Bake with an ARG": (
        {
            BAKE: 'target "app" {\n  args = { V = "13" }\n'
            "  dockerfile-inline = <<EOT\nARG V=12\nFROM debian:$${V}\nEOT\n}\n"
        },
        {
            BAKE: 'target "app" {\n  args = { V = "13@D" }\n'
            "  dockerfile-inline = <<EOT\nARG V=12\nFROM debian:$${V}\nEOT\n}\n"
        },
    ),
    "frontend of Bake": (
        {BAKE: 'target "app" { args = { BUILDKIT_SYNTAX = "docker/dockerfile:1" } }'},
        {BAKE: 'target "app" { args = { BUILDKIT_SYNTAX = "docker/dockerfile:1@D" } }'},
    ),
}
# What nothing is written to: the files, and each finding that is left, as `path:line rule`.
STAYS: dict[str, tuple[Files, list[str]]] = {
    "value with its digest": (devcontainer('"args": {"V": "3.12@D"}', "ARG V=3.11@D\nFROM python:${V}\n"), []),
    "value of an ARG that names no image": (
        devcontainer('"args": {"V": "3.12"}', "ARG V=3.11\nFROM python:3@D\nRUN echo $V\n"),
        [],
    ),
    "value of an ARG that is not there": (devcontainer('"args": {"X": "a:1"}', "FROM python:3@D\n"), []),
    "value of a stage's ARG": (devcontainer('"args": {"V": "a:1"}', "FROM python:3@D\nARG V=2\nRUN echo $V\n"), []),
    "no args": (devcontainer('"context": ".."', "ARG V=3.11@D\nFROM python:${V}\n"), []),
    "args that are no mapping": (devcontainer('"args": ["V=3.12"]', "ARG V=3.11@D\nFROM python:${V}\n"), []),
    "args of another key": (
        devcontainer('"target": "x", "options": ["--x", "V=3.12"]', "ARG V=3.11@D\nFROM python:${V} AS x\n"),
        [],
    ),
    "args of a feature": (
        devcontainer(
            '"cacheFrom": "a:1"', "ARG V=3.11@D\nFROM python:${V}\n", **{"x.json": '{"build": {"args": {"V": "1"}}}'}
        ),
        [],
    ),
    "value of the machine": (
        devcontainer('"args": {"V": "${localEnv:V}"}', "ARG V=3.11@D\nFROM python:${V}\n"),
        [f"{DOCKERFILE}:2 opaque-reference"],
    ),
    "value of the machine with a default": (
        devcontainer('"args": {"V": "${localEnv:V:3.12}"}', "ARG V=3.11@D\nFROM python:${V}\n"),
        [f"{DOCKERFILE}:2 opaque-reference"],
    ),
    "option without a value": (
        devcontainer('"options": ["--build-arg", "V"]', "ARG V=3.11@D\nFROM python:${V}\n"),
        [f"{DOCKERFILE}:2 opaque-reference"],
    ),
    "number": (
        devcontainer('"args": {"V": 3.10}', "ARG V=3.11@D\nFROM python:${V}\n"),
        [f"{DOCKERFILE}:2 opaque-reference"],
    ),
    "value with an escape": (
        devcontainer('"args": {"V": "3\\u002e12"}', "ARG V=3.11@D\nFROM python:${V}\n"),
        [f"{DEVCONTAINER}:1 unpinned"],
    ),
    "value that is also the variant": (
        devcontainer('"args": {"V": "3"}', "ARG V=3\nFROM python:${V}-slim\n"),
        [f"{DOCKERFILE}:2 unpinned"],
    ),
    "value of two images": (
        devcontainer('"args": {"V": "3"}', "ARG V=4@D\nFROM python:${V}\nFROM node:${V}\n"),
        [f"{DOCKERFILE}:2 unpinned", f"{DOCKERFILE}:3 unpinned"],
    ),
    "ignored": (
        {
            DEVCONTAINER: '{"build": {"dockerfile": "Dockerfile",\n"args": {\n'
            '// pinner: ignore[unpinned] x\n"V": "3"\n}}}',
            DOCKERFILE: "ARG V=4@D\nFROM python:${V}\n",
        },
        [],
    ),
    "Dockerfile that is not there": ({DEVCONTAINER: '{"build": {"dockerfile": "no", "args": {"V": "3"}}}'}, []),
}

STAYS |= {
    "Bake": ({BAKE: 'target "app" { tags = ["a/b:1"] }', "Dockerfile": "FROM a:1@D\n"}, []),
    "Bake without a Dockerfile": ({BAKE: 'target "app" { args = { V = "1" } }', "x.Dockerfile": "FROM a:1@D\n"}, []),
    "contexts of Bake with their digests": (
        {BAKE: 'target "app" { contexts = { a = "docker-image://a:1@D", b = "target:b", c = "https://x/y.git" } }'},
        [],
    ),
    "comment of Bake": ({BAKE: 'target "app" { # contexts = { a = "docker-image://a:1" }\n}'}, []),
    "labels of Bake": ({BAKE: 'target "app" { labels = { a = "docker-image://a:1" } }'}, []),
    "cache of Bake": ({BAKE: 'target "app" { cache-from = ["docker-image://a:1"] }'}, []),
    "group of Bake": ({BAKE: 'group "app" { contexts = { a = "docker-image://a:1" } }'}, []),
    "text of Bake": ({BAKE: 'target "app" { description = <<A\nargs = { V = "a:1" }\nA\n}'}, []),
    "value of Bake for no image": (
        {BAKE: 'target "app" { args = { V = "2" } }', "Dockerfile": "ARG V=1\nFROM a:1@D\nRUN echo $V\n"},
        [],
    ),
    "no value of Bake": ({BAKE: 'target "app" { args = { V = null } }', "Dockerfile": "ARG V=1@D\nFROM a:$V\n"}, []),
    "value of Bake with its digest": (
        {BAKE: 'target "app" { args = { V = "2@D" } }', "Dockerfile": "ARG V=1@D\nFROM a:$V\n"},
        [],
    ),
    "variable of Bake with its digest": (
        {
            BAKE: 'variable "V" { default = "2@D" }\ntarget "app" { args = { V = V } }',
            "Dockerfile": "ARG V=1@D\nFROM a:$V\n",
        },
        [],
    ),
    "variable of Bake": (
        {
            BAKE: 'variable "V" { default = "2" }\ntarget "app" { args = { V = "${V}" } }',
            "Dockerfile": "ARG V=1@D\nFROM a:$V\n",
        },
        ["Dockerfile:2 unpinned"],
    ),
    "matrix of Bake": (
        {
            BAKE: 'target "app" {\n  matrix = { v = ["2", "3@D"] }\n  args = { V = v }\n}',
            "Dockerfile": "ARG V=1@D\nFROM a:$V\n",
        },
        ["Dockerfile:2 unpinned"],
    ),
    "variable of Bake without a default": (
        {
            BAKE: 'variable "V" {}\ntarget "app" { args = { V = V } }',
            "Dockerfile": "ARG V=1@D\nFROM a:$V\n",
        },
        ["Dockerfile:2 opaque-reference"],
    ),
    "function of Bake": (
        {BAKE: 'target "app" { args = { V = upper("2") } }', "Dockerfile": "ARG V=1@D\nFROM a:$V\n"},
        ["Dockerfile:2 opaque-reference"],
    ),
    "variable in a context of Bake": (
        {BAKE: 'variable "V" { default = "3" }\ntarget "app" { contexts = { a = "docker-image://a:${V}" } }'},
        [f"{BAKE}:2 unpinned"],
    ),
    "open variable in a context of Bake": (
        {BAKE: 'target "app" { contexts = { a = "docker-image://a:${V}" } }'},
        [f"{BAKE}:1 opaque-reference"],
    ),
    "variables in an inline Dockerfile of Bake": (
        {
            BAKE: 'variable "V" { default = "3" }\ntarget "app" {\n  dockerfile-inline = <<A\n'
            "FROM a:${V}\nFROM b:${W}\nFROM c:1@D\nA\n}"
        },
        [f"{BAKE}:4 unpinned", f"{BAKE}:5 opaque-reference"],
    ),
    "variable of Bake in the default of an ARG": (
        {
            BAKE: 'variable "V" { default = "3" }\ntarget "app" {\n  dockerfile-inline = <<A\n'
            "ARG V=${V}\nFROM a:$${V}\nA\n}"
        },
        [f"{BAKE}:5 unpinned"],
    ),
    "ignored in Bake": (
        {
            BAKE: 'target "app" {\n  contexts = {\n    // pinner: ignore[unpinned] x\n    a = "docker-image://a:1"\n'
            '    b = "docker-image://b:1" # pinner: ignore[unpinned] y\n  }\n'
            '  args = {\n    # pinner: ignore[unpinned] z\n    V = "2"\n  }\n}',
            "Dockerfile": "ARG V=1@D\nFROM a:$V\n",
        },
        [],
    ),
    "targets of Bake that inherit one another": (
        {BAKE: 'target "a" { inherits = ["b"] }\ntarget "b" {\n  inherits = ["a"]\n  args = { V = "1" }\n}'},
        [],
    ),
}


def tree_of(files: Files, folder: Path, monkeypatch: pytest.MonkeyPatch) -> FileTree:
    texts = {path: text.replace("@D", f"@{DIGEST}") for path, text in files.items()}
    return FileTree(folder, texts, monkeypatch)


def texts(tree: FileTree) -> Files:
    return {path: re.sub(r"@sha256:[0-9a-f]{64}", "@D", text) for path, text in tree.texts().items()}


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_passed_gets_its_digest(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, after = CHANGED[name]
    tree = tree_of(files, tmp_path, monkeypatch)
    assert tree.run("check", ".").code == 1
    ran = tree.run("pin", ".")
    assert (ran.code, texts(tree)) == (0, files | after), ran.stdout + ran.stderr
    assert tree.run("check", ".").code == 0
    assert tree.run("unpin", ".").code == 0
    assert "@D" not in "".join(texts(tree).values())


@pytest.mark.parametrize("name", STAYS)
def test_what_stays_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, findings = STAYS[name]
    files = {"other.dockerfile": "FROM scratch\n", **files}
    tree = tree_of(files, tmp_path, monkeypatch)
    tree.run("pin", ".")
    assert texts(tree) == files
    found = tree.run("check", "--format", "json", ".").document["findings"]
    assert sorted(f"{each['path']}:{each['line']} {each['rule']}" for each in found) == findings
