/* The palette: Ctrl-K (or ⌘K) finds pages of the menu at once and records by asking the server. */

(() => {
  const dialog = document.getElementById("palette");
  const input = document.getElementById("palette-input");
  const list = document.getElementById("palette-list");
  const words = dialog.dataset;
  const KEPT = 8;

  const pages = [...document.querySelectorAll(".nav-item")].map((link) => ({
    label: link.textContent.trim(), url: link.getAttribute("href"),
    hint: link.closest("details")?.querySelector("summary").textContent.trim() ?? "", kind: "page",
  }));
  let items = [];
  let chosen = 0;
  let asking = null;

  const drawing = (kind) => document.getElementById(`palette-${kind}`).content.firstElementChild.cloneNode(true);

  const draw = (groups, note = "") => {
    items = [];
    list.replaceChildren();
    for (const [name, entries] of groups) {
      if (!entries.length) continue;
      list.append(houtai.make("div", { class: "palette-group", role: "presentation" }, name));
      for (const entry of entries) {
        const element = houtai.make("a", { class: "palette-item", role: "option", id: `palette-${items.length}`, href: entry.url, tabindex: "-1" },
          drawing(entry.kind), houtai.make("span", {}, entry.label), entry.hint ? houtai.make("span", { class: "palette-hint" }, entry.hint) : null);
        element.addEventListener("click", () => remember(entry));
        items.push({ element, entry });
        list.append(element);
      }
    }
    if (note) list.append(houtai.make("p", { class: "palette-note", role: "status" }, note));
    choose(0);
  };

  const choose = (index) => {
    items[chosen]?.element.setAttribute("aria-selected", "false");
    chosen = items.length ? (index + items.length) % items.length : 0;
    const element = items[chosen]?.element;
    element?.setAttribute("aria-selected", "true");
    element?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", element?.id ?? "");
  };

  const remember = ({ label, url, hint }) => {
    const others = houtai.memory.get(houtai.recentKey, []).filter((entry) => entry.url !== url);
    houtai.memory.set(houtai.recentKey, [{ label, url, hint: hint ?? "" }, ...others].slice(0, KEPT));
  };

  /** Pages whose words hold every typed word; those that begin with it come first. */
  const matchingPages = (term) => {
    const typed = term.toLowerCase().split(/\s+/).filter(Boolean);
    const found = pages.filter((page) => typed.every((word) => `${page.label} ${page.hint}`.toLowerCase().includes(word)));
    const begins = (page) => page.label.toLowerCase().startsWith(typed[0] ?? "");
    return found.sort((a, b) => begins(b) - begins(a)).slice(0, 8);
  };

  const byGroup = (records) => {
    const groups = new Map();
    for (const record of records) {
      groups.set(record.group, [...(groups.get(record.group) ?? []), { ...record, kind: "record" }]);
    }
    return [...groups];
  };

  const ask = houtai.debounce(async (term) => {
    asking?.abort();
    asking = new AbortController();
    try {
      const records = await houtai.getJson(`${words.searchUrl}?q=${encodeURIComponent(term)}`, { signal: asking.signal });
      if (term !== input.value.trim()) return;
      const found = matchingPages(term);
      draw([[words.pages, found], ...byGroup(records)], found.length || records.length ? "" : words.nothing);
    } catch (error) {
      if (error.name !== "AbortError" && term === input.value.trim()) draw([[words.pages, matchingPages(term)]], words.failed);
    }
  }, 180);

  const show = () => {
    const term = input.value.trim();
    if (!term) {
      asking?.abort();
      const recent = houtai.memory.get(houtai.recentKey, []).map((entry) => ({ ...entry, kind: "recent" }));
      draw([[words.recent, recent], [words.pages, pages.slice(0, recent.length ? 40 : 60)]]);
      return;
    }
    const found = matchingPages(term);
    draw([[words.pages, found]], found.length ? "" : words.busy);
    ask(term);
  };

  const open = () => {
    if (dialog.open) return;
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    input.value = "";
    show();
    dialog.showModal();
    input.focus();
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.querySelectorAll("[data-palette-open]").forEach((button) => button.addEventListener("click", open));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-palette-close]")) dialog.close();
  });
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;      // Enter and arrows belong to the input method while it composes Chinese
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter") {
      const item = items[chosen];
      if (!item) return;
      remember(item.entry);
      if (event.ctrlKey || event.metaKey) window.open(item.entry.url, "_blank", "noopener");
      else location.href = item.entry.url;
      dialog.close();
    } else return;
    event.preventDefault();
  });

  // The pages one opens are those one wants back: remember this one.
  const here = document.querySelector(".nav-item[aria-current]");
  const title = document.querySelector("h1")?.textContent.trim();
  if (title && here && /\/show\//.test(location.pathname)) remember({ label: title, url: location.pathname, hint: here.textContent.trim() });
})();
