/* The home page: what waits for me, fetched once the page is there, and what was lately opened in this browser. */

(() => {
  const STALE = 60_000;       // milliseconds after which coming back to the page asks anew

  houtai.enhance("[data-waiting]", (holder) => {
    let asked = 0;
    const fill = async () => {
      asked = Date.now();
      holder.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(holder.dataset.waiting, { credentials: "same-origin" });
        // Whoever was signed out meanwhile is led to the sign-in page, which does not belong here.
        if (answer.ok && !answer.redirected) holder.innerHTML = await answer.text();
      } catch { /* the link to the list stays */ }
      holder.removeAttribute("aria-busy");
    };
    fill();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && Date.now() - asked > STALE) fill();
    });
  });

  houtai.enhance("[data-lately]", async (section) => {
    const answer = await houtai.places.ask(section.dataset.lately).catch(() => ({ recent: [] }));
    if (!answer.recent.length) return;
    const drawing = section.querySelector("template").content.firstElementChild;
    section.querySelector(".recent").append(...answer.recent.slice(0, 6).map(({ label, url, hint }) => houtai.make("a", { class: "recent-item", href: url },
      drawing.cloneNode(true), houtai.make("span", { class: "truncate" }, label), hint ? houtai.make("span", { class: "muted small" }, hint) : null)));
    section.hidden = false;
  });
})();
