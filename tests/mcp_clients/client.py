"""The official client of Python (PyPI `mcp`) asks the server: over standard input and output in both eras, and over HTTP.

    client.py PROGRAM URL

PROGRAM is `relata`, URL a server of the same library over HTTP. The library is the sample, so the answers are known. The client
itself checks that data fits the schema of its tool.
"""

import asyncio
import json
import os
import sys

from mcp import Client, MCPError, StdioServerParameters

TOOLS = [
    "recommend_papers",
    "search_papers",
    "todays_papers",
    "get_paper",
    "list_topics",
    "topic_papers",
    "library_status",
]


async def ask(client, version):
    """All that a client does, with answers that are known."""
    assert client.protocol_version == version, client.protocol_version
    assert client.server_info.name == "relata", client.server_info
    assert "untrusted_fields" in client.instructions
    listed = (await client.list_tools()).tools
    assert [tool.name for tool in listed] == TOOLS, listed
    assert all(tool.annotations.read_only_hint for tool in listed)

    related = await client.call_tool("recommend_papers", {"like": ["2602.10611"], "k": 3})
    assert not related.is_error, related
    assert related.structured_content == json.loads(related.content[0].text)
    assert len(related.structured_content["papers"]) == 3
    assert related.structured_content["source"] == "sample"
    for tool, arguments in [
        ("search_papers", {"query": "physics-informed neural networks", "k": 2}),
        ("get_paper", {"id": "2602.10611", "max_chars": 200}),
        ("list_topics", {}),
        ("topic_papers", {"topic": 1, "k": 2}),
        ("library_status", {}),
    ]:
        answer = await client.call_tool(tool, arguments)
        assert not answer.is_error, (tool, answer)
        assert answer.structured_content, tool

    wrong = await client.call_tool("search_papers", {"query": "x", "k": 1000})
    assert wrong.is_error and json.loads(wrong.content[0].text)["status"] == 400, wrong
    empty = await client.call_tool("todays_papers", {})
    assert empty.is_error and json.loads(empty.content[0].text)["code"] == "empty-library", empty
    try:
        await client.call_tool("no_such_tool", {})
        raise AssertionError("an unknown tool answered")
    except MCPError as error:
        assert error.error.code == -32602, error

    templates = (await client.list_resource_templates()).resource_templates
    assert len(templates) == 3, templates
    read = await client.read_resource("relata://paper/2602.10611")
    assert json.loads(read.contents[0].text)["id"] == "2602.10611"
    prompts = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in prompts] == ["whats_new", "topic_survey"]
    survey = await client.get_prompt("topic_survey", {"topic": "neural operators"})
    assert "neural operators" in survey.messages[0].content.text


async def main(program, url):
    stdio = StdioServerParameters(command=program, args=["mcp"], env=dict(os.environ))
    for name, server, mode, version in [
        ("standard input and output, initialize", stdio, "legacy", "2025-11-25"),
        ("standard input and output, server/discover", stdio, "auto", "2026-07-28"),
        ("HTTP, initialize", url, "legacy", "2025-11-25"),
        ("HTTP, server/discover", url, "auto", "2026-07-28"),
    ]:
        async with Client(server, mode=mode) as client:
            await ask(client, version)
        print(f"mcp (Python), {name}: ok")


asyncio.run(main(sys.argv[1], sys.argv[2]))
