"""Files to measure with: the same bytes for the same arguments, on every machine.

The Dockerfiles have what real ones have, in about the proportions of public repositories: two or three
stages, ARGs with defaults, continued lines with comments between them, heredocs, mounts, copies from
stages and from images. The giants hold much of one thing, for the growth of the time with the size.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path

REPOSITORIES = ("alpine", "debian", "golang", "node", "postgres", "python", "ghcr.io/astral-sh/uv", "grafana/loki")
FRONTEND = "docker/dockerfile:1.7"
PACKAGES = ("ca-certificates", "curl", "git", "jq", "libpq-dev", "make", "openssl", "tini", "tzdata", "unzip")

Write = Callable[[random.Random, bool], str]


def pinned_to(image: str) -> str:
    """`image` with a digest that depends on nothing but its name."""
    return f"{image}@sha256:{sha256(image.encode()).hexdigest()}"


def dockerfile(chance: random.Random, pinned: bool) -> str:
    """One Dockerfile of about thirty lines."""
    image = _images(chance, pinned)
    top = [f"# syntax={pinned_to(FRONTEND) if pinned else FRONTEND}"] if chance.random() < 0.4 else []
    top.append("# How this service is built. Keep the stages small.")
    base = image()
    if chance.random() < 0.3:
        top += [f"ARG BASE={base}", "ARG REVISION=unknown"]
        base = "${BASE}"
    last = image()
    stages = [_build_stage(chance, base), _final_stage(chance, last, image())]
    if chance.random() < 0.3:
        stages.insert(1, ["FROM build AS test", "RUN make test", 'CMD ["make", "report"]', ""])
    return "\n".join([*top, "", *(line for stage in stages for line in stage)])


def compose_file(chance: random.Random, pinned: bool) -> str:
    """One Compose file of two to five services, about fifty lines."""
    image = _images(chance, pinned)
    names = chance.sample(("api", "cache", "db", "proxy", "queue", "search", "web", "worker"), chance.randint(2, 5))
    lines = ["# The services of one project.", "services:"]
    for name in names:
        lines += _service(chance, name, image(), names)
    return "\n".join([*lines, "networks:", "  backend:", "", "volumes:", *(f"  {name}-data:" for name in names), ""])


def yaml_file(chance: random.Random, pinned: bool) -> str:
    """One YAML file of about forty lines, as they lie in repositories: one in ten is a manifest that pulls images."""
    number = chance.randrange(1000)
    if chance.random() < 0.1:
        return _deployment(number, _images(chance, pinned)())
    return chance.choice((_service_manifest, _translations, _tasks, _interface))(number)


def write_tree(folder: Path, count: int, write: Write, name: str, pinned: bool = True) -> None:
    """`count` files called `name`, each in a folder of its own, fifty of those to a group."""
    for number in range(count):
        path = folder / f"group-{number // 50:03}" / f"service-{number:05}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write(random.Random(number), pinned), encoding="utf-8")


def write_tagged(folder: Path, files: int, images: Sequence[str]) -> None:
    """`files` Dockerfiles without digests that name every one of `images` at least once, two in each file."""
    for number in range(files):
        first, second = images[number % len(images)], images[(number * 7 + 3) % len(images)]
        path = folder / f"service-{number:04}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        lines = [f"FROM {first} AS build", "COPY . /src", "RUN make", f"FROM {second}", "COPY --from=build /src /"]
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def long_run(lines: int) -> str:
    """A Dockerfile with one RUN of so many lines."""
    body = (f"    echo step-{number} && \\" for number in range(lines - 2))
    return "\n".join([f"FROM {pinned_to('debian:12')}", "RUN set -e; \\", *body, "    true", ""])


def big_dockerfile(size: int) -> str:
    """A Dockerfile of at least `size` bytes: ordinary instructions, over and over, in one stage."""
    lines = [f"FROM {pinned_to('debian:12')}"]
    lines += _repeated(_steps, size)
    return "\n".join([*lines, ""])


def many_stages(stages: int) -> str:
    """A Dockerfile with so many FROMs: half from images, half from the stage before."""
    pairs = (
        (f"FROM {pinned_to(f'debian:{number}')} AS stage-{number}", f"FROM stage-{number} AS also-{number}", "RUN make")
        for number in range(stages // 2)
    )
    return "\n".join([*(line for pair in pairs for line in pair), ""])


def big_compose(size: int) -> str:
    """A Compose file of at least `size` bytes with ordinary services."""

    def service(number: int) -> list[str]:
        return _service(random.Random(number), f"s{number}", pinned_to(f"nginx:{number}"), ("s0", "s1"))

    return "\n".join(["services:", *_repeated(service, size), ""])


def _deployment(number: int, image: str) -> str:
    variables = [f"            - name: SETTING_{at}\n              value: 'value {at}'" for at in range(10)]
    head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  labels:\n    app: app-{number}"
    spec = f"spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: app-{number}\n  template:\n    spec:"
    container = f"      containers:\n        - name: app\n          image: {image}\n          env:"
    return "\n".join([head, spec, container, *variables, "          ports:\n            - containerPort: 8080", ""])


def _service_manifest(number: int) -> str:
    ports = [f"    - name: port-{at}\n      port: {8000 + at}\n      targetPort: {9000 + at}" for at in range(10)]
    head = f"apiVersion: v1\nkind: Service\nmetadata:\n  name: service-{number}"
    return "\n".join([head, f"spec:\n  selector:\n    app: app-{number}\n  ports:", *ports, ""])


def _translations(number: int) -> str:
    words = [f'    label_{at}: "What label {at} of page {number} says"' for at in range(35)]
    return "\n".join(["en:", "  page:", *words, '    image_alt: "An image of the page"', ""])


def _tasks(number: int) -> str:
    steps = [
        f"- name: Step {at}\n  ansible.builtin.command:\n    cmd: make step-{at}\n  when: ready" for at in range(9)
    ]
    return "\n".join([f"# The tasks of role {number}.", "---", *steps, ""])


def _interface(number: int) -> str:
    paths = [
        f"  /things/{at}:\n    get:\n      summary: Thing {at}\n      responses:\n        '200': {{description: OK}}"
        for at in range(6)
    ]
    return "\n".join(["openapi: 3.1.0", f"info:\n  title: Interface {number}\n  version: '1'", "paths:", *paths, ""])


def _repeated(lines_of: Callable[[int], Iterable[str]], size: int) -> list[str]:
    lines: list[str] = []
    number = length = 0
    while length < size:
        more = list(lines_of(number))
        lines += more
        length += sum(len(line) + 1 for line in more)
        number += 1
    return lines


def _images(chance: random.Random, pinned: bool) -> Callable[[], str]:
    def image() -> str:
        name = f"{chance.choice(REPOSITORIES)}:{chance.randint(1, 24)}.{chance.randint(0, 12)}"
        return pinned_to(name) if pinned else name

    return image


def _build_stage(chance: random.Random, base: str) -> list[str]:
    platform = "--platform=$BUILDPLATFORM " if chance.random() < 0.3 else ""
    lines = [f"FROM {platform}{base} AS build", "ARG REVISION", "WORKDIR /src", "", "# The dependencies change rarely."]
    lines += ["COPY go.mod go.sum* package*.json ./", *_install(chance), ""]
    if chance.random() < 0.5:
        lines += ["RUN --mount=type=cache,target=/root/.cache \\", "    make dependencies", ""]
    if chance.random() < 0.3:
        lines += ["RUN <<EOF", "set -eux", "# a comment of the shell", "make generate", "EOF", ""]
    return [*lines, "COPY . .", 'RUN make build LDFLAGS="-X main.revision=${REVISION}"', ""]


def _install(chance: random.Random) -> list[str]:
    packages = sorted(chance.sample(PACKAGES, chance.randint(2, 6)))
    lines = ["RUN apt-get update \\", " && apt-get install -y --no-install-recommends \\"]
    if chance.random() < 0.3:
        lines.append("    # what the build needs")
    return [*lines, *(f"    {package} \\" for package in packages), " && rm -rf /var/lib/apt/lists/*"]


def _final_stage(chance: random.Random, base: str, extra: str) -> list[str]:
    lines = [f"FROM {base}", "ENV PORT=8080 \\", "    LANG=C.UTF-8", "LABEL org.opencontainers.image.title=service"]
    if chance.random() < 0.25:
        lines.append(f"COPY --from={extra} /usr/bin/tool /usr/local/bin/")
    lines += ["COPY --from=build --chown=1000:1000 /src/bin/ /usr/local/bin/", "USER 1000", "EXPOSE 8080"]
    if chance.random() < 0.5:
        lines.append("HEALTHCHECK --interval=30s CMD wget -q -O /dev/null http://localhost:8080/health || exit 1")
    return [*lines, 'ENTRYPOINT ["/usr/local/bin/service"]', 'CMD ["serve", "--port", "8080"]', ""]


def _steps(number: int) -> list[str]:
    return [
        f"# step {number}",
        f"COPY src/{number} /srv/{number}",
        f"RUN cd /srv/{number} \\",
        "    && make all \\",
        "    && make install",
        f'ENV STEP_{number}="done"',
        "",
    ]


def _service(chance: random.Random, name: str, image: str, names: Sequence[str]) -> list[str]:
    lines = [f"  {name}:", f"    image: {image}", "    restart: unless-stopped", "    environment:"]
    lines += [f"      - {key}={name}" for key in chance.sample(("DB_NAME", "LOG_LEVEL", "MODE", "REGION", "USER"), 3)]
    port = chance.randint(2000, 9000)
    lines += ["    ports:", f'      - "127.0.0.1:{port}:{port}"']
    lines += ["    volumes:", f"      - {name}-data:/var/lib/{name}"]
    if chance.random() < 0.4:
        lines += ["    healthcheck:", '      test: ["CMD", "wget", "http://localhost/health"]', "      interval: 30s"]
    if chance.random() < 0.5 and name != names[0]:
        lines += ["    depends_on:", f"      - {names[0]}"]
    return [*lines, "    networks: [backend]", ""]
