/* Why can't I? What is shown as disabled keeps its focus and tells why, and “What may I do here?” opens as a dialog.
 *
 * The reason beside a button appears by style alone (css/finding.css) under the pointer and with the focus; here a tap gives
 * it the focus, which not every browser does by itself, and Escape puts the reason away. */

(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest('[aria-disabled="true"][data-why]');
    if (!button) return;
    event.preventDefault();
    button.closest(".has-why")?.classList.remove("is-told");
    button.focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".has-why:is(:hover, :focus-within)").forEach((holder) => holder.classList.add("is-told"));
  });
  for (const name of ["focusout", "pointerout"]) {
    document.addEventListener(name, (event) => event.target.closest?.(".has-why")?.classList.remove("is-told"));
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-rights]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const menu = link.closest("details");
    const answer = await fetch(`${link.href}?part`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      location.href = link.href;
      return;
    }
    document.getElementById("rights")?.remove();
    document.body.insertAdjacentHTML("beforeend", await answer.text());
    const dialog = document.getElementById("rights");
    dialog.addEventListener("close", () => menu?.querySelector("summary").focus());
    if (menu) menu.open = false;
    dialog.showModal();
  });
})();
