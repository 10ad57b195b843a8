// A colour for every topic, in light and dark.
// Hues lie on the circle of OKLCH (Ottosson 2020) in the order of golden angles, the largest topic first: neighbours in
// the list differ, whatever their number. Children keep to their parent's arc and differ in lightness too.

const GOLDEN_ANGLE = 137.50776;

const oklchToRgb = (lightness, chroma, hue) => {
  const a0 = Math.cos((hue * Math.PI) / 180), b0 = Math.sin((hue * Math.PI) / 180);
  const gamma = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  // Chroma gives way until the colour fits sRGB: hue and lightness carry the meaning.
  for (let c = chroma; ; c -= 0.005) {
    const a = c * a0, b = c * b0;
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    const rgb = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ];
    if (c <= 0 || rgb.every((v) => v >= -0.0005 && v <= 1.0005)) return rgb.map((v) => Math.round(255 * gamma(clamp(v, 0, 1))));
  }
};

const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

// Out: per level and topic {hue, shift}: the shift of lightness sets neighbours of close hue apart.
// The circle is cut into arcs as "Tree Colors" does (Tennekes & de Jonge 2014), by the root of the size: a field that
// holds most papers gets room for its topics, a small one is still seen.
const huesOf = (levels) => {
  const hues = levels.map(() => []);
  const share = (depth, members, from, width) => {
    const { topics } = levels[depth], all = members.reduce((sum, k) => sum + Math.sqrt(topics[k].size), 0) || 1;
    const turn = (rank) => (rank * GOLDEN_ANGLE) % 360;
    let at = from;
    for (const rank of [...members.keys()].sort((a, b) => turn(a) - turn(b))) {
      const k = members[rank], arc = (width * Math.sqrt(topics[k].size)) / all;
      hues[depth][k] = { hue: at + arc / 2, shift: [0, 0.05, -0.05, 0.025, -0.025][rank % 5] * (depth ? 1 : 0.8) };
      if (depth + 1 < levels.length) share(depth + 1, topics[k].children, at + arc * 0.08, arc * 0.84);
      at += arc;
    }
  };
  const bySize = ({ topics }) => topics.map((_, k) => k).sort((a, b) => topics[b].size - topics[a].size || a - b);
  share(0, bySize(levels[0]), 0, 360);
  // Turned as a whole, so that the largest topic is blue.
  const turned = 255 - hues[0][bySize(levels[0])[0]].hue;
  for (const level of hues) for (const one of level) one.hue += turned;
  return hues;
};

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// COLOURS, which stands before the program, holds data/palette.txt: of the page by scheme and name, and for topics the
// lightness and chroma that go with a hue.
const topicLook = (dark, name) => COLOURS.topics[dark ? "dark" : "light"][name].split(" ").map(Number);

// Out: per level and topic {dot: [r, g, b], ink: css}: a colour for points and one that is legible as text.
const paletteOf = (hues, dark) => {
  const [lightness, chroma] = topicLook(dark, "dot"), ink = topicLook(dark, "ink");
  return hues.map((level) => level.map(({ hue, shift }) => ({
    dot: oklchToRgb(lightness + shift, chroma, hue),
    ink: css(oklchToRgb(...ink, hue)),
  })));
};

const lookOf = (scheme) => {
  const { ground, faint, ink, soft, quiet, accent } = COLOURS.page[scheme];
  return { dark: scheme === "dark", ground: rgbOf(ground), faint: rgbOf(faint), ink, soft, quiet, accent };
};
const LOOKS = { light: lookOf("light"), dark: lookOf("dark") };
