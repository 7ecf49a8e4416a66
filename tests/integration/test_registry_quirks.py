"""Odd registries, as data/registry-quirks.json describes them, and what becomes of every image there."""

import base64
import json
import os
import re
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pinner.model.reference import parse
from tests.support.quirks import Registry, index_of, serve

pytestmark = pytest.mark.integration

VECTORS = json.loads((Path(__file__).parents[1] / "data/registry-quirks.json").read_text())["vectors"]
# A busy machine must not fail a test: what waits for time-outs one after the other takes far longer than this.
SLACK = 3


def names_of(vector: dict[str, Any]) -> list[str]:
    given = vector["images"]
    if isinstance(given, dict):
        return [given["name"].replace("{n}", str(number)) for number in range(given["count"])]
    return list(given)


def run(
    vector: dict[str, Any], images: list[str], hosts: dict[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    def filled(text: str) -> str:
        for name, authority in hosts.items():
            text = text.replace(f"{{{name}}}", authority)
        return text

    flags = [filled(flag) for flag in vector["flags"]]
    output = ["--format", vector.get("format", "json")]
    (folder / "Dockerfile").write_text("".join(f"FROM {image}\n" for image in images))
    arguments = images if vector["command"] == "resolve" else ["Dockerfile"]
    environ = dict(os.environ)
    if "credentials" in vector:
        auths = {
            filled(host): {"auth": base64.b64encode(user.encode()).decode()}
            for host, user in vector["credentials"].items()
        }
        environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": auths})
    limit = vector.get("ulimit")
    return subprocess.run(
        [sys.executable, "-m", "pinner", vector["command"], *flags, *output, "--", *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=SLACK * vector["expect"].get("seconds", 20),
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))) if limit else None,
    )


def resolved(vector: dict[str, Any], stdout: str, folder: Path) -> dict[str, str]:
    """The digest of each image that has got one."""
    if vector["command"] == "resolve":
        return {each["reference"]: each["digest"] for each in json.loads(stdout or "{}").get("references", ())}
    lines = (folder / "Dockerfile").read_text().split()[1::2]
    return dict(line.split("@") for line in lines if "@" in line)


def asked(registries: Iterable[Registry]) -> list[str]:
    return [target for each in registries for target in each.targets]


def right_digests(image: str, vector: dict[str, Any], targets: list[str]) -> set[str]:
    reference = parse(image).by_tag()
    name = f"{reference.repository}:{reference.tag}"
    if vector.get("digests") != "as asked":
        return {index_of(name).digest}
    paths = (re.fullmatch(r"/v2/(.+)/manifests/([^/?]+)(?:\?.*)?", target) for target in targets)
    fitting = {f"{match[1]}:{match[2]}" for match in paths if match}
    return {index_of(each).digest for each in fitting if f"{reference.registry}/{name}" in each}


def unchecked_of(document: dict[str, Any]) -> Counter[str]:
    return Counter(each["reason"] for each in document.get("unchecked", ()))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_registry(vector: dict[str, Any], tmp_path: Path) -> None:
    expect = vector["expect"]
    patterns = names_of(vector)
    references = map(_reference, patterns)
    names = {f"{each.repository}:{each.tag}" for each in references}
    with serve(vector["hosts"], names, as_asked=vector.get("digests") == "as asked") as registries:
        hosts = {name: each.words["self"].removeprefix("http://") for name, each in registries.items()}
        images = [re.sub(r"\{(\w+)\}", lambda match: hosts[match[1]], pattern) for pattern in patterns]
        done = run(vector, images, hosts, tmp_path)
    targets = asked(registries.values())
    said = f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    assert done.returncode in expect.get("exit_in", [expect.get("exit")]), said
    assert "Traceback" not in done.stderr
    digests = resolved(vector, done.stdout, tmp_path)
    assert len(digests) == expect["resolved"], said
    for image, digest in digests.items():
        assert digest in right_digests(image, vector, targets)
    if "unchecked" in expect or "unchecked_total" in expect:
        unchecked = unchecked_of(json.loads(done.stdout))
        assert unchecked.total() == expect.get("unchecked_total", unchecked.total())
        assert unchecked == expect.get("unchecked", unchecked)
    _requests(expect, list(registries.values()), targets)
    _texts(expect, done.stdout, targets, hosts)


def _reference(pattern: str) -> Any:
    return parse(re.sub(r"\{\w+\}", "registry.test", pattern)).by_tag()


def _requests(expect: dict[str, Any], registries: list[Registry], targets: list[str]) -> None:
    heads = sum(each.methods["HEAD"] for each in registries)
    assert heads == expect.get("heads", heads)
    assert len(targets) <= expect.get("requests", len(targets))
    assert sum(each.tokens for each in registries) <= expect.get("tokens", len(targets))
    assert max(each.most_in_flight for each in registries) <= expect.get("in_flight", 1000)


def _texts(expect: dict[str, Any], stdout: str, targets: list[str], hosts: dict[str, str]) -> None:
    assert len(stdout.splitlines()) <= expect.get("lines", 10**6), stdout
    for pattern in expect.get("says", ()):
        for name, authority in hosts.items():
            pattern = pattern.replace(f"{{{name}}}", re.escape(authority))
        assert re.search(pattern, stdout), stdout
    for pattern in expect.get("seen", ()):
        assert any(re.fullmatch(pattern, target) for target in targets), targets
    for pattern in expect.get("not_seen", ()):
        assert not any(re.search(pattern, target) for target in targets), targets
