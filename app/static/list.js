/* Lists: ticked rows and what to do with them, the ⋯ menu, opening a row, cards that unfold, the filter dialog. */

(() => {
  /* ---- Ticked rows ---------------------------------------------------------------------------------- */

  const bar = document.getElementById("bulk");
  const boxes = [...document.querySelectorAll('td.tick input[name="rowid"]')];
  const all = document.querySelector("[data-tick-all]");

  const showTicks = () => {
    const count = boxes.filter((box) => box.checked).length;
    bar.hidden = count === 0;
    bar.querySelector("[data-bulk-count]").textContent = houtai.text("selected", { n: count });
    bar.querySelectorAll("[data-bulk]").forEach((button) => { button.dataset.confirmNote = houtai.text("selected", { n: count }); });
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-ticked", box.checked));
    if (takeAll) {
      takeAll.hidden = count !== boxes.length;
      setTakesAll(takesAll && !takeAll.hidden);
    }
  };

  /* With everything on the page ticked, all that match the list can be taken instead: a page then asks, naming how many. */
  const takeAll = bar?.querySelector("[data-take-all]");
  const allText = takeAll?.textContent;
  let takesAll = false;
  const setTakesAll = (whole) => {
    takesAll = whole;
    bar.querySelector("[data-scope]").disabled = !whole;
    takeAll.textContent = whole ? takeAll.dataset.back : allText;
    bar.querySelector("[data-bulk-count]").textContent = whole ? allText : houtai.text("selected", { n: boxes.filter((box) => box.checked).length });
    bar.querySelectorAll("[data-bulk]").forEach((button) => {
      if (whole) button.setAttribute("formaction", takeAll.dataset.takeAll);
      else button.removeAttribute("formaction");
      // The page names the number and asks; a dialog before it would ask twice.
      if (button.dataset.confirm || button.dataset.confirmLater) {
        const [from, to] = whole ? ["confirm", "confirmLater"] : ["confirmLater", "confirm"];
        if (button.dataset[from]) { button.dataset[to] = button.dataset[from]; delete button.dataset[from]; }
      }
    });
  };
  takeAll?.addEventListener("click", () => setTakesAll(!takesAll));
  bar?.querySelector("[data-tick-all-that-match]")?.addEventListener("click", () => { tickAll(true); setTakesAll(true); });

  const tickAll = (checked) => {
    boxes.forEach((box) => { box.checked = checked; });
    showTicks();
  };

  if (bar) {
    let last = null;
    boxes.forEach((box, index) => box.addEventListener("click", (event) => {
      // Shift ticks everything between this row and the one ticked before.
      if (event.shiftKey && last !== null) {
        const [from, to] = [Math.min(last, index), Math.max(last, index)];
        boxes.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
      }
      last = index;
      showTicks();
    }));
    all.addEventListener("change", () => tickAll(all.checked));
    bar.querySelector("[data-untick]").addEventListener("click", () => tickAll(false));
    bar.querySelector("[data-tick-page]").addEventListener("click", () => tickAll(true));
    // The page may come back from the browser's history with boxes still ticked.
    addEventListener("pageshow", showTicks);
  }

  /* ---- Opening a row: a click anywhere on it that is not a click on something else ------------------ */

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-url]");
    if (!row || event.defaultPrevented || event.target.closest("a, button, input, label, summary, form, .fold, .acts, .tick")) return;
    if (String(getSelection()).length) return;
    if (event.ctrlKey || event.metaKey) open(row.dataset.url, "_blank", "noopener");
    else location.href = row.dataset.url;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fold]");
    if (!button) return;
    const isOpen = button.closest("tr").classList.toggle("is-open");
    button.setAttribute("aria-expanded", String(isOpen));
    button.querySelector("span").textContent = isOpen ? button.dataset.less : button.dataset.more;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-empties]");
    if (!button) return;
    const isOpen = button.closest(".facts-of").classList.toggle("shows-empty");
    button.setAttribute("aria-expanded", String(isOpen));
    button.querySelector("span").textContent = isOpen ? button.dataset.less : button.dataset.more;
  });

  /* ---- The ⋯ menu ----------------------------------------------------------------------------------- */

  const template = document.getElementById("row-menu");
  let panel = null;
  let opener = null;

  // A closed menu is only hidden: its button may still be waiting for the answer of the confirm dialog.
  const closeMenu = (refocus = false) => {
    if (!opener) return;
    panel.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    if (refocus) opener.focus();
    opener = null;
  };

  const openMenu = (button) => {
    opener = button;
    panel?.remove();
    panel = template.content.firstElementChild.cloneNode(true);
    const id = button.dataset.rowMenu;
    const title = button.closest("tr").querySelector(".title")?.textContent.trim() ?? "";
    panel.querySelectorAll("[data-href]").forEach((link) => { link.href = link.dataset.href.replace("{id}", id); });
    panel.querySelectorAll("[data-action]").forEach((item) => {
      item.setAttribute("formaction", item.dataset.action.replace("{id}", id));
      if (item.dataset.confirm) item.dataset.confirm = item.dataset.confirm.replace("{title}", title);
    });
    document.body.append(panel);
    const at = button.getBoundingClientRect();
    const size = panel.getBoundingClientRect();
    const below = at.bottom + 4 + size.height < innerHeight || at.top < size.height;
    const left = document.dir === "rtl" ? at.left : at.right - size.width;
    panel.style.top = `${below ? at.bottom + 4 : at.top - size.height - 4}px`;
    panel.style.left = `${Math.min(Math.max(8, left), innerWidth - size.width - 8)}px`;
    button.setAttribute("aria-expanded", "true");
    panel.querySelector(".menu-item")?.focus();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-row-menu]");
    const again = button && button === opener;
    if (opener && !panel.contains(event.target)) closeMenu();
    if (button && !again) openMenu(button);
  });
  document.addEventListener("submit", () => closeMenu());
  document.addEventListener("houtai:ask", () => closeMenu(true));
  addEventListener("resize", () => closeMenu());
  addEventListener("scroll", (event) => { if (opener && !panel.contains(event.target)) closeMenu(); }, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (!opener) return;
    const items = [...panel.querySelectorAll(".menu-item")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") closeMenu(true);
    else if (event.key === "Tab") closeMenu();
    else if (event.key === "ArrowDown") items[(at + 1) % items.length].focus();
    else if (event.key === "ArrowUp") items.at(at <= 0 ? -1 : at - 1).focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  });

  /* ---- Filters and search --------------------------------------------------------------------------- */

  // An address without the filters that were left empty can be read and sent to a colleague.
  document.addEventListener("submit", (event) => {
    if (!("tidy" in event.target.dataset)) return;
    const empty = [...event.target.elements].filter((input) => input.name && !input.value && !input.disabled);
    empty.forEach((input) => { input.disabled = true; });
    addEventListener("pageshow", () => empty.forEach((input) => { input.disabled = false; }), { once: true });
  });

  // A filter that could not be read: the panel is open again, at what is to be mended.
  houtai.enhance("dialog[data-open-now]", (dialog) => {
    dialog.showModal();
    dialog.querySelector('[aria-invalid="true"]')?.focus();
  });

  const quick = document.querySelector("[data-quick-search]");
  // The cross in the field empties it and shows the whole list again.
  quick?.addEventListener("search", () => { if (!quick.value && quick.defaultValue) quick.form.requestSubmit(); });

  /* ---- A head that stays in sight, where the table is not wider than its place ---------------------- */

  const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    target.classList.remove("fits");
    target.classList.toggle("fits", target.scrollWidth <= target.clientWidth);
  }));
  document.querySelectorAll(".list-wrap").forEach((wrap) => watcher.observe(wrap));
})();
