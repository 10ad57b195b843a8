// The headless Chromium in which pages are driven, and what every script that drives one needs: words of the command
// line, checks that are counted, axe-core. Packages stand here once, for all of them.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

const KNOWN = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];
// No sandbox: it needs rights that a container lacks. No GPU: what is measured must hold without one.
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const leave = (text) => { console.error(text); process.exit(2); };

// In: the words of the command line, names of flags, of which `--screenshots DIR` and `--chromium PATH` take a value, and
// how the script is called. Out: { rest: other words, screenshots, chromium, flags }.
export const options = (usage, least, flags = []) => {
  const told = { rest: [], screenshots: null, chromium: process.env.CHROMIUM || null, flags: new Set() };
  for (let at = 2; at < process.argv.length; at++) {
    const word = process.argv[at];
    if (word === "--screenshots") told.screenshots = process.argv[++at];
    else if (word === "--chromium") told.chromium = process.argv[++at];
    else if (flags.includes(word)) told.flags.add(word);
    else if (word.startsWith("--")) leave(`unknown option ${word}`);
    else told.rest.push(word);
  }
  if (told.rest.length < least) leave(`usage: ${usage}`);
  if (told.screenshots) fs.mkdirSync(told.screenshots, { recursive: true });
  return told;
};

export const launch = async ({ chromium: named }) => {
  const executablePath = named || KNOWN.find((file) => fs.existsSync(file));
  if (!executablePath) leave("no Chromium found: name one with --chromium PATH or CHROMIUM");
  return chromium.launch({ executablePath, args: ARGS });
};

// Checks that say how they went; `end` closes the browser and leaves with 1 if one failed.
export const checks = () => {
  let failed = 0;
  const check = async (name, act) => {
    try {
      const note = await act();
      console.log(`ok    ${name}${typeof note === "string" ? ` (${note})` : ""}`);
    } catch (problem) {
      failed++;
      console.log(`FAIL  ${name}: ${String(problem.message).split("\n").slice(0, 12).join("\n      ")}`);
    }
  };
  const end = async (browser) => {
    await browser.close();
    console.log(failed ? `${failed} failed` : "all well");
    process.exit(failed ? 1 : 0);
  };
  return { check, end };
};

// What a page says on its console and asks for; `own` tells addresses that it may ask for.
export const listen = (page, own) => {
  const heard = { errors: [], foreign: [] };
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) heard.errors.push(message.text()); });
  page.on("pageerror", (error) => heard.errors.push(error.stack || error.message));
  page.on("request", (request) => { if (!own(request.url()) && !/^(data|blob):/.test(request.url())) heard.foreign.push(request.url()); });
  return heard;
};

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What axe-core finds. It is evaluated by the debugger, which the page's policy does not concern.
export const violations = async (page) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`);
};

export const shot = (told, page, name) => told.screenshots && page.screenshot({ path: path.join(told.screenshots, `${name}.png`), fullPage: false });
