/* The frame: sidebar and drawer, menus, language and theme, shortcuts, and protection against pressing twice. */

(() => {
  const root = document.documentElement;

  /* ---- Sidebar: folded away on a desk, a drawer on a phone ------------------------------------------ */

  const sidebar = document.getElementById("sidebar");
  const toggle = document.querySelector("[data-sidebar-toggle]");
  const scrim = document.querySelector(".scrim");
  const main = document.querySelector(".shell-main");

  const setDrawer = (open) => {
    sidebar.classList.toggle("is-open", open);
    scrim.classList.toggle("is-open", open);
    // `inert` keeps focus, pointer and screen reader inside the drawer.
    main.inert = open;
    toggle.setAttribute("aria-expanded", String(open));
    (open ? sidebar.querySelector("[data-sidebar-close]") : toggle).focus();
  };

  const setFolded = (folded) => {
    if (folded) root.dataset.sidebar = "closed";
    else delete root.dataset.sidebar;
    toggle.setAttribute("aria-expanded", String(!folded));
    try { localStorage.setItem("houtai.sidebar", folded ? "closed" : "open"); } catch { /* not remembered */ }
  };

  if (sidebar) {
    toggle.setAttribute("aria-expanded", String(!houtai.isPhone() && root.dataset.sidebar !== "closed"));
    toggle.addEventListener("click", () => (houtai.isPhone() ? setDrawer(true) : setFolded(root.dataset.sidebar !== "closed")));
    document.querySelectorAll("[data-sidebar-close]").forEach((item) => item.addEventListener("click", () => setDrawer(false)));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && sidebar.classList.contains("is-open")) setDrawer(false);
    });
    matchMedia("(max-width: 859px)").addEventListener("change", () => {
      if (sidebar.classList.contains("is-open")) setDrawer(false);
    });
  }

  // Whoever signs out leaves nothing of what they typed behind.
  document.querySelector("[data-sign-out]")?.addEventListener("submit", () => {
    houtai.memory.keys(houtai.draftKey()).forEach(houtai.memory.remove);
    document.dispatchEvent(new Event("houtai:forget"));
  });

  /* The page one is on: the menu item whose address begins this one, the longest of them. */
  const here = location.pathname.replace(/\/$/, "");
  const startsHere = (link) => {
    const path = new URL(link.href).pathname.replace(/\/(list\/?)?$/, "");
    return path === here || (path !== "" && here.startsWith(`${path}/`)) ? path.length + 1 : 0;
  };
  const links = [...document.querySelectorAll(".nav-item")];
  const current = links.reduce((best, link) => (startsHere(link) > (best ? startsHere(best) : 0) ? link : best), null);
  // One that is pinned stands in the menu twice.
  links.filter((link) => link.href === current?.href).forEach((link) => link.setAttribute("aria-current", "page"));
  if (location.hash === "#help") document.querySelector(".page-head details.help")?.setAttribute("open", "");

  const folded = new Set(houtai.memory.get("folded", []));
  document.querySelectorAll("details.nav-group").forEach((group) => {
    group.open = !folded.has(group.dataset.group) || group.contains(current);
    group.addEventListener("toggle", () => {
      if (group.open) folded.delete(group.dataset.group);
      else folded.add(group.dataset.group);
      houtai.memory.set("folded", [...folded]);
    });
  });
  // Not scrollIntoView, which would scroll the page too.
  const nav = document.getElementById("menu");
  if (current && nav) nav.scrollTop = current.offsetTop - nav.offsetTop - nav.clientHeight / 2;

  /* ---- Menus ---------------------------------------------------------------------------------------- */

  const closeMenus = (except) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (menu !== except && !menu.contains(except)) menu.open = false;
    });
  };

  /* A menu opens below its button, at the side where there is room; inside something that scrolls, which would cut
     it off, it is placed on the window instead. */
  const place = (menu) => {
    const panel = menu.querySelector(".menu-panel");
    const button = menu.querySelector("summary").getBoundingClientRect();
    panel.style.cssText = "";
    const size = panel.getBoundingClientRect();
    if (menu.closest(".table-wrap")) {
      const below = button.bottom + 6 + size.height < innerHeight || button.top < size.height;
      const start = root.dir === "rtl" ? button.left : button.right - size.width;
      panel.style.cssText = `position: fixed; inset: auto; top: ${below ? button.bottom + 6 : button.top - size.height - 6}px;
        left: ${Math.min(Math.max(8, start), innerWidth - size.width - 8)}px`;
    } else if (size.left < 8 || size.right > root.clientWidth - 8) {
      // Not innerWidth: a phone counts what sticks out as part of its window.
      const shift = size.left < 8 ? 8 - size.left : root.clientWidth - 8 - size.right;
      panel.style.transform = `translateX(${shift}px)`;
    }
  };

  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof Element) || !menu.matches("details.menu") || !menu.open) return;
    closeMenus(menu);
    place(menu);
  }, true);

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("houtai:ask", () => {
    // Where a question taken back leads to: what was clicked is hidden by then.
    document.activeElement?.closest("details.menu[open]")?.querySelector("summary").focus();
    closeMenus();
  });
  addEventListener("scroll", (event) => {
    document.querySelectorAll(".table-wrap details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  }, { capture: true, passive: true });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (!menu) return;
    const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = items.indexOf(document.activeElement) + step;
      items.at(items.indexOf(document.activeElement) < 0 && step < 0 ? -1 : next % items.length)?.focus();
    } else if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /* ---- Theme ---------------------------------------------------------------------------------------- */

  document.querySelectorAll("[data-theme-form]").forEach((form) => {
    const mark = () => form.querySelectorAll("[name=theme]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.value === root.dataset.theme));
    });
    mark();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const theme = event.submitter.value;
      houtaiTheme.show(theme);
      mark();
      try { localStorage.setItem("houtai.theme", theme); } catch { /* the server remembers too */ }
      // Before sign-in there is nobody to keep it for.
      if (root.dataset.signedIn === "yes") {
        houtai.postJson(form.action, { theme }).catch((error) => houtai.toast(error.message, "bad"));
      }
    });
  });

  /* ---- Pressing twice ------------------------------------------------------------------------------- */

  // The second submit of a form that changes something is swallowed until the page is shown again, or for as long as
  // a slow answer takes. A form whose answer is a download stays on its page: it says `data-again`.
  const PATIENCE = 15000;
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "again" in form.dataset) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    event.submitter?.setAttribute("aria-busy", "true");
    const free = () => {
      sent.delete(form);
      event.submitter?.removeAttribute("aria-busy");
    };
    addEventListener("pageshow", free, { once: true });
    setTimeout(free, PATIENCE);
  });

  /* ---- Dialogs of a page ---------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) document.getElementById(opener.dataset.dialogOpen).showModal();
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
    // The dialog itself is only hit beside its content: on the scrim.
    if (event.target.matches("dialog[data-light], dialog.dialog-sheet")) event.target.close();
  });

  /* ---- Small things --------------------------------------------------------------------------------- */

  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    document.querySelectorAll("[data-shortcut]").forEach((key) => { key.textContent = `⌘ ${key.dataset.shortcut}`; });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
  addEventListener("beforeprint", () => document.querySelectorAll("[data-printed]").forEach((line) => {
    const when = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short", timeZone: line.dataset.zone }).format(new Date());
    line.dataset.name ??= line.textContent;
    line.textContent = [line.dataset.name, line.dataset.printed.replace("{when}", when)].join(" · ");
  }));
})();
