/* Runs in <head>, before anything is painted: what only this browser remembers about the look.
 * Signed in, the server knows the theme and has already written it; before sign-in it is the last one used here. */

(() => {
  const root = document.documentElement;
  const media = { light: "not all", dark: "screen", system: "screen and (prefers-color-scheme: dark)" };
  const bars = { light: ["#f5f7f6", "#f5f7f6"], dark: ["#0d1110", "#0d1110"], system: ["#f5f7f6", "#0d1110"] };

  const read = (name) => {
    try { return localStorage.getItem(name); } catch { return null; }
  };

  /** Show `theme` ("light", "dark" or "system") now. */
  const show = (theme) => {
    root.dataset.theme = theme;
    document.getElementById("dark-theme").media = media[theme];
    document.querySelectorAll('meta[name="theme-color"]').forEach((meta, index) => { meta.content = bars[theme][index]; });
    window.dispatchEvent(new CustomEvent("houtai:theme", { detail: theme }));
  };

  window.houtaiTheme = { show, names: Object.keys(media) };
  root.classList.add("js");
  if (root.dataset.signedIn !== "yes" && read("houtai.theme") in media) show(read("houtai.theme"));
  if (read("houtai.sidebar") === "closed") root.dataset.sidebar = "closed";
})();
