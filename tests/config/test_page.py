"""The configuration's page names every setting, its type, its default and its variable."""

import re
import tomllib

from pinner.config.keys import KEYS
from pinner.config.page import page


def test_every_setting_has_its_section() -> None:
    assert re.findall(r"^## (.+)$", page(), re.MULTILINE) == [key.name for key in KEYS]


def test_a_section_in_full() -> None:
    assert """
## jobs

Requests at once.

* Type: whole number, 1 to 256
* Default: `16`
* Environment: `PINNER_JOBS`

```toml
jobs = 8
```
""" in page()


def test_tables_list_their_keys() -> None:
    section = page().partition("## overrides")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE) == ["files", "select", "ignore", "severity"]


def test_what_stands_in_fences_is_toml() -> None:
    for example in re.findall(r"```toml\n(.*?)```", page(), re.DOTALL):
        assert tomllib.loads(example) or example.startswith("#:schema https://")
