// The list of topics, in step with the map: pointing at a topic shows it there, pointing at a paper lights its topic here.

const topicList = (model, map) => {
  const { levels, papers, months } = model, root = byId("topics"), rows = levels.map(() => []);

  const row = (level, k) => {
    const topic = levels[level].topics[k], choice = [level, k];
    const count = element("span", { class: "count" }, number(topic.size));
    const dot = element("span", { class: "dot", "aria-hidden": "true" });
    const spark = element("span", { class: "trend" });
    const pick = element("button", {
      type: "button", class: "pick", "aria-pressed": "false",
      onclick: () => { if (sameChoice(state.topic, choice)) closePanel(model); else openTopic(model, choice); },
    }, dot, element("bdi", { class: "label" }, topic.name), spark, count);
    const inner = element("ul", { hidden: true });
    const open = topic.children.length > 0 && level + 1 < levels.length && element("button", {
      type: "button", class: "open", "aria-expanded": "false", onclick: () => expand(choice, inner.hidden),
    }, element("span", { class: "unseen" }, `${levels[level + 1].name}s of ${topic.name}`));
    const line = element("div", { class: "row" }, open || element("span", { class: "open none" }), pick);
    line.addEventListener("pointerenter", () => change({ glance: choice }));
    line.addEventListener("pointerleave", () => change({ glance: null }));
    pick.addEventListener("focus", () => { if (pick.matches(":focus-visible")) change({ glance: choice }); });
    pick.addEventListener("blur", () => change({ glance: null }));
    const item = element("li", {}, line, inner);
    rows[level][k] = { item, line, pick, open, inner, dot, spark, count, choice };
    return item;
  };
  // Rows of children are made when they are first shown: a report may hold a thousand subtopics.
  const expand = ([level, k], wide) => {
    const { inner, open } = rows[level][k];
    if (!open) return;
    if (wide && !inner.firstChild) {
      const { topics } = levels[level + 1];
      inner.append(...[...levels[level].topics[k].children].sort((a, b) => topics[b].size - topics[a].size).map((child) => row(level + 1, child)));
      dress();
      recount();
    }
    inner.hidden = !wide;
    open.setAttribute("aria-expanded", String(wide));
  };
  const known = () => rows.flat();

  // Colours change with the theme.
  const dress = () => {
    for (const { dot, spark, choice } of known()) {
      const colour = map.colour(...choice);
      if (dot.style.backgroundColor === colour.replace(/ /g, ", ")) continue;
      dot.style.backgroundColor = colour;
      spark.replaceChildren(sparkLine(levels[choice[0]].topics[choice[1]].counts, months, colour));
    }
  };
  const recount = () => {
    const found = state.matches && countFound(model, state.matches);
    for (const { count, item, choice: [level, k] } of known()) {
      count.textContent = (found ? `${number(found[level][k])} of ` : "") + number(levels[level].topics[k].size);
      item.classList.toggle("empty", Boolean(found) && found[level][k] === 0);
    }
  };
  const mark = (changed) => {
    const paper = state.hover >= 0 ? state.hover : state.paper;
    const lit = paper >= 0 ? papers.topics.map((column, level) => `${level}/${column[paper]}`) : [];
    if (state.glance) lit.push(state.glance.join("/"));
    if (changed.includes("topic") && state.topic) model.line(...state.topic).slice(0, -1).forEach((k, level) => expand([level, k], true));
    for (const { pick, line, choice } of known()) {
      const chosen = sameChoice(state.topic, choice);
      line.classList.toggle("lit", lit.includes(choice.join("/")));
      line.classList.toggle("chosen", chosen);
      pick.setAttribute("aria-pressed", String(chosen));
      if (chosen && changed.includes("topic")) line.scrollIntoView({ block: "nearest" });
    }
  };
  const unfold = () => {
    for (let level = 0; level < levels.length - 1; level++) for (const r of [...rows[level]]) if (r) expand(r.choice, level < state.level);
  };

  // Up and down walk the rows that are open, right and left open and close one.
  root.addEventListener("keydown", (event) => {
    const here = known().find(({ pick }) => pick === document.activeElement);
    if (!here) return;
    const picks = [...root.querySelectorAll(".pick")].filter((pick) => pick.offsetParent), at = picks.indexOf(here.pick);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") (picks[at + (event.key === "ArrowDown" ? 1 : -1)] || here.pick).focus();
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") expand(here.choice, event.key === "ArrowRight");
    else return;
    event.preventDefault();
  });

  const top = [...levels[0].topics.keys()].sort((a, b) => levels[0].topics[b].size - levels[0].topics[a].size || a - b);
  root.append(element("ul", { class: "tree" }, ...top.map((k) => row(0, k))));
  watch("level", unfold);
  watch("topic glance hover paper", mark);
  watch("matches texts", recount);
  return { dress, unfold };
};
