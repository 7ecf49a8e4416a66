"""Values that containers, secrets or triggers see get no digest, by whatever way they get there."""

from pathlib import Path

import pytest

from pinner.cli import registry_calls
from tests.scanning.test_project import resolved
from tests.support import projects
from tests.support.command import pinner

Tree = dict[str, str]
ARG = "ARG V\nFROM node:$V\n"
TAGGED = 'services: {a: {image: "nginx:${T}"}}'
TRIGGER = "ARG V=20\nFROM node:$V AS base\nONBUILD ARG V\nONBUILD RUN echo $V\n"

# The tree, and what is said of the way.
SEEN: dict[str, tuple[Tree, str]] = {
    "env_file of another project": (
        {"compose.yaml": TAGGED, ".env": "T=1", "sub/compose.yaml": "services: {b: {env_file: ../.env}}"},
        "sub/compose.yaml:1 gives all of .env",
    ),
    "env_file of another project, in a list": (
        {"compose.yaml": TAGGED, ".env": "T=1", "sub/compose.yaml": "services: {b: {env_file: [{path: ../.env}]}}"},
        "sub/compose.yaml:1 gives all of .env",
    ),
    "env_file of another project that has values of its own": (
        {
            "compose.yaml": TAGGED,
            ".env": "T=1",
            "sub/compose.yaml": "services: {b: {env_file: ../.env, image: 'redis:${U:-7@D}'}}",
            "sub/.env": "X=1",
        },
        "sub/compose.yaml:1 gives all of .env",
    ),
    "env_file below of a project above": (
        {
            "compose.yaml": "services: {b: {env_file: sub/.env}}",
            "sub/compose.yaml": TAGGED,
            "sub/.env": "T=1",
        },
        "compose.yaml:1 gives all of sub/.env",
    ),
    "env_file that is a link": (
        {
            "compose.yaml": TAGGED,
            ".env": "T=1",
            "sub/compose.yaml": "services: {b: {env_file: e}}",
            "sub/e": "-> ../.env",
        },
        "gives all of .env",
    ),
    "value that another value of an env_file reads": (
        {
            "compose.yaml": "include: [sub/c.yml]",
            ".env": "T=1",
            "sub/c.yml": TAGGED,
            "sub/.env": "U=${T}",
            "other/compose.yaml": "services: {b: {env_file: ../sub/.env}}",
        },
        "other/compose.yaml:1 gives all of sub/.env",
    ),
    "variable in an env_file": (
        {"compose.yaml": TAGGED[:-2] + ", env_file: app.env}}", ".env": "T=1", "app.env": "X=v${T}"},
        "gives T to a container by app.env",
    ),
    "name alone in an env_file": (
        {"compose.yaml": TAGGED[:-2] + ", env_file: app.env}}", ".env": "T=1", "app.env": "T\n"},
        "gives T to a container by app.env",
    ),
    "text that reads like the image": (
        {"compose.yaml": TAGGED[:-2] + ', environment: {I: "nginx:${T}"}}}', ".env": "T=1"},
        "where no image is pulled",
    ),
    "tag of a build that reads like the image": (
        {
            "compose.yaml": TAGGED[:-1] + ', b: {build: {context: ., tags: ["nginx:${T}"]}}}',
            ".env": "T=1",
            "Dockerfile": "FROM scratch",
        },
        "where no image is pulled",
    ),
    "argument that an alias gives to a container": (
        {
            "compose.yaml": 'x-v: &v "20"\n'
            "services: {a: {build: {context: ., args: {V: *v}}, environment: {NODE_VERSION: *v}}}",
            "Dockerfile": ARG,
        },
        "services.a.environment.NODE_VERSION",
    ),
    "arguments that are the environment": (
        {
            "compose.yaml": 'x-e: &e {V: "20"}\nservices: {a: {build: {context: ., args: *e}, environment: *e}}',
            "Dockerfile": ARG,
        },
        "services.a.environment.V",
    ),
    "arguments that are merged into the environment": (
        {
            "compose.yaml": 'x-e: &e {V: "20"}\n'
            "services: {a: {build: {context: ., args: *e}, environment: {<<: [*e], A: b}}}",
            "Dockerfile": ARG,
        },
        "services.a.environment.V",
    ),
    "argument in a list": (
        {
            "compose.yaml": "services: {a: {build: {context: ., args: [&v V=20]}, environment: [*v]}}",
            "Dockerfile": ARG,
        },
        "services.a.environment[0]",
    ),
    "image in the environment": (
        {"compose.yaml": "services: {a: {image: &i nginx:1, environment: {V: *i}}}"},
        "services.a.environment.V",
    ),
    "image in a label of another service": (
        {"compose.yaml": "services: {a: {image: &i nginx:1}, b: {image: 'r:1@D', labels: [*i]}}"},
        "services.b.labels[0]",
    ),
    "image with a default in the command": (
        {"compose.yaml": "services: {a: {image: &i 'nginx:${T:-1}', command: *i}}"},
        "services.a.command",
    ),
    "image with a value of .env in the command": (
        {"compose.yaml": "services: {a: {image: &i 'nginx:${T}', command: *i}}", ".env": "T=1"},
        "where no image is pulled",
    ),
    "image in the name of what is built": (
        {
            "compose.yaml": "services: {a: {image: &i nginx:1}, b: {build: {context: ., tags: [*i]}}}",
            "Dockerfile": "FROM scratch",
        },
        "services.b.build.tags[0]",
    ),
    "image in a configuration": (
        {"compose.yaml": "services: {a: {image: &i nginx:1}}\nconfigs: {c: {content: *i}}"},
        "configs.c.content",
    ),
    "image in a secret's neighbour that begins with x-": (
        {"compose.yaml": "services: {a: {image: &i nginx:1, environment: {x-v: *i}}}"},
        "services.a.environment.x-v",
    ),
    "inline Dockerfile in a configuration": (
        {"compose.yaml": "services: {a: {build: {dockerfile_inline: &d 'FROM nginx:1'}}}\nconfigs: {c: {content: *d}}"},
        "configs.c.content",
    ),
    "image that is an argument of a stage": (
        {
            "compose.yaml": "services: {a: {image: &i nginx:1}, b: {build: {context: ., args: {V: *i}}}}",
            "Dockerfile": "FROM alpine:3@D\nARG V\nRUN echo $V",
        },
        "a stage declares V again",
    ),
    "argument of a build that is elsewhere": (
        {
            "compose.yaml": TAGGED[:-1] + ', b: {build: {context: "https://example.test/a.git", args: ["V=${T}"]}}}',
            ".env": "T=1",
        },
        "compose.yaml:1 gives V to a build whose Dockerfile is not read",
    ),
    "name alone in the arguments of a build that is not there": (
        {"compose.yaml": TAGGED[:-1] + ", b: {build: {context: gone, args: [T]}}}", ".env": "T=1"},
        "compose.yaml:1 gives T to a build whose Dockerfile is not read",
    ),
    "trigger": ({"Dockerfile": f"{TRIGGER}FROM base"}, "a stage declares V again"),
    "second argument of a trigger in lower case": (
        {"Dockerfile": "ARG V=20\nFROM node:$V AS base\nonbuild arg A=1 V\nFROM base"},
        "a stage declares V again",
    ),
    "trigger of a stage for a platform": (
        {"Dockerfile": "ARG V=20\nFROM node:$V AS base-amd64\nONBUILD ARG V\nFROM base-$TARGETARCH"},
        "a stage declares V again",
    ),
    "trigger in an inline Dockerfile": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      dockerfile_inline: |\n"
            "        ARG V=20\n        FROM node:$$V AS base\n        ONBUILD ARG V\n        FROM base\n"
        },
        "a stage declares V again",
    ),
}

PINNED: dict[str, Tree] = {
    "env_file of another project that takes no values": {
        "compose.yaml": TAGGED,
        ".env": "T=1",
        "sub/compose.yaml": "services: {b: {env_file: .env}}",
        "sub/.env": "T=2",
    },
    "argument that the Dockerfile does not declare": {
        "compose.yaml": TAGGED[:-1] + ', b: {build: {context: ., args: ["V=${T}"]}}}',
        ".env": "T=1",
        "Dockerfile": "FROM scratch",
    },
    "argument of a build that is read where it is included": {
        "compose.yaml": "include: [{path: more/compose.yaml, project_directory: .}]",
        ".env": "T=1",
        "more/compose.yaml": TAGGED[:-1] + ', b: {build: {context: img, args: ["V=${T}"]}}}',
        "img/Dockerfile": "FROM scratch",
    },
    "env_file that is not there": {"compose.yaml": TAGGED[:-2] + ", env_file: no.env}}", ".env": "T=1"},
    "env_file with a value of the same name": {
        "compose.yaml": TAGGED[:-2] + ", env_file: app.env}}",
        ".env": "T=1",
        "app.env": "T=5\nX='${T}'\nY=${U}\n",
    },
    "env_file with another variable": {
        "compose.yaml": TAGGED[:-2] + ", env_file: app.env}}",
        ".env": "T=1\nU=2",
        "app.env": "X=${U}",
    },
    "env_file that is broken": {
        "compose.yaml": TAGGED[:-2] + ", env_file: app.env}}",
        ".env": "T=1",
        "app.env": "X=${T\n'",
    },
    "text that is like the image": {"compose.yaml": "services: {a: {image: nginx:1, environment: {I: nginx:1}}}"},
    "image of two services": {"compose.yaml": "x-i: &i nginx:1\nservices: {a: {image: *i}, b: {image: *i}}"},
    "image of a service that others merge": {
        "compose.yaml": "x-b: &b {image: nginx:1, environment: &e {A: b}}\n"
        "services: {a: {<<: *b}, b: {<<: [*b], environment: *e}}"
    },
    "image that an extension repeats": {
        "compose.yaml": "services: {a: {image: &i nginx:1, x-i: *i, build: !reset {x-i: *i}}}\nx-i: *i"
    },
    "image in a volume": {
        "compose.yaml": "services: {a: {image: &i nginx:1, volumes: [{type: image, source: *i, target: /x}]}}"
    },
    "image before the start": {"compose.yaml": "services: {a: {image: &i nginx:1, pre_start: [{image: *i}]}}"},
    "image that is an argument of FROM": {
        "compose.yaml": "services: {a: {image: &i nginx:1}, b: {build: {context: ., args: {V: *i}}}}",
        "Dockerfile": "ARG V\nFROM $V",
    },
    "arguments of two builds": {
        "compose.yaml": 'x-e: &e {V: "20"}\n'
        "services: {a: {build: {context: ., args: *e}}, b: {build: {context: ., args: {<<: *e}}}}",
        "Dockerfile": ARG,
    },
    "environment of two services": {
        "compose.yaml": "services: {a: {image: nginx:1, environment: &e {A: b}}, b: {image: redis:7, environment: *e}}"
    },
    "anchor without an alias": {"compose.yaml": "services: {a: &a {image: &i nginx:1, environment: {V: &v nginx:1}}}"},
    "service called x-a": {"compose.yaml": "services: {x-a: {image: &i nginx:1}, b: {image: *i}}"},
    "inline Dockerfile of two services": {
        "compose.yaml": "services: {a: {build: &b {dockerfile_inline: FROM nginx:1}}, b: {build: *b}}"
    },
    "trigger of a stage that no other is FROM": {"Dockerfile": f"{TRIGGER}FROM alpine:3"},
    "trigger of the last stage": {"Dockerfile": TRIGGER},
    "trigger with a default of its own": {"Dockerfile": "ARG V=20\nFROM node:$V AS base\nONBUILD ARG V=1\nFROM base"},
    "trigger with another argument": {"Dockerfile": "ARG V=20\nFROM node:$V AS base\nONBUILD ARG W\nFROM base"},
    "trigger that runs none": {"Dockerfile": "ARG V=20\nFROM node:$V AS base\nONBUILD RUN echo ARG V\nFROM base"},
    "trigger of another stage": {"Dockerfile": f"{TRIGGER}FROM alpine:3 AS other\nFROM other"},
}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)


def write(tree: Tree) -> dict[str, bytes]:
    projects.write(tree, Path())
    return {name: Path(name).read_bytes() for name in tree}


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen_gets_no_digest(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, way = SEEN[name]
    monkeypatch.chdir(tmp_path)
    before = write(tree)
    run = pinner("pin", "--format", "json", ".")
    messages = [each["message"] for each in run.document["findings"] if each["rule"] == "unpinned"]
    assert any(way in message for message in messages), messages
    assert (run.code, {path: Path(path).read_bytes() for path in tree}) == (1, before)


@pytest.mark.parametrize("name", PINNED)
def test_what_is_not_seen_gets_its_digest(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = write(PINNED[name])
    assert (pinner("pin", ".").code, pinner("check", ".").code) == (0, 0)
    assert {path: Path(path).read_bytes() for path in before} != before
    assert pinner("unpin", ".").code == 0
    after = {path: Path(path).read_bytes() for path in before}
    assert {path: data for path, data in after.items() if data != before[path]} == {}
