/* Before and after: slider, side by side, blink; layers; places to look at. */

const BLINK_MS = 900;

const openPair = (pair) => {
  const stage = one(pair, ".stage");
  const cut = one(pair, ".cut");
  const divider = one(pair, ".divider");
  const size = { width: Number(pair.dataset.width), height: Number(pair.dataset.height), gsd: Number(pair.dataset.gsd) };
  const shown = openWindow(all(stage, ".frame"), size);
  let timer = 0;

  const divide = () => stage.style.setProperty("--cut", `${cut.value}%`);
  const setMode = (mode) => {
    stage.classList.remove("side", "slider", "blink", "off");
    stage.classList.add(mode);
    cut.hidden = divider.hidden = mode !== "slider";
    window.clearInterval(timer);
    if (mode === "blink") timer = window.setInterval(() => stage.classList.toggle("off"), BLINK_MS);
    press(all(pair, "[data-mode]"), (b) => b.dataset.mode === mode);
  };
  const visit = ({ row, col, side }) => {
    shown.centre(Number(row), Number(col), Math.min(size.width, 4 * Number(side)));
    stage.scrollIntoView({ block: "nearest" });
  };
  const ZOOMS = { in: () => shown.zoom(0.5), out: () => shown.zoom(2), whole: shown.reset };

  pair.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.mode) setMode(button.dataset.mode);
    if (button.dataset.zoom) ZOOMS[button.dataset.zoom]();
    if (button.dataset.row) visit(button.dataset);
  });
  stage.addEventListener("keydown", (event) => {
    if (event.target !== cut) shown.key(event);
  });
  pair.addEventListener("change", (event) => {
    const { layer } = event.target.dataset;
    if (!layer) return;
    for (const g of all(stage, `.layer.key-${layer}`)) g.classList.toggle("off", !event.target.checked);
  });
  cut.addEventListener("input", divide);

  stage.style.setProperty("--wide", `max(20rem, ${(88 * size.width) / size.height}vh)`);
  stage.tabIndex = 0;
  one(pair, ".controls").hidden = false;
  for (const b of all(pair, ".show")) b.hidden = false;
  divide();
  setMode("slider");
};

all(document, ".pair").forEach(openPair);
