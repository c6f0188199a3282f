/* Reports: answers to a report's questions take effect at once, and the chosen one is in sight. */

(() => {
  houtai.enhance("form[data-submit-on-change]", (form) => {
    form.addEventListener("change", () => form.requestSubmit());
  });

  // A row of choices scrolls sideways on a phone; what is chosen may lie outside. Only the row moves, not the page.
  houtai.enhance("[data-show-current]", (row) => {
    const chosen = row.querySelector("[aria-current]");
    if (chosen) row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
  });

  houtai.enhance("dialog[data-open-now]", (dialog) => dialog.showModal());
})();
