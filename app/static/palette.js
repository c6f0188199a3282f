/* The palette (Ctrl-K): finds pages and what can be done at once, and records by asking the server; before anything is
 * typed it shows what is pinned and what was lately opened.
 *
 * Pages come from the menu, what can be done on this page from its buttons, theme and language from the top bar: so the
 * palette offers what is there, and pressing it here is pressing it there. Everything else is asked for when the
 * palette opens, within the rights of whoever asks. */

(() => {
  const dialog = document.getElementById("palette");
  const input = document.getElementById("palette-input");
  const list = document.getElementById("palette-list");
  const pinButton = dialog.querySelector("[data-palette-pin]");
  const words = JSON.parse(dialog.dataset.words);
  const urls = dialog.dataset;
  const MOST = { page: 8, act: 6, command: 8, help: 4 };
  const HERE = ".page-actions :is(a, button), .toolbar :is(button, a.menu-item), #bulk button[data-bulk]";

  let start = { pinned: [], recent: [], commands: [], help: [] };
  let items = [];
  let chosen = 0;
  let asking = null;

  const say = (element) => (element.querySelector(".menu-word") ?? element).textContent.trim().replace(/\s+/g, " ");

  /* ---- What there is -------------------------------------------------------------------------------- */

  /** One entry for each, the first of those that `by` says are the same. */
  const once = (entries, by) => [...new Map(entries.toReversed().map((entry) => [by(entry), entry])).values()].toReversed();

  const pages = () => once([...document.querySelectorAll(".nav-item")].map((link) => ({
    key: link.dataset.place, label: link.textContent.trim(), url: link.getAttribute("href"), kind: "page",
    hint: link.closest("details")?.querySelector("summary").textContent.trim() ?? "",
  })), (page) => page.url);

  /** What the menu is called in which a button stands; empty where it is one of a person or of nothing but dots. */
  const menuOf = (element) => {
    const opener = element.closest("details")?.querySelector("summary");
    return opener?.matches(".user-button") ? "" : opener?.getAttribute("aria-label") ?? opener?.textContent.trim() ?? "";
  };

  /** The buttons of this page, and why those that cannot be used cannot. */
  const acts = () => once([...document.querySelectorAll(HERE)]
    .filter((element) => !element.closest("[hidden], .toolbar .only-phone") && say(element))
    .map((element) => ({ label: say(element), hint: element.dataset.why ?? menuOf(element), element, kind: "act" })), (act) => act.label);

  /** What the menus of the top bar offer: language, theme, the user's own pages, signing out. */
  const bar = () => [...document.querySelectorAll(".topbar .menu-panel .menu-item")].map((element) => ({
    label: say(element), element, kind: "command",
    hint: menuOf(element) || words.account,
  }));

  const commands = () => [...start.commands.map((entry) => ({ ...entry, kind: "command" })), ...bar()];
  const helps = () => start.help.map((entry) => ({ ...entry, kind: "help" }));

  /** Those in whose words every typed word is; those that begin with it come first. */
  const matching = (entries, term, kind) => {
    const typed = term.toLowerCase().split(/\s+/);
    const holds = (entry) => typed.every((word) => `${entry.label} ${entry.hint} ${entry.text ?? ""}`.toLowerCase().includes(word));
    const rank = (entry) => Number(entry.label.toLowerCase().startsWith(typed[0])) * 2 + Number(entry.label.toLowerCase().includes(typed[0]));
    return entries.filter(holds).sort((a, b) => rank(b) - rank(a)).slice(0, MOST[kind]);
  };

  /* ---- Showing it ----------------------------------------------------------------------------------- */

  const drawing = (kind) => document.getElementById(`palette-${kind}`).content.firstElementChild.cloneNode(true);
  const isPinned = (entry) => start.pinned.some((place) => place.key === entry.key);

  const pinOf = (entry) => {
    const button = drawing("pin");
    button.setAttribute("aria-pressed", String(isPinned(entry)));
    button.setAttribute("title", isPinned(entry) ? words.unpin : words.pin);
    button.addEventListener("click", () => turnPin(entry));
    return button;
  };

  const row = (entry) => {
    const place = items.length;
    const attributes = { class: "palette-item", role: "option", id: `palette-item-${place}`, tabindex: "-1", "aria-selected": "false" };
    const element = houtai.make(entry.url ? "a" : "div", { ...attributes, href: entry.url },
      drawing(entry.kind), houtai.make("span", { class: "palette-label" }, entry.label, entry.text ? houtai.make("small", {}, entry.text) : null),
      entry.hint ? houtai.make("span", { class: "palette-hint" }, entry.hint) : null);
    if (entry.element?.getAttribute("aria-disabled") === "true") element.setAttribute("aria-disabled", "true");
    element.addEventListener("click", (event) => { if (!entry.url) { event.preventDefault(); go(entry); } else if (!event.ctrlKey && !event.metaKey) dialog.close(); });
    items.push({ element, entry });
    return entry.key ? houtai.make("div", { class: "palette-row", role: "presentation" }, element, pinOf(entry)) : element;
  };

  const draw = (groups, note = "") => {
    const before = chosen ? items[chosen]?.element.textContent : null;
    items = [];
    list.replaceChildren(...groups.filter(([, entries]) => entries.length).map(([name, entries], place) => {
      const title = houtai.make("div", { class: "palette-group", id: `palette-group-${place}` }, name);
      return houtai.make("div", { role: "group", "aria-labelledby": title.id }, title, ...entries.map(row));
    }));
    dialog.querySelector("[data-palette-note]").textContent = note;
    input.setAttribute("aria-expanded", String(items.length > 0));
    // What was chosen by hand stays so while more comes in below it.
    choose(Math.max(items.findIndex(({ element }) => element.textContent === before), 0));
  };

  const choose = (index) => {
    items[chosen]?.element.setAttribute("aria-selected", "false");
    chosen = items.length ? (index + items.length) % items.length : 0;
    const element = items[chosen]?.element;
    element?.setAttribute("aria-selected", "true");
    if (chosen === 0) list.scrollTop = 0;
    else element?.scrollIntoView({ block: "nearest" });
    if (element) input.setAttribute("aria-activedescendant", element.id);
    else input.removeAttribute("aria-activedescendant");
    const entry = items[chosen]?.entry;
    pinButton.hidden = !entry?.key;
    if (entry?.key) pinButton.textContent = isPinned(entry) ? words.unpin : words.pin;
  };

  const found = (term) => [
    [words.pages, matching(pages(), term, "page")],
    [words.here, matching(acts(), term, "act")],
    [words.actions, matching(commands(), term, "command")],
  ];

  const byGroup = (records) => {
    const groups = new Map();
    for (const record of records) groups.set(record.group, [...(groups.get(record.group) ?? []), { ...record, kind: "record" }]);
    return [...groups];
  };

  const drawFound = (term, records, note) => {
    const groups = [...found(term), ...byGroup(records), [words.help, matching(helps(), term, "help")]];
    draw(groups, note ?? (groups.some(([, entries]) => entries.length) ? "" : words.nothing));
  };

  const ask = houtai.debounce(async (term) => {
    asking?.abort();
    asking = new AbortController();
    try {
      const records = await houtai.getJson(`${urls.searchUrl}?q=${encodeURIComponent(term)}`, { signal: asking.signal });
      if (term === input.value.trim()) drawFound(term, records);
    } catch (error) {
      if (error.name !== "AbortError" && term === input.value.trim()) drawFound(term, [], words.failed);
    }
  }, 180);

  const show = () => {
    const term = input.value.trim();
    asking?.abort();
    if (term) {
      drawFound(term, [], words.busy);
      ask(term);
      return;
    }
    const recent = start.recent.filter((place) => place.key !== houtai.places.here && !isPinned(place));
    draw([
      [words.pinned, start.pinned], [words.recent, recent.slice(0, 8).map((place) => ({ ...place, kind: "recent" }))],
      [words.here, acts().slice(0, MOST.act)], [words.pages, pages()],
    ]);
  };

  /* ---- Using it ------------------------------------------------------------------------------------- */

  const go = (entry, elsewhere = false) => {
    if (entry.url && elsewhere) window.open(entry.url, "_blank", "noopener");
    else if (entry.url) location.href = entry.url;
    dialog.close();
    if (entry.element) entry.element.click();
  };

  const turnPin = async (entry) => {
    const isOn = !isPinned(entry);
    try {
      await houtai.places.pin(entry.key, isOn);
    } catch (error) {
      houtai.toast(error.message, "bad");
      return;
    }
    const place = { ...entry, kind: entry.kind === "record" || entry.key.includes("/") ? "record" : "page" };
    start.pinned = isOn ? [...start.pinned, place] : start.pinned.filter((other) => other.key !== entry.key);
    const at = chosen;
    show();
    choose(Math.min(at, items.length - 1));
    input.focus();
  };

  const open = () => {
    if (dialog.open) return;
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    input.value = "";
    chosen = 0;
    show();
    dialog.showModal();
    input.focus();
    houtai.places.ask(urls.startUrl).then((answer) => {
      start = answer;
      if (dialog.open) show();
    }, () => { /* what the page itself offers is there all the same */ });
  };

  document.querySelectorAll("[data-palette-open]").forEach((button) => button.addEventListener("click", open));
  houtai.shortcut({ keys: "Control+k", label: words.title, run: open, always: true, group: "everywhere" });
  pinButton.addEventListener("click", () => turnPin(items[chosen].entry));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-palette-close]")) dialog.close();
  });
  input.addEventListener("input", () => { chosen = 0; show(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;      // Enter and arrows belong to the input method while it composes Chinese
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter") {
      if (items[chosen]) go(items[chosen].entry, event.ctrlKey || event.metaKey);
    } else return;
    event.preventDefault();
  });
})();
