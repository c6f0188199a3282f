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
