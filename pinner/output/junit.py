"""JUnit XML: a finding is a failed test case, what could not be checked is one with an error.

An ignored finding is a skipped case, and a clean report one case that passed, because an empty suite
counts as a failure for some readers.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pinner.output import Style
from pinner.output._entries import FILE_ERROR, UNCHECKED, Entry, entries
from pinner.output._escape import clean
from pinner.output._paths import relative
from pinner.report import Report, Suppressed

NAME = "junit"


def render(report: Report, _style: Style) -> str:
    """One suite with a case for each finding, unchecked reference, failed file and ignored finding."""
    cases = list(_cases(report)) or [Element("testcase", classname="pinner", name="check")]
    counts = {"name": "pinner", "tests": str(len(cases))}
    for member, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[member] = str(sum(case.find(tag) is not None for case in cases))
    root = Element("testsuites", counts)
    SubElement(root, "testsuite", counts).extend(cases)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(report: Report) -> Iterator[Element]:
    yield from map(_failed, entries(report))
    yield from map(_skipped, report.suppressed)


def _failed(entry: Entry) -> Element:
    columns = f":{entry.where.column}" if entry.where else ""
    case = _case(entry.path, entry.line, f"{entry.rule} at {entry.line or 1}{columns}")
    tag = "error" if entry.rule in (UNCHECKED, FILE_ERROR) else "failure"
    SubElement(case, tag, type=f"{entry.severity.label}[{entry.rule}]", message=entry.message)
    return case


def _skipped(suppressed: Suppressed) -> Element:
    finding = suppressed.finding
    case = _case(finding.path, finding.where.line, f"{finding.rule} at {finding.where.line}:{finding.where.column}")
    SubElement(case, "skipped", message=clean(suppressed.ignore.reason or "ignored by a comment"))
    return case


def _case(path: str, line: int | None, name: str) -> Element:
    path = clean(relative(path))
    case = Element("testcase", classname=path, name=name, file=path)
    if line is not None:
        case.set("line", str(line))
    return case
