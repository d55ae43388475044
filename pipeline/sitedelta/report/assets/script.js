"use strict";
(() => {
  const steps = [1, 2, 5];
  const niceBar = (most) => {
    const decade = 10 ** Math.floor(Math.log10(most));
    return steps.map((s) => s * decade).filter((v) => v <= most * 1.000001).pop();
  };
  const said = (m) => (m >= 1000 ? `${m / 1000} km` : `${Number(m.toPrecision(3))} m`);

  const begin = (pair) => {
    const stage = pair.querySelector(".stage");
    const cut = pair.querySelector(".cut");
    const divider = pair.querySelector(".divider");
    const frames = [...stage.querySelectorAll(".frame")];
    const width = Number(pair.dataset.width);
    const height = Number(pair.dataset.height);
    const gsd = Number(pair.dataset.gsd);
    let view = { x: 0, y: 0, w: width, h: height };
    let timer = 0;

    const divide = () => stage.style.setProperty("--cut", `${cut.value}%`);

    const setMode = (mode) => {
      stage.classList.remove("side", "slider", "blink", "off");
      stage.classList.add(mode);
      cut.hidden = divider.hidden = mode !== "slider";
      window.clearInterval(timer);
      if (mode === "blink") timer = window.setInterval(() => stage.classList.toggle("off"), 900);
      for (const b of pair.querySelectorAll("[data-mode]")) b.setAttribute("aria-pressed", String(b.dataset.mode === mode));
    };

    const look = (x, y, w) => {
      const wide = Math.min(width, Math.max(24, w));
      const tall = (wide * height) / width;
      view = { x: Math.min(Math.max(0, x), width - wide), y: Math.min(Math.max(0, y), height - tall), w: wide, h: tall };
      const bar = niceBar(wide * gsd * 0.25);
      for (const frame of frames) {
        frame.querySelector(".image").setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
        frame.querySelector(".bar").setAttribute("width", `${(100 * bar) / (wide * gsd)}%`);
        frame.querySelector(".furniture text").textContent = said(bar);
      }
      stage.classList.toggle("zoomed", wide < width);
    };
    const zoom = (factor, cx = 0.5, cy = 0.5) => {
      const w = view.w * factor;
      look(view.x + cx * (view.w - w), view.y + cy * (view.h - w * (height / width)), w);
    };

    const drag = (frame) => {
      let from = null;
      frame.addEventListener("pointerdown", (e) => {
        if (view.w >= width) return;
        from = { px: e.clientX, py: e.clientY, x: view.x, y: view.y };
        frame.setPointerCapture(e.pointerId);
      });
      frame.addEventListener("pointermove", (e) => {
        if (!from) return;
        const scale = view.w / frame.clientWidth;
        look(from.x - (e.clientX - from.px) * scale, from.y - (e.clientY - from.py) * scale, view.w);
      });
      for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => { from = null; });
      frame.addEventListener("dblclick", (e) => {
        const box = frame.getBoundingClientRect();
        zoom(0.5, (e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height);
      });
    };

    stage.style.setProperty("--wide", `max(20rem, ${(88 * width) / height}vh)`);
    pair.querySelector(".controls").hidden = false;
    cut.addEventListener("input", divide);
    frames.forEach(drag);
    pair.addEventListener("click", (e) => {
      const button = e.target.closest("button");
      if (!button) return;
      if (button.dataset.mode) setMode(button.dataset.mode);
      if (button.dataset.zoom === "in") zoom(0.5);
      if (button.dataset.zoom === "out") zoom(2);
      if (button.dataset.zoom === "whole") look(0, 0, width);
      if (button.dataset.row) {
        const w = Math.min(width, 4 * Number(button.dataset.side));
        look(Number(button.dataset.col) - w / 2, Number(button.dataset.row) - (w * height) / width / 2, w);
        stage.scrollIntoView({ block: "nearest" });
      }
    });
    pair.addEventListener("change", (e) => {
      const layer = e.target.dataset.layer;
      if (!layer) return;
      for (const g of stage.querySelectorAll(`.layer.key-${layer}`)) g.classList.toggle("off", !e.target.checked);
    });
    for (const b of pair.querySelectorAll(".show")) b.hidden = false;
    window.addEventListener("beforeprint", () => look(0, 0, width));
    divide();
    setMode("slider");
  };

  document.querySelectorAll(".pair").forEach(begin);
})();
