"""The formats of GitHub, GitLab, Reviewdog and of readers of JUnit XML."""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.occurrence import Finding, Fix, Severity
from pinner.model.report import FileFailure, Report
from pinner.model.source import Edit, Location, Source, Span, apply_edits
from pinner.output import Style, load_format
from tests.output import case, schemas
from tests.support.occurrences import DIGEST, occurrence_in

ANYTHING = st.text(alphabet=st.characters(codec=None), min_size=1, max_size=20)
WHERE = Location(1, 6, 1, 7)
PAGE = "%0Ahttps://digest-pinner.github.io/pinner/rules/unpinned/"


def render(name: str, report: Report) -> str:
    return load_format(name).render(report, Style())


def report_of(path: str = "f", message: str = "m", where: Location = WHERE, text: str = "a") -> Report:
    return case.CLEAN._replace(findings=(Finding("unpinned", Severity.ERROR, path, where, text, "FROM", message),))


def unescaped(text: str) -> str:
    """What the runner makes of an escaped property or message."""
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


class TestGithub:
    @pytest.mark.parametrize("path", ["with space", "100%", "a:b", "a,b", "a\r\nb", "büro/名前", "::error::x", "%0A"])
    def test_paths(self, path: str) -> None:
        command = render("github", report_of(path))
        match = re.fullmatch(
            rf"::error file=([^:,\n]*),line=1,endLine=1,col=6,endColumn=7,title=.*::m{PAGE}\n", command
        )
        assert match
        assert unescaped(match[1]) == path

    @pytest.mark.parametrize(
        ("message", "written"),
        [
            ("100% sure", "100%25 sure"),
            ("a\r\n::warning::b", "a\\r\\n::warning::b"),
            ("a\x1b[31mb", "a\\x1b[31mb"),
            ("##[error]b", "#\\x23[error]b"),
            ("a:b,c", "a:b,c"),
            ("%0A", "%250A"),
        ],
    )
    def test_messages(self, message: str, written: str) -> None:
        assert render("github", report_of(message=message)).endswith(f"::{written}{PAGE}\n")

    @given(path=ANYTHING.filter(lambda path: "\0" not in path), message=ANYTHING)
    def test_one_command_in_one_line(self, path: str, message: str) -> None:
        command = render("github", report_of(path, message))
        assert command.startswith("::error file=")
        assert command[:-1].isprintable()
        assert "##" not in command
        assert re.fullmatch(r"::error (?:[a-zA-Z]+=[^:,]*,)*title=[^:,]*::.*\n", command)

    def test_no_columns_of_several_lines(self) -> None:
        command = render("github", report_of(where=Location(1, 6, 2, 3)))
        assert command == f"::error file=f,line=1,endLine=2,title=pinner unpinned::m{PAGE}\n"

    def test_clean(self) -> None:
        assert render("github", case.CLEAN) == ""


class TestGitlab:
    @pytest.mark.parametrize("report", [case.REPORT, case.CLEAN, report_of("./a"), report_of("a\nb", "m\nm")])
    def test_schema(self, report: Report) -> None:
        jsonschema.validate(json.loads(render("gitlab", report)), schemas.GITLAB)

    def test_clean(self) -> None:
        assert render("gitlab", case.CLEAN) == "[]\n"

    def test_fingerprints_are_unique_and_survive_moved_lines(self) -> None:
        def names(report: Report) -> list[str]:
            return [issue["fingerprint"] for issue in json.loads(render("gitlab", report))]

        moved = [found._replace(where=Location(99, 1, 99, 2)) for found in case.FINDINGS]
        twice = case.REPORT._replace(findings=(*case.FINDINGS, *moved))
        assert names(case.REPORT) == names(case.REPORT._replace(findings=tuple(moved)))
        assert len(set(names(twice))) == len(names(twice))


class TestJunit:
    @pytest.mark.parametrize("report", [case.REPORT, case.CLEAN])
    def test_elements_and_counts(self, report: Report) -> None:
        root = ET.fromstring(render("junit", report).encode())
        for element in root.iter():
            assert set(element.attrib) <= schemas.JUNIT[element.tag]
            assert not (element.text or "").strip() or element.tag in ("failure", "error", "system-out")
        suite = root[0]
        assert root.attrib == suite.attrib
        assert {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")} == {
            "tests": len(suite),
            "failures": sum(each.severity is Severity.ERROR for each in report.findings) + len(report.refused),
            "errors": len(report.unchecked) + len(report.errors),
            "skipped": len(report.suppressed),
        }

    @pytest.mark.parametrize(
        ("severity", "fail_on", "tag"),
        [
            (Severity.ERROR, Severity.ERROR, "failure"),
            (Severity.WARNING, Severity.ERROR, "system-out"),
            (Severity.WARNING, Severity.WARNING, "failure"),
            (Severity.NOTE, Severity.WARNING, "system-out"),
            (Severity.NOTE, Severity.NOTE, "failure"),
        ],
    )
    def test_what_fails_the_run_is_a_failure(self, severity: Severity, fail_on: Severity, tag: str) -> None:
        found = report_of().findings[0]._replace(severity=severity)
        document = load_format("junit").render(case.CLEAN._replace(findings=(found,)), Style(fail_on=fail_on))
        (told,) = next(ET.fromstring(document.encode()).iter("testcase"))
        assert told.tag == tag
        assert "/rules/unpinned/" in (told.text or "")

    def test_clean_report_is_a_case_that_passed(self) -> None:
        (passed,) = ET.fromstring(render("junit", case.CLEAN)).iter("testcase")
        assert list(passed) == []

    @given(path=ANYTHING.filter(lambda path: "\0" not in path), message=ANYTHING)
    def test_always_well_formed(self, path: str, message: str) -> None:
        root = ET.fromstring(render("junit", report_of(path, message)).encode())
        assert [element.tag for element in root.iter()] == ["testsuites", "testsuite", "testcase", "failure"]


class TestRdjson:
    @pytest.mark.parametrize("report", [case.REPORT, case.CLEAN, case.REPORT._replace(sources={})])
    def test_schema(self, report: Report) -> None:
        jsonschema.validate(json.loads(render("rdjson", report)), schemas.RDJSON)

    @pytest.mark.parametrize("source", [case.DOCKERFILE, case.COMPOSE], ids=["dockerfile", "compose"])
    def test_applying_the_suggestions_gives_what_pinner_writes(self, source: Source) -> None:
        diagnostics = [item for item in self.diagnostics(case.REPORT) if item["location"]["path"] == source.path]
        suggestions = [suggestion for item in diagnostics for suggestion in item.get("suggestions", ())]
        edits = [Edit(self.span(source.data, item["range"]), item["text"]) for item in suggestions]
        own = [edit for found in case.FINDINGS if found.fix and found.path == source.path for edit in found.fix.edits]
        assert apply_edits(source.data, edits) == apply_edits(source.data, own) != source.data

    def test_ranges_are_bytes(self) -> None:
        diagnostics = self.diagnostics(case.REPORT)
        for diagnostic, found in zip(diagnostics, case.FINDINGS, strict=False):
            data = case.REPORT.sources[found.path].data
            span = self.span(data, diagnostic["location"]["range"])
            assert data[span.start : span.end].decode() == found.text

    def test_a_failure_without_a_line_has_no_range(self) -> None:
        report = case.CLEAN._replace(errors=(FileFailure("f", None, "m"), FileFailure("f", 3, "m")))
        locations = [item["location"] for item in self.diagnostics(report)]
        assert locations == [{"path": "f"}, {"path": "f", "range": {"start": {"line": 3}}}]

    def test_a_fix_of_two_edits_is_two_suggestions(self) -> None:
        source = Source("f", b"FROM a\nFROM b\n")
        edits = tuple(Edit(Span(at, at), f"@{DIGEST}") for at in (6, 13))
        fix = Fix("t", "f", edits)
        found = Finding("unpinned", Severity.ERROR, "f", occurrence_in(source, "a").where, "a", "FROM", "m", fix)
        (diagnostic,) = self.diagnostics(case.CLEAN._replace(findings=(found,), sources={"f": source}))
        assert [item["range"]["start"]["line"] for item in diagnostic["suggestions"]] == [1, 2]

    @staticmethod
    def diagnostics(report: Report) -> list[dict[str, Any]]:
        items = json.loads(render("rdjson", report))["diagnostics"]
        assert isinstance(items, list)
        return items

    @staticmethod
    def span(data: bytes, where: dict[str, dict[str, int]]) -> Span:
        lines = data.split(b"\n")
        start, end = (
            sum(len(line) + 1 for line in lines[: where[side]["line"] - 1]) + where[side]["column"] - 1
            for side in ("start", "end")
        )
        return Span(start, end)
