"""Loopback servers with the manners of registry-quirks.json, each of which has every image of a vector."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.support import images

MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/]+)")
TOKEN_RULES = (
    {"path": "/token", "do": {"token": 300}},
    {"auth": "none", "do": {"status": 401, "headers": {"WWW-Authenticate": 'Bearer realm="{self}/token"'}}},
)


class Bucket:
    """A token bucket: `rate` requests a second, `burst` at once."""

    def __init__(self, rate: float, burst: float, retry_after: str | None = None) -> None:
        self.retry_after = retry_after
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, time.monotonic()

    def takes(self) -> bool:
        """Whether one more request is let through now."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Registry:
    """What one server knows, and what it was asked for."""

    def __init__(self, manners: Mapping[str, Any], names: set[str], *, as_asked: bool) -> None:
        self.latency = manners.get("latency", 0.0)
        self.bucket = Bucket(**manners["bucket"]) if "bucket" in manners else None
        self.rules = [*manners.get("rules", ()), *(TOKEN_RULES if manners.get("token") else ())]
        self.words: dict[str, str] = {}
        self.targets: list[str] = []
        self.methods: Counter[str] = Counter()
        self.in_flight = self.most_in_flight = self.tokens = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._names, self._as_asked = names, as_asked
        self._fitted: Counter[tuple[int, str]] = Counter()
        self._by_digest: dict[str, images.Image] = {}

    def rule_for(self, handler: "Handler") -> Mapping[str, Any] | None:
        """The `do` of the first rule that fits, counted."""
        for number, rule in enumerate(self.rules):
            if not _fits(rule, handler):
                continue
            per = {"path": handler.path, "auth": handler.headers.get("Authorization", "")}.get(rule.get("per", ""), "")
            before = self._fitted[number, per]
            self._fitted[number, per] += 1
            if rule.get("after", 0) <= before < rule.get("first", before + 1):
                return dict(rule["do"])
        return None

    def image(self, repository: str, reference: str) -> images.Image | None:
        """The index that is there under a tag, or under its digest where it was asked for by its tag before."""
        if ":" in reference:
            return self._by_digest.get(reference)
        if not self._as_asked and f"{repository}:{reference}" not in self._names:
            return None
        found = index_of(f"{repository}:{reference}")
        self._by_digest[found.digest] = found
        return found


def index_of(name: str) -> images.Image:
    """The index of a repository and tag, another one for each."""
    return images.multi_platform(name)


def _fits(rule: Mapping[str, Any], handler: "Handler") -> bool:
    path, _, query = handler.path.partition("?")
    scheme = handler.headers.get("Authorization", "").partition(" ")[0].lower()
    auth = rule.get("auth", scheme or "none")
    return (
        rule.get("method", handler.command) == handler.command
        and re.fullmatch(rule.get("path", ".*"), path) is not None
        and rule.get("query", "") in unquote(query)
        and ("has" not in rule or rule["has"] in handler.headers)
        and (bool(scheme) if auth == "some" else auth == (scheme or "none"))
    )


class Handler(BaseHTTPRequestHandler):
    """Answers as the rules say, and else with the manifest."""

    timeout = 60

    def __init__(self, registry: Registry, protocol: str, *arguments: Any) -> None:
        self.registry = registry
        self.protocol_version = protocol
        super().__init__(*arguments)

    def do_HEAD(self) -> None:
        """Answer HEAD."""
        registry = self.registry
        with registry.lock:
            registry.targets.append(self.path)
            registry.methods[self.command] += 1
            registry.tokens += self.path.startswith("/token")
            registry.in_flight += 1
            registry.most_in_flight = max(registry.most_in_flight, registry.in_flight)
            throttled = bool(registry.bucket and MANIFEST.match(self.path) and not registry.bucket.takes())
            do = None if throttled else registry.rule_for(self)
        try:
            time.sleep(registry.latency)
            if throttled and registry.bucket:
                retry_after = registry.bucket.retry_after
                self._answer(429, {"Retry-After": retry_after} if retry_after else {})
            else:
                self._follow(do or {"manifest": True})
        finally:
            with registry.lock:
                registry.in_flight -= 1

    def do_GET(self) -> None:
        """Answer GET."""
        self.do_HEAD()

    def do_POST(self) -> None:
        """Answer POST."""
        self.do_HEAD()

    def _follow(self, do: Mapping[str, Any]) -> None:
        fields = {name: self._filled(value) for name, value in do.get("headers", {}).items()}
        if do.get("silent"):
            self.registry.closing.wait()
            self.close_connection = True
        elif do.get("cut"):
            self.close_connection = True
        elif "token" in do:
            body = json.dumps({"token": f"token-{self.registry.tokens}-{self.path}", "expires_in": do["token"]})
            self._answer(200, {"Content-Type": "application/json"}, body.replace("/", ".").encode())
        elif "status" in do:
            self._answer(do["status"], fields, self._filled(do.get("body", "")).encode())
        else:
            self._answer_manifest(fields, do.get("without", ()))

    def _answer_manifest(self, fields: Mapping[str, str], without: list[str]) -> None:
        match = MANIFEST.fullmatch(self.path.partition("?")[0])
        image = self.registry.image(match[1], match[2]) if match else None
        if image is None:
            self._answer(404, {"Content-Type": "application/json"}, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
            return
        usual = {"Content-Type": images.OCI_INDEX, "Docker-Content-Digest": image.digest, **fields}
        self._answer(200, {name: usual[name] for name in usual if name not in without}, image.manifest.body)

    def _answer(self, status: int, fields: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _filled(self, text: str) -> str:
        for word, value in self.registry.words.items():
            text = text.replace(f"{{{word}}}", value)
        return text

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *arguments: object) -> None:
        """Say nothing of clients that go away."""


class _OneAtATime(HTTPServer):
    request_queue_size = 128


@contextmanager
def serve(hosts: Mapping[str, Mapping[str, Any]], names: set[str], *, as_asked: bool) -> Iterator[dict[str, Registry]]:
    """Run a server for each host; `words["self"]` of each is its URL."""
    registries: dict[str, Registry] = {}
    with ExitStack() as stack:
        for host, manners in hosts.items():
            registry = registries[host] = Registry(manners, names, as_asked=as_asked)
            single = manners.get("one_at_a_time")
            kind = _OneAtATime if single else _Server
            server = stack.enter_context(kind(("127.0.0.1", 0), partial(Handler, registry, single or "HTTP/1.1")))
            registry.words["self"] = f"http://127.0.0.1:{server.server_port}"
            if manners.get("closed"):
                server.socket.close()
                continue
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(registry.closing.set)
        urls = [registry.words["self"] for registry in registries.values()]
        for registry in registries.values():
            registry.words |= {f"p{number}": url for number, url in enumerate(urls)}
        yield registries
