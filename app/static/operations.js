/* A backup at work: how far it is, asked for ever more seldom; when it is over the page is drawn anew. */

houtai.enhance("[data-work]", (card) => {
  const message = card.querySelector("[data-work-message]");
  const bar = card.querySelector("[data-work-bar]");
  let wait = 500;

  const look = async () => {
    let state;
    try {
      state = await houtai.getJson(card.dataset.work);
    } catch (error) {
      message.textContent = error.message;
      if (error.status === 401 || error.status === 403 || error.status === 404) return;
      state = { running: true };
    }
    if (!state.running) {
      location.reload();
      return;
    }
    if (state.message) message.textContent = state.message;
    if (state.percent != null) bar.style.width = `${state.percent}%`;
    wait = Math.min(wait * 1.3, 5000);
    setTimeout(look, wait);
  };

  setTimeout(look, wait);
});

/* The times of a job: what has been chosen, in words, with the next three times, as it is being chosen. */

houtai.enhance("[data-schedule]", (form) => {
  const box = form.querySelector(".coming");
  let asked = 0;
  let waiting = null;

  const look = async () => {
    const mine = ++asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("csrf_token");
    let coming;
    try {
      coming = await houtai.getJson(`${form.dataset.schedule}?${fields}`);
    } catch {
      coming = { words: "", times: [] };
    }
    if (mine !== asked) return;
    box.hidden = !coming.times.length;
    box.querySelector("[data-words]").textContent = coming.words;
    box.querySelector("[data-times]").replaceChildren(...coming.times.map((time) => {
      const item = document.createElement("li");
      item.textContent = time;
      return item;
    }));
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 250);
  });
});
