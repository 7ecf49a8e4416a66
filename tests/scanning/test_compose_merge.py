"""Compose files that Compose merges: pinner reads what the merged services pull and build, and nothing else.

The oracle is Compose itself: whatever it pulls for a project, or gives to a build, pinner lists.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support import projects
from tests.support.command import pinner
from tests.support.compose_go import compose

_DIGEST = f"@{projects.digest_of('any')}"


class Case(NamedTuple):
    """The files of a project and the places with a finding, each with the text; `flags` are those of Compose.

    In each Dockerfile an `ARG BASE` with a default may stand before `FROM $BASE`. @D stands for a digest.
    """

    files: Mapping[str, str]
    unpinned: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


PINNED = "FROM alpine:3@D\n"
BASE = "ARG BASE=node:22@D\nFROM $BASE\n"
MAIN, OVERRIDE, PROD = "compose.yaml", "compose.override.yaml", "compose.prod.yaml"
WITH_PROD = ("-f", MAIN, "-f", PROD)

CONTEXTS = {
    "context over a build in one word": Case(
        {
            MAIN: "services: {a: {build: .}}",
            OVERRIDE: "services: {a: {build: {context: other, args: {BASE: 'node:20'}}}}",
            "Dockerfile": PINNED,
            "other/Dockerfile": BASE,
        },
        (f"{OVERRIDE}:1 node:20",),
    ),
    "build in one word over a context": Case(
        {
            MAIN: "services: {a: {build: {context: one, args: {BASE: 'node:20'}}}}",
            OVERRIDE: "services: {a: {build: two}}",
            "one/Dockerfile": PINNED,
            "two/Dockerfile": BASE,
        },
        (f"{MAIN}:1 node:20",),
    ),
    "Dockerfile over a build in one word": Case(
        {
            MAIN: "services: {a: {build: img}}",
            OVERRIDE: "services: {a: {build: {dockerfile: web.build}}}",
            "img/web.build": "FROM nginx:1",
        },
        ("img/web.build:1 nginx:1",),
    ),
    "null over a context": Case(
        {
            MAIN: "services: {a: {build: {context: img}}}",
            OVERRIDE: "services: {a: {build: {context: null, args: {BASE: 'node:20'}}}}",
            "img/Dockerfile": BASE,
        },
        (f"{OVERRIDE}:1 node:20",),
    ),
    "context that is taken away": Case(
        {
            MAIN: "services: {a: {build: {context: img, args: {BASE: 'node:20'}}}}",
            OVERRIDE: "services: {a: {build: {context: !reset null}}}",
            "Dockerfile": BASE,
        },
        (f"{MAIN}:1 node:20",),
    ),
    "build that is replaced": Case(
        {
            MAIN: "services: {a: {build: {context: img, args: {BASE: 'node:20'}}}}",
            OVERRIDE: "services: {a: {build: !override {args: {OTHER: x}}}}",
            "Dockerfile": BASE,
        },
    ),
    "build without a context that is extended": Case(
        {
            MAIN: "services: {a: {extends: {file: common/c.yml, service: x}}}",
            "common/c.yml": "services: {x: {build: {args: {BASE: 'node:20'}}}}",
            "Dockerfile": BASE,
            "common/Dockerfile": PINNED,
        },
        ("common/c.yml:1 node:20",),
    ),
    "Dockerfile without a context that is extended": Case(
        {
            MAIN: "services: {a: {extends: {file: common/c.yml, service: x}}}",
            "common/c.yml": "services: {x: {build: {dockerfile: web.build}}}",
            "web.build": "FROM nginx:1",
            "common/web.build": PINNED,
        },
        ("web.build:1 nginx:1",),
    ),
    "build without a context that is extended twice": Case(
        {
            MAIN: "services: {a: {extends: {file: one/c.yml, service: x}}}",
            "one/c.yml": "services: {x: {extends: {file: two/c.yml, service: x}, build: {args: {OTHER: x}}}}",
            "one/two/c.yml": "services: {x: {build: {args: {BASE: 'node:20'}}}}",
            "Dockerfile": BASE,
            "one/Dockerfile": PINNED,
            "one/two/Dockerfile": PINNED,
        },
        ("one/two/c.yml:1 node:20",),
    ),
    "context that is extended": Case(
        {
            MAIN: "services: {a: {extends: {file: common/c.yml, service: x}, build: {args: {BASE: 'node:20'}}}}",
            "common/c.yml": "services: {x: {build: {context: .}}}",
            "Dockerfile": PINNED,
            "common/Dockerfile": BASE,
        },
        (f"{MAIN}:1 node:20",),
    ),
}


CASES = CONTEXTS


def write(case: Case, folder: Path) -> None:
    for path, text in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.replace("@D", _DIGEST))


def used(folder: Path, flags: tuple[str, ...] = ()) -> set[str]:
    """Return the images that Compose pulls for services, and those that it and the defaults give to `FROM $BASE`."""
    printed = compose(folder, *flags, "config", "--format", "json")
    assert printed is not None
    services: dict[str, dict[str, Any]] = json.loads(printed)["services"]
    pulled = {service["image"] for service in services.values() if "build" not in service}
    return pulled | {_base(folder, service["build"]) for service in services.values() if "build" in service}


def _base(folder: Path, build: dict[str, Any]) -> str:
    dockerfile = (Path(build["context"]) / build["dockerfile"]).read_text()
    default, _, name = dockerfile.strip().removeprefix("ARG BASE=").rpartition("FROM ")
    if name == "$BASE":
        return str(build.get("args", {}).get("BASE") or default.strip())
    return "" if name in build.get("additional_contexts", {}) else name


@pytest.mark.parametrize("name", CASES)
def test_what_compose_merges(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    write(case, tmp_path)
    report = pinner("check", "--format", "json", ".").document
    assert (report["unchecked"], report["errors"]) == ([], [])
    found = [
        f"{each['path']}:{each['line']} {each['text']}" for each in report["findings"] if each["severity"] == "error"
    ]
    assert sorted(found) == sorted(case.unpinned)
    listed = pinner("list", "--format", "json", ".").document["references"]
    assert used(tmp_path, case.flags) - {""} <= {each["text"] for each in listed if not each["built"]}
