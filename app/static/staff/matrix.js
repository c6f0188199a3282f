/* The table of permissions of a role: toggles for a row, a column, a module and all; a summary of what will change, shown
 * again before it is saved. Without this script the boxes and the button work all the same. */

(() => {
  const form = document.getElementById("matrix");
  if (!form) return;
  const dialog = document.getElementById("matrix-changes");
  const summary = form.querySelector("[data-summary]");
  const boxes = [...form.querySelectorAll('input[name="box"]')];
  const was = (box) => box.hasAttribute("data-was");
  const view = (row) => row.querySelector('input[value^="can_view:"]');
  let agreed = false;

  /** The boxes that a toggle stands for, those out of reach and hidden by the search left out. */
  const scope = (toggle) => {
    const row = toggle.closest("[data-row]");
    const table = toggle.closest("table");
    let found = boxes;
    if ("toggleRow" in toggle.dataset) found = [...row.querySelectorAll('input[name="box"]')];
    else if ("toggleColumn" in toggle.dataset) found = [...table.querySelectorAll(`td[data-column="${toggle.dataset.toggleColumn}"] input[name="box"]`)];
    else if ("toggleGroup" in toggle.dataset) found = [...table.querySelectorAll('input[name="box"]')];
    return found.filter((box) => !box.disabled && !box.closest("[data-row]").hidden);
  };
  const toggles = [...form.querySelectorAll("[data-toggle-row], [data-toggle-column], [data-toggle-group], [data-toggle-all]")];

  /** Whoever may change something on a screen must be able to see it, and who cannot see it can do nothing there. */
  const keepSense = (box) => {
    const row = box.closest("[data-row]");
    const seeing = view(row);
    if (!seeing || seeing.disabled) return;
    if (box !== seeing && box.checked) seeing.checked = true;
    if (box === seeing && !box.checked) row.querySelectorAll('input[name="box"]:not(:disabled)').forEach((other) => { other.checked = false; });
  };

  const changes = () => ({
    given: boxes.filter((box) => box.checked && !was(box)),
    taken: boxes.filter((box) => !box.checked && was(box)),
  });

  const show = () => {
    for (const toggle of toggles) {
      const found = scope(toggle);
      const ticked = found.filter((box) => box.checked).length;
      toggle.checked = found.length > 0 && ticked === found.length;
      toggle.indeterminate = ticked > 0 && ticked < found.length;
      toggle.disabled = found.length === 0;
    }
    for (const module of form.querySelectorAll(".matrix-module")) {
      const own = [...module.querySelectorAll('input[name="box"]')];
      module.querySelector("[data-count]").textContent = `${own.filter((box) => box.checked).length} / ${own.length}`;
    }
    for (const box of boxes) box.classList.toggle("is-changed", box.checked !== was(box));
    if (summary) {
      const { given, taken } = changes();
      summary.hidden = given.length + taken.length === 0;
      summary.textContent = houtai.text("matrix_summary", { given: given.length, taken: taken.length });
    }
  };

  form.addEventListener("change", (event) => {
    const target = event.target;
    if (toggles.includes(target)) {
      scope(target).forEach((box) => { box.checked = target.checked; keepSense(box); });
    } else if (target.name === "box") {
      keepSense(target);
    }
    show();
  });

  form.querySelector("[data-find]")?.addEventListener("input", (event) => {
    const term = event.target.value.trim().toLowerCase();
    for (const module of form.querySelectorAll(".matrix-module")) {
      const rows = [...module.querySelectorAll("[data-row]")];
      rows.forEach((row) => { row.hidden = !row.dataset.name.includes(term); });
      module.hidden = rows.every((row) => row.hidden);
    }
    show();
  });
  form.querySelector("[data-find]")?.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });

  const list = (part, found) => {
    const section = dialog.querySelector(`[data-${part}]`);
    section.hidden = found.length === 0;
    section.querySelector("ul").replaceChildren(...found.map((box) => {
      const item = document.createElement("li");
      item.textContent = box.dataset.label;
      return item;
    }));
  };

  form.addEventListener("submit", (event) => {
    const { given, taken } = changes();
    if (agreed || given.length + taken.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    list("given", given);
    list("taken", taken);
    dialog.showModal();
    dialog.querySelector("[data-yes]").focus();
  }, true);
  dialog.querySelector("[data-yes]").addEventListener("click", () => {
    agreed = true;
    dialog.close();
    form.requestSubmit(form.querySelector("[data-save]"));
  });
  dialog.querySelector("[data-no]").addEventListener("click", () => dialog.close());

  show();
})();
