"""Generated Compose files: what is read equals what a plain YAML load says, and edits change digests alone."""

import io
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pinner.formats.compose import open as open_file
from pinner.formats.compose import read
from pinner.model.occurrence import Occurrence, Reading
from pinner.model.reference import Reference, parse
from pinner.model.source import Edit, Source, Span, apply_edits
from tests.support.occurrences import digest_span, insertion

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER_DIGEST = "sha256:" + "fedcba9876543210" * 4
NAMES = ["web", "db", "job", "a.b", "x-y", "é"]
IMAGES = ["node", "node:20", "app", "app:latest", "ghcr.io/a/b:1", "localhost:5000/c", f"node:20@{DIGEST}", "app:1"]

images = st.sampled_from(IMAGES)
noise = st.text(alphabet="aé😀 #:'\"\\-{}[],&*!|>%@`\t", max_size=12)
services = st.fixed_dictionaries(
    {},
    optional={
        "image": images | st.none(),
        "build": st.just(".") | st.none(),
        "pull_policy": st.sampled_from(["build", "always"]),
        "command": noise,
        "environment": st.dictionaries(st.sampled_from(["image", "A"]), noise, max_size=2),
        "volumes": st.lists(
            st.fixed_dictionaries({"type": st.sampled_from(["image", "bind"]), "source": images}), max_size=2
        ),
        "pre_start": st.lists(st.fixed_dictionaries({"command": noise}, optional={"image": images}), max_size=2),
    },
)


def outline(data: bytes) -> tuple[str, ...]:
    return open_file(Source("compose.yaml", data)).outline()


class Writer:
    """Writes values as YAML, each in a form that is drawn for it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def block(self, value: Any, indent: int, merges: str = "") -> str:
        """What follows a key: the value with a line break at its end."""
        end = self.pick("", "", " # image: x") + self.pick("\n", "\n", "\n\n", "\n  # note\n")
        if isinstance(value, str):
            return self.block_scalar(value, indent) or f" {self.scalar(value)}{end}"
        if value is None:
            return f"{self.pick('', ' ~', ' null')}{end}"
        if not (value or merges) or self.draw(st.booleans()):
            return f" {self.flow(value, merges)}{end}"
        pad = " " * indent
        if isinstance(value, list):
            return end + "".join(f"{pad}- {self.flow(item)}\n" for item in value)
        lines = [f"{pad}{self.scalar(key)}:{self.block(item, indent + 2)}" for key, item in value.items()]
        if merges:
            lines.insert(self.draw(st.integers(0, len(lines))), f"{pad}<<: {merges}\n")
        return end + "".join(lines)

    def flow(self, value: Any, merges: str = "") -> str:
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(item) for item in value) + "]"
        if isinstance(value, dict):
            pairs = [f"{self.scalar(key)}: {self.flow(item)}" for key, item in value.items()]
            return (
                "{"
                + self.pick(", ", ",\n          ").join(pairs + [f"<<: {merges}"] * bool(merges))
                + self.pick("}", " }")
            )
        return "null" if value is None else self.scalar(value)

    def scalar(self, value: str) -> str:
        if re.fullmatch(r"[a-zé]([a-zé0-9.:/@-]*[a-zé0-9./@-])?", value):
            style = self.pick("plain", "single", "double")
        else:
            style = self.pick("single", "double") if "\t" not in value else "double"
        match style:
            case "plain":
                return value
            case "single":
                return "'" + value.replace("'", "''") + "'"
            case _:
                return json.dumps(value, ensure_ascii=self.draw(st.booleans()) and value.isascii())

    def block_scalar(self, value: str, indent: int) -> str:
        """A literal or folded scalar, if the value allows one and one is drawn."""
        if not re.fullmatch(r"[a-zé][^\t]*[^ \t]", value) or self.draw(st.integers(0, 3)):
            return ""
        return (
            f" {self.pick('|-', '>-', '|2-', '>1-')}".replace("2", str(2)).replace("1-", "2-")
            + f"\n{' ' * indent}{value}\n"
        )


@st.composite
def compose_files(draw: st.DrawFn) -> bytes:
    """A file with up to two documents, fragments that services merge, and aliases."""
    documents = [_document(draw) for _ in range(draw(st.integers(1, 2)))]
    text = draw(st.sampled_from(["", "\ufeff", "---\n"])) + "---\n".join(documents)
    line_end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = text.replace("\n", line_end)
    return (text.rstrip("\r\n") if draw(st.booleans()) else text).encode()


def _document(draw: st.DrawFn) -> str:
    writer = Writer(draw)
    fragments = draw(st.lists(services, max_size=2))
    anchors = [f"*f{index}" for index in range(len(fragments))]
    text = ""
    for index, fragment in enumerate(fragments):
        text += f"x-{index}: &f{index}{writer.block(fragment, 2)}" if fragment else f"x-{index}: &f{index} {{}}\n"
    text += "services:\n"
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        merges = draw(st.sampled_from(["", *anchors, f"[{', '.join(anchors)}]"])) if anchors else ""
        text += f"  {writer.scalar(name)}:{writer.block(draw(services), 4, merges)}"
    return text


def loaded(data: bytes) -> list[dict[str, Any]]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return [document for document in YAML(typ="safe", pure=True).load_all(text.read()) if document]


def expected(data: bytes) -> list[tuple[str, str]]:
    """The images that services pull, by the plain values of the file."""
    layers = [(name, fields or {}) for document in loaded(data) for name, fields in document["services"].items()]
    names = {name for name, _ in layers}
    effective: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name, fields in layers:
        effective[name].update({key: value for key, value in fields.items() if value is not None})
    builds = {name for name, fields in effective.items() if "build" in fields or fields.get("pull_policy") == "build"}
    built = {_canonical(fields["image"]) for fields in effective.values() if "build" in fields and "image" in fields}
    found = []
    for name, fields in layers:
        candidates = [] if name in builds else [(f"services.{name}.image", fields.get("image"))]
        candidates += [
            (f"services.{name}.pre_start[{index}].image", hook.get("image"))
            for index, hook in enumerate(fields.get("pre_start") or ())
        ]
        candidates += [
            (f"services.{name}.volumes[{index}].source", volume["source"])
            for index, volume in enumerate(fields.get("volumes") or ())
            if volume["type"] == "image" and volume["source"] not in names
        ]
        found += [(context, image) for context, image in candidates if image and _canonical(image) not in built]
    return found


def _canonical(image: str) -> Reference:
    reference = parse(image)
    return reference if reference.digest else reference.by_tag()


def pulled(data: bytes) -> Reading:
    result = read(Source("compose.yaml", data))
    return result._replace(occurrences=tuple(each for each in result.occurrences if each.built is None))


def pinned(data: bytes, result: Reading, digest: str) -> bytes:
    edits = [edit for each in result.occurrences if each.built is None and (edit := _edit(each, digest)) is not None]
    return apply_edits(data, edits)


def _edit(occurrence: Occurrence, digest: str) -> Edit | None:
    if digest_span(occurrence) is not None:
        return Edit(digest_span(occurrence), digest)
    assert insertion(occurrence) is not None
    assert isinstance(occurrence.target, Reference)
    tag = "" if occurrence.target.tag else ":latest"
    return Edit(Span(insertion(occurrence), insertion(occurrence)), f"{tag}@{digest}")


@given(compose_files())
def test_the_images_are_those_of_a_plain_load(data: bytes) -> None:
    result = read(Source("compose.yaml", data))
    assert result.problems == ()
    images = expected(data)
    shown = [(each.context, each.text) for each in result.occurrences if each.built is None]
    # One place may be reached from several services: then it is listed for the first of them.
    assert set(shown) <= set(images)
    assert {text for _, text in shown} == {image for _, image in images}


@given(compose_files())
def test_spans_hold_the_text(data: bytes) -> None:
    source = Source("compose.yaml", data)
    for occurrence in read(source).occurrences:
        assert data[slice(*occurrence.span)].decode() == occurrence.text
        assert source.locate(occurrence.span) == occurrence.where


@given(compose_files())
def test_pinning_changes_digests_alone(data: bytes) -> None:
    before = pulled(data)
    edited = pinned(data, before, OTHER_DIGEST)
    after = pulled(edited)
    assert outline(edited) == outline(data)
    assert after.problems == ()
    assert [each.context for each in after.occurrences] == [each.context for each in before.occurrences]
    for old, new in zip(before.occurrences, after.occurrences, strict=True):
        assert isinstance(old.target, Reference)
        assert new.target == old.target._replace(
            tag=old.target.tag if old.target.digest else old.target.tag or "latest", digest=OTHER_DIGEST
        )
    assert pinned(edited, after, OTHER_DIGEST) == edited


@given(compose_files())
def test_a_digest_is_all_that_a_plain_load_sees_of_an_edit(data: bytes) -> None:
    edited = pinned(data, read(Source("compose.yaml", data)), DIGEST)
    assert _without_digests(loaded(edited)) == _without_digests(loaded(data))


def _without_digests(value: Any) -> Any:
    return json.loads(re.sub(rf"(:latest)?@{DIGEST}|:latest", "", json.dumps(value)))


@given(compose_files(), st.data())
def test_the_outline_sees_every_other_change(data: bytes, choice: st.DataObject) -> None:
    """Whatever byte of a value that is no digest changes, the outlines differ, or the file is no longer one."""
    before = read(Source("compose.yaml", data))
    at = choice.draw(st.integers(0, len(data) - 1))
    edited = data[:at] + b"q" + data[at + 1 :]
    after = read(Source("compose.yaml", edited))
    is_same = outline(edited) == outline(data)
    if is_same and not after.problems and before.occurrences:
        assert loaded(edited) == loaded(data)
