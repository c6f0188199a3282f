/* Saved views and the column chooser: the open tab in sight, and columns moved by buttons, keys, mouse and finger. */

(() => {
  houtai.enhance("[data-views]", (tabs) => {
    const current = tabs.querySelector("[aria-current]");
    if (current) tabs.scrollLeft = current.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
  });

  // The list opened with somebody's first view: the address line says so, for whoever copies it.
  houtai.enhance("[data-address]", (bar) => history.replaceState(history.state, "", bar.dataset.address));

  houtai.enhance("[data-columns]", (list) => {
    const dialog = list.closest("dialog");
    const status = dialog.querySelector("[data-columns-status]");
    const tools = dialog.querySelector("[data-column-tools]").content.firstElementChild;
    const name = (item) => item.querySelector("label").textContent.trim();

    const tell = (item) => {
      const items = [...list.children];
      status.textContent = houtai.text("moved", { name: name(item), n: items.indexOf(item) + 1, all: items.length });
    };

    const showEnds = () => [...list.children].forEach((item, place, items) => {
      item.querySelector("[data-move=up]").disabled = place === 0;
      item.querySelector("[data-move=down]").disabled = place === items.length - 1;
    });

    // Its neighbour steps aside: what is moved stays in the page, and so keeps the focus and the pointer.
    const step = (item, direction) => {
      if (direction === "up") item.after(item.previousElementSibling);
      else item.before(item.nextElementSibling);
    };

    const move = (item, direction) => {
      if (!(direction === "up" ? item.previousElementSibling : item.nextElementSibling)) return;
      step(item, direction);
      showEnds();
      tell(item);
      item.scrollIntoView({ block: "nearest" });
    };

    for (const item of list.children) {
      const added = tools.cloneNode(true);
      for (const button of added.querySelectorAll("[data-move]")) {
        const label = houtai.text(`move_${button.dataset.move}`, { name: name(item) });
        button.setAttribute("aria-label", label);
        button.title = label;
      }
      item.append(added);
    }
    showEnds();

    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const item = button.closest("li");
      move(item, button.dataset.move);
      // At the end of the list the button is off; its neighbour keeps the focus near.
      if (button.disabled) item.querySelector("[data-move]:enabled")?.focus();
    });

    list.addEventListener("keydown", (event) => {
      if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      move(event.target.closest("li"), event.key === "ArrowUp" ? "up" : "down");
    });

    // By the grip, with mouse, pen or finger alike.
    list.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest(".column-grip");
      if (!grip || event.button) return;
      event.preventDefault();
      const item = grip.closest("li");
      grip.setPointerCapture(event.pointerId);
      item.classList.add("is-moving");
      const follow = ({ clientY }) => {
        const box = list.parentElement.getBoundingClientRect();
        if (clientY < box.top + 32) list.parentElement.scrollTop -= 12;
        if (clientY > box.bottom - 32) list.parentElement.scrollTop += 12;
        const middle = (other) => { const at = other.getBoundingClientRect(); return at.top + at.height / 2; };
        while (item.previousElementSibling && clientY < middle(item.previousElementSibling)) step(item, "up");
        while (item.nextElementSibling && clientY > middle(item.nextElementSibling)) step(item, "down");
      };
      const stop = () => {
        item.classList.remove("is-moving");
        grip.removeEventListener("pointermove", follow);
        showEnds();
        tell(item);
      };
      grip.addEventListener("pointermove", follow);
      grip.addEventListener("pointerup", stop, { once: true });
      grip.addEventListener("pointercancel", stop, { once: true });
    });
  });
})();
