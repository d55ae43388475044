/* What was decided here: a log that is only added to, and undone from its end. The last word on a thing counts. */

const COLUMNS = [
  "kind", "id", "scene", "date", "image", "before", "date_before", "image_before", "class", "score", "length_m", "width_m",
  "heading_deg", "area_m2", "lon", "lat", "site_row", "site_col", "row", "col", "zone",
];
const VERDICTS = {
  object: ["accept", "reject", "unsure", "reclass", "move", "add"],
  change: ["accept", "reject", "unsure"],
  search: ["complete", "unsure"],
};
const SAID = {
  accept: "accepted", reject: "rejected", unsure: "cannot be told", reclass: "re-classed", move: "moved", add: "added",
  complete: "searched", disputed: "disputed",
};

/* To the second: finer times tell nothing. */
const timeOf = (date) => date.toISOString().replace(/\.\d+Z$/, "Z");
const uidOf = (about, row) => `${about} ${row.reviewer} ${row.time} ${row.review}`;
const aboutOf = (row) => (row.review === "add" ? `add ${row.scene} ${row.site_row} ${row.site_col} ${row.time}` : row.id);

const openDecisions = (data, keep) => {
  const images = new Set(data.scenes.map((s) => s.image));
  let log = keep.read();

  const here = () => log.filter((e) => images.has(e.image));
  const save = (change) => {
    log = change(keep.works() ? keep.read() : log);
    keep.write(log);
  };

  /* The last word on each thing, of anybody who decided in this browser. */
  const words = () => {
    const found = new Map();
    for (const e of here()) found.set(e.about, e);
    return found;
  };
  /* The last word of each reviewer on each thing: what a file says. */
  const standing = () => {
    const found = new Map();
    for (const e of here()) found.set(`${e.about}\n${e.reviewer}`, e);
    return [...found.values()].filter((e) => e.row).sort((a, b) => (a.row.time < b.row.time ? -1 : 1));
  };

  const add = (entries) => {
    save((before) => {
      const known = new Set(before.map((e) => e.uid));
      return [...before, ...entries.filter((e) => !known.has(e.uid))];
    });
  };
  const entry = (row, about) => ({
    uid: uidOf(about, row), at: new Date().toISOString(), about, reviewer: row.reviewer, image: row.image, row,
  });

  const decide = (thing, said) => {
    const row = { time: timeOf(new Date()) };
    for (const c of COLUMNS) if (thing[c] !== undefined) row[c] = thing[c];
    for (const [k, v] of Object.entries(said)) if (v !== "" && v !== undefined) row[k] = v;
    const about = thing.about ?? aboutOf(row);
    const made = entry(row, about);
    made.uid += ` ${made.at}`;
    add([made]);
    return about;
  };
  const note = (about, text) => {
    save((before) => before.map((e) => (e === before.findLast((x) => x.about === about) && e.row
      ? { ...e, at: new Date().toISOString(), row: { ...e.row, note: text } } : e)));
  };
  const takeBack = (about) => {
    const word = words().get(about);
    if (!word?.row) return;
    const at = new Date().toISOString();
    add([{ ...word, uid: `${about} back ${at}`, at, row: null }]);
  };
  const undo = () => {
    const undone = here().at(-1);
    if (undone) save((before) => before.filter((e) => e.uid !== undone.uid));
    return undone;
  };

  const file = () => ({
    format: data.format, site: data.site, exported: timeOf(new Date()), decisions: standing().map((e) => e.row),
  });
  const isDecision = (r) =>
    r !== null && typeof r === "object" && VERDICTS[r.kind]?.includes(r.review) && images.has(r.image) &&
    typeof r.reviewer === "string" && !Number.isNaN(Date.parse(r.time));
  /* Take a file that this page wrote; gives how many of its decisions are new here, and how many cannot be used. */
  const load = (text) => {
    const found = JSON.parse(text);
    if (found?.format !== data.format || !Array.isArray(found.decisions)) throw new Error("not a review that this page wrote");
    if (found.site !== data.site) throw new Error(`a review of another site: ${found.site}`);
    const good = found.decisions.filter(isDecision);
    const before = log.length;
    const told = new Set(standing().map((e) => uidOf(e.about, e.row)));
    add(good.map((row) => entry(row, aboutOf(row))).filter((e) => !told.has(e.uid)));
    return { taken: log.length - before, refused: found.decisions.length - good.length };
  };

  const exported = () => keep.get("exported") ?? "";
  return {
    words, standing, decide, note, takeBack, undo, file, load,
    forget: () => save((before) => before.filter((e) => !images.has(e.image))),
    reread: () => { log = keep.read(); },
    elsewhere: () => log.filter((e) => e.row && !images.has(e.image)).length,
    unsent: () => standing().filter((e) => e.at > exported()).length,
    sent: () => keep.put("exported", new Date().toISOString()),
    wasSent: (e) => e.at <= exported(),
  };
};
