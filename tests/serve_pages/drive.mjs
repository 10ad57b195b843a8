// Drives the pages of a running server in a headless Chromium: axe-core over every page in light and dark, on a phone and
// without scripts; keys; forms. Asserts on what a reader would see.
//
//   node drive.mjs [--screenshots DIR] [--chromium PATH] ADDRESS EMPTY READONLY
//
// ADDRESS is a server of the library that run.sh makes, EMPTY one without papers, READONLY one that changes nothing.
// Exits with 1 if a check fails.

import assert from "node:assert/strict";
import { drivesMap } from "./map.mjs";
import { checks, launch, listen, options, shot as picture, violations } from "../browser/browser.mjs";

const told = options("node drive.mjs [--screenshots DIR] [--chromium PATH] ADDRESS EMPTY READONLY", 3);
const [full, empty, readonly] = told.rest;
const { check, end } = checks();
const shot = (page, name) => picture(told, page, name);

const browser = await launch(told);
const DESK = { width: 1280, height: 900 }, PHONE = { width: 375, height: 720 };

// A page that has said everything it will say: no error on the console, and nothing asked of another server.
const open = async (address, { viewport = DESK, scheme = "light", scripts = true, touch = false } = {}) => {
  // axe-core is put into the page past its policy, which is checked by other tests.
  const context = await browser.newContext({ viewport, colorScheme: scheme, javaScriptEnabled: scripts, bypassCSP: false, hasTouch: touch, isMobile: touch });
  const page = await context.newPage();
  const own = new URL(address).origin, heard = listen(page, (url) => url.startsWith(own));
  const answer = await page.goto(address);
  return { page, context, heard, answer };
};

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const PAGES = {
  today: "/", search: "/search?q=sheaves&since=2026-01-01", blank: "/search", paper: "/papers/2601.00007", hostile: "/papers/2601.00000",
  profile: "/profiles/default", liked: "/profiles/default/papers", newest: "/?profile=nobody", library: "/library", topics: "/topics", topic: "/topics/1", settings: "/settings", api: "/api", missing: "/nowhere",
};
const only = process.env.PAGES?.split(",");

for (const [name, place] of Object.entries(PAGES).filter(([name]) => !only || only.includes(name))) {
  for (const [look, how] of Object.entries({ light: {}, dark: { scheme: "dark" }, phone: { viewport: PHONE } })) {
    await check(`${name}, ${look}: nothing for axe-core, nothing foreign, no error`, async () => {
      const { page, context, heard, answer } = await open(full + place, how);
      await shot(page, `${name}-${look}`);
      const status = name === "missing" ? 404 : 200;
      assert.equal(answer.status(), status, place);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(heard.foreign, []);
      if (status === 200) assert.deepEqual(heard.errors, []);
      assert.ok(await overflow(page) <= 0, `${await overflow(page)} pixels too wide`);
      assert.notEqual(await page.title(), "taken");
      await context.close();
    });
  }
}

await check("an empty library welcomes, and asks for categories", async () => {
  for (const scheme of ["light", "dark"]) {
    const { page, context } = await open(`${empty}/`, { scheme });
    await shot(page, `start-${scheme}`);
    assert.equal(await page.locator("h1").textContent(), "Welcome to Relata");
    assert.ok(await page.locator("input[name=category]").count() > 5);
    assert.deepEqual(await violations(page), []);
    await context.close();
  }
});

const pressed = (page, act) => page.locator("article.is-here").locator(`[data-act=${act}]`).getAttribute("aria-pressed");
const said = (page, text) => page.waitForFunction((text) => document.getElementById("said").textContent === text, text, { timeout: 60000 });

await check("keys alone: move, like, read, tag, note, without a reload", async () => {
  const { page, context, heard } = await open(`${full}/search?q=glacier+ice`);
  await page.evaluate(() => { window.stayed = true; });
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const id = await page.locator("article.is-here").getAttribute("data-paper");
  assert.equal(id, await page.locator("article[data-paper]").nth(1).getAttribute("data-paper"));
  await page.keyboard.press("k");
  await page.keyboard.press("l");
  await said(page, "Liked");
  assert.equal(await pressed(page, "like"), "true");
  await page.keyboard.press("u");
  await said(page, "Unliked");
  assert.deepEqual([await pressed(page, "like"), await pressed(page, "unlike")], ["false", "true"]);
  await page.keyboard.press("u");
  await said(page, "Taken back");
  await page.keyboard.press("r");
  await said(page, "Read");
  assert.equal(await pressed(page, "read"), "true");
  await page.keyboard.press("t");
  await page.keyboard.type("ice, <b>snow");
  await page.keyboard.press("Enter");
  await said(page, "Tags kept");
  assert.equal(await page.locator("article.is-here [data-tags] bdi").textContent(), "<b>snow, ice");
  await page.keyboard.press("n");
  await page.keyboard.type("look again");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await said(page, "Note kept");
  assert.equal(await page.locator("article.is-here [data-note] bdi").textContent(), "look again");
  await page.keyboard.press("?");
  assert.ok(await page.locator("#keys").isVisible());
  await shot(page, "keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  assert.ok(await page.evaluate(() => window.stayed));
  assert.deepEqual(heard.errors, []);
  await page.reload();
  const again = page.locator("article[data-paper]").first();
  assert.equal(await again.locator("[data-tags] bdi").textContent(), "<b>snow, ice");
  await context.close();
});

await check("search answers as one types, and the address follows", async () => {
  const { page, context } = await open(`${full}/search`);
  const answered = (query) => page.waitForFunction((query) => location.search === `?q=${query}`, query, { timeout: 60000 });
  const papers = () => page.locator("#found article").evaluateAll((found) => found.map((one) => one.dataset.paper));
  // Whoever pauses is answered already, and again when more is typed.
  await page.locator("#q").pressSequentially("s");
  await answered("s");
  await page.locator("#q").pressSequentially("heaves");
  await answered("sheaves");
  const live = await papers();
  assert.ok(live.length > 3, `${live.length} papers`);
  await page.reload();
  assert.deepEqual(await papers(), live);
  assert.equal(await page.locator("#q").inputValue(), "sheaves");
  await context.close();
});

await check("without scripts everything works by forms, and leads back to the paper", async () => {
  const { page, context } = await open(`${full}/search?q=sheaves`, { scripts: false });
  const third = page.locator("article[data-paper]").nth(2), id = await third.getAttribute("data-paper");
  await third.locator("[data-act=like]").click();
  await page.waitForLoadState();
  const url = new URL(page.url());
  assert.deepEqual([url.pathname, url.search, url.hash], ["/search", "?q=sheaves", `#p-${id.replace(/[./]/g, "-")}`]);
  const again = page.locator(`article[data-paper="${id}"]`);
  assert.equal(await again.locator("[data-act=like]").getAttribute("aria-pressed"), "true");
  await again.locator("summary").click();
  await again.locator("[data-field=note]").fill("by a form");
  await again.locator("[data-act=note]").click();
  await page.waitForLoadState();
  assert.equal(await again.locator("[data-note] bdi").textContent(), "by a form");
  await page.goto(`${full}/?at_least=1`);
  await shot(page, "today-without-scripts");
  await page.locator("form.shown button").click();
  await page.waitForLoadState();
  assert.equal(new URL(page.url()).pathname, "/");
  await context.close();
});

// The first interest of a profile: its slider, what it is called, what is due to it.
const slider = (page) => page.locator(".weigh input[type=range]").first();
const due = (page, place) => page.locator("[data-share]").nth(place).textContent();

await check("a slider is moved by keys, says what it means, and shows what is due to each", async () => {
  const { page, context, heard } = await open(`${full}/profiles/default`);
  const own = slider(page), interests = await page.locator(".interest").count();
  assert.ok(interests > 1, `${interests} interests`);
  assert.equal(await own.getAttribute("aria-valuetext"), "as its papers ask");
  const name = await page.locator(".interest h3").first().textContent();
  assert.equal(await page.getByRole("slider", { name: `Counts ${name}` }).count(), 1);
  assert.equal(await page.locator(".weigh button").first().isVisible(), false);
  const before = await due(page, 1);
  await own.focus();
  await page.keyboard.press("Home");
  await said(page, "Kept: muted, 0 % of the answers");
  assert.deepEqual([await own.getAttribute("aria-valuetext"), await due(page, 0)], ["muted", "0 %"]);
  assert.notEqual(await due(page, 1), before);
  await shot(page, "profile-muted");
  assert.deepEqual(await violations(page), []);
  for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.getElementById("said").textContent.startsWith("Kept: half, "), null, { timeout: 60000 });
  assert.equal(await page.locator(".weigh output").first().textContent(), "half");
  await page.reload();
  assert.equal(await slider(page).inputValue(), "0.5");
  await slider(page).fill("1");
  await page.waitForFunction(() => document.getElementById("said").textContent.startsWith("Kept: as its papers ask"), null, { timeout: 60000 });
  assert.deepEqual(heard.errors, []);
  await context.close();
});

await check("without scripts a slider has a button, also on a phone", async () => {
  const { page, context } = await open(`${full}/profiles/default`, { scripts: false, viewport: PHONE });
  await slider(page).fill("2");
  await page.locator(".weigh button").first().click();
  await page.waitForLoadState();
  const url = new URL(page.url());
  assert.equal(url.pathname, "/profiles/default");
  assert.ok(url.hash.startsWith("#interest-"), url.hash);
  assert.deepEqual([await slider(page).inputValue(), await slider(page).getAttribute("aria-valuetext")], ["2", "twice"]);
  await shot(page, "profile-phone-without-scripts");
  await slider(page).fill("1");
  await page.locator(".weigh button").first().click();
  await page.waitForLoadState();
  await page.emulateMedia({ media: "print" });
  assert.equal(await slider(page).isVisible(), false);
  await context.close();
});

await check("all papers of an interest are a list, from which one is forgotten", async () => {
  const { page, context } = await open(`${full}/profiles/default`, { scripts: false });
  await page.locator(".interest .all a").first().click();
  await page.waitForLoadState();
  assert.ok(new URL(page.url()).searchParams.has("interest"));
  assert.ok(await page.locator(".liked li").count() > 0);
  await page.goto(`${full}/profiles/default/papers`);
  const all = await page.locator(".liked li").count();
  await page.locator("#words").fill("zzzz");
  await page.locator("form[role=search] button", { hasText: "Filter" }).click();
  await page.waitForLoadState();
  assert.equal(await page.locator(".liked li").count(), 0);
  await page.goto(`${full}/profiles/default/papers`);
  await page.locator("button[value=forget]").last().click();
  await page.waitForLoadState();
  assert.equal(await page.locator(".liked li").count(), all - 1);
  await context.close();
});

await check("a server that changes nothing has no form that does", async () => {
  for (const place of ["/", "/search?q=sheaves", "/papers/2601.00007", "/library", "/topics", "/profiles/default", "/profiles/default/papers"]) {
    const { page, context } = await open(readonly + place);
    assert.equal(await page.locator("form[method=post]").count(), 0, place);
    await context.close();
  }
});

await drivesMap({ full, readonly, open, check, shot, violations, overflow, PHONE });

await check("a job is followed as it goes, and its page says what came of it", async () => {
  const { page, context, heard } = await open(`${full}/topics`);
  await page.locator("form[action='/forms/topics'] button").click();
  await page.waitForURL(/\/jobs\/\d+$/);
  await page.waitForFunction(() => document.querySelector("[data-job][data-over]"), null, { timeout: 180000 });
  assert.equal(await page.locator("[data-state]").textContent(), "Done");
  await shot(page, "job");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(heard.errors, []);
  await page.goto(`${full}/library`);
  assert.ok(await page.locator("a[href^='/jobs/']").count() > 0);
  await context.close();
});

await check("print leaves the papers and no buttons", async () => {
  const { page, context } = await open(`${full}/search?q=sheaves`);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".acts").first().isVisible(), false);
  assert.equal(await page.locator("nav").isVisible(), false);
  assert.ok(await page.locator("article h3").first().isVisible());
  await shot(page, "print");
  await context.close();
});

await check("the focus is seen, and the first stop leads past the head", async () => {
  const { page, context } = await open(`${full}/`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  const width = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.equal(width, "2px");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  await context.close();
});

await end(browser);
