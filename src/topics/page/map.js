// The map: a view {k: pixels per unit, x, y: offset}, a painted bitmap larger than the canvas that is moved and scaled
// while the reader pans and zooms, and a new one painted in slices behind it.

const MARGIN = 160;          // CSS pixels painted beyond each edge of the canvas
const SLICE = 8;             // ms of painting per frame: half of a frame at 60 Hz
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const createMap = (model) => {
  const canvas = byId("map"), pen = canvas.getContext("2d", { alpha: false });
  const { papers, levels } = model, hues = huesOf(levels), sprites = spriteMaker();
  const palettes = { false: paletteOf(hues, false), true: paletteOf(hues, true) };
  const bySize = levels.map(({ topics }) => topics.map((_, k) => k).sort((a, b) => topics[b].size - topics[a].size || a - b));
  const largest = levels.map(({ topics }) => Math.max(1, ...topics.map((topic) => topic.size)));
  let grid = gridOf(papers), look = LOOKS.light, width = 1, height = 1, ratio = 1, view = { k: 1, x: 0, y: 0 }, whole = 1;
  let scene = null, front = null, spare = null, job = null, flight = null, lent = null, pending = 0, drawn = 0;
  let labels = [], taken = [], overlays = [];
  const fades = new Map();

  const chosen = () => state.glance || state.topic;
  const inChoice = ([level, k], i) => papers.topics[level][i] === k;
  const litPapers = () => {
    const choice = chosen(), { matches } = state, selected = state.glance ? null : state.selected;
    if (!choice && !selected) return matches;
    return Uint8Array.from({ length: papers.n }, (_, i) => ((!choice || inChoice(choice, i)) && (!matches || matches[i]) && (!selected || selected[i]) ? 1 : 0));
  };
  const sceneOf = (style, lit) => {
    const all = { model, papers, grid, palettes: palettes[style.dark], palette: palettes[style.dark][state.level], topics: papers.topics[state.level], level: state.level, look: style, lit, bySize, largest };
    const { rgb, dense } = glowOf(all);
    return { ...all, glow: rgb, dense, found: state.matches && countFound(model, state.matches) };
  };

  // The box of the papers, or of one topic's without its strays; a lone paper gets some room.
  const bounds = (choice) => {
    const inside = (_, i) => !choice || inChoice(choice, i), room = choice ? 4000 : 16000;
    const [x, y] = [papers.x, papers.y].map((axis) => axis.filter(inside).sort());
    const stray = choice ? Math.floor(x.length / 40) : 0, last = x.length - 1 - stray;
    return { x: (x[stray] + x[last]) / 2, y: (y[stray] + y[last]) / 2, w: Math.max(x[last] - x[stray], room), h: Math.max(y[last] - y[stray], room) };
  };
  const all = bounds(null);
  // What the open panel leaves free of the map.
  const free = () => {
    const panel = byId("panel");
    if (panel.hidden) return { w: width, h: height };
    const mine = canvas.getBoundingClientRect(), its = panel.getBoundingClientRect();
    if (its.left > mine.left + 80) return { w: clamp(its.left - mine.left, 200, width), h: height };
    return { w: width, h: clamp(its.top - mine.top, 120, height) };
  };
  const fitting = (box, w, h) => {
    // Few papers have wide halos, and titles under them.
    const few = papers.n <= 100, side = Math.min(few ? 120 : 64, w * 0.12), ends = few ? Math.min(95, h / 6) : 48;
    const k = Math.min((w - 2 * side) / box.w, (h - 2 * ends) / box.h);
    return { k, x: w / 2 - box.x * k, y: h / 2 - box.y * k };
  };
  const limit = ({ k, x, y }) => {
    // Some of the map always stays in sight.
    const keep = 80;
    return {
      k,
      x: clamp(x, keep - (all.x + all.w / 2) * k, width - keep - (all.x - all.w / 2) * k),
      y: clamp(y, keep - (all.y + all.h / 2) * k, height - keep - (all.y - all.h / 2) * k),
    };
  };
  const zoomOf = (v) => v.k / whole;
  const radiusNow = () => pointRadius(papers.n, zoomOf(view), Math.min(width, height));

  const wake = () => { if (!pending) pending = requestAnimationFrame(frame); };
  const moveTo = (next) => { flight = null; view = limit(next); byId("hint").hidden = true; wake(); };
  const flyTo = (next) => {
    if (calm.matches) { moveTo(next); return; }
    flight = { from: view, to: limit(next), start: performance.now(), time: 420 };
    wake();
  };
  const zoomAt = (factor, x = width / 2, y = height / 2, smooth = false) => {
    const base = smooth && flight ? flight.to : view, k = clamp(base.k * factor, whole * 0.6, whole * Math.max(24, Math.sqrt(papers.n) / 2));
    const next = { k, x: x - ((x - base.x) * k) / base.k, y: y - ((y - base.y) * k) / base.k };
    if (smooth) flyTo(next); else moveTo(next);
  };
  const fly = (now) => {
    if (!flight) return;
    const t = Math.min(1, (now - flight.start) / flight.time), e = t <= 0 ? 0 : 1 - (1 - t) ** 3, { from, to } = flight;
    // Scale runs geometrically; the offset follows from it, so that the path does not swing.
    const k = from.k * (to.k / from.k) ** e, part = Math.abs(to.k - from.k) < 1e-9 ? e : (k - from.k) / (to.k - from.k);
    view = { k, x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
    if (t >= 1) { view = to; flight = null; }
  };

  const repaint = () => { scene = sceneOf(look, litPapers()); job = null; wake(); };
  // A bitmap serves as long as the scene and the scale are those of now and it reaches over the edges of the canvas.
  const serves = (layer) => {
    if (!layer || layer.scene !== scene || layer.view.k !== view.k || layer.ratio !== ratio) return false;
    const near = (layer.margin * 2) / 3;
    return Math.abs(view.x - layer.view.x) <= near && Math.abs(view.y - layer.view.y) <= near;
  };
  const begin = () => {
    const margin = MARGIN, w = Math.ceil((width + 2 * margin) * ratio), h = Math.ceil((height + 2 * margin) * ratio);
    const layer = spare && spare.canvas.width === w && spare.canvas.height === h ? spare : { canvas: new OffscreenCanvas(w, h), image: new ImageData(w, h) };
    spare = null;
    Object.assign(layer, { scene, ratio, margin, view: { ...view }, width: width + 2 * margin, height: height + 2 * margin });
    const own = { k: view.k * ratio, x: (view.x + margin) * ratio, y: (view.y + margin) * ratio };
    return { layer, steps: painting(scene, layer.image, own, radiusNow(), ratio) };
  };
  const paint = (deadline) => {
    if (!job && serves(front)) return;
    if (!job) job = begin();
    do {
      if (job.steps.next().done) {
        const { layer } = job;
        layer.canvas.getContext("2d", { alpha: false, willReadFrequently: true }).putImageData(layer.image, 0, 0);
        spare = front; front = layer; job = null;
        return;
      }
    } while (performance.now() < deadline);
  };

  const screen = (i) => ({ x: papers.x[i] * view.k + view.x, y: papers.y[i] * view.k + view.y });
  const drawMarks = () => {
    const radius = radiusNow(), ring = (i, gap, thick, colour) => {
      const { x, y } = screen(i);
      pen.beginPath(); pen.arc(x, y, radius + gap, 0, 2 * Math.PI);
      pen.lineWidth = thick + 3; pen.strokeStyle = css(look.ground); pen.stroke();
      pen.lineWidth = thick; pen.strokeStyle = colour; pen.stroke();
    };
    const { paper, hover } = state, ink = look.ink;
    if (paper >= 0) {
      const from = screen(paper);
      pen.lineWidth = 1.25; pen.strokeStyle = ink; pen.globalAlpha = 0.5;
      for (const other of (papers.related && papers.related[paper]) || []) {
        const to = screen(other);
        pen.beginPath(); pen.moveTo(from.x, from.y); pen.lineTo(to.x, to.y); pen.stroke();
      }
      pen.globalAlpha = 1;
      for (const other of (papers.related && papers.related[paper]) || []) ring(other, 2.5, 1.25, ink);
      ring(paper, 5, 2.5, ink);
    }
    if (hover >= 0) ring(hover, 3.5, 2, ink);
  };
  const drawLabels = () => {
    const choice = chosen(), wanted = placeLabels(scene, sprites, view, zoomOf(view), width, height, ratio, choice, taken);
    const seen = new Set(), step = calm.matches ? 1 : 0.16;
    let fading = false;
    const show = (label, target) => {
      const key = keyOf(label), old = fades.get(key), was = old ? old.alpha : labels.length || !target ? 0 : 1;
      const alpha = target > was ? Math.min(target, was + step) : Math.max(target, was - step);
      if (alpha !== target) fading = true;
      if (alpha > 0) fades.set(key, { label, alpha }); else fades.delete(key);
      const snap = (v) => Math.round(v * ratio) / ratio;
      pen.globalAlpha = alpha;
      if (alpha > 0) {
        const sprite = label.sprite();
        pen.drawImage(sprite, snap(label.x - label.width / 2), snap(label.y - label.height / 2), sprite.width / ratio, sprite.height / ratio);
      }
      seen.add(key);
    };
    // From the least to the most important, so that nothing lies over the large names.
    for (const label of [...wanted].reverse()) show(label, labelAlpha(scene, choice, label));
    for (const [key, { label }] of [...fades]) {
      if (!seen.has(key)) show({ ...label, x: label.place.x * view.k + view.x + label.dx, y: label.place.y * view.k + view.y + label.dy }, 0);
    }
    pen.globalAlpha = 1;
    labels = wanted;
    return fading;
  };
  const compose = () => {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const scale = view.k / front.view.k, x = view.x - (front.view.x + front.margin) * scale, y = view.y - (front.view.y + front.margin) * scale;
    const still = scale === 1 && front.ratio === ratio;
    if (!still) { pen.fillStyle = css(look.ground); pen.fillRect(0, 0, width, height); }
    pen.imageSmoothingEnabled = !still;
    const snap = (v) => (still ? Math.round(v * ratio) / ratio : v);
    pen.drawImage(front.canvas, snap(x), snap(y), (front.canvas.width / front.ratio) * scale, (front.canvas.height / front.ratio) * scale);
    for (const draw of overlays) draw(pen, view, look);
    drawMarks();
    drawn++;
    return drawLabels();
  };
  const frame = (now) => {
    pending = 0;
    if (!scene || width < 2) return;
    fly(now);
    // The first picture, and one for a new size, is made at once; later ones must not hold up a frame.
    paint(front ? performance.now() + SLICE : Infinity);
    if (!drawn) performance.mark("map-drawn");
    const fading = compose();
    if (job || flight || fading || !serves(front)) wake();
  };

  const measure = () => {
    const box = canvas.parentElement.getBoundingClientRect();
    if (box.width < 2) return;
    const before = { w: width, h: height }, first = !front;
    width = Math.round(box.width); height = Math.round(box.height); ratio = clamp(devicePixelRatio || 1, 1, 2);
    canvas.width = width * ratio; canvas.height = height * ratio;
    const atWhole = first || Math.abs(view.k - whole) < whole * 1e-6;
    whole = fitting(all, width, height).k;
    taken = ["levels", "zoom"].map((id) => byId(id).getBoundingClientRect()).map((its) => ({ x: its.left - box.left + its.width / 2, y: its.top - box.top + its.height / 2, width: its.width, height: its.height }));
    if (atWhole) view = fitting(all, width, height);
    else view = { ...view, x: view.x + (width - before.w) / 2, y: view.y + (height - before.h) / 2 };
    front = null; job = null;
    if (pending) cancelAnimationFrame(pending);
    frame(performance.now());
  };

  // Papers that search and topic leave; those that are not selected step back and are there all the same.
  const meant = (i) => { const choice = chosen(); return (!state.matches || state.matches[i]) && (!choice || inChoice(choice, i)); };
  // The nearest paper within reach; one that is meant before one that is not.
  const nearest = (x, y) => {
    const wx = (x - view.x) / view.k, wy = (y - view.y) / view.k, radius = radiusNow();
    const far = Math.max(9, radius + 4), reach = far / view.k;
    let best = -1, least = Infinity;
    for (let cy = cellOf(wy - reach); cy <= cellOf(wy + reach); cy++) {
      for (let at = grid.start[cy * CELLS + cellOf(wx - reach)]; at < grid.start[cy * CELLS + cellOf(wx + reach) + 1]; at++) {
        const i = grid.order[at], d = Math.hypot(papers.x[i] - wx, papers.y[i] - wy) * view.k;
        const dimmed = !meant(i);
        if (d > (dimmed ? Math.max(4, radius + 1) : far)) continue;
        if (d + (dimmed ? far : 0) < least) { least = d + (dimmed ? far : 0); best = i; }
      }
    }
    return best;
  };
  // What is at a place: a topic, by its name, or a paper, by its title or its point. Names lie on top, also for the pointer.
  const at = (x, y) => {
    const name = labels.find((l) => Math.abs(x - l.x) < l.width / 2 - 4 && Math.abs(y - l.y) < l.height / 2 - 4);
    if (!name) return { hover: nearest(x, y), label: null };
    return name.choice ? { hover: -1, label: name.choice } : { hover: name.paper, label: null };
  };

  // The next lit paper in a direction: near, and not far off the axis.
  const toward = (from, dx, dy) => {
    let best = -1, least = Infinity;
    for (let i = 0; i < papers.n; i++) {
      if (i === from || !meant(i)) continue;
      const ax = papers.x[i] - papers.x[from], ay = papers.y[i] - papers.y[from];
      const along = ax * dx + ay * dy, across = Math.abs(ax * dy - ay * dx);
      if (along <= 0 || across > along * 1.5) continue;
      if (along + 2 * across < least) { least = along + 2 * across; best = i; }
    }
    return best;
  };
  const centre = () => {
    const choice = state.topic && levels[state.topic[0]].topics[state.topic[1]];
    if (choice && choice.central.length && (!state.matches || state.matches[choice.central[0]])) return choice.central[0];
    const x = (width / 2 - view.x) / view.k, y = (height / 2 - view.y) / view.k;
    let best = -1, least = Infinity;
    for (let i = 0; i < papers.n; i++) {
      const d = Math.hypot(papers.x[i] - x, papers.y[i] - y);
      if (meant(i) && d < least) { least = d; best = i; }
    }
    return best;
  };
  // Moves a place into what the panel leaves free, if it is not there; `giveBack` undoes it, unless the reader has moved on.
  const reveal = (place) => {
    const base = flight ? flight.to : view, { w, h } = free(), edge = Math.min(70, w / 5, h / 5);
    const x = place.x * base.k + base.x, y = place.y * base.k + base.y, dx = clamp(x, edge, w - edge) - x, dy = clamp(y, edge, h - edge) - y;
    if (!dx && !dy) return;
    const before = lent && lent.after === base ? lent.before : base;
    flyTo({ k: base.k, x: base.x + dx * 1.001, y: base.y + dy * 1.001 });
    lent = { before, after: flight ? flight.to : view };
  };
  const giveBack = () => {
    if (lent && lent.after === (flight ? flight.to : view)) flyTo(lent.before);
    lent = null;
  };

  // One picture of the whole map, at once: for the printed page and for saving.
  const still = (w, h, density, style, target = document.createElement("canvas")) => {
    target.width = w * density; target.height = h * density;
    const own = sceneOf(style, litPapers()), brush = target.getContext("2d"), fit = fitting(all, w, h), image = new ImageData(target.width, target.height);
    for (const step of painting(own, image, { k: fit.k * density, x: fit.x * density, y: fit.y * density }, pointRadius(papers.n, 1, Math.min(w, h)), density)) void step;
    brush.putImageData(image, 0, 0);
    brush.scale(density, density);
    for (const label of placeLabels(own, sprites, fit, 1, w, h, density, chosen()).reverse()) {
      brush.globalAlpha = labelAlpha(own, chosen(), label);
      const sprite = label.sprite();
      brush.drawImage(sprite, label.x - label.width / 2, label.y - label.height / 2, sprite.width / density, sprite.height / density);
    }
    return target;
  };

  watch("level topic glance matches selected", repaint);
  // Papers may have come with their texts.
  watch("texts", () => { grid = gridOf(papers); repaint(); });
  watch("hover paper", wake);

  return {
    canvas, still, wake, zoomAt, giveBack, at, toward, centre, screen, measure,
    // Draws something over the points, under the names: `draw(pen, view, look)` in CSS pixels.
    overlay: (draw) => { overlays.push(draw); wake(); },
    reveal: (i) => reveal({ x: papers.x[i], y: papers.y[i] }),
    revealTopic: ([level, k]) => reveal(levels[level].topics[k]),
    setLook(next) { look = next; repaint(); },
    look: () => look,
    colour: (level, k) => css(palettes[look.dark][level][k].dot),
    pan: (dx, dy) => moveTo({ k: view.k, x: view.x + dx, y: view.y + dy }),
    whole: () => { const { w, h } = free(); flyTo(fitting(all, w, h)); },
    frameTopic: (choice) => {
      const { w, h } = free();
      flyTo(fitting(bounds(choice), w, h));
    },
    view: () => ({ ...view, zoom: zoomOf(view), drawn, busy: Boolean(job || flight) }),
  };
};
