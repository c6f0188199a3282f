/* Toasts: short messages at the lower edge. Good news leaves by itself, warnings and errors stay until closed. */

(() => {
  const holder = document.getElementById("toasts");
  const STAY = 7000;      // milliseconds; longer than reading two lines takes
  const STAY_UNDO = 12000;

  const watch = (toast) => {
    if (["warn", "bad"].includes(toast.dataset.tone)) return;
    const stay = toast.querySelector("form, a.btn, [data-toast-act]") ? STAY_UNDO : STAY;
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), stay); };
    const stop = () => clearTimeout(timer);
    // Nothing goes away under the pointer or while it has the focus.
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
    start();
  };

  /** Show a message in the tone "good", "info", "warn" or "bad"; `beside` is a link or button that stands with it. */
  houtai.toast = (message, tone = "good", beside = null) => {
    const toast = document.getElementById(`toast-${tone}`).content.firstElementChild.cloneNode(true);
    toast.querySelector(".toast-text").textContent = message;
    if (tone === "bad") toast.setAttribute("role", "alert");
    if (beside) toast.querySelector(".toast-text").after(beside);
    holder.append(toast);
    watch(toast);
  };

  holder.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close], [data-toast-act]")?.closest(".toast").remove();
  });
  holder.querySelectorAll(".toast").forEach(watch);
  // What was saved needs no draft any more.
  holder.querySelectorAll("[data-saved]").forEach((toast) => houtai.memory.remove(houtai.draftKey(toast.dataset.saved)));
})();
