"""Whatever stands in the files: only digests are written, once, and unpinning takes them away again."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML, SafeConstructor, ScalarNode, SequenceNode

from pinner.formats import Places
from pinner.model.occurrence import edit_of
from pinner.model.reference import Reference
from pinner.model.source import Source, apply_edits
from tests.formats.places.tables import TABLES
from tests.formats.places.test_tables import without_marks
from tests.support.pinning import DIGEST, pinned, unpinned

TEXTS = [
    (table.path, without_marks(text))
    for table in TABLES.values()
    for text in (*table.changes, *table.listed, *table.nothing)
]
KEYS = sorted(
    """apiVersion bases clone components container containers default definitions digest docker ephemeralContainers
    executors image imageTag images initContainers items jobs kind mainImage name newName newTag pipelines pipe
    reference registry repository resources runs script services sidecars spec step stepTemplate steps tag template
    templates uses values variables volumes""".split()
)
SCALARS = st.sampled_from(
    ["a/b:1", "a", "a/b", "node:20", f"a:1@{DIGEST}", "quay.io/a/b:v1", "docker://a:1", "", None, 1, 1.5, True, "1",
     "v1", "ä/b:1", "a b", "${A}", "{{ x }}", "sha256:1", DIGEST, "HelmRelease", "Pod", "tekton.dev/v1",
     "helm.toolkit.fluxcd.io/v2", "argoproj.io/v1alpha1", "Workflow", "List", "x: y", "a:latest"]
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    st.sampled_from(KEYS),
    st.recursive(
        SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=5)
    ),
    min_size=1,
    max_size=6,
)
PATHS = st.sampled_from([table.path for table in TABLES.values()])
PIECES = st.sampled_from(
    [" ", "\n", "\n  ", "- ", ": ", "#", " # x", "'", '"', "\\", "\t", "\r\n", "{", "}", "[", "]", ",", "&a ", "*a",
     "image: a:1", "<<: *a", "---\n", "|\n", ">-\n", "!!str ", "ä", "\ufeff", ":latest", "@", "//", "/*", "*/"]
)  # fmt: skip


def block_style(value: Any, indent: str = "") -> str:
    """The value in block style, with its scalars in the styles that JSON has."""
    if isinstance(value, dict) and value:
        lines = (f"{indent}{key}:{_below(each, indent)}" for key, each in value.items())
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{indent}-{_below(each, indent)}" for each in value)
    return f"{indent}{json.dumps(value, ensure_ascii=False)}"


def _below(value: Any, indent: str) -> str:
    if isinstance(value, dict | list) and value:
        return f"\n{block_style(value, indent + '  ')}"
    if isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9/:.]*[a-z0-9]", value):
        return f" {value}"
    return f" {json.dumps(value, ensure_ascii=False)}"


class AnyTag(SafeConstructor):
    """Loads what has a tag of its own, such as GitLab's, as if it had none."""

    def construct_undefined(self, node: Any) -> Any:
        if isinstance(node, ScalarNode):
            return self.construct_scalar(node)
        return self.construct_sequence(node) if isinstance(node, SequenceNode) else self.construct_mapping(node)


AnyTag.add_constructor(None, AnyTag.construct_undefined)


def values_of(path: str, data: bytes) -> list[Any]:
    """The documents as ruamel.yaml loads them; HCL as it is, but for what pinner writes."""
    if path.endswith(".hcl"):
        return [data.decode().replace(f"@{DIGEST}", "").replace(":latest", "")]
    if path.endswith(".json"):
        from pinner.formats.places.comments import as_yaml

        data = as_yaml(data)
    # ruamel.yaml takes no tab before a token; what pinner reads has a space for each.
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = AnyTag
    yaml.composer.warn_double_anchors = False
    return list(yaml.load_all(data.replace(b"\t", b" ").decode()))


def without_digests(value: Any) -> Any:
    """The value without digests and without `:latest`."""
    match value:
        case dict():
            return {key: without_digests(each) for key, each in value.items()}
        case list():
            return [without_digests(each) for each in value]
        case str():
            # A patch is a string in which references stand.
            return re.sub(rf"(:latest)?@{DIGEST}|^{DIGEST}$|:latest(?![\w.-])", "", value)
    return value


def check(path: str, text: str) -> None:
    source = Source(path, text.encode())
    reading = Places().read(source)
    for each in reading.occurrences:
        assert 0 <= each.span.start <= each.span.end <= len(source.data)
    if reading.problems:
        return
    after = pinned(source, Places())
    written = [
        each for each in reading.occurrences
        if each.place and isinstance(each.target, Reference) and each.target.digest is None
    ]  # fmt: skip
    assert after == apply_edits(source.data, [edit_of(each, DIGEST) for each in written])
    assert len(after) == len(source.data) + sum(len(edit_of(each, DIGEST).text) for each in written)
    assert pinned(Source(path, after), Places()) == after
    if written:
        assert without_digests(values_of(path, after)) == without_digests(values_of(path, source.data))
    if f"{DIGEST}" not in text:
        assert unpinned(Source(path, after), Places()).replace(b":latest", b"") == source.data.replace(b":latest", b"")
    else:
        unpinned(Source(path, after), Places())


@given(PATHS, st.lists(DOCUMENTS, min_size=1, max_size=2))
def test_any_document(path: str, documents: list[dict[str, Any]]) -> None:
    check(path, "\n---\n".join(map(block_style, documents)) + "\n")
    check(path, "\n---\n".join(map(json.dumps, documents)))


@given(st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 4), PIECES), max_size=4))
def test_any_mutation(case: tuple[str, str], changes: list[tuple[int, int, str]]) -> None:
    path, text = case
    for at, length, piece in changes:
        at %= len(text) + 1
        text = text[:at] + piece + text[at + length :]
    check(path, text)
