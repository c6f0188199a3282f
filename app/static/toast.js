/* Toasts: short messages at the lower edge. Good news leaves by itself, warnings and errors stay until closed. */

(() => {
  const holder = document.getElementById("toasts");
  const STAY = 7000;      // milliseconds; longer than reading two lines takes
  const STAY_UNDO = 12000;

  const watch = (toast) => {
    if (["warn", "bad"].includes(toast.dataset.tone)) return;
    const stay = toast.querySelector("form, a.btn") ? STAY_UNDO : STAY;
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), stay); };
    const stop = () => clearTimeout(timer);
    // Nothing goes away under the pointer or while it has the focus.
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
    start();
  };

  /** Show a message in the tone "good", "info", "warn" or "bad"; `link` {url, text} leads to what it is about. */
  houtai.toast = (message, tone = "good", link = null) => {
    const toast = document.getElementById(`toast-${tone}`).content.firstElementChild.cloneNode(true);
    toast.querySelector(".toast-text").textContent = message;
    if (link) {
      toast.querySelector("[data-toast-close]").before(
        houtai.make("a", { class: "btn btn-quiet btn-small", href: link.url }, link.text));
    }
    if (tone === "bad") toast.setAttribute("role", "alert");
    holder.append(toast);
    watch(toast);
  };

  holder.addEventListener("click", (event) => {
    event.target.closest("[data-toast-close]")?.closest(".toast").remove();
  });
  holder.querySelectorAll(".toast").forEach(watch);
  // What was saved needs no draft any more.
  holder.querySelectorAll("[data-saved]").forEach((toast) => houtai.memory.remove(houtai.draftKey(toast.dataset.saved)));
})();
