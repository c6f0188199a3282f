/* A button that copies what stands in the element it names: <button data-copy="password">. */

houtai.enhance("[data-copy]", (button) => {
  const source = document.getElementById(button.dataset.copy);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      houtai.toast?.(houtai.text("copied"), "good");
    } catch {
      // Without https the clipboard is closed to pages; then the text is at least marked.
      getSelection().selectAllChildren(source);
    }
  });
});
