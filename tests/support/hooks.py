"""The hooks' manifest, whose patterns of file names come from the formats."""

import re
from pathlib import Path

from pinner.formats import file_patterns

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def filled(text: str) -> str:
    """Return the manifest with the pattern of the files that discovery finds."""
    pattern = file_patterns().replace("'", "''")
    line = f"  files: &files '{pattern}'"
    text, count = re.subn(r"^  files: &files .*$", lambda _: line, text, flags=re.MULTILINE)
    assert count == 1, "one pattern, which the other hooks refer to"
    return text
