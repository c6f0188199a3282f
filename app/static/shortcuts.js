/* Keyboard shortcuts: one registry for the whole page, and the sheet (?) that lists it.
 *
 * What can be pressed says its keys where it is drawn: `data-keys="n"` on a button, link or field, `data-go="o"` on an entry
 * of the menu for `g` then `o`. A script adds what has no button: `houtai.shortcut({ keys, label, run })`. The sheet shows
 * what the page at hand has, so no list is written twice.
 *
 * Single keys do nothing while somebody types, while a dialog is open, and for whoever has switched them off. What is
 * pressed together with Control (⌘ on a Mac) works everywhere. */

(() => {
  const root = document.documentElement;
  const sheet = document.getElementById("shortcuts");
  const words = JSON.parse(sheet.dataset.words);
  const added = [];
  const PATIENCE = 1500;      // milliseconds between g and the letter after it
  const TYPED = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
  let before = "";
  let timer;

  /** Add a shortcut; `when()` says whether the page has it now, `always` that it also works while somebody types. */
  houtai.shortcut = (entry) => added.push({ when: () => true, always: false, ...entry });

  const isSwitchedOn = () => root.dataset.shortcuts !== "off";
  const wordsOf = (element) => element.dataset.keysLabel ?? element.getAttribute("aria-label") ?? element.textContent.trim().replace(/\s+/g, " ");

  const use = (element) => {
    if (element.matches(TYPED)) {
      element.select?.();
      element.focus();
    } else element.click();
  };

  /** All that the page at hand has: `{ keys, label, group, run, always }`. */
  const known = () => {
    const drawn = [...document.querySelectorAll("[data-keys]")].filter((element) => !element.closest("[hidden], dialog"));
    const goals = [...document.querySelectorAll(".nav-item[data-go]")];
    return [
      ...drawn.flatMap((element) => element.dataset.keys.split(" ").map((keys) => ({
        keys, label: wordsOf(element), group: "here", run: () => use(element), always: keys.includes("+"),
      }))),
      ...added.filter((entry) => entry.when()).map((entry) => ({ group: "here", ...entry })),
      ...goals.map((link) => ({ keys: `g ${link.dataset.go}`, label: link.textContent.trim(), group: "go", run: () => link.click() })),
    ];
  };

  const pressed = (event) => (event.ctrlKey || event.metaKey ? `Control+${event.key.length === 1 ? event.key.toLowerCase() : event.key}` : event.key);

  const find = (event) => {
    const key = pressed(event);
    const held = key.startsWith("Control+");
    if (held || !isSwitchedOn() || event.target.closest(TYPED) || document.querySelector("dialog[open]")) {
      before = "";
      return known().find((entry) => entry.always && entry.keys === key);
    }
    const sequence = before ? `${before} ${key}` : key;
    clearTimeout(timer);
    before = !before && key === "g" ? "g" : "";
    if (before) timer = setTimeout(() => { before = ""; }, PATIENCE);
    return known().find((entry) => entry.keys === sequence);
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.defaultPrevented || event.key === "Shift") return;
    const entry = find(event);
    if (!entry) return;
    event.preventDefault();
    entry.run();
  });

  /* ---- Rows of a list ------------------------------------------------------------------------------- */

  // The link in a row's title takes the focus: it is read aloud, and Enter opens it as it always does.
  const titleOf = (row) => row.querySelector("a[id]") ?? row.querySelector("td:not(.acts) a") ?? row.querySelector("input");
  const titles = () => [...document.querySelectorAll("[data-records] tbody tr")].map(titleOf).filter(Boolean);
  const rowAtHand = () => document.activeElement.closest?.("[data-records] tbody tr");
  const step = (by) => {
    const found = titles();
    const at = found.findIndex((title) => title.closest("tr") === rowAtHand());
    const next = found[at < 0 ? (by > 0 ? 0 : found.length - 1) : Math.min(Math.max(at + by, 0), found.length - 1)];
    next.focus();
    next.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const hasRows = () => document.querySelector("[data-records] tbody tr") !== null;
  houtai.shortcut({ keys: "j", label: words.next, group: "list", when: hasRows, run: () => step(1) });
  houtai.shortcut({ keys: "k", label: words.previous, group: "list", when: hasRows, run: () => step(-1) });
  houtai.shortcut({ keys: "x", label: words.tick, group: "list", when: () => document.querySelector("[data-records] .tick input") !== null,
    run: () => rowAtHand()?.querySelector(".tick input")?.click() });

  /* ---- The sheet ------------------------------------------------------------------------------------ */

  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const cap = (key) => ({ Control: isMac ? "⌘" : "Ctrl", " ": words.space }[key] ?? (key.length === 1 && key !== "?" ? key.toUpperCase() : key));
  const caps = (keys) => keys.split(" ").flatMap((part, place) => [
    ...(place ? [` ${words.then} `] : []),
    ...part.split("+").flatMap((key, at) => [...(at ? [" + "] : []), houtai.make("kbd", {}, cap(key))]),
  ]);

  const list = () => {
    // What belongs to reading a list and to every dialog is done by the browser itself; it is only told here.
    const told = [
      ...known(),
      ...(hasRows() ? [{ keys: "Enter", label: words.open, group: "list" }] : []),
      { keys: "Escape", label: words.close, group: "everywhere" },
    ];
    const line = (entry) => houtai.make("div", {}, houtai.make("dt", {}, ...caps(entry.keys)), houtai.make("dd", {}, entry.label));
    const shown = [["here", words.here], ["list", words.list], ["go", words.go], ["everywhere", words.everywhere]]
      .map(([group, title]) => [title, told.filter((entry) => entry.group === group)]).filter(([, entries]) => entries.length);
    sheet.querySelector("[data-sheet-keys]").replaceChildren(...shown.map(([title, entries]) => houtai.make("section", {},
      houtai.make("h3", {}, title), houtai.make("dl", { class: "keys" }, ...entries.map(line)))));
    const isOn = isSwitchedOn();
    sheet.querySelector("[data-sheet-off]").hidden = isOn;
    sheet.querySelector("[data-sheet-switch]").textContent = isOn ? words.off : words.on;
  };

  const open = () => {
    list();
    if (!sheet.open) sheet.showModal();
  };

  document.querySelectorAll("[data-shortcuts-open]").forEach((button) => button.addEventListener("click", open));
  houtai.shortcut({ keys: "?", label: words.sheet, group: "everywhere", run: open });
  sheet.querySelector("[data-sheet-switch]").addEventListener("click", async () => {
    const isOn = !isSwitchedOn();
    try {
      await houtai.postJson(sheet.dataset.preferencesUrl, { shortcuts: isOn ? "on" : "off" });
    } catch (error) {
      houtai.toast(error.message, "bad");
      return;
    }
    if (isOn) delete root.dataset.shortcuts;
    else root.dataset.shortcuts = "off";
    list();
  });
})();
