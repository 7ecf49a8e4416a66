"""`.env` as compose-go reads it: its own answers are the oracle."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.formats.dotenv import open as open_dotenv
from pinner.formats.dotenv import read
from pinner.formats.dotenv.reader import DotenvReader
from pinner.formats.variables.expansion import COMPOSE, LITERAL, ExpansionError
from pinner.formats.variables.scope import Scope
from pinner.model.occurrence import Occurrence, Place
from pinner.model.reference import parse
from pinner.model.source import Source, Span
from tests.support.compose_go import compose
from tests.support.pinning import DIGEST

VALUES = {
    "plain": ("A=1", {"A": "1"}),
    "exported": ("export A=1", {"A": "1"}),
    "exported after a tab": ("export\tA=1", {"A": "1"}),
    "colon": ("A: 1", {"A": "1"}),
    "spaces": ("A = 1 ", {"A": "1"}),
    "empty": ("A=\nB=2", {"A": "", "B": "2"}),
    "comment": ("# A=0\nA=1 # one", {"A": "1"}),
    "no comment": ("A=1#one", {"A": "1#one"}),
    "single quotes": ("A='1 # $B'", {"A": "1 # $B"}),
    "double quotes": ('A="1 # x" # y', {"A": "1 # x"}),
    "escapes": ('A="a\\nb\\"c\\\\d"', {"A": 'a\nb"c\\d'}),
    "escaped dollar": ('A=1\nB="\\$A"', {"A": "1", "B": "$A"}),
    "escaped quote": ("A='a\\'b'", {"A": "a'b"}),
    "several lines": ('A="a\nb"\nC=1', {"A": "a\nb", "C": "1"}),
    "carriage returns": ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
    "byte-order mark": ("\ufeffA=1", {"A": "1"}),
    "value in a value": ("A=1\nB=${A}.2\nC=$B", {"A": "1", "B": "1.2", "C": "1.2"}),
    "default in a value": ("A=${X:-1}", {"A": "1"}),
    "twice": ("A=1\nA=2", {"A": "2"}),
    "name with dots": ("A.B-C=1", {"A.B-C": "1"}),
    "two on a line after quotes": ("A='1' B=2", {"A": "1", "B": "2"}),
}
REFUSED = {
    "space in a name": "A B=1",
    "quote without an end": 'A="1\nB=2',
    "sign in a name": "A!=1",
    "quotes round a name": '"A"=1',
    "not UTF-8": b"A=\xff",
    "variable without an end": "A=${B",
}
UNCHANGED = [
    *("", "\n", "# A=nginx:1", "A", "A\nB", "export A", "A=", "A= # nginx", "A=''", 'A=""', "=1", "A=$B", "A=x y"),
    *("A=1\n\n\n", " \t\n", "A=${B:-x}", "A=#", "A='#'", "A=x#y", "A=$$", "A='$B'", "A=\\n", "A=é", "Ä=1"),
]


def reader_of(text: str | bytes) -> DotenvReader:
    return open_dotenv(Source(".env", text if isinstance(text, bytes) else text.encode()))


def values(reader: DotenvReader) -> dict[str, str | None] | None:
    """What Compose takes from a file, None where it refuses it; a value is None where it is open."""
    scope, found = Scope(COMPOSE), dict[str, str | None]()
    for name, value, expands, _ in reader.assignments:
        if value is not None:
            try:
                scope.declare(name, value, COMPOSE if expands else LITERAL)
            except ExpansionError:
                return None
            found[name] = scope.value_of(name)
    return None if reader.problem else found


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    text, expected = VALUES[name]
    assert values(reader_of(text)) == expected


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_compose_refuses(text: str | bytes) -> None:
    assert values(reader_of(text)) is None


@pytest.mark.parametrize("text", UNCHANGED)
def test_nothing_is_said_of_a_file_by_itself(text: str) -> None:
    reading = read(Source(".env", text.encode()))
    assert (reading.occurrences, reading.problems) == ((), ())


def test_the_span_of_a_value_lies_inside_its_quotes() -> None:
    for text in ("A=nginx:1 # x", 'export A="nginx:1" # x', "A='nginx:1'\r\n", "\ufeffA=nginx:1"):
        (assignment,) = reader_of(text).assignments
        assert assignment.value is not None and assignment.value.run is not None
        start, end = assignment.value.run
        assert text.encode()[start:end] == b"nginx:1"


def test_the_outline_sees_all_but_digests() -> None:
    before = reader_of("A=nginx\nB=2\n")
    after = reader_of(f"A=nginx:latest@{DIGEST}\nB=2\n")
    start = len("A=nginx:latest@")
    where = Source("x", b"A=nginx").locate(Span(2, 7))
    kept = [
        Occurrence(".env", Span(2, 7), where, "nginx", parse("nginx"), "c", Place(".env", Span(*span)))
        for span in ((7, 7), (start, start + len(DIGEST)))
    ]
    assert before.outline((kept[0],)) == after.outline((kept[1],))
    assert before.outline((kept[0],)) != reader_of("A=nginx\nB=3\n").outline((kept[0],))


def test_comments_speak_of_the_assignment_below() -> None:
    reader = reader_of("# pinner: ignore[unpinned] why\nA=1\n# pinner: ignore[unpinned]\n\nB=2\n")
    assert [len(each.suppressions) for each in reader.assignments] == [1, 0]
    assert len(reader.read().suppressions) == 2


PARTS = st.sampled_from(
    [
        *(
            "A",
            "B",
            "=",
            "=",
            "\n",
            "\n",
            " ",
            "#",
            '"',
            "'",
            "\\",
            "\\n",
            '\\"',
            "$A",
            "${B}",
            "${A:-x}",
            "$$",
            "export ",
        ),
        *("x", ":", "1", ".", "-", "\t", "\r\n", "é", '"x"', "'y'", "\\$A", "\\0101"),
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PARTS, max_size=14).map("".join))
def test_compose_reads_the_same(tmp_path: Path, text: str) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    (tmp_path / ".env").write_bytes(text.encode())
    theirs, ours = compose(tmp_path, "config", "--environment"), values(reader_of(text))
    assert (theirs is None) == (ours is None)
    for name, value in (ours or {}).items():
        if theirs is not None and value is not None and name and not name[0].isdigit():
            assert f"\n{name}={value}\n" in f"\n{theirs}\n"
