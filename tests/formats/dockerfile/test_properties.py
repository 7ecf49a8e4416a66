"""What holds for every Dockerfile: for generated ones, for damaged ones, and for bytes of any kind."""

import re
from collections.abc import Sequence

import dockerfile  # type: ignore[import-not-found]
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pinner.formats import DOCKERFILE
from pinner.formats.dockerfile.instructions import Division, Malformed, divide
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Occurrence
from pinner.model.reference import Reference, parse
from pinner.model.source import Source
from tests.support.dockerfiles import statements
from tests.support.generated import TAGGED, Generated, Place, dockerfiles
from tests.support.occurrences import digest_span, insertion
from tests.support.pinning import DIGEST, pinned, unpinned

WRITTEN = f"@{DIGEST}".encode()


def source_of(data: bytes) -> Source:
    return Source("Dockerfile", data)


def occurrences(data: bytes) -> Sequence[Occurrence]:
    return DOCKERFILE.read(source_of(data)).occurrences


def pin(data: bytes) -> bytes:
    return pinned(source_of(data), DOCKERFILE)


def with_digests(data: bytes) -> bytes:
    """The file with digests inserted at the places that its occurrences name, and every other byte as it was."""
    pieces: list[bytes] = []
    at = 0
    for each in sorted(occurrences(data), key=lambda each: insertion(each) or 0):
        if insertion(each) is not None and isinstance(each.target, Reference):
            pieces += data[at : insertion(each)], b"" if each.target.tag else b":latest", WRITTEN
            at = insertion(each)
    return b"".join([*pieces, data[at:]])


# Generated Dockerfiles.


@given(dockerfiles() | dockerfiles(kinds=("bare trigger",)) | dockerfiles(kinds=("heredoc",)))
def test_every_place_is_found_and_nothing_else(generated: Generated) -> None:
    reading = DOCKERFILE.read(source_of(generated.data))
    assert reading.problems == ()
    assert [Place(each.context, each.text) for each in reading.occurrences] == generated.places
    for each in reading.occurrences:
        image = each.text.removeprefix("${none:-").removesuffix("}")
        assert each.target == parse(image)
        assert each.unwritable is None


@given(dockerfiles())
def test_pinning_pins_every_place(generated: Generated) -> None:
    digests = [each.target.digest for each in occurrences(pin(generated.data)) if isinstance(each.target, Reference)]
    assert digests == [DIGEST] * len(generated.places)


@given(dockerfiles())
def test_pinning_a_second_time_changes_nothing(generated: Generated) -> None:
    once = pin(generated.data)
    assert pin(once) == once


@given(dockerfiles(images=TAGGED))
def test_unpinning_undoes_pinning(generated: Generated) -> None:
    assert unpinned(source_of(pin(generated.data)), DOCKERFILE) == generated.data


@given(dockerfiles())
def test_nothing_but_digests_is_written(generated: Generated) -> None:
    assert pin(generated.data) == with_digests(generated.data)


@given(dockerfiles())
def test_the_pinned_file_reads_the_same_but_for_digests(generated: Generated) -> None:
    before, after = source_of(generated.data), source_of(pin(generated.data))
    assert DOCKERFILE.open(after).outline() == DOCKERFILE.open(before).outline()
    for old, new in zip(occurrences(before.data), occurrences(after.data), strict=True):
        assert isinstance(old.target, Reference)
        assert new.target == old.target.by_tag()._replace(digest=DIGEST)
        assert (new.context, new.platform) == (old.context, old.platform)


@given(dockerfiles())
def test_the_bytes_of_a_span_are_the_text(generated: Generated) -> None:
    for each in occurrences(generated.data):
        written = generated.data[slice(*each.span)].decode()
        for end in ("\\\r\n", "`\r\n", "\\\n", "`\n"):
            written = written.replace(end, "")
        assert written == each.text


# BuildKit's own parser, as the package `dockerfile` brings it. It is of version 0.12, and knows neither
# `<< EOF` with a space nor the directive `check`.


# What it refuses in instructions whose arguments pinner does not read.
_OF_NO_INTEREST = re.compile("must have two arguments|can't find = in|JSON array")


def of_buildkit(text: str) -> list[tuple[str, int, int]] | None:
    """Instructions with their lines; None where the parser refuses."""
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        assume(not _OF_NO_INTEREST.search(str(error)))
        return None
    return [(_name(each.cmd or ""), each.start_line, each.end_line) for each in commands]


def of_pinner(text: str) -> list[tuple[str, int, int]] | None:
    division = divided(text)
    return division and [(_name(each.name), each.lines.first, each.lines.end) for each in statements(division)]


def divided(text: str) -> Division | None:
    try:
        return divide(Text.of_bytes(text.encode()))
    except Malformed:
        return None


def _name(keyword: str) -> str:
    return keyword.upper() if keyword.isascii() else "not ASCII"


@given(dockerfiles() | dockerfiles(kinds=("heredoc", "bare trigger")))
def test_buildkit_sees_the_same_instructions(generated: Generated) -> None:
    text = generated.data.decode()
    assert of_pinner(text) == of_buildkit(text)


@given(dockerfiles())
def test_buildkit_sees_the_same_stages(generated: Generated) -> None:
    text = generated.data.decode()
    expected = [list(each.value) for each in dockerfile.parse_string(text) if each.cmd.upper() == "FROM"]
    assert [[str(word) for word in words] for words in _from_words(text)] == expected


def _from_words(text: str) -> list[list[Text]]:
    division = divided(text)
    assert division is not None
    return [each.words for each in statements(division) if each.name == "FROM"]


LINES = [
    line.replace("/", "\n")
    for line in (
        "FROM a/|FROM a AS b/|from  b/|RUN x \\/|RUN x/|# c/|  # c/|/| \t/|\\/|`/|\r/|  y/|\\\\/|\\ /|x \\\r/|#|\\"
        '|RUN <<E/|RUN <<-E/|RUN <<E <<F/|RUN 3<<E/|RUN <<\'E\'/|RUN <<"E"/|RUN <<<E/|RUN x<<E/|RUN \\<<E/|RUN <<""/'
        "|RUN echo à<<E/|RUN x\\/<<E/|RUN ['<<E']/|RUN [\"<<E\"]/|RUN $(x <<E)/|RUN --mount=from=x <<E/"
        "|RUN <<FROM/|RUN <<'FROM a'/|COPY <<\"FROM a\" x/|RUN <<FROM\\ a/|RUN <<-FROM/|RUN <<FROM <<-E/"
        "|ADD 3<<F'RO'M x/|RUN <<\\F\\ROM/|RUN <<FROM'' \\/|FROM/|\tFROM/|FROM /|FROM a /|'FROM a'/"
        "|ONBUILD COPY <<FROM x/"
        "|ONBUILD RUN <<E/|COPY <<E x/|CMD <<E/|<<E/|E/|E /|\tE/|F/|ONBUILD |LABEL a='/|COPY --from=x a b/"
        "|# escape=`/|# syntax=x/|\"|'|$|{|}|${X:-|é/|à|\xa0|\x0b|\x0c|\u2028|\x85"
    ).split("|")
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(LINES), max_size=9).map("".join))
@example("ONBUILD \u2028RUN <<E\nx\nE")
def test_buildkit_sees_the_same_in_any_lines(text: str) -> None:
    assert of_pinner(text) == of_buildkit(text)


# Damaged Dockerfiles, and bytes that are none.

_DAMAGE = st.sampled_from(
    [
        b"",
        b"\n",
        b"\\\n",
        b"'",
        b'"',
        b"$",
        b"${",
        b"}",
        b"<<E",
        b"\x00",
        b"\xff",
        b"\xe9",
        b"@",
        b":",
        b"#",
        b"FROM ",
        b",",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(dockerfiles()).data
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(_DAMAGE) + data[at + draw(st.integers(0, 5)) :]
    return data


def check_any(data: bytes) -> None:
    """What holds for anything: it is read, every span is in the file, and pinning it is safe and final."""
    reading = DOCKERFILE.read(source_of(data))
    for each in reading.occurrences:
        assert 0 <= each.span.start < each.span.end <= len(data)
        assert insertion(each) is None or digest_span(each) is None
        assert isinstance(each.target, Reference) or (insertion(each), digest_span(each)) == (None, None)
        assert each.unwritable is None or insertion(each) is None
    once = pin(data)
    assert once == (data if reading.problems else with_digests(data))
    assert pin(once) == once


@settings(max_examples=200)
@given(damaged())
def test_damaged_files(data: bytes) -> None:
    check_any(data)


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    check_any(data)


@given(st.lists(st.sampled_from([*LINES, "ARG a=b\n", "ARG b=$a\n", "FROM $b\n", "FROM ${b:-$a}\n"])).map("".join))
def test_any_lines(text: str) -> None:
    check_any(text.encode())


@given(st.text(alphabet="${}:-+?#%/\\'\"abc@*", max_size=40))
def test_any_expression(expression: str) -> None:
    check_any(f"ARG a=b:1\nARG b=${{a}}\nFROM x{expression}\nFROM {expression}\n".encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@given(generated=dockerfiles())
@settings(max_examples=10)
def test_other_encodings_are_a_problem(encoding: str, generated: Generated) -> None:
    data = generated.data.decode().encode(encoding)
    assert DOCKERFILE.read(source_of(data)).problems
    assert pin(data) == data
