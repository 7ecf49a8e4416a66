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
    "build without a context, with no Dockerfile beside it": Case(
        {
            MAIN: "services: {a: {extends: {file: common/c.yml, service: x}}}",
            "common/c.yml": "services: {x: {build: {args: {BASE: 'node:22@D'}}}}",
            "Dockerfile": BASE,
        },
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


OVERLAYS = {
    "arguments over the build of the main file": Case(
        {
            MAIN: "services: {a: {build: ./app}}",
            PROD: "services: {a: {build: {args: {BASE: 'node:20'}}}}",
            "Dockerfile": PINNED,
            "app/Dockerfile": BASE,
        },
        (f"{PROD}:1 node:20",),
        WITH_PROD,
    ),
    "context over that of the main file": Case(
        {
            MAIN: "services: {a: {build: {context: app, args: {BASE: 'node:20'}}}}",
            PROD: "services: {a: {build: other}}",
            "app/Dockerfile": PINNED,
            "other/Dockerfile": BASE,
        },
        (f"{MAIN}:1 node:20",),
        WITH_PROD,
    ),
    "target alone": Case(
        {
            MAIN: "services: {a: {build: ./app}}",
            PROD: "services: {a: {build: {target: prod}}}",
            "app/Dockerfile": PINNED,
        },
        (),
        WITH_PROD,
    ),
    "Dockerfile of a build that the main file extends": Case(
        {
            MAIN: "services: {a: {extends: {file: lib/c.yml, service: x}}}",
            PROD: "services: {a: {build: {dockerfile: prod.build}}}",
            "lib/c.yml": "services: {x: {build: .}}",
            "lib/Dockerfile": PINNED,
            "lib/prod.build": "FROM nginx:1",
        },
        ("lib/prod.build:1 nginx:1",),
        WITH_PROD,
    ),
    "build of what the main file includes": Case(
        {
            MAIN: "include: [sub/c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            PROD: "services: {a: {build: {args: {BASE: 'node:20'}}}}",
            "sub/c.yml": "services: {a: {build: {args: {OTHER: x}}}}",
            "Dockerfile": PINNED,
            "sub/Dockerfile": BASE,
        },
        (f"{PROD}:1 node:20",),
        WITH_PROD,
    ),
    "build that is taken away": Case(
        {
            MAIN: "services: {a: {build: ., image: 'acme/a:1', pull_policy: build}}",
            PROD: "services: {a: {build: !reset null, image: 'acme/a:2', pull_policy: always}}",
            "Dockerfile": PINNED,
        },
        (f"{PROD}:1 acme/a:2",),
        WITH_PROD,
    ),
    "image that only the override builds": Case(
        {
            MAIN: "services: {a: {image: 'acme/a:1@D'}}",
            OVERRIDE: "services: {a: {image: 'acme/a:dev', build: ., pull_policy: build}}",
            PROD: "services: {a: {image: 'acme/a:2'}}",
            "Dockerfile": PINNED,
        },
        (f"{PROD}:1 acme/a:2",),
        WITH_PROD,
    ),
    "image that the main file builds": Case(
        {
            MAIN: "services: {a: {build: .}}",
            PROD: "services: {a: {image: 'acme/a:2', pull_policy: build}}",
            "Dockerfile": PINNED,
        },
        (),
        WITH_PROD,
    ),
    "image that another service of the main file builds": Case(
        {
            MAIN: "services: {a: {build: ., image: 'acme/a:1', pull_policy: build}}",
            PROD: "services: {b: {image: 'acme/a:1'}}",
            "Dockerfile": PINNED,
        },
        (),
        WITH_PROD,
    ),
    "named context": Case(
        {
            MAIN: "services: {a: {build: {context: ./app, additional_contexts: {base: ./x}}}}",
            PROD: "services: {a: {build: {args: {OTHER: x}}}}",
            "app/Dockerfile": "FROM base",
        },
        (),
        WITH_PROD,
    ),
    "build of the overlay without the main file": Case(
        {
            MAIN: "services: {a: {build: {context: ., dockerfile: dev.build}}}",
            PROD: "services: {a: {build: {context: ., args: {BASE: 'node:20'}}}}",
            "dev.build": PINNED,
            "Dockerfile": BASE,
        },
        (f"{PROD}:1 node:20",),
        ("-f", PROD),
    ),
    "context of the main file, said again": Case(
        {
            MAIN: "services: {a: {build: {context: ., args: {BASE: 'node:20@D'}}}}",
            PROD: "services: {a: {build: {context: ., target: prod}}}",
            "Dockerfile": "ARG BASE\nFROM $BASE",
        },
        (),
        WITH_PROD,
    ),
    "everything that is replaced": Case(
        {
            MAIN: "services: {a: {build: ./app}}",
            PROD: "services: {a: !override {build: {args: {BASE: 'node:20'}}}}",
            "Dockerfile": BASE,
            "app/Dockerfile": PINNED,
        },
        (f"{PROD}:1 node:20",),
        WITH_PROD,
    ),
    "service that only the overlay has": Case(
        {
            MAIN: "services: {a: {build: ./app}}",
            PROD: "services: {b: {build: {args: {OTHER: x}}}}",
            "Dockerfile": PINNED,
            "app/Dockerfile": PINNED,
        },
        (),
        WITH_PROD,
    ),
}

INCLUDED = {
    "build that the override takes away": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: !reset null, pull_policy: always}}",
            "c.yml": "services: {a: {image: 'nginx:1', build: .}}",
            "Dockerfile": PINNED,
        },
        ("c.yml:1 nginx:1",),
    ),
    "arguments over the build": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: {args: {BASE: 'node:20'}}}}",
            "c.yml": "services: {a: {build: ./app}}",
            "Dockerfile": PINNED,
            "app/Dockerfile": BASE,
        },
        (f"{OVERRIDE}:1 node:20",),
    ),
    "usual context": Case(
        {
            MAIN: "include: [one/c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: {args: {OTHER: x}}}}",
            "one/c.yml": "include: [two/d.yml]\n---\nservices: {a: {build: {args: {BASE: 'node:20'}}}}",
            "one/two/d.yml": "services: {a: {build: {args: {MORE: x}}}}",
            "Dockerfile": PINNED,
            "one/Dockerfile": PINNED,
            "one/two/Dockerfile": BASE,
        },
        ("one/c.yml:3 node:20",),
    ),
    "usual context of a build that only the override says": Case(
        {
            MAIN: "include: [sub/c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: {args: {BASE: 'node:20'}}, pull_policy: build}}",
            "sub/c.yml": "services: {a: {image: 'acme/a:1'}}",
            "Dockerfile": BASE,
            "sub/Dockerfile": PINNED,
        },
        (f"{OVERRIDE}:1 node:20",),
    ),
    "usual context over one that is merged beneath": Case(
        {
            MAIN: "services: {a: {build: ./main}}",
            OVERRIDE: "include: [sub/c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            "sub/c.yml": "services: {a: {build: {args: {BASE: 'node:20'}}}}",
            "main/Dockerfile": PINNED,
            "sub/Dockerfile": BASE,
        },
        ("sub/c.yml:1 node:20",),
    ),
    "project directory": Case(
        {
            MAIN: "include: [{path: sub/c.yml, project_directory: pd}]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: {args: {BASE: 'node:20'}}}}",
            "sub/c.yml": "services: {a: {build: {dockerfile: web.build}}}",
            "pd/web.build": BASE,
        },
        (f"{OVERRIDE}:1 node:20",),
    ),
    "variable of the file that is included": Case(
        {
            MAIN: "include: [sub/c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: {args: {OTHER: x}}}}",
            "sub/c.yml": "services: {a: {build: {args: ['BASE=${B}']}, pull_policy: '${P}', image: 'acme/a:1'}}",
            "sub/.env": "B=node:20\nP=build\n",
            "sub/Dockerfile": BASE,
        },
        ("sub/.env:1 node:20",),
    ),
    "pull policy of the override": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {pull_policy: build}}",
            "c.yml": "services: {a: {image: 'acme/a:1', build: .}, b: {image: 'acme/a:1'}}",
            "Dockerfile": PINNED,
        },
    ),
    "image over that of what is built": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {image: 'acme/a:2', pull_policy: build}}",
            "c.yml": "services: {a: {image: 'acme/a:1', build: .}}",
            "Dockerfile": PINNED,
        },
    ),
    "service that is replaced": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: !override {image: 'nginx:1'}}",
            "c.yml": "services: {a: {build: ./app}}",
            "app/Dockerfile": PINNED,
        },
        (f"{OVERRIDE}:1 nginx:1",),
    ),
}

WITHOUT_OVERRIDE = {
    "argument that the override replaces": Case(
        {
            MAIN: "services: {a: {build: {context: ., args: {BASE: 'node:20'}}}}",
            OVERRIDE: "services: {a: {build: {args: {BASE: 'node:22@D'}}}}",
            "Dockerfile": BASE,
        },
        (f"{MAIN}:1 node:20",),
        ("-f", MAIN),
    ),
    "argument of what is included that the override replaces": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: {args: {BASE: 'node:22@D'}, dockerfile: dev.build}}}",
            "c.yml": "services: {a: {build: {context: ., args: {BASE: 'node:20'}}}}",
            "Dockerfile": BASE,
            "dev.build": BASE,
        },
        ("c.yml:1 node:20",),
        ("-f", MAIN),
    ),
    "context that the override replaces": Case(
        {
            MAIN: "services: {a: {build: {context: ., args: {BASE: 'node:20'}}}}",
            OVERRIDE: "services: {a: {build: dev}}",
            "Dockerfile": BASE,
            "dev/Dockerfile": PINNED,
        },
        (f"{MAIN}:1 node:20",),
        ("-f", MAIN),
    ),
    "argument that only the override gives": Case(
        {
            MAIN: "services: {a: {build: {context: .}}}",
            OVERRIDE: "services: {a: {build: {args: {BASE: 'node:22@D'}}}}",
            "Dockerfile": "ARG BASE\nFROM $BASE",
        },
    ),
    "target that the override adds": Case(
        {
            MAIN: "services: {a: {build: {context: ., args: {BASE: 'node:22@D'}}}}",
            OVERRIDE: "services: {a: {build: {target: dev}}}",
            "Dockerfile": "ARG BASE\nFROM $BASE",
        },
    ),
}

IMAGES = {
    "image of the main file beside one that the override builds": Case(
        {
            MAIN: "services: {a: {image: 'ghcr.io/me/app:1'}}",
            OVERRIDE: "services: {a: {build: ., image: 'app:dev', pull_policy: build}}",
            "Dockerfile": PINNED,
        },
        (f"{MAIN}:1 ghcr.io/me/app:1",),
        ("-f", MAIN),
    ),
    "that image with its digest": Case(
        {
            MAIN: "services: {a: {image: 'ghcr.io/me/app:1@D'}}",
            OVERRIDE: "services: {a: {build: ., image: 'app:dev', pull_policy: build}}",
            "Dockerfile": PINNED,
        },
    ),
    "image that is included beside one that the override builds": Case(
        {
            MAIN: "include: [c.yml]\nservices: {z: {image: 'redis:7@D'}}",
            OVERRIDE: "services: {a: {build: ., image: 'app:dev', pull_policy: build}}",
            "c.yml": "services: {a: {image: 'ghcr.io/me/app:1'}}",
            "Dockerfile": PINNED,
        },
        ("c.yml:1 ghcr.io/me/app:1",),
        ("-f", MAIN),
    ),
    "image that the override takes for what it does not build": Case(
        {
            MAIN: "services: {a: {image: 'ghcr.io/me/app:1'}}",
            OVERRIDE: "services: {a: {image: 'app:dev', pull_policy: build}}",
        },
        (f"{MAIN}:1 ghcr.io/me/app:1",),
        ("-f", MAIN),
    ),
    "image that the override builds": Case(
        {
            MAIN: "services: {a: {image: 'app:1'}}",
            OVERRIDE: "services: {a: {build: ., pull_policy: build}}",
            "Dockerfile": PINNED,
        },
    ),
    "image that the main file builds, under another name": Case(
        {
            MAIN: "services: {a: {image: 'app:1', build: ., pull_policy: build}}",
            OVERRIDE: "services: {a: {image: 'app:dev'}}",
            "Dockerfile": PINNED,
        },
    ),
    "image of the override that extends, over that of the main file": Case(
        {
            MAIN: "services: {a: {image: 'nginx:1@D'}}",
            OVERRIDE: "services: {a: {extends: {file: b.yml, service: s}}}",
            "b.yml": "services: {s: {image: 'acme/s:1', build: {context: ./e, args: {BASE: 'node:20'}}}}",
            "e/Dockerfile": BASE,
        },
        ("b.yml:1 node:20",),
    ),
    "service that is extended and that the override changes": Case(
        {
            MAIN: "services: {a: {extends: b}, b: {image: 'acme/b:1', build: ., pull_policy: build}}",
            OVERRIDE: "services: {b: {image: 'nginx:1@D', build: !reset null, pull_policy: always}}",
            "Dockerfile": PINNED,
        },
    ),
}
CASES = {**CONTEXTS, **OVERLAYS, **INCLUDED, **WITHOUT_OVERRIDE, **IMAGES}


def used(folder: Path, flags: tuple[str, ...] = ()) -> set[str]:
    """Return the images that Compose pulls for services, and those that it and the defaults give to `FROM $BASE`."""
    printed = compose(folder, *flags, "config", "--format", "json")
    assert printed is not None
    services: dict[str, dict[str, Any]] = json.loads(printed)["services"]
    built = {service.get("image") for service in services.values() if "build" in service}
    pulled = {service["image"] for service in services.values() if "build" not in service}
    return pulled - built | {_base(folder, service["build"]) for service in services.values() if "build" in service}


def _base(folder: Path, build: dict[str, Any]) -> str:
    dockerfile = (Path(build["context"]) / build["dockerfile"]).read_text()
    default, _, name = dockerfile.strip().removeprefix("ARG BASE").removeprefix("=").rpartition("FROM ")
    if name == "$BASE":
        return str(build.get("args", {}).get("BASE") or default.strip())
    return "" if name in build.get("additional_contexts", {}) else name


@pytest.mark.parametrize("name", CASES)
def test_what_compose_merges(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    projects.write(case.files, tmp_path)
    report = pinner("check", "--format", "json", ".").document
    assert (report["unchecked"], report["errors"]) == ([], [])
    found = [
        f"{each['path']}:{each['line']} {each['text']}" for each in report["findings"] if each["severity"] == "error"
    ]
    assert sorted(found) == sorted(case.unpinned)
    listed = pinner("list", "--format", "json", ".").document["references"]
    assert used(tmp_path, case.flags) - {""} <= {each["text"] for each in listed if not each["built"]}


def test_a_service_may_be_said_in_many_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    documents = ["services: {a: {build: {context: app, args: {BASE: 'node:20'}}}}"]
    documents += [f"services: {{a: {{build: {{args: {{N: '{number}'}}}}}}}}" for number in range(150)]
    projects.write({MAIN: "\n---\n".join(documents), "app/Dockerfile": BASE}, tmp_path)
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert (finding["path"], finding["line"]) == (MAIN, 1)


def test_ways_to_what_is_included_may_double_from_file_to_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {MAIN: "include: [a0.yml, b0.yml]", "a40.yml": "services: {s: {image: 'nginx:1'}}"}
    for number in range(40):
        both = f"include: [a{number + 1}.yml, b{number + 1}.yml]"
        files |= {f"{name}{number}.yml": both for name in "ab"}
    projects.write(files | {"b40.yml": "services: {}"}, tmp_path)
    (finding,) = pinner("check", "--format", "json", ".").document["findings"]
    assert finding["path"] == "a40.yml"


def test_nothing_is_written_to_what_an_overlay_takes_for_a_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinned, the main file's build would no longer be that of the overlay."""
    monkeypatch.chdir(tmp_path)
    contexts = "{base: docker-image://node:20@D}"
    files = {
        MAIN: "services: {a: {build: ./app}}",
        PROD: f"services: {{a: {{build: {{additional_contexts: {contexts}}}}}}}",
        "app/Dockerfile": "FROM base",
    }
    projects.write(files, tmp_path)
    assert pinner("pin", ".").code == 1
    assert Path("app/Dockerfile").read_text() == "FROM base"


@pytest.mark.parametrize("named", [".", PROD, MAIN])
def test_an_overlay_leads_to_what_it_builds(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        MAIN: "services: {a: {build: ./app}}",
        PROD: "services: {a: {build: {target: prod}}}",
        "app/Dockerfile": "FROM nginx:1",
    }
    projects.write(files, tmp_path)
    report = pinner("check", "--format", "json", named).document
    assert ([each["path"] for each in report["findings"]], report["unchecked"]) == (["app/Dockerfile"], [])
