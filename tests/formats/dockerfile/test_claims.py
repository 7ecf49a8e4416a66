"""Files that are Dockerfiles by their content: their names, such as `Dockerfile.notes`, may mean another."""

import pytest

from pinner.formats import DOCKERFILE
from pinner.model.source import Source

CLAIMED = {
    "FROM": "FROM a:1\n",
    "lower case": "from a:1\n",
    "ARG": "ARG A=1\nFROM a:1\n",
    "comments and blank lines above": "# a\n\n  # b\nFROM a:1\n",
    "banner": "##########\n# the image\n##########\nFROM a:1\n",
    "banner with a title": "##### Build image #####\nFROM a:1\n",
    "empty comment": "#\n# Copyright\n#\nFROM a:1\n",
    "comment that is closed": "# the image #\nFROM a:1\n",
    "byte-order mark": "\ufeff# a #\nFROM a:1\n",
    "CRLF": "# a #\r\n#\r\nFROM a:1\r\n",
    "space beyond ASCII": "\u00a0FROM a:1\n",
    "name in two lines": "F\\\nROM a:1\n",
    "name in two lines by another escape": "# escape=`\nFR`\nOM a:1\n",
    "comment between": "FR\\\n# a\nOM a:1\n",
    "nothing in the first line": "\\\nFROM a:1\n",
    "image in the second line": "FROM\\\n a:1\n",
    "frontend that knows other instructions": "# syntax=reg.io/front:1\n\nINCLUDE base\n",
    "directive in slashes": "// syntax=a:1\n",
    "template": "{{ if .x }}\nFROM a:1\n",
    "template that begins with a comment": "{# made by hand #}\nFROM {{ base }}\n",
    "template behind a comment": "# a comment\n%%FROM%% a\n",
    "template that begins with its mark": "#IMAGE#\nRUN true\n",
}
NOT_CLAIMED = {
    "nothing": "",
    "comments": "# FROM a:1\n##### a #####\n#\n",
    "text": "Read me\nFROM a:1\n",
    "text below a banner": "##### Images #####\nHow the image is built\n",
    "text in two lines": "Read\\\n me\nFROM a:1\n",
    "text that begins with an instruction": "From: a@example.com\n",
    "name with letters behind it": "FROM\\\nAGE a:1\n",
    "mark in a comment": "# {{ x }}\nimport os\n",
    "slashes": "// FROM a:1\n",
    "directive that means nothing": "// a=b\nFROM a:1\n",
    "heredoc": "cat <<A\nFROM a:1\n",
    "shell": "#!/bin/sh\n# syntax check\nset -eu\n",
    "YAML": "# images #\nfrom: a:1\n",
    "bytes": "\x00FROM a:1\n",
}


@pytest.mark.parametrize("text", CLAIMED.values(), ids=CLAIMED)
def test_a_dockerfile(text: str) -> None:
    assert DOCKERFILE.claims(Source("Dockerfile.notes", text.encode()))


@pytest.mark.parametrize("text", NOT_CLAIMED.values(), ids=NOT_CLAIMED)
def test_a_file_of_another_kind(text: str) -> None:
    assert not DOCKERFILE.claims(Source("Dockerfile.notes", text.encode()))
