// The first run in a browser: an empty library, categories chosen, papers fetched from a stand-in of arXiv's servers with
// the bar watched as it moves, the first list, everything embedded again; and the same where arXiv is not well.
//
//   node first_run.mjs [--screenshots DIR] [--chromium PATH] NAME=ADDRESS,PID...
//
// NAME is what the stand-in of a server does: well, stale, cut, denied (429 to everything). PID is the stand-in's process.
// first_run.sh starts them all.
// Exits with 1 if a check fails.

import assert from "node:assert/strict";
import { checks, launch, listen, options, shot as picture, violations } from "../browser/browser.mjs";

const told = options("node first_run.mjs [--screenshots DIR] [--chromium PATH] NAME=ADDRESS,PID...", 4);
const pairs = told.rest.map((word) => word.match(/^(\w+)=(.+),(\d+)$/).slice(1));
const servers = Object.fromEntries(pairs.map(([name, address]) => [name, address]));
const standIns = Object.fromEntries(pairs.map(([name, , pid]) => [name, Number(pid)]));
const { check, end } = checks();
const shot = (page, name) => picture(told, page, name);
const browser = await launch(told);

const open = async (address, { scripts = true } = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: scripts });
  const page = await context.newPage();
  const own = new URL(address).origin, heard = listen(page, (url) => url.startsWith(own));
  // What the live line of a job says, each time that it changes.
  heard.progress = [];
  await page.exposeFunction("noteProgress", (text) => heard.progress.push(text));
  await page.addInitScript(() => {
    let last = "";
    new MutationObserver(() => {
      const text = document.querySelector("[data-progress]")?.textContent ?? "";
      if (text && text !== last) window.noteProgress(last = text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await page.goto(address);
  return { page, context, heard };
};

// Chooses a category on the page of an empty library and fetches; gives the page of the job.
const begin = async (name, { days = "7", scripts = true } = {}) => {
  const opened = await open(`${servers[name]}/`, { scripts });
  const { page } = opened;
  assert.equal(await page.locator("h1").textContent(), "Welcome to Relata");
  await page.locator("input[name=category][value='cs.LG']").check();
  await page.locator("#days").selectOption(days);
  await shot(page, `${name}-1-chosen`);
  await page.getByRole("button", { name: "Fetch papers" }).click();
  await page.waitForURL(/\/jobs\/\d+$/);
  return opened;
};

// Holds the stand-in of a server meanwhile: a job that asks it cannot end.
const holding = async (name, act) => {
  process.kill(standIns[name], "SIGSTOP");
  try {
    return await act();
  } finally {
    process.kill(standIns[name], "SIGCONT");
  }
};

const over = (page) => page.waitForFunction(() => document.querySelector("[data-job][data-over]"), null, { timeout: 180000 });
const state = (page) => page.locator("[data-state]").textContent();
const fact = (page, name) => page.locator(`dl.list div:has(dt:text-is("${name}")) dd`).textContent();

await check("an empty library: choose, fetch with a bar that moves, and there are papers", async () => {
  const { page, context, heard } = await holding("well", async () => {
    const begun = await begin("well");
    assert.equal(await begun.page.locator("[data-job]:not([data-over])").count(), 1);
    await shot(begun.page, "well-2-under-way");
    return begun;
  });
  await over(page);
  await shot(page, "well-3-over");
  assert.equal(await state(page), "Done");
  const added = Number(await fact(page, "New papers"));
  assert.ok(added > 3, `${added} papers`);
  assert.equal(Number(await fact(page, "Embedded")), added);
  const seen = heard.progress;
  assert.ok(seen.some((text) => /^Embedding papers: \d+ of \d+$/.test(text)), seen.join(" | "));
  assert.deepEqual(await violations(page), []);
  assert.deepEqual([heard.errors, heard.foreign], [[], []]);
  await page.getByRole("link", { name: "Today", exact: true }).first().click();
  await page.waitForLoadState();
  await shot(page, "well-4-today");
  assert.ok(await page.locator("article[data-paper]").count() > 3);
  assert.equal(await page.locator("aside.banner").count(), 0);
  await context.close();
  return `${added} papers; ${seen.length} steps seen`;
});

await check("a liked paper makes the first page a list for its profile", async () => {
  const { page, context } = await open(`${servers.well}/`);
  await page.keyboard.press("j");
  await page.keyboard.press("l");
  await page.waitForFunction(() => document.getElementById("said").textContent === "Liked");
  await page.goto(`${servers.well}/?at_least=0`);
  await shot(page, "well-5-liked");
  assert.ok(await page.locator("article[data-paper] .match b").count() > 0);
  await context.close();
});

await check("everything is embedded again, with a bar", async () => {
  const { page, context, heard } = await open(`${servers.well}/library`);
  await shot(page, "well-6-library");
  await page.getByRole("button", { name: "Embed all papers again" }).click();
  await page.waitForURL(/\/jobs\/\d+$/);
  await over(page);
  await shot(page, "well-7-embedded");
  assert.equal(await state(page), "Done");
  assert.deepEqual(heard.errors, []);
  await context.close();
});

await check("a second fetch finds everything up to date", async () => {
  const { page, context } = await open(`${servers.well}/library`);
  await page.getByRole("button", { name: "Fetch now" }).click();
  await page.waitForURL(/\/jobs\/\d+$/);
  await over(page);
  await shot(page, "well-8-again");
  assert.equal(await state(page), "Done");
  assert.equal(Number(await fact(page, "New papers")), 0);
  await context.close();
});

await check("without scripts the page of the job loads itself until it is over", async () => {
  const { page, context } = await open(`${servers.well}/library`, { scripts: false });
  await page.getByRole("button", { name: "Fetch now" }).click();
  await page.waitForURL(/\/jobs\/\d+$/);
  await page.waitForSelector("[data-job][data-over]", { timeout: 60000 });
  assert.equal(await state(page), "Done");
  await context.close();
});

await check("a feed that is behind while OAI-PMH fails: the page says what is missing, and why", async () => {
  const { page, context } = await begin("stale", { days: "" });
  await over(page);
  await shot(page, "stale-over");
  // Whether an announcement is due depends on the day on which this runs.
  const text = await page.locator("main").innerText();
  if (await state(page) === "Done") {
    assert.match(text, /cs\.LG\s+(new papers have come|nothing announced|up to date)/);
  } else {
    assert.equal(await state(page), "Done in part");
    assert.match(text, /papers are due, and arXiv does not have them yet|failed/);
    assert.match(text, /fetch again later/);
    assert.equal(await page.getByRole("button", { name: "Fetch again" }).count(), 1);
  }
  assert.deepEqual(await violations(page), []);
  await context.close();
});

for (const [name, says] of Object.entries({ cut: /broke|cut|connection|closed|body|disconnected/i, denied: /429|fewer requests|Rate exceeded/i })) {
  await check(`arXiv fails (${name}): the page says why it takes long, then what happened and what helps`, async () => {
    const { page, context } = await begin(name);
    const noted = await page.waitForFunction(() => document.querySelector("[data-notes] li:last-child")?.textContent, null, { timeout: 60000 });
    const note = await noted.jsonValue();
    assert.match(note, /it is asked again at|asked for rest/, note);
    await shot(page, `${name}-waits`);
    await over(page);
    await shot(page, `${name}-over`);
    assert.ok(["Failed", "Done in part"].includes(await state(page)), await state(page));
    const text = await page.locator("main").innerText();
    assert.match(text, says);
    assert.match(text, /fetch again/i);
    assert.deepEqual(await violations(page), []);
    // Nothing came, so the first page asks once more.
    await page.goto(`${servers[name]}/`);
    assert.equal(await page.locator("h1").textContent(), "Welcome to Relata");
    await context.close();
    return note;
  });
}

await check("work that waits for arXiv can be ended", async () => {
  const { page, context } = await begin("denied");
  await page.waitForFunction(() => document.querySelector("[data-notes] li"), null, { timeout: 60000 });
  await page.getByRole("button", { name: "End it" }).click();
  await over(page);
  assert.equal(await state(page), "Ended");
  await shot(page, "denied-ended");
  await context.close();
});

await end(browser);
