// Drives the map of a running server: loops by mouse and by finger, the keyboard alone, files, likes and their end, the
// panel of a paper, and papers that come while the page is open.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const ready = (page) => page.waitForFunction(() => window.relata && window.relata.state().texts > 0 && !window.relata.state().view.busy, null, { timeout: 60000 });
const state = (page) => page.evaluate(() => { const { chosen, paper, topic } = window.relata.state(); return { chosen, paper, topic, ids: window.relata.selected() }; });
const said = (page, text) => page.waitForFunction((text) => document.getElementById("said").textContent === text, text, { timeout: 60000 });

// The corners of a star around the middle of the map, in pixels of the window: a loop that is not convex.
const star = async (page) => {
  const box = await page.locator("#map").boundingBox(), x = box.x + box.width / 2, y = box.y + box.height / 2, far = Math.min(box.width, box.height) * 0.42;
  return Array.from({ length: 11 }, (_, at) => {
    const angle = (at * Math.PI) / 5, r = at % 2 ? far * 0.5 : far;
    return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
  });
};
// Papers within a loop, found by the angles under which each sees its corners: another way than the page's.
const within = (page, loop) => page.evaluate((loop) => {
  const found = [];
  for (let i = 0; i < window.relata.papers.n; i++) {
    const { x, y } = window.relata.where(i);
    let turned = 0;
    loop.forEach(([bx, by], at) => {
      const [ax, ay] = loop[(at || loop.length) - 1];
      let angle = Math.atan2(by - y, bx - x) - Math.atan2(ay - y, ax - x);
      if (angle > Math.PI) angle -= 2 * Math.PI;
      if (angle < -Math.PI) angle += 2 * Math.PI;
      turned += angle;
    });
    if (Math.abs(turned) > Math.PI) found.push(window.relata.papers.id[i]);
  }
  return found;
}, loop);
const drag = async (page, loop) => {
  await page.mouse.move(...loop[0]);
  await page.mouse.down();
  for (const corner of loop.slice(1)) await page.mouse.move(...corner, { steps: 6 });
  await page.mouse.up();
};

export const drivesMap = async ({ full, readonly, open, check, shot, violations, overflow, PHONE }) => {
  const opened = async (address, how) => { const made = await open(address, how); await ready(made.page); return made; };
  const liked = async (page) => (await (await page.request.get(`${full}/api/v1/profiles/default`)).json()).like;

  await check("the map draws from the server's data, under the policy", async () => {
    for (const [look, how] of Object.entries({ light: {}, dark: { scheme: "dark" }, phone: { viewport: PHONE, touch: true } })) {
      const { page, context, heard } = await opened(`${full}/map`, how);
      assert.equal(await page.evaluate(() => window.relata.papers.title.filter((title) => title).length), 299);
      await shot(page, `map-${look}`);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual([heard.errors, heard.foreign], [[], []]);
      assert.ok(await overflow(page) <= 0);
      await context.close();
    }
  });

  await check("a loop by the mouse selects what is within it, and Escape clears that", async () => {
    for (const [look, how] of Object.entries({ light: {}, dark: { scheme: "dark" } })) {
      const { page, context, heard } = await opened(`${full}/map`, how);
      const loop = await star(page), wanted = await within(page, loop);
      assert.ok(wanted.length > 10 && wanted.length < 250, `${wanted.length}`);
      await page.locator("#zoom .lasso").click();
      await drag(page, loop);
      assert.deepEqual((await state(page)).ids, wanted);
      assert.match(await page.locator("#selection p").textContent(), new RegExp(`^${wanted.length} papers selected`));
      await page.waitForTimeout(300);
      await shot(page, `map-selection-${look}`);
      assert.deepEqual(await violations(page), []);
      // Another loop, with shift, adds to it.
      await page.locator("#zoom .lasso").click();
      const box = await page.locator("#map").boundingBox(), corner = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => [box.x + box.width - 2 - x * 260, box.y + 2 + y * 260]);
      await page.keyboard.down("Shift");
      await drag(page, corner);
      await page.keyboard.up("Shift");
      const both = new Set([...wanted, ...await within(page, corner)]);
      assert.deepEqual(new Set((await state(page)).ids), both);
      assert.ok(both.size > wanted.length);
      await page.keyboard.press("Escape");
      assert.deepEqual((await state(page)).ids, []);
      assert.equal(await page.locator("#selection").isVisible(), false);
      // Without the button: shift and the mouse.
      await page.keyboard.down("Shift");
      await drag(page, loop);
      await page.keyboard.up("Shift");
      assert.deepEqual((await state(page)).ids, wanted);
      assert.deepEqual(heard.errors, []);
      await context.close();
    }
  });

  await check("a loop by a finger on a phone", async () => {
    const { page, context, heard } = await opened(`${full}/map`, { viewport: PHONE, touch: true });
    const loop = await star(page), wanted = await within(page, loop);
    await page.locator("#zoom .lasso").tap();
    const touch = await context.newCDPSession(page), at = ([x, y]) => [{ x, y }];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(loop[0]) });
    for (const [i, [x, y]] of loop.entries()) {
      const [ox, oy] = loop[i ? i - 1 : 0];
      for (const part of [0.25, 0.5, 0.75, 1]) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at([ox + (x - ox) * part, oy + (y - oy) * part]) });
    }
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    assert.deepEqual((await state(page)).ids, wanted);
    await page.waitForTimeout(300);
    await shot(page, "map-selection-phone");
    assert.deepEqual(await violations(page), []);
    assert.ok(await overflow(page) <= 0);
    assert.deepEqual(heard.errors, []);
    await context.close();
  });

  await check("the keyboard alone selects what is in view, a topic, and paper by paper", async () => {
    const { page, context } = await opened(`${full}/map`);
    await page.locator("#map").focus();
    await page.keyboard.press("a");
    await said(page, "299 papers selected");
    await page.keyboard.press("Escape");
    for (let i = 0; i < 6; i++) await page.keyboard.press("+");
    await page.waitForFunction(() => !window.relata.state().view.busy);
    await page.keyboard.press("a");
    const box = await page.locator("#map").boundingBox();
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    const { ids } = await state(page);
    assert.deepEqual(ids, await within(page, corners));
    assert.ok(ids.length < 299);
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("x");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("x");
    assert.equal((await state(page)).chosen, 2);
    await page.keyboard.press("x");
    assert.equal((await state(page)).chosen, 1);
    await page.keyboard.press("Escape");
    assert.equal((await state(page)).chosen, 0);
    await page.locator(".pick").first().focus();
    await page.keyboard.press("Enter");
    const { topic } = await state(page);
    await page.keyboard.press("s");
    await page.locator("#selection button", { hasText: "this topic" }).focus();
    await page.keyboard.press("Enter");
    const size = await page.evaluate(({ level, index }) => window.relata.levels[level].topics[index].size, topic);
    assert.equal((await state(page)).chosen, size);
    await context.close();
  });

  await check("a search holds for the loop, and a selection is a file of exactly these papers", async () => {
    for (const server of [full, readonly]) {
      const { page, context } = await opened(`${server}/map`);
      await page.locator("#query").fill("sheaves");
      await page.waitForFunction(() => window.relata.state().matches < 299);
      await page.locator("#map").focus();
      await page.keyboard.press("a");
      const { ids } = await state(page);
      assert.equal(ids.length, await page.evaluate(() => window.relata.state().matches));
      await page.locator("#selection summary").click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#selection button", { hasText: "CSV" }).click()]);
      assert.equal(download.suggestedFilename(), "papers.csv");
      const rows = fs.readFileSync(await download.path(), "utf8").trim().split("\n").slice(1);
      assert.deepEqual(rows.map((row) => row.split(",")[1]), ids);
      assert.equal(await page.locator("#selection button", { hasText: "Like" }).count(), server === full ? 1 : 0);
      await context.close();
    }
  });

  await check("a selection is liked at once, and taken back", async () => {
    const { page, context } = await opened(`${full}/map`);
    const before = await liked(page), one = (await page.evaluate(() => window.relata.papers.id)).indexOf(before[0]);
    assert.ok(one >= 0);
    await page.locator("#zoom .lasso").click();
    const loop = await star(page);
    await drag(page, loop);
    const { ids } = await state(page), had = ids.filter((id) => before.includes(id)).length;
    await page.locator("#selection button", { hasText: "Like all" }).click();
    const told = had ? `Liked ${ids.length - had} papers; ${had} were liked before` : `Liked ${ids.length} papers`;
    await said(page, told);
    await shot(page, "map-liked");
    assert.deepEqual(new Set(await liked(page)), new Set([...before, ...ids]));
    await page.locator("#selection button", { hasText: "Undo" }).click();
    await said(page, `Taken back: ${ids.length - had} papers`);
    assert.deepEqual(await liked(page), before);
    await context.close();
  });

  await check("the panel of a paper: abstract, related papers, like, read and note", async () => {
    for (const [look, how] of Object.entries({ light: {}, dark: { scheme: "dark" }, phone: { viewport: PHONE, touch: true } })) {
      const { page, context, heard } = await opened(`${full}/map#paper/2601.00060`, how);
      await page.locator("#panel .abstract").waitFor();
      // Its title would rather be a script.
      assert.equal(await page.locator("#panel h2").textContent(), "<img src=x onerror=\"document.title='taken'\">");
      assert.notEqual(await page.title(), "taken");
      assert.equal(await page.locator("#panel script, #panel img").count(), 0);
      assert.ok(await page.locator("#panel .detail .results li").count() >= 5);
      const press = async (act, word) => { await page.locator(`#panel [data-act=${act}]`).click(); await said(page, word); };
      await press("like", "Liked");
      assert.equal(await page.locator("#panel [data-act=like]").getAttribute("aria-pressed"), "true");
      await press("like", "Taken back");
      await press("read", "Read");
      await press("read", "Not read");
      await page.locator("#panel .write summary").click();
      await page.locator("#paper-note").fill(`<b>${look}</b>`);
      await page.locator("#panel .write button").click();
      await said(page, "Note kept");
      assert.equal(await page.locator("#panel .detail .note bdi").first().textContent(), `<b>${look}</b>`);
      await shot(page, `map-paper-${look}`);
      assert.deepEqual(await violations(page), []);
      if (look === "light") {
        await page.keyboard.press("l");
        await said(page, "Liked");
        await page.keyboard.press("l");
        await said(page, "Taken back");
        await page.locator("#panel .detail .results a").first().click();
        await page.waitForFunction(() => location.hash.startsWith("#paper/") && location.hash !== "#paper/2601.00060");
      }
      assert.deepEqual(heard.errors, []);
      await context.close();
    }
  });

  await check("papers that come while the map is open appear, marked as new", async () => {
    const { page, context, heard } = await opened(`${full}/map`);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "relata-map-")), file = path.join(folder, "new.jsonl");
    const paper = (id, title) => JSON.stringify({ id, title, authors: ["N. Author"], abstract: "We look at sheaves, at moduli spaces and at algebraic curves.", categories: ["math.AG"], published: "2026-02-22" });
    fs.writeFileSync(file, [paper("2602.00001", "On new sheaves"), paper("2602.00002", "<img src=x onerror=\"document.title='taken'\">")].join("\n"));
    execFileSync(process.env.RELATA_PROGRAM, ["add", file]);
    fs.rmSync(folder, { recursive: true });
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.locator("#came").waitFor();
    assert.equal(await page.locator("#came").textContent(), "2 new");
    assert.deepEqual(await page.evaluate(() => window.relata.papers.id.slice(299)), ["2602.00001", "2602.00002"]);
    await page.locator("#came").click();
    assert.deepEqual((await state(page)).ids, ["2602.00001", "2602.00002"]);
    await page.waitForTimeout(300);
    await shot(page, "map-new");
    assert.deepEqual(await violations(page), []);
    await page.locator("#query").fill("new sheaves");
    await page.waitForFunction(() => window.relata.state().matches === 1);
    await page.evaluate(() => { location.hash = "#paper/2602.00002"; });
    await page.locator("#panel .abstract").waitFor();
    assert.match(await page.locator("#panel").textContent(), /it came after the topics were found/);
    assert.notEqual(await page.title(), "taken");
    assert.deepEqual(heard.errors, []);
    await context.close();
  });
};
