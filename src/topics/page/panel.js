// The card at the pointer and the panel at the side: one paper, or one topic.

const shortAuthors = (authors, most) => {
  const names = authors.split(", ");
  return names.length <= most ? authors : `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
};

// Who wrote a paper and when, as far as that is known.
const byline = ({ authors, date }, i, most) => {
  const parts = [authors[i] && element("bdi", {}, shortAuthors(authors[i], most)), date[i] && element("time", {}, date[i])].filter(Boolean);
  return parts.flatMap((part, at) => (at ? [" · ", part] : [part]));
};

// A paper in a list; pointing at it marks it on the map.
const paperItem = (model, map, i) => {
  const { papers } = model, link = element("a", { class: "paper", href: paperLink(model, i) },
    element("span", { class: "title", dir: "auto" }, papers.title[i] || papers.id[i]),
    element("span", { class: "by" }, ...byline(papers, i, 3)));
  for (const event of ["pointerenter", "focus"]) link.addEventListener(event, () => change({ hover: i }));
  for (const event of ["pointerleave", "blur"]) link.addEventListener(event, () => change({ hover: -1 }));
  return link;
};

const hoverCard = (model, map) => {
  const card = byId("card"), { papers, levels } = model;
  watch("hover texts", () => {
    const i = state.hover;
    // In a list the paper is read already; the card is for the map.
    card.hidden = i < 0 || !papers.id[i] || (document.activeElement !== map.canvas && !map.canvas.matches(":hover"));
    if (card.hidden) return;
    const k = papers.topics[state.level][i], dot = element("span", { class: "dot" });
    dot.style.backgroundColor = map.colour(state.level, k);
    card.replaceChildren(
      element("p", { class: "title", dir: "auto" }, papers.title[i] || papers.id[i]),
      element("p", { class: "by" }, ...byline(papers, i, 4)),
      papers.tldr[i] ? element("p", { class: "tldr", dir: "auto" }, papers.tldr[i]) : "",
      element("p", { class: "of" }, dot, element("bdi", {}, levels[state.level].topics[k].name)));
    const box = map.canvas.getBoundingClientRect(), { x, y } = map.screen(i), w = card.offsetWidth, h = card.offsetHeight;
    const left = box.left + x + 16 + w > innerWidth - 8 ? box.left + x - 16 - w : box.left + x + 16;
    card.style.left = `${clamp(left, 8, Math.max(8, innerWidth - w - 8))}px`;
    card.style.top = `${clamp(box.top + y + 14 + h > innerHeight - 8 ? box.top + y - 14 - h : box.top + y + 14, 8, Math.max(8, innerHeight - h - 8))}px`;
  });
};

const sidePanel = (model, map) => {
  const panel = byId("panel"), { papers, levels, months } = model;

  const section = (title, ...children) => element("section", {}, element("h3", {}, title), ...children);
  const list = (indices) => element("ul", { class: "results" }, ...indices.map((i) => element("li", {}, paperItem(model, map, i))));
  const chip = (choice, extra) => {
    const dot = element("span", { class: "dot", "aria-hidden": "true" }), link = element("a", { class: "chip", href: topicLink(model, choice) }, dot, element("bdi", {}, levels[choice[0]].topics[choice[1]].name), extra);
    dot.style.backgroundColor = map.colour(...choice);
    link.addEventListener("pointerenter", () => change({ glance: choice }));
    link.addEventListener("pointerleave", () => change({ glance: null }));
    return link;
  };
  const title = (text, tag = "h2") => element(tag, { id: "panel-title", tabindex: "-1", dir: "auto" }, text);
  const close = () => element("button", { type: "button", class: "close", "aria-label": "Close", title: "Close (Escape)", onclick: () => closePanel(model) });

  // Where no relations came with the data, the neighbours on the map stand in, under a heading that says so.
  const nearby = (i) => {
    const best = [], far = (j) => (papers.x[j] - papers.x[i]) ** 2 + (papers.y[j] - papers.y[i]) ** 2;
    for (let j = 0; j < papers.n; j++) {
      if (j === i || (best.length === 6 && far(j) >= best[5].d)) continue;
      best.push({ j, d: far(j) });
      best.sort((a, b) => a.d - b.d);
      best.length = Math.min(6, best.length);
    }
    return best.map(({ j }) => j);
  };

  const paperView = (i) => {
    const related = model.detail ? [] : papers.related ? papers.related[i] : nearby(i), finest = levels.length - 1, second = papers.second ? papers.second[i] : -1;
    const line = papers.topics.map((column, level) => chip([level, column[i]]));
    return [
      close(),
      title(papers.title[i] || papers.id[i]),
      element("p", { class: "authors", dir: "auto" }, papers.authors[i]),
      element("p", { class: "facts" }, ...[papers.date[i], papers.categories[i].split(" ").join(", ")].filter(Boolean).map((fact) => element("span", {}, fact)),
        papers.url ? element("a", { href: papers.url(i), target: "_blank", rel: "noopener noreferrer" }, element("bdi", {}, `arXiv:${papers.id[i]}`)) : element("span", {}, element("bdi", {}, papers.id[i]))),
      element("nav", { class: "chips", "aria-label": "Topics of this paper" }, ...line),
      papers.weak[i] ? element("p", { class: "note" }, "A weak fit: no topic holds this paper well.") : "",
      second >= 0 && second !== papers.topics[finest][i] ? element("p", { class: "note" }, "Close to ", chip([finest, second]), " too") : "",
      papers.tldr[i] ? element("p", { class: "tldr", dir: "auto" }, papers.tldr[i]) : "",
      papers.abstract && papers.abstract[i] ? section("Abstract", element("p", { class: "abstract", dir: "auto" }, papers.abstract[i])) : "",
      i >= papers.placed ? element("p", { class: "note" }, "New: it came after the topics were found, and lies with the papers that are nearest to it.") : "",
      // What a server tells of it comes later.
      model.detail ? model.detail(i) : "",
      related.length ? section(papers.related ? "Related papers" : "Near it on the map", list(related)) : "",
    ];
  };

  const topicView = ([level, k]) => {
    const topic = levels[level].topics[k], above = model.line(level, k).slice(0, -1), names = levels[level + 1];
    const show = element("button", { type: "button", class: "button", onclick: () => map.frameTopic([level, k]) }, "Zoom to it");
    const children = [...topic.children].sort((a, b) => names.topics[b].size - names.topics[a].size);
    return [
      close(),
      element("p", { class: "kind" }, levels[level].name),
      title(topic.name),
      element("p", { class: "facts" }, counted(topic.size, "paper"), show),
      above.length ? element("nav", { class: "chips", "aria-label": "Part of" }, ...above.map((parent, depth) => chip([depth, parent]))) : "",
      topic.terms.length ? element("ul", { class: "terms", "aria-label": "Terms" }, ...topic.terms.map(([term, weight]) => {
        const bar = element("li", {}, element("bdi", {}, term));
        bar.style.setProperty("--weight", clamp(weight, 0, 1));
        bar.style.setProperty("--colour", map.colour(level, k));
        return bar;
      })) : "",
      months.length > 1 ? section("Over time", barChart([{ counts: topic.counts, colour: map.colour(level, k), name: topic.name }], null, months, { width: 340, height: 96, label: describeTrend(topic.counts, months) }).svg) : "",
      children.length > 1 ? section(`${names.name}s`, element("nav", { class: "chips", "aria-label": `${names.name}s` }, ...children.map((child) => chip([level + 1, child], element("span", { class: "size" }, number(names.topics[child].size)))))) : "",
      topic.central.length ? section("Central papers", list(topic.central)) : "",
    ];
  };

  const draw = (focus) => {
    const open = state.paper >= 0 || state.topic !== null, had = panel.contains(document.activeElement);
    panel.hidden = !open;
    document.documentElement.classList.toggle("reading", open);
    if (!open) { panel.replaceChildren(); map.giveBack(); if (had || focus) map.canvas.focus({ preventScroll: true }); return; }
    panel.replaceChildren(...(state.paper >= 0 ? paperView(state.paper) : topicView(state.topic)).filter((part) => part !== ""));
    panel.scrollTop = 0;
    if (focus) byId("panel-title").focus({ preventScroll: true });
    if (state.paper >= 0) map.reveal(state.paper); else map.revealTopic(state.topic);
  };
  // Choosing a topic in the list leaves the focus there: the list can be walked.
  watch("paper topic", () => draw(!byId("topics").contains(document.activeElement)));
  return { redraw() { const { scrollTop } = panel; draw(false); panel.scrollTop = scrollTop; } };
};
