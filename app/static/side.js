/* The side panel: a record opened beside its list, looked through one after the other, changed, and closed again.
 *
 * It holds the record's own page in a frame. The server leaves menu and top bar out where the browser says that it asks
 * for a frame of ours (app/lowcode/security/headers.py), so pages, forms, their rules and their guards are the same as
 * anywhere. What was changed in it shows in the list at once. */

(() => {
  const dialog = document.getElementById("side");
  if (!dialog) return;
  const title = dialog.querySelector("[data-side-title]");
  const whole = dialog.querySelector("[data-side-whole]");
  const [previous, next] = ["previous", "next"].map((name) => dialog.querySelector(`[data-side-${name}]`));
  const rows = () => [...document.querySelectorAll("[data-records] tr[data-url]")];
  let frame = null;
  let url = null;
  let shown = null;

  const current = () => rows().find((row) => row.dataset.url === url);
  const beside = (step) => { const all = rows(); return all[all.indexOf(current()) + step] ?? null; };
  const isUnsaved = () => { try { return Boolean(frame?.contentWindow.houtai?.isUnsaved?.()); } catch { return false; } };

  /** Do it, unless there is something typed that would be lost and is not given up. */
  const guarded = (act) => {
    if (!isUnsaved()) return act();
    houtai.confirm({ text: dialog.dataset.unsaved, heading: dialog.dataset.unsavedTitle, answer: dialog.dataset.leave, destructive: true }, () => {
      frame.contentWindow.houtai.giveUp();
      act();
    });
  };

  const showAround = () => {
    previous.disabled = !beside(-1);
    next.disabled = !beside(1);
    rows().forEach((row) => row.classList.toggle("is-looked-at", dialog.open && row === current()));
  };

  const refreshList = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const row = current();
    const fresh = [...page.querySelectorAll("[data-records] tr[data-url]")].find((other) => other.dataset.url === url);
    if (row && fresh) {
      // Ticks stay, and so does what listens to their boxes.
      const [old, blank] = [row.querySelector("td.tick"), fresh.querySelector("td.tick")];
      if (old && blank) blank.replaceWith(old);
      fresh.className = row.className;
      row.replaceWith(document.adoptNode(fresh));
      houtai.enhanceIn(fresh);
    } else if (row && !fresh) {
      row.classList.add("is-gone");
    }
    showAround();
  };

  const arrived = () => {
    const inside = frame.contentWindow;
    const path = inside.location.pathname;
    if (inside.location.href === "about:blank") return;
    // Signed out meanwhile, or gone back to the list, as after deleting: that belongs into the whole window.
    if (!inside.document.documentElement.dataset.signedIn || path === location.pathname) {
      location.href = path === location.pathname ? location.href : inside.location.href;
      return;
    }
    title.textContent = inside.document.querySelector("h1")?.textContent.trim() ?? "";
    frame.title = title.textContent;
    whole.href = path + inside.location.search;
    inside.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || inside.document.querySelector("dialog[open], [aria-expanded=true]")) return;
      if (event.key === "Escape") { event.preventDefault(); close(); }
      step(event);
    });
    if (shown === url) refreshList();
    shown = url;
  };

  const show = (row) => {
    url = row.dataset.url;
    shown = null;
    frame?.remove();
    frame = document.createElement("iframe");
    frame.className = "side-frame";
    frame.addEventListener("load", arrived);
    frame.src = url;
    dialog.querySelector("[data-side-body]").replaceChildren(frame);
    title.textContent = row.querySelector(".title")?.textContent.trim() ?? "";
    whole.href = url;
    if (!dialog.open) {
      dialog.showModal();
      history.pushState({ side: true }, "");
    }
    showAround();
  };

  const hide = () => {
    const row = current();
    dialog.close();
    frame?.remove();
    frame = null;
    showAround();
    row?.querySelector("a, [data-row-menu]")?.focus();
  };

  const close = () => guarded(() => {
    hide();
    if (history.state?.side) history.replaceState(null, "");
  });

  const step = (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = beside(event.key === "ArrowUp" ? -1 : 1);
    event.preventDefault();
    if (row) guarded(() => show(row));
  };

  previous.addEventListener("click", () => { const row = beside(-1); if (row) guarded(() => show(row)); });
  next.addEventListener("click", () => { const row = beside(1); if (row) guarded(() => show(row)); });
  dialog.querySelector("[data-side-close]").addEventListener("click", close);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  dialog.addEventListener("keydown", step);
  addEventListener("popstate", () => {
    if (!dialog.open) return;
    if (!isUnsaved()) { hide(); return; }
    history.pushState({ side: true }, "");
    close();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-side-open]");
    const row = opener && rows().find((other) => other.dataset.url === opener.getAttribute("href"));
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(row);
  });
  // The space bar on a row's title looks into it; elsewhere it scrolls, as it always does.
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.closest("dialog")) return;
    const row = event.target.matches("a") ? event.target.closest("[data-records] tr[data-url]") : null;
    if (!row) return;
    event.preventDefault();
    show(row);
  });
})();
