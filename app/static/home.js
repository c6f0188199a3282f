/* The home page: what was lately opened in this browser. */

(() => {
  houtai.enhance("[data-lately]", async (section) => {
    const answer = await houtai.places.ask(section.dataset.lately).catch(() => ({ recent: [] }));
    if (!answer.recent.length) return;
    const drawing = section.querySelector("template").content.firstElementChild;
    section.querySelector(".recent").append(...answer.recent.slice(0, 6).map(({ label, url, hint }) => houtai.make("a", { class: "recent-item", href: url },
      drawing.cloneNode(true), houtai.make("span", { class: "truncate" }, label), hint ? houtai.make("span", { class: "muted small" }, hint) : null)));
    section.hidden = false;
  });
})();
