// Starts the page: theme, level switch, zoom buttons, keys; and `window.relata`, what tests may look at.

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : systemDark.matches);

const saveImage = (model, map) => {
  const w = 1500, h = 940, foot = 60, look = map.look(), picture = map.still(w, h, 2, look), sheet = document.createElement("canvas");
  sheet.width = w * 2; sheet.height = (h + foot) * 2;
  const pen = sheet.getContext("2d");
  pen.scale(2, 2);
  pen.fillStyle = css(look.ground); pen.fillRect(0, 0, w, h + foot);
  pen.drawImage(picture, 0, 0, w, h);
  pen.fillStyle = look.ink; pen.font = `600 19px ${LABEL_FONT}`; pen.fillText(model.title, 32, h + 14, w - 64);
  pen.fillStyle = look.quiet; pen.font = `400 14px ${LABEL_FONT}`; pen.fillText(document.querySelector("#head p").textContent, 32, h + 38, w - 64);
  sheet.toBlob((blob) => {
    const url = URL.createObjectURL(blob);
    element("a", { href: url, download: "topics.png" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
};

const start = async (read, more) => {
  const model = modelOf(await read()), { papers, levels } = model;
  if (papers.n === 0 || levels.length === 0) return;
  // The coarsest level that tells some five groups apart (1 / sum of squared shares): one giant field would be one colour.
  const groups = levels.map(({ topics }) => Math.min(5, papers.n ** 2 / topics.reduce((sum, { size }) => sum + size * size, 0)));
  state.level = groups.indexOf(Math.max(...groups));
  byId("app").hidden = false;
  document.documentElement.className = "app";

  const said = byId("said"), say = (text) => { said.textContent = text; };
  const map = createMap(model);
  // The picture comes first: lists of thousands of topics take their time.
  byId("time").hidden = !model.months.length;
  map.setLook(isDark() ? LOOKS.dark : LOOKS.light);
  map.measure();
  await new Promise((drawn) => { requestAnimationFrame(() => setTimeout(drawn)); });
  const list = topicList(model, map);
  const search = searchPapers(model, map), strip = timeStrip(model, map, search.setDates), panel = sidePanel(model, map);
  hoverCard(model, map);
  newsList(model);
  steerMap(model, map, say);

  const button = (label, icon, act, extra = {}) => element("button", { type: "button", "aria-label": label, title: label, class: `icon ${icon}`, onclick: act, ...extra });
  const toggle = button("Dark colours", "theme", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem("relata-theme", theme); } catch (refused) { /* no storage here */ }
    dress();
  });
  const dress = () => {
    toggle.setAttribute("aria-pressed", String(isDark()));
    map.setLook(isDark() ? LOOKS.dark : LOOKS.light);
    list.dress(); strip.draw();
    if (!byId("panel").hidden) panel.redraw();
  };
  byId("tools").append(button("Save the map as an image", "save", () => saveImage(model, map)), toggle);
  byId("zoom").append(button("Zoom in", "in", () => map.zoomAt(1.6, undefined, undefined, true)), button("Zoom out", "out", () => map.zoomAt(1 / 1.6, undefined, undefined, true)), button("Show the whole map", "whole", map.whole));
  if (levels.length > 1) {
    byId("levels").append(element("fieldset", {}, element("legend", {}, "Colour by"), ...levels.map(({ name, topics }, level) => element("label", {},
      element("input", { type: "radio", name: "level", value: level, checked: level === state.level, onchange: () => change({ level }) }),
      element("span", {}, name, element("small", {}, number(topics.length)))))));
  }

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "radio";
    if (event.key === "Escape") {
      if (typing && event.target.value && event.target.id === "query") { event.preventDefault(); event.target.value = ""; event.target.dispatchEvent(new Event("input")); }
      else if (state.paper >= 0 || state.topic) closePanel(model);
      else if (state.hover >= 0 || state.glance) change({ hover: -1, glance: null });
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); byId("query").focus(); }
  });
  // In a frame of a notebook, links to fragments would lead to the address of the page around it.
  if (location.protocol === "about:") {
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (link) { event.preventDefault(); goTo(model, link.getAttribute("href")); }
    });
  }
  systemDark.addEventListener("change", dress);
  addEventListener("hashchange", () => readAddress(model));
  const plate = byId("plate"), print = matchMedia("print");
  // The printed page gets the map in light colours, made when it is asked for.
  const printed = () => { plate.hidden = false; map.still(1000, 680, 2, { ...LOOKS.light, ground: rgbOf(COLOURS.page.print.ground) }, plate); };
  print.addEventListener("change", (event) => { if (event.matches) printed(); });
  addEventListener("beforeprint", printed);

  list.unfold();
  dress();
  new ResizeObserver(map.measure).observe(byId("field"));
  new ResizeObserver(strip.draw).observe(byId("chart"));
  map.measure();
  readAddress(model);
  const ids = (choice) => (choice ? { level: choice[0], index: choice[1], id: levels[choice[0]].topics[choice[1]].id, name: levels[choice[0]].topics[choice[1]].name } : null);
  window.relata = Object.freeze({
    papers, levels,
    where(i) {
      const box = map.canvas.getBoundingClientRect(), { x, y } = map.screen(i);
      return { x: box.left + x, y: box.top + y };
    },
    selected: () => (state.selected ? papers.id.filter((_, i) => state.selected[i]) : []),
    state: () => ({ ...state, selected: null, matches: state.matches ? state.matches.reduce((sum, one) => sum + one, 0) : papers.n, topic: ids(state.topic), glance: ids(state.glance), dark: isDark(), view: map.view() }),
  });
  more({ model, map, say, search, panel });
};

// `read` gives what `modelOf` takes; `more` is what a server adds once the page stands.
const run = (read, more = () => {}) => start(read, more).catch((problem) => {
  // The plain page stays, with a word on why.
  byId("app").hidden = true;
  byId("notice").textContent = problem.message;
  byId("notice").hidden = false;
  if (!(typeof DecompressionStream === "undefined")) console.error(problem);
}).finally(() => document.documentElement.classList.remove("starting"));
