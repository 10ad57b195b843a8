// Drives topic reports in a headless Chromium and asserts on what a reader would see.
//
//   node drive.mjs [--screenshots DIR] [--frames] [--chromium PATH] FILE.html...
//
// Expectations come from the page's own data (`window.relata`), so any report can be driven, of 0 papers or of 100,000.
// Exits with 1 if a check fails. --frames measures the frame rate while panning and zooming instead, and wants 30.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { checks, launch, listen, options, shot } from "../browser/browser.mjs";

const told = options("node drive.mjs [--screenshots DIR] [--frames] [--chromium PATH] FILE.html...", 1, ["--frames"]);
const { check, end } = checks();

// The same folding as the page's search, written apart from it.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
const holds = (P, i, word) => fold([P.title[i], P.authors[i], P.categories[i], P.id[i], P.tldr[i] || "", P.abstract ? P.abstract[i] : ""].join("\n")).includes(fold(word));
const say = (n) => n.toLocaleString("en");

const browser = await launch(told);

const open = async (file, { viewport = { width: 1440, height: 900 }, media = {}, fragment = "", before = null, ready = true, ...rest } = {}) => {
  const context = await browser.newContext({ viewport, ...media, ...rest });
  const page = await context.newPage();
  const address = pathToFileURL(path.resolve(file)).href, heard = listen(page, (url) => url.split("#")[0] === address);
  if (before) await page.addInitScript(before);
  await page.goto(address + fragment);
  if (ready) { await page.waitForFunction(() => window.relata, null, { timeout: 60000 }); await settle(page); }
  return { page, context, heard, address };
};
const settle = async (page) => {
  await page.waitForFunction(() => !window.relata.state().view.busy, null, { timeout: 60000 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.waitForFunction(() => !window.relata.state().view.busy, null, { timeout: 60000 });
};
const read = (page) => page.evaluate(() => window.relata.state());
const go = (page, i) => page.evaluate((id) => { location.hash = `#paper/${encodeURIComponent(id)}`; }, i);
const until = (page, what, given) => page.waitForFunction(what, given, { timeout: 60000 });
const text = (page, selector) => page.locator(selector).evaluate((found) => found.textContent);

// A paper that stands apart from the others in the open part of the map, and not under a name.
const apart = async (page) => {
  const candidates = await page.evaluate(() => {
    const { papers, where } = window.relata, n = papers.title.length, map = document.getElementById("map"), step = Math.max(1, Math.floor(n / 2000));
    const at = Array.from({ length: n }, (_, i) => where(i)), found = [];
    for (let i = 0; i < n; i += step) {
      if (document.elementFromPoint(at[i].x, at[i].y) !== map) continue;
      let near = 1e9;
      for (let j = 0; j < n; j++) if (j !== i) near = Math.min(near, Math.hypot(at[i].x - at[j].x, at[i].y - at[j].y));
      found.push({ i, near, ...at[i] });
    }
    return found.sort((a, b) => b.near - a.near).slice(0, 25);
  });
  for (const one of candidates) {
    await page.mouse.move(one.x, one.y);
    if ((await read(page)).hover === one.i) { await page.mouse.move(5, 5); return one; }
  }
  throw new Error(`none of ${candidates.length} papers answers to the pointer`);
};
// How colourful the map is: dimmed papers are grey. Read from a copy: reading a canvas changes how Chromium keeps it.
const colour = (page) => page.evaluate(() => {
  const map = document.getElementById("map"), copy = new OffscreenCanvas(map.width, map.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(map, 0, 0);
  const { data } = copy.getImageData(0, 0, map.width, map.height);
  let sum = 0;
  for (let o = 0; o < data.length; o += 4) sum += Math.max(data[o], data[o + 1], data[o + 2]) - Math.min(data[o], data[o + 1], data[o + 2]);
  return sum / (data.length / 4);
});
const picture = async (page, file, name) => {
  await shot(told, page, `${path.basename(file, ".html")}-${name}`);
};

const driveEmpty = async (file) => {
  const { page, context, heard } = await open(file, { ready: false });
  await check("an empty library says so kindly", async () => {
    await page.waitForFunction(() => !document.documentElement.classList.contains("starting"));
    assert.match(await page.locator("#outline").innerText(), /no papers/i);
    assert.equal(await page.locator("#app").isVisible(), false);
  });
  await check("no console errors and no network", () => assert.deepEqual(heard, { errors: [], foreign: [] }));
  await picture(page, file, "empty");
  await context.close();
};

const drive = async (file) => {
  console.log(`\n${file}, ${(fs.statSync(file).size / 1e6).toFixed(2)} MB`);
  const raw = fs.readFileSync(file, "utf8");
  await check("the file names no outside resource and has a strict policy", () => {
    assert.match(raw, /http-equiv="Content-Security-Policy" content="default-src 'none';/);
    assert.doesNotMatch(raw.replace(/<script type="application\/octet-stream"[^>]*>[^<]*/, ""), /(?:\ssrc=|@import|<link[^>]+href=)"?(?:https?:)?\/\//);
  });
  {
    const { page, context } = await open(file, { ready: false });
    await page.waitForFunction(() => !document.documentElement.classList.contains("starting"), null, { timeout: 60000 });
    const empty = !(await page.evaluate(() => window.relata));
    await context.close();
    if (empty) return driveEmpty(file);
  }

  const { page, context, heard } = await open(file);
  const { P, levels, months } = await page.evaluate(() => {
    const { papers, levels } = window.relata, plain = {};
    for (const key of ["id", "title", "authors", "date", "categories", "tldr", "abstract", "related"]) plain[key] = papers[key];
    plain.topics = papers.topics.map((column) => [...column]);
    return { P: plain, levels, months: levels[0].topics[0].counts.length };
  });
  const n = P.id.length, all = [...Array(n).keys()], scripts = await page.locator("script").count();
  await picture(page, file, "light");

  await check("the count of papers is said", async () => assert.equal(await text(page, "#count"), `${say(n)} paper${n === 1 ? "" : "s"}`));
  await check("the map is drawn and coloured", async () => { const much = await colour(page); assert.ok(much > 0.5, `mean chroma ${much}`); return `mean chroma ${much.toFixed(1)}`; });

  const lone = await apart(page);
  await check("hovering a paper shows its card", async () => {
    await page.mouse.move(lone.x, lone.y);
    await until(page, () => !document.getElementById("card").hidden);
    assert.equal((await read(page)).hover, lone.i);
    assert.equal(await text(page, "#card .title"), P.title[lone.i] || P.id[lone.i]);
    const card = await text(page, "#card");
    assert.ok(card.includes(P.date[lone.i]), "the date is missing");
    assert.ok(card.includes(P.authors[lone.i].split(", ")[0]), "the first author is missing");
    if (P.tldr[lone.i]) assert.equal(await text(page, "#card .tldr"), P.tldr[lone.i]);
    assert.ok(await page.locator("#topics .row.lit").count() > 0, "its topic is not lit in the list");
    await picture(page, file, "card");
  });
  await check("leaving it hides the card", async () => {
    await page.mouse.move(5, 5);
    await until(page, () => document.getElementById("card").hidden);
  });
  await check("clicking it opens the panel", async () => {
    await page.mouse.click(lone.x, lone.y);
    await until(page, () => !document.getElementById("panel").hidden);
    assert.equal((await read(page)).paper, lone.i);
    assert.equal(await text(page, "#panel-title"), P.title[lone.i] || P.id[lone.i]);
    const panel = await text(page, "#panel");
    assert.ok(panel.includes(P.authors[lone.i]) && panel.includes(P.date[lone.i]));
    assert.equal(await page.locator("#panel .facts a").getAttribute("href"), `https://arxiv.org/abs/${encodeURI(P.id[lone.i])}`);
    if (P.abstract && P.abstract[lone.i]) assert.equal(await text(page, "#panel .abstract"), P.abstract[lone.i]);
    assert.equal(await page.evaluate(() => document.activeElement.id), "panel-title");
    await settle(page);
    await picture(page, file, "panel");
  });
  await check("related papers lead on, and back", async () => {
    const links = page.locator("#panel .results .paper");
    if (n === 1) { assert.equal(await links.count(), 0); return "none of one paper"; }
    const titles = await links.locator(".title").evaluateAll((found) => found.map((one) => one.textContent));
    if (P.related) assert.deepEqual(titles, P.related[lone.i].map((j) => P.title[j] || P.id[j]));
    if (!titles.length) return "this paper has none";
    await links.first().click();
    await until(page, (was) => window.relata.state().paper !== was, lone.i);
    await settle(page);
    const next = (await read(page)).paper;
    if (P.related) assert.equal(next, P.related[lone.i][0]);
    assert.equal(await text(page, "#panel-title"), P.title[next] || P.id[next]);
    const { x, y } = await page.evaluate((i) => window.relata.where(i), next);
    assert.equal(await page.evaluate(({ x, y }) => document.elementFromPoint(x, y).id, { x, y }), "map", "the paper is not in sight");
    await page.goBack();
    await until(page, (was) => window.relata.state().paper === was, lone.i);
  });
  await check("Escape closes the panel and returns to the map", async () => {
    await page.keyboard.press("Escape");
    await until(page, () => document.getElementById("panel").hidden);
    assert.equal(await page.evaluate(() => document.activeElement.id), "map");
    assert.equal((await read(page)).paper, -1);
  });

  const expect = async (list) => {
    const wanted = list.length ? `${say(list.length)} of ${say(n)} paper${n === 1 ? "" : "s"}` : "No paper matches";
    await until(page, (wanted) => document.getElementById("count").textContent === wanted, wanted).catch(async () => assert.equal(await text(page, "#count"), wanted));
    assert.equal((await read(page)).matches, list.length);
    await settle(page);
  };
  const word = (P.title[lone.i] || P.id[lone.i]).split(/[^\p{L}\p{N}-]+/u).sort((a, b) => b.length - a.length)[0] || P.id[lone.i];
  await check("search dims the rest and says how many are left", async () => {
    const list = all.filter((i) => holds(P, i, word)), before = await colour(page);
    await page.fill("#query", word);
    await expect(list);
    if (list.length < n / 2) { const after = await colour(page); assert.ok(after < before * 0.9, `mean chroma went from ${before} to ${after}`); }
    await page.click("#tab-papers");
    assert.equal(await page.locator("#papers .paper").count(), Math.min(60, list.length));
    await picture(page, file, "search");
    await page.click("#tab-topics");
    return `“${word}”: ${list.length}`;
  });
  await check("a search without an answer says so, Escape empties it", async () => {
    await page.fill("#query", "zqxjkvbw");
    await expect([]);
    await page.locator("#query").press("Escape");
    await until(page, (n) => window.relata.state().matches === n, n);
    assert.equal(await page.inputValue("#query"), "");
  });
  const dates = [...P.date].sort(), middle = dates[n >> 1];
  await check("dates filter", async () => {
    await page.fill("#from", middle);
    await expect(all.filter((i) => P.date[i] >= middle));
    await page.fill("#until", middle);
    await expect(all.filter((i) => P.date[i] === middle));
    await page.click("#clear");
    await until(page, (n) => window.relata.state().matches === n, n);
    assert.equal(await page.inputValue("#from"), "");
    return middle;
  });
  await check("category filters, together with a search", async () => {
    const category = P.categories[lone.i].split(" ")[0], list = all.filter((i) => P.categories[i].split(" ").includes(category));
    await page.selectOption("#category", category);
    await expect(list);
    await page.fill("#query", word);
    await expect(list.filter((i) => holds(P, i, word)));
    await page.click("#clear");
    await until(page, (n) => window.relata.state().matches === n, n);
    return `${category}: ${list.length}`;
  });

  await check("the topics list and the map are in step", async () => {
    // Papers that a filter has dimmed are drawn as they are again.
    await settle(page);
    const row = page.locator("#topics .row").first(), name = await text(page, "#topics .row .label >> nth=0"), before = await colour(page);
    const k = levels[0].topics.findIndex((topic) => topic.name === name), size = levels[0].topics[k].size;
    await row.hover();
    assert.equal((await read(page)).glance.name, name);
    await settle(page);
    if (size < n / 2) { const after = await colour(page); assert.ok(after < before, `mean chroma ${before}, then ${after}`); }
    await row.locator(".pick").click();
    await until(page, () => window.relata.state().topic);
    assert.equal((await read(page)).topic.name, name);
    assert.equal(await row.locator(".pick").getAttribute("aria-pressed"), "true");
    assert.equal(await text(page, "#panel-title"), name);
    const central = await page.locator("#panel section:last-child .paper .title").evaluateAll((found) => found.map((one) => one.textContent));
    assert.deepEqual(central, levels[0].topics[k].central.map((i) => P.title[i] || P.id[i]));
    if (months > 1) assert.match(await page.locator("#panel svg[role=img]").getAttribute("aria-label"), /^Papers over time: /);
    const wanted = all.filter((i) => P.topics[0][i] === k).length;
    assert.equal(await text(page, "#count"), `${say(wanted)} of ${say(n)} paper${n === 1 ? "" : "s"} in “${name}”`);
    await page.mouse.move(700, 5);
    await settle(page);
    await picture(page, file, "topic");
    await page.locator("#panel .results .paper").first().click();
    await until(page, () => window.relata.state().paper >= 0);
    await page.keyboard.press("Escape");
    await until(page, (name) => document.getElementById("panel-title").textContent === name, name);
    await page.keyboard.press("Escape");
    await until(page, () => document.getElementById("panel").hidden && !window.relata.state().topic);
  });
  await check("a click on a name on the map selects its topic", async () => {
    await page.locator("#zoom .whole").click();
    await settle(page);
    const box = await page.locator("#map").boundingBox(), { view } = await read(page);
    const largest = levels[0].topics.reduce((a, b) => (b.size > a.size ? b : a));
    // The name stands on its place or a little above or below it.
    for (const lift of [0, -14, 14, -26, 26, -36, 36, -50, 50, -64, 64, -78, 78]) {
      await page.mouse.click(box.x + largest.x * view.k + view.x, box.y + largest.y * view.k + view.y + lift);
      const { topic } = await read(page);
      if (topic && topic.id === largest.id) break;
      await page.keyboard.press("Escape");
      await until(page, () => document.getElementById("panel").hidden);
      await settle(page);
    }
    const { topic } = await read(page);
    assert.ok(topic && topic.id === largest.id, `the name of “${largest.name}” does not answer`);
    assert.equal(await text(page, "#panel-title"), largest.name);
    await page.keyboard.press("Escape");
    await until(page, () => document.getElementById("panel").hidden);
  });
  if (await page.locator("#tab-changes").count()) await check("changes: what happened leads to topics and papers", async () => {
    await page.locator("#tab-changes").click();
    assert.match(await text(page, "#changes h2"), /^Since \d{4}-\d\d-\d\d$/);
    assert.match(await text(page, "#changes section > p"), /\d+ papers? came/);
    const topic = page.locator("#changes a[data-topic]").first(), id = await topic.getAttribute("data-topic");
    await topic.click();
    assert.equal((await read(page)).topic.id, id);
    const paper = page.locator("#changes a[data-paper]").first(), name = await paper.getAttribute("data-paper");
    assert.equal(await paper.textContent(), P.title[P.id.indexOf(name)]);
    await paper.click();
    assert.equal((await read(page)).paper, P.id.indexOf(name));
    assert.ok(page.url().startsWith("file:"), "it stays on the page");
    await settle(page);
    await picture(page, file, "changes");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.locator("#tab-changes").press("ArrowRight");
    assert.equal(await page.locator("#tab-topics").getAttribute("aria-selected"), "true");
    return `${await page.locator("#news li").count()} changes`;
  });
  await check("the level of the colours can be switched", async () => {
    if (levels.length === 1) { assert.equal(await page.locator("#levels input").count(), 0); return "one level only"; }
    for (let level = 0; level < levels.length; level++) {
      await page.locator("#levels label").nth(level).click();
      assert.equal((await read(page)).level, level);
      await settle(page);
      await picture(page, file, `level-${level + 1}`);
    }
  });
  await check("trends: bars of all topics, a drag chooses dates", async () => {
    if (!months) return "no months";
    assert.ok(await page.locator("#chart path[data-series]").count() > 0);
    if (!(await page.locator("#chart.choosable").count())) return "not dated";
    const box = await page.locator("#chart svg").boundingBox();
    await page.mouse.move(box.x + box.width - 3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 40, { steps: 4 });
    await page.mouse.up();
    const { from, until: last, matches } = await read(page);
    assert.ok(from && last && from <= last, `from ${from} until ${last}`);
    assert.equal(matches, all.filter((i) => P.date[i] >= from && P.date[i] <= last).length);
    assert.equal(await page.inputValue("#from"), from);
    await page.click("#clear");
    await until(page, (n) => window.relata.state().matches === n, n);
    return `${from} to ${last}: ${matches}`;
  });

  await check("zooming and moving keep papers under their places", async () => {
    await page.locator("#zoom .whole").click();
    await settle(page);
    const before = await page.evaluate((i) => window.relata.where(i), lone.i);
    await page.mouse.move(before.x, before.y);
    await page.mouse.wheel(0, -400);
    await until(page, () => window.relata.state().view.zoom > 1.2);
    await settle(page);
    const after = await page.evaluate((i) => window.relata.where(i), lone.i);
    assert.ok(Math.hypot(after.x - before.x, after.y - before.y) < 1, "the place under the pointer moved");
    await page.mouse.down();
    await page.mouse.move(before.x + 40, before.y + 30, { steps: 5 });
    await page.mouse.up();
    const moved = await page.evaluate((i) => window.relata.where(i), lone.i);
    assert.ok(Math.hypot(moved.x - before.x - 40, moved.y - before.y - 30) < 1, "a drag does not carry the map along");
    assert.equal((await read(page)).paper, -1, "a drag opened a paper");
    await page.locator("#zoom .whole").click();
    await settle(page);
    assert.ok(Math.abs((await read(page)).view.zoom - 1) < 0.01);
  });

  await check("dark and light", async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const first = await ground();
    assert.equal((await read(page)).dark, false);
    await page.click("#tools .theme");
    assert.equal((await read(page)).dark, true);
    assert.equal(await page.locator("#tools .theme").getAttribute("aria-pressed"), "true");
    assert.notEqual(await ground(), first);
    await settle(page);
    const [r, g, b] = await page.evaluate(() => {
      const copy = new OffscreenCanvas(4, 4).getContext("2d", { willReadFrequently: true });
      copy.drawImage(document.getElementById("map"), 0, 0);
      return [...copy.getImageData(1, 1, 1, 1).data];
    });
    assert.ok(r + g + b < 200, `the map's corner is ${r},${g},${b}`);
    await picture(page, file, "dark");
    await page.click("#tools .theme");
    assert.equal(await ground(), first);
    await page.evaluate(() => localStorage.clear());
  });

  await check("keyboard: in a sensible order through the page", async () => {
    await page.evaluate(() => { document.activeElement.blur(); getSelection().removeAllRanges(); });
    await page.locator("#tools button").first().focus();
    const order = [];
    for (let at = 0; at < 400; at++) {
      const here = await page.evaluate(() => { const a = document.activeElement; return a.id || (a.closest("#tools, #topics, #levels, #zoom") || {}).id || a.tagName; });
      if (order[order.length - 1] !== here) order.push(here);
      if (here === "zoom") break;
      await page.keyboard.press("Tab");
    }
    const wanted = ["tools", "query", "from", "until", "category", "tab-topics", "topics", "map", ...(levels.length > 1 ? ["levels"] : []), "zoom"];
    assert.deepEqual(order.filter((one) => wanted.includes(one)), wanted);
  });
  await check("keyboard: arrows walk, Enter opens, Escape closes", async () => {
    await page.focus("#map");
    await page.keyboard.press("ArrowRight");
    const first = (await read(page)).hover;
    assert.ok(first >= 0, "no paper after the first arrow");
    assert.ok((await text(page, "#said")).includes(P.title[first]), "the paper is not said");
    if (n > 2) {
      const seen = new Set([first]);
      for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) { await page.keyboard.press(key); await settle(page); seen.add((await read(page)).hover); }
      assert.ok(seen.size > 1, "the arrows do not walk");
    }
    const here = (await read(page)).hover;
    assert.equal(await text(page, "#card .title"), P.title[here] || P.id[here]);
    await page.keyboard.press("Enter");
    await until(page, () => !document.getElementById("panel").hidden);
    assert.equal(await text(page, "#panel-title"), P.title[here] || P.id[here]);
    await page.keyboard.press("Escape");
    await until(page, () => document.getElementById("panel").hidden);
    assert.equal(await page.evaluate(() => document.activeElement.id), "map");
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "query");
  });
  await check("every control has a name", async () => {
    const nameless = await page.evaluate(() => [...document.querySelectorAll("#head button, #app button, #app input, #app select, #app a, #app canvas, #app [role=img]")]
      .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || (one.labels && [...one.labels].some((label) => label.textContent.trim())))).map((one) => one.outerHTML.slice(0, 120)));
    assert.deepEqual(nameless, []);
  });

  await check("hostile texts stay text", async () => {
    const risky = all.filter((i) => /[<>"&\u0000-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(P.title[i] + P.authors[i] + (P.abstract ? P.abstract[i].slice(0, 300) : ""))).slice(0, 24);
    for (const i of risky) {
      await go(page, P.id[i]);
      await until(page, (i) => window.relata.state().paper === i, i);
      assert.equal(await text(page, "#panel-title"), P.title[i] || P.id[i]);
      assert.equal(await text(page, "#panel .authors"), P.authors[i]);
      if (P.abstract && P.abstract[i]) assert.equal(await text(page, "#panel .abstract"), P.abstract[i]);
      await page.evaluate(() => history.back());
      await until(page, () => window.relata.state().paper < 0);
    }
    await page.click("#tab-papers");
    await page.click("#tab-topics");
    assert.equal(await page.locator("script").count(), scripts);
    assert.equal(await page.locator("body :is(img, iframe, b, i, object, embed, style)").count(), 0);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    return `${risky.length} papers`;
  });
  await check("no console errors and no network", () => assert.deepEqual(heard, { errors: [], foreign: [] }));

  await check("print: the topics with their central papers, and the map", async () => {
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() => !document.getElementById("plate").hidden, null, { timeout: 60000 });
    assert.equal(await page.locator("#app").isVisible(), false);
    assert.equal(await page.locator("#outline").isVisible(), true);
    const inked = await page.evaluate(() => { const plate = document.getElementById("plate"); return plate.width > 500 && plate.getContext("2d").getImageData(0, 0, plate.width, plate.height).data.some((v, o) => o % 4 < 3 && v < 200); });
    assert.ok(inked, "the map is not on the printed page");
    await picture(page, file, "print");
    if (n <= 10000) assert.ok((await page.pdf({ preferCSSPageSize: true })).length > 5000);
    await page.emulateMedia({ media: null });
  });
  await context.close();

  await check("a link opens a paper, the system's dark is followed", async () => {
    const { page, context, heard } = await open(file, { colorScheme: "dark", fragment: `#paper/${encodeURIComponent(P.id[n - 1])}` });
    assert.equal(await text(page, "#panel-title"), P.title[n - 1] || P.id[n - 1]);
    assert.equal((await read(page)).dark, true);
    await settle(page);
    await picture(page, file, "dark-panel");
    assert.deepEqual(heard, { errors: [], foreign: [] });
    await context.close();
  });
  await check("phone: nothing sticks out, a tap opens the sheet", async () => {
    const { page, context, heard } = await open(file, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
    const [wide, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window_, `${wide} pixels of content in a window of ${window_}`);
    await picture(page, file, "phone");
    const one = await apart(page);
    await page.touchscreen.tap(one.x, one.y);
    await until(page, () => !document.getElementById("panel").hidden);
    assert.equal((await read(page)).paper, one.i);
    await settle(page);
    await picture(page, file, "phone-panel");
    assert.deepEqual(heard, { errors: [], foreign: [] });
    await context.close();
  });
  await check("without JavaScript: topics and central papers as plain HTML", async () => {
    const { page, context, heard } = await open(file, { javaScriptEnabled: false, ready: false });
    assert.equal(await page.locator("#outline").isVisible(), true);
    assert.equal(await page.locator("#app").isVisible(), false);
    const squeeze = (one) => one.replace(/[\s\u0000]+/g, " ").trim();
    const names = new Set((await page.locator("#outline bdi").allTextContents()).map(squeeze)), titles = new Set((await page.locator("#outline .central a").allTextContents()).map(squeeze));
    for (const level of levels) for (const topic of level.topics) assert.ok(names.has(squeeze(topic.name)), `the topic “${topic.name}” is missing`);
    for (const topic of levels[levels.length - 1].topics) {
      assert.ok(topic.central.some((i) => titles.has(squeeze(P.title[i]))), `no central paper of “${topic.name}” is there`);
    }
    await picture(page, file, "plain");
    assert.deepEqual(heard, { errors: [], foreign: [] });
    await context.close();
    return `${titles.size} central papers`;
  });
  await check("a browser that cannot unpack the data says so and keeps the outline", async () => {
    const { page, context } = await open(file, { ready: false, before: () => { delete window.DecompressionStream; } });
    await page.waitForSelector("#notice:not([hidden])");
    assert.match(await text(page, "#notice"), /DecompressionStream/);
    assert.equal(await page.locator("#outline").isVisible(), true);
    await context.close();
  });
};

// The median time between frames while the pointer drags, and while the wheel turns.
const measureFrames = async (file) => {
  console.log(`\n${file}, ${(fs.statSync(file).size / 1e6).toFixed(2)} MB`);
  const { page, context } = await open(file), box = await page.locator("#map").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const during = async (act) => {
    await settle(page);
    await page.evaluate(() => {
      const times = (window.times = []), tick = (now) => { times.push([now, window.relata.state().view.drawn]); if (window.times === times) requestAnimationFrame(tick); };
      requestAnimationFrame(tick);
    });
    const start = Date.now();
    for (let step = 0; Date.now() - start < 4000; step++) await act(step);
    const times = await page.evaluate(() => { const taken = window.times; window.times = null; return taken; });
    // Only frames in which the map was drawn anew count.
    const gaps = [];
    let last = null;
    for (let at = 1; at < times.length; at++) if (times[at][1] !== times[at - 1][1]) { if (last !== null) gaps.push(times[at][0] - last); last = times[at][0]; }
    gaps.sort((a, b) => a - b);
    return { median: 1000 / gaps[gaps.length >> 1], slow: 1000 / gaps[Math.floor(gaps.length * 0.95)], frames: gaps.length };
  };
  const report = (name, { median, slow, frames }) => check(`${name}: median at least 30 frames/s`, () => {
    assert.ok(median >= 30, `${median.toFixed(1)} frames/s`);
    return `median ${median.toFixed(1)}, 95 % of frames above ${slow.toFixed(1)} frames/s, ${frames} frames`;
  });
  const circle = (step, radius) => page.mouse.move(x + radius * Math.cos(step / 14), y + radius * Math.sin(step / 14));
  for (const zoomed of [false, true]) {
    if (zoomed) { await page.mouse.move(x, y); for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -200); }
    await page.mouse.move(x + 200, y);
    await page.mouse.down();
    const pan = await during((step) => circle(step, 200));
    await page.mouse.up();
    await report(zoomed ? "panning, zoomed in" : "panning", pan);
  }
  await page.locator("#zoom .whole").click();
  await page.mouse.move(x, y);
  await report("zooming", await during(async (step) => { await page.mouse.wheel(0, Math.floor(step / 60) % 2 ? 24 : -24); await page.waitForTimeout(8); }));
  await context.close();
};

for (const file of told.rest) await (told.flags.has("--frames") ? measureFrames(file) : drive(file)).catch((problem) => check(file, () => { throw problem; }));
await end(browser);
