"""JSON schemas of the documents that other programs read, from the documentation of these programs."""

from typing import Any

_LINE = {"type": "integer", "minimum": 1}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


GITLAB = {
    "type": "array",
    "items": _object(
        {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "pattern": "^[a-z-]+$"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": _object(
                {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)[\\s\\S]+$"},
                    "lines": _object({"begin": _LINE, "end": _LINE}),
                }
            ),
        }
    ),
}
"""docs.gitlab.com, "Code Quality report format"."""

_POSITION = _object({"line": _LINE}, column=_LINE)
_RANGE = _object({"start": _POSITION}, end=_POSITION)

RDJSON = _object(
    {
        "source": _object({"name": {"type": "string"}}, url={"type": "string", "pattern": "^https://"}),
        "diagnostics": {
            "type": "array",
            "items": _object(
                {
                    "message": {"type": "string", "minLength": 1},
                    "location": _object({"path": {"type": "string"}}, range=_RANGE),
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "code": _object({"value": {"type": "string"}, "url": {"type": "string", "pattern": "^https://"}}),
                },
                suggestions={"type": "array", "items": _object({"range": _RANGE, "text": {"type": "string"}})},
            ),
        },
    }
)
"""reviewdog, proto/rdf/reviewdog.proto."""

JUNIT = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped"},
    "testcase": {"classname", "name", "file", "line"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set(),
}
"""The elements and the attributes that the readers of Jenkins and GitLab know."""
