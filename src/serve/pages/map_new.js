// Papers that came after the topics were found: asked for now and then, shown without a reload, marked as new.

const CALM = 30000;   // ms between two questions, most of which are answered with 304

const newPapers = ({ model, map, say, selection }) => {
  const { papers, levels } = model, since = byId("made-on")?.textContent || "";
  let tag = "", more = 0;
  const chip = element("button", { type: "button", id: "came", class: "came", hidden: true, onclick: () => {
    selection.select(Array.from({ length: papers.n - papers.placed }, (_, at) => papers.placed + at));
  } });
  byId("field").append(chip);

  map.overlay((pen, { k, x, y }, { accent, ground }) => {
    const radius = pointRadius(papers.n, map.view().zoom, Math.min(map.canvas.clientWidth, map.canvas.clientHeight)) + 3;
    for (const [wide, colour] of [[3.5, css(ground)], [1.75, accent]]) {
      pen.beginPath();
      for (let i = papers.placed; i < papers.n; i++) {
        if (state.matches && !state.matches[i]) continue;
        const px = papers.x[i] * k + x, py = papers.y[i] * k + y;
        pen.moveTo(px + radius, py);
        pen.arc(px, py, radius, 0, 2 * Math.PI);
      }
      pen.lineWidth = wide; pen.strokeStyle = colour; pen.stroke();
    }
  });

  // New columns: of those that were, and of those that come. Topics grow by their papers.
  const add = (came) => {
    const fresh = came.id.map((id, at) => [id, at]).filter(([id]) => model.indexOf(id) < 0).map(([, at]) => at);
    if (!fresh.length) return 0;
    const from = papers.n, n = from + fresh.length, finest = levels.length - 1;
    const grown = (old, value) => { const made = new old.constructor(n); made.set(old); fresh.forEach((at, place) => { made[from + place] = value(at); }); return made; };
    for (const name of TEXTS) papers[name].push(...fresh.map((at) => came[name][at]));
    papers.x = grown(papers.x, (at) => came.x[at]);
    papers.y = grown(papers.y, (at) => came.y[at]);
    papers.strength = grown(papers.strength, () => 1);
    papers.weak = grown(papers.weak, () => 0);
    const line = (at) => model.line(finest, came.topic[at]);
    papers.topics = papers.topics.map((column, level) => grown(column, (at) => line(at)[level]));
    if (state.selected) state.selected = grown(state.selected, () => 0);
    papers.n = n;
    model.learn();
    fresh.forEach((at, place) => line(at).forEach((k, level) => {
      const topic = levels[level].topics[k], period = model.period[from + place];
      topic.size++;
      if (period >= 0) topic.counts[period]++;
    }));
    change({ texts: n });
    return fresh.length;
  };
  const show = () => {
    const count = papers.n - papers.placed;
    chip.hidden = !count;
    chip.replaceChildren(element("span", { class: "ring", "aria-hidden": "true" }), `${number(count)} new${more ? `, ${number(more)} more not shown` : ""}`);
    chip.title = `Papers that came after the topics were found${since && ` on ${since}`}: select them`;
  };
  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch("/map/new", { cache: "no-cache" });
    const now = answer.headers.get("etag");
    if (!answer.ok || (now && now === tag)) return;
    tag = now;
    const told = await answer.json();
    if (told.of !== model.of) {
      byId("notice").replaceChildren("Topics were found again. ", element("a", { href: location.href, onclick: (event) => { event.preventDefault(); location.reload(); } }, "Load the map anew"));
      byId("notice").hidden = false;
      return;
    }
    more = told.more;
    const came = add(told.papers);
    show();
    if (came) say(`${counted(came, "new paper")} on the map`);
  };
  // A server that is gone for a while is asked again later.
  const quietly = () => { ask().catch(() => {}); };
  quietly();
  setInterval(quietly, CALM);
  document.addEventListener("visibilitychange", quietly);
};
