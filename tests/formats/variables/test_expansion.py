"""What BuildKit's `frontend/dockerfile/shell/lex.go` makes of words, and where each character came from."""

import pytest

from pinner.formats.variables.expansion import (
    MAX_DEPTH,
    Dialect,
    Expansion,
    ExpansionError,
    Missing,
    end_of_variable,
    expand,
)
from pinner.formats.variables.text import Text

VALUES: dict[str, str | Missing] = {
    "full": "a.b.c",
    "tag": "20-slim-x",
    "star": "a*b?c/d}e",
    "empty": "",
    "umlaut": "ü".encode().decode("latin-1"),
    "open": Missing.NO_DEFAULT,
    "built": Missing.BUILD_TIME,
}


def look_up(name: str) -> Text | Missing:
    value = VALUES.get(name, Missing.UNSET)
    return Text.made_up(value) if isinstance(value, str) else value


def expansion(word: str, escape: str = "\\") -> Expansion:
    text = Text.of_bytes(word.encode())
    return expand(text, look_up, Dialect(escape))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        # Plain text, quotes and escapes.
        ("", ""),
        ("a/b:c@d", "a/b:c@d"),
        ("'a'", "a"),
        ('"a"', "a"),
        ("a'b'\"c\"d", "abcd"),
        ("'$full'", "$full"),
        ("'a\\b'", "a\\b"),
        ('"$full"', "a.b.c"),
        ('"a\\"b"', 'a"b'),
        ('"a\\$full"', "a$full"),
        ('"a\\\\b"', "a\\b"),
        ('"a\\b"', "a\\b"),
        ('"it\'s"', "it's"),
        ("a\\b", "ab"),
        ("\\$full", "$full"),
        ("\\'", "'"),
        ("a\\", "a"),
        ("é'ü'", "éü"),
        # Names.
        ("$full", "a.b.c"),
        ("$full/x", "a.b.c/x"),
        ("$full$tag", "a.b.c20-slim-x"),
        ("$fullx", ""),
        ("${full}x", "a.b.cx"),
        ("$_", ""),
        ("$1x", "x"),
        ("$12", ""),
        ("$@x", "x"),
        ("$$x", "x"),
        ("$", "$"),
        ("$.", "$."),
        ("a$", "a$"),
        ("$é", ""),
        ("$fullé", ""),
        ("${fullé}x", "x"),
        ("${é:-a}", "a"),
        ("$full·", "a.b.c·"),
        # Defaults and alternatives.
        ("${none-a}", "a"),
        ("${none:-a}", "a"),
        ("${empty-a}", ""),
        ("${empty:-a}", "a"),
        ("${full-a}", "a.b.c"),
        ("${full:-a}", "a.b.c"),
        ("${open-a}", "a"),
        ("${open:-a}", "a"),
        ("${none:-}", ""),
        ("${none:-a b}", "a b"),
        ("${none:-'a}b'}", "a}b"),
        ('${none:-"${tag}"}', "20-slim-x"),
        ("${none:-a\\}b}", "a}b"),
        ("${none:-${other:-${full}}}", "a.b.c"),
        ("${none+a}", ""),
        ("${none:+a}", ""),
        ("${empty+a}", "a"),
        ("${empty:+a}", ""),
        ("${full+a}", "a"),
        ("${full:+a}", "a"),
        ("${open:+a}", ""),
        ("${full:-$open}", "a.b.c"),
        ("${none+$open}", ""),
        ("${full:?a}", "a.b.c"),
        ("${full?a}", "a.b.c"),
        ("${empty?a}", ""),
        # Prefixes and suffixes.
        ("${full#a.}", "b.c"),
        ("${full#*.}", "b.c"),
        ("${full##*.}", "c"),
        ("${full#b}", "a.b.c"),
        ("${full#}", "a.b.c"),
        ("${full##}", "a.b.c"),
        ("${full#?}", ".b.c"),
        ("${full##*}", ""),
        ("${full#*}", "a.b.c"),
        ("${full%.c}", "a.b"),
        ("${full%.*}", "a.b"),
        ("${full%%.*}", "a"),
        ("${full%b}", "a.b.c"),
        ("${tag%-*}", "20-slim"),
        ("${tag%%-*}", "20"),
        ("${tag#*-*-}", "x"),
        ("${tag%%*}", ""),
        ("${none#a}", ""),
        ("${star#a\\*}", "b?c/d}e"),
        ("${star%\\?*}", "a*b"),
        ("${star%\\}e}", "a*b?c/d"),
        ("${full#'a'}", ".b.c"),
        ("${full#${empty}a}", ".b.c"),
        # Replacements.
        ("${full/./-}", "a-b.c"),
        ("${full//./-}", "a-b-c"),
        ("${full/x/-}", "a.b.c"),
        ("${full//?/x}", "xxxxx"),
        ("${full/*/x}", "x"),
        ("${full/.*/}", "a"),
        ("${full//./}", "abc"),
        ("${full//./$tag}", "a20-slim-xb20-slim-xc"),
        ("${star/\\//-}", "a*b?c-d}e"),
        ("${star/\\*/-}", "a-b?c/d}e"),
        ("${star/\\}/-}", "a*b?c/d-e"),
        ("${none//./-}", ""),
        # Matches of nothing.
        ("${full/$none/x}", "xa.b.c"),
        ("${full//$none/x}", "xax.xbx.xcx"),
        ("${none//x/y}", ""),
        ("${none/*/x}", "x"),
        ("${empty//**/x}", "x"),
        ("${none/?/x}", ""),
        ("${none//*a/x}", ""),
        ("${umlaut//$none/x}", "xüx"),
        ("${full/b/'$0'}", "a.$0.c"),
    ],
)
def test_expansion(word: str, expected: str) -> None:
    result = expansion(word)
    assert str(result.value) == expected
    assert result.unknown == ()


@pytest.mark.parametrize(
    ("word", "unknown"),
    [
        ("$open", ("open",)),
        ("${open}$built", ("open", "built")),
        ("${open?}", ("open",)),
        ("${built:-a}", ("built",)),
        ("${built+a}", ("built",)),
        ("${open#a}", ("open",)),
        ("${open/a/b}", ("open",)),
        ("${none:-$open}", ("open",)),
        ("${empty:-$open}", ("open",)),
        ("${full+$open}", ("open",)),
        ("$open$open", ("open",)),
    ],
)
def test_what_stays_open(word: str, unknown: tuple[str, ...]) -> None:
    assert expansion(word).unknown == unknown


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("'a", "a closing ' is missing"),
        ('"a', 'a closing " is missing'),
        ('"a\\"', 'a closing " is missing'),
        ("${", "no variable name"),
        ("${}", "no variable name"),
        ("${:-a}", "no variable name"),
        ("${{a}}", "no variable name"),
        ("${ a}", "no variable name"),
        ("${a", "${a is no substitution"),
        ("${a b}", "${a  is no substitution"),
        ("${a:}", "${a:} is no substitution"),
        ("${a:=b}", "${a:= is no substitution"),
        ("${a^^}", "${a^ is no substitution"),
        ("${a:-b", "a } is missing"),
        ("${a:-'}", "a closing ' is missing"),
        ("${a/b}", "a / is missing"),
        ("${a/b/c", "a } is missing"),
        ("${full#\\a}", "\\a is no escape in a pattern"),
        ("${full/\\a/b}", "\\a is no escape in a pattern"),
        ("${none:?why not}", "none must be set: why not"),
        ("${none?}", "none must be set: it has no default"),
        ("${empty:?no}", "empty must be set: no"),
        ("${a:-" * (MAX_DEPTH + 1) + "b" + "}" * (MAX_DEPTH + 1), "nested more than"),
        ("$full" * 1000, "longer than 4096"),
        ("${full//$none/" + "x" * 1000 + "}", "longer than 4096"),
        ("${full//b/'$0'}", "a $ in the replacement"),
    ],
)
def test_what_is_refused(word: str, message: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        expansion(word)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("word", "escape", "expected"),
    [
        ("a`b", "`", "ab"),
        ("`$full", "`", "$full"),
        ("a\\b", "`", "a\\b"),
        ('"a`"b"', "`", 'a"b'),
        ("${none:-a`}b}", "`", "a}b"),
    ],
)
def test_the_other_escape_character(word: str, escape: str, expected: str) -> None:
    assert str(expansion(word, escape).value) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("abc", [0, 1, 2]),
        ("'abc'", [1, 2, 3]),
        ('a\\b"c"', [0, 2, 4]),
        ("x${none:-ab}y", [0, 9, 10, 12]),
        ("x$full", [0, -1, -1, -1, -1, -1]),
        ("${full/./-}", [-1, -1, -1, -1, -1]),
        ("${none:-ab}", [8, 9]),
    ],
)
def test_every_character_remembers_its_place(word: str, expected: list[int]) -> None:
    assert list(expansion(word).value.offsets) == expected


@pytest.mark.parametrize(
    ("chars", "expected"),
    [("$a b", 2), ("${a}b", 4), ("${a:-'}'}b", 9), ("${a:-${b}}c", 10), ("$", 1), ("$$x", 2), ("$1a", 2)],
)
def test_where_a_variable_ends(chars: str, expected: int) -> None:
    assert end_of_variable(chars, 0) == expected


def test_the_variables_that_a_word_names() -> None:
    assert expansion("$full${none:-${empty:-$tag}}${full:+$x}").used == {"full", "none", "empty", "tag", "x"}
