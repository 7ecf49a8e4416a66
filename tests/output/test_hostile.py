"""Arbitrary text at every place of a report, through every output."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.cli.reporting import rendered
from pinner.model.changes import Change, Explanation, Kept, Provenance
from pinner.model.escaping import harmless
from pinner.model.occurrence import Finding, Fix, Invalid, Occurrence, Opaque, Severity, Suppression
from pinner.model.reference import parse
from pinner.model.report import FileFailure, Report, Summary, Suppressed, Unchecked
from pinner.model.source import Edit, Location, Source, Span
from pinner.output import OUTPUTS, Style, listing, load_format, table
from tests.output.case import DIGEST
from tests.support.harm import HOSTILE, harms

TEXT = st.text(alphabet=st.characters(codec=None), max_size=12) | st.sampled_from(HOSTILE)
PATH = TEXT.map(lambda text: text.replace("\0", "").replace("\ud800", "") or "x")
OWN = re.compile(r"\x1b\[[0-9;]*m")
HERE = Location(1, 6, 1, 7)


@st.composite
def explanations(draw: st.DrawFn) -> Explanation:
    words = st.builds(Provenance, *(st.none() | TEXT for _ in Provenance._fields))
    why = draw(st.sampled_from([None, "version", "lost", "unknown"]))
    return Explanation(why, draw(words), draw(words), None, (draw(TEXT),), (draw(TEXT),), False, DIGEST)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    path, text = draw(PATH), draw(TEXT)
    fix = Fix(draw(TEXT), "Dockerfile", (Edit(Span(5, 6), draw(TEXT)),))
    finding = Finding("unpinned", Severity.ERROR, path, HERE, text, draw(TEXT), draw(TEXT), fix)
    suppression = Suppression(HERE, ("unpinned",), draw(TEXT), draw(TEXT))
    return Report(
        Summary(files=1, references=1, pinned=0, findings=1, unchecked=1),
        (finding,),
        (Unchecked(path, HERE, text, draw(TEXT), "timeout", draw(TEXT)),),
        (FileFailure(path, 1, draw(TEXT)), FileFailure(draw(PATH), None, draw(TEXT))),
        (Change(path, HERE, text, DIGEST, DIGEST, draw(TEXT), draw(explanations())),),
        (Suppressed(finding, suppression),),
        (Kept(path, HERE, text, "too-young", draw(TEXT), draw(st.booleans())),),
        {path: Source(path, f"FROM {text}\n".encode("utf-8", "replace"))},
    )


@pytest.mark.parametrize("name", OUTPUTS)
@settings(max_examples=30)
@given(report=reports(), context=st.booleans())
def test_every_output_is_harmless(name: str, report: Report, context: bool) -> None:
    assert harms(rendered(name, report, Style(context=context)), commands=name == "github") == []


@pytest.mark.parametrize("name", ["text", "concise"])
@settings(max_examples=60)
@given(report=reports(), context=st.booleans())
def test_no_text_brings_colours_of_its_own(name: str, report: Report, context: bool) -> None:
    """What is left without pinner's colours is what would be printed without them."""
    colored = rendered(name, report, Style(color=True, context=context))
    assert OWN.sub("", colored) == rendered(name, report, Style(context=context))


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab", "rdjson", "junit", "text", "markdown", "github"])
@settings(max_examples=30)
@given(report=reports())
def test_outputs_leave_user_information_alone_to_what_prints(name: str, report: Report) -> None:
    """The outputs themselves let nothing else through: what prints them is the second of two walls."""
    text = load_format(name).render(report, Style())
    allowed = {"hunter2"} if name in ("json", "sarif", "gitlab", "rdjson") else set()
    assert set(harms(text, commands=name == "github")) <= allowed


@settings(max_examples=60)
@given(TEXT, TEXT, PATH, st.sampled_from(["reference", "invalid", "opaque"]))
def test_lists_are_harmless(text: str, reason: str, path: str, kind: str) -> None:
    targets: dict[str, Any] = {"reference": parse("a:1"), "invalid": Invalid(reason), "opaque": Opaque(reason)}
    place = Occurrence(path, Span(5, 6), HERE, text, targets[kind], reason, unwritable=reason)
    unanswered = listing.UnresolvedText(text, "timeout", reason)
    answer = listing.ResolvedText(text, parse("a:1"), DIGEST, reason, (reason,))
    for written in (
        table.render_list([place]),
        table.render_resolve([answer, answer]),
        listing.render_list([place], (FileFailure(path, 1, reason),)),
        listing.render_resolve([answer], [unanswered]),
    ):
        assert harms(harmless(written)) == []
