"""The JSON documents are contracts: their keys, in order, and what the values mean."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinner.model.reference import parse
from pinner.model.report import FileFailure
from pinner.model.resolution import Resolved, Unresolved
from pinner.model.source import Edit, Span, apply_edits
from pinner.output import Style, listing, load_format
from tests.output import case
from tests.support.occurrences import DIGEST, occurrence

ROOT = Path(__file__).parents[2]
FINDING_KEYS = (
    "rule severity path line column end_line end_column text context message fix command url used_at"
).split()
CHANGE_KEYS = ("image old new places why before after compare_url platforms current tag_digest first_seen note").split()
REFERENCE_KEYS = (
    "path line column end_line end_column start end kind context also text registry repository tag digest opaque"
    " unwritable built used_at"
).split()


def check() -> dict[str, Any]:
    document = json.loads(load_format("json").render(case.REPORT, Style()))
    assert isinstance(document, dict)
    return document


def test_keys_of_check() -> None:
    document = check()
    assert list(document) == ["schema_version", "summary", "findings", "unchecked", "errors", "changes", "kept"]
    assert document["schema_version"] == 2
    counts = "files references pinned findings unchecked ignored known outdated excluded".split()
    counts += ["changed", "kept", "refused", "by_severity"]
    assert list(document["summary"]) == counts
    assert {tuple(finding) for finding in document["findings"]} == {tuple(FINDING_KEYS)}
    assert {tuple(item) for item in document["unchecked"]} == {("path", "line", "text", "reason", "detail")}
    assert {tuple(item) for item in document["errors"]} == {("path", "message")}
    place = ("path", "line", "column", "end_line", "end_column", "image")
    assert {tuple(item) for item in document["changes"]} == {tuple(CHANGE_KEYS)}
    assert {tuple(item["places"][0]) for item in document["changes"]} == {("path", "line")}
    assert {tuple(item["platforms"]) for item in document["changes"]} == {("added", "lost")}
    assert {tuple(item) for item in document["kept"]} == {(*place, "reason", "detail", "refused")}


def test_positions_are_code_points_of_the_files() -> None:
    for finding in check()["findings"]:
        line = case.REPORT.sources[finding["path"]].line_text(finding["line"])
        assert line[finding["column"] - 1 : finding["end_column"] - 1] == finding["text"]


def test_edits_are_bytes_of_the_files() -> None:
    data = case.COMPOSE.data
    edits = [
        edit
        for found in check()["findings"]
        if found["path"] == case.COMPOSE.path and found["fix"]
        for edit in found["fix"]["edits"]
    ]
    new = apply_edits(data, [Edit(Span(edit["start"], edit["end"]), edit["text"]) for edit in edits])
    assert new == data.replace(b"b" * 64, b"c" * 64).replace(b"a" * 64, b"c" * 64)


def test_the_line_of_an_error_leads_its_message() -> None:
    messages = [error["message"] for error in check()["errors"]]
    assert messages == ["line 7: unterminated heredoc", "permission denied"]


def test_keys_of_list() -> None:
    document = json.loads(listing.render_list(case.OCCURRENCES, (FileFailure("f", None, "m"),)))
    assert list(document) == ["schema_version", "references", "errors"]
    assert {tuple(reference) for reference in document["references"]} == {tuple(REFERENCE_KEYS)}
    assert document["errors"] == [{"path": "f", "message": "m"}]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("node:20", ("docker.io", "library/node", "20", None, None)),
        ("node", ("docker.io", "library/node", "latest", None, None)),
        (f"node@{DIGEST}", ("docker.io", "library/node", None, DIGEST, None)),
        (f"index.docker.io/a/b:1@{DIGEST}", ("docker.io", "a/b", "1", DIGEST, None)),
        ("a b", (None, None, None, None, "invalid reference format")),
    ],
)
def test_names_in_list(text: str, name: tuple[str | None, ...]) -> None:
    (reference,) = json.loads(listing.render_list([occurrence(text)], ()))["references"]
    assert tuple(reference[key] for key in ("registry", "repository", "tag", "digest", "opaque")) == name


def test_keys_of_resolve() -> None:
    document = json.loads(listing.render_resolve(case.ANSWERS, case.NO_ANSWERS))
    assert list(document) == ["schema_version", "references", "unchecked"]
    keys = ["reference", "registry", "repository", "tag", "digest", "media_type", "platforms"]
    assert [list(reference) for reference in document["references"]] == [keys, keys]
    assert [list(item) for item in document["unchecked"]] == [["reference", "reason", "detail"]]


def test_answers_and_failures_are_sorted_out() -> None:
    body = (ROOT / "pinner/demo/manifests/ubuntu-20.04.index.json").read_bytes()
    index, manifest = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"
    references = {text: parse(text) for text in ("ubuntu:20.04", "node:20", "gone:1")}
    resolutions = {
        "ubuntu:20.04": Resolved(references["ubuntu:20.04"], DIGEST, index, body),
        "node:20": Resolved(references["node:20"], DIGEST, manifest),
        "gone:1": Unresolved(references["gone:1"], "not-found", "there is no such tag"),
    }
    answers, failures = listing.sort_out(references, resolutions)
    assert [(answer.text, answer.media_type) for answer in answers] == [("ubuntu:20.04", index), ("node:20", manifest)]
    assert "linux/amd64" in answers[0].platforms
    assert answers[1].platforms == ()
    assert failures == [listing.UnresolvedText("gone:1", "not-found", "there is no such tag")]
