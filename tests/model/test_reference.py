"""References by the vectors of distribution/reference, and the properties that hold for all of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pinner.model.errors import InvalidReference
from pinner.model.reference import MAX_REPOSITORY_LENGTH, Reference, is_digest, parse

VECTORS = json.loads((Path(__file__).parents[1] / "data/reference.json").read_text())["cases"]
SHA256 = "sha256:" + "0123456789abcdef" * 4

_WORDS = st.sampled_from(["a", "node", "0", "2b", "f" * 64])
_COMPONENTS = st.builds(lambda one, between, two: one + between + two, _WORDS, st.sampled_from("._-"), _WORDS) | _WORDS
_REGISTRIES = st.sampled_from(
    ["docker.io", "quay.io", "localhost", "localhost:5000", "[::1]:5000", "Upper", "10.0.0.1"]
)
_REPOSITORIES = st.lists(_COMPONENTS, min_size=1, max_size=3).map(lambda parts: "/".join(parts)[:200].rstrip("/._-"))
_TAGS = st.text("aZ0_.-", max_size=8).map(lambda rest: f"1{rest}")
REFERENCES = st.builds(
    Reference,
    _REGISTRIES,
    _REPOSITORIES,
    st.none() | _TAGS,
    st.sampled_from([None, SHA256, "sha512:" + "0" * 128]),
)


def described(text: str) -> dict[str, Any]:
    """What pinner makes of `text`, as the vectors say it."""
    try:
        reference = parse(text)
    except InvalidReference as error:
        return {"in": text, "err": str(error)}
    by_tag = reference if reference.digest or reference.tag else reference.by_tag()
    written = {"tag": reference.tag, "digest": reference.digest}
    return {
        "in": text,
        "domain": reference.registry,
        "path": reference.repository,
        "full": str(reference),
        "familiar": reference.familiar,
        "tagonly": str(by_tag),
    } | {name: value for name, value in written.items() if value}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["in"][:40] for vector in VECTORS])
def test_vectors(vector: dict[str, Any]) -> None:
    assert described(vector["in"]) == vector


@given(REFERENCES)
def test_a_canonical_name_is_read_as_itself(reference: Reference) -> None:
    name = str(reference)
    if reference.registry == "docker.io" and "/" not in reference.repository:
        assert parse(name).repository == f"library/{reference.repository}"
    else:
        assert parse(name) == reference


@given(REFERENCES)
def test_the_familiar_name_is_the_same_image(reference: Reference) -> None:
    # distribution's own exceptions: a first part that looks like a registry, and 64 hexadecimal digits.
    assume("." not in reference.repository and len(reference.repository) < 64)
    canonical = parse(str(reference))
    assume(not canonical.repository.startswith("localhost/"))
    assert parse(canonical.familiar) == canonical


@given(REFERENCES)
def test_tag_and_digest_can_be_asked_for_alone(reference: Reference) -> None:
    assert reference.by_tag() == reference._replace(tag=reference.tag or "latest", digest=None)
    assert reference.by_digest() == reference._replace(tag=None)
    assert reference.name == f"{reference.registry}/{reference.repository}"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        reference = parse(text)
    except InvalidReference:
        return
    assert text.isascii()
    assert len(reference.repository) <= MAX_REPOSITORY_LENGTH


@pytest.mark.parametrize("text", ["a" * 100_000 + "!", "a." * 50_000 + "!/x", "a/" * 50_000 + "!", "a-" * 50_000])
def test_hostile_text_is_refused_without_backtracking(text: str) -> None:
    with pytest.raises(InvalidReference):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHA256, True),
        (SHA256.upper(), False),
        (SHA256.replace("a", "A"), False),
        (SHA256[:-1], False),
        (SHA256 + "0", False),
        (SHA256 + "\n", False),
        (" " + SHA256, False),
        (SHA256.removeprefix("sha256:"), False),
        ("sha512:" + "0" * 128, False),
        ("sha256:" + "٣" * 64, False),
        ("", False),
    ],
)
def test_is_digest(text: str, expected: bool) -> None:
    assert is_digest(text) is expected
