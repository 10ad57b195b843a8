// The data of the report.
// In: <script id="data">, base64 of gzip of JSON in columns. Out: `model`: papers in columns, levels of topics, coarsest first.

const byId = (id) => document.getElementById(id);

// A child that is a string becomes a text node and nothing else: titles may hold any markup, and none of it may act.
const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
};

const readReport = async () => {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("This browser cannot unpack the data of the map (it has no DecompressionStream). Below are the topics and their central papers.");
  }
  const coded = atob(byId("data").textContent.trim());
  const bytes = new Uint8Array(coded.length);
  for (let i = 0; i < coded.length; i++) bytes[i] = coded.charCodeAt(i);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(unpacked).text());
};

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const number = (value) => value.toLocaleString("en");
const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const fold = (text) => text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();

// The index of the last label at or before a date, for labels that are the first letters of dates (years, months, days).
// A month is in none of its days: -1.
const periodAt = (labels, date) => {
  if (labels.length && date.length < labels[0].length) return -1;
  let low = 0, high = labels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (labels[middle] <= date) low = middle + 1; else high = middle;
  }
  return low - 1;
};

// How many papers of each topic are among the matches, per level.
const countFound = ({ levels, papers }, matches) => {
  const found = levels.map(({ topics }) => new Int32Array(topics.length));
  for (let i = 0; i < papers.n; i++) if (matches[i]) papers.topics.forEach((column, level) => found[level][column[i]]++);
  return found;
};

const modelOf = (raw) => {
  const columns = raw.papers, n = columns.id.length;
  const papers = {
    ...columns, n,
    placed: n,   // those that had a place when topics were found; others came later
    x: Float32Array.from(columns.x), y: Float32Array.from(columns.y),
    topics: columns.topics.map((column) => Int32Array.from(column)),
    // Papers of another source lead nowhere.
    url: raw.unlinked ? null : (i) => `https://arxiv.org/abs/${encodeURI(columns.id[i])}`,
  };
  const levels = raw.levels.map((level) => ({ name: level.name, topics: level.topics.map((topic) => ({ ...topic, children: [] })) }));
  levels.forEach((level, depth) => level.topics.forEach((topic, index) => {
    if (depth > 0 && topic.parent != null) levels[depth - 1].topics[topic.parent].children.push(index);
  }));
  const months = raw.months || [];
  const dated = months.length > 0 && months.every((label) => /^\d{4}(-\d\d){0,2}$/.test(label));
  // Parents before children: [field, topic, subtopic] of a topic, as indices into the levels.
  const line = (depth, k) => (depth === 0 ? [k] : [...line(depth - 1, levels[depth].topics[k].parent), k]);
  let index = new Map();
  const model = { title: raw.title, made: raw.made, of: raw.of, months, dated, period: null, papers, levels, line, indexOf: (id) => index.get(id) ?? -1 };
  // What follows from ids and dates; to be called again where these come later.
  model.learn = () => {
    model.period = Int32Array.from(papers.date, (date) => (dated ? periodAt(months, date) : -1));
    index = new Map(papers.id.map((id, i) => [id, i]));
  };
  model.learn();
  return model;
};
