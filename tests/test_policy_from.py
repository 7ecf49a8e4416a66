"""`check --policy-from`: the change that is judged does not decide what is let go."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from pinner.cli.registry_calls import registry_settings
from pinner.config import load
from pinner.model.errors import UsageError
from pinner.scanning.git import MAX_BLOB
from tests.support.command import Ran, pinner
from tests.support.occurrences import DIGEST
from tests.support.repository import commit, git, write_files

pytestmark = pytest.mark.integration

Files = Mapping[str, str | None]

PINNED = f"FROM alpine:3@{DIGEST}\n"
ROGUE = "FROM rogue.test/tool:9\n"
VARIABLE = "ARG T=9\nFROM rogue.test/tool:${T}\n"
IGNORE = "# pinner: ignore[unpinned] ours\n"
IGNORE_FILE = "# pinner: ignore-file[unpinned] ours\n"
WARNED = 'fail-on = "warning"\n'


def baseline(path: str, count: int = 1, *, rule: str = "unpinned", text: str = "rogue.test/tool:9") -> str:
    entry = {"path": path, "rule": rule, "text": text, "count": count}
    return json.dumps({"schema_version": 1, "entries": [entry]})


KNOWN = baseline("Dockerfile", text="rogue.test/tool:${T}")


class Case(NamedTuple):
    """A change, and the places at which something must be found: nothing else, and exit 1 if there are any."""

    name: str
    before: Files
    change: Files
    found: list[str]
    arguments: tuple[str, ...] = ()


CONFIGURATION = [
    Case("excluded", {}, {"pinner.toml": 'exclude = ["*"]', "a/Dockerfile": ROGUE}, ["a/Dockerfile:1"]),
    Case("hidden name", {}, {".pinner.toml": 'exclude = ["*"]', "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case(
        "pyproject",
        {},
        {"pyproject.toml": '[tool.pinner]\nignore = ["unpinned"]', "Dockerfile": ROGUE},
        ["Dockerfile:1"],
    ),
    Case("images", {}, {"pinner.toml": 'ignore-images = ["**"]', "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case("rules", {}, {"pinner.toml": 'ignore = ["unpinned"]', "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case("severity", {}, {"pinner.toml": 'severity = {unpinned = "note"}', "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case(
        "overrides",
        {},
        {"pinner.toml": '[[overrides]]\nfiles = ["a/"]\nignore = ["unpinned"]', "a/Dockerfile": ROGUE},
        ["a/Dockerfile:1"],
    ),
    Case("no TOML", {}, {"pinner.toml": "[[[", "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case("unknown key", {"pinner.toml": WARNED}, {"pinner.toml": "nonsense = 1", "Dockerfile": PINNED}, []),
    Case(
        "nearer one",
        {"pinner.toml": ""},
        {"a/pinner.toml": 'exclude = ["*"]', "a/Dockerfile": ROGUE},
        ["a/Dockerfile:1"],
    ),
    Case("taken away", {"pinner.toml": 'exclude = ["old/"]'}, {"pinner.toml": None, "old/Dockerfile": ROGUE}, []),
    Case("moved", {"pinner.toml": 'exclude = ["old/"]'}, {"pinner.toml": "-> b.toml", "old/Dockerfile": ROGUE}, []),
    Case("stays in force", {"pinner.toml": 'exclude = ["old/"]'}, {"old/Dockerfile": ROGUE}, []),
    Case(
        "included by the revision",
        {"pinner.toml": '[extend-include]\ndockerfile = ["*.in"]'},
        {"pinner.toml": "", "a.in": ROGUE},
        ["a.in:1"],
    ),
    Case("flags count", {}, {"old/Dockerfile": ROGUE}, [], ("--exclude", "old/")),
    Case(
        "a named file", {}, {"ours.toml": 'exclude = ["old/"]', "old/Dockerfile": ROGUE}, [], ("--config", "ours.toml")
    ),
    Case(
        "none", {"pinner.toml": 'exclude = ["old/"]'}, {"old/Dockerfile": ROGUE}, ["old/Dockerfile:1"], ("--no-config",)
    ),
]

_VALUE = "services:\n  a:\n    {}image: tool:${{TAG}}\n"
_IGNORED_VALUE = _VALUE.format(IGNORE + "    ")
_PASSES = "services: {{a: {{build: {{context: ., args: {{R: {}}}}}}}}}\n"
_OPEN = "{1}ARG {0}\nARG T\n# pinner: ignore[opaque-reference] ours\nFROM $R/tool:$T\n"
_PASSED = f"ARG R\n{IGNORE}FROM $R/tool:9\n"
_CONFIGURED = "[[build-args]]\nfiles = ['Dockerfile']\nvalues = {{R = '{}.test'}}\n"

COMMENTS = [
    # The comment stands in another file than the value that it is about.
    Case(
        "on a value in .env",
        {"compose.yaml": _VALUE.format(""), ".env": f"TAG=9@{DIGEST}\n"},
        {"compose.yaml": _VALUE.format("# pinner: ignore[unpinned] ours\n    "), ".env": "TAG=9\n"},
        [".env:1"],
    ),
    Case("new", {}, {"Dockerfile": IGNORE + ROGUE}, ["Dockerfile:2"]),
    Case("new for the file", {}, {"Dockerfile": IGNORE_FILE + ROGUE}, ["Dockerfile:2"]),
    Case("stays", {"Dockerfile": IGNORE + ROGUE}, {}, []),
    Case("on another line", {"Dockerfile": IGNORE + ROGUE}, {"Dockerfile": f"\n\n{PINNED}{IGNORE}{ROGUE}"}, []),
    Case(
        "other image", {"Dockerfile": IGNORE + "FROM localhost/a:1\n"}, {"Dockerfile": IGNORE + ROGUE}, ["Dockerfile:2"]
    ),
    Case(
        "other value",
        {"Dockerfile": f"ARG V=1\n{IGNORE}FROM rogue.test/tool:${{V}}\n"},
        {"Dockerfile": f"ARG V=9\n{IGNORE}FROM rogue.test/tool:${{V}}\n"},
        ["Dockerfile:3"],
    ),
    Case(
        "other words",
        {"Dockerfile": IGNORE + ROGUE},
        {"Dockerfile": "# pinner: ignore[unpinned] theirs\n" + ROGUE},
        ["Dockerfile:2"],
    ),
    Case("wider", {"Dockerfile": IGNORE + ROGUE}, {"Dockerfile": "# pinner: ignore\n" + ROGUE}, ["Dockerfile:2"]),
    Case("longer", {"Dockerfile": IGNORE + ROGUE}, {"Dockerfile": IGNORE_FILE + ROGUE}, ["Dockerfile:2"]),
    Case("twice", {"Dockerfile": IGNORE + ROGUE}, {"Dockerfile": 2 * (IGNORE + ROGUE)}, ["Dockerfile:4"]),
    Case("twice as before", {"Dockerfile": 2 * (IGNORE + ROGUE)}, {"Dockerfile": "\n" + 2 * (IGNORE + ROGUE)}, []),
    Case("file, twice", {"Dockerfile": IGNORE_FILE + ROGUE}, {"Dockerfile": IGNORE_FILE + 2 * ROGUE}, ["Dockerfile:3"]),
    Case(
        "file, new image",
        {"Dockerfile": IGNORE_FILE + "FROM localhost/a:1\n"},
        {"Dockerfile": IGNORE_FILE + "FROM localhost/a:1\n" + ROGUE},
        ["Dockerfile:3"],
    ),
    Case("renamed", {"old.Dockerfile": IGNORE + ROGUE}, {"Dockerfile": IGNORE + ROGUE}, ["Dockerfile:2"]),
    Case(
        "link", {"a/Dockerfile": IGNORE + ROGUE}, {"Dockerfile": "-> a/Dockerfile"}, ["Dockerfile:2"], ("Dockerfile",)
    ),
    Case(
        "folder that is a link",
        {"a/Dockerfile": IGNORE + ROGUE},
        {"b": "-> a"},
        ["b/Dockerfile:2"],
        ("b/Dockerfile",),
    ),
    Case("was a link", {"b": IGNORE + ROGUE, "Dockerfile": "-> b"}, {"Dockerfile": IGNORE + ROGUE}, ["Dockerfile:2"]),
    Case(
        "Compose, at the end of the line",
        {"compose.yaml": "services: {a: {image: 'localhost/a:1'}}\n"},
        {"compose.yaml": "services:\n  a:\n    image: rogue.test/tool:9 # pinner: ignore\n"},
        ["compose.yaml:3"],
    ),
    Case(
        "Compose, other service",
        {"compose.yaml": "services:\n  a:\n    image: x.test/a:1 # pinner: ignore[unpinned]\n"},
        {"compose.yaml": "services:\n  b:\n    image: x.test/a:1 # pinner: ignore[unpinned]\n"},
        [],
    ),
    Case("value in .env, stays", {"compose.yaml": _IGNORED_VALUE, ".env": "TAG=9\n"}, {}, []),
    Case(
        "value in .env, moved",
        {"compose.yaml": _IGNORED_VALUE, ".env": "TAG=9\n"},
        {"compose.yaml": f"# moved\n{_IGNORED_VALUE}"},
        [],
    ),
    Case(
        "value in .env, other",
        {"compose.yaml": _IGNORED_VALUE, ".env": "TAG=8\n"},
        {".env": "TAG=9\n"},
        [".env:1"],
    ),
    Case("value in .env, new", {"compose.yaml": _IGNORED_VALUE}, {".env": "TAG=9\n"}, [".env:1"]),
    Case("value in build.args, stays", {"compose.yaml": _PASSES.format("our.test"), "Dockerfile": _PASSED}, {}, []),
    Case(
        "value in build.args, other",
        {"compose.yaml": _PASSES.format("our.test"), "Dockerfile": _PASSED},
        {"compose.yaml": _PASSES.format("rogue.test")},
        ["Dockerfile:3"],
    ),
    Case(
        "value in build.args, other override",
        {"compose.yaml": _PASSES.format("our.test"), "Dockerfile": _PASSED},
        {"compose.override.yaml": _PASSES.format("rogue.test")},
        ["Dockerfile:3", "Dockerfile:3"],
    ),
    Case("configured value, stays", {"pinner.toml": _CONFIGURED.format("our"), "Dockerfile": _PASSED}, {}, []),
    Case(
        "configured value, other",
        {"pinner.toml": _CONFIGURED.format("our"), "Dockerfile": _PASSED},
        {"pinner.toml": _CONFIGURED.format("rogue")},
        ["Dockerfile:3", "Dockerfile:3"],
    ),
    Case("open, stays", {"Dockerfile": _OPEN.format("R=our.test", "")}, {}, []),
    Case(
        "open, moved",
        {"Dockerfile": _OPEN.format("R=our.test", "")},
        {"Dockerfile": "# moved\n" + _OPEN.format("R=our.test", "")},
        [],
    ),
    Case(
        "open, other part",
        {"Dockerfile": _OPEN.format("R=our.test", "")},
        {"Dockerfile": _OPEN.format("R=rogue.test", "")},
        ["Dockerfile:4"],
    ),
    Case(
        "open, other default",
        {"Dockerfile": _OPEN.format("R", "")},
        {"Dockerfile": _OPEN.format("R=rogue.test/$TARGETARCH", "")},
        ["Dockerfile:4"],
    ),
    Case(
        "open, other part of a default",
        {"Dockerfile": _OPEN.format("R=our.test/$TARGETARCH", "")},
        {"Dockerfile": _OPEN.format("R=rogue.test/$TARGETARCH", "")},
        ["Dockerfile:4"],
    ),
    Case(
        "open, other value of a part",
        {"Dockerfile": _OPEN.format("R=$H/$TARGETARCH", "ARG H=our.test\n")},
        {"Dockerfile": _OPEN.format("R=$H/$TARGETARCH", "ARG H=rogue.test\n")},
        ["Dockerfile:5"],
    ),
    Case(
        "open, in .env",
        {"compose.yaml": "services:\n  a:\n    image: $V # pinner: ignore[opaque-reference] ours\n"},
        {".env": "V=rogue.test/tool$W\n"},
        ["compose.yaml:3"],
    ),
    Case("none at all", {"Dockerfile": IGNORE + ROGUE}, {}, ["Dockerfile:2"], ("--no-ignores",)),
    Case(
        "without reason",
        {"Dockerfile": "# pinner: ignore\n" + ROGUE},
        {},
        ["Dockerfile:2"],
        ("--require-ignore-reason",),
    ),
]

_USED = _VALUE.format("")
_PREFIXED = "services: {a: {image: $R/tool:9}}\n"
BASELINES = [
    Case(
        "new", {}, {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile"), "Dockerfile": ROGUE}, ["Dockerfile:1"]
    ),
    Case(
        "longer",
        {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile"), "Dockerfile": ROGUE},
        {"b": baseline("Dockerfile", 2), "Dockerfile": 2 * ROGUE},
        ["Dockerfile:2"],
    ),
    Case(
        "other file",
        {
            "pinner.toml": 'baseline = "b"',
            "b": baseline("Dockerfile"),
            "Dockerfile": ROGUE,
            "c": baseline("a/Dockerfile"),
        },
        {"pinner.toml": 'baseline = "c"', "a/Dockerfile": ROGUE},
        ["a/Dockerfile:1"],
    ),
    Case("stays", {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile"), "Dockerfile": ROGUE}, {"b": None}, []),
    Case(
        "no baseline now",
        {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile"), "Dockerfile": ROGUE},
        {"b": "{"},
        [],
    ),
    Case(
        "no file there",
        {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile")},
        {"Dockerfile": ROGUE},
        ["Dockerfile:1"],
    ),
    Case(
        "other value of a variable",
        {"pinner.toml": 'baseline = "b"', "b": KNOWN, "Dockerfile": VARIABLE},
        {"Dockerfile": VARIABLE.replace("T=9", "T=10")},
        ["Dockerfile:2"],
    ),
    Case(
        "same value",
        {"pinner.toml": 'baseline = "b"', "b": KNOWN, "Dockerfile": VARIABLE},
        {"Dockerfile": f"# moved\n{VARIABLE}"},
        [],
    ),
    Case(
        "as often as there",
        {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile", 2), "Dockerfile": ROGUE},
        {"Dockerfile": 2 * ROGUE},
        ["Dockerfile:2"],
    ),
    Case(
        "value in .env",
        {"pinner.toml": 'baseline = "b"', "b": baseline(".env", text="tool:9"), ".env": "TAG=9", "compose.yaml": _USED},
        {"compose.yaml": f"# moved\n{_USED}"},
        [],
    ),
    Case(
        "other value in .env",
        {"pinner.toml": 'baseline = "b"', "b": baseline("compose.yaml", text="$R/tool:9"), "compose.yaml": _PREFIXED},
        {".env": "R=rogue.test"},
        ["compose.yaml:1"],
    ),
    Case(
        "about no reference",
        {
            "pinner.toml": 'baseline = "b"\nfail-on = "warning"',
            "b": baseline("Dockerfile", rule="unused-ignore", text="# pinner: ignore[unpinned] ours"),
            "Dockerfile": IGNORE + PINNED,
        },
        {"Dockerfile": IGNORE + PINNED + PINNED},
        [],
    ),
    Case(
        "link now",
        {"pinner.toml": 'baseline = "b"', "b": baseline("Dockerfile")},
        {"b": "-> c", "c": baseline("a/Dockerfile"), "a/Dockerfile": ROGUE},
        ["a/Dockerfile:1"],
    ),
    Case(
        "flag",
        {"b": baseline("Dockerfile"), "Dockerfile": ROGUE},
        {"b": baseline("a/Dockerfile"), "a/Dockerfile": ROGUE},
        ["a/Dockerfile:1"],
        ("--baseline", "b"),
    ),
]

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {}\n"
MARKER = '# {"$imagepolicy": "a:b"}'
MARKED = POD.format(f"rogue.test/tool:9 {MARKER}")
STAGES = f"FROM alpine:3@{DIGEST} AS x-amd64\nFROM alpine:3@{DIGEST} AS y-amd64\n"
ON_PLATFORMS = STAGES + "# pinner: ignore[not-an-image] ours\nFROM {}-$TARGETARCH\n"
FILE_ON_PLATFORMS = "# pinner: ignore-file[not-an-image] ours\n" + STAGES + "FROM x-$TARGETARCH\n"
PLATFORMS = {"pinner.toml": 'platforms = ["linux/s390x"]'}

MARKERS = [
    Case("new file", {}, {"p.yaml": MARKED}, ["p.yaml:5"]),
    Case("new line", {"p.yaml": POD.format("a:1")}, {"p.yaml": f"{MARKED}  - image: b:1\n"}, ["p.yaml:5", "p.yaml:6"]),
    Case("new marker", {"p.yaml": POD.format("rogue.test/tool:9")}, {"p.yaml": MARKED}, ["p.yaml:5"]),
    Case("other marker", {"p.yaml": MARKED.replace("a:b", "a:c")}, {"p.yaml": MARKED}, ["p.yaml:5"]),
    Case("other image", {"p.yaml": MARKED.replace("rogue", "ours")}, {"p.yaml": MARKED}, ["p.yaml:5"]),
    Case("other tag", {"p.yaml": MARKED.replace(":9", ":8")}, {"p.yaml": MARKED}, ["p.yaml:5"]),
    Case("digest taken away", {"p.yaml": MARKED.replace(":9", f":9@{DIGEST}")}, {"p.yaml": MARKED}, ["p.yaml:5"]),
    Case("once more", {"p.yaml": MARKED}, {"p.yaml": f"{MARKED}---\n{MARKED}"}, ["p.yaml:5", "p.yaml:11"]),
    Case("other path", {"p.yaml": MARKED}, {"p.yaml": None, "q.yaml": MARKED}, ["q.yaml:5"]),
    Case(
        "in parts",
        {"kustomization.yaml": "images: []\n"},
        {"kustomization.yaml": f"images:\n- name: a\n  newTag: v1 {MARKER}\n"},
        ["kustomization.yaml:2"],
    ),
]  # fmt: skip

_ROGUE_CONTEXT = "rogue.test/tool:9"
_CONTEXTS = "services: {{a: {{build: {{context: ., additional_contexts: {{'{}': ./x}}}}}}}}\n"
_BAKE = 'target "a" {{ contexts = {{ "{}" = "./x" }} }}\n'
_DEVCONTAINER = '{{"build": {{"dockerfile": "Dockerfile", "options": ["--build-context", "{}=./x"]}}}}'

CONTEXTS = [
    Case("new file", {}, {"compose.yaml": _CONTEXTS.format(_ROGUE_CONTEXT), "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case("Bake", {}, {"docker-bake.hcl": _BAKE.format(_ROGUE_CONTEXT), "Dockerfile": ROGUE}, ["Dockerfile:1"]),
    Case(
        "devcontainer",
        {},
        {".devcontainer.json": _DEVCONTAINER.format(_ROGUE_CONTEXT), "Dockerfile": ROGUE},
        ["Dockerfile:1"],
    ),
    Case(
        "other context",
        {"compose.yaml": _CONTEXTS.format("shared"), "Dockerfile": "FROM shared\n"},
        {"compose.yaml": _CONTEXTS.format(_ROGUE_CONTEXT), "Dockerfile": ROGUE},
        ["Dockerfile:1"],
    ),
    Case(
        "COPY",
        {"Dockerfile": PINNED},
        {
            "compose.yaml": _CONTEXTS.format(_ROGUE_CONTEXT),
            "Dockerfile": f"{PINNED}COPY --from={_ROGUE_CONTEXT} / /\n",
        },
        ["Dockerfile:2"],
    ),
    Case("of the revision", {"compose.yaml": _CONTEXTS.format("shared")}, {"Dockerfile": "FROM shared\n"}, []),
    Case(
        "of the revision, moved",
        {"compose.yaml": _CONTEXTS.format("shared"), "Dockerfile": "FROM shared\n"},
        {"compose.yaml": f"# moved\n{_CONTEXTS.format('shared')}"},
        [],
    ),
    Case(
        "new value",
        {"Dockerfile": "ARG R\nFROM $R\n"},
        {"compose.yaml": _PASSES.format(f"alpine:3@{DIGEST}")},
        [],
    ),
]

MARKERS_THAT_COUNT = [
    {"p.yaml": f"# moved\n{MARKED}"},
    {"p.yaml": f"{MARKED}  - image: alpine:3@{DIGEST}\n"},
    {"p.yaml": MARKED.replace(":9", f":9@{DIGEST}")},
    {"p.yaml": POD.format(f"alpine:3@{DIGEST} {MARKER}")},
    {"p.yaml": MARKED.replace("kind: Pod", "kind: Pod # ours")},
]

ON_STAGES = [
    Case("new", PLATFORMS, {"Dockerfile": ON_PLATFORMS.format("x")}, ["Dockerfile:4"]),
    Case(
        "other stages",
        {**PLATFORMS, "Dockerfile": ON_PLATFORMS.format("y")},
        {"Dockerfile": ON_PLATFORMS.format("x")},
        ["Dockerfile:4"],
    ),
    Case(
        "moved from nothing",
        {**PLATFORMS, "Dockerfile": "# pinner: ignore[not-an-image] ours\n\nFROM scratch\n"},
        {"Dockerfile": ON_PLATFORMS.format("x")},
        ["Dockerfile:4"],
    ),
    Case("stays", {**PLATFORMS, "Dockerfile": ON_PLATFORMS.format("x")}, {}, []),
    Case(
        "moved",
        {**PLATFORMS, "Dockerfile": ON_PLATFORMS.format("x")},
        {"Dockerfile": f"# lines\n\n{ON_PLATFORMS.format('x')}"},
        [],
    ),
    Case("file, stays", {**PLATFORMS, "Dockerfile": FILE_ON_PLATFORMS}, {"Dockerfile": f"{FILE_ON_PLATFORMS}\n"}, []),
    Case(
        "file, one more",
        {**PLATFORMS, "Dockerfile": FILE_ON_PLATFORMS},
        {"Dockerfile": f"{FILE_ON_PLATFORMS}FROM y-$TARGETARCH\n"},
        ["Dockerfile:5"],
    ),
    Case(
        "a template now",
        {"compose.yaml": f"# pinner: ignore-file x\nservices: {{a: {{image: 'alpine:3@{DIGEST}'}}}}\n"},
        {"compose.yaml": "# pinner: ignore-file x\nservices: {a: {image: '{{ x }}'}}\n"},
        ["compose.yaml:2"],
        ("--fail-on", "warning"),
    ),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.chdir(checkout)
    return checkout


def check(*arguments: str, stdin: str | None = None) -> Ran:
    return pinner("check", "--format", "json", *arguments, stdin=stdin)


def found(run: Ran) -> list[str]:
    return [f"{finding['path']}:{finding['line']}" for finding in run.document["findings"]]


@pytest.mark.parametrize("state", ["committed", "untracked"])
@pytest.mark.parametrize(
    "case", [*CONFIGURATION, *COMMENTS, *BASELINES, *MARKERS, *CONTEXTS, *ON_STAGES], ids=lambda case: case.name
)
def test_what_the_change_says_does_not_count(case: Case, state: str) -> None:
    revision = commit({"base/Dockerfile": PINNED, **case.before})
    git("checkout", "--quiet", "-b", "change")
    (commit if state == "committed" else write_files)(case.change)
    run = check("--policy-from", revision if state == "committed" else "trunk", *case.arguments)
    assert (found(run), run.code) == (case.found, 1 if case.found else 0), run.stderr


@pytest.mark.parametrize("root", [".", ".."])
@pytest.mark.parametrize("replaced", ["a/Dockerfile", "a"])
def test_a_link_in_place_of_a_dockerfile_brings_another_no_build_context(
    replaced: str, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = _CONTEXTS.format(_ROGUE_CONTEXT).replace("context: .", "context: a")
    revision = commit({"compose.yaml": services, "a/Dockerfile": ROGUE, "b/Dockerfile": PINNED, "c/x": ""})
    assert check("--policy-from", revision).code == 0
    write_files({"b/Dockerfile": ROGUE})
    Path("a/Dockerfile").unlink()
    if replaced == "a":
        Path("a").rmdir()
    Path(replaced).symlink_to(os.path.relpath(replaced.replace("a", "b", 1), os.path.dirname(replaced)))
    git("add", "--all")
    if root == "..":
        monkeypatch.chdir("c")
    run = check("--policy-from", revision, root)
    assert (found(run), run.code) == ([os.path.normpath(f"{root}/b/Dockerfile:1")], 1)


def test_a_dockerfile_at_the_root_has_no_build_context_of_one_that_is_gone() -> None:
    bake = _BAKE.format(_ROGUE_CONTEXT)
    revision = commit({"a/docker-bake.hcl": bake, "a/Dockerfile": ROGUE, "Dockerfile": PINNED})
    git("rm", "--quiet", "a/Dockerfile")
    commit({"Dockerfile": ROGUE})
    run = check("--policy-from", revision)
    assert (found(run), run.code) == (["Dockerfile:1"], 1)


# Of what the services of a project build, what the values of the revision say.
BUILDS = "services: {{a: {{build: ./x, image: 'rogue.test/tool:{}', pull_policy: build}}}}\n"
BUILT: list[tuple[Files, Files, list[str]]] = [
    ({"compose.yaml": BUILDS.format("9")}, {}, ["built-here"]),
    ({"compose.yaml": BUILDS.format("${T}")}, {}, ["built-here"]),
    ({"compose.yaml": BUILDS.format("${T:-9}")}, {}, ["built-here"]),
    ({"compose.yaml": BUILDS.format("${T}"), ".env": "T=9\n"}, {}, ["built-here"]),
    ({"compose.yaml": BUILDS.format("${T}"), ".env": "T=9\n"}, {".env": "U=1\nT=9\n"}, ["built-here"]),
    ({"compose.yaml": BUILDS.format("${T}-${T}"), ".env": "T=9\n"}, {}, ["unpinned"]),
    ({"compose.yaml": BUILDS.format("9"), ".env": "T=9\n"}, {"compose.yaml": BUILDS.format("${T}")}, ["built-here"]),
    ({"compose.yaml": BUILDS.format("${T}"), ".env": "T=1\n"}, {".env": "T=9\n"}, ["unpinned"]),
    ({"compose.yaml": BUILDS.format("${T:-1}")}, {".env": "T=9\n"}, ["unpinned"]),
    ({"compose.yaml": BUILDS.format("${T:-1}")}, {"compose.yaml": BUILDS.format("${T:-9}")}, ["unpinned"]),
    ({"compose.yaml": "services: {}\n"}, {"compose.override.yaml": BUILDS.format("9")}, ["unpinned"]),
    ({}, {"compose.yaml": BUILDS.format("${T}"), ".env": "T=9\n"}, ["unpinned"]),
]


@pytest.mark.parametrize(("before", "change", "rules"), BUILT)
@pytest.mark.parametrize("path", [".", "web/Dockerfile"])
def test_what_services_build_is_what_the_revision_says(
    before: Files, change: Files, rules: list[str], path: str
) -> None:
    commit({"x/Dockerfile": "FROM scratch\n", "web/Dockerfile": ROGUE, **before})
    write_files(change)
    run = check("--policy-from", "trunk", path)
    assert [each["rule"] for each in run.document["findings"] if each["path"] == "web/Dockerfile"] == rules


@pytest.mark.parametrize("change", [{}, *MARKERS_THAT_COUNT])
def test_a_marker_of_the_revision_counts(change: Files) -> None:
    commit({"Dockerfile": PINNED, "p.yaml": MARKED})
    write_files(change)
    run = check("--policy-from", "trunk")
    assert run.code == 0
    assert {(each["rule"], each["severity"]) for each in run.document["findings"]} <= {("unpinned", "note")}


def test_a_new_marker_does_not_lift_what_the_configuration_says_of_a_kind() -> None:
    commit({"Dockerfile": PINNED, "pinner.toml": '[kinds]\nkubernetes = "check"\n'})
    write_files({"p.yaml": MARKED})
    (finding,) = check("--policy-from", "trunk").document["findings"]
    assert "the configuration lets files of this kind be checked alone" in finding["message"]


NOT_READ = "# pinner: ignore[not-read] ours"
INCLUDE = f"include:\n  - {{}} {NOT_READ}\n"
BUILD = f"services:\n  a:\n    build: {{}} {NOT_READ}\n"
DEVCONTAINER = '{{\n// pinner: ignore[not-read] ours\n"{}": "{}"\n}}\n'
ROGUE_STACK = "oci://rogue.test/stack:1"
OURS = "oci://ours.test/stack:1"


@pytest.mark.parametrize(
    ("before", "change", "unread"),
    [
        ({}, {"compose.yaml": INCLUDE.format(ROGUE_STACK)}, [ROGUE_STACK]),
        ({"compose.yaml": "services: {}\n"}, {"compose.yaml": INCLUDE.format(ROGUE_STACK)}, [ROGUE_STACK]),
        ({"compose.yaml": INCLUDE.format(OURS)}, {"compose.yaml": INCLUDE.format(ROGUE_STACK)}, [ROGUE_STACK]),
        (
            {"compose.yaml": INCLUDE.format(OURS)},
            {"compose.yaml": f"{INCLUDE.format(OURS)}  - {ROGUE_STACK} {NOT_READ}\n"},
            [ROGUE_STACK],
        ),
        (
            {"compose.yaml": INCLUDE.format(OURS)},
            {"compose.yaml": f"{INCLUDE.format(OURS)}  - path: {OURS} {NOT_READ}\n    env_file: x.env\n"},
            [OURS],
        ),
        ({"compose.yaml": INCLUDE.format("x.yaml")}, {"compose.override.yaml": INCLUDE.format("x.yaml")}, ["x.yaml"]),
        ({}, {"compose.yaml": BUILD.format("https://rogue.test/x.git#main")}, ["https://rogue.test/x.git#main"]),
        ({"compose.yaml": BUILD.format("./gone")}, {"compose.yaml": BUILD.format("../gone")}, ["../gone"]),
        # The text is the same, and what it stands for is not.
        (
            {"compose.yaml": INCLUDE.format("oci://${HOST}/stack:1"), ".env": "HOST=ours.test\n"},
            {".env": "HOST=rogue.test\n"},
            ["oci://${HOST}/stack:1"],
        ),
        (
            {"compose.yaml": INCLUDE.format("oci://${HOST:-ours.test}/stack:1")},
            {".env": "HOST=rogue.test\n"},
            ["oci://${HOST:-ours.test}/stack:1"],
        ),
        ({".env": "A=1\n"}, {".env": f"{NOT_READ}\nCOMPOSE_FILE=gone.yaml\n"}, ["gone.yaml"]),
        ({}, {".devcontainer.json": DEVCONTAINER.format("dockerFile", "gone")}, ["gone"]),
        (
            {".devcontainer.json": DEVCONTAINER.format("dockerFile", "old")},
            {".devcontainer.json": DEVCONTAINER.format("dockerFile", "gone")},
            ["gone"],
        ),
        ({}, {".devcontainer.json": DEVCONTAINER.format("dockerComposeFile", "gone")}, ["gone"]),
        # What the revision acknowledges.
        ({"compose.yaml": INCLUDE.format(OURS)}, {}, []),
        ({"compose.yaml": INCLUDE.format(OURS)}, {"compose.yaml": f"# moved\n{INCLUDE.format(OURS)}"}, []),
        (
            {"compose.yaml": INCLUDE.format(OURS), "more.yaml": "services: {}\n"},
            {"compose.yaml": f"{INCLUDE.format(OURS)}  - more.yaml\n"},
            [],
        ),
        ({"compose.yaml": BUILD.format("./x")}, {"compose.yaml": BUILD.replace("a:", "b:").format("./x")}, []),
        ({"compose.yaml": BUILD.format("https://ours.test/x.git#main")}, {"a/Dockerfile": PINNED}, []),
        ({"compose.yaml": INCLUDE.format("oci://${HOST}/a"), ".env": "HOST=ours\n"}, {".env": "# a\nHOST=ours\n"}, []),
        ({"compose.yaml": INCLUDE.format("${NOTHING}")}, {".env": "OTHER=1\n"}, []),
        ({".env": f"{NOT_READ}\nCOMPOSE_FILE=gone.yaml\n"}, {".env": f"A=1\n{NOT_READ}\nCOMPOSE_FILE=gone.yaml\n"}, []),
        ({".devcontainer.json": DEVCONTAINER.format("dockerFile", "gone")}, {}, []),
        ({".devcontainer.json": DEVCONTAINER.format("dockerComposeFile", "gone")}, {"a/Dockerfile": PINNED}, []),
    ],
)  # fmt: skip
def test_what_the_change_lets_be_unread_is_unchecked(before: Files, change: Files, unread: list[str]) -> None:
    commit({"Dockerfile": PINNED, **before})
    write_files(change)
    run = check("--policy-from", "trunk")
    assert ([each["text"] for each in run.document["unchecked"]], run.code) == (unread, 3 if unread else 0)
    assert all("does not count: the revision" in each["detail"] for each in run.document["unchecked"])
    assert run.rules == []
    assert check().code == 0


@pytest.mark.parametrize("case", CONFIGURATION[:7], ids=lambda case: case.name)
def test_without_the_option_it_counts(case: Case) -> None:
    commit({"base/Dockerfile": PINNED, **case.before})
    commit(case.change)
    assert check().code in (0, 2)


def test_the_message_says_why_a_comment_does_not_count() -> None:
    commit({"base/Dockerfile": PINNED})
    write_files({"Dockerfile": IGNORE + ROGUE})
    run = pinner("check", "--policy-from", "trunk")
    why = (
        "the ignore comment on line 1 does not count: the revision of --policy-from does not have it for this reference"
    )
    assert run.code == 1
    assert why in run.stdout


@pytest.mark.parametrize(
    ("before", "change", "rules"),
    [
        ({}, {"Dockerfile": IGNORE + PINNED}, []),
        ({}, {"Dockerfile": PINNED + IGNORE}, []),
        ({}, {"Dockerfile": IGNORE_FILE + PINNED}, []),
        ({"Dockerfile": IGNORE + "FROM alpine:3\n"}, {"Dockerfile": IGNORE + PINNED}, []),
        ({"Dockerfile": IGNORE + PINNED}, {}, ["unused-ignore"]),
        ({"Dockerfile": PINNED + IGNORE}, {}, ["unused-ignore"]),
        ({"Dockerfile": PINNED + IGNORE}, {"Dockerfile": PINNED + 2 * IGNORE}, ["unused-ignore"]),
        (
            {"Dockerfile": IGNORE + PINNED},
            {"Dockerfile": "# pinner: ignore-file[unused-ignore] hush\n" + IGNORE + PINNED},
            ["unused-ignore"],
        ),
        ({"Dockerfile": "# pinner: ignore-file[unused-ignore] hush\n" + IGNORE + PINNED}, {}, []),
        ({"compose.yaml": _IGNORED_VALUE, ".env": "TAG=8\n"}, {".env": "TAG=9\n"}, ["unpinned"]),
    ],
)
def test_only_what_counts_can_be_unused(before: Files, change: Files, rules: list[str]) -> None:
    commit({"base/Dockerfile": PINNED, **before})
    write_files(change)
    assert check("--policy-from", "trunk").rules == rules


def test_the_revision_s_own_state_counts_not_that_of_the_branching_point() -> None:
    commit({"Dockerfile": IGNORE + ROGUE})
    git("branch", "change")
    commit({"Dockerfile": PINNED})
    git("checkout", "--quiet", "change")
    assert found(check("--policy-from", "trunk")) == ["Dockerfile:2"]
    assert found(check("--policy-from", "trunk~")) == []


def test_folders_are_searched_upwards_and_patterns_start_at_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    both = 'exclude = ["/old/"]\n[[overrides]]\nfiles = ["/new/"]\nignore = ["unpinned"]\n'
    commit(
        {"pinner.toml": "jobs = 0", "a/.pinner.toml": both, "a/pyproject.toml": "[tool.pinner]\njobs = 0", "a/b/x": ""}
    )
    write_files(
        {"a/b/pinner.toml": "jobs = 0", "a/.pinner.toml": "", "a/old/Dockerfile": ROGUE, "a/new/Dockerfile": ROGUE}
    )
    write_files({"a/b/old/Dockerfile": ROGUE})
    monkeypatch.chdir("a/b")
    run = check("--policy-from", "trunk", "..", ".")
    assert (found(run), run.code) == (["../b/old/Dockerfile:1"], 1), run.stderr


def test_a_wrong_configuration_of_the_revision_is_named_with_it() -> None:
    commit({"pinner.toml": "\njobs = 0", "Dockerfile": PINNED})
    write_files({"pinner.toml": ""})
    run = check("--policy-from", "trunk")
    assert (run.code, run.stderr) == (2, "error: trunk:pinner.toml:2: jobs: at least 1 is needed, not 0\n")


def test_variables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"Dockerfile": ROGUE, "pinner.toml": 'ignore = ["unpinned"]'})
    write_files({"ours.toml": 'select = ["floating-tag"]', "strict.toml": ""})
    monkeypatch.setenv("PINNER_SELECT", "unpinned")
    assert found(check("--policy-from", "trunk")) == []
    monkeypatch.setenv("PINNER_CONFIG", "strict.toml")
    assert found(check("--policy-from", "trunk")) == ["Dockerfile:1"]


@pytest.mark.parametrize(
    ("before", "expected"), [(IGNORE + ROGUE, []), (ROGUE, ["a/Dockerfile:2"]), (None, ["a/Dockerfile:2"])]
)
def test_standard_input_is_judged_as_the_file_that_it_is(before: str | None, expected: list[str]) -> None:
    commit({"base/Dockerfile": PINNED} | ({"a/Dockerfile": before} if before else {}))
    run = check("--policy-from", "trunk", "--stdin-filename", "a/Dockerfile", "-", stdin=IGNORE + ROGUE)
    assert found(run) == expected


def test_a_file_outside_of_the_work_tree_has_no_comments(tmp_path: Path) -> None:
    commit({"Dockerfile": IGNORE + ROGUE})
    (tmp_path / "Dockerfile").write_text(IGNORE + ROGUE)
    assert found(check("--policy-from", "trunk", "../Dockerfile", "Dockerfile")) == ["../Dockerfile:2"]


def test_another_name_of_the_work_tree_changes_nothing(tmp_path: Path, folder: Path) -> None:
    commit({"Dockerfile": IGNORE + ROGUE, "a/Dockerfile": ROGUE, "b": baseline("a/Dockerfile")})
    write_files({"b": "{}"})
    (tmp_path / "alias").symlink_to("checkout")
    run = check("--policy-from", "trunk", "--baseline", f"{tmp_path}/alias/b", f"{tmp_path}/alias")
    assert (run.code, found(run)) == (0, [])


def test_a_baseline_outside_of_the_work_tree_is_read_from_the_disk(tmp_path: Path) -> None:
    commit({"Dockerfile": ROGUE})
    (tmp_path / "b").write_text(baseline("checkout/Dockerfile"))
    assert found(check("--policy-from", "trunk", "--baseline", "../b")) == []


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("upstream/trunk", "there is no such commit here; a shallow clone has to fetch it first"),
        ("0" * 40, "there is no such commit here; a shallow clone has to fetch it first"),
        ("--all", "there is no such commit here; a shallow clone has to fetch it first"),
        ("-h", "there is no such commit here; a shallow clone has to fetch it first"),
        ("", "there is no such commit here; a shallow clone has to fetch it first"),
        ("trunk:Dockerfile", "there is no such commit here; a shallow clone has to fetch it first"),
    ],
)
def test_a_revision_that_is_not_here(revision: str, message: str) -> None:
    commit({"Dockerfile": PINNED})
    run = check("--policy-from", revision)
    assert (run.code, run.stdout, run.stderr) == (2, "", f"error: --policy-from {revision}: {message}\n")


def test_without_a_work_tree() -> None:
    write_files({"Dockerfile": PINNED})
    run = check("--policy-from", "trunk")
    assert (run.code, run.stderr) == (2, "error: --policy-from trunk: this folder is in no Git work tree\n")


@pytest.mark.parametrize(
    ("before", "arguments", "message"),
    [
        ({}, ["--write-baseline", "b"], "--write-baseline writes what is found now: it does not go with --policy-from"),
        ({}, ["--baseline", "b"], "trunk:b: there is no such baseline; --write-baseline makes one"),
        ({"b": " " * (MAX_BLOB + 1)}, ["--baseline", "b"], "trunk:b: this file is too large"),
        ({"b": "{}"}, ["--baseline", "b"], "b: this is no baseline; --write-baseline makes one"),
        (
            {"c": "", "b": "-> c"},
            ["--baseline", "b"],
            "trunk:b: this is a link, which --policy-from does not follow: make it a file",
        ),
        (
            {"c": "", "pinner.toml": "-> c"},
            [],
            "trunk:pinner.toml: this is a link, which --policy-from does not follow: make it a file",
        ),
    ],
)
def test_what_cannot_be_done(before: Files, arguments: list[str], message: str) -> None:
    commit({"Dockerfile": PINNED, **before})
    write_files({"b": baseline("Dockerfile")})
    run = check("--policy-from", "trunk", *arguments)
    assert (run.code, run.stdout, run.stderr) == (2, "", f"error: {message}\n")


def test_whom_to_ask_and_to_trust_is_not_for_the_change_to_say() -> None:
    ours = '[registries."a.test"]\nmirror = "https://ours.test"\ntrusted-realms = ["ours.test"]\n'
    commit({"Dockerfile": PINNED, "pinner.toml": 'trusted-realms = ["ours.test"]\n' + ours})
    write_files({"pinner.toml": 'ca-file = "a"\ntrusted-realms = ["b.test"]\n' + ours.replace("ours", "theirs")})
    asked = registry_settings(load({}, policy_from="trunk"))
    assert asked.mirrors == {"a.test": "https://ours.test"}
    assert (asked.ca_file, asked.trusted_realms) == (None, ("ours.test",))
    assert asked.registries["a.test"].trusted_realms == ("ours.test",)


@pytest.mark.parametrize("configuration", ['ca-file = "ca.pem"', '[registries."a.test"]\nca-file = "ca.pem"'])
@pytest.mark.parametrize("change", ["theirs", None, "-> other.pem", "-> /dev/zero"])
def test_certificates_are_those_of_the_revision(configuration: str, change: str | None) -> None:
    commit({"Dockerfile": PINNED, "pinner.toml": configuration, "ca.pem": "ours", "other.pem": "theirs"})
    assert registry_settings(load({}, policy_from="trunk"))
    write_files({"ca.pem": change})
    with pytest.raises(UsageError, match=r"ca\.pem: this file is not the one of --policy-from trunk"):
        registry_settings(load({}, policy_from="trunk"))


def test_certificates_elsewhere_are_read_from_the_disk(tmp_path: Path) -> None:
    commit({"Dockerfile": PINNED})
    (tmp_path / "ca.pem").touch()
    assert registry_settings(load({}, policy_from="trunk", ca_file="../ca.pem")).ca_file == "../ca.pem"


@pytest.mark.parametrize("command", ["pin", "update", "unpin", "list", "resolve", "config"])
def test_no_other_command_offers_it(command: str) -> None:
    assert pinner(command, "--policy-from", "trunk").code == 2
    assert "--policy-from" not in pinner(command, "--help").stdout
