/* Review: each finding can be accepted, rejected, re-classed or moved, and what is missing added. Nothing leaves the browser
   but by the file that the reader saves. */

const openReview = (root) => {
  const data = JSON.parse(document.getElementById("review-data").textContent);
  const keep = openKeep(`${data.format}/${data.site}`);
  const kept = openDecisions(data, keep);
  const part = (name) => one(root, `[data-part=${name}]`);
  const [who, what, note, say, file, text] = ["who", "what", "note", "say", "file", "text"].map(part);
  const state = { chosen: null, adding: null, moving: false, earlier: false, waiting: null };

  const rows = data.rows.map((r) => ({ ...r, about: r.id, zone: r.kind === "search" ? r.zones[0] : undefined }));
  const added = (words) => [...words.values()]
    .filter((e) => e.row?.review === "add").map((e) => ({ ...e.row, about: e.about, zones: [], own: true }));
  const placed = (thing, word) => {
    const row = word?.row ?? {};
    return {
      ...thing,
      now: row.new_class ?? thing.class,
      place: { row: row.new_row ?? thing.site_row, col: row.new_col ?? thing.site_col },
    };
  };
  let words = kept.words();
  let things = [];
  const gather = () => {
    words = kept.words();
    things = [...rows, ...added(words)].map((t) => placed(t, words.get(t.about)));
  };
  const find = (about) => things.find((t) => t.about === about) ?? null;
  const stateOf = (t) => words.get(t.about)?.row?.review ?? t.stands ?? "open";

  const tell = (message) => { say.textContent = message; };
  const bench = openBench(root, data, { onChoose: (about) => choose(about) });
  const queue = openQueue(root, data, { onFilter: () => { state.chosen = null; refilter(); }, onChoose: (about) => choose(about) });

  const keptText = () => {
    const unsent = kept.unsent();
    const away = kept.elsewhere();
    const others = away ? ` ${many(away, "decision")} about other images of a site with this id are kept here too, and left alone.` : "";
    if (!kept.standing().length) return `You have decided nothing yet.${others}`;
    const where = keep.works() ? "kept in this browser" : "kept only until this page is closed: this browser stores nothing for it";
    const open = unsent ? `${unsent} not exported yet` : "all exported";
    return `${many(kept.standing().length, "decision")}, ${where}; ${open}.${others}`;
  };
  const zoneName = (id) => data.zones.find((z) => z.id === id)?.name ?? id;

  const facts = (t) => {
    const size = [t.length_m && `${t.length_m.toFixed(1)} m long`, t.width_m && `${t.width_m.toFixed(1)} m wide`, t.area_m2 && `${Math.round(t.area_m2)} m²`];
    const place = t.lat !== undefined ? `${t.lat.toFixed(6)}, ${t.lon.toFixed(6)}` : `row ${Math.round(t.site_row)}, column ${Math.round(t.site_col)}`;
    const machine = t.score === undefined ? (t.own ? "added by you" : "added by a reviewer") : t.kind === "object" ? `score ${t.score.toFixed(2)}` : `${t.score.toFixed(1)} times the threshold`;
    const lines = [[...size, machine].filter(Boolean).join(", "), place, t.zones.map(zoneName).join(", ")];
    if (t.standing) lines.push(`In the report: ${t.standing}`);
    const word = words.get(t.about)?.row;
    if (word) lines.push(`Here: ${SAID[word.review]}${word.new_class ? ` as ${word.new_class}` : ""} by ${word.reviewer}, ${word.time.replace("T", " ").replace("Z", " UTC")}`);
    return lines.filter(Boolean);
  };
  const renderFacts = (t) => {
    one(what, "h3").textContent = t ? (t.kind === "change" ? "Changed ground" : `${t.now[0].toUpperCase()}${t.now.slice(1)}`) : "Nothing chosen";
    one(what, "ul").replaceChildren(...(t ? facts(t).map((line) => make("li", {}, line)) : []));
    note.value = t ? words.get(t.about)?.row?.note ?? "" : "";
    note.disabled = !t;
  };
  const renderButtons = (t) => {
    const mine = t ? words.get(t.about)?.row : null;
    for (const b of all(root, "[data-verdict]")) {
      b.disabled = !t || t.own || !VERDICTS[t.kind].includes(b.dataset.verdict) || b.dataset.class === t.class;
      b.setAttribute("aria-pressed", String(mine?.review === b.dataset.verdict && (mine.new_class ?? b.dataset.class) === b.dataset.class));
    }
    part("back").disabled = !mine;
    part("undo").disabled = !words.size;
    part("place").hidden = !bench.placing();
    for (const b of all(root, "[data-add]")) b.setAttribute("aria-pressed", String(state.adding === b.dataset.add));
  };
  const searchRow = (label) => rows.find((r) => r.kind === "search" && r.scene === queue.scene() && r.class === label && r.zone === (queue.zone() || "site"));
  const renderSearches = () => {
    const box = part("searches");
    const found = data.classes.map((label) => [label, searchRow(label)]).filter(([, row]) => row);
    box.replaceChildren(...found.map(([label, row]) => {
      const done = stateOf(row) === "complete";
      const b = make("button", { type: "button", "aria-pressed": String(done) }, `Searched: every ${label} of ${zoneName(row.zone)} is found or added`);
      b.addEventListener("click", () => searched(row, done));
      return b;
    }));
  };
  const render = () => {
    const t = find(state.chosen);
    queue.render(stateOf, state.chosen);
    bench.setScene(queue.scene());
    bench.setMarks(things, stateOf, state.chosen);
    renderFacts(t);
    renderButtons(t);
    renderSearches();
    part("kept").textContent = keptText();
    part("kept").classList.toggle("warn", !keep.works());
    part("export").disabled = !kept.standing().length;
    part("forget").disabled = !kept.standing().length;
  };
  const refilter = () => {
    cancel();
    gather();
    queue.choose(things, stateOf);
    const t = find(state.chosen);
    if (!t || t.scene !== queue.scene()) state.chosen = null;
    if (state.chosen === null && queue.first()) return choose(queue.first(), { quiet: true });
    return render();
  };
  const choose = (about, { quiet = false } = {}) => {
    cancel();
    state.chosen = about;
    const t = find(about);
    if (t && t.scene !== queue.scene()) {
      queue.setScene(t.scene);
      queue.choose(things, stateOf);
    }
    if (t) {
      bench.setScene(t.scene);
      bench.centreOn(t);
    }
    render();
    if (t && !quiet) tell(`${one(what, "h3").textContent}: ${facts(t)[0]}`);
  };

  /* A decision needs a name: ask for it, and go on with what was asked for once it is given. */
  const named = (act) => {
    const name = who.value.trim();
    if (name) return act(name);
    state.waiting = act;
    tell("Give your name first: a decision without a name cannot be used.");
    return who.focus();
  };
  const after = (message, about) => {
    gather();
    queue.choose(things, stateOf);
    tell(`${message[0].toUpperCase()}${message.slice(1)} ${queue.beside(null, 1, stateOf) ? "" : "Nothing undecided is left in this list."}`.trim());
    render();
    if (about) choose(about, { quiet: true });
  };
  const decide = (verdict, extra = {}) => {
    const t = find(state.chosen);
    if (!t || t.own || !VERDICTS[t.kind].includes(verdict)) return;
    named((reviewer) => {
      const next = queue.beside(t.about, 1, stateOf) ?? queue.beside(null, 1, (x) => (x.about === t.about ? "" : stateOf(x)));
      kept.decide(t, { review: verdict, reviewer, note: note.value.trim(), ...extra });
      after(`${t.now} ${SAID[verdict]}${extra.new_class ? ` as ${extra.new_class}` : ""}.`, next ?? t.about);
    });
  };
  const searched = (row, done) => named((reviewer) => {
    if (done && words.get(row.about)?.row) kept.takeBack(row.about);
    else kept.decide(row, { review: done ? "unsure" : "complete", reviewer });
    after(done ? "Taken back." : `${zoneName(row.zone)} is searched for ${row.class}.`);
  });

  const cancel = () => {
    if (bench.placing()) bench.stopPlacing();
    Object.assign(state, { adding: null, moving: false });
    if (state.earlier) compare(false);
  };
  const startMove = () => {
    const t = find(state.chosen);
    if (!t || t.own || !VERDICTS[t.kind].includes("move")) return;
    state.moving = true;
    bench.startPlacing(t.place);
    renderButtons(t);
    bench.frame.focus();
    tell("Click where it really is, or move the cross with the arrow keys; Enter confirms, Escape gives up.");
  };
  const startAdd = (label) => {
    if (!bench.scene()?.shown) return tell("There is no picture of this date to add to.");
    cancel();
    state.adding = label;
    bench.startPlacing(null);
    renderButtons(find(state.chosen));
    bench.frame.focus();
    return tell(`Click on the middle of the ${label}, or move the cross with the arrow keys; Enter adds it, Escape gives up.`);
  };
  const confirm = () => named((reviewer) => {
    const { adding, moving } = state;
    const place = bench.stopPlacing();
    cancel();
    if (!place) return;
    if (moving) {
      decide("move", { new_row: place.row, new_col: place.col });
      return;
    }
    const { id: scene, date, image } = bench.scene();
    const row = { kind: "object", scene, date, image, class: adding, site_row: place.row, site_col: place.col };
    const about = kept.decide(row, { review: "add", reviewer, note: "" });
    gather();
    queue.choose(things, stateOf);
    state.chosen = about;
    render();
    tell(`${adding[0].toUpperCase()}${adding.slice(1)} added.`);
  });
  const compare = (on) => {
    state.earlier = on;
    const other = bench.compare(on);
    part("compare").setAttribute("aria-pressed", String(on && Boolean(other)));
    if (on) tell(other ? `The same place on ${other.said}.` : "There is no earlier picture.");
    if (!other) state.earlier = false;
  };

  const undo = () => {
    const undone = kept.undo();
    if (!undone) return tell("There is nothing to undo.");
    const sent = kept.wasSent(undone) ? " It was exported already: where that file was imported, say \u201ccannot tell\u201d and export again." : "";
    after(`Undone.${sent}`, find(undone.about) || !undone.row ? undone.about : null);
    return null;
  };
  const takeBack = () => {
    if (!state.chosen || !words.get(state.chosen)?.row) return;
    kept.takeBack(state.chosen);
    after("Taken back.", state.chosen);
  };
  const save = () => {
    const written = `${JSON.stringify(kept.file(), null, 1)}\n`;
    const url = URL.createObjectURL(new Blob([written], { type: "application/json" }));
    const link = make("a", { href: url, download: `${data.site}-review.json` });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(url), 60000);
    text.value = written;
    part("fallback").hidden = false;
    kept.sent();
    render();
    tell(`${many(kept.standing().length, "decision")} exported to ${data.site}-review.json.`);
  };
  const load = async () => {
    const [given] = file.files;
    file.value = "";
    if (!given) return;
    try {
      const { taken, refused } = kept.load(await given.text());
      after(`${many(taken, "decision")} taken from ${given.name}${refused ? `; ${refused} could not be used` : ""}.`);
    } catch (error) {
      tell(`${given.name} cannot be used: ${error.message}`);
    }
  };
  const forget = () => {
    const b = part("forget");
    if (b.dataset.sure) {
      kept.forget();
      after("All decisions made here are forgotten.");
    }
    b.textContent = b.dataset.sure ? "Forget all" : "Really forget all?";
    if (b.dataset.sure) delete b.dataset.sure;
    else b.dataset.sure = "yes";
  };

  const step = (n) => {
    const next = queue.beside(state.chosen, n);
    if (next) choose(next);
  };
  const KEYS = {
    a: () => decide("accept"),
    r: () => decide("reject"),
    u: () => decide("unsure"),
    m: startMove,
    n: () => note.focus(),
    j: () => step(1),
    k: () => step(-1),
    e: () => compare(!state.earlier),
    t: takeBack,
    z: undo,
    Escape: () => { cancel(); render(); },
  };
  data.others.forEach((label, n) => { KEYS[n + 1] = () => decideClass(label); });
  const decideClass = (label) => {
    const t = find(state.chosen);
    if (t && t.kind === "object" && label !== t.class) decide("reclass", { new_class: label });
  };
  data.classes.forEach((label) => { KEYS[label[0].toUpperCase()] = () => startAdd(label); });
  const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  const onKey = (event) => {
    if (event.altKey || event.metaKey || (event.ctrlKey && event.key !== "z")) return;
    if (event.target.closest("input, textarea, select")) return;
    const arrow = ARROWS[event.key];
    if (bench.placing() && arrow) bench.nudge(...arrow.map((v) => v * (event.shiftKey ? 10 : 1)));
    else if (bench.placing() && event.key === "Enter" && !event.target.closest("button")) confirm();
    else if (event.target === queue.list && (event.key === "ArrowDown" || event.key === "ArrowUp")) step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.target === bench.frame && bench.window.key(event)) return;
    else if (KEYS[event.key]) KEYS[event.key]();
    else return;
    event.preventDefault();
  };

  root.addEventListener("keydown", onKey);
  root.addEventListener("click", (event) => {
    const b = event.target.closest("button");
    if (!b) return;
    const { verdict, class: label, add, zoom } = b.dataset;
    if (verdict === "move") startMove();
    else if (verdict === "reclass") decideClass(label);
    else if (verdict) decide(verdict);
    if (add) startAdd(add);
    if (zoom) ({ in: () => bench.window.zoom(0.5), out: () => bench.window.zoom(2), whole: bench.window.reset })[zoom]();
  });
  part("next").addEventListener("click", () => step(1));
  part("previous").addEventListener("click", () => step(-1));
  part("compare").addEventListener("click", () => compare(!state.earlier));
  part("confirm").addEventListener("click", confirm);
  part("cancel").addEventListener("click", () => { cancel(); render(); });
  part("undo").addEventListener("click", undo);
  part("back").addEventListener("click", takeBack);
  part("export").addEventListener("click", save);
  part("forget").addEventListener("click", forget);
  file.addEventListener("change", load);
  note.addEventListener("change", () => {
    if (!words.get(state.chosen)?.row) return;
    kept.note(state.chosen, note.value.trim());
    gather();
    render();
  });
  who.addEventListener("change", () => {
    keep.put("reviewer", who.value.trim());
    const act = state.waiting;
    state.waiting = null;
    if (act && who.value.trim()) act(who.value.trim());
  });
  window.addEventListener("beforeunload", (event) => {
    if (!keep.works() && kept.unsent()) event.preventDefault();
  });
  keep.onChange(() => { kept.reread(); refilter(); });

  who.value = keep.get("reviewer") ?? "";
  refilter();
};

/* Much of a page is never reviewed: nothing is drawn until it is asked for. */
const offerReview = (section) => {
  const open = one(section, "[data-part=open]");
  const desk = one(section, ".desk");
  open.hidden = false;
  open.addEventListener("click", () => {
    open.hidden = true;
    desk.hidden = false;
    openReview(desk);
    one(desk, "[data-part=who]").focus({ preventScroll: true });
  });
};
all(document, "#review").forEach(offerReview);
