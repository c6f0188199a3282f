/* Drafts: what is typed into a form and not saved is kept in this browser, and offered back after a crash, an expired
 * session or a slip. <form data-draft="products/7" data-draft-days="7" data-draft-tag="…">.
 *
 * Kept are only the fields that were touched, per user, screen and record, for some days; passwords never. A draft goes
 * when the form is saved (the message that says so names it, see toast.js), cancelled, or the user signs out. It also keeps
 * the version of the record it was typed for: restored into a changed record it is saved with that version, so that
 * the server merges it or asks, as for a form that stayed open. */

(() => {
  const DAY = 24 * 3600 * 1000;
  const WAIT = 500;

  const forget = (days) => {
    for (const key of houtai.memory.keys("draft.")) {
      if (Date.now() - (houtai.memory.get(key)?.at ?? 0) > days * DAY) houtai.memory.remove(key);
    }
  };

  /** A moment on the shop's clock, as all moments here are. */
  const when = (at, timeZone) => {
    const write = (parts) => (moment) => new Intl.DateTimeFormat(document.documentElement.lang, { timeZone, ...parts }).format(moment);
    const [day, clock] = [{ month: "short", day: "numeric" }, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }];
    return write(write(day)(at) === write(day)(Date.now()) ? clock : { ...day, ...clock })(at);
  };

  /* Pickers write a moment with a space where the browser's own inputs have a T. */
  const alike = (one, other) => JSON.stringify(one).replace(/(\d)T(\d)/g, "$1 $2") === JSON.stringify(other).replace(/(\d)T(\d)/g, "$1 $2");

  /* ---- Putting a value back into its control -------------------------------------------------------- */

  const choose = (select, { values, texts = {} }) => {
    const wanted = values.filter(Boolean);
    const list = select.tomselect;
    for (const value of wanted) {
      const text = texts[value] ?? value;
      if (list) list.addOption({ id: value, value, text });
      else if (![...select.options].some((option) => option.value === value)) select.add(new Option(text, value));
    }
    if (list) list.setValue(select.multiple ? wanted : wanted[0] ?? "");
    else if (select.multiple) for (const option of select.options) option.selected = wanted.includes(option.value);
    else select.value = wanted[0] ?? "";
  };

  const write = (area, text) => {
    const editor = window.hugerte?.get(area.id);
    area.value = text;
    if (!editor) return;
    const fill = () => { editor.setContent(text); editor.save(); };
    if (editor.initialized) fill();
    else editor.once("init", fill);
  };

  const putBack = (control, kept) => {
    const value = kept.values.at(-1) ?? "";
    if (control.type === "checkbox") control.checked = kept.values.includes(control.value);
    else if (control.tagName === "SELECT") choose(control, kept);
    else if ("editor" in control.dataset) write(control, value);
    else if (control._flatpickr) { control._flatpickr.setDate(value || null, false); if (control.value !== value) control.value = value; }
    else control.value = control.type === "datetime-local" ? value.replace(" ", "T") : value;
    if (control.type === "hidden") control.dispatchEvent(new Event("houtai:restored"));
    control.dispatchEvent(new Event("input", { bubbles: true }));
  };

  /* ---- A form and its draft ------------------------------------------------------------------------- */

  class Draft {
    constructor(form) {
      this.form = form;
      this.key = houtai.draftKey(form.dataset.draft);
      this.tag = form.dataset.draftTag;
      this.version = form.elements._version;
      this.names = [...form.querySelectorAll("[data-field]")]
        .filter((field) => !field.matches(".field-password") && !field.querySelector("[type=password], [autocomplete*=password]"))
        .map((field) => field.dataset.field);
      this.touched = new Set();
      this.dropped = false;
      this.origin = { tag: this.tag, version: this.version?.value };
      this.before = this.read();
      this.offer = document.querySelector("[data-draft-offer]");
      this.pending = null;
      this.meet(houtai.memory.get(this.key));
      this.listen();
    }

    controls(name) {
      return [...this.form.elements].filter((control) => control.name === name
        && (control.type !== "hidden" || "picture" in control.dataset || "pictures" in control.dataset));
    }

    /** What each field would send. */
    read() {
      const data = new FormData(this.form);
      return Object.fromEntries(this.names.map((name) => [name, data.getAll(name).map(String)]));
    }

    /** A draft that lies here: offered, or gone on with where the page is the answer to a refused save. */
    meet(draft) {
      if (!draft) return;
      if (this.form.querySelector(".error-summary")) {
        Object.keys(draft.fields).forEach((name) => this.touched.add(name));
        // Of these fields no state is the stored one, so they stay in the draft.
        for (const name of this.touched) this.before[name] = null;
        this.origin = { tag: draft.tag, version: draft.version };
        return;
      }
      const differs = Object.entries(draft.fields).some(([name, kept]) => this.names.includes(name) && !alike(kept.values, this.before[name]));
      if (!differs) { houtai.memory.remove(this.key); return; }
      this.pending = draft;
      const words = this.offer.querySelector("[data-draft-words]");
      words.textContent = words.dataset.draftWords.replace("{when}", when(draft.at, this.form.dataset.draftZone));
      this.offer.querySelector("[data-draft-changed]").hidden = draft.tag === this.tag;
      this.offer.hidden = false;
    }

    listen() {
      const later = houtai.debounce(() => this.keep(), WAIT);
      for (const name of ["input", "change"]) {
        this.form.addEventListener(name, (event) => {
          const field = event.target.closest?.("[data-field]")?.dataset.field;
          if (!field || !this.names.includes(field)) return;
          this.touched.add(field);
          this.dropped = false;
          later();
        });
      }
      // Pickers and editors settle while the page loads; what they write then is not the person's change.
      this.form.addEventListener("houtai:settled", () => {
        const now = this.read();
        for (const name of this.names) if (!this.touched.has(name)) this.before[name] = now[name];
      });
      this.form.addEventListener("submit", () => this.keep());
      addEventListener("pagehide", () => this.keep());
      document.addEventListener("visibilitychange", () => { if (document.hidden) this.keep(); });
      document.addEventListener("houtai:forget", () => { this.dropped = true; });
      document.querySelectorAll("[data-draft-drop]").forEach((link) => link.addEventListener("click", () => this.drop()));
      this.offer.querySelector("[data-draft-restore]").addEventListener("click", () => this.restore());
      this.offer.querySelector("[data-draft-discard]").addEventListener("click", () => this.discard());
    }

    keep() {
      if (this.dropped || !this.touched.size) return;
      const now = this.read();
      // What is still on offer stays, until it is answered or typed over.
      const fields = { ...this.pending?.fields };
      for (const name of this.touched) {
        delete fields[name];
        if (!alike(now[name], this.before[name])) fields[name] = { values: now[name], ...this.texts(name) };
      }
      if (!Object.keys(fields).length) houtai.memory.remove(this.key);
      else houtai.memory.set(this.key, { at: Date.now(), fields, ...(this.pending ? { tag: this.pending.tag, version: this.pending.version } : this.origin) });
    }

    /** The words of what is chosen; the server gives only those of what is stored. */
    texts(name) {
      const select = this.controls(name).find((control) => control.tagName === "SELECT");
      return select && { texts: Object.fromEntries([...select.selectedOptions].map((option) => [option.value, option.text])) };
    }

    restore() {
      const draft = this.pending;
      this.pending = null;
      this.offer.hidden = true;
      this.origin = { tag: draft.tag, version: draft.version };
      if (this.version && draft.version) this.version.value = draft.version;
      for (const [name, kept] of Object.entries(draft.fields)) {
        if (this.names.includes(name)) this.controls(name).forEach((control) => putBack(control, kept));
      }
      this.keep();
      this.form.querySelector("[data-unsaved]").hidden = false;
      houtai.toast(houtai.text("draft_restored"), "info");
      document.querySelector("[data-save]").focus({ preventScroll: true });
    }

    discard() {
      this.pending = null;
      this.offer.hidden = true;
      houtai.memory.remove(this.key);
      this.keep();
      (this.form.querySelector(".field-control :is(input:not([type=hidden]), select, textarea)") ?? this.form).focus();
    }

    /** Cancelled. If the person stays all the same, the next letter keeps it again. */
    drop() {
      this.dropped = true;
      houtai.memory.remove(this.key);
    }
  }

  houtai.enhance("form[data-draft]", (form) => {
    forget(Number(form.dataset.draftDays));
    new Draft(form);
  });
})();
