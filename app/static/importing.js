/* Bringing a file: a button that is pressed twice sends it once, and says that it works. */

houtai.enhance("[data-import-file]", (form) => {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.setAttribute("aria-busy", "true");
    setTimeout(() => { button.disabled = true; });
  });
});

/* Changing many rows: whoever gives a value means it. */

houtai.enhance("[data-bulk-field]", (field) => {
  const tick = field.querySelector("[name=chosen]");
  for (const happening of ["input", "change"]) {
    field.addEventListener(happening, (event) => { if (event.target !== tick) tick.checked = true; });
  }
});
