/* Asking before something is done: any submit button or link with `data-confirm="Delete this order?"`.
 *
 * There is one dialog and at most one pending action. Opening the dialog replaces what was pending, closing it in any
 * way forgets it, and the answer "yes" takes it out before it runs: so no earlier question can be answered by a later
 * click. Optional beside it: data-confirm-title, data-confirm-yes (the word on the button), data-confirm-note (a second line,
 * such as how many rows), and data-tone="bad" for what cannot be undone, where the focus then starts on Cancel. */

(() => {
  const dialog = document.getElementById("confirm");
  const title = document.getElementById("confirm-title");
  const message = document.getElementById("confirm-text");
  const yes = dialog.querySelector("[data-confirm-yes]");
  const no = dialog.querySelector("[data-confirm-no]");
  const agreed = new WeakSet();
  let pending = null;

  /** Ask; `act` runs if the answer is yes. */
  const ask = ({ text, heading, answer, destructive }, act) => {
    pending = act;
    title.textContent = heading || title.dataset.plain;
    message.textContent = text;
    yes.textContent = answer || yes.dataset.plain;
    yes.classList.toggle("btn-danger", destructive);
    // Open menus get out of the way.
    document.dispatchEvent(new Event("houtai:ask"));
    if (!dialog.open) dialog.showModal();
    (destructive ? no : yes).focus();
  };

  /** What to ask, said by the `data-` attributes of `element`; the answer is worded like the button pressed. */
  const question = (element, button = element) => ({
    text: [element.dataset.confirm, element.dataset.confirmNote].filter(Boolean).join("\n"),
    heading: element.dataset.confirmTitle,
    answer: element.dataset.confirmYes || button?.textContent.trim().replace(/\s+/g, " ").slice(0, 40),
    destructive: element.dataset.tone === "bad" || Boolean(button?.matches(".btn-danger, .tone-bad")),
  });

  yes.addEventListener("click", () => {
    const act = pending;
    pending = null;
    dialog.close();
    act?.();
  });
  no.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { pending = null; });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  // Submits, by click or by Enter. In the capture phase, so that nothing else sees a submit that was not agreed to.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    const asks = button?.dataset.confirm ? button : event.target.dataset.confirm ? event.target : null;
    if (!asks || agreed.delete(asks)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const form = event.target;
    ask(question(asks, button), () => {
      agreed.add(asks);
      form.requestSubmit(button ?? undefined);
    });
  }, true);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-confirm]");
    if (!link || agreed.delete(link)) return;
    event.preventDefault();
    ask(question(link), () => { agreed.add(link); link.click(); });
  }, true);

  houtai.confirm = ask;
})();
