/* Cells that are edited where they stand: <div data-cells="/skus/cell/"> around the table, <td data-cell="price"> in a row.
 *
 * The pencil, or Enter or F2 on it, fetches the editor: a small form with the control of the big one and the version of
 * its value. Enter saves, Esc gives up, Tab saves and goes to the next such cell of the row; the arrows go from pencil to
 * pencil in a column. What is refused is said in the cell, and what was typed stays. A switch saves at once. */

(() => {
  const tools = document.getElementById("cell-tools");
  if (!tools) return;
  const tool = (selector) => tools.content.querySelector(selector).cloneNode(true);

  /* ---- A row and its cells -------------------------------------------------------------------------- */

  const heads = (cell) => [...cell.closest("table").tHead.querySelectorAll("[data-column]")];
  const columns = (cell) => heads(cell).map((head) => head.dataset.column);
  const cellsOf = (row) => [...row.querySelectorAll("[data-cell]")].filter((cell) => cell.offsetParent);
  const addressOf = (cell) => `${cell.closest("[data-cells]").dataset.cells}${cell.closest("tr").dataset.url.split("/").pop()}/${cell.dataset.cell}`;
  const switchOf = (cell) => cell.querySelector("input[data-switch]");

  const nameOf = (cell) => houtai.text("cell_change", {
    column: cell.dataset.label,
    title: cell.closest("tr").querySelector(".title .cell-value, .title a, .title")?.textContent.trim() ?? "",
  });

  const wake = (cell) => {
    const toggle = switchOf(cell);
    if (!toggle) return;
    toggle.disabled = false;
    toggle.setAttribute("aria-label", nameOf(cell));
  };

  houtai.enhance("[data-cells] [data-cell]", (cell) => {
    const value = houtai.make("span", { class: "cell-value" });
    value.append(...cell.childNodes);
    cell.append(value);
    wake(cell);
    if (switchOf(cell)) return;
    const pencil = tool("[data-cell-open]");
    pencil.setAttribute("aria-label", nameOf(cell));
    pencil.title = cell.dataset.label;
    // Before a figure, so that figures stay in line with each other.
    if (cell.classList.contains("num")) cell.prepend(pencil);
    else cell.append(pencil);
  });

  /** Show the row as the server has drawn it. */
  const redraw = (row, cells) => {
    const own = heads(row.cells[0]).map((head) => [head.dataset.column, row.cells[head.cellIndex]]);
    for (const [column, cell] of own) {
      if (!(column in cells)) continue;
      const value = cell.querySelector(":scope > .cell-value") ?? cell;
      const link = [...value.children].find((child) => child.matches("a") && child.getAttribute("href") === row.dataset.url);
      (link ?? value).innerHTML = cells[column];
      if (cell.dataset.cell) wake(cell);
    }
  };

  /** Send a value; the row is drawn anew, and a message offers to take it back. */
  const send = async (cell, fields) => {
    fields.set("_columns", columns(cell).join(","));
    const answer = await houtai.post(addressOf(cell), fields);
    redraw(cell.closest("tr"), answer.cells);
    houtai.toast(answer.text, "good", answer.undo && undoButton(cell, answer.undo));
  };

  const undoButton = (cell, { url, fields }) => {
    const button = tool("[data-toast-act]");
    button.addEventListener("click", async () => {
      const back = new FormData();
      for (const [name, value] of [...fields, ["_columns", columns(cell).join(",")]]) back.append(name, value);
      try {
        const answer = await houtai.post(url, back);
        redraw(cell.closest("tr"), answer.cells);
        houtai.toast(answer.text);
      } catch (error) {
        if (error.body?.cells) redraw(cell.closest("tr"), error.body.cells);
        houtai.toast(error.message, "bad");
      }
    });
    return button;
  };

  const say = (cell, message) => {
    cell.querySelector(".cell-said")?.remove();
    if (message) cell.append(houtai.make("p", { class: "field-error cell-said", role: "alert" }, message));
  };

  /* ---- The editor; there is one at a time ----------------------------------------------------------- */

  let open = null;

  class Editor {
    constructor(cell, form) {
      this.cell = cell;
      this.form = form;
      this.said = form.querySelector("#cell-said");
      this.control = form.querySelector("#cell-editor");
      cell.classList.add("is-editing");
      cell.append(form);
      houtai.enhanceIn(form);
      this.was = this.control.value;
      form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
      form.addEventListener("houtai:settled", () => { this.was = this.control.value; });
      form.addEventListener("keydown", (event) => this.press(event));
      form.querySelector("[data-cell-cancel]").addEventListener("click", () => this.close());
      this.tellNews();
      this.place();
      this.control.focus();
      this.control.select?.();
    }

    get isChanged() { return this.control.value !== this.was || !this.said.hidden; }

    /** Whoever opens a cell of an old list is told if it shows another value by now. */
    tellNews() {
      const now = this.form.querySelector("[data-cell-now]").content.textContent.trim();
      const shown = this.cell.querySelector(".cell-value").textContent.trim();
      if (now !== shown) this.say(houtai.text("cell_moved_on"), false);
    }

    say(message, isWrong = true) {
      this.said.textContent = message;
      this.said.hidden = !message;
      this.said.classList.toggle("is-news", !isWrong);
      if (isWrong) this.control.setAttribute("aria-invalid", "true");
      this.place();
    }

    /** Over its cell, on the window, so that no column moves; on a phone it stands in the card. */
    place() {
      if (houtai.isPhone()) { this.form.removeAttribute("style"); return; }
      const at = this.cell.getBoundingClientRect();
      const size = this.form.getBoundingClientRect();
      const left = this.cell.classList.contains("num") !== (document.dir === "rtl") ? at.right - size.width : at.left;
      this.form.style.left = `${Math.min(Math.max(8, left), innerWidth - size.width - 8)}px`;
      this.form.style.top = `${Math.min(at.top, innerHeight - size.height - 8)}px`;
    }

    press(event) {
      // An Enter that chooses among the words of an input method is not one that saves.
      if (event.isComposing || event.keyCode === 229) return;
      const inControl = event.target === this.control;
      if (event.key === "Escape") { event.preventDefault(); this.close(); }
      else if (event.key === "Enter" && inControl) { event.preventDefault(); this.save(); }
      else if (event.key === "Tab" && inControl) { event.preventDefault(); this.save(event.shiftKey ? -1 : 1); }
    }

    /** Save, and go `step` cells further; true unless it was refused. */
    async save(step = 0) {
      if (this.isBusy) return false;
      if (this.isChanged) {
        this.isBusy = true;
        this.form.classList.add("is-busy");
        try {
          await send(this.cell, new FormData(this.form));
        } catch (error) {
          this.refuse(error);
          return false;
        } finally {
          this.isBusy = false;
          this.form.classList.remove("is-busy");
        }
      }
      this.close();
      if (step) go(this.cell, step);
      return true;
    }

    refuse(error) {
      const { version, cells } = error.body ?? {};
      if (version) this.form.elements._version.value = version;
      if (cells) redraw(this.cell.closest("tr"), cells);
      this.say(error.message);
      this.control.focus();
    }

    close() {
      this.control._flatpickr?.destroy();
      this.form.remove();
      this.cell.classList.remove("is-editing");
      open = null;
      this.cell.querySelector("[data-cell-open]").focus();
    }
  }

  const edit = async (cell) => {
    // What was typed into another cell is saved first; refused, it stays open.
    if (open && (open.cell === cell || !await open.save())) return;
    say(cell, "");
    cell.classList.add("is-waiting");
    try {
      const piece = await houtai.getHtml(addressOf(cell));
      if (!open) open = new Editor(cell, piece.querySelector("form"));
    } catch (error) {
      say(cell, error.message);
    } finally {
      cell.classList.remove("is-waiting");
    }
  };

  /** From a cell to the one `step` further in its row, if there is one. */
  const go = (cell, step) => {
    const cells = cellsOf(cell.closest("tr"));
    const next = cells[cells.indexOf(cell) + step];
    if (!next) return;
    const toggle = switchOf(next);
    if (toggle) toggle.focus();
    else edit(next);
  };

  /** From a cell to the one above or below it. */
  const climb = (cell, step) => {
    const rows = [...cell.closest("tbody").rows];
    const row = rows[rows.indexOf(cell.closest("tr")) + step];
    row?.querySelector(`[data-cell="${cell.dataset.cell}"] :is([data-cell-open], input[data-switch])`)?.focus();
  };

  /* ---- Hands ---------------------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cell-open]");
    if (button) edit(button.closest("[data-cell]"));
  });

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-cell]");
    if (!cell || cell.classList.contains("is-editing")) return;
    if (event.key === "F2" && !switchOf(cell)) edit(cell);
    else if (event.key === "ArrowDown") climb(cell, 1);
    else if (event.key === "ArrowUp") climb(cell, -1);
    else return;
    event.preventDefault();
  });

  document.addEventListener("change", async (event) => {
    const toggle = event.target.closest("[data-cells] [data-cell] input[data-switch]");
    if (!toggle) return;
    const cell = toggle.closest("[data-cell]");
    const fields = new FormData();
    fields.append(cell.dataset.cell, toggle.checked ? "1" : "");
    toggle.disabled = true;
    say(cell, "");
    try {
      await send(cell, fields);
    } catch (error) {
      toggle.checked = !toggle.checked;
      toggle.disabled = false;
      say(cell, error.message);
    }
    switchOf(cell).focus();
  });

  addEventListener("resize", () => open?.place());
  addEventListener("scroll", () => open?.place(), { capture: true, passive: true });
  addEventListener("beforeunload", (event) => { if (open?.isChanged) event.preventDefault(); });
})();
