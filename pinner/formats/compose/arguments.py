"""The pairs of `build.args` and `additional_contexts`: a mapping, or a list of `name=value`.

What stands there without quotes need not be a string to YAML. compose-go reads it by yaml.v3 and hands on what Go
prints: `1.10` becomes 1.1, and `012`, an octal number, becomes 10.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from pinner.formats.variables.expansion import with_values
from pinner.formats.variables.text import Text
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.nodes import Entry, Node, is_null, is_string

Values = Callable[[str], str | None]
"""Tells the value in force of a variable, None where the tree gives it none."""

_INTEGER = re.compile(r"([-+]?)(0[bB][01]+|0[oO][0-7]+|0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?")
# From this exponent on Go's %v writes 1e+06, and below the other one 1e-05 (strconv, format 'g', shortest form).
_LARGEST_EXPONENT = 6
_SMALLEST_EXPONENT = -4
_MOST_OF_UINT64 = 1 << 64
_VARIABLE_IN_NAME = "a variable stands in the name of the argument: write the name out"


class Pair(NamedTuple):
    """A name with the text of its value, None where that is not known.

    `is_given` is not set where the name alone stands there: Compose passes on what its environment says, if anything.
    Where `obstacle` is set, the text is what Compose passes, no digest can be written after it, and that is why.
    """

    entry: Entry
    text: Text | None
    file: YamlFile
    is_given: bool = True
    obstacle: str = ""


def pair_of_entry(entry: Entry, file: YamlFile) -> Pair:
    """Return the pair of a key with its value."""
    node = entry.value
    if node.id != "scalar" or node.tag == "!reset":
        return Pair(entry=entry, text=None, file=file)
    if is_null(node):
        return Pair(entry=entry, text=None, file=file, is_given=False)
    is_text = is_string(node) if node.style or file.is_tagged(node) else _is_string(node.value)
    passed = node.value if is_text else as_go_prints(node.value)
    # With a digest behind it, a number is a string that begins with what Compose passes now.
    if is_text or passed == node.value:
        return Pair(entry=entry, text=file.text_of(node), file=file)
    if passed is None:
        return Pair(entry=entry, text=None, file=file)
    obstacle = f"to YAML {node.value} is no string, and Compose passes {passed}: put quotes round what is meant"
    return Pair(entry=entry, text=_at(node, file, passed), file=file, obstacle=obstacle)


def pair_of_item(node: Node, file: YamlFile, values: Values) -> tuple[str, Pair]:
    """Return the name and the pair of an item `name=value`, in which Compose replaces variables first."""
    name, equals, _ = node.value.partition("=")
    text = file.text_of(node)
    if "$" in name:
        name, equals, value = with_values(node.value, values).partition("=")
        known = _at(node, file, value) if equals else None
        return name, Pair(
            entry=Entry(node, node), text=known, file=file, is_given=bool(equals), obstacle=_VARIABLE_IN_NAME
        )
    value_text = text.cut(text.chars.index("=") + 1) if equals else None
    return name, Pair(entry=Entry(node, node), text=value_text, file=file, is_given=bool(equals))


def as_go_prints(value: str) -> str | None:
    """Return what Compose passes for a plain scalar, None for a time, which it refuses (`resolve.go` of yaml.v3)."""
    plain = value.replace("_", "")
    if _BOOLEAN.fullmatch(value):
        return value.lower()
    if match := _NOT_FINITE.fullmatch(value):
        return "NaN" if match[1] is None else f"{match[1] or '+'}Inf"
    if _TIME.fullmatch(value):
        return None
    integer = _integer(plain)
    if integer is not None:
        return str(integer)
    if not _FLOAT.fullmatch(plain):
        return value
    number = float(plain)
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    exact = Decimal(repr(number)).normalize()
    if number and not _SMALLEST_EXPONENT <= exact.adjusted() < _LARGEST_EXPONENT:
        return f"{number:.{len(exact.as_tuple().digits) - 1}e}"
    return f"{exact:f}"


def _is_string(value: str) -> bool:
    plain = value.replace("_", "")
    forms = ((_BOOLEAN, value), (_NOT_FINITE, value), (_TIME, value), (_FLOAT, plain))
    return _integer(plain) is None and not any(form.fullmatch(chars) for form, chars in forms)


def _integer(plain: str) -> int | None:
    match = _INTEGER.fullmatch(plain)
    if match is None:
        return None
    digits = match[2].lower()
    is_old_octal = digits.startswith("0") and digits.isdecimal()
    number = int(f"{match[1]}{digits}", 8 if is_old_octal else 0)
    return number if -(_MOST_OF_UINT64 >> 1) <= number < _MOST_OF_UINT64 else None


def _at(node: Node, file: YamlFile, chars: str) -> Text:
    """Return characters that stand for a scalar, at its end: none of them is written there."""
    data = chars.encode("utf-8", "replace").decode("latin-1")
    return Text(data, [file.span_of(node).end - 1] * len(data))
