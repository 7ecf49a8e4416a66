"""Where BuildKit's own parser sees a directive or a heredoc, and where it sees none: nothing may hide there."""

import dockerfile
import pytest

from pinner.formats.dockerfile.instructions import Malformed, divide
from pinner.formats.variables.text import Text
from tests.support.dockerfiles import statements

HIDING = {
    "heredoc in two pieces": "FROM a\nRUN <\\\n<EOF\nRUN <<'LABEL x=y'\nEOF\nFROM b\nLABEL x=y\n",
    "heredoc across a comment": "FROM a\nRUN <\\\n# x\n<EOF\nFROM b\nEOF\nFROM c\n",
    "vertical tab before the equals sign": "# escape\v=`\nFROM a\nRUN x `\nFROM b\n",
    "unit separator in a directive": "#\x1fescape=`\nFROM a\nRUN x `\nFROM b\n",
    "no-break space before a terminator": "FROM a\nRUN <<\xa0EOF\nFROM b\nEOF\nFROM c\n",
    "vertical tab at a line's end": "FROM a\nRUN x \\\v\nFROM b\n",
    "form feed at a line's end": "FROM a\nRUN x \\\f\nFROM b\n",
    "carriage returns at a line's end": "FROM a\nRUN x \\\r\r\nFROM b\n",
}
SEEN = {
    "form feed in a directive": "#\fescape\f=\f`\nFROM a\nRUN x `\nFROM b\n",
    "tab in a directive": "#\tescape\t=\t`\t\nFROM a\nRUN x `\nFROM b\n",
}


@pytest.mark.parametrize("text", (HIDING | SEEN).values(), ids=(HIDING | SEEN).keys())
def test_lines_belong_to_the_instructions_that_buildkit_sees(text: str) -> None:
    theirs = [(command.start_line, command.cmd.upper()) for command in dockerfile.parse_string(text)]
    division = divide(Text.of_bytes(text.encode()))
    ours = [(each.lines.first, each.name) for each in statements(division)]
    assert ours == theirs


DISPUTED = {
    "vertical tab": "#\vescape=`\nFROM a\nRUN x `\nFROM b\n",
    "next line": "#\x85escape=`\nFROM a\nRUN x `\nFROM b\n",
    "no-break space": "# \xa0escape=`\nFROM a\nRUN x `\nFROM b\n",
    "indented": " #\xa0escape=`\nFROM a\n",
    "byte-order mark": "\ufeff#\xa0syntax=a\nFROM a\n",
    "shebang": "#!/bin/x\n#\xa0syntax=a\nFROM a\n",
    "second directive": "# check=skip=all\n#\u3000syntax=a\nFROM a\n",
}


@pytest.mark.parametrize("text", DISPUTED.values(), ids=DISPUTED)
def test_a_directive_that_only_newer_buildkits_see_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="not every BuildKit reads this directive"):
        divide(Text.of_bytes(text.encode()))


def test_a_comment_that_is_no_directive_may_have_any_white_space() -> None:
    assert divide(Text.of_bytes("#\xa0escape room=x\n# \xa0 x\n# a\n#\xa0escape=`\nFROM a\n".encode())).escape == "\\"


SPACED = {
    "terminator that is an instruction": "RUN << 'LABEL x=y'\n# z\n\n\tfrom b\nLABEL x=y\n",
    "terminator that is continued to": "RUN << EOF\nFROM b\nLABEL \\\nEOF\n",
    "terminator in another heredoc": "RUN << EOF\nFROM b\nRUN << LABEL\nEOF\nLABEL\n",
}


@pytest.mark.parametrize("text", SPACED.values(), ids=SPACED)
def test_a_heredoc_that_only_newer_buildkits_see_may_hold_no_instructions(text: str) -> None:
    with pytest.raises(Malformed, match="not every BuildKit takes this for a heredoc"):
        divide(Text.of_bytes(f"FROM a\n{text}".encode()))


def test_a_heredoc_after_a_space() -> None:
    text = "FROM a\nRUN << EOF\nFROM b\nEOF\nRUN << E\necho \\\nE\nRUN << '#'\n\n#\nFROM c\n"
    assert [each.lines.first for each in statements(divide(Text.of_bytes(text.encode())))] == [1, 2, 5, 8, 11]
    with pytest.raises(Malformed, match="unterminated heredoc"):
        divide(Text.of_bytes(b"FROM a\nRUN << EOF\n\n"))
