// The data of the map from this server, in three steps: the points, which are drawn at once; titles and the like, in
// parts; and then, again and again, what came since.

// In: /map/data, whose form src/topics/page/points.rs says. Out: what `modelOf` takes, with texts that are still empty.
const readPoints = async () => {
  const answer = await fetch("/map/data");
  if (!answer.ok) throw new Error(`The data of the map did not come: ${answer.statusText}`);
  const bytes = await new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const length = new DataView(bytes).getUint32(0, true), head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const n = head.papers, finest = head.levels.length - 1;
  let at = 4 + length;
  const column = (Kind) => { const end = at + n * Kind.BYTES_PER_ELEMENT, values = new Kind(bytes.slice(at, end)); at = end; return values; };
  const x = column(Uint16Array), y = column(Uint16Array), topic = column(Uint32Array), fit = column(Uint8Array);
  const topics = [];
  topics[finest] = topic;
  for (let level = finest; level > 0; level--) {
    const parent = Uint32Array.from(head.levels[level].topics, (one) => one.parent ?? 0);
    topics[level - 1] = topics[level].map((k) => parent[k]);
  }
  const empty = () => new Array(n).fill("");
  const papers = {
    id: empty(), title: empty(), authors: empty(), date: empty(), categories: empty(), tldr: empty(), x, y, topics,
    strength: Float32Array.from(fit, (one) => (one & 127) / 100), weak: fit.map((one) => one >> 7), second: null, related: null,
  };
  // The tag names the topics that these points are of.
  return { ...head, papers, of: /topics-([0-9a-f]+)/.exec(answer.headers.get("etag") || "")?.[1] || "" };
};

const TEXTS = ["id", "title", "authors", "date", "categories", "tldr"];

// Fills in the texts, part by part, and tells of it once all are there.
const readTexts = async (model) => {
  const { papers } = model;
  for (let part = 0, at = 0; at < papers.placed; part++) {
    const answer = await fetch(`/map/texts/${part}?of=${model.of}`);
    // Topics were found again since the points came.
    if (answer.status === 409) { location.reload(); return; }
    if (!answer.ok) throw new Error(`The titles of the map did not come: ${answer.statusText}`);
    const texts = JSON.parse(await new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).text());
    for (const name of TEXTS) for (let i = 0; i < texts.id.length; i++) papers[name][at + i] = texts[name][i];
    at += texts.id.length;
  }
  model.learn();
  performance.mark("map-titles");
  change({ texts: papers.n });
};

// What runs beside the map: with each step the page can do more.
const serverParts = (page) => {
  const { model } = page;
  model.detail = paperDetails(page);
  const selection = selecting(page);
  readTexts(model).then(() => { readAddress(model); newPapers({ ...page, selection }); }).catch((problem) => {
    byId("notice").textContent = problem.message;
    byId("notice").hidden = false;
  });
};

run(readPoints, serverParts);
