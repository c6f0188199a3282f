/* A long piece of work: how far it is, asked for ever more seldom; when it is over the page is drawn anew. */

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
