// The conformance suite of the protocol against a server over HTTP.
//
//     node conformance.mjs URL
//
// The suite is made for a server with tools, resources and prompts of its own (`test_simple_text`, `test://...`). Of a server
// without these some scenarios say what they are about all the same: those of APPLY must pass. The others may fail only since
// something is not offered, and each such reason is named below.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const APPLY = {
  '2025-11-25': [
    'server-initialize', 'server-session-lifecycle', 'ping', 'tools-list', 'server-sse-polling', 'server-sse-multiple-streams',
    'resources-list', 'prompts-list', 'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'tools-list', 'server-sse-multiple-streams', 'resources-list', 'sep-2164-resource-not-found', 'prompts-list',
    'dns-rebinding-protection', 'caching', 'http-header-validation', 'input-required-result-missing-input-response',
    'input-required-result-unsupported-methods', 'input-required-result-ignore-extra-params', 'input-required-result-validate-input',
  ],
};
// The scenario of statelessness has checks that need tools of the suite among those that do not.
const IN_PART = { 'server-stateless': 21 };
// The released suite has no session lifecycle.
const LATER = ['server-session-lifecycle'];
const NOT_OFFERED = [
  /^Not testable: server (does not list|exposes no tool)/,
  /there is no (tool|prompt) (test_|json_schema)/,
  /Tool '?\w*(test|json_schema)\w*'? not found/i,
  /test:\/\/\S* is not there/,
  /-32601/,
  /(Expected|get initial) InputRequiredResult/,
  /completion\/complete|logging\/setLevel|resources\/(un)?subscribe/,
];

function run(suite, url, version) {
  const out = mkdtempSync(join(tmpdir(), 'conformance-'));
  const program = join('node_modules', suite, 'dist', 'index.js');
  const options = ['server', '--url', url, '--suite', 'all', '--spec-version', version, '-o', out];
  try {
    execFileSync(process.execPath, [program, ...options], { stdio: 'pipe' });
  } catch {
    // It ends with 1 where any check fails; what was checked is in its files.
  }
  const results = new Map();
  for (const folder of readdirSync(out)) {
    const name = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
    results.set(name, JSON.parse(readFileSync(join(out, folder, 'checks.json'), 'utf8')));
  }
  rmSync(out, { recursive: true });
  return results;
}

function judge(suite, version, results) {
  const faults = [];
  let [passed, complete, absent] = [0, 0, 0];
  for (const [name, checks] of results) {
    const failed = checks.filter((check) => check.status === 'FAILURE');
    const good = checks.filter((check) => check.status === 'SUCCESS').length;
    passed += good;
    if (failed.length === 0) complete += 1;
    for (const check of failed) {
      const reason = check.errorMessage ?? '';
      if (APPLY[version].includes(name) || !NOT_OFFERED.some((form) => form.test(reason))) {
        faults.push(`${suite} ${version} ${name}: ${check.id}: ${reason}`);
      } else {
        absent += 1;
      }
    }
    if (good < (IN_PART[name] ?? 0)) faults.push(`${suite} ${version} ${name}: only ${good} checks passed`);
  }
  const missing = APPLY[version].filter((name) => !results.has(name) && !(suite === 'conformance-released' && LATER.includes(name)));
  faults.push(...missing.map((name) => `${suite} ${version}: there is no scenario ${name}`));
  console.log(
    `conformance ${version} (${suite}): ${passed} checks passed, ${complete} of ${results.size} scenarios whole; ` +
      `${absent} checks need what is not offered`,
  );
  return faults;
}

const [url] = process.argv.slice(2);
const faults = [
  ['conformance-released', '2025-11-25'],
  ['@modelcontextprotocol/conformance', '2025-11-25'],
  ['@modelcontextprotocol/conformance', '2026-07-28'],
].flatMap(([suite, version]) => judge(suite, version, run(suite, url, version)));
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);
