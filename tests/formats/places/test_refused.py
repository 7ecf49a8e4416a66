"""Files that cannot be parsed: a manifest is a failure however it is written, and a mark explains what it causes."""

import json
from pathlib import Path

import pytest

from pinner.formats import COMPOSE, Places
from pinner.model.occurrence import PassedOver, Reading
from pinner.model.source import Source
from tests.support.trees import FileTree

POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'a:1'}]}\n"
OBJECT = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a:1"}]}}
JSON = json.dumps(OBJECT, indent=2)
LONG, DEEP = "k" * 1100, "[" * 101 + "]" * 101
STEPS = "".join(f"{' ' * at}a:\n" for at in range(102))


def read(data: bytes | str, path: str = "u.yaml") -> Reading:
    return Places().read(Source(path, data.encode() if isinstance(data, str) else data))


# What kubectl reads, or some version of it, and pinner does not.
MANIFESTS: dict[str, bytes | str] = {
    "UTF-16, little": b"\xff\xfe" + POD.encode("utf-16-le"),
    "UTF-16, big": b"\xfe\xff" + POD.encode("utf-16-be"),
    "UTF-16, JSON": b"\xff\xfe" + JSON.encode("utf-16-le"),
    "UTF-16 with escapes": b"\xff\xfe" + JSON.replace("kind", "k\\u0069nd").encode("utf-16-le"),
    "UTF-32": POD.encode("utf-32"),
    "Latin-1": JSON.replace('"v1"', '"v1",\n  "ä": "ä"').encode("latin-1"),
    "Latin-1 and escapes": JSON.replace('"v1"', '"v1", "ä": 1').replace("apiV", "\\u0061piV").encode("latin-1"),
    "delete": JSON.replace('"v1"', '"v1", "a": "\x7f"'),
    "U+0080": JSON.replace('"v1"', '"v1", "a": "\x80"'),
    "U+FFFE": JSON.replace('"v1"', '"v1", "a": "\ufffe"'),
    "a long key": JSON.replace('"v1"', f'"v1", "{LONG}": 1'),
    "a long key in YAML": POD + f'"{LONG}": 1\n',
    "two objects": JSON + "\n" + JSON,
    "deep": JSON.replace('"v1"', f'"v1", "a": {DEEP}'),
    "deep, with escapes": JSON.replace('"v1"', f'"v1", "a": {DEEP}').replace("kind", "k\\u0069nd"),
    "deep in YAML": POD + f"a: {DEEP}\n",
    "deep by steps": POD + STEPS,
    "keys in base64": POD.replace("apiVersion", "!!binary YXBpVmVyc2lvbg==") + f"a: {DEEP}\n",
    "keys over two lines": f'"api\\\n  Version": v1\n{POD.partition(chr(10))[2]}a: {DEEP}\n',
}
MARKED = {
    "a comment": "# {{ x }}\n",
    "a comment of Jinja": "# {% x %}\n",
    "a string": 'note: "{{ x }}"\n',
    "two strings": "note: [\"{{\", '}}']\n",
    "a plain scalar": "note: a{{ x }}\n",
    "a block": "note: |\n  {{ x }}\n  {% if %}\n  <% x %>\n",
    "signs of others": "note: a@b@c\nnote2: 'a %%X%% b'\n# #X#\n",
    "an annotation": "metadata: {annotations: {a: '{{ $labels.x }} <% y %>'}}\n",
}


@pytest.mark.parametrize("data", MANIFESTS.values(), ids=list(MANIFESTS))
@pytest.mark.parametrize("path", ["u.yaml", "u.json"])
def test_a_manifest_that_is_not_read_is_a_failure(data: bytes | str, path: str) -> None:
    reading = read(data, path)
    assert len(reading.problems) == 1
    assert reading.template is None
    assert reading.passed_over is None


REFUSED = {
    "deep": f"a: {DEEP}\n",
    "deep by steps": STEPS,
    "deep, with the mark": f"a: {DEEP} # {{{{ x }}}}\n",
    "a long key": f'"{LONG}": 1\n',
    "a long key with a mark": f'"{{{{ {LONG} }}}}": 1\n',
    "a long key between marks": f'a: ["{{{{", {{"{LONG}": 1}}, "}}}}"]\n',
    "a character": 'a: "\x7f"\n',
    "a character in a mark": 'a: "{{ \x7f }}"\n',
    "two keys": "kind: Pod # {{ x }}\n",
    "base64 beside a mark": 'a: {b: !!binary YTox, c: "{{ x }}"}\n',
    "aliases beside a mark": 'x: &i [{y: *i, n: "{{ x }}"}]\n',
}


@pytest.mark.parametrize("mark", MARKED.values(), ids=list(MARKED))
@pytest.mark.parametrize("text", REFUSED.values(), ids=list(REFUSED))
def test_a_mark_that_is_not_why_makes_no_template(mark: str, text: str) -> None:
    for manifest in (mark + POD + text, POD + mark + text, POD + text + mark):
        reading = read(manifest)
        assert reading.problems
        assert reading.template is None


def test_a_mark_in_another_document_explains_nothing() -> None:
    for text in (f"{POD}a: {DEEP}\n---\nx: {{{{ x }}}}\n", f"x: {{{{a: 1}}: 2}}\n---\n{POD}'{LONG}': 1\n"):
        assert read(text).template is None
        assert read(text).problems


TEMPLATES = {
    "an action": "{{- if .x }}\n" + POD + "{{- end }}\n",
    "an action for a value": POD + "a: {{ .x }}\n",
    "an action in a value": POD + "a: {{ .x }}-b\n",
    "an action for a block": POD + "a:\n  {{- toYaml .x | nindent 2 }}\nb: c\n",
    "an action for a key": POD + "{{ .x }}: b\n",
    "an action for an item": POD + "a:\n- {{ .x }}\n- b\n",
    "a comment over lines": "{{- /*\nLicense: MIT\n*/ -}}\n" + POD,
    "an action over lines": POD + 'a: {{ include "x" (dict\n  "a" .b\n) }}\n',
    "quotes in quotes": POD + 'a: "{{ printf "%s" .x }}"\n',
    "a word in quotes": POD + 'a: "{{ template "x" . }}"\n',
    "a statement of Jinja": "{% if x %}\n" + POD + "{% endif %}\n",
    "a statement in a block": POD + "a:\n{% for x in y %}\n- b\n{% endfor %}\n",
    "a tag of ERB": "<% if x %>\n" + POD + "<% end %>\n",
    "a placeholder": POD + "a: @X@\n",
    "another placeholder": POD + "a: %%X%%\n",
    "a block, far from the error": "metadata:\n  {{ if .x }}\n  labels: {a: b}\n  {{ end }}\n" + POD,
    "Windows": "{{- if .x }}\r\n" + POD.replace("\n", "\r\n") + "{{- end }}\r\n",
}


@pytest.mark.parametrize("text", TEMPLATES.values(), ids=list(TEMPLATES))
def test_what_a_mark_explains_is_a_template(text: str) -> None:
    for path in ("u.yaml", "values.yaml"):
        reading = read(text, path)
        assert reading.template is not None
        assert not reading.problems


NOTHING: dict[str, bytes | str] = {
    "no words": "a: [\n",
    "an image": "image: a:1\nb: [\n",
    "an image and one word": "kind: x\nimage: a:1\nb: [\n",
    "data in UTF-16": b"\xff\xfe" + "a: image\nservices: x\n".encode("utf-16-le"),
    "data in Latin-1": '{"image": "ä", "services": 1}'.encode("latin-1"),
    "deep data": f'{{"image": {DEEP}}}',
    "bytes": bytes(range(256)) + b"image",
    "a comment in JSON": '{// image: apiVersion\n "a": 1}',
    "a document with a mark and no image": "{{ if x }}\nbuild: a\n",
    "many lines": "image\n" * 100 + "[",
}


@pytest.mark.parametrize("data", NOTHING.values(), ids=list(NOTHING))
@pytest.mark.parametrize("path", ["u.yaml", "u.json"])
def test_what_is_of_no_kind_stays_so(data: bytes | str, path: str) -> None:
    reading = read(data, path)
    assert reading.passed_over is PassedOver.NO_KIND
    assert not reading.problems


@pytest.mark.parametrize("hidden", [".x: {a: {{b: c}: d}}\n", ".x: {a: {{b}}}\n", ".x: {{b}: {c: d}}\n"])
def test_keys_that_ruby_takes_in_a_hidden_job(hidden: str) -> None:
    for text in (hidden + "a: {image: 'a:1'}\n", "a: {image: 'a:1'}\n" + hidden):
        reading = read(text, ".gitlab-ci.yml")
        assert [each.text for each in reading.occurrences] == ["a:1"]
        assert reading.template is None
    assert read("a: {image: {{ b }}}\n", ".gitlab-ci.yml").template is not None


@pytest.mark.parametrize(
    "text", [f"x-a: {DEEP} # {{{{ x }}}}\n", "x-a: 1\nx-a: 2 # {{ x }}\n", f"'{LONG} {{{{ x }}}}': 1\n"]
)
def test_compose_files_are_no_templates_for_a_comment(text: str) -> None:
    reading = COMPOSE.read(Source("compose.yaml", f"services: {{a: {{image: 'a:1'}}}}\n{text}".encode()))
    assert reading.problems
    assert reading.template is None


def test_hooks_and_folders_tell_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = FileTree(tmp_path, {"Dockerfile": "FROM scratch\n"}, monkeypatch)
    (tmp_path / "u.yaml").write_bytes(b"\xff\xfe" + POD.encode("utf-16-le"))
    for arguments in ([], ["u.yaml"], ["--skip-unknown", "--", "u.yaml", "Dockerfile"]):
        ran = tree.run("check", *arguments)
        assert ran.code == 3
        assert "u.yaml" in ran.stdout + ran.stderr
