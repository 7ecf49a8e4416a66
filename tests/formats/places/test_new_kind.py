"""A kind of its own is one row of the table: here one is added, and everything else follows."""

import re
from pathlib import Path

import pytest

from pinner.formats import file_patterns, kind_names, places
from pinner.formats.places import page, reader, table
from pinner.formats.places.table import Claim, Form, Kind
from pinner.formats.places.table import Path as ImagePath
from pinner.model.reference import parse
from tests.support.pinning import digest_of
from tests.support.trees import FileTree

ROW = Kind(
    name="concourse",
    files=("*.pipeline.yml",),
    claim=Claim(has=("jobs", "resources")),
    paths=(ImagePath("jobs[].plan[].image", Form.REFERENCE),),
)
TEXT = "resources: []\njobs:\n- plan:\n  - image: a/b:1\n"


@pytest.fixture
def new_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (table, reader, page):
        monkeypatch.setattr(module, "KINDS", (ROW, *table.KINDS))


@pytest.mark.usefixtures("new_kind")
def test_a_row_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = FileTree(tmp_path, {"ci/x.pipeline.yaml": TEXT, "ci/x.yaml": TEXT}, monkeypatch)
    (row,) = tree.references()["ci/x.pipeline.yaml"]
    assert (row["kind"], row["context"], row["text"]) == ("concourse", "jobs[0].plan[0].image", "a/b:1")
    tree.run("pin")
    assert tree.texts() == {
        "ci/x.pipeline.yaml": TEXT.replace("a/b:1", f"a/b:1@{digest_of(parse('a/b:1'))}"),
        "ci/x.yaml": TEXT,
    }


@pytest.mark.usefixtures("new_kind")
def test_settings_hooks_and_documentation_follow() -> None:
    assert "concourse" in kind_names()
    assert re.search(file_patterns(), "ci/x.pipeline.yml")
    assert "## concourse\n" in page.page()
    assert re.search(places.FILES, "ci/x.pipeline.yml")
