// The names on the map: placed greedily, coarse levels and large topics first, none over another.

const LABEL_FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif";

const wrapText = (pen, text, width, most) => {
  const lines = [];
  for (const word of text.slice(0, 300).split(/\s+/)) {
    const joined = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && pen.measureText(joined).width <= width) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  const cut = lines.length > most;
  return lines.slice(0, most).map((line, at) => {
    let fits = line;
    while (fits.length > 1 && pen.measureText(fits).width > width * 1.25) fits = [...fits].slice(0, -1).join("");
    return fits !== line || (cut && at === most - 1) ? `${fits}…` : fits;
  });
};

// Text with a halo costs some 0.2 ms without a GPU: each name is drawn once and then copied, and only once it has found
// room, which most names of many topics do not. Out: { width, height, sprite() } in CSS pixels.
const spriteMaker = () => {
  const made = new Map(), pen = document.createElement("canvas").getContext("2d"), edge = 4;
  return (text, size, weight, ink, halo, ratio, wide = size * 11.5, most = 3) => {
    const key = [text, size, weight, ink, halo, ratio, wide].join("\u0001");
    if (made.has(key)) return made.get(key);
    if (made.size > 8000) made.clear();
    const font = `${weight} ${size}px ${LABEL_FONT}`, height = size * 1.18;
    pen.font = font;
    const lines = wrapText(pen, text, wide, most);
    const width = Math.max(1, ...lines.map((line) => pen.measureText(line).width));
    let drawn = null;
    const sprite = () => {
      if (drawn) return drawn;
      drawn = document.createElement("canvas");
      drawn.width = Math.ceil((width + 2 * edge) * ratio);
      drawn.height = Math.ceil((lines.length * height + 2 * edge) * ratio);
      const brush = drawn.getContext("2d");
      brush.scale(ratio, ratio);
      Object.assign(brush, { font, textAlign: "center", textBaseline: "middle", lineJoin: "round", strokeStyle: halo, fillStyle: ink, lineWidth: size > 14 ? 4.5 : 3.5 });
      lines.forEach((line, at) => brush.strokeText(line, width / 2 + edge, edge + (at + 0.53) * height));
      lines.forEach((line, at) => brush.fillText(line, width / 2 + edge, edge + (at + 0.53) * height));
      return drawn;
    };
    made.set(key, { sprite, width: width + 2 * edge, height: lines.length * height + 2 * edge });
    return made.get(key);
  };
};

// Which levels have names at a zoom: the level of the colours and the coarser ones; finer ones on the way in, and
// names of whole regions go once one is deep inside of them.
const namedLevels = (levels, level, zoom) => levels.map((_, depth) => depth).filter((depth) => {
  const deepest = Math.min(levels.length - 1, level + 1 + (zoom > 3.5 ? 1 : 0));
  return depth <= deepest && !(zoom > 7 && depth < deepest - 1);
});

// The papers in sight, unless there are more than `most`.
const papersInSight = ({ papers, grid }, view, width, height, most) => {
  const [x0, x1, y0, y1] = [-view.x / view.k, (width - view.x) / view.k, -view.y / view.k, (height - view.y) / view.k], seen = [];
  for (let cy = cellOf(y0); cy <= cellOf(y1); cy++) {
    for (let at = grid.start[cy * CELLS + cellOf(x0)]; at < grid.start[cy * CELLS + cellOf(x1) + 1]; at++) {
      const i = grid.order[at];
      if (papers.x[i] < x0 || papers.x[i] > x1 || papers.y[i] < y0 || papers.y[i] > y1) continue;
      if (seen.length === most) return [];
      seen.push(i);
    }
  }
  return seen;
};

// Tried one after the other, in heights of the name.
const LIFTS = [0, -0.6, 0.6, -1.1, 1.1, -1.7, 1.7];
const keyOf = ({ choice, paper }) => (choice ? choice.join("/") : `paper/${paper}`);

// Out: [{choice or paper, x, y (centre), dx, dy (from its place), width, height, sprite}], in CSS pixels; at most one
// topic for every 110 x 110 pixels, and the titles of the papers once few are in sight.
// `strong`: a topic whose name is placed first; `taken`: boxes that names keep away from.
const placeLabels = (scene, sprites, view, zoom, width, height, ratio, strong, taken = []) => {
  const { model, palettes, level, look, papers } = scene, placed = [], halo = css(look.ground).replace(")", " / 0.88)");
  const most = (width * height) / 12000, depths = namedLevels(model.levels, level, zoom), radius = pointRadius(papers.n, zoom, Math.min(width, height));
  const near = papersInSight(scene, view, width, height, 120);
  const dots = near.map((i) => ({ x: papers.x[i] * view.k + view.x, y: papers.y[i] * view.k + view.y, width: 2 * radius - 4, height: 2 * radius - 4 }));
  const free = (label, others) => others.every((p) => Math.abs(p.x - label.x) * 2 >= p.width + label.width + 4 || Math.abs(p.y - label.y) * 2 >= p.height + label.height - 2);
  const done = (label, place) => placed.push({ ...label, place, dx: label.x - (place.x * view.k + view.x), dy: label.y - (place.y * view.k + view.y) });
  const attempt = (depth, k, must) => {
    if (placed.some(({ choice }) => sameChoice(choice, [depth, k]))) return;
    const topic = model.levels[depth].topics[k], x = topic.x * view.k + view.x, y = topic.y * view.k + view.y;
    if (x < -60 || y < -30 || x > width + 60 || y > height + 30) return;
    // The coarsest named level is set larger; the others by how much finer they are.
    const rank = depth - depths[0], share = Math.sqrt(topic.size / scene.largest[depth]);
    const large = rank <= 0 && (model.levels.length > 1 || scene.bySize[0].length <= 12);
    const size = Math.round(large ? 15 + 5 * share : rank <= 1 ? 12 + 2 * share : 11 + share);
    // A name below the level of the colours has the colour of the points around it.
    const { ink } = depth > level ? palettes[level][model.line(depth, k)[level]] : palettes[depth][k];
    const made = sprites(topic.name, size, rank <= 0 ? 650 : must ? 600 : 500, ink, halo, ratio), { width: w, height: h } = made;
    // Where papers are few, a name keeps off their points, if it can.
    for (const [lift, clear] of [...(dots.length ? LIFTS.map((one) => [one, true]) : []), ...LIFTS.slice(0, 5).map((one) => [one, false])]) {
      // Kept inside of the map where that takes a small step only.
      const label = { choice: [depth, k], ...made, x: clamp(x, Math.min(x + 40, w / 2), Math.max(x - 40, width - w / 2)), y: y + lift * h };
      if ((free(label, taken) && free(label, placed) && (!clear || free(label, dots))) || (must && !clear && lift === LIFTS[4])) { done(label, topic); return; }
    }
  };
  if (strong) attempt(strong[0], strong[1], true);
  for (const depth of depths) for (const k of scene.bySize[depth]) {
    if (placed.length >= most) break;
    attempt(depth, k, false);
  }
  near.forEach((i, at) => {
    const made = sprites(papers.title[i] || papers.id[i], 11, 400, look.soft, halo, ratio, 170, 2), gap = radius + 1 + made.height / 2;
    for (const side of [1, -1]) {
      const label = { paper: i, ...made, x: dots[at].x, y: dots[at].y + side * gap };
      if (free(label, taken) && free(label, placed) && free(label, dots)) { done(label, { x: papers.x[i], y: papers.y[i] }); return; }
    }
  });
  return placed;
};

// Names of topics apart from the choice (neither above nor below it) and without matches step back.
const labelAlpha = ({ model, lit, found }, choice, { choice: own, paper }) => {
  if (!own) return !lit || lit[paper] ? 1 : 0.28;
  const [level, k] = own, kin = !choice || (level <= choice[0] ? model.line(...choice)[level] === k : model.line(level, k)[choice[0]] === choice[1]);
  return kin && (!found || found[level][k] > 0) ? 1 : 0.28;
};
