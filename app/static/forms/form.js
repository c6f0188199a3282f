/* What every form has: work that is not saved is not lost, errors are led to, Ctrl-S saves, passwords can be seen. */

(() => {
  /* ---- Unsaved work --------------------------------------------------------------------------------- */

  houtai.enhance("form[data-guarded]", (form) => {
    const mark = form.querySelector("[data-unsaved]");
    const state = () => {
      // The editor also writes into its textarea when the page is about to be left, and not quite the same.
      window.hugerte?.get().forEach((editor) => { if (editor.initialized && form.contains(editor.getElement())) editor.save(); });
      return new URLSearchParams(new FormData(form)).toString();
    };
    // What came back with errors has not been saved either.
    let saved = form.querySelector(".error-summary") ? null : state();
    let leaving = false;
    const isChanged = () => state() !== saved;
    /* For whoever holds this page in a frame: whether something would be lost, and that it may be. */
    houtai.isUnsaved = () => !leaving && isChanged();
    houtai.giveUp = () => { leaving = true; };
    const show = houtai.debounce(() => { mark.hidden = !isChanged(); }, 150);

    // Pickers and editors settle while the page loads; what they write then is not the person's change.
    form.addEventListener("houtai:settled", () => { if (saved !== null && mark.hidden) saved = state(); });
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    form.addEventListener("submit", () => { leaving = true; });
    addEventListener("pageshow", () => { leaving = false; show(); });
    addEventListener("beforeunload", (event) => {
      if (!leaving && isChanged()) event.preventDefault();
    });
  });

  /* ---- Met by others' changes ----------------------------------------------------------------------- */

  // Whoever types something else has chosen their own.
  houtai.enhance("[data-picks]", (picks) => {
    const [mine, more] = [picks.querySelector("[value=mine]"), picks.querySelector(".pick-more")];
    for (const name of ["input", "change"]) {
      more.addEventListener(name, () => { if (more.open) mine.checked = true; });
    }
  });

  /* ---- Errors --------------------------------------------------------------------------------------- */

  /** Put the focus on the input with this id, whatever stands in its place. */
  const goTo = (id) => {
    const input = document.getElementById(id);
    const stand = input?.closest(".field")?.querySelector(".ts-control input, .pictures button, .pictures input");
    if (input?.tomselect) input.tomselect.focus();
    else if (window.hugerte?.get(id)) window.hugerte.get(id).focus();
    else (input?.type === "hidden" && stand ? stand : input)?.focus();
    input?.closest(".field")?.scrollIntoView({ block: "center" });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]");
    if (!link) return;
    event.preventDefault();
    goTo(link.dataset.goto);
  });

  const wrong = document.querySelector('[aria-invalid="true"]');
  const meeting = document.getElementById("meeting");
  if (meeting) meeting.focus();
  else if (wrong) setTimeout(() => goTo(wrong.id));
  else document.getElementById("errors")?.focus();

  // An error that was dealt with stops shouting.
  document.addEventListener("input", (event) => {
    if (event.target.getAttribute?.("aria-invalid") === "true") event.target.removeAttribute("aria-invalid");
  });

  /* ---- Passwords ------------------------------------------------------------------------------------ */

  houtai.enhance("[data-reveal]", (button) => {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    const drawing = button.querySelector("use");
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      drawing.setAttribute("href", drawing.getAttribute("href").replace(/#.*/, shown ? "#eye-slash" : "#eye"));
    });
    // A password that was looked at is sent as a password, so no browser keeps it among ordinary words.
    input.form.addEventListener("submit", () => { input.type = "password"; });
  });

  const caps = document.querySelector("[data-caps]");
  if (caps) {
    document.addEventListener("keyup", (event) => {
      if (event.getModifierState && event.target.matches?.("input")) caps.hidden = !event.getModifierState("CapsLock");
    });
  }
})();
