"""Files that are Dockerfiles by their content: their names, such as `Dockerfile.notes`, may mean another."""

import pytest

from pinner.formats import DOCKERFILE
from pinner.model.source import Source

CLAIMED = {
    "FROM": "FROM a:1\n",
    "comments above": "# a\n\n  # b\nfrom a:1\n",
    "ARG": "ARG A=1\nFROM a:1\n",
    "mark of a template": "{{ a }}\n",
    "name in two lines": "F\\\nROM a:1\n",
    "name in two lines by another escape": "# escape=`\nFR`\nOM a:1\n",
    "comment between": "FR\\\n# a\nOM a:1\n",
    "nothing in the first line": "\\\nFROM a:1\n",
    "image in the second line": "FROM\\\n a:1\n",
    "space beyond ASCII": "\u00a0FROM a:1\n",
    "directive in slashes": "// syntax=a:1\n",
}
NOT_CLAIMED = {
    "nothing": "",
    "comment": "# FROM a:1\n",
    "text": "Read me\nFROM a:1\n",
    "text in two lines": "Read\\\n me\nFROM a:1\n",
    "name with letters behind it": "FROM\\\nAGE a:1\n",
    "slashes": "// FROM a:1\n",
    "directive that means nothing": "// a=b\nFROM a:1\n",
    "heredoc": "cat <<A\nFROM a:1\n",
}


@pytest.mark.parametrize("text", CLAIMED.values(), ids=CLAIMED)
def test_a_dockerfile(text: str) -> None:
    assert DOCKERFILE.claims(Source("Dockerfile.notes", text.encode()))


@pytest.mark.parametrize("text", NOT_CLAIMED.values(), ids=NOT_CLAIMED)
def test_a_file_of_another_kind(text: str) -> None:
    assert not DOCKERFILE.claims(Source("Dockerfile.notes", text.encode()))
