"""Which heredocs BuildKit sees in a line, and where its versions do not agree."""

import pytest

from pinner.formats.dockerfile.heredocs import Heredoc, Opened, UnclearHeredoc, heredocs_of

SEEN = {
    "plain": ("RUN <<EOF", ["EOF"]),
    "tabs ignored": ("RUN cat <<-EOF", ["-EOF"]),
    "file descriptor": ("RUN cat 3<<EOF", ["EOF"]),
    "two": ("COPY <<one <<two /d/", ["one", "two"]),
    "single quotes": ("COPY <<'E O F' /a", ["E O F"]),
    "double quotes": ('COPY <<"E O F" /a', ["E O F"]),
    "quotes in the middle": ("RUN <<E'O'F", ["EOF"]),
    "quote in double quotes": ('COPY <<"a\\"b" /a', ['a"b']),
    "dollar in double quotes": ('RUN cat <<"a\\$b"', ["a$b"]),
    "backslash in double quotes": ('RUN cat <<"a\\\\b"', ["a\\b"]),
    "other escape in double quotes": ('RUN cat <<"a\\b"', ["a\\b"]),
    "escape": ("RUN cat <<E\\OF", ["EOF"]),
    "escaped space": ("RUN cat <<E\\ F", ["E F"]),
    "variable": ("RUN cat <<$X", ["$X"]),
    "variable in braces": ("RUN cat <<${X}", ["${X}"]),
    "variable beside it": ("COPY <<EOF ${DIR}/a", ["EOF"]),
    "variable without a name beside it": ("COPY <<EOF ${+x}", ["EOF"]),
    "variable of another alphabet beside it": ("COPY <<EOF ${é:-x}", ["EOF"]),
    "special parameter beside it": ("RUN cat <<EOF $@ ${#}", ["EOF"]),
    "dollar alone beside it": ("RUN cat <<EOF $ x", ["EOF"]),
    "unset variable that must be set": ("RUN cat <<EOF ${X:?no}", ["EOF"]),
    "byte-order mark before the name": ("COPY <<\ufeffX /a", ["X"]),
    "name beyond ASCII": ("RUN <<finà", ["finà"]),
    "trigger": ("ONBUILD RUN <<EOF", ["EOF"]),
}
UNSEEN = {
    "other instruction": "ENV X=<<EOF",
    "three signs": "RUN cat <<<EOF",
    "in quotes": "RUN echo '<<EOF'",
    "after a letter": "RUN echo x<<EOF",
    "without a name": 'RUN cat <<""',
    "nothing": "RUN cat <<",
    "one sign": "RUN cat <EOF",
    "JSON": 'RUN ["cat", "<<EOF"]',
    "quote that does not end": "RUN cat <<EOF 'x",
    "double quote that does not end": 'RUN cat <<EOF "x',
    "brace that does not end": "RUN cat <<EOF ${x",
    "no name in braces": "RUN cat <<EOF ${}",
    "braces in braces": "RUN cat <<EOF ${{x}}",
    "no substitution": "RUN cat <<EOF ${x!y}",
}
DISPUTED = {
    "space after the signs": "RUN cat << EOF",
    "tab after the signs": "RUN cat <<\tEOF",
    "modifier that the newest refuses": "RUN cat <<EOF ${x:#y}",
    "pattern": "RUN cat <<EOF ${x%y}",
    "replacement": "RUN cat <<EOF ${x/\\q/y}",
    "default in the name": "RUN cat <<EOF${x:-}",
}
UNCLEAR = {
    "nested too deep": "RUN cat <<EOF " + "${a:-" * 40 + "}" * 40,
    "nested too deep in quotes": 'RUN cat <<EOF "' + '${a:-"' * 40 + '"}' * 40 + '"',
    "one or two": "RUN cat <<A << B",
}


def opened(line: str) -> Opened:
    return heredocs_of(line.encode().decode("latin-1"))


def names(found: Opened) -> list[str]:
    return [("-" if each.strips_tabs else "") + each.name.encode("latin-1").decode() for each in found.heredocs]


@pytest.mark.parametrize(("line", "expected"), SEEN.values(), ids=SEEN)
def test_heredocs_that_every_buildkit_sees(line: str, expected: list[str]) -> None:
    found = opened(line)
    assert (names(found), found.is_disputed) == (expected, False)


@pytest.mark.parametrize("line", UNSEEN.values(), ids=UNSEEN)
def test_lines_without_heredocs(line: str) -> None:
    assert opened(line) == Opened(())


@pytest.mark.parametrize("line", DISPUTED.values(), ids=DISPUTED)
def test_heredocs_that_some_see(line: str) -> None:
    found = opened(line)
    assert found.is_disputed
    assert [name.removesuffix("${x:-}") for name in names(found)] == ["EOF"]


@pytest.mark.parametrize("line", UNCLEAR.values(), ids=UNCLEAR)
def test_lines_of_which_nothing_is_certain(line: str) -> None:
    with pytest.raises(UnclearHeredoc):
        opened(line)


def test_a_name_that_is_no_utf_8_has_a_replacement_for_each_byte() -> None:
    assert heredocs_of("COPY <<X\xe2\x82 /a").heredocs == (Heredoc("X" + "\xef\xbf\xbd" * 2, False),)
