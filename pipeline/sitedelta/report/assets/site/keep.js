/* What this browser keeps between visits. Some browsers keep nothing for a page opened from disk: then only memory does. */

const isEntry = (e) =>
  e !== null && typeof e === "object" &&
  ["uid", "at", "about", "reviewer", "image"].every((k) => typeof e[k] === "string") &&
  (e.row === null || (typeof e.row === "object" && typeof e.row.review === "string" && typeof e.row.time === "string"));

const openKeep = (name) => {
  let works = true;
  const memory = new Map();

  const get = (key) => {
    try {
      return window.localStorage.getItem(`${name}/${key}`) ?? memory.get(key) ?? null;
    } catch {
      works = false;
      return memory.get(key) ?? null;
    }
  };
  const put = (key, text) => {
    memory.set(key, text);
    try {
      window.localStorage.setItem(`${name}/${key}`, text);
      works = window.localStorage.getItem(`${name}/${key}`) === text;
    } catch {
      works = false;
    }
  };
  const read = () => {
    try {
      const found = JSON.parse(get("log") ?? "[]");
      return Array.isArray(found) ? found.filter(isEntry) : [];
    } catch {
      return [];
    }
  };
  const onChange = (act) => window.addEventListener("storage", (e) => { if (e.key === `${name}/log`) act(); });

  put("probe", "kept");
  return { get, put, read, write: (log) => put("log", JSON.stringify(log)), onChange, works: () => works };
};
