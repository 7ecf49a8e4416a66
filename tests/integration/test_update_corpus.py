"""An update of a real repository after half of its tags have moved."""

import re
import shutil
from pathlib import Path

import pytest

from pinner.model.reference import parse
from tests.support import images
from tests.support.command import pinner
from tests.support.embedded import Embedded
from tests.support.shelves import EmbeddedShelf

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "awesome-compose"
PIN = re.compile(rb"(?P<name>[\w./-]+):(?P<tag>[\w.-]+)@(?P<digest>sha256:[0-9a-f]{64})")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repository"),
]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_exactly_the_digests_of_the_tags_that_moved_change(embedded_registry: Embedded, tmp_path: Path) -> None:
    project = shutil.copytree(CORPUS, tmp_path / "project")
    for path in contents(project):
        path.chmod(0o644)
    shelf = EmbeddedShelf(embedded_registry)
    asking = ("--mirror", embedded_registry.mirror, "--format", "json")
    places = pinner("list", "--format", "json", project).document["references"]
    tags = sorted(
        {(place["repository"], place["tag"]) for place in places if place["repository"] and not place["built"]}
    )
    for repository, tag in tags:
        shelf.put(repository, images.multi_platform(f"{repository}:{tag} before"), tag)
    assert pinner("pin", *asking, project).document["changes"]
    pinned = contents(project)
    assert pinner("update", *asking, project).document["changes"] == []
    assert contents(project) == pinned

    moved = tags[::2]
    new = {each: shelf.put(each[0], images.multi_platform(f"{each[0]}:{each[1]} after"), each[1]) for each in moved}

    def expected(match: re.Match[bytes]) -> bytes:
        reference = parse(f"{match['name'].decode()}:{match['tag'].decode()}")
        digest = new.get((reference.repository, reference.tag or ""))
        return match[0].replace(match["digest"], digest.encode()) if digest else match[0]

    changes = pinner("update", *asking, project).document["changes"]
    assert contents(project) == {path: PIN.sub(expected, data) for path, data in pinned.items()}
    assert {each["new"] for each in changes} == set(new.values())
    assert len(moved) > 10
    assert len(changes) >= len(moved)
