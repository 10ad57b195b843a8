// Papers over time: a line in the list, bars for one topic, and the stacked bars of all under the map.

const drawing = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

// Neighbouring months are added up until there are few enough of them. Out: [{from, until (labels), sum}].
const binned = (counts, months, most) => {
  const step = Math.max(1, Math.ceil(counts.length / most)), bins = [];
  for (let at = 0; at < counts.length; at += step) {
    const end = Math.min(counts.length, at + step);
    bins.push({ at, end, from: months[at], until: months[end - 1], sum: counts.slice(at, end).reduce((a, b) => a + b, 0) });
  }
  return bins;
};
const spanOf = ({ from, until }) => (from === until ? from : `${from} to ${until}`);

const describeTrend = (counts, months) => {
  const bins = binned(counts, months, 12), most = bins.reduce((a, b) => (b.sum > a.sum ? b : a), bins[0]);
  return `Papers over time: ${bins.map((bin) => `${spanOf(bin)}: ${bin.sum}`).join(", ")}. Most in ${spanOf(most)}.`;
};

const sparkLine = (counts, months, colour) => {
  const bins = binned(counts, months, 24), top = Math.max(1, ...bins.map((bin) => bin.sum)), w = 54, h = 16;
  const svg = drawing("svg", { class: "spark", viewBox: `0 0 ${w} ${h}`, width: w, height: h, "aria-hidden": "true" });
  if (bins.length < 3) return svg;
  const points = bins.map((bin, i) => `${((i * w) / (bins.length - 1)).toFixed(1)} ${(h - 1 - (bin.sum / top) * (h - 3)).toFixed(1)}`);
  svg.append(
    drawing("path", { d: `M0 ${h}L${points.join("L")}L${w} ${h}Z`, fill: colour, opacity: 0.22 }),
    drawing("path", { d: `M${points.join("L")}`, fill: "none", stroke: colour, "stroke-width": 1.4, "stroke-linejoin": "round" }),
  );
  return svg;
};

// Bars of one topic, or several series stacked on each other. In: series [{counts, colour, name}], behind: counts or null.
const barChart = (series, behind, months, { width, height, label }) => {
  const most = Math.max(1, Math.floor(width / 7)), sums = series.map(({ counts }) => binned(counts, months, most));
  const back = behind ? binned(behind, months, most) : null, axis = back || sums[0] || [], count = axis.length;
  const stack = axis.map((_, b) => sums.reduce((sum, bins) => sum + bins[b].sum, 0));
  const top = Math.max(1, ...stack, ...(back || []).map((bin) => bin.sum));
  const foot = 16, high = height - foot - 12, step = width / Math.max(1, count), wide = Math.min(step - Math.min(1.5, step * 0.2), 64);
  const svg = drawing("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", height, role: "img", "aria-label": label });
  const bar = (b, low, tall) => `M${(b * step + (step - wide) / 2).toFixed(1)} ${(height - foot - low).toFixed(1)}v${(-tall).toFixed(1)}h${wide.toFixed(1)}v${tall.toFixed(1)}z`;
  const tall = (sum) => (sum / top) * high;
  if (back) svg.append(drawing("path", { class: "behind", d: back.map((bin, b) => bar(b, 0, tall(bin.sum))).join("") }));
  const floor = new Float64Array(count);
  series.forEach(({ colour, name }, s) => {
    const path = drawing("path", { d: sums[s].map((bin, b) => (bin.sum ? bar(b, (floor[b] += tall(bin.sum)) - tall(bin.sum), tall(bin.sum)) : "")).join(""), fill: colour, "data-series": s });
    const title = drawing("title", {});
    title.textContent = name;
    path.append(title);
    svg.append(path);
  });
  svg.append(drawing("path", { class: "axis", d: `M0 ${height - foot + 0.5}H${width}` }));
  const words = (x, text, anchor, y) => {
    const made = drawing("text", { x, y, "text-anchor": anchor });
    made.textContent = text;
    svg.append(made);
  };
  if (count) {
    words(0, number(top), "start", 9);
    const ends = count > 1 && width > 120;
    words(ends ? 0 : width / 2, axis[0].from, ends ? "start" : "middle", height - 3);
    if (ends) words(width, axis[count - 1].until, "end", height - 3);
    if (ends && count > 4 && width > 260) words(width / 2, axis[count >> 1].from, "middle", height - 3);
  }
  return { svg, axis, step };
};

// The strip under the map: all papers grey, those shown on top in the colours of the map; a drag chooses dates.
const timeStrip = (model, map, setDates) => {
  const { papers, levels, months, dated } = model, figure = byId("time"), holder = byId("chart");
  if (!months.length) return { draw() {} };
  figure.hidden = false;
  let chart = null, drag = null;
  const draw = () => {
    const everyone = months.map((_, m) => levels[0].topics.reduce((sum, topic) => sum + (topic.counts[m] || 0), 0));
    const { level, topic, matches } = state, width = Math.max(60, Math.round(holder.clientWidth)), { topics } = levels[level];
    // Stacked family by family: close hues side by side.
    const family = (k) => model.line(level, k).map((one) => String(one).padStart(6, "0")).join();
    let series = topics.map(({ name, counts }, k) => ({ counts, name, colour: map.colour(level, k), k, family: family(k) })).sort((a, b) => (a.family < b.family ? -1 : 1));
    const rank = new Map(series.map(({ k }, at) => [k, at]));
    const picked = topic && levels[topic[0]].topics[topic[1]];
    if (dated && (matches || picked)) {
      series.forEach((one) => { one.counts = new Array(months.length).fill(0); });
      const { period } = model;
      for (let i = 0; i < papers.n; i++) {
        if (period[i] >= 0 && (!matches || matches[i]) && (!topic || papers.topics[topic[0]][i] === topic[1])) series[rank.get(papers.topics[level][i])].counts[period[i]]++;
      }
    } else if (picked) series = [{ counts: picked.counts, name: picked.name, colour: map.colour(...topic) }];
    series = series.filter(({ counts }) => counts.some((count) => count));
    const sum = months.map((_, m) => series.reduce((all, { counts }) => all + counts[m], 0));
    chart = barChart(series, everyone, months, { width, height: 84, label: describeTrend(sum, months) });
    holder.replaceChildren(chart.svg);
    figure.firstElementChild.textContent = `Papers over time${picked ? `, ${picked.name}` : ""}${dated && months.length > 1 ? " · drag to choose dates" : ""}`;
    mark();
  };

  const day = (label, last) => {
    const parts = label.split("-").map(Number), date = new Date(Date.UTC(parts[0], (parts[1] || 1) - 1, parts[2] || 1));
    if (last) {
      if (parts.length === 1) date.setUTCFullYear(date.getUTCFullYear() + 1);
      else if (parts.length === 2) date.setUTCMonth(date.getUTCMonth() + 1);
      else date.setUTCDate(date.getUTCDate() + 1);
      date.setUTCDate(date.getUTCDate() - 1);
    }
    return date.toISOString().slice(0, 10);
  };
  const mark = () => {
    const { from, until } = state;
    if (!dated || !(from || until || drag)) return;
    const { axis, step, svg } = chart;
    let [a, b] = drag ? [Math.min(...drag), Math.max(...drag)] : [
      from ? axis.findIndex((bin) => day(bin.until, true) >= from) : 0,
      until ? axis.length - 1 - [...axis].reverse().findIndex((bin) => day(bin.from) <= until) : axis.length - 1,
    ];
    if (a < 0) a = axis.length;
    svg.append(drawing("rect", { class: "brush", x: a * step, y: 0, width: Math.max(0, (b - a + 1) * step), height: 68.5 }));
  };
  const at = (event) => clamp(Math.floor((event.clientX - holder.getBoundingClientRect().left) / chart.step), 0, chart.axis.length - 1);
  if (dated && months.length > 1) {
    holder.classList.add("choosable");
    const redraw = () => { holder.querySelectorAll(".brush").forEach((old) => old.remove()); mark(); };
    holder.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      holder.setPointerCapture(event.pointerId);
      drag = [at(event), at(event)];
      redraw();
    });
    holder.addEventListener("pointermove", (event) => { if (drag) { drag[1] = at(event); redraw(); } });
    holder.addEventListener("pointercancel", () => { drag = null; redraw(); });
    holder.addEventListener("pointerup", () => {
      if (!drag) return;
      const [a, b] = [Math.min(...drag), Math.max(...drag)], { axis } = chart, from = day(axis[a].from), until = day(axis[b].until, true);
      drag = null;
      // A second click on the same bar takes the choice back.
      if (state.from === from && state.until === until) setDates("", ""); else setDates(from, until);
    });
  }
  watch("level topic matches from until texts", draw);
  return { draw };
};
