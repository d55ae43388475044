/* A window onto the site: one view, in pixels of the site grid, that several frames show together. */

const LEAST_WIDE = 24;
const NUDGE = 0.15;
const STEPS = [1, 2, 5];

const niceLength = (most) => {
  const decade = 10 ** Math.floor(Math.log10(most));
  return STEPS.map((s) => s * decade).filter((v) => v <= most * 1.000001).pop();
};
const spoken = (m) => (m >= 1000 ? `${m / 1000} km` : `${Number(m.toPrecision(3))} m`);

/**
 * @param frames elements that hold an `svg.image` and its scale bar
 * @param size width, height and gsd of the site grid
 * @param options onLook: called with the view; mayPan: tells whether a gesture pans
 */
const openWindow = (frames, { width, height, gsd }, { onLook = () => {}, mayPan = () => true } = {}) => {
  let view = { x: 0, y: 0, w: width, h: height };
  const whole = () => view.w > width * 0.9999;
  const scaleOf = (frame) => frame.clientWidth / width;

  const show = (frame) => {
    one(frame, ".image").setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    const bar = niceLength(view.w * gsd * 0.25);
    one(frame, ".furniture .bar").setAttribute("width", `${(100 * bar) / (view.w * gsd)}%`);
    one(frame, ".furniture text").textContent = spoken(bar);
    frame.classList.toggle("zoomed", !whole());
  };

  const asTransform = (frame) => {
    const k = width / view.w;
    return d3.zoomIdentity.translate(-view.x * k * scaleOf(frame), -view.y * k * scaleOf(frame)).scale(k);
  };

  const look = (x, y, w) => {
    const wide = clamp(w, Math.min(LEAST_WIDE, width), width);
    const tall = (wide * height) / width;
    view = { x: clamp(x, 0, width - wide), y: clamp(y, 0, height - tall), w: wide, h: tall };
    for (const frame of frames) {
      show(frame);
      frame.__zoom = asTransform(frame);
    }
    onLook(view);
  };

  const zoom = (factor, cx = 0.5, cy = 0.5) => {
    const w = clamp(view.w * factor, Math.min(LEAST_WIDE, width), width);
    look(view.x + cx * (view.w - w), view.y + cy * (view.h - (w * height) / width), w);
  };
  const pan = (across, down) => look(view.x + across * view.w, view.y + down * view.h, view.w);
  const reset = () => look(0, 0, width);
  const centre = (row, col, w) => look(col + 0.5 - w / 2, row + 0.5 - (w * height) / width / 2, w);

  /* Rolling the wheel or drawing one finger scrolls the page, as a reader expects; with Ctrl, or two fingers, it zooms. */
  const wanted = (event) => {
    if (!mayPan(event)) return false;
    if (event.type === "wheel") return event.ctrlKey || event.metaKey;
    if (event.type.startsWith("touch")) return !whole() || event.touches.length > 1;
    return !event.button && (event.type === "dblclick" || !whole());
  };
  for (const frame of frames) {
    const behaviour = d3.zoom()
      .filter(wanted)
      .extent(() => [[0, 0], [frame.clientWidth, frame.clientHeight]])
      .translateExtent([[0, 0], [0, 0]])
      .scaleExtent([1, Math.max(1, width / LEAST_WIDE)])
      .on("zoom", (event) => {
        if (!event.sourceEvent) return;
        const { k, x, y } = event.transform;
        look(-x / (k * scaleOf(frame)), -y / (k * scaleOf(frame)), width / k);
      });
    behaviour.constrain((transform) => transform);
    d3.select(frame).call(behaviour);
    new ResizeObserver(() => { frame.__zoom = asTransform(frame); }).observe(frame);
  }

  const KEYS = {
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    0: reset,
    ArrowLeft: () => pan(-NUDGE, 0),
    ArrowRight: () => pan(NUDGE, 0),
    ArrowUp: () => pan(0, -NUDGE),
    ArrowDown: () => pan(0, NUDGE),
  };
  const key = (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key.startsWith("Arrow") && whole()) return false;
    act();
    event.preventDefault();
    return true;
  };

  /* Where an event lies on the site grid; integers are pixel centres. */
  const placeOf = (event, frame) => {
    const box = frame.getBoundingClientRect();
    return {
      row: view.y + ((event.clientY - box.top) / box.height) * view.h - 0.5,
      col: view.x + ((event.clientX - box.left) / box.width) * view.w - 0.5,
    };
  };

  window.addEventListener("beforeprint", reset);
  return { look, zoom, reset, centre, key, placeOf, view: () => view };
};
