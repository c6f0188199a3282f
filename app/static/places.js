/* Places one comes back to: the star beside a title, and what was lately opened in this browser.
 *
 * Only keys are kept here (`OrderScreen/7`), for each user; what they are called and whether one may still see them is
 * told by the server (app/lowcode/finding). */

houtai.places = (() => {
  const KEPT = 12;
  const name = `recent.${document.documentElement.dataset.user}`;
  const star = document.querySelector("[data-star]");
  const here = star?.dataset.star ?? document.querySelector(".nav-item[aria-current]")?.dataset.place;

  const recent = () => houtai.memory.get(name, []).filter((key) => typeof key === "string");
  const keep = (keys) => houtai.memory.set(name, keys.slice(0, KEPT));

  /** What the palette shows before anything is typed; what is gone is forgotten here as well. */
  const ask = async (url) => {
    const kept = recent();
    const answer = await houtai.getJson(`${url}?${new URLSearchParams(kept.map((key) => ["recent", key]))}`);
    keep(recent().filter((key) => !kept.includes(key) || answer.recent.some((place) => place.key === key)));
    return answer;
  };

  const showStar = (button, isOn) => {
    button.setAttribute("aria-pressed", String(isOn));
    button.value = isOn ? "0" : "1";
  };

  const markHere = (menu) => menu.querySelectorAll(".nav-item").forEach((link) => {
    if (link.dataset.place === here && !star?.dataset.star.includes("/")) link.setAttribute("aria-current", "page");
  });

  /** Pin or unpin; the menu follows at once. */
  const pin = async (key, isOn) => {
    const url = document.getElementById("palette").dataset.pinsUrl;
    const answer = await houtai.post(url, { key, pin: isOn ? "1" : "0" });
    document.getElementById("pinned").outerHTML = answer.menu;
    markHere(document.getElementById("pinned"));
    document.querySelectorAll("[data-star]").forEach((form) => {
      if (form.dataset.star === key) showStar(form.querySelector("button"), isOn);
    });
    return answer.message;
  };

  houtai.enhance("[data-star]", (form) => form.addEventListener("submit", (event) => {
    event.preventDefault();
    pin(form.dataset.star, event.submitter.value === "1").then((said) => houtai.toast(said), (error) => houtai.toast(error.message, "bad"));
  }));

  if (here) keep([here, ...recent().filter((key) => key !== here)]);

  return { here, ask, pin };
})();
