/* Small helps while typing: amounts of money in order, JSON that tells when it is not JSON. */

(() => {
  // "1,299" and "¥ 1299.5" are how people paste amounts; on leaving the field they read 1299.00 and 1299.50.
  houtai.enhance("input[data-money]", (input) => {
    input.addEventListener("change", () => {
      const typed = input.value.replace(/[\s,，¥￥]/g, "").replace("。", ".");
      if (/^-?\d+(\.\d{0,2})?$/.test(typed)) input.value = Number(typed).toFixed(2);
    });
  });

  houtai.enhance("textarea[data-json]", (area) => {
    const hint = houtai.make("p", { class: "field-error", hidden: true, role: "status" }, houtai.text("json_wrong"));
    area.spellcheck = false;
    area.classList.add("code");
    area.closest(".field-control").append(hint);
    const check = houtai.debounce(() => {
      try {
        if (area.value.trim()) JSON.parse(area.value);
        hint.hidden = true;
      } catch {
        hint.hidden = false;
      }
    }, 400);
    area.addEventListener("input", check);
  });
})();
