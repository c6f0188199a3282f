/* The home page lists what was lately opened in this browser (kept by palette.js). */

(() => {
  const section = document.querySelector("[data-recent]");
  const recent = houtai.memory.get(houtai.recentKey, []).slice(0, 6);
  if (!recent.length) return;
  const drawing = section.querySelector("template").content.firstElementChild;
  section.querySelector(".recent").append(...recent.map(({ label, url, hint }) => houtai.make("a", { class: "recent-item", href: url },
    drawing.cloneNode(true), houtai.make("span", { class: "truncate" }, label), hint ? houtai.make("span", { class: "muted small" }, hint) : null)));
  section.hidden = false;
})();
