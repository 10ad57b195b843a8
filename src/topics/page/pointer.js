// Pointer and keyboard on the map: drag, wheel, pinch, hover, click; arrow keys that walk from paper to paper.

const steerMap = (model, map, say) => {
  const { canvas } = map, down = new Map();
  let travel = 0, spread = 0, rest = 0;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const point = ({ x, y }) => {
    const { hover, label } = map.at(x, y);
    canvas.style.cursor = hover >= 0 || label ? "pointer" : "";
    // A name must be rested on: a pointer that crosses the map must not make it flicker.
    clearTimeout(rest);
    if (label) rest = setTimeout(() => change({ glance: label }), 180);
    change({ hover, ...(label && sameChoice(state.glance, label) ? {} : { glance: null }) });
  };
  const leave = () => { clearTimeout(rest); change({ hover: -1, glance: null }); };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    if (down.size === 1) travel = 0;
    if (down.size === 2) { const [a, b] = down.values(); spread = Math.hypot(a.x - b.x, a.y - b.y); travel = 99; }
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = place(event), was = down.get(event.pointerId);
    if (!was) { if (event.pointerType !== "touch") point(now); return; }
    travel += Math.hypot(now.x - was.x, now.y - was.y);
    down.set(event.pointerId, now);
    if (down.size === 2) {
      const [a, b] = down.values(), apart = Math.hypot(a.x - b.x, a.y - b.y);
      map.zoomAt(apart / (spread || apart), (a.x + b.x) / 2, (a.y + b.y) / 2);
      map.pan((now.x - was.x) / 2, (now.y - was.y) / 2);
      spread = apart;
    } else if (travel > 4) {
      leave();
      canvas.style.cursor = "grabbing";
      map.pan(now.x - was.x, now.y - was.y);
    }
  });
  const up = (event) => {
    const at = down.get(event.pointerId);
    if (!down.delete(event.pointerId) || down.size > 0) return;
    canvas.style.cursor = "";
    // A finger wanders more than a mouse does.
    if (event.type !== "pointerup" || travel > (event.pointerType === "touch" ? 10 : 4)) return;
    const { hover, label } = map.at(at.x, at.y);
    if (hover >= 0) openPaper(model, hover);
    else if (label) openTopic(model, label);
    else if (state.paper >= 0 || state.topic) closePanel(model);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => { if (!down.size) leave(); });
  canvas.addEventListener("blur", leave);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1, { x, y } = place(event);
    // A pinch on a touchpad arrives as a wheel with ctrl and small steps.
    map.zoomAt(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.012 : 0.0016)), x, y);
  }, { passive: false });

  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ways[event.key];
    if (way && event.shiftKey) map.pan(-60 * way[0], -60 * way[1]);
    else if (way) {
      const from = state.hover >= 0 ? state.hover : state.paper;
      const next = from >= 0 ? map.toward(from, ...way) : map.centre();
      if (next < 0) say("No further paper in this direction");
      else {
        map.reveal(next);
        change({ hover: next, glance: null });
        const { papers, levels } = model;
        say(`${papers.title[next]}. ${papers.date[next]}. Topic: ${levels[state.level].topics[papers.topics[state.level][next]].name}`);
      }
    } else if (event.key === "Enter" || event.key === " ") { if (state.hover >= 0) openPaper(model, state.hover); }
    else if (event.key === "+" || event.key === "=") map.zoomAt(1.5, undefined, undefined, true);
    else if (event.key === "-") map.zoomAt(1 / 1.5, undefined, undefined, true);
    else if (event.key === "0") map.whole();
    else return;
    event.preventDefault();
  });
};
