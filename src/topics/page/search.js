// Search, filters, how many papers they leave, and the list of these.

const searchPapers = (model, map) => {
  const { papers } = model, [query, from, until, category] = ["query", "from", "until", "category"].map(byId);
  let texts = null, timer = 0;

  const fillCategories = () => {
    const perCategory = new Map(), { value } = category;
    for (const all of papers.categories) for (const one of new Set(all.split(" "))) if (one) perCategory.set(one, (perCategory.get(one) || 0) + 1);
    const options = [...perCategory].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name, count]) => element("option", { value: name }, `${name} (${number(count)})`));
    category.replaceChildren(category.firstElementChild, ...options);
    category.value = value;
    category.closest("label").hidden = perCategory.size === 0;
  };
  fillCategories();
  for (const input of [from, until]) input.closest("label").hidden = !model.months.length;
  for (const input of [from, until]) { input.min = model.made.from; input.max = model.made.until; }

  // Folded once, when first needed: 100,000 titles take 0.3 s.
  const textOf = (i) => fold([papers.title[i], papers.authors[i], papers.categories[i], papers.id[i], papers.tldr[i] || "", papers.abstract ? papers.abstract[i] : ""].join("\n"));
  // Words in any order; "words in quotes" as they stand.
  const wordsOf = (text) => [...fold(text).matchAll(/"([^"]+)"|[^\s"]+/g)].map((found) => found[1] || found[0]);
  const select = () => {
    const words = wordsOf(state.query);
    if (!words.length && !state.from && !state.until && !state.category) return null;
    if (words.length && !texts) texts = Array.from({ length: papers.n }, (_, i) => textOf(i));
    return Uint8Array.from({ length: papers.n }, (_, i) => {
      const date = papers.date[i];
      // A month may be any of its days.
      const asked = (day) => day.slice(0, date.length);
      if ((state.from && date < asked(state.from)) || (state.until && date > asked(state.until))) return 0;
      if (state.category && !papers.categories[i].split(" ").includes(state.category)) return 0;
      return words.every((word) => texts[i].includes(word)) ? 1 : 0;
    });
  };
  const shown = () => {
    const { matches, topic } = state, list = [];
    for (let i = 0; i < papers.n; i++) if ((!matches || matches[i]) && (!topic || papers.topics[topic[0]][i] === topic[1])) list.push(i);
    return list;
  };
  const tell = () => {
    const { matches, topic } = state, list = shown(), all = counted(papers.n, "paper");
    change({ found: list.length });
    const where = topic ? ` in “${model.levels[topic[0]].topics[topic[1]].name}”` : "";
    byId("count").textContent = !matches && !topic ? all : list.length ? `${number(list.length)} of ${all}${where}` : `No paper matches${where}`;
    byId("clear").hidden = !matches;
    if (!byId("papers").hidden) fill(list);
  };

  // Titles that hold the words come first, then the newest.
  const fill = (list) => {
    const words = wordsOf(state.query), held = new Map(list.map((i) => [i, words.length && words.every((word) => fold(papers.title[i]).includes(word)) ? 1 : 0]));
    list.sort((a, b) => held.get(b) - held.get(a) || (papers.date[a] < papers.date[b] ? 1 : papers.date[a] > papers.date[b] ? -1 : a - b));
    const holder = byId("papers"), items = element("ul", { class: "results" });
    const more = element("button", { type: "button", class: "plain more", onclick: () => add() });
    const add = () => {
      const from = items.children.length, next = list.slice(from, from + 60).map((i) => element("li", {}, paperItem(model, map, i)));
      items.append(...next);
      more.textContent = `Show more (${number(list.length - items.children.length)} left)`;
      more.hidden = items.children.length >= list.length;
      if (from && next.length) next[0].firstElementChild.focus();
    };
    add();
    holder.replaceChildren(items, more);
    holder.scrollTop = 0;
  };

  const update = () => {
    change({ query: query.value.trim(), from: from.value, until: until.value, category: category.value });
  };
  query.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(update, 140); });
  for (const input of [from, until, category]) input.addEventListener("change", update);
  byId("search").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); update(); showTab("papers"); });
  byId("search").addEventListener("reset", () => setTimeout(() => { update(); query.focus(); }));

  const tabs = ["topics", "papers", "changes"].filter(byId), showTab = (name) => {
    for (const tab of tabs) {
      byId(tab).hidden = tab !== name;
      byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
      byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
    }
    if (name === "papers") fill(shown());
  };
  for (const tab of tabs) {
    byId(`tab-${tab}`).addEventListener("click", () => showTab(tab));
    byId(`tab-${tab}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const step = event.key === "ArrowRight" ? 1 : tabs.length - 1, other = tabs[(tabs.indexOf(tab) + step) % tabs.length];
      showTab(other); byId(`tab-${other}`).focus();
    });
  }

  watch("query from until category", () => { change({ matches: select() }); });
  watch("matches topic", tell);
  // Texts that came later, or with papers that did.
  watch("texts", () => { texts = null; fillCategories(); change({ matches: select() }); tell(); });
  tell();
  return { setDates(first, last) { from.value = first; until.value = last; update(); } };
};
