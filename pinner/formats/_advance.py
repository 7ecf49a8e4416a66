"""The lines that a glance passes over, found many at once.

The expression takes milliseconds to compile, which pays where there are hundreds of files. It matches less than
what a glance understands line by line, never more: whatever it stops at is looked at.
"""

import re

from pinner.formats._glance import Advance

_KEYWORD = (
    "(?:A(?:DD|RG)|C(?:MD|OPY)|E(?:NTRYPOINT|NV|XPOSE)|HEALTHCHECK|LABEL|MAINTAINER|RUN|S(?:HELL|TOPSIGNAL)|USER"
    "|VOLUME|WORKDIR)"
)
_COMMENT_OR_EMPTY = r"[ \t]*+(?:#[^\n]*+)?\n"
# Between the lines of an instruction, empty lines and comments do not count.
_CONTINUED = rf"\\[ \t]*+\n(?:{_COMMENT_OR_EMPTY})*+"
# No `<<`, not even in two pieces, and no backslash at the end but the one that continues the line.
_PART = r"[^\n<\\]*+(?:(?:<(?![<\\])|\\(?![ \t\\]*+\n))[^\n<\\]*+)*+"
# First comes neither a heredoc nor a flag, not even one in two pieces.
_ARGUMENTS = rf"(?=[!-,.-;=-\[\]-~]){_PART}(?:{_CONTINUED}[ \t]*+(?=[!-~]){_PART})*+\n"
_GAP = rf"[ ]++(?:{_CONTINUED}[ ]*+)*+"
# Without quotes, backslashes and heredocs.
_VALUE = r"[!#-&(-;=-\[\]-~]"
_FIELD = r"(?!(?i:from))[a-z-]++=[!#-&(-+\--;=-\[\]-~]*+"
_FLAGS = rf"(?:--(?:mount={_FIELD}(?:,{_FIELD})*+|(?!(?i:from)|mount){_VALUE}++){_GAP})*+"
_INSTRUCTION = rf"{_KEYWORD}[ ]{_FLAGS}{_ARGUMENTS}"
_HEREDOC = r"RUN <<(?P<end>[A-Za-z_][A-Za-z0-9_]*+)\n(?:(?!(?P=end)\n)[^\n]*+\n)*+(?P=end)\n"
_COMMENT = r"[ \t]*+#[ \t]*+(?!(?i:syntax|escape|check))(?:[!-~][^\n]*+)?\n"
_EMPTY = r"[ \t]*+\n"

_STAGE = rf"FROM (?:--platform={_VALUE}*+ )?(?P<image>[!-\[\]-~]++)(?: AS (?P<stage>[A-Za-z][A-Za-z0-9_.-]*+))?\n"
_COPY = rf"COPY {_FLAGS}--from=(?P<source>{_VALUE}++){_GAP}{_FLAGS}{_ARGUMENTS}"
_NEITHER = r"(?P<source>(?!))(?P<end>)"

# No group lies inside of what is repeated without going back: some versions of Python mistake where it matched.
ADVANCE = Advance(
    above=re.compile(f"(?:{_EMPTY}|{_COMMENT})*+(?:{_STAGE}|{_NEITHER})?").match,
    below=re.compile(f"(?:{_INSTRUCTION}|{_EMPTY}|{_COMMENT})*+(?:{_STAGE}|{_COPY}|{_HEREDOC})?").match,
)
