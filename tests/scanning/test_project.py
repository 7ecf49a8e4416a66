"""Compose projects: pinner lists what Compose pulls, before and after `pin`; pins come and go without a trace."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.cli import registry_calls
from pinner.model.reference import Reference, parse
from pinner.model.resolution import Resolution, Resolved
from tests.support import projects
from tests.support.command import pinner
from tests.support.compose_go import images

CASES = {name: case for name, case in projects.cases().items() if "compose.yaml" in case["files"]}
# What Compose reads and pinner does not: it is told so.
NOT_READ = ("include-missing", "include-outside", "include-oci", "context-git", "env-ignored-by-git")


def resolved(asked: Iterable[Reference], *_: object, **__: object) -> Mapping[Reference, Resolution]:
    """Answer as a registry in which every image is."""
    media_type = "application/vnd.oci.image.index.v1+json"
    return {each: Resolved(each, projects.digest_of(str(each)), media_type) for each in asked}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_calls, "resolve", resolved)


def listed(*arguments: str) -> set[str]:
    """The images of services that pinner lists, pulled and built ones."""
    references = pinner("list", "--format", "json", *arguments).document["references"]
    found = set()
    for each in references:
        contexts = [each["context"], *(use["context"] for use in each["used_at"])]
        if any(context.startswith("services.") and context.endswith(".image") for context in contexts):
            name = f"{each['registry']}/{each['repository']}"
            tag, digest = each["tag"], each["digest"]
            found.add(name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""))
    return found


def canonical(names: Iterable[str], project: str) -> set[str]:
    """What Compose lists, without the names that it makes up for what is built."""
    references = (parse(name) for name in names if not name.startswith(f"{project}-"))
    return {str(each if each.digest else each.by_tag()) for each in references}


@pytest.mark.parametrize("name", [name for name in CASES if name not in NOT_READ])
def test_the_images_are_those_of_compose(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    projects.build(CASES[name], folder)
    for _ in range(2):
        theirs = images(folder)
        assert theirs is not None
        assert canonical(theirs, "project") <= listed(".")
        pinner("pin", ".")


# Generated projects.

IMAGES = st.sampled_from(["nginx:1.27", "redis:7", "ghcr.io/acme/web:4.2", "postgres:16-alpine"])
NAMES = st.sampled_from(["TAG", "IMAGE", "BASE", "V"])


@st.composite
def generated(draw: st.DrawFn) -> dict[str, str]:
    """The files of a project: a Compose file, the values of its variables, and a Dockerfile with what it gets."""
    env, services, args = [], [], []
    for number in range(draw(st.integers(1, 3))):
        image, name = draw(IMAGES), f"{draw(NAMES)}_{number}"
        repository, _, tag = image.rpartition(":")
        kind = draw(st.sampled_from(["plain", "env", "env tag", "default", "build", "quoted"]))
        value = {"env": image, "quoted": f'"{image}" # {number}', "env tag": tag}.get(kind)
        if value is not None:
            env.append(f"{draw(st.sampled_from(['', 'export ']))}{name}={value}")
        written = {"plain": image, "env tag": f"{repository}:${{{name}}}", "default": f"${{{name}:-{image}}}"}
        if kind == "build":
            args.append(f"        {name}: {image}")
            services.append(f"  s{number}:\n    build:\n      context: .\n      args:\n        {name}: {image}\n")
        else:
            services.append(f"  s{number}:\n    image: {written.get(kind, f'${{{name}}}')}\n")
    names = [arg.split(":")[0].strip() for arg in args]
    dockerfile = "".join(f"ARG {name}\n" for name in names) + "FROM scratch\n"
    dockerfile += "".join(f"FROM ${{{name}:-busybox}}\n" for name in names[:1])
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    files = {"compose.yaml": "services:\n" + "".join(services), ".env": line_end.join([*env, ""])}
    return files | ({"Dockerfile": dockerfile} if args else {})


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(generated())
def test_pins_reach_compose_and_come_off_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    folder = tmp_path / "project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert pinner("pin", ".").code == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    theirs = images(folder)
    assert theirs is not None
    assert all("@sha256:" in name for name in theirs if not name.startswith("project-"))
    assert pinner("pin", ".").code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == after
    assert pinner("unpin", ".").code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: data.replace(b":-busybox}", b":-busybox:latest}") for name, data in before.items()
    }
