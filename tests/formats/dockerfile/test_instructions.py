"""Where BuildKit's own parser sees a directive or a heredoc, and where it sees none: nothing may hide there."""

from collections.abc import Callable

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


# An instruction may go on for any number of lines.
LONG = {
    "comments above": lambda count: "# c\n" * count + "FROM a\n" + "# c\n\n" * count + "FROM b\n",
    "continued": lambda count: "FROM a\nRUN x \\\n" + "  y \\\n" * count + "  z\nFROM b\n",
    "continued and read": lambda count: (
        "FROM a\nRUN --network=none --mount=type=tmpfs,target=/a " + "\\\n" * count + "z\nFROM b\n"
    ),
    "comments inside": lambda count: "FROM a\nRUN x \\\n" + "# c\n" * count + "  z\nFROM b\n",
    "comments inside, at the end": lambda count: "FROM a\nRUN x \\\n  y \\\n" + "# c\n" * count + "  z\nFROM b",
    "comments that seem to go on": lambda count: "FROM a\nRUN x \\\n" + "# c \\\n" * count + "  z\nFROM b\n",
    "passed over": lambda count: "FROM a\n" + "RUN x \\\n# c\n  y\nUSER 1\n" * count + "FROM b\n",
    "passed over, then a heredoc": lambda count: (
        "FROM a\n" + "USER 1\n" * count + "RUN x \\\n  <<E\nFROM c\nE\nFROM b\n"
    ),
}


@pytest.mark.parametrize("count", [0, 1, 48, 49, 50, 51, 52, 99, 100, 101, 102, 160])
@pytest.mark.parametrize("write", LONG.values(), ids=LONG)
def test_no_number_of_lines_is_too_many(write: Callable[[int], str], count: int) -> None:
    text = write(count)
    theirs = [(each.start_line, each.end_line, each.cmd.upper()) for each in dockerfile.parse_string(text)]
    found = statements(divide(Text.of_bytes(text.encode())))
    assert [(each.lines.first, each.lines.end, each.name) for each in found] == theirs


SPACED_LINES = {
    "blank line inside": "FROM a\nRUN x \\\n\u3000\n  y\nFROM b\n",
    "blank line inside, then the end": "FROM a\nRUN x \\\n\u2028\nRU",
    "white space above": "\xa0\n\u2003# c\n\x85FROM a\n",
    "white space after the escape character": "FROM a\nRUN x \\\xa0\nFROM b\n",
    "comment inside": "FROM a\nRUN x \\\n\u2029 # c\n  y\nUSER 1\n\u2028RUN z\nFROM b\n",
}


@pytest.mark.parametrize("text", SPACED_LINES.values(), ids=SPACED_LINES)
def test_white_space_beyond_ascii(text: str) -> None:
    theirs = [(each.start_line, each.cmd.upper()) for each in dockerfile.parse_string(text)]
    assert [(each.lines.first, each.name) for each in statements(divide(Text.of_bytes(text.encode())))] == theirs
