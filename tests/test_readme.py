"""The README says what the program says."""

from tests.support.readme import README, filled


def test_generated_blocks_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == filled(text), "run: make regenerate"
