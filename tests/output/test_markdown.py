"""The summary for a job's page: hostile names form no markup, and tables stay tables."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pinner.model.changes import Change, Explanation, Kept, Provenance
from pinner.model.escaping import clean
from pinner.model.occurrence import Finding, Severity
from pinner.model.report import Report, Unchecked
from pinner.model.source import Location
from pinner.output import Style, load_format, markdown
from pinner.output._paths import relative
from tests.output import case
from tests.support.occurrences import DIGEST

WHERE = Location(1, 6, 1, 7)
ANYTHING = st.text(alphabet=st.characters(codec=None), min_size=1, max_size=20)
HOSTILE = st.text(alphabet="|`\\<>@#[]()!*_~&$ab:/.w\n ", min_size=1, max_size=30)


def cells(path: str = "f", message: str = "m") -> list[str]:
    """The cells of the only row of findings."""
    found = Finding("unpinned", Severity.ERROR, path, WHERE, "a", "FROM", message)
    text = load_format("markdown").render(case.CLEAN._replace(findings=(found,)), Style())
    (row,) = text.splitlines()[6:]
    assert row.startswith("| ")
    assert row.endswith(" |")
    return row[2:-2].split(" | ")


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("a|b", "a&#124;b"),
        ("a\\|b", "a&#92;&#124;b"),
        ("`code`", "&#96;code&#96;"),
        ("<img src=x>", "&#60;img src&#61;x&#62;"),
        ("[a](https://b)", "&#91;a&#93;&#40;https&#58;//b&#41;"),
        ("www.evil.example", "www&#46;evil.example"),
        ("@team and x/@team", "@&#8203;team and x/@&#8203;team"),
        (f"node@{DIGEST}", "node@sha256:aaaaaaaaaaaa"),
        ("see #1", "see &#35;&#8203;1"),
        ("a &amp; b", "a &#38;amp; b"),
        ("a\nb", "a&#92;nb"),
        ("**a** _b_ ~c~ $d$", "&#42;&#42;a&#42;&#42; &#95;b&#95; &#126;c&#126; &#36;d&#36;"),
    ],
)
def test_prose(message: str, written: str) -> None:
    assert cells(message=message)[-1] == written


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("a/Dockerfile", "`a/Dockerfile:1`"),
        ("<b>@all #1", "`<b>@all #1:1`"),
        ("a|b", "<code>a&#124;b:1</code>"),
        ("a`b", "<code>a&#96;b:1</code>"),
        (" a", "<code> a:1</code>"),
        ("a\nb", "<code>a&#92;nb:1</code>"),
    ],
)
def test_code(path: str, written: str) -> None:
    assert cells(path)[2] == written


@given(path=(ANYTHING | HOSTILE).filter(lambda path: "\0" not in path), message=ANYTHING | HOSTILE)
def test_a_row_stays_a_row(path: str, message: str) -> None:
    row = cells(path, message)
    assert len(row) == 4
    assert not any("|" in cell for cell in row)
    assert not re.search(r"[`<\[*]|(?<![A-Za-z0-9])@(?!&#8203;)", row[-1])
    assert unescape(row[-1]).replace("\u200b", "").isprintable()


@given(path=(ANYTHING | HOSTILE).filter(lambda path: "\0" not in path), message=ANYTHING | HOSTILE)
def test_rendered_it_is_the_text_and_no_markup(path: str, message: str) -> None:
    found = Finding("unpinned", Severity.ERROR, path, WHERE, "a", "FROM", message)
    text = load_format("markdown").render(case.CLEAN._replace(findings=(found,)), Style())
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    own = re.findall(
        r'<a href="https://digest-pinner\.github\.io/pinner/rules/unpinned/"><code>unpinned</code></a>', html
    )
    assert len(own) == html.count("<a ") == 1
    tags = {"a", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert set(re.findall(r"</?([a-z0-9]+)", html)) == tags
    place, said = (unescape(cell) for cell in re.findall(r"<td>(.*)</td>", html)[2:])
    assert place == f"<code>{clean(relative(path))}:1</code>"
    assert said.replace("\u200b", "") == clean(message).strip()


def test_clean_report_has_no_table() -> None:
    text = load_format("markdown").render(case.CLEAN, Style())
    assert text == "## pinner\n\n1 file, 2 references: 2 pinned, 0 findings, 0 unchecked.\n"


def test_long_tables_say_what_they_leave_out() -> None:
    changes = tuple(Change("f", WHERE, f"a:{number}", None, DIGEST) for number in range(markdown.MAX_ROWS + 3))
    text = load_format("markdown").render(Report(case.CLEAN.summary, changes=changes), Style())
    assert text.count("| none | `aaaaaaaaaaaa` |") == markdown.MAX_ROWS
    assert "\n\n… and 3 more.\n" in text


def test_an_image_has_one_row_whatever_the_number_of_its_places() -> None:
    image = f"a:1@{DIGEST}"
    places = [Location(line, 6, line, 7) for line in (1, 2, 3)]
    unchecked = tuple(Unchecked("f", where, image, "FROM", "not-read", "it is missing") for where in places)
    refused = tuple(Kept("f", where, image, "lost-platforms", "arm64", refused=True) for where in places)
    kept = tuple(Kept("f", where, image, "too-young", "wait") for where in places)
    report = Report(case.CLEAN.summary, unchecked=unchecked, kept=(*refused, *kept))
    site = "https://digest-pinner.github.io/pinner/"
    rows = [line for line in load_format("markdown").render(report, Style()).splitlines() if "places" in line]
    assert rows == [
        f"| unchecked | [`unchecked`]({site}files/#files-that-belong-together) | `f:1` (3 places) |"
        " a:1@sha256:aaaaaaaaaaaa could not be checked &#40;not-read&#41;: it is missing |",
        f"| error | [`refused-update`]({site}update/#why-a-pin-stays) | `f:1` (3 places) |"
        " a:1@sha256:aaaaaaaaaaaa is not updated &#40;lost-platforms&#41;: arm64 |",
        "| `f:1` (3 places) | `a:1@sha256:aaaaaaaaaaaa` | too-young: wait |",
    ]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [(DIGEST, f"sha256:{'b' * 64}", "unknown"), (None, DIGEST, "pinned"), (DIGEST, None, "unpinned")],
)
def test_no_change_is_without_a_reason(old: str | None, new: str | None, why: str) -> None:
    text = load_format("markdown").render(
        Report(case.CLEAN.summary, changes=(Change("f", WHERE, "a:1", old, new),)), Style()
    )
    assert f" | {why} |\n" in text


def explained(after: str, number: int = 0) -> Change:
    explanation = Explanation(why="version", before=Provenance("1"), after=Provenance(after), current=True)
    return Change("f", WHERE, f"a:{number}", DIGEST, f"sha256:{'b' * 64}", explanation=explanation)


def test_a_row_of_a_pull_request() -> None:
    text = load_format("markdown").render(Report(case.CLEAN.summary, changes=(explained("2"),)), Style())
    row = "| `a:0` | `aaaaaaaaaaaa` | `bbbbbbbbbbbb` | another version. version <code>1</code> → <code>2</code> |"
    assert row in text.splitlines()
    assert "nobody verified it" in text
    assert re.search(rf"<details>.*{DIGEST}.*</details>", text, re.DOTALL)


@given(st.text(min_size=1, max_size=200) | HOSTILE)
def test_the_publisher_writes_no_markup(words: str) -> None:
    text = load_format("markdown").render(Report(case.CLEAN.summary, changes=(explained(words),)), Style())
    (row,) = (line for line in text.splitlines() if line.startswith("| `a:0` | `a"))
    assert row.count("|") == 5
    cell = row.split("|")[4]
    html = MarkdownIt("js-default", {"linkify": False}).render(cell.replace("<code>", "").replace("</code>", ""))
    assert set(re.findall(r"<(\w+)", html)) == {"p"}
    assert not re.search(r"(?<![A-Za-z0-9])@(?!&#8203;)|(?<!&)#\d|://|\bwww\.", cell)


@pytest.mark.parametrize("places", [1, 30])
def test_it_fits_into_a_pull_request(places: int) -> None:
    """Hostile words grow tenfold by escaping."""
    changes = [
        explained("#" * 5000, number)._replace(path=f"{'x' * 100}/{place}/Dockerfile")
        for number in range(300)
        for place in range(places)
    ]
    findings = case.REPORT.findings * 200
    text = load_format("markdown").render(Report(case.CLEAN.summary, findings, changes=tuple(changes)), Style())
    assert 40_000 < len(text) <= markdown.MAX_LENGTH
    assert text.count("<details>") == text.count("</details>") <= 1
