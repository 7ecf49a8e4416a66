"""JUnit XML: what fails the run is a failed test case, what could not be checked is one with an error.

A finding below `--fail-on` is a case that passed and says so in its output. An ignored finding is a skipped case, and
a clean report one case that passed, because an empty suite counts as a failure for some readers.
"""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pinner.model.escaping import clean, without_build_commands, without_user_info
from pinner.model.occurrence import Severity
from pinner.model.report import Report
from pinner.output import Style
from pinner.output._addresses import FILE_ERROR, REFUSED, UNCHECKED
from pinner.output._entries import ReportEntry, entries
from pinner.output._paths import relative

NAME = "junit"

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def render(report: Report, style: Style) -> str:
    """Return one suite with a case for each finding, unchecked reference, failed file and ignored finding."""
    cases = [_judged(entry, style.fail_on) for entry in entries(report)]
    for finding, suppression in report.suppressed:
        where = finding.where
        case = _case(finding.path, where.line, f"{finding.rule} at {where.line}:{where.column}")
        SubElement(case, "skipped", message=_text(suppression.reason or "ignored by a comment"))
        cases.append(case)
    cases = cases or [Element("testcase", classname="pinner", name="check")]
    counts = {"name": "pinner", "tests": str(len(cases))}
    for member, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[member] = str(sum(case.find(tag) is not None for case in cases))
    root = Element("testsuites", counts)
    SubElement(root, "testsuite", counts).extend(cases)
    indent(root)
    # Character references (XML 1.0, section 4.1) for what acts on a terminal or in a log.
    lines = (
        "".join(each if each.isprintable() else f"&#{ord(each)};" for each in line)
        for line in tostring(root, encoding="unicode").split("\n")
    )
    document = without_build_commands("\n".join(lines), "&#35;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'


def _text(text: str) -> str:
    """Return `text` without user information, and with what no XML can hold (section 2.2) spelled out."""
    return _NOT_XML.sub(lambda match: clean(match.group()), without_user_info(text))


def _judged(entry: ReportEntry, fail_on: Severity) -> Element:
    columns = f":{entry.where.column}" if entry.where else ""
    case = _case(entry.path, entry.line, f"{entry.rule} at {entry.line or 1}{columns}")
    tag = "error" if entry.rule in (UNCHECKED, FILE_ERROR) else "failure"
    kind = f"{entry.severity.label}[{entry.rule}]"
    # For readers a run has failed if a case has: a finding that does not fail the run is no such case.
    if tag == "failure" and entry.rule != REFUSED and entry.severity < fail_on:
        told = f"{kind} {entry.message}\n{entry.url}"
        SubElement(case, "system-out").text = _text(told)
        return case
    SubElement(case, tag, type=kind, message=_text(entry.message)).text = _text(entry.url)
    return case


def _case(path: str, line: int | None, name: str) -> Element:
    path = _text(relative(path))
    case = Element("testcase", classname=path, name=name, file=path)
    if line is not None:
        case.set("line", str(line))
    return case
