"""Which places of a Compose file name an image that is pulled, and which look like it and do not."""

from textwrap import dedent

import pytest

from pinner.formats.compose import read
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Reading
from pinner.model.reference import Reference
from pinner.model.source import Source
from tests.support.occurrences import digest_span, insertion

DIGEST = "sha256:" + "a" * 64


def reading(text: str) -> Reading:
    return read(Source("compose.yaml", dedent(text).encode()))


def occurrences(text: str) -> list[Occurrence]:
    result = reading(text)
    assert result.problems == ()
    return [each for each in result.occurrences if each.built is None]


def shown(occurrence: Occurrence) -> str:
    """`context: text -> canonical`, or the kind of what it is instead, with a star where nothing can be written."""
    match occurrence.target:
        case Reference() as reference:
            target = str(reference)
        case Invalid():
            target = "invalid"
        case Opaque():
            target = "opaque"
    star = "" if insertion(occurrence) is not None or digest_span(occurrence) is not None else "*"
    return f"{occurrence.context}: {occurrence.text} -> {target}{star}"


POSITIONS = {
    "image": ("services: {web: {image: node:20}}", ["services.web.image: node:20 -> docker.io/library/node:20"]),
    "image that is pinned": (
        f"services: {{web: {{image: node:20@{DIGEST}}}}}",
        [f"services.web.image: node:20@{DIGEST} -> docker.io/library/node:20@{DIGEST}"],
    ),
    "build reset by a later document": (
        "services: {web: {image: a, build: .}}\n---\nservices: {web: {build: !reset null}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "service replaced by a later document": (
        "services: {web: {image: a, build: .}}\n---\nservices: {web: !override {image: b}}",
        ["services.web.image: a -> docker.io/library/a", "services.web.image: b -> docker.io/library/b"],
    ),
    "build that says nothing": (
        "services: {web: {image: a, build: }}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "pull policy": (
        "services: {web: {image: a, pull_policy: '${P:-always}'}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "image of a built name with a digest": (
        f"services: {{web: {{image: app, build: .}}, job: {{image: app@{DIGEST}}}}}",
        [f"services.job.image: app@{DIGEST} -> docker.io/library/app@{DIGEST}"],
    ),
    "image with another tag than the built one": (
        "services: {web: {image: app:1, build: .}, job: {image: app}}",
        ["services.job.image: app -> docker.io/library/app"],
    ),
    "extended service": (
        "services: {base: {image: a}, web: {extends: base, command: x}}",
        ["services.base.image: a -> docker.io/library/a"],
    ),
    "extends and resets the build": (
        "services: {base: {build: .}, web: {extends: {service: base}, build: !reset , image: a}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "extends a service of another file": (
        "services: {base: {build: .}, web: {extends: {service: base, file: common.yaml}, image: a}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "extends itself": (
        "services: {web: {extends: web, image: a}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "hook": (
        "services: {web: {build: ., pre_start: [{image: a}, {command: x}, {image: b:1}]}}",
        [
            "services.web.pre_start[0].image: a -> docker.io/library/a",
            "services.web.pre_start[2].image: b:1 -> docker.io/library/b:1",
        ],
    ),
    "volume": (
        "services: {web: {build: ., volumes: [./a:/b, {type: image, source: a, target: /x}]}}",
        ["services.web.volumes[1].source: a -> docker.io/library/a"],
    ),
    "contexts as mapping": (
        "services: {web: {build: {context: ., additional_contexts: {a: docker-image://b:1}}}}",
        ["services.web.build.additional_contexts.a: b:1 -> docker.io/library/b:1"],
    ),
    "contexts as list": (
        "services: {web: {build: {context: ., additional_contexts: [a=../b, 'c=docker-image://b:1']}}}",
        ["services.web.build.additional_contexts.c: b:1 -> docker.io/library/b:1"],
    ),
    "context in a variable": (
        "services: {web: {build: {additional_contexts: {a: '${A:-docker-image://b:1}', c: '${C}'}}}}",
        [
            "services.web.build.additional_contexts.a: b:1 -> docker.io/library/b:1*",
            "services.web.build.additional_contexts.c: ${C} -> opaque*",
        ],
    ),
    "a build without a recipe hides no other image": (
        "services: {a: {image: app, pull_policy: build}, b: {image: app}}",
        ["services.b.image: app -> docker.io/library/app"],
    ),
    "a build without a recipe by an alias": (
        "x: &x {image: app}\nservices: {a: {pull_policy: build, <<: *x}, b: {<<: *x}}",
        ["services.b.image: app -> docker.io/library/app"],
    ),
    "inline Dockerfile with contexts": (
        "services: {web: {build: {additional_contexts: {base: ./b}, dockerfile_inline: FROM base:1}}}",
        ["services.web.build.dockerfile_inline > FROM: base:1 -> docker.io/library/base:1"],
    ),
    "inline Dockerfile": (
        """
        services:
          web:
            build:
              dockerfile_inline: |
                FROM node:20 AS build
                FROM build
                COPY --from=busybox:1 /a /b
        """,
        [
            "services.web.build.dockerfile_inline > FROM: node:20 -> docker.io/library/node:20",
            "services.web.build.dockerfile_inline > COPY --from: busybox:1 -> docker.io/library/busybox:1",
        ],
    ),
    "inline Dockerfile in quotes": (
        r'services: {web: {build: {dockerfile_inline: "FROM node:20\nCOPY --from=busybox:1 a b\nFROM \x61lpine"}}}',
        [
            "services.web.build.dockerfile_inline > FROM: node:20 -> docker.io/library/node:20",
            "services.web.build.dockerfile_inline > COPY --from: busybox:1 -> docker.io/library/busybox:1",
            "services.web.build.dockerfile_inline > FROM: alpine -> docker.io/library/alpine*",
        ],
    ),
    "inline Dockerfile whose characters are not found": (
        'services: {web: {build: {dockerfile_inline: "FROM a\\n# \u2028\\nFROM b\\nFROM c"}}}',
        [
            "services.web.build.dockerfile_inline > FROM: a -> docker.io/library/a*",
            "services.web.build.dockerfile_inline > FROM: b -> docker.io/library/b*",
            "services.web.build.dockerfile_inline > FROM: c -> docker.io/library/c*",
        ],
    ),
    "alias of an image": (
        "services: {a: {image: &i a:1}, b: {image: *i}, c: {image: *i}}",
        ["services.a.image: a:1 -> docker.io/library/a:1"],
    ),
    "alias of a service": (
        "services: {a: &s {image: a:1, volumes: [{type: image, source: c}]}, b: *s}",
        ["services.a.image: a:1 -> docker.io/library/a:1", "services.a.volumes[0].source: c -> docker.io/library/c"],
    ),
    "alias of a build": (
        "services: {a: {build: &b {dockerfile_inline: FROM a}}, b: {build: *b}}",
        ["services.a.build.dockerfile_inline > FROM: a -> docker.io/library/a"],
    ),
    "fragment": (
        "x-a: &a {image: a}\nx-b: {image: b}\nservices: {web: {<<: *a}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "fragment with a build that the service takes away": (
        "x-a: &a {build: .}\nservices: {web: {<<: *a, build: !reset , image: a}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "merge of merges": (
        "x-a: &a {image: a}\nx-b: &b {<<: *a, command: x}\nservices: {web: {<<: [*b, {image: c}]}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "merged services": (
        "x-s: &s {db: {image: a}}\nservices: {<<: *s, web: {image: b}}",
        ["services.db.image: a -> docker.io/library/a", "services.web.image: b -> docker.io/library/b"],
    ),
    "service that is called like an extension": (
        "services: {x-web: {image: a}}",
        ["services.x-web.image: a -> docker.io/library/a"],
    ),
    "anchor twice": (
        "x-a: &a {image: a}\nx-b: &a {image: b}\nservices: {web: {<<: *a}}",
        ["services.web.image: b -> docker.io/library/b"],
    ),
    "several documents": (
        "services: {a: {image: a}}\n---\n---\nservices: {b: {image: b}}\n...\n",
        ["services.a.image: a -> docker.io/library/a", "services.b.image: b -> docker.io/library/b"],
    ),
    "upper case": (
        "services: {web: {Image: a, Volumes: [{Type: image, Source: b}]}}",
        ["services.web.image: a -> docker.io/library/a", "services.web.volumes[0].source: b -> docker.io/library/b"],
    ),
    "number": (
        "services: {a: {image: 1.10}, b: {image: true}}",
        ["services.a.image: 1.10 -> invalid*", "services.b.image: true -> invalid*"],
    ),
    "string that looks like a number": (
        "services: {a: {image: '1.10'}, b: {image: !!str 12}}",
        ["services.a.image: 1.10 -> docker.io/library/1.10", "services.b.image: 12 -> docker.io/library/12"],
    ),
    "template": (
        "services: {a: {image: '{{ image }}'}, b: {image: \"node:{{ tag }}\"}}",
        ["services.a.image: {{ image }} -> opaque*", "services.b.image: node:{{ tag }} -> opaque*"],
    ),
    "invalid": ("services: {a: {image: Node}}", ["services.a.image: Node -> invalid*"]),
    "escape": (
        r'services: {a: {image: "alp\u0069ne"}, b: {image: "\x61lpine"}, c: {image: "alpin\x65"}}',
        [
            "services.a.image: alpine -> docker.io/library/alpine*",
            "services.b.image: alpine -> docker.io/library/alpine*",
            "services.c.image: alpine -> docker.io/library/alpine*",
        ],
    ),
    "key with an escape": (r'"service\x73": {a: {"im\x61ge": b}}', ["services.a.image: b -> docker.io/library/b"]),
    "tabs": (
        "services:\n  a:\n    image:\tb\t# c\n    command: 'x\ty'\n",
        ["services.a.image: b -> docker.io/library/b"],
    ),
}


@pytest.mark.parametrize("name", POSITIONS)
def test_positions(name: str) -> None:
    text, expected = POSITIONS[name]
    assert [shown(each) for each in occurrences(text)] == expected


# Where something looks as if it kept Compose from pulling an image, and does not.
NOT_HIDDEN = {
    "image that is taken away and merged": (
        "x-a: &a {image: a}\nservices: {web: {<<: *a, image: !reset null}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "image that a merged fragment takes away": (
        "services: {web: {<<: [{image: !reset null}, {image: a}]}}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "build that is overridden with nothing": (
        "services: {web: {image: a, build: !override }}",
        ["services.web.image: a -> docker.io/library/a"],
    ),
    "services replaced by a later document": (
        "services: {web: {image: a, build: .}}\n---\nservices: !override {web: {image: b}}",
        ["services.web.image: a -> docker.io/library/a", "services.web.image: b -> docker.io/library/b"],
    ),
    "services taken away by a later document": (
        "services: {web: {image: a, build: .}}\n---\nservices: !reset null\n---\nservices: {web: {image: b}}",
        ["services.web.image: a -> docker.io/library/a", "services.web.image: b -> docker.io/library/b"],
    ),
    "builder that a later document takes away": (
        "services: {app: {image: a, build: .}}\n---\nservices: !override {web: {image: a}}",
        ["services.app.image: a -> docker.io/library/a", "services.web.image: a -> docker.io/library/a"],
    ),
    "image that is built in another profile": (
        "services: {app: {image: a, build: ., profiles: [x]}, web: {image: a}, job: {image: a, profiles: [x, y]}}",
        ["services.web.image: a -> docker.io/library/a", "services.job.image: a -> docker.io/library/a"],
    ),
    "shared inline Dockerfile with a context in one build": (
        "x-i: &i FROM a\nservices:\n  app: {build: {dockerfile_inline: *i, additional_contexts: {a: .}}}\n"
        "  web: {build: {dockerfile_inline: *i}}",
        ["services.web.build.dockerfile_inline > FROM: a -> docker.io/library/a"],
    ),
    "shared inline Dockerfile with an argument in one build": (
        'x-i: &i "ARG B=scratch\\nFROM $$B"\nservices:\n  app: {build: {dockerfile_inline: *i}}\n'
        "  web: {build: {dockerfile_inline: *i, args: {B: b}}}",
        ["services.web.build.dockerfile_inline > FROM: b -> docker.io/library/b"],
    ),
    "argument in a later document": (
        'services: {web: {build: {dockerfile_inline: "ARG B=scratch\\nFROM $$B"}}}\n---\n'
        "services: {web: {build: {args: [B=b]}}}",
        ["services.web.build.dockerfile_inline > FROM: b -> docker.io/library/b"],
    ),
    "argument of an extending service": (
        'services:\n  web: {build: {dockerfile_inline: "ARG B=scratch\\nFROM $$B"}}\n'
        "  job: {extends: web, build: {args: {B: b}}}",
        ["services.job.build.dockerfile_inline > FROM: b -> docker.io/library/b"],
    ),
    "context that is taken away": (
        "services: {web: {build: {dockerfile_inline: FROM a, additional_contexts: !reset {a: .}}}}",
        ["services.web.build.dockerfile_inline > FROM: a -> docker.io/library/a"],
    ),
    "context that a later document takes away": (
        "services: {web: {build: {dockerfile_inline: FROM a, additional_contexts: {a: .}}}}\n---\n"
        "services: {web: {build: {additional_contexts: !reset null}}}",
        ["services.web.build.dockerfile_inline > FROM: a -> docker.io/library/a"],
    ),
    "argument that is taken away": (
        'services: {web: {build: {dockerfile_inline: "ARG B=a\\nFROM $$B", args: !reset {B: scratch}}}}',
        ["services.web.build.dockerfile_inline > FROM: a -> docker.io/library/a"],
    ),
}


@pytest.mark.parametrize("name", NOT_HIDDEN)
def test_nothing_is_hidden(name: str) -> None:
    text, expected = NOT_HIDDEN[name]
    assert [shown(each) for each in occurrences(text)] == expected


def test_an_image_that_is_built_whenever_it_is_used_is_not_pulled() -> None:
    text = "services: {{app: {{image: a, build: ., profiles: [x, y]}}, web: {{image: a, profiles: {profiles}}}}}"
    assert occurrences(text.format(profiles="[x]")) == []
    assert occurrences(text.format(profiles="[y, x]")) == []
    assert len(occurrences(text.format(profiles="[x, z]"))) == 1


NOTHING = {
    "empty": "",
    "comment": "# image: a",
    "byte-order mark alone": "\ufeff",
    "null": "null",
    "null services": "services:",
    "null service": "services: {web: }",
    "no services": "volumes: {a: {}}\nnetworks: {image: {}}",
    "null image": "services: {web: {image: }}",
    "tilde": "services: {web: {image: ~}}",
    "empty image": "services: {web: {image: ''}}",
    "blank image": "services: {web: {image: ' '}}",
    "reset image": "services: {web: {image: !reset null}}",
    "reset image with a value": "services: {web: {image: !reset a}}",
    "reset service": "services: {web: !reset {image: a}}",
    "reset services": "services: !reset {web: {image: a}}",
    "build": "services: {web: {build: ., image: a}}",
    "build as mapping": "services: {web: {build: {context: .}, image: a}}",
    "build of an empty string": "services: {web: {build: '', image: a}}",
    "build by merge key": "x-a: &a {build: .}\nservices: {web: {<<: *a, image: a}}",
    "image by merge key": "x-a: &a {image: a}\nservices: {web: {<<: *a, build: .}}",
    "build by extends": "services: {base: {build: .}, web: {extends: base, image: a}}",
    "build by extends of extends": "services: {a: {build: .}, b: {extends: a}, web: {extends: {service: b}, image: a}}",
    "build by extends with this file's name": (
        "services: {base: {build: .}, web: {extends: {service: base, file: ./compose.yaml}, image: a}}"
    ),
    "build by extends in another document": (
        "services: {web: {extends: {service: base, file: compose.yaml}, image: a}, base: {}}\n---\n"
        "services: {base: {build: .}}"
    ),
    "build in an earlier document": "services: {web: {build: .}}\n---\nservices: {web: {image: a}}",
    "build in a later document": "services: {web: {image: a}}\n---\nservices: {web: {build: .}}",
    "build that a later document leaves alone": (
        "services: {web: {image: a, build: .}}\n---\nservices: {web: {build: }}"
    ),
    "pull policy": "services: {web: {image: a, pull_policy: build}}",
    "pull policy by default": "services: {web: {image: a, pull_policy: '${POLICY:-build}'}}",
    "pull policy by merge key": "x-a: &a {pull_policy: build}\nservices: {web: {<<: *a, image: a}}",
    "built by another service": "services: {web: {build: ., image: app}, job: {image: app}}",
    "built by another service, latest": (
        "services: {web: {build: ., image: app}, job: {image: docker.io/library/app:latest}}"
    ),
    "built by another service, further down": "services: {job: {image: app:1}, web: {build: ., image: app:1}}",
    "built by another service, with a default": (
        "services: {web: {build: ., image: 'app:${V:-1}'}, job: {image: app:1}}"
    ),
    "built by another service, with a variable": (
        "services: {web: {build: ., image: '${R}/app'}, job: {image: '${R}/app'}}"
    ),
    "built by another service under its own name": "name: shop\nservices: {web: {build: .}, job: {image: shop-web}}",
    "built under an inherited name": (
        "services: {base: {image: app}, web: {extends: base, build: .}, job: {image: app:latest}}"
    ),
    "built, in a hook": "services: {web: {build: ., image: app, pre_start: [{image: app}]}}",
    "built, as a volume": "services: {web: {build: ., image: app, volumes: [{type: image, source: app}]}}",
    "volume of a service": "services: {db: {build: .}, web: {build: ., volumes: [{type: image, source: db}]}}",
    "volumes of other types": (
        "services: {web: {build: ., volumes: [a:/b, {type: volume, source: a}, {type: bind, source: a}, {source: a}]}}"
    ),
    "image volume without a source": "services: {web: {build: ., volumes: [{type: image, target: /a}]}}",
    "hook without an image": "services: {web: {build: ., pre_start: [{command: a}], post_start: [{image: a}]}}",
    "contexts of other kinds": (
        "services: {web: {build: {additional_contexts: {a: ./b, c: 'service:d', e: 'https://x/y.git', f: oci-layout://g}}}}"
    ),
    "contexts of other kinds in a list": (
        "services: {web: {build: {additional_contexts: [a=./b, c=service:d, docker-image, 'e=${D:-./f}', 'g=${H}/i']}}}"
    ),
    "other keys of a build": (
        "services: {web: {build: {context: ., tags: [a], cache_from: [b], cache_to: [c], target: d, dockerfile: e}}}"
    ),
    "inline Dockerfile from a context": (
        "services: {web: {build: {additional_contexts: {base: ./b, c: ./c}, "
        r'dockerfile_inline: "FROM base\nCOPY --from=c a b"}}}'
    ),
    "inline Dockerfile from a context in the place of an image": (
        "services: {web: {build: {additional_contexts: ['alpine:3=./a'], "
        "dockerfile_inline: 'FROM docker.io/alpine:3'}}}"
    ),
    "inline Dockerfile from scratch": "services: {web: {build: {dockerfile_inline: FROM scratch}}}",
    "inline Dockerfile that says nothing": "services: {web: {build: {dockerfile_inline: }}}",
    "provider": "services: {db: {provider: {type: image, options: {image: a}}}}",
    "text of a config": "configs: {a: {content: 'services: {web: {image: a}}'}}",
    "environment": "services: {web: {build: ., environment: {image: a}, labels: [image=b]}}",
    "extension": "x-web: &web {image: a}\nservices: {web: {build: .}}",
    "extension in a service": "services: {web: {build: ., x-image: a, x-more: {image: b}}}",
    "extension beside services": "x-services: {web: {image: a}}\nservices: {}",
    "model": "models: {llm: {model: ai/smollm2}}",
    "include": "include: [image.yaml]",
    "quoted merge key": "x-a: &a {image: a}\nservices: {web: {'<<': *a, build: .}}",
    "key that is no string": "services: {web: {build: ., ? [image] : a, ? {image: b} : c}}",
    "text in a block scalar": "services:\n  web:\n    build: .\n    command: |\n      image: a\n",
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_pulled(name: str) -> None:
    assert [shown(each) for each in occurrences(NOTHING[name])] == []


VARIABLES = {
    "default": ("${IMAGE:-node:20}", "node:20", "${IMAGE:-node:20^}"),
    "default of the tag": ("node:${V:-20}", "node:20", "node:${V:-20^}"),
    "default without a colon": ("node:${V-20}", "node:20", "node:${V-20^}"),
    "default in a default": ("${A:-${B:-node:20}}", "node:20", "${A:-${B:-node:20^}}"),
    "registry": ("${REG:-docker.io}/node:20", "node:20", "${REG:-docker.io}/node:20^"),
    "dollar signs": ("node:20$$", None, None),
    "tag and suffix": ("node:${V:-20}-slim", "node:20-slim", None),
    "two variables in the tag": ("node:${V:-20}${S:--slim}", "node:20-slim", None),
    "alternative": ("node:20${ALPINE:+-alpine}", "node:20", None),
    "no default": ("node:${V}", "opaque", None),
    "no default, no braces": ("node:$V", "opaque", None),
    "required": ("node:${V:?set it}", "opaque", None),
    "malformed": ("node:${V", "opaque", None),
    "a lone dollar sign": ("node:$", "opaque", None),
    "digest in the default": (f"${{IMAGE:-node:20@{DIGEST}}}", f"node:20@{DIGEST}", f"${{IMAGE:-node:20@[{DIGEST}]}}"),
    "digest after a variable": (f"node:${{V:-20}}@{DIGEST}", f"node:20@{DIGEST}", f"node:${{V:-20}}@[{DIGEST}]"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variables(name: str) -> None:
    """The text with `^` where a digest would be inserted, or `[…]` round the digest that is there."""
    text, target, place = VARIABLES[name]
    source = Source("compose.yaml", f"services: {{web: {{image: '{text}'}}}}".encode())
    (occurrence,) = read(source).occurrences
    assert occurrence.text == text
    match occurrence.target:
        case Reference() as reference:
            assert reference.familiar == target
        case other:
            assert target == ("opaque" if isinstance(other, Opaque) else None)
    assert marked(source, occurrence) == place
    assert place or occurrence.unwritable or not isinstance(occurrence.target, Reference)
    assert (occurrence.dead_variable == "V") == (name == "digest after a variable")


def marked(source: Source, occurrence: Occurrence) -> str | None:
    start, end = occurrence.span
    if digest_span(occurrence) is not None:
        first, last = digest_span(occurrence)
        return (source.data[start:first] + b"[" + source.data[first:last] + b"]" + source.data[last:end]).decode()
    if insertion(occurrence) is not None:
        return (source.data[start : insertion(occurrence)] + b"^" + source.data[insertion(occurrence) : end]).decode()
    return None


INLINE = {
    "Dockerfile's own variable": ("ARG V=20\nFROM node:$${V}", ["$${V} -> node:20"]),
    "image in an ARG": ("ARG BASE=node:20\nFROM $$BASE", ["node:20^"]),
    "Compose's default": ("FROM node:${V:-20}", ["node:${V:-20^}"]),
    "Compose's default is all of it": ("FROM ${BASE:-node:20} AS x", ["${BASE:-node:20^}"]),
    "Compose's registry": ("FROM ${REG:-docker.io}/node:20", ["${REG:-docker.io}/node:20^"]),
    "Compose's default and a suffix": ("FROM node:${V:-20}-slim", ["node:${V:-20}-slim *"]),
    "Compose's variable": ("FROM node:${V}", ["node:${V} opaque"]),
    "Compose's variable in a stage's name": ("FROM node:20 AS ${S}\nFROM ${S}\nCOPY --from=${S} a b", ["node:20^"]),
    "Compose's default in an ARG": ("ARG V=${V:-20}\nFROM node:$${V}", ["node:$${V} *"]),
    "Compose's variable in an ARG": ("ARG V=${V}\nFROM node:$${V}", ["node:$${V} opaque"]),
    "Compose's variable elsewhere": ("FROM node:20\nRUN echo ${A} ${B:-c} $$d", ["node:20^"]),
    "both in one": ("ARG V=20\nFROM ${REG:-docker.io}/node:$${V}", ["${REG:-docker.io}/node:$${V} *"]),
    "comment": ("# FROM node:20\nFROM node:22", ["node:22^"]),
    "heredoc": ("FROM node:20\nRUN <<E\nFROM x\nE\n", ["node:20^"]),
    "last line": ("FROM node:20", ["node:20^"]),
}


@pytest.mark.parametrize("name", INLINE)
@pytest.mark.parametrize("style", ["literal", "quoted"])
def test_inline_dockerfiles(name: str, style: str) -> None:
    dockerfile, expected = INLINE[name]
    if style == "literal":
        text = "|\n        " + dockerfile.replace("\n", "\n        ") + "\n"
    else:
        text = '"' + dockerfile.replace("\n", "\\n") + '"\n'
    source = Source("compose.yaml", f"services:\n  web:\n    build:\n      dockerfile_inline: {text}".encode())
    result = read(source)
    assert result.problems == ()
    assert [_inline(source, each) for each in result.occurrences] == expected


def _inline(source: Source, occurrence: Occurrence) -> str:
    if isinstance(occurrence.target, Opaque):
        return f"{occurrence.text} opaque"
    place = marked(source, occurrence)
    assert isinstance(occurrence.target, Reference)
    if insertion(occurrence) is not None and not occurrence.span.start <= insertion(occurrence) <= occurrence.span.end:
        return f"{occurrence.text.removeprefix('node:')} -> {occurrence.target.familiar}"
    return place or f"{occurrence.text} *"


def test_build_arguments_replace_defaults() -> None:
    text = """
    services:
      web:
        build:
          args: {V: "22", UNKNOWN: , REG: example.org, NUMBER: 3.10}
          dockerfile_inline: |
            ARG V=20
            ARG UNKNOWN=1
            ARG REG
            ARG NUMBER
            FROM node:$${V}
            FROM php:$${UNKNOWN}
            FROM python:$${NUMBER}
            FROM $${REG}/a:1
      job:
        build:
          args: [V=23, W]
          dockerfile_inline: |
            ARG V
            FROM node:$${V}
    """
    prefix = "dockerfile_inline > FROM: "
    assert [shown(each).partition(prefix)[2] for each in occurrences(text)] == [
        "node:22 -> docker.io/library/node:22",
        "php:$${UNKNOWN} -> docker.io/library/php:1",
        "python:$${NUMBER} -> docker.io/library/python:3.1*",
        "$${REG}/a:1 -> example.org/a:1",
        "node:23 -> docker.io/library/node:23",
    ]


def test_platforms() -> None:
    text = """
    x-arm: &arm {platform: linux/arm64}
    services:
      a: {image: a, platform: linux/amd64}
      b: {<<: *arm, image: b}
      c: {image: c, platform: "${P}"}
      d: {image: d, extends: a}
    """
    assert [each.platform for each in occurrences(text)] == ["linux/amd64", "linux/arm64", None, "linux/amd64"]
