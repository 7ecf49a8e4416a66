"""The fixes of a SARIF report, applied by what the standard says alone, next to what `pinner pin` writes."""

import json
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from pinner.model.source import Edit, apply_edits
from tests.output.test_sarif import replaced
from tests.support.command import pinner
from tests.support.embedded import Embedded

SAMPLE = Path(__file__).parents[2] / "pinner/demo/sample"
COMPOSE = '\ufeffservices:\r\n  "größe 🐳": {image: \'nginx:1.29.3\'} # 名前\r\n  b: {image: "ubuntu:20.04"}'

pytestmark = pytest.mark.integration


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fixed(data: bytes, path: str, sarif: Path) -> bytes:
    """`data` after all fixes for `path`."""
    (run,) = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    changes = [
        change for result in run["results"] for fix in result.get("fixes", ()) for change in fix["artifactChanges"]
    ]
    edits: set[Edit] = set()
    for change in changes:
        if unquote(change["artifactLocation"]["uri"]) == path:
            edits.update(edit for each in change["replacements"] for edit in replaced(data, each))
    return apply_edits(data, sorted(edits))


def test_the_fixes_write_what_pin_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_registry: Embedded
) -> None:
    project, sarif = shutil.copytree(SAMPLE, tmp_path / "project"), tmp_path / "report.sarif"
    (project / "100% neu, büro").mkdir()
    (project / "100% neu, büro/compose.yaml").write_bytes(COMPOSE.encode())
    monkeypatch.chdir(project)
    monkeypatch.setenv("PINNER_MIRROR", embedded_registry.mirror)
    before = contents(project)
    assert pinner("check", "--online", "--format", f"sarif={sarif}").code == 1
    by_sarif = {path: fixed(data, path, sarif) for path, data in before.items()}
    assert pinner("pin").code == 0
    assert contents(project) == by_sarif != before
