"""What each type takes, and what it says of anything else."""

from typing import Any

import pytest

from pinner.config.types import (
    Boolean,
    Choice,
    File,
    Integer,
    Key,
    List,
    Number,
    OpenTable,
    PatternList,
    String,
    Table,
    Type,
)
from pinner.config.values import WrongSetting, parse_value, read_value
from pinner.scanning.gitignore import Patterns

COLOR = Choice("colour", ("red", "dark-green"), str.upper)
EVEN = String("a row of digits", "[0-9]+", lambda text: text if int(text) % 2 == 0 else _fail(f"{text} is odd"))
POINT = Table((Key("x-axis", Integer(0), 0, "", required=True), Key("y", Integer(0), 0, "")), dict)
POINTS = OpenTable(EVEN, POINT, {"*": Table(POINT.keys[:1], dict)})


def _fail(message: str) -> str:
    raise ValueError(message)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (Boolean(), True, True),
        (Integer(0), 0, 0),
        (Integer(1, 256), 256, 256),
        (Number(0.1), 1, 1.0),
        (Number(0.1), 0.1, 0.1),
        (COLOR, "red", "RED"),
        (EVEN, "12", "12"),
        (File(), "a.pem", "sub/a.pem"),
        (File(), "../a.pem", "a.pem"),
        (File(), "/etc/a.pem", "/etc/a.pem"),
        (PatternList(), ["*.j2", "!b"], Patterns(("*.j2", "!b"), "sub")),
        (List(COLOR), [], ()),
        (List(COLOR), ["red", "red"], ("RED", "RED")),
        (POINT, {"x-axis": 1}, {"x_axis": 1}),
        (POINTS, {"2": {"x-axis": 1, "y": 2}, "*": {"x-axis": 3}}, {"2": {"x_axis": 1, "y": 2}, "*": {"x_axis": 3}}),
        (List(POINT), [{"x-axis": 1}], ({"x_axis": 1},)),
    ],
)
def test_right_values(kind: Type, raw: Any, value: object) -> None:
    assert read_value(kind, raw, "sub") == value


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        (Boolean(), 1, ": true or false is needed, not 1"),
        (Boolean(), "true", ': true or false is needed, not "true"'),
        (Integer(0), True, ": a whole number is needed, not true"),
        (Integer(0), 1.0, ": a whole number is needed, not 1.0"),
        (Integer(1, 256), 0, ": at least 1 is needed, not 0"),
        (Integer(1, 256), 257, ": at most 256 is allowed, not 257"),
        (Number(0.1), 0, ": at least 0.1 is needed, not 0"),
        (Number(0.1, 600), 600.1, ": at most 600 is allowed, not 600.1"),
        (Number(0.1), float("inf"), ": at least 0.1 is needed, not inf"),
        (Number(0.1), float("nan"), ": at least 0.1 is needed, not nan"),
        (Number(0.1), False, ": a number is needed, not false"),
        (COLOR, "Dark_Green", ': unknown colour "Dark_Green": did you mean "dark-green"?'),
        (COLOR, "blue", ': unknown colour "blue": choose from dark-green, red'),
        (COLOR, 3, ": a string is needed, not 3"),
        (EVEN, "twelve", ': "twelve" is not a row of digits'),
        (EVEN, "12\n", ': "12\\n" is not a row of digits'),
        (EVEN, "13", ": 13 is odd"),
        (File(), "", ': "" is no file name and no pattern'),
        (File(), "a\0b", ': "a\\u0000b" is no file name and no pattern'),
        (PatternList(), "*.j2", ': a list is needed, not "*.j2"'),
        (Integer(0), 1 << 64, ": a number of more than 64 bits is too much"),
        (Number(0.1), -(1 << 14000), ": a number of more than 64 bits is too much"),
        (COLOR, [1 << 14000], ': a string is needed, not ["a number of more than 64 bits"]'),
        (PatternList(), ["a", "*a*a*a*b"], "[1]: *a*a*a*b has more than 3 * beside other characters"),
        (PatternList(), ["[z-a]"], "[0]: [z-a] holds no valid range: bad character range z-a"),
        (PatternList(), ["a", ""], '[1]: "" is no file name and no pattern'),
        (List(COLOR), ["red", ["red"]], '[1]: a string is needed, not ["red"]'),
        (POINT, {"x-axs": 1}, ': unknown key "x-axs": did you mean "x-axis"?'),
        (POINT, {"y": 1}, ': "x-axis" is missing'),
        (POINT, {"x-axis": -1}, "x-axis: at least 0 is needed, not -1"),
        (POINTS, {"2.0": {"x-axis": 1}}, '"2.0": "2.0" is not a row of digits'),
        (POINTS, {"2": {"x-axis": True}}, "2.x-axis: a whole number is needed, not true"),
        (POINTS, {"*": {"y": 2}}, '"*": unknown key "y": choose from x-axis'),
        (List(POINT), [{"x-axis": 1}, {"x-axis": "1"}], '[1].x-axis: a whole number is needed, not "1"'),
        (List(POINT), {"x-axis": 1}, ': a list is needed, not {"x-axis": 1}'),
    ],
)
def test_wrong_values(kind: Type, raw: Any, message: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        read_value(kind, raw, ".")
    assert f"{caught.value.place}: {caught.value.message}" == message


@pytest.mark.parametrize(
    ("kind", "text", "raw"),
    [
        (Boolean(), "1", True),
        (Boolean(), "Yes", True),
        (Boolean(), "off", False),
        (Integer(0), "12", 12),
        (Integer(0), "1.5", 1.5),
        (Number(0), "1.5", 1.5),
        (COLOR, "red", "red"),
        (List(COLOR), "red, dark-green,", ["red", "dark-green"]),
        (PatternList(), "*.j2", ["*.j2"]),
    ],
)
def test_text_from_the_environment(kind: Type, text: str, raw: object) -> None:
    assert parse_value(kind, text) == raw


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Boolean(), "maybe", 'true or false is needed, not "maybe"'),
        (Integer(0), "many", 'a number is needed, not "many"'),
    ],
)
def test_wrong_text_from_the_environment(kind: Type, text: str, message: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        parse_value(kind, text)
    assert caught.value.message == message
