// One key for each thing that the forms of a page do, without a reload. Without this script the forms do the same.

const byId = (id) => document.getElementById(id);
const papers = () => [...document.querySelectorAll("article[data-paper]")];
const say = (text) => { byId("said").textContent = text; };

// The paper that keys are for: the one that was gone to last, or the one with the focus.
const current = () => {
  const focused = document.activeElement?.closest?.("article[data-paper]");
  return focused || document.querySelector("article.is-here") || document.querySelector("article.one");
};

const goTo = (paper) => {
  document.querySelectorAll("article.is-here").forEach((other) => other.classList.remove("is-here"));
  paper.classList.add("is-here");
  paper.focus({ preventScroll: true });
  paper.scrollIntoView({ block: "nearest" });
};

const move = (step) => {
  const all = papers().filter((paper) => !paper.classList.contains("one"));
  const here = all.indexOf(current());
  const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
  if (next) goTo(next);
};

// Shows what the server says of a paper now, wherever that paper stands on the page.
const show = (said) => {
  for (const paper of papers().filter((other) => other.dataset.paper === said.id)) {
    const button = (act, pressed, on, off) => {
      const found = paper.querySelector(`[data-act=${act}]`);
      if (!found) return;
      found.setAttribute("aria-pressed", String(pressed));
      found.value = pressed ? off : on;
    };
    button("like", said.liked, "like", "forget");
    button("unlike", said.unliked, "unlike", "forget");
    button("read", said.read, "read", "unread");
    paper.classList.toggle("is-read", said.read && !paper.classList.contains("one"));
    const text = (name, value) => {
      const place = paper.querySelector(`[data-${name}]`), field = paper.querySelector(`[data-field=${name}]`);
      if (place) { place.hidden = value === ""; place.querySelector("bdi").textContent = value; }
      if (field) field.value = value;
    };
    text("note", said.note);
    text("tags", said.tags.join(", "));
  }
};

const WORDS = { like: "Liked", unlike: "Unliked", forget: "Taken back", read: "Read", unread: "Not read", note: "Note kept", tags: "Tags kept" };

const send = async (form, button) => {
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.set(button.name, button.value);
  const word = WORDS[button?.value] || WORDS[button?.dataset?.act] || "Done";
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || answer.statusText);
    if (told.id) show(told);
    say(word);
  } catch (problem) {
    say(`That did not work: ${problem.message}`);
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form.act")) return;
  event.preventDefault();
  send(form, event.submitter).then(() => {
    const details = form.closest("details");
    if (details && form.matches(".write")) { details.open = false; current()?.focus({ preventScroll: true }); }
  });
});

const press = (act) => current()?.querySelector(`[data-act=${act}]`)?.click();
const write = (name) => {
  const field = current()?.querySelector(`[data-field=${name}]`);
  if (!field) return;
  field.closest("details").open = true;
  field.focus();
};

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  o: () => current()?.querySelector("h3 a")?.click(),
  l: () => press("like"),
  u: () => press("unlike"),
  r: () => press("read"),
  n: () => write("note"),
  t: () => write("tags"),
  "/": () => (byId("q") || byId("query") || byId("find")).select(),
  "?": () => byId("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea");
  if (event.key === "Escape" && typing) { typing.blur(); current()?.focus({ preventScroll: true }); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.querySelectorAll(".keys-hint").forEach((hint) => { hint.hidden = false; });
document.querySelectorAll("[data-help]").forEach((button) => button.addEventListener("click", () => byId("keys").showModal()));

// A day's papers count as shown once somebody has had them before their eyes for a moment: a browser that fetches or
// draws a page in advance marks nothing.
const shown = document.querySelector("form[data-shown]");
if (shown) {
  const seen = () => {
    if (document.visibilityState !== "visible" || document.prerendering) return;
    document.removeEventListener("visibilitychange", seen);
    setTimeout(() => {
      const fields = new URLSearchParams(new FormData(shown));
      fetch(shown.action, { method: "POST", body: fields, headers: { Accept: "application/json" }, keepalive: true }).catch(() => {});
    }, 1500);
  };
  document.addEventListener("visibilitychange", seen);
  document.addEventListener("prerenderingchange", seen);
  seen();
}

// A job's bar, as the job tells of itself; once it is over the page says what came of it.
const job = document.querySelector("[data-job]:not([data-over])");
if (job) {
  const bar = job.querySelector("[data-bar]"), notes = job.querySelector("[data-notes]"), totals = {};
  const told = (text) => { job.querySelector("[data-progress]").textContent = text; };
  const number = (count) => Number(count).toLocaleString("en");
  const far = (done, total, what, unit = "") => {
    if (total > 0) { bar.max = total; bar.value = Math.min(done, total); } else bar.removeAttribute("value");
    told(total > 0 ? `${what}: ${number(done)} of ${number(total)}${unit}` : what);
  };
  const WORK = { reading: "Reading", embedding: "Embedding papers", indexing: "Making the index", comparing: "Comparing papers",
    grouping: "Grouping papers", drawing: "Drawing the map", naming: "Naming topics" };
  const named = (work) => WORK[work] || String(work).replaceAll("_", " ");
  const STATES = { waiting: "Waiting", running: "Under way" };
  const time = (text) => new Date(text).toLocaleTimeString();
  // Why it takes longer, where something does.
  const waits = ({ delayed, waiting }) => {
    if (waiting) return "Another program writes the library, and is waited for.";
    if (delayed?.rest) return `${delayed.rest.server} asked for rest; it goes on at ${time(delayed.rest.until)}.`;
    if (delayed?.again) return `${delayed.again.server}: ${delayed.again.reason}; it is asked again at ${time(delayed.again.at)}.`;
    return "";
  };
  const note = (text) => {
    if (!text || notes.lastElementChild?.textContent === text) return;
    const line = document.createElement("li");
    line.textContent = text;
    notes.append(line);
    if (notes.children.length > 8) notes.firstElementChild.remove();
  };
  const DAY = 86400000, EARLIEST = "1986-04-25";
  const heard = {
    state: ({ state }) => { if (STATES[state]) job.querySelector("[data-state]").textContent = STATES[state]; else location.reload(); },
    began: ({ work, total }) => { totals[work] = total; far(0, total, named(work)); },
    done: ({ work, done }) => far(done, totals[work] || 0, named(work)),
    ended: () => { bar.removeAttribute("value"); told(""); },
    fetching_model: ({ what, total, bytes, over }) => {
      if (what) totals.model = total || 0;
      const size = (count) => Math.round(count / 1e6);
      if (over) { bar.removeAttribute("value"); told(""); } else far(size(bytes || 0), size(totals.model || 0), "The model is on its way", " MB");
    },
    // Nobody tells how many records there are: it is as far as its days.
    harvested: ({ harvest }) => {
      const begin = Date.parse(harvest.since || EARLIEST), days = (day) => Math.max(0, (Date.parse(day) - begin) / DAY);
      if (harvest.at) { bar.max = Math.max(1, days(harvest.until)); bar.value = days(harvest.at); }
      told(`${harvest.category || "arXiv"}: ${number(harvest.records)} records${harvest.at ? `, at ${harvest.at}` : ""}`);
    },
    note: ({ note: what }) => note(waits(what)),
  };
  const events = new EventSource(`/api/v1/jobs/${job.dataset.job}/events`);
  for (const [name, act] of Object.entries(heard)) events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  addEventListener("pagehide", () => events.close());
}

// Searches as one types: the page's own answer, put in the place of the last one.
const live = document.querySelector("form[data-live]");
if (live) {
  let waiting = 0, asking = null;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const fields = new URLSearchParams([...new FormData(live)].filter(([, value]) => value !== ""));
    const address = `${live.getAttribute("action")}?${fields}`;
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      byId("found").replaceWith(page.getElementById("found"));
      document.querySelector("footer").replaceWith(page.querySelector("footer"));
      history.replaceState(null, "", address);
    } catch (gone) { /* a later question has taken its place */ }
  };
  live.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 250); });
}
