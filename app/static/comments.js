/* Comments on a record: loaded once they come into sight, sent without leaving the page, with colleagues to choose from
 * after an @. Without this script they stand on a page of their own, and every form there works by itself. */

(() => {
  /** Which comment the address means: `#comment-12`. */
  const meant = () => /^#comment-\d+$/.test(location.hash) ? location.hash : "";

  const show = (section, answer) => {
    const body = section.querySelector("[data-comments-body]");
    body.innerHTML = answer.html;
    houtai.enhanceIn(body);
  };

  /** The number in the top bar. */
  const tellUnread = (unread) => {
    for (const badge of document.querySelectorAll("[data-unread]")) {
      badge.textContent = unread;
      badge.hidden = !unread;
    }
  };

  const lead = (section) => {
    const comment = section.querySelector(meant());
    if (!comment) return false;
    comment.classList.add("is-meant");
    comment.scrollIntoView({ block: "center" });
    comment.focus({ preventScroll: true });
    return true;
  };

  const load = async (section, url) => {
    try {
      show(section, await houtai.getJson(url));
      if (meant() && !lead(section) && !/\bshown=/.test(url)) await load(section, `${url}?shown=1000`);
    } catch (error) {
      houtai.toast(error.message, "bad");
    }
  };

  houtai.enhance("[data-comments]", (section) => {
    const url = section.dataset.comments;
    if (!url) { if (meant()) lead(section); return; }
    if (meant()) { load(section, url); return; }
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      load(section, url);
    }, { rootMargin: "200px" });
    watcher.observe(section);
    addEventListener("hashchange", () => { if (meant() && !lead(section)) load(section, url); });
  });

  // What is in sight has been read.
  houtai.enhance("[data-read]", async (list) => {
    try { tellUnread((await houtai.post(list.dataset.read, {})).unread); } catch { /* it stays unread */ }
  });

  houtai.enhance("[data-comments-more]", (link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    load(link.closest("[data-comments]"), link.href);
  }));

  houtai.enhance("[data-comment-form]", (form) => {
    const section = form.closest("[data-comments]");
    const text = form.elements.text;
    const problem = form.querySelector(".field-error");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button:not([type])");
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      problem.hidden = true;
      try {
        show(section, await houtai.post(form.action, new FormData(form)));
        const status = section.querySelector("[data-comments-status]");
        status.textContent = status.dataset.done;
        section.querySelector(".comment-new textarea").focus({ preventScroll: !form.matches(".comment-new") });
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
        (text ?? button).focus();
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
    text?.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
    });
    form.querySelectorAll("[data-send-hint], [data-comment-cancel]").forEach((part) => { part.hidden = false; });
  });

  houtai.enhance(".comment-edit", (details) => {
    const text = details.querySelector("textarea");
    const close = () => {
      details.querySelector("form").reset();
      details.open = false;
      details.querySelector("summary").focus();
    };
    details.addEventListener("toggle", () => {
      if (!details.open) return;
      text.focus();
      text.setSelectionRange(text.value.length, text.value.length);
    });
    details.querySelector("[data-comment-cancel]").addEventListener("click", close);
    details.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) close(); });
  });

  /* Colleagues after an @: a list below the text, gone through with the arrow keys while the text keeps the focus. */
  houtai.enhance("textarea[data-people]", (text) => {
    const status = text.closest(".comments").querySelector("[data-comments-status]");
    const list = houtai.make("ul", { class: "people", role: "listbox", id: `${text.id}-people`, "aria-label": status.dataset.peopleList, hidden: true });
    text.after(list);
    let asked = 0;

    /** Where the @ stands that is being written, and what follows it up to the cursor. */
    const begun = () => {
      const before = text.value.slice(0, text.selectionStart);
      const found = /(?:^|[^A-Za-z0-9_.@])@([^\s@]{0,30})$/.exec(before);
      return found && text.selectionStart === text.selectionEnd ? { start: before.length - found[1].length, term: found[1] } : null;
    };
    const close = () => {
      asked += 1;
      list.hidden = true;
      text.removeAttribute("aria-activedescendant");
      text.setAttribute("aria-expanded", "false");
    };
    const select = (option) => {
      for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
      text.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    };
    const choose = (option) => {
      const place = begun();
      close();
      if (!place) return;
      text.setRangeText(`${option.dataset.username} `, place.start, text.selectionStart, "end");
      text.focus();
    };
    const draw = (people) => {
      list.replaceChildren(...people.map((person) => houtai.make("li",
        { role: "option", id: `${text.id}-person-${person.id}`, "data-username": person.username },
        person.name, houtai.make("span", {}, `@${person.username}`))));
      if (!people.length) { close(); return; }
      list.hidden = false;
      text.setAttribute("aria-expanded", "true");
      status.textContent = status.dataset.peopleFound.replace("{n}", people.length);
      select(list.firstElementChild);
    };
    const look = houtai.debounce(async () => {
      const place = begun();
      if (!place) { close(); return; }
      const turn = asked += 1;
      const url = new URL(text.dataset.people, location.href);
      url.searchParams.set("q", place.term);
      try {
        const { results } = await houtai.getJson(url);
        if (turn === asked) draw(results);
      } catch { close(); }
    }, 150);

    text.setAttribute("role", "combobox");
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-haspopup", "listbox");
    text.setAttribute("aria-controls", list.id);
    text.setAttribute("aria-expanded", "false");
    text.addEventListener("input", () => { if (begun()) look(); else close(); });
    text.addEventListener("blur", close);
    text.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      const now = list.querySelector("[aria-selected=true]");
      const step = { ArrowDown: now.nextElementSibling ?? list.firstElementChild, ArrowUp: now.previousElementSibling ?? list.lastElementChild }[event.key];
      if (step) select(step);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(now);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    // Before the text loses the focus, which closes the list.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => { const option = event.target.closest("li"); if (option) choose(option); });
  });
})();
