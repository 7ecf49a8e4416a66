"""Where new digests go: into the value in which the old one stands, unless that is the pin of another image as well."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pinner.cli import registry_calls
from pinner.model.reference import Reference, parse
from pinner.model.resolution import PinState, PinStatus
from pinner.updating.decisions import Move
from pinner.updating.updater import Update
from tests.support.pinning import digest_of
from tests.support.trees import INDEX, FileTree

OLD = f"sha256:{'0' * 63}1"
Files = Mapping[str, str]

# The old digest, <D>, moves to what nginx:1 is now.
MOVED: dict[str, Files] = {
    "literal": {"Dockerfile": "FROM nginx:1@<D>\n"},
    "default": {"Dockerfile": "ARG BASE=nginx:1@<D>\nFROM ${BASE}\n"},
    "default of two stages": {"Dockerfile": "ARG BASE=nginx:1@<D>\nFROM ${BASE} AS a\nFROM ${BASE}\n"},
    "default that a stage reads": {"Dockerfile": "ARG BASE=nginx:1@<D>\nFROM ${BASE}\nARG BASE\nLABEL base=${BASE}\n"},
    "digest alone": {"Dockerfile": "ARG D=<D>\nFROM nginx:1@${D}\n"},
    "digest alone in two stages": {"Dockerfile": "ARG D=<D>\nFROM nginx:1@${D} AS a\nFROM docker.io/nginx:1@$D\n"},
    "digest with its sign": {"Dockerfile": "ARG D=@<D>\nFROM nginx:1${D}\n"},
    "tag and digest": {"Dockerfile": "ARG V=1@<D>\nFROM nginx:${V}\n"},
    "other digests beside it": {"Dockerfile": "ARG D=<D>\nARG E=<E>\nFROM nginx:1@${D}\nFROM httpd:2@${E}\n"},
    "value": {"compose.yaml": "services: {a: {image: '${I}'}}\n", ".env": "I=nginx:1@<D>\n"},
    "value that is a tag": {"compose.yaml": "services: {a: {image: 'nginx:${T}'}}\n", ".env": "T=1@<D>\n"},
    "value that is the digest": {"compose.yaml": "services: {a: {image: 'nginx:1@${D}'}}\n", ".env": "D=<D>\n"},
    "value in single quotes": {
        "compose.yaml": "services: {a: {image: 'nginx:1@${D}'}}\n",
        ".env": "A=1\nD='<D>' # x\n",
    },
    "value in double quotes": {"compose.yaml": "services: {a: {image: 'nginx:1@${D}'}}\n", ".env": 'D="<D>"\nB=${D}\n'},
    "value with its sign": {"compose.yaml": "services: {a: {image: 'nginx:1${D}'}}\n", ".env": "D=@<D>\n"},
    "value with a colon": {"compose.yaml": "services: {a: {image: 'nginx${D}'}}\n", ".env": "D: :1@<D>\n"},
    "value of a value": {"compose.yaml": "services: {a: {image: 'nginx:1@${E}'}}\n", ".env": "D=<D>\nE=${D}\n"},
    "value of two services": {
        "compose.yaml": "services: {a: {image: 'nginx:1@${D}'}, b: {image: 'nginx:1@${D}'}}\n",
        ".env": "D=<D>\n",
    },
    "value that a container sees": {
        "compose.yaml": "services: {a: {image: 'nginx:1@${D}', environment: {X: '${D}'}}}\n",
        ".env": "D=<D>\n",
    },
    "value by way of build.args": {
        "compose.yaml": "services: {a: {build: {context: ., args: {B: '${D}'}}}}\n",
        "Dockerfile": "ARG B\nFROM nginx:1@${B}\n",
        ".env": "D=<D>\n",
    },
    "build argument": {
        "compose.yaml": "services: {a: {build: {context: ., args: {B: '<D>'}}}}\n",
        "Dockerfile": "ARG B\nFROM nginx:1@${B}\n",
    },
    "default in Compose": {"compose.yaml": "services: {a: {image: 'nginx:1@${D:-<D>}'}}\n"},
    "value in the configuration": {
        "pinner.toml": '[[build-args]]\nfiles = ["Dockerfile"]\nvalues = {D = "<D>"}\n',
        "Dockerfile": "ARG D\nFROM nginx:1@${D}\n",
    },
    "image in the configuration": {
        "pinner.toml": '[[build-args]]\nfiles = ["Dockerfile"]\nvalues = {B = "nginx:1@<D>"}\n',
        "Dockerfile": "ARG B\nFROM ${B}\n",
    },
}

# <D> is that of more than one image.
SHARED: dict[str, Files] = {
    "two images": {"Dockerfile": "ARG D=<D>\nFROM nginx:1@${D} AS a\nFROM httpd:2@${D}\n"},
    "two tags": {"Dockerfile": "ARG D=<D>\nFROM nginx:1@${D} AS a\nFROM nginx:9@${D}\n"},
    "with and without a tag": {"Dockerfile": "ARG D=<D>\nFROM nginx:1@${D} AS a\nFROM nginx@${D}\n"},
    "two registries": {"Dockerfile": "ARG D=<D>\nFROM nginx:1@${D} AS a\nFROM quay.io/nginx:1@${D}\n"},
    "tag and digest": {"Dockerfile": "ARG V=1@<D>\nFROM nginx:${V} AS a\nFROM httpd:${V}\n"},
    "whole image and a longer one": {"Dockerfile": "ARG B=nginx:1@<D>\nFROM ${B} AS a\nFROM quay.io/${B}\n"},
    "digest with its sign": {"Dockerfile": "ARG D=@<D>\nFROM nginx:1${D} AS a\nFROM httpd:2${D}\n"},
    "by way of another": {"Dockerfile": "ARG D=<D>\nARG E=$D\nFROM nginx:1@${D} AS a\nFROM httpd:2@${E}\n"},
    "builds with other arguments": {
        "compose.yaml": "services: {a: {build: {context: ., args: {V: x1}}},"
        " b: {build: {context: ., args: {V: x2}}}}\n",
        "Dockerfile": "ARG V=x1\nARG D=<D>\nFROM nginx:${V}@${D}\n",
    },
    "two services": {
        "compose.yaml": "services: {a: {image: 'nginx:1@${D}'}, b: {image: 'httpd:2@${D}'}}\n",
        ".env": "D=<D>\n",
    },
    "tags of two services": {
        "compose.yaml": "services: {a: {image: 'nginx:${T}'}, b: {image: 'httpd:${T}'}}\n",
        ".env": "T=1@<D>\n",
    },
    "service and Dockerfile": {
        "compose.yaml": "services: {a: {image: 'nginx:1@${D}'}, b: {build: {context: ., args: {E: '${D}'}}}}\n",
        "Dockerfile": "ARG E\nFROM httpd:2@${E}\n",
        ".env": "D=<D>\n",
    },
    "two Dockerfiles": {
        "pinner.toml": '[[build-args]]\nfiles = ["*Dockerfile"]\nvalues = {D = "<D>"}\n',
        "a.Dockerfile": "ARG D\nFROM nginx:1@${D}\n",
        "b.Dockerfile": "ARG D\nFROM httpd:2@${D}\n",
    },
}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tag names another digest than it did."""

    def find(used: Mapping[Reference, Any], *_: Any, **__: Any) -> dict[Reference, Update]:
        return {each: Update(PinStatus(PinState.STALE, digest_of(each), INDEX), Move(digest_of(each))) for each in used}

    monkeypatch.setattr(registry_calls, "find_updates", find)


def tree(files: Files, folder: Path, monkeypatch: pytest.MonkeyPatch) -> FileTree:
    others = digest_of(parse("httpd:2"))
    texts = {name: text.replace("<D>", OLD).replace("<E>", others) for name, text in files.items()}
    return FileTree(folder, texts, monkeypatch)


@pytest.mark.parametrize("files", MOVED.values(), ids=MOVED)
def test_the_digest_moves_where_it_stands(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tree(files, tmp_path, monkeypatch)
    before = made.texts()
    ran = made.run("update", ".")
    assert ran.code == 0, ran.stdout + ran.stderr
    new = digest_of(parse("nginx:1"))
    assert made.texts() == {name: text.replace(OLD, new) for name, text in before.items()}


@pytest.mark.parametrize("files", SHARED.values(), ids=SHARED)
def test_a_digest_of_two_images_stays(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tree(files, tmp_path, monkeypatch)
    before = made.texts()
    document = made.run("update", "--format", "json", ".").document
    assert made.texts() == before
    assert document["errors"] == document["unchecked"] == document["changes"] == []
    assert {each["reason"] for each in document["kept"]} == {"unwritable"}
    listed = [row for rows in made.references().values() for row in rows]
    assert len(listed) == 2
    assert all("give each image its own digest" in row["unwritable"] for row in listed)


def test_an_image_counts_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = "services: {a: {image: 'nginx:1@${D}', environment: {X: 'httpd:2@${D}'}}}\n"
    made = tree({"compose.yaml": services, ".env": "D=<D>\n"}, tmp_path, monkeypatch)
    (kept,) = made.run("update", "--format", "json", ".").document["kept"]
    assert kept["detail"] == "D (.env:1) is also used in httpd:2@${D}: give each image its own digest"
