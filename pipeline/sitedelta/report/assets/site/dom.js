/* Small helpers. Text only ever becomes text: nothing here, or that uses it, parses markup. */

const SVG = "http://www.w3.org/2000/svg";

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const one = (root, selector) => root.querySelector(selector);
const all = (root, selector) => [...root.querySelectorAll(selector)];

const press = (buttons, chosen) => {
  for (const b of buttons) b.setAttribute("aria-pressed", String(chosen(b)));
};
const many = (number, single, plural = `${single}s`) => `${number.toLocaleString("en")} ${number === 1 ? single : plural}`;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
