/* Bringing a file: a button that is pressed twice sends it once, and says that it works. */

houtai.enhance("[data-import-file]", (form) => {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.setAttribute("aria-busy", "true");
    setTimeout(() => { button.disabled = true; });
  });
});
