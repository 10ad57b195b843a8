// A selection of papers: by a loop around them, by what is in view, by a topic or by a search; to be exported or liked.
// It lies in `state.selected`; what is not selected steps back on the map.

// In: a closed loop [[x, y], ...] in units of the map, and which papers count (`allowed(i)`). Out: Uint8Array of those
// inside. The edges are sorted into bands by height, so that a paper is compared with the few at its own height:
// 100,000 papers and a loop of 500 points take some milliseconds. A loop that crosses itself has no holes.
const insideOf = ({ n, x, y }, loop, allowed) => {
  const inside = new Uint8Array(n), xs = loop.map(([px]) => px), ys = loop.map(([, py]) => py);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const BANDS = 256, high = (y1 - y0) / BANDS || 1, bandOf = (py) => clamp(Math.floor((py - y0) / high), 0, BANDS - 1);
  const bands = Array.from({ length: BANDS }, () => []);
  loop.forEach(([bx, by], at) => {
    const [ax, ay] = loop[(at || loop.length) - 1];
    if (ay !== by) for (let band = bandOf(Math.min(ay, by)); band <= bandOf(Math.max(ay, by)); band++) bands[band].push(ax, ay, bx, by);
  });
  for (let i = 0; i < n; i++) {
    const px = x[i], py = y[i];
    if (px < x0 || px > x1 || py < y0 || py > y1 || !allowed(i)) continue;
    const edges = bands[bandOf(py)];
    let winding = 0;
    for (let e = 0; e < edges.length; e += 4) {
      const ay = edges[e + 1], by = edges[e + 3];
      if ((ay > py) === (by > py)) continue;
      if (px < ((edges[e + 2] - edges[e]) * (py - ay)) / (by - ay) + edges[e]) winding += by > ay ? 1 : -1;
    }
    if (winding) inside[i] = 1;
  }
  return inside;
};

const FORMS = { bib: "BibTeX", csv: "CSV", json: "JSON", atom: "Atom" };

const selecting = ({ model, map, say }) => {
  const { papers, levels } = model, { canvas } = map, settings = byId("data").dataset;
  const most = { exported: Number(settings.mostExported), rated: Number(settings.mostRated) };
  let mode = false, drawing = null, loops = [], undo = null;

  // Papers that search and topic leave: what is dimmed is not meant.
  const lit = (i) => (!state.matches || state.matches[i] === 1) && (!state.topic || papers.topics[state.topic[0]][i] === state.topic[1]);
  const ids = () => papers.id.filter((_, i) => state.selected[i]);
  const select = (selected, around = []) => {
    const count = selected ? selected.reduce((sum, one) => sum + one, 0) : 0;
    loops = count ? around : [];
    undo = null;
    change({ selected: count ? selected : null, chosen: count });
    if (selected) say(count ? `${counted(count, "paper")} selected` : "No paper is there");
  };
  const all = (allowed) => Uint8Array.from({ length: papers.n }, (_, i) => (allowed(i) ? 1 : 0));
  const both = (one, other) => (one && other ? one.map((value, i) => value | other[i]) : one || other);

  const inView = () => {
    const view = map.view(), { width, height } = canvas.getBoundingClientRect();
    const [x0, x1, y0, y1] = [-view.x / view.k, (width - view.x) / view.k, -view.y / view.k, (height - view.y) / view.k];
    setMode(false);
    select(all((i) => lit(i) && papers.x[i] >= x0 && papers.x[i] <= x1 && papers.y[i] >= y0 && papers.y[i] <= y1));
  };
  const onePaper = (i) => {
    const selected = state.selected ? state.selected.slice() : new Uint8Array(papers.n);
    selected[i] ^= 1;
    const title = papers.title[i], taken = selected[i] === 1;
    select(selected, loops);
    say(`${taken ? "Selected" : "Not selected"}: ${title}. ${counted(state.chosen, "paper")} selected`);
  };

  // The loop is drawn before anything else on the map hears of the pointer.
  const field = byId("field"), unit = (event) => {
    const box = canvas.getBoundingClientRect(), view = map.view();
    return [(event.clientX - box.left - view.x) / view.k, (event.clientY - box.top - view.y) / view.k];
  };
  const begin = (event) => {
    if (event.target !== canvas) return;
    // A second finger ends it.
    if (drawing) { stop(event); drawing = null; map.wake(); return; }
    if (event.button > 0 || !(mode || (event.shiftKey && event.pointerType === "mouse"))) return;
    stop(event);
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    drawing = { pointer: event.pointerId, loop: [unit(event)], adds: event.shiftKey && mode };
  };
  const stop = (event) => { event.stopPropagation(); event.preventDefault(); };
  const extend = (event) => {
    if (!drawing || event.pointerId !== drawing.pointer) return;
    stop(event);
    const [x, y] = unit(event), [lastX, lastY] = drawing.loop.at(-1), { k } = map.view();
    if (Math.hypot(x - lastX, y - lastY) * k < 3) return;
    drawing.loop.push([x, y]);
    map.wake();
  };
  const finish = (event) => {
    if (!drawing || event.pointerId !== drawing.pointer) return;
    stop(event);
    const { loop, adds } = drawing;
    drawing = null;
    map.wake();
    // A click, or a finger that only rested.
    if (event.type !== "pointerup" || loop.length < 4) return;
    setMode(false);
    const inside = insideOf(papers, loop, lit);
    if (adds) select(both(state.selected, inside), [...loops, loop]); else select(inside, [loop]);
  };
  field.addEventListener("pointerdown", begin, true);
  field.addEventListener("pointermove", extend, true);
  field.addEventListener("pointerup", finish, true);
  field.addEventListener("pointercancel", finish, true);

  map.overlay((pen, { k, x, y }, { accent }) => {
    const trace = (loop) => {
      pen.beginPath();
      loop.forEach(([px, py], at) => pen[at ? "lineTo" : "moveTo"](px * k + x, py * k + y));
    };
    pen.lineWidth = 1.75; pen.lineJoin = "round"; pen.strokeStyle = accent; pen.fillStyle = accent;
    for (const loop of drawing ? [...loops, drawing.loop] : loops) {
      trace(loop);
      pen.globalAlpha = 0.07; pen.fill();
      pen.globalAlpha = 0.85; pen.setLineDash(drawing && loop === drawing.loop ? [] : [5, 4]);
      if (!drawing || loop !== drawing.loop) pen.closePath();
      pen.stroke();
    }
    pen.setLineDash([]); pen.globalAlpha = 1;
  });

  // The bar: what can be selected, and what can be done with what is.
  const button = (text, act, extra = {}) => element("button", { type: "button", class: "bare", onclick: act, ...extra }, text);
  const bar = element("div", { id: "selection", class: "selection", role: "group", "aria-label": "Selection", hidden: true });
  const toggle = element("button", { type: "button", class: "icon lasso", "aria-label": "Select papers", title: "Select papers (S)", "aria-pressed": "false", onclick: () => setMode(!mode) });
  byId("zoom").append(toggle);
  byId("field").append(bar);
  byId("keys").textContent += " S selects by a loop, A selects what is in view, X adds the paper that you are at to the selection or takes it out.";

  const setMode = (on) => {
    mode = on;
    toggle.setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("selects", on);
    if (on) { say("Draw a loop around papers, or choose one of the buttons"); }
    show();
  };
  const clear = () => { select(null); setMode(false); };

  const exportForm = () => {
    const held = element("input", { type: "hidden", name: "papers" });
    const forms = Object.entries(FORMS).map(([form, name]) => element("button", { type: "submit", class: "bare", formaction: `/export/${form}` }, name));
    const form = element("form", { method: "post", class: "forms", onsubmit: () => { held.value = ids().join(" "); } }, held, ...forms);
    return element("details", {}, element("summary", {}, "Export"), form);
  };
  const send = async (fields) => {
    const body = new URLSearchParams({ profile: settings.profile, ...fields });
    const answer = await fetch("/forms/rate-all", { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || answer.statusText);
    return told;
  };
  const tell = (text) => { say(text); show(text); };
  const like = async () => {
    try {
      const { changed, before } = await send({ do: "like", papers: ids().join(" ") });
      undo = before;
      if (!changed) undo = null;
      change({ rated: {} });
      tell(changed === state.chosen ? `Liked ${counted(changed, "paper")}` : `Liked ${counted(changed, "paper")}; ${number(state.chosen - changed)} were liked before`);
    } catch (problem) { tell(`That did not work: ${problem.message}`); }
  };
  const takeBack = async () => {
    try {
      const { forget, like, unlike } = undo;
      const { changed } = await send({ do: "restore", forget: forget.join(" "), like: like.join(" "), unlike: unlike.join(" ") });
      undo = null;
      change({ rated: {} });
      tell(`Taken back: ${counted(changed, "paper")}`);
    } catch (problem) { tell(`That did not work: ${problem.message}`); }
  };

  const show = (told = "") => {
    const focused = bar.contains(document.activeElement);
    bar.hidden = !mode && !state.selected;
    if (!bar.hidden) byId("hint").hidden = true;
    if (bar.hidden) { bar.replaceChildren(); if (focused) canvas.focus({ preventScroll: true }); return; }
    const close = element("button", { type: "button", class: "icon close", "aria-label": state.selected ? "Clear the selection" : "Stop selecting", title: "Escape", onclick: clear });
    if (state.selected && !mode) {
      const count = state.chosen, writes = "writes" in settings, much = (limit, what) => (count > limit ? element("span", { class: "quiet" }, `${what} up to ${number(limit)}`) : null);
      bar.replaceChildren(...[
        element("p", {}, element("b", {}, number(count)), ` ${count === 1 ? "paper" : "papers"}`, element("span", { class: "wide" }, " selected"), told && element("span", { class: "told" }, told)),
        undo && button("Undo", takeBack),
        writes && !told && (much(most.rated, "like") || button(`Like ${count === 1 ? "it" : "all"}`, like)),
        much(most.exported, "export") || exportForm(),
        close,
      ].filter(Boolean));
    } else {
      const topic = state.topic && levels[state.topic[0]].topics[state.topic[1]];
      bar.replaceChildren(...[
        element("p", {}, "Draw a loop, or select"),
        button("all in view", inView),
        topic && button("this topic", () => { setMode(false); select(all(lit)); }),
        state.matches && !topic && button("all that were found", () => { setMode(false); select(all(lit)); }),
        close,
      ].filter(Boolean));
    }
    if (focused) bar.querySelector("button")?.focus({ preventScroll: true });
  };
  watch("selected", () => { if (state.selected) mode = false; show(); });
  watch("topic matches", () => { if (mode) show(); });

  // Escape takes back one thing at a time, the last first; a panel closes before the selection goes.
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "radio";
    if (event.key === "Escape" && !typing) {
      if (drawing) { drawing = null; map.wake(); } else if (mode) setMode(false);
      else if (state.selected && state.paper < 0 && !state.topic) clear();
      else return;
      event.stopImmediatePropagation();
      event.preventDefault();
    } else if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "s") setMode(!mode);
    else if (event.key === "a" && event.target === canvas) inView();
    else if (event.key === "x" && event.target === canvas && state.hover >= 0) onePaper(state.hover);
    else return;
    event.preventDefault();
  }, true);

  return { select: (indices) => { const chosen = new Set(indices); select(all((i) => chosen.has(i))); }, clear };
};
