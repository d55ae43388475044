/* Counts over time: the drawing stands without a script; here it can be read date by date, and zoomed in time. */

const MOST_ZOOM = 60;

const openChart = (plot) => {
  const chart = one(plot, ".chart");
  const readout = one(plot, ".readout");
  const { from, to, first, last, base } = Object.fromEntries(Object.entries(chart.dataset).map(([k, v]) => [k, Number(v)]));
  const marks = all(chart, ".mark, .said").map((g) => ({ g, at: new Date(Number(g.dataset.at)), x: Number(g.dataset.x), y: Number(g.dataset.y) }));
  const time = d3.scaleUtc().domain([from, to]).range([first, last]);
  const width = chart.viewBox.baseVal.width;
  const runs = d3.groups(marks.filter((m) => m.g.dataset.run !== undefined), (m) => m.g.dataset.run);
  const lines = all(chart, ".run");
  const dates = one(chart, ".dates");
  const drawn = [...dates.childNodes];
  const steps = marks.filter((m) => m.g.matches(".mark")).sort((a, b) => a.at - b.at);
  let now = time;
  let near = null;

  const place = (m) => (from < to ? now(m.at) : m.x);
  const inside = (x) => x >= first - 14 && x <= last + 14;
  const render = () => {
    for (const m of marks) {
      m.g.setAttribute("transform", `translate(${place(m) - m.x} 0)`);
      m.g.toggleAttribute("hidden", !inside(place(m)));
    }
    runs.forEach(([, some], n) => lines[n]?.setAttribute("points", some.map((m) => `${place(m).toFixed(1)},${m.y}`).join(" ")));
    if (now === time) dates.replaceChildren(...drawn);
    else {
      dates.replaceChildren();
      d3.select(dates).append("g").attr("transform", `translate(0 ${base})`)
        .call(d3.axisBottom(now).ticks(5).tickSizeOuter(0)).selectAll("text").attr("font-size", null);
    }
    plot.classList.toggle("zoomed", now !== time);
  };
  const point = (m) => {
    near?.g.classList.remove("near");
    near = m;
    near?.g.classList.add("near");
    readout.textContent = m ? one(m.g, "title").textContent : "";
  };

  /* The lines may not reach beyond the axis when it is zoomed. */
  const clip = draw("clipPath", { id: `clip-${all(document, ".chart").indexOf(chart)}` }, draw("rect", { x: first - 14, y: 0, width: last - first + 28, height: base + 1 }));
  chart.append(clip);
  for (const line of lines) line.setAttribute("clip-path", `url(#${clip.id})`);

  if (from < to && steps.length > 1) {
    const zoom = d3.zoom()
      .scaleExtent([1, MOST_ZOOM])
      .extent([[first, 0], [last, base]])
      .translateExtent([[first, 0], [last, base]])
      .filter((e) => (e.type === "wheel" ? e.ctrlKey || e.metaKey : !e.button && (e.type === "dblclick" || e.touches?.length > 1 || now !== time)))
      .on("zoom", ({ transform }) => {
        now = transform.k > 1 ? transform.rescaleX(time) : time;
        render();
      });
    d3.select(chart).call(zoom);
    window.addEventListener("beforeprint", () => d3.select(chart).call(zoom.transform, d3.zoomIdentity));
    plot.addEventListener("keydown", (e) => {
      const factor = { "+": 2, "=": 2, "-": 0.5, 0: 0 }[e.key];
      if (factor === undefined || e.ctrlKey || e.metaKey) return;
      if (factor) d3.select(chart).call(zoom.scaleBy, factor, near ? [place(near), 0] : undefined);
      else d3.select(chart).call(zoom.transform, d3.zoomIdentity);
      e.preventDefault();
    });
  }
  chart.addEventListener("pointermove", (e) => {
    const [x] = d3.pointer(e, chart);
    point(d3.least(steps.filter((m) => inside(place(m))), (m) => Math.abs(place(m) - x)));
  });
  chart.addEventListener("pointerleave", () => point(null));
  plot.addEventListener("keydown", (e) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!step) return;
    point(steps[clamp(steps.indexOf(near) + step, 0, steps.length - 1)]);
    e.preventDefault();
  });
  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-label", "Counts, date by date: arrow keys; plus and minus zoom in time");
  readout.setAttribute("aria-live", "polite");
  readout.hidden = false;
  point(null);
};

all(document, ".plot").filter((plot) => plot.querySelector(".chart")).forEach(openChart);
