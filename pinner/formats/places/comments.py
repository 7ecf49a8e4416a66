"""Comments in JSON, as Dev Containers take them: JSON with comments, of Visual Studio Code."""

import re

# A string is matched first, so that no // of an address begins a comment. One that is not closed is matched as well, so
# that none is looked for at each quote in it.
_COMMENTS = re.compile(rb'"(?:\\.|[^"\\\n])*+"?|//[^\r\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_KEPT = re.compile(rb"[^\r\n\t]")


def as_yaml(data: bytes) -> bytes:
    """Return JSON with comments as YAML of as many bytes, each where it was.

    A comment after // becomes one after #, so that ignore comments are read as everywhere; others become spaces. YAML
    takes a comma after the last item.
    """
    return _COMMENTS.sub(_blanked, data)


def _blanked(match: re.Match[bytes]) -> bytes:
    text = match[0]
    if text.startswith(b"//"):
        return b" #" + text[2:]
    return text if text.startswith(b'"') else _KEPT.sub(b" ", text)
