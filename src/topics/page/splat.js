// Paints the papers into pixels, in slices.
// 100,000 arc() calls take a second where the GPU is missing; blending small precomputed discs into an ImageData takes
// some 30 ms, and as a generator it can stop after every few and leave the frame to the pointer.

const CELLS = 128, CELL = 65536 / CELLS;
const cellOf = (value) => clamp(Math.floor(value / CELL), 0, CELLS - 1);

// Papers by cell of a square grid: order[start[c]] .. order[start[c + 1]] lie in cell c. For culling and for hit tests.
const gridOf = ({ n, x, y }) => {
  const start = new Int32Array(CELLS * CELLS + 1), order = new Int32Array(n), cell = new Int32Array(n);
  for (let i = 0; i < n; i++) start[(cell[i] = cellOf(y[i]) * CELLS + cellOf(x[i])) + 1]++;
  for (let c = 0; c < CELLS * CELLS; c++) start[c + 1] += start[c];
  const next = start.slice();
  for (let i = 0; i < n; i++) order[next[cell[i]]++] = i;
  return { start, order };
};

// Coverage (0..256) of a disc at each of 4 x 4 places within a pixel: points do not jump by pixels when the map zooms.
const discs = new Map();
const discOf = (radius) => {
  const key = Math.round(radius * 20);
  if (!discs.has(key)) {
    const pad = Math.ceil(radius + 0.5), size = 2 * pad + 1, masks = [];
    for (let place = 0; place < 16; place++) {
      const cx = pad + ((place & 3) + 0.5) / 4, cy = pad + ((place >> 2) + 0.5) / 4, mask = new Uint16Array(size * size);
      for (let j = 0; j < size; j++) for (let i = 0; i < size; i++) {
        mask[j * size + i] = 256 * clamp(radius + 0.5 - Math.hypot(i + 0.5 - cx, j + 0.5 - cy), 0, 1);
      }
      masks.push(mask);
    }
    discs.set(key, { pad, size, masks });
  }
  return discs.get(key);
};

const splat = (pixels, width, height, disc, cx, cy, r, g, b, alpha) => {
  const ix = Math.floor(cx), iy = Math.floor(cy), { pad, size } = disc;
  const mask = disc.masks[(Math.floor((cy - iy) * 4) << 2) | Math.floor((cx - ix) * 4)];
  const left = ix - pad, top = iy - pad;
  const i0 = Math.max(0, -left), i1 = Math.min(size, width - left), j1 = Math.min(size, height - top);
  for (let j = Math.max(0, -top); j < j1; j++) {
    let o = ((top + j) * width + left + i0) * 4;
    for (let i = i0, m = j * size + i0; i < i1; i++, m++, o += 4) {
      const a = mask[m] * alpha;
      if (a === 0) continue;
      pixels[o] += ((r - pixels[o]) * a) >> 8;
      pixels[o + 1] += ((g - pixels[o + 1]) * a) >> 8;
      pixels[o + 2] += ((b - pixels[o + 2]) * a) >> 8;
    }
  }
};

// The soft ground under the points: density and mean colour on a coarse grid, blurred. Out: {rgb: opaque, per grid point, dense}.
const GLOW = 224, GLOW_FROM = -9000, GLOW_SPAN = 65536 + 18000;
const glowOf = ({ papers, topics, palette, lit, look }) => {
  const sums = [0, 1, 2, 3].map(() => new Float32Array(GLOW * GLOW));
  let shown = 0;
  for (let i = 0; i < papers.n; i++) {
    if (lit && !lit[i]) continue;
    const c = Math.floor(((papers.y[i] - GLOW_FROM) / GLOW_SPAN) * GLOW) * GLOW + Math.floor(((papers.x[i] - GLOW_FROM) / GLOW_SPAN) * GLOW);
    const dot = palette[topics[i]].dot;
    sums[0][c]++;
    for (let channel = 0; channel < 3; channel++) sums[channel + 1][c] += dot[channel];
    shown++;
  }
  // Three box blurs are close to a Gaussian. Few papers need a wide one to read as regions.
  const radius = Math.round(clamp(13 - 2.1 * Math.log10(Math.max(1, shown)), 3, 12));
  const other = new Float32Array(GLOW * GLOW);
  const blur = (from, to, along, across) => {
    for (let line = 0; line < GLOW; line++) {
      let sum = 0;
      for (let i = 0; i < radius; i++) sum += from[line * across + i * along];
      for (let i = 0; i < GLOW; i++) {
        if (i + radius < GLOW) sum += from[line * across + (i + radius) * along];
        if (i - radius - 1 >= 0) sum -= from[line * across + (i - radius - 1) * along];
        to[line * across + i * along] = sum;
      }
    }
  };
  for (const sum of sums) for (let pass = 0; pass < 3; pass++) { blur(sum, other, 1, GLOW); blur(other, sum, GLOW, 1); }
  let mass = 0, square = 0;
  for (const d of sums[0]) { mass += d; square += d * d; }
  const typical = mass > 0 ? square / mass : 1, strongest = look.dark ? 0.3 : 0.26, steep = shown < 100 ? 1.2 : 2.2;
  const rgb = new Float32Array(GLOW * GLOW * 3);
  for (let c = 0; c < GLOW * GLOW; c++) {
    // Nothing is left at the edge of the grid, which is drawn on to the edge of the screen.
    const x = c % GLOW, y = (c - x) / GLOW, edge = Math.min(1, Math.min(x, y, GLOW - 1 - x, GLOW - 1 - y) / (GLOW / 16));
    const d = sums[0][c], alpha = d > 0 ? edge * strongest * (1 - Math.exp((-steep * d) / typical)) : 0;
    for (let channel = 0; channel < 3; channel++) {
      const ground = look.ground[channel];
      rgb[c * 3 + channel] = alpha > 0 ? ground + (sums[channel + 1][c] / d - ground) * alpha : ground;
    }
  }
  // Papers per square unit where papers are: says how see-through the points must be for a crowd to show its shape.
  const dense = typical / (2 * radius + 1) ** 6 / (GLOW_SPAN / GLOW) ** 2;
  return { rgb, dense };
};

// In CSS pixels, by the number of papers, the zoom and the shorter side of the map.
const pointRadius = (n, zoom, side) => {
  const base = clamp(20 * n ** -0.25, 1.1, 9) * clamp(Math.sqrt(side / 720), 0.75, 1.25);
  return Math.min(base * zoom ** 0.4, Math.max(9, base));
};

// A fixed noise of half a step, so that the ground has no bands.
const NOISE = Float32Array.from({ length: 1021 }, (_, i) => (((i * 2654435761) >>> 0) / 4294967296) - 0.5);

// In: the scene (papers, colours, who is lit), a view {k, x, y} in device pixels, the radius of a point in CSS pixels.
function* painting(scene, image, view, size, ratio) {
  const { width, height, data: pixels } = image, { papers, topics, palette, lit, look, grid, glow, dense } = scene;
  // The ground: bilinear between grid points, a row at a time.
  const toGlow = GLOW / GLOW_SPAN, last = GLOW - 1.001;
  const column = new Int32Array(width), part = new Float32Array(width), row = new Float32Array(GLOW * 3);
  for (let px = 0; px < width; px++) {
    const at = clamp(((px + 0.5 - view.x) / view.k - GLOW_FROM) * toGlow - 0.5, 0, last);
    column[px] = Math.floor(at) * 3; part[px] = at - Math.floor(at);
  }
  for (let py = 0; py < height; py++) {
    const at = clamp(((py + 0.5 - view.y) / view.k - GLOW_FROM) * toGlow - 0.5, 0, last);
    const upper = Math.floor(at) * GLOW * 3, below = at - Math.floor(at);
    for (let c = 0; c < GLOW * 3; c++) row[c] = glow[upper + c] + (glow[upper + GLOW * 3 + c] - glow[upper + c]) * below;
    let o = py * width * 4, grain = (py * 397) % 1021;
    for (let px = 0; px < width; px++, o += 4) {
      const c = column[px], f = part[px], noise = NOISE[grain];
      if (++grain === 1021) grain = 0;
      pixels[o] = row[c] + (row[c + 3] - row[c]) * f + noise;
      pixels[o + 1] = row[c + 1] + (row[c + 4] - row[c + 1]) * f + noise;
      pixels[o + 2] = row[c + 2] + (row[c + 5] - row[c + 2]) * f + noise;
      pixels[o + 3] = 255;
    }
    if (py % 16 === 15) yield;
  }
  // The points: those that are dimmed first, so that none of them covers one that is lit.
  const radius = size * ratio, disc = discOf(radius), rim = size >= 2.8 ? discOf(radius + 0.8 * ratio) : null;
  const firm = clamp(1.15 / Math.sqrt((dense / view.k ** 2) * Math.PI * radius ** 2), 0.24, 0.92);
  const reach = radius + 2, { faint, ground } = look;
  const [x0, x1] = [-reach, width + reach].map((v) => cellOf((v - view.x) / view.k));
  const [y0, y1] = [-reach, height + reach].map((v) => cellOf((v - view.y) / view.k));
  for (const pass of lit ? [0, 1] : [1]) {
    for (let cy = y0; cy <= y1; cy++) {
      for (let at = grid.start[cy * CELLS + x0]; at < grid.start[cy * CELLS + x1 + 1]; at++) {
        const i = grid.order[at];
        if (lit && lit[i] !== pass) continue;
        const px = papers.x[i] * view.k + view.x, py = papers.y[i] * view.k + view.y;
        if (px < -reach || py < -reach || px > width + reach || py > height + reach) continue;
        if (pass === 0) splat(pixels, width, height, disc, px, py, faint[0], faint[1], faint[2], firm * 0.5);
        else {
          const dot = palette[topics[i]].dot, fit = papers.weak[i] ? 0.5 : 0.66 + 0.34 * papers.strength[i];
          if (rim) splat(pixels, width, height, rim, px, py, ground[0], ground[1], ground[2], 0.8);
          splat(pixels, width, height, disc, px, py, dot[0], dot[1], dot[2], firm * fit);
        }
        if ((at & 1023) === 0) yield;
      }
      yield;
    }
  }
}
