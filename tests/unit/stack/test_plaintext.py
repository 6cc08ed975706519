"""What looks like a secret in plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.stack.plaintext import is_plain_secret, names_a_secret


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD", "hunter2"),
        ("PGPASSWORD", "hunter2"),
        ("DB_PASS", "hunter2"),
        ("GITHUB_TOKEN", "ghp_abc"),
        ("API_KEY", "abc"),
        ("APIKEY", "abc"),
        ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("SECRET_KEY_BASE", "abc"),
        ("client-secret", "abc"),
        ("REDISCLI_AUTH", "abc"),
        ("SENTRY_DSN", "https://abc@sentry.io/1"),
        ("DATABASE_URL", "postgres://me:hunter2@db/x"),
        ("CACHE", "redis://:hunter2@cache"),
        ("DSN", "host=db user=me password=hunter2"),
        ("ODBC", "Server=db;Pwd=hunter2;"),
        ("LINK", "https://api/x?api_key=abc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer abc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop, x-api-key=abc"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "token=abc"),
        ("EXTRA_HEADER", "Authorization: Basic abc"),
        ("EXTRA", "x-api-key=abc"),
        ("url", "jsons://hook.example.org/in?+Authorization=Bearer%20abc"),
        ("url", "json://hook.example.org/in?-x-api-key=abc"),
    ],
)
def test_secrets_are_seen(name: str, value: str) -> None:
    assert is_plain_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "env:API_KEY"),
        ("API_KEY", "file:/run/secrets/key"),
        ("DATABASE_URL", "resource:postgres"),
        ("PASSWORD", ""),
        ("REQUIRE_TOKEN", "true"),
        ("MAX_TOKENS", "4096"),
        ("TOKEN_TTL", "3600"),
        ("TLS_KEY", "/etc/ssl/private/server.key"),
        ("JWT_PUBLIC_KEY", "abc"),
        ("PASSWORD_FILE", "/run/secrets/password"),
        ("KEYBOARD", "de"),
        ("MONKEY", "see"),
        ("PWD", "/srv"),
        ("DATABASE_URL", "postgres://me@db:5432/x"),
        ("SITE", "https://example.org:8443/a:b@c"),
        ("LOG_LEVEL", "info"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop,x-scope=eu"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "env:COLLECTOR_HEADERS"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.key=blue,team=shop"),
        ("SORT_BY", "key=name"),
    ],
)
def test_harmless_values_are_let_through(name: str, value: str) -> None:
    assert not is_plain_secret(name, value)


@given(st.text(max_size=40), st.text(max_size=200))
def test_any_text_can_be_looked_at(name: str, value: str) -> None:
    is_plain_secret(name, value)
    names_a_secret(name)
