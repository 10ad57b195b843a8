// How soon the map of a running server is seen, in a headless Chromium: medians over some visits, each by a new browser
// profile, so that nothing is kept from the one before.
//
//   benches/serve_map.mjs [--chromium PATH] ADDRESS [VISITS]
//
// Prints the first contentful paint, the first frame with points, when all titles have come (milliseconds since the
// page was asked for), and the longest task that held up the page. The server of the first visit has made nothing yet if
// it was started just before; that visit stands apart. Needs Node 18 and Chromium; `npm ci --prefix tests/browser` once.

import { launch, options } from "../tests/browser/browser.mjs";

const told = options("serve_map.mjs [--chromium PATH] ADDRESS [VISITS]", 1);
const [address, visits = "7"] = told.rest;
const browser = await launch(told);

const visit = async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.longest = 0;
    new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration); }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(`${address}/map`);
  await page.waitForFunction(() => window.relata?.state().texts >= window.relata?.papers.placed, null, { timeout: 120000 });
  const seen = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    points: performance.getEntriesByName("map-drawn")[0].startTime,
    titles: performance.getEntriesByName("map-titles")[0].startTime,
    longest: window.longest,
    papers: window.relata.papers.n,
  }));
  await context.close();
  return seen;
};

const row = (name, { paint, points, titles, longest }) => console.log(`| ${name} | ${[paint, points, titles, longest].map((time) => Math.round(time)).join(" | ")} |`);
const first = await visit(), others = [];
for (let i = 1; i < Number(visits); i++) others.push(await visit());
console.log(`${first.papers} papers\n\n| visit | first contentful paint | first frame with points | all titles | longest task |\n| --- | --- | --- | --- | --- |`);
row("the first", first);
const median = (name) => others.map((one) => one[name]).sort((a, b) => a - b)[others.length >> 1];
if (others.length) row(`${others.length} more, medians`, Object.fromEntries(["paint", "points", "titles", "longest"].map((name) => [name, median(name)])));
await browser.close();
