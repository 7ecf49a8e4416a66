"""What the client makes of connections, redirects and challenges that break the rules."""

import socket

import pytest

from pinner.registry.settings import RegistrySettings
from tests.support.answers import (
    ASK_FOR_TOKEN,
    BEARER,
    DIGEST,
    HASTY,
    HUGE,
    RIGHT_GET,
    RIGHT_HEAD,
    TOKEN,
    WITH_RETRIES,
    Case,
    challenge,
    check,
    head,
    outcome,
    redirect,
    resolve_one,
    token,
)
from tests.support.misbehaving import Reply, Script, drip, flood, misbehaving, reply, reset, silence

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("hurried")]

NO_DIGEST = [head(digest="")]
LINK_LOCAL = "169.254.169.254"


def broken(name: str, answer: Reply) -> Case:
    """An answer that is none, however often one asks."""
    return Case(name, Script([answer]), "unreachable", at_most=WITH_RETRIES)


def slow(name: str, script: Script) -> Case:
    return Case(name, script, "timeout", at_most=WITH_RETRIES, timeouts=HASTY)


CONNECTIONS = [
    broken("closed without an answer", b""),
    broken("reset", reset),
    broken("cut in the header", RIGHT_HEAD[:40]),
    broken("not HTTP", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    broken("a Content-Length that is no number", RIGHT_HEAD.replace(b"Length: ", b"Length: x")),
    broken("a header without end", flood(b"HTTP/1.1 200 OK\r\nX: ", HUGE, b"x")),
    Case("reset once", Script([reset, RIGHT_HEAD]), DIGEST, at_most=2),
    slow("silence", Script([silence])),
    slow("a slow drip in the header", Script([drip(RIGHT_HEAD, 0.05)])),
    slow("a slow drip in the body", Script(NO_DIGEST, [drip(RIGHT_GET, 0.05)])),
    slow("a slow drip of a token", Script([ASK_FOR_TOKEN], token=[drip(TOKEN, 0.05)])),
]


def refused(name: str, location: str, at_most: int = 1) -> Case:
    script = Script([redirect(location)], other=[redirect("{url}/v2/app/manifests/1")])
    return Case(name, script, "redirect-refused", at_most)


REDIRECTS = [
    Case("relative", Script([redirect("/elsewhere")], other=[RIGHT_HEAD]), DIGEST, at_most=2),
    Case("to another host", Script([redirect("{other_url}/v2/app/manifests/1")]), DIGEST, at_most=1),
    Case("to this host without naming it", Script([redirect("http:///x")], other=[RIGHT_HEAD]), DIGEST, at_most=2),
    Case("with a password", Script([redirect("http://user:password@{host}/x")], other=[RIGHT_HEAD]), DIGEST, at_most=2),
    Case("GET too", Script([redirect("/x")], [redirect("/x")], other=[*NO_DIGEST, RIGHT_GET]), DIGEST),
    refused("to itself", "{url}/v2/app/manifests/1", at_most=6),
    refused("in a circle", "{url}/elsewhere", at_most=6),
    refused("to a file", "file:///etc/passwd"),
    refused("to another scheme", "gopher://127.0.0.1/"),
    refused("to nonsense", "http://[::"),
    refused("to a port that is none", "http://127.0.0.1:99999999/"),
    refused("to a link-local address", f"http://{LINK_LOCAL}/latest/meta-data/"),
    refused("to a mapped link-local address", f"http://[::ffff:{LINK_LOCAL}]/"),
    refused("to a link-local address as a number", "http://2852039166/"),
    refused("to another host by plain http", "http://registry.example/v2/"),
    Case("without Location", Script([reply(307)], [reply(307)]), "redirect-refused"),
]


def untrusted(name: str, realm: str) -> Case:
    script = Script([challenge(f'Bearer realm="{realm}",service="s"')], token=[TOKEN])
    return Case(name, script, "realm-not-trusted", at_most=1)


def realm(name: str, value: str) -> Case:
    return Case(name, Script([challenge(f'Bearer realm="{value}"'), RIGHT_HEAD], token=[TOKEN]), DIGEST, at_most=3)


REALMS = [
    Case("none", Script([challenge('Bearer service="s"')]), "unauthorized", at_most=1),
    Case("empty", Script([challenge('Bearer realm="",service="s"')]), "unauthorized", at_most=1),
    realm("relative", "/token"),
    realm("on another host", "{other_url}/token"),
    realm("with a password", "http://user:password@{host}/token"),
    realm("with a query", "{url}/token?scope=registry:catalog:*"),
    untrusted("a file", "file:///etc/passwd"),
    untrusted("nonsense", "http://[::"),
    untrusted("a link-local address", f"http://{LINK_LOCAL}/token"),
    untrusted("a mapped link-local address", f"http://[::ffff:{LINK_LOCAL}]/token"),
    untrusted("another host by plain http", "http://auth.example/token"),
]


def tokens(name: str, answer: Reply, expected: str, at_most: int = 3) -> Case:
    """A challenge, then `answer` for every request for a token."""
    return Case(name, Script([ASK_FOR_TOKEN, RIGHT_HEAD], token=[answer]), expected, at_most)


TOKENS = [
    tokens("token", TOKEN, DIGEST),
    tokens("access_token", token(b'{"access_token": "t"}'), DIGEST),
    tokens("infinite expiry", token(b'{"token": "t", "expires_in": 1e999}'), DIGEST),
    tokens("an expiry of 400 digits", token(b'{"token": "t", "expires_in": %s}' % (b"9" * 400)), DIGEST),
    tokens("negative expiry", token(b'{"token": "t", "expires_in": -1}'), DIGEST),
    tokens("expiry in words", token(b'{"token": "t", "expires_in": "soon"}'), DIGEST),
    tokens("HTML", reply(body=b"<html>"), "unauthorized"),
    tokens("a list", token(b"[]"), "unauthorized"),
    tokens("neither token nor access_token", token(b"{}"), "unauthorized"),
    tokens("an empty token", token(b'{"token": ""}'), "unauthorized"),
    tokens("a number for a token", token(b'{"token": 7}'), "unauthorized"),
    tokens("a token that ends the header field", token(b'{"token": "a\\r\\nX: y"}'), "unauthorized"),
    tokens("a token of no ASCII", token('{"token": "größer"}'.encode()), "unauthorized"),
    tokens("64 MB", flood(reply(length=2**26), 2**26), "too-large"),
    tokens("401", reply(401), "unauthorized"),
    tokens("403", reply(403), "denied"),
    tokens("404", reply(404), "unauthorized"),
    tokens("429 for a day", reply(429, {"Retry-After": "86400"}), "rate-limited"),
    tokens("500 for ever", reply(500), "unreachable", at_most=WITH_RETRIES),
    tokens("a redirect in a circle", redirect("{url}/token"), "redirect-refused", at_most=8),
    tokens("a redirect to a link-local address", redirect(f"http://{LINK_LOCAL}/token"), "redirect-refused"),
    Case("a redirect", Script([ASK_FOR_TOKEN, RIGHT_HEAD], token=[redirect("{url}/x")], other=[TOKEN]), DIGEST),
    Case(
        "429 once",
        Script([ASK_FOR_TOKEN, RIGHT_HEAD], token=[reply(429, {"Retry-After": "0"}), TOKEN]),
        DIGEST,
    ),
]


def challenged(name: str, *values: str) -> Case:
    return Case(name, Script([challenge(*values), RIGHT_HEAD], token=[TOKEN]), DIGEST, at_most=3)


CHALLENGES = [
    challenged("only on the manifest", BEARER),
    challenged("Basic and Bearer in one field", f'Basic realm="b", {BEARER}'),
    challenged("Bearer and Basic in two fields", BEARER, 'Basic realm="b"'),
    challenged("token68 before Bearer", f"Negotiate YWJj==, {BEARER}"),
    challenged("capitals and spaces", 'BEARER REALM = "{url}/token" , SERVICE = "s" ,'),
    challenged("unquoted", "Bearer realm={url}/token,service=s"),
    Case("on GET alone", Script(NO_DIGEST, [ASK_FOR_TOKEN, RIGHT_GET], [TOKEN]), DIGEST),
    Case("none with the 401", Script([reply(401)], [reply(401)]), "unauthorized"),
    Case("only an unknown scheme", Script([challenge("Negotiate")], [challenge("Negotiate")]), "unauthorized"),
    Case("Basic without credentials", Script([challenge('Basic realm="b"')]), "unauthorized"),
    Case("again with every token", Script([ASK_FOR_TOKEN], [ASK_FOR_TOKEN], [TOKEN]), "unauthorized", at_most=6),
]


def has_ipv6() -> bool:
    """Whether this machine has the loopback address ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="there is no ::1")
def test_an_ipv6_address_is_a_registry_s_name() -> None:
    with misbehaving(Script([ASK_FOR_TOKEN, RIGHT_HEAD], token=[TOKEN]), address="::1") as server:
        assert server.host.startswith("[::1]:")
        assert outcome(resolve_one(server, RegistrySettings(environ={}))) == DIGEST
        assert server.heard[0].field("host") == server.host


CASES = {
    "connection": CONNECTIONS,
    "redirect": REDIRECTS,
    "realm": REALMS,
    "token": TOKENS,
    "challenge": CHALLENGES,
}


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{group}: {case.name}") for group, cases in CASES.items() for case in cases],
)
def test_the_answer_is_right_or_has_a_reason(case: Case) -> None:
    check(case)
