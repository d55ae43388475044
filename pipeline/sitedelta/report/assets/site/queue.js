/* Which findings are gone through, and in which order. */

const PAGE = 100;
const ORDERS = {
  doubt: (a, b) => Math.abs((a.score ?? 0.5) - 0.5) - Math.abs((b.score ?? 0.5) - 0.5),
  score: (a, b) => (b.score ?? 2) - (a.score ?? 2),
  size: (a, b) => (b.length_m ?? Math.sqrt(b.area_m2 ?? 0)) - (a.length_m ?? Math.sqrt(a.area_m2 ?? 0)),
  place: (a, b) => a.place.row - b.place.row || a.place.col - b.place.col,
};

const openQueue = (root, data, { onFilter, onChoose }) => {
  const list = one(root, "[role=listbox]");
  const tally = one(root, ".tally");
  const field = (name) => one(root, `[data-filter=${name}]`);
  const fields = ["scene", "class", "zone", "state", "low", "high", "order"].map(field);
  let things = [];

  const options = (select, pairs) => select.append(...pairs.map(([value, text]) => make("option", { value }, text)));
  const seen = data.scenes.filter((s) => s.shown || data.rows.some((r) => r.scene === s.id && r.kind !== "search"));
  options(field("scene"), [...seen].reverse().map((s) => [s.id, s.said]));
  options(field("class"), [["", "all"], ...data.classes.map((c) => [c, c]), ["ground", "changed ground"]]);
  options(field("zone"), data.zones.map((z, n) => [n ? z.id : "", z.name]));
  for (const f of fields) f.addEventListener("input", onFilter);

  const passes = (t, stateOf) => {
    const [scene, label, zone, state, low, high] = fields.map((f) => f.value);
    const share = t.score ?? null;
    const scored = t.kind !== "object" || share === null || (share >= Number(low || 0) && share <= Number(high || 1));
    const now = stateOf(t);
    const wanted = !state || (state === "open" ? now === "open" : state === "disputed" ? now === "disputed" : now !== "open");
    return t.kind !== "search" && t.scene === scene && scored && wanted && (!label || t.now === label || t.class === label) && (!zone || t.zones.includes(zone));
  };
  const choose = (all_, stateOf) => {
    things = all_.filter((t) => passes(t, stateOf)).sort((a, b) => ORDERS[field("order").value](a, b) || (a.about < b.about ? -1 : 1));
  };

  const told = (t, stateOf) => {
    const state = stateOf(t);
    const size = t.length_m ? `${Math.round(t.length_m)} m` : t.area_m2 ? `${Math.round(t.area_m2)} m²` : "";
    const score = t.kind === "object" && t.score !== undefined ? `score ${t.score.toFixed(2)}` : "";
    return [[t.now === "ground" ? "changed ground" : t.now, size, score].filter(Boolean).join(", "), SAID[state] ?? "undecided", state];
  };
  const render = (stateOf, chosen) => {
    const at = Math.max(0, things.findIndex((t) => t.about === chosen));
    const from = Math.floor(at / PAGE) * PAGE;
    const some = things.slice(from, from + PAGE);
    list.replaceChildren(...some.map((t, n) => {
      const [what, state, key] = told(t, stateOf);
      const option = make("li", { role: "option", id: `finding-${from + n}`, "aria-selected": String(t.about === chosen), class: key },
        make("span", {}, what), make("span", { class: "state" }, state));
      option.addEventListener("click", () => onChoose(t.about));
      return option;
    }));
    const current = one(list, "[aria-selected=true]");
    if (current) {
      list.setAttribute("aria-activedescendant", current.id);
      list.scrollTop = clamp(list.scrollTop, current.offsetTop + current.offsetHeight - list.clientHeight, current.offsetTop);
    } else list.removeAttribute("aria-activedescendant");
    const left = things.filter((t) => stateOf(t) === "open").length;
    const part = things.length > PAGE ? `; ${from + 1} to ${from + some.length} are listed` : "";
    tally.textContent = things.length ? `${many(things.length, "finding")}, ${left} undecided${part}` : "No finding is left by this choice.";
  };

  /* The neighbour of a finding in the list; with `open`, the next one that is undecided. */
  const beside = (about, step, stateOf = null) => {
    const at = things.findIndex((t) => t.about === about);
    for (let n = at + step; n >= 0 && n < things.length; n += step) {
      if (!stateOf || stateOf(things[n]) === "open") return things[n].about;
    }
    return null;
  };
  const setScene = (id) => { field("scene").value = id; };
  return { list, choose, render, beside, setScene, scene: () => field("scene").value, zone: () => field("zone").value, first: () => things[0]?.about ?? null };
};
