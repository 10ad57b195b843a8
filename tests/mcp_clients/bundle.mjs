// Starts the server of an unpacked bundle as its manifest says, and asks it.
//
//     node bundle.mjs FOLDER

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [folder] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
const { command, args, env } = manifest.server.mcp_config;

// What a client puts in the places of variables.
async function ask(settings) {
  const filled = (text) =>
    text.replace('${__dirname}', folder).replace(/\$\{user_config\.(\w+)\}/g, (_, name) => String(settings[name]));
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
  const transport = new StdioClientTransport({
    command: filled(command), args: args.map(filled), env: { ...process.env, ...own }, stderr: 'ignore',
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  const { tools } = await client.listTools();
  const answer = await client.callTool({ name: 'library_status', arguments: {} });
  await client.close();
  assert.equal(answer.structuredContent.version, manifest.version);
  return tools.map((tool) => tool.name);
}

const usual = Object.fromEntries(Object.entries(manifest.user_config).map(([name, setting]) => [name, setting.default]));
const named = manifest.tools.map((tool) => tool.name);
const all = await ask({ ...usual, library: process.env.RELATA_LIBRARY, allow_writes: true });
assert.deepEqual(all, named);
assert.deepEqual(await ask(usual), named.filter((name) => !['rate_papers', 'fetch_papers'].includes(name)));
console.log('bundle: ok');
