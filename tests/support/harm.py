"""What must not be printed, stated apart from the code that takes it out, and texts that hold it."""

import re
import unicodedata

_BIDIRECTIONAL = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_SEPARATORS = {0x2028, 0x2029}

PASSWORD = "hunter2"

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31mred\x85",
    "\u202egnp.exe\u2066\u200f\u061c",
    "one\n::error::two\r\n  ::notice::three\u2028::four",
    "\u3000\t::warning::spaces",
    "x##[group]y##vso[task.setvariable variable=z]##teamcity[t]",
    "\x1b[1;31mours\x1b[0m",
    f"https://user:{PASSWORD}@host.example/a",
    "lone \ud800 and \udcff",
)


def harms(text: str, *, commands: bool = False) -> list[str]:
    """Return what in `text` must not be printed. With `commands` its lines are workflow commands."""
    found = [f"U+{ord(each):04X}" for each in text if _is_forbidden(each)]
    found += re.findall(r"##\w*\[", text)
    found += [PASSWORD] if PASSWORD in text else []
    if not commands:
        found += [line for line in text.split("\n") if line.lstrip().startswith("::")]
    return found


def _is_forbidden(character: str) -> bool:
    if character in "\t\n":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or ord(character) in _BIDIRECTIONAL | _SEPARATORS
