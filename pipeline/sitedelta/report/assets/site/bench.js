/* The picture on which findings are checked: marks that can be chosen, close pictures, and a cross to place things with. */

const ROOM = 7;

const openBench = (root, data, { onChoose }) => {
  const frame = one(root, ".frame");
  const image = one(frame, ".image");
  const picture = one(image, ".picture");
  const closeups = one(image, ".closeups");
  const marks = one(image, ".marks");
  const cross = one(image, ".cross");
  const tag = one(frame, ".tag");
  const empty = one(frame, "p.none");
  const near = Map.groupBy ? Map.groupBy(data.close, (c) => c[0]) : d3.group(data.close, (c) => c[0]);
  const scenes = new Map(data.scenes.map((s) => [s.id, s]));
  let scene = null;
  let shown = null;
  let placing = null;

  const setCross = () => {
    cross.classList.toggle("off", !placing);
    if (!placing) return;
    const arm = shown.view().w / 24;
    cross.setAttribute("transform", `translate(${placing.col + 0.5} ${placing.row + 0.5}) scale(${arm})`);
  };
  shown = openWindow([frame], data.grid, { onLook: () => { if (shown) setCross(); } });

  const paint = (s) => {
    picture.replaceChildren(...(s.shown ? [draw("use", { href: `#scene-${s.number}` })] : []));
    tag.textContent = s.said;
    empty.hidden = s.shown;
    closeups.replaceChildren(...(near.get(s.id) ?? []).map(([, x, y, side, href]) =>
      draw("image", { x, y, width: side, height: side, href, preserveAspectRatio: "none" })));
  };
  const setScene = (id) => {
    if (scene?.id === id) return;
    scene = scenes.get(id);
    paint(scene);
  };
  /* The nearest earlier image that can be shown, to compare with. */
  const earlier = () => data.scenes.slice(0, data.scenes.indexOf(scene)).findLast((s) => s.shown) ?? null;
  const compare = (on) => {
    const other = on ? earlier() : null;
    paint(other ?? scene);
    frame.classList.toggle("earlier", Boolean(other));
    return other;
  };

  const outline = (thing) => {
    const l = (thing.length_m || Math.sqrt(thing.area_m2 || 0) || 5) / data.grid.gsd;
    const w = (thing.width_m || thing.length_m || Math.sqrt(thing.area_m2 || 0) || 5) / data.grid.gsd;
    const pad = Math.max(2, l * 0.08);
    return { l: l + 2 * pad, w: w + 2 * pad };
  };
  const mark = (thing, state, chosen) => {
    const { l, w } = outline(thing);
    const box = thing.kind === "change" ? { rx: w / 2, ry: w / 2 } : {};
    const g = draw("g", {
      class: `mark ${state}${chosen ? " chosen" : ""}`,
      transform: `translate(${thing.place.col + 0.5} ${thing.place.row + 0.5}) rotate(${thing.heading_deg ?? 0})`,
    });
    Object.assign(box, { x: -w / 2, y: -l / 2, width: w, height: l });
    g.append(draw("rect", { ...box, class: "halo" }), draw("rect", { ...box, class: "line" }));
    if (state === "reject") g.append(draw("path", { class: "line", d: `M${-w / 2} ${-l / 2}L${w / 2} ${l / 2}M${w / 2} ${-l / 2}L${-w / 2} ${l / 2}` }));
    if (chosen) g.append(draw("circle", { class: "ring", r: Math.hypot(l, w) * 0.62 }));
    g.addEventListener("click", (event) => {
      if (placing) return;
      event.stopPropagation();
      onChoose(thing.about);
    });
    return g;
  };
  const setMarks = (things, stateOf, chosen) => {
    const own = things.filter((t) => t.scene === scene?.id && t.kind !== "search");
    marks.replaceChildren(...own.map((t) => mark(t, stateOf(t), t.about === chosen)));
  };

  const centreOn = (thing) => {
    const { l } = outline(thing);
    const wide = clamp(ROOM * l * Math.max(1, data.grid.width / data.grid.height), 60, data.grid.width);
    shown.centre(thing.place.row, thing.place.col, wide);
  };

  const startPlacing = (at) => {
    const v = shown.view();
    placing = at ?? { row: v.y + v.h / 2 - 0.5, col: v.x + v.w / 2 - 0.5 };
    frame.classList.add("placing");
    setCross();
  };
  const stopPlacing = () => {
    const place = placing;
    placing = null;
    frame.classList.remove("placing");
    setCross();
    return place && { row: Number(place.row.toFixed(2)), col: Number(place.col.toFixed(2)) };
  };
  const within = ({ row, col }) => ({
    row: clamp(row, 0, data.grid.height - 1), col: clamp(col, 0, data.grid.width - 1),
  });
  frame.addEventListener("click", (event) => {
    if (!placing) return;
    placing = within(shown.placeOf(event, frame));
    setCross();
  });
  const nudge = (rows, cols) => {
    placing = within({ row: placing.row + rows, col: placing.col + cols });
    setCross();
  };

  return {
    frame, setScene, setMarks, centreOn, compare, startPlacing, stopPlacing, nudge,
    placing: () => Boolean(placing), scene: () => scene, window: shown,
  };
};
