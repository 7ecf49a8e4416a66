"""A real repository's Dockerfiles and Compose files against a real registry, from unpinned to clean."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dockerfile
import pytest
from ruamel.yaml import YAML

from tests.support.distribution import Distribution
from tests.support.images import multi_platform
from tests.support.push import Pusher
from tests.support.skopeo import Skopeo

DIGEST = re.compile(rb"@sha256:[0-9a-f]{64}")
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "awesome-compose"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository"),
]


class Pinned(NamedTuple):
    """The corpus before and after `pinner pin`, with what the command said."""

    before: Path
    after: Path
    mirror: str
    digests: dict[str, str]
    run: subprocess.CompletedProcess[bytes]


def pinner(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "pinner", *arguments], cwd=cwd, capture_output=True, check=False)


def files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)


def wanted_in_dockerfile(path: Path) -> Iterator[str]:
    """What BuildKit's own parser says that a Dockerfile of the corpus pulls. None of them uses an ARG in FROM."""
    text = path.read_text()
    if syntax := re.match(r"# *syntax *= *(\S+)", text):
        yield syntax[1]
    stages: set[str] = {"scratch"}
    for command in dockerfile.parse_string(text):
        if command.cmd.lower() == "from":
            if command.value[0] not in stages:
                yield command.value[0]
            stages.update(name.lower() for name in command.value[2:])
        for flag in command.flags:
            name, _, value = flag.partition("=")
            if name == "--from" and value.lower() not in stages:
                yield value


def wanted_in_compose(path: Path) -> Iterator[str]:
    """The images of services that do not build, by a plain load of the YAML."""
    for service in services(path).values():
        if "image" in service and "build" not in service:
            yield service["image"]


def services(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_bytes())["services"]
    return loaded


def wanted(folder: Path) -> Counter[tuple[str, str]]:
    """Every reference that pinner should find, with the file that holds it."""
    found: Counter[tuple[str, str]] = Counter()
    for path in files(folder):
        read = wanted_in_compose if path.suffix in (".yaml", ".yml") else wanted_in_dockerfile
        found.update((str(path), reference) for reference in read(folder / path))
    return found


def place_of(reference: str) -> tuple[str, str]:
    """The repository and the tag at a registry that mirrors all others; every host's path is its own there."""
    name, _, tag = reference.partition(":")
    first, slash, rest = name.partition("/")
    if not slash:
        return f"library/{name}", tag or "latest"
    return (rest if "." in first else name), tag or "latest"


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory, registry: Distribution, push: Pusher) -> Pinned:
    """A copy of the corpus, pinned, with a multi-platform index for every image that it names."""
    before, after = (tmp_path_factory.mktemp(name) / "project" for name in ("before", "after"))
    shutil.copytree(CORPUS, before)
    shutil.copytree(CORPUS, after)
    for path in files(after):
        (after / path).chmod(0o644)
    git(after, "init", "--quiet")
    git(after, "add", ".")
    digests = {}
    for reference in {reference for _, reference in wanted(before)}:
        repository, tag = place_of(reference)
        digests[reference] = push.push(repository, multi_platform(f"{repository}:{tag}"), tag)
    mirror = f"*={registry.url}"
    return Pinned(before, after, mirror, digests, pinner("pin", "--mirror", mirror, cwd=after))


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


def test_everything_is_written(pinned: Pinned) -> None:
    assert pinned.run.returncode == 0, pinned.run.stderr.decode()
    assert b"0 unchecked" in pinned.run.stderr


def test_what_should_be_pinned_is(pinned: Pinned) -> None:
    """Every reference has the digest of its index, and there is no digest anywhere else."""
    expected: Counter[tuple[str, str]] = Counter()
    for (path, reference), count in wanted(pinned.before).items():
        tagged = reference if ":" in reference else f"{reference}:latest"
        expected[path, f"{tagged}@{pinned.digests[reference]}"] += count
    assert wanted(pinned.after) == expected
    written = sum((pinned.after / path).read_bytes().count(b"@sha256:") for path in files(pinned.after))
    assert written == expected.total() > 100


def test_nothing_else_changed(pinned: Pinned) -> None:
    """Without the digests, and the tag where none was written, every line is as it was."""
    assert files(pinned.before) == files(pinned.after)
    for path in files(pinned.before):
        old, new = ((folder / path).read_bytes().split(b"\n") for folder in (pinned.before, pinned.after))
        bare = [DIGEST.sub(b"", line) for line in new]
        assert all(left in (right, right.replace(b":latest", b"")) for left, right in zip(old, bare, strict=True)), path


def test_git_sees_only_the_lines_of_references(pinned: Pinned) -> None:
    changed = [line for line in git(pinned.after, "diff", "-U0").splitlines() if re.match(rb"[-+](?![-+])", line)]
    assert all(re.search(rb"(?i)^.\s*(?:# *syntax *=|FROM |COPY --from=|image:)", line) for line in changed)
    assert sum(line.startswith(b"+") for line in changed) == sum(line.startswith(b"-") for line in changed) > 100


def test_skopeo_agrees(pinned: Pinned, registry: Distribution, skopeo: Skopeo) -> None:
    for reference, digest in pinned.digests.items():
        repository, tag = place_of(reference)
        assert skopeo.digest(f"{registry.host}/{repository}:{tag}") == digest


def test_a_second_run_changes_nothing(pinned: Pinned) -> None:
    before = {path: (pinned.after / path).read_bytes() for path in files(pinned.after)}
    run = pinner("pin", "--mirror", "*=http://127.0.0.1:9", cwd=pinned.after)
    assert run.returncode == 0
    assert {path: (pinned.after / path).read_bytes() for path in files(pinned.after)} == before


def test_check_is_clean(pinned: Pinned) -> None:
    # Three of its services build an image and do not say that nothing is to be pulled before: warnings, no errors.
    assert pinner("check", cwd=pinned.after).returncode == 0
    run = pinner("check", "--ignore", "pulled-before-build", cwd=pinned.after)
    assert (run.returncode, run.stdout) == (0, b"")
    assert pinner("check", cwd=pinned.before).returncode == 1


def test_services_that_build_are_untouched(pinned: Pinned) -> None:
    building = 0
    for path in files(pinned.before):
        if path.suffix in (".yaml", ".yml"):
            after = services(pinned.after / path)
            for name, service in services(pinned.before / path).items():
                if "build" in service:
                    building += 1
                    assert after[name] == service
    assert building > 20


def test_unpin_restores_all_that_had_a_tag(pinned: Pinned, tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(pinned.after, copy)
    assert pinner("unpin", cwd=copy).returncode == 0
    for path in files(pinned.before):
        old = (pinned.before / path).read_bytes().split(b"\n")
        new = (copy / path).read_bytes().split(b"\n")
        assert all(left in (right, right.replace(b":latest", b"")) for left, right in zip(old, new, strict=True)), path
