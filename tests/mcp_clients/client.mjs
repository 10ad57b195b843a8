// The official clients of TypeScript (npm `@modelcontextprotocol/sdk`, and `@modelcontextprotocol/client`, which follows it) ask the
// server: over standard input and output and over HTTP, in both eras.
//
//     node client.mjs PROGRAM URL
//
// PROGRAM is `relata`, URL a server of the same library over HTTP. The library is the sample, so the answers are known. The
// clients themselves check that data fits the schema of its tool.

import assert from 'node:assert/strict';
import { Client as First } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as FirstStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as FirstHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Second, StreamableHTTPClientTransport as SecondHttp } from '@modelcontextprotocol/client';
import { StdioClientTransport as SecondStdio } from '@modelcontextprotocol/client/stdio';

const TOOLS = [
  'recommend_papers', 'search_papers', 'todays_papers', 'get_paper', 'list_topics', 'topic_papers', 'library_status',
];

// All that a client does, with answers that are known.
async function ask(client) {
  assert.equal(client.getServerVersion().name, 'relata');
  assert.match(client.getInstructions(), /untrusted_fields/);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), TOOLS);
  assert.ok(tools.every((tool) => tool.annotations.readOnlyHint));

  const call = (name, args) => client.callTool({ name, arguments: args });
  const related = await call('recommend_papers', { like: ['2602.10611'], k: 3 });
  assert.deepEqual(related.structuredContent, JSON.parse(related.content[0].text));
  assert.equal(related.structuredContent.papers.length, 3);
  assert.equal(related.structuredContent.source, 'sample');
  for (const [name, args] of [
    ['search_papers', { query: 'physics-informed neural networks', k: 2 }],
    ['get_paper', { id: '2602.10611', max_chars: 200 }],
    ['list_topics', {}],
    ['topic_papers', { topic: 1, k: 2 }],
    ['library_status', {}],
  ]) {
    const answer = await call(name, args);
    assert.ok(!answer.isError && answer.structuredContent, `${name}: ${JSON.stringify(answer)}`);
  }

  const wrong = await call('search_papers', { query: 'x', k: 1000 });
  assert.ok(wrong.isError);
  assert.equal(JSON.parse(wrong.content[0].text).status, 400);
  const empty = await call('todays_papers', {});
  assert.equal(JSON.parse(empty.content[0].text).code, 'empty-library');
  await assert.rejects(call('no_such_tool', {}), (error) => error.code === -32602);

  const { resourceTemplates } = await client.listResourceTemplates();
  assert.equal(resourceTemplates.length, 3);
  const { contents } = await client.readResource({ uri: 'relata://paper/2602.10611' });
  assert.equal(JSON.parse(contents[0].text).id, '2602.10611');
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map((prompt) => prompt.name), ['whats_new', 'topic_survey']);
  const survey = await client.getPrompt({ name: 'topic_survey', arguments: { topic: 'neural operators' } });
  assert.match(survey.messages[0].content.text, /neural operators/);
}

const [program, url] = process.argv.slice(2);
const stdio = { command: program, args: ['mcp'], env: process.env, stderr: 'ignore' };
const me = { name: 'test', version: '1' };
const both = { versionNegotiation: { mode: 'auto' } };
for (const [name, client, transport, version] of [
  ['sdk, standard input and output', new First(me), new FirstStdio(stdio)],
  ['sdk, HTTP', new First(me), new FirstHttp(new URL(url))],
  ['client, standard input and output, initialize', new Second(me), new SecondStdio(stdio), '2025-11-25'],
  ['client, standard input and output, server/discover', new Second(me, both), new SecondStdio(stdio), '2026-07-28'],
  ['client, HTTP, initialize', new Second(me), new SecondHttp(new URL(url)), '2025-11-25'],
  ['client, HTTP, server/discover', new Second(me, both), new SecondHttp(new URL(url)), '2026-07-28'],
]) {
  await client.connect(transport);
  if (version) assert.equal(client.getNegotiatedProtocolVersion(), version);
  await ask(client);
  await client.close();
  console.log(`@modelcontextprotocol/${name}: ok`);
}
