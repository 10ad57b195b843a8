// What the reader has chosen, in one place, and who is told when it changes.
// The open paper and the selected topic live in the address (#paper/ID, #topic/LEVEL/ID): links, the back button and
// shared addresses work by themselves.

const state = {
  level: 0,          // which level colours the map
  topic: null,       // selected topic: [level, index]
  glance: null,      // topic under the pointer, in the list or on the map
  paper: -1,         // open paper
  hover: -1,         // paper under the pointer or the keyboard
  query: "", from: "", until: "", category: "",
  matches: null,     // Uint8Array, papers that pass search and filters
  selected: null,    // Uint8Array, papers that the reader has selected, where a server shows the map
  chosen: 0,         // how many these are
  rated: null,       // changes once what is thought of papers has
  texts: 0,          // papers whose texts have come, where they come later than the points
  found: 0,          // papers that pass, within the selected topic
};

const watchers = [];
const watch = (keys, tell) => watchers.push([keys.split(" "), tell]);
const sameChoice = (a, b) => a === b || (Array.isArray(a) && Array.isArray(b) && a[0] === b[0] && a[1] === b[1]);

const change = (changes) => {
  const changed = Object.keys(changes).filter((key) => !sameChoice(state[key], changes[key]));
  if (!changed.length) return;
  for (const key of changed) state[key] = changes[key];
  for (const [keys, tell] of watchers) if (keys.some((key) => changed.includes(key))) tell(changed);
};

const paperLink = (model, i) => `#paper/${encodeURIComponent(model.papers.id[i])}`;
const topicLink = (model, [level, k]) => `#topic/${level + 1}/${encodeURIComponent(model.levels[level].topics[k].id)}`;

// A paper that is opened from a topic leaves the topic selected, so that closing the paper leads back to it.
const readAddress = (model) => {
  let parts;
  try { parts = location.hash.slice(1).split("/").map(decodeURIComponent); } catch (malformed) { return; }
  if (parts[0] === "paper") {
    const i = model.indexOf(parts.slice(1).join("/"));
    if (i >= 0) change({ paper: i, hover: -1, glance: null });
  } else if (parts[0] === "topic") {
    const level = Number(parts[1]) - 1;
    const k = model.levels[level] ? model.levels[level].topics.findIndex((topic) => topic.id === parts[2]) : -1;
    if (k >= 0) change({ topic: [level, k], paper: -1, hover: -1, glance: null });
  } else {
    change({ topic: null, paper: -1, glance: null });
  }
};

// Read at once and not when the browser tells of it: a second Escape may come before that.
const goTo = (model, fragment) => { location.hash = fragment; readAddress(model); };
const openPaper = (model, i) => { if (model.papers.id[i]) goTo(model, paperLink(model, i)); };
const openTopic = (model, choice) => goTo(model, topicLink(model, choice));
const closePanel = (model) => {
  if (state.paper >= 0 && state.topic) openTopic(model, state.topic);
  // Not the empty fragment: browsers go to the top of the page for it.
  else goTo(model, "#/");
};
