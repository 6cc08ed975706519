"""`[mcp.NAME]`: what is read, what is wrong with it, and how it reaches our servers."""

import json

import pytest

from tests.support.stackfile import StackFile
from vrooli.core.errors import UsageError
from vrooli.execution.mcp.settings import read
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.mcp import VARIABLE, McpServer

SHOP = """
    [resources.db]
    kind = "postgres"
    [scenarios.server]
    needs = ["db"]
    port = 3011
    instances = 2
    [scenarios.web]
    command = ["web"]
    [mcp.shop]
    command = ["shop", "--stdio"]
    env = { TOKEN = "env:SHOP_TOKEN", CERT = "file:cert.pem" }
    timeout = "1500ms"
    tools = ["price"]
    memory_mb = 256
    trust_hints = true
    [mcp.search]
    url = "https://search.internal/mcp"
    headers = { Authorization = "env:SEARCH_HEADER" }
"""


def shop(lines: str) -> str:
    """A stack with one server with these lines."""
    return f'[scenarios.web]\ncommand = ["web"]\n[mcp.shop]\n{lines}'


def test_every_server_of_ours_knows_them_and_nobody_else(file: StackFile) -> None:
    stack = file.load(SHOP)
    first = stack.services["server-1"].env
    assert read(first[VARIABLE]) == {
        "shop": McpServer(
            name="shop",
            command=("shop", "--stdio"),
            env={"TOKEN": "env:SHOP_TOKEN", "CERT": f"file:{file.path.parent / 'cert.pem'}"},
            timeout=1.5,
            tools=("price",),
            memory_mb=256,
            trust_hints=True,
        ),
        "search": McpServer(
            "search",
            url="https://search.internal/mcp",
            headers={"Authorization": "env:SEARCH_HEADER"},
        ),
    }
    named = {name: first[name] for name in ("SHOP_TOKEN", "SEARCH_HEADER")}
    assert named == {"SHOP_TOKEN": "env:SHOP_TOKEN", "SEARCH_HEADER": "env:SEARCH_HEADER"}
    assert stack.services["server-2"].env == first
    assert not stack.services["web"].env
    assert stack.mcp == ("shop", "search")


def test_the_compiled_stack_holds_their_names(file: StackFile) -> None:
    stack, kept = file.load(SHOP), file.path.with_name("stack.json")
    write_compiled(stack, kept)
    assert read_compiled(kept) == stack


def test_what_the_file_says_of_the_variable_counts_instead(file: StackFile) -> None:
    text = SHOP.replace("instances = 2", 'env = { VROOLI_MCP = "" , SHOP_TOKEN = "file:t" }')
    env = file.load(text).services["server"].env
    assert (env[VARIABLE], env["SHOP_TOKEN"]) == ("", f"file:{file.path.parent / 't'}")


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("", "mcp.shop: needs either a `command` or a `url`"),
        ('command = ["x"]\nurl = "http://x"', "mcp.shop: needs either"),
        ('command = "x"', "mcp.shop.command"),
        ("command = []", "mcp.shop.command"),
        ('url = "ftp://x"', "mcp.shop.url"),
        ('url = "http://me:hunter2@x"', "mcp.shop.url"),
        ('command = ["x"]\nenv = { TOKEN = "hunter2" }', "mcp.shop.env.TOKEN: a secret must be"),
        ('command = ["x"]\nenv = { "1" = "env:X" }', "mcp.shop.env.1"),
        ('command = ["x"]\nheaders = { A = "env:X" }', "mcp.shop.headers: only with a `url`"),
        ('url = "http://x"\nenv = { A = "env:X" }', "mcp.shop.env: only with a `command`"),
        ('url = "http://x"\nheaders = { Host = "env:X" }', "mcp.shop.headers.Host"),
        ('url = "http://x"\nheaders = { A = "hunter2" }', "mcp.shop.headers.A"),
        ('command = ["x"]\ntimeout = "2h"', "mcp.shop.timeout"),
        ('command = ["x"]\nmemory_mb = 1', "mcp.shop.memory_mb"),
        ('command = ["x"]\ntools = []', "mcp.shop.tools"),
        ('command = ["x"]\ntool = ["a"]', "mcp.shop.tool: unknown key `tool`"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_repeated(
    file: StackFile, lines: str, place: str
) -> None:
    found = file.problems(shop(lines))
    assert any(place in line for line in found), found
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[shop", "VROOLI_MCP: it is no TOML"),
        ("{", "VROOLI_MCP: it is no JSON"),
        ("shop = 1", "VROOLI_MCP: shop: expected a table"),
        ("[Shop]", "VROOLI_MCP: Shop: a name"),
        ('[shop]\ncommand = ["x"]\ntimeout = "1m"', "VROOLI_MCP: shop.timeout"),
        ('[shop]\ncommand = ["x"]\nmemory_mb = true', "VROOLI_MCP: shop.memory_mb"),
        ('[shop]\ncommand = ["x"]\ntrust_hints = 1', "VROOLI_MCP: shop.trust_hints"),
        ('[shop]\ncommand = ["x"]\nkey = 1', "VROOLI_MCP: shop.key"),
        (json.dumps({"s": {"url": "http://h", "headers": {"A": "x"}}}), "VROOLI_MCP: s.headers.A"),
    ],
)
def test_what_is_wrong_with_the_variable(text: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert str(caught.value).startswith(place)


def test_nothing_is_declared_by_nothing() -> None:
    assert read("") == {}
