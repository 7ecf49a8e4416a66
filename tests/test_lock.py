"""What the action installs is locked, by hash, and the lock is that of pyproject.toml."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "action/requirements.txt": PROJECT["project"]["dependencies"],
    "action/build-requirements.txt": PROJECT["build-system"]["requires"],
}
HINT = "`make lock` writes it anew"


class Locked(NamedTuple):
    requirement: Requirement
    hashes: list[str]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)


def read_lock(text: str) -> list[Locked]:
    """As pip reads it: a requirement with its hashes in one logical line."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    found = []
    for line in lines:
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        found.append(Locked(Requirement(requirement), hashes))
    return found


def problems(text: str, wanted: Iterable[str]) -> list[str]:
    """What is wrong with a lock of the requirements `wanted`. Of what is not installed here nothing more is known."""
    lock = {each.name: each for each in read_lock(text)}
    found = [f"{name} has no hash" for name, each in lock.items() if not each.hashes]
    found += [f"{name} is not fixed" for name, each in lock.items() if not _version(each)]
    reached: set[str] = set()
    waiting = [Requirement(each) for each in wanted]
    while waiting:
        asked = waiting.pop()
        if asked.marker and not asked.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(asked.name)
        if name not in lock:
            found.append(f"{name} is missing")
        elif not asked.specifier.contains(_version(lock[name]), prereleases=True):
            found.append(f"{name} is not {asked.specifier}")
        if name not in reached:
            reached.add(name)
            waiting += _requires(name)
    unknown = [name for name in reached if not _is_installed(name)]
    superfluous = {name for name, each in lock.items() if not each.requirement.marker} - reached
    return found if unknown else [*found, *(f"{name} is superfluous" for name in sorted(superfluous))]


def _version(locked: Locked) -> str:
    match = re.fullmatch(r"==([^*,]+)", str(locked.requirement.specifier))
    return match[1] if match else ""


def _is_installed(name: str) -> bool:
    try:
        requires(name)
    except PackageNotFoundError:
        return False
    return True


def _requires(name: str) -> list[Requirement]:
    return [Requirement(each) for each in (requires(name) or ())] if _is_installed(name) else []


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_is_that_of_pyproject(name: str) -> None:
    assert problems((ROOT / name).read_text(encoding="utf-8"), LOCKS[name]) == [], HINT


GOOD = "httpx==0.28.1 \\\n    --hash=sha256:00\n    # via pinner\n"


@pytest.mark.parametrize(
    ("text", "wanted", "problem"),
    [
        ("", ["nothing-of-that-name"], "nothing-of-that-name is missing"),
        ("pluggy==1.7.0\n", ["pluggy"], "pluggy has no hash"),
        ("pluggy>=1 --hash=sha256:00\n", ["pluggy"], "pluggy is not fixed"),
        ("pluggy==1.* --hash=sha256:00\n", ["pluggy"], "pluggy is not fixed"),
        ("pluggy==1.7.0 --hash=sha256:00\n", ["pluggy>=2"], "pluggy is not >=2"),
        ("pluggy==1.7.0 --hash=sha256:00\nidna==3.1 --hash=sha256:00\n", ["pluggy"], "idna is superfluous"),
        (GOOD, ["httpx"], "httpcore is missing"),
    ],
)
def test_the_comparison_can_fail(text: str, wanted: list[str], problem: str) -> None:
    assert problem in problems(text, wanted)


def test_the_action_installs_by_hash_alone() -> None:
    script = (ROOT / "action/install.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in script.splitlines() if re.match(r"(PYTHONPATH=\S+ )?install ", line)]
    assert len(installs) == len(LOCKS) + 1
    for name in LOCKS:
        assert [line for line in installs if f"/{name}" in line and "--require-hashes" in line and ":all:" in line]
    assert "--no-index" in installs[-1] and "--no-deps" in installs[-1] and "--no-build-isolation" in installs[-1]
