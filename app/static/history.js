/* The history of a record: loaded when it comes into sight, more of it on demand; and ticking all fields at once. */

(() => {
  const part = (url) => {
    const address = new URL(url, location.href);
    address.searchParams.set("part", "1");
    return address;
  };

  houtai.enhance("[data-history]", (section) => {
    const body = section.querySelector(".card-body");

    /** Put what `way`, a link, leads to in its place; lines go below those that are there. */
    const follow = async (way) => {
      const link = way.querySelector("a");
      if (link.getAttribute("aria-busy")) return;
      link.setAttribute("aria-busy", "true");
      try {
        const { html } = await houtai.getJson(part(link.href));
        const found = document.createElement("template");
        found.innerHTML = html;
        const lines = body.querySelector("[data-history-lines]");
        const added = found.content.querySelector("[data-history-lines]");
        const first = added?.firstElementChild;
        if (lines && added) {
          lines.append(...added.children);
          added.remove();
        }
        const hadFocus = way.contains(document.activeElement);
        way.replaceWith(found.content);
        houtai.enhanceIn(body);
        if (hadFocus && first) {
          first.tabIndex = -1;
          first.focus({ preventScroll: true });
        }
      } catch (error) {
        link.removeAttribute("aria-busy");
        way.querySelector(".field-error")?.remove();
        const told = document.createElement("span");
        told.className = "field-error";
        told.textContent = error.message;
        way.append(told);
      }
    };

    body.addEventListener("click", (event) => {
      const way = event.target.closest("[data-history-way]");
      if (!way || !event.target.closest("a") || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      follow(way);
    });

    if (!section.dataset.history) return;
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      follow(body.querySelector("[data-history-way]"));
    }, { rootMargin: "160px" }).observe(section);
  });

  houtai.enhance("[data-tick-fields]", (all) => {
    const boxes = [...document.querySelectorAll('input[name="field"]')];
    const show = () => {
      const count = boxes.filter((box) => box.checked).length;
      all.checked = count === boxes.length;
      all.indeterminate = count > 0 && count < boxes.length;
    };
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
    boxes.forEach((box) => box.addEventListener("change", show));
    show();
  });
})();
