/* The tray of one's own background work. While something runs it is asked how far it is, ever more seldom and only while
 * this window is looked at; what is over is told once, in whichever window asks first. The list is drawn by the server. */

(() => {
  const button = document.querySelector("[data-tray-open]");
  const dialog = document.getElementById("tray");
  const count = button.querySelector("[data-tray-count]");
  const said = dialog.querySelector("[data-tray-said]");
  const onPage = document.querySelector("#page [data-tray-list]");
  const list = onPage ?? dialog.querySelector("[data-tray-list]");
  const QUICK = 700;
  const SLOW = 6000;
  let wait = QUICK;
  let timer;
  let running = 0;
  let looking = null;

  const isOpen = () => Boolean(onPage) || dialog.open;

  const showCount = (number) => {
    running = number;
    count.hidden = !number;
    count.textContent = number;
    const words = [dialog.dataset.label, number ? dialog.dataset.running.replace("{n}", number) : ""];
    button.setAttribute("aria-label", words.filter(Boolean).join(" · "));
  };

  /* What had the focus keeps it; where it is gone, the next best thing takes it. */
  const draw = (html, mark) => {
    const key = list.contains(document.activeElement) ? document.activeElement.dataset.key ?? "" : null;
    list.innerHTML = html;
    list.dataset.mark = mark;
    houtai.enhanceIn(list);
    if (key === null) return;
    const place = key.replace(/^.*-/, "");
    (list.querySelector(`[data-key="${key}"]`) ?? list.querySelector(`[data-id="${place}"] :is(a, button)`)
      ?? list.querySelector("a, button") ?? dialog.querySelector("[data-dialog-close]")).focus();
  };

  const showProgress = ({ id, percent, message }) => {
    const item = list.querySelector(`[data-id="${id}"]`);
    if (!item) return;
    const text = item.querySelector("[data-work-message]");
    const bar = item.querySelector("[role=progressbar]");
    if (!text || !bar) return;
    text.textContent = message;
    bar.classList.toggle("meter-unknown", percent == null);
    if (percent == null) return;
    bar.setAttribute("aria-valuenow", percent);
    bar.firstElementChild.style.width = `${percent}%`;
  };

  const tell = async () => {
    const { news } = await houtai.post(dialog.dataset.told, {});
    for (const { text, tone, url, opens } of news) {
      // Whoever looks at the tray, or at the very page of the work, sees it there.
      const isHere = url && new URL(url, location).pathname === location.pathname;
      if (isOpen()) said.textContent = text;
      else if (!isHere) houtai.toast(text, tone, url && houtai.make("a", { class: "btn btn-quiet btn-small", href: url }, opens));
    }
  };

  const ask = async () => {
    const drawn = isOpen() ? `?drawn=${encodeURIComponent(list.dataset.mark ?? "")}` : "";
    const state = await houtai.getJson(dialog.dataset.state + drawn);
    if (state.html !== undefined) draw(state.html, state.mark);
    state.progress.forEach(showProgress);
    showCount(state.running);
    if (state.news) await tell();
  };

  const later = () => {
    clearTimeout(timer);
    if (!running || document.hidden) return;
    timer = setTimeout(look, wait);
    wait = Math.min(wait * 1.3, SLOW);
  };

  /* One question at a time: whoever asks meanwhile gets an answer after this one. */
  async function look() {
    clearTimeout(timer);
    const before = looking;
    const mine = (async () => {
      await before?.catch(() => {});
      await ask();
    })();
    looking = mine;
    try {
      await mine;
    } catch (error) {
      if ([401, 403, 404].includes(error.status)) running = 0;
    } finally {
      if (looking === mine) looking = null;
    }
    if (!looking) later();
  }

  const lookSoon = () => { wait = QUICK; return look(); };

  button.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (onPage) { onPage.scrollIntoView({ block: "nearest" }); return; }
    dialog.showModal();
    list.setAttribute("aria-busy", "true");
    lookSoon().finally(() => list.removeAttribute("aria-busy"));
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-tray-form]") || event.defaultPrevented) return;
    event.preventDefault();
    const pressed = form.querySelector("button");
    pressed.setAttribute("aria-busy", "true");
    try {
      await houtai.post(form.action, new FormData(form));
    } catch (error) {
      houtai.toast(error.message, "bad");
    }
    pressed.removeAttribute("aria-busy");
    await lookSoon();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (running) lookSoon();
  });

  const known = document.documentElement.dataset.tray ?? "";
  showCount(known.split("r").length - 1);
  // Not at once: a page that is only passed through would take the news along.
  if (known.includes("n")) timer = setTimeout(lookSoon, QUICK);
  else later();
})();
