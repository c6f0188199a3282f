/* Choosing from many: <select data-lookup="…"> asks the server while one types, <select multiple data-choices> shows
 * what is chosen as tags. Both are Tom Select over the select that is on the page anyway. */

(() => {
  const assets = () => JSON.parse(document.getElementById("form-assets").dataset.assets);

  const common = (select) => {
    const many = select.multiple;
    const plugins = {};
    if (many) plugins.remove_button = { title: houtai.text("remove") };
    else if ("clearable" in select.dataset) plugins.clear_button = { title: houtai.text("clear") };
    return {
      plugins,
      maxItems: many ? null : 1,
      maxOptions: 200,
      hideSelected: many,
      closeAfterSelect: !many,
      // Tom Select writes no English of its own into the page.
      placeholder: select.getAttribute("placeholder") || houtai.text(select.dataset.lookup ? "type_to_find" : "choose"),
      onInitialize() {
        this.control_input.setAttribute("aria-label", select.labels?.[0]?.textContent.trim() ?? select.getAttribute("aria-label") ?? "");
        // Its label now speaks for the input in its place.
        select.setAttribute("aria-hidden", "true");
        for (const name of ["aria-describedby", "aria-invalid"]) {
          if (select.hasAttribute(name)) this.control_input.setAttribute(name, select.getAttribute(name));
        }
        // The first wrong field of a refused form may have got the focus before it was drawn.
        if (document.activeElement === select) this.focus();
        select.form?.dispatchEvent(new Event("houtai:settled"));
      },
      onItemAdd() { this.setTextboxValue(""); },
    };
  };

  const note = (key) => () => {
    const element = document.createElement("div");
    element.className = "ts-note";
    element.textContent = houtai.text(key);
    return element;
  };

  const lookup = (select) => ({
    ...common(select),
    valueField: "id",
    labelField: "text",
    searchField: [],
    preload: "focus",
    loadThrottle: 220,
    shouldLoad: () => true,
    // The server has already found and ordered them.
    score: () => () => 1,
    async load(term, callback) {
      // Each answer takes the place of the one before, so no term counts as asked for already.
      this.loadedSearches = {};
      const url = new URL(select.dataset.lookup, location.href);
      url.searchParams.set("q", term);
      try {
        const answer = await houtai.getJson(url);
        for (const value of Object.keys(this.options)) {
          if (!this.items.includes(value)) this.removeOption(value, true);
        }
        callback(answer.results.map((row) => ({ ...row, id: String(row.id) })));
      } catch (error) {
        houtai.toast(error.message, "bad");
        callback();
      }
    },
    onItemAdd() {
      this.setTextboxValue("");
      // What is left to choose from is no longer what was typed for the last one.
      if (select.multiple) this.load("");
    },
    render: {
      option(data, escape) {
        const hint = data.hint ? `<span class="ts-hint">${escape(data.hint)}</span>` : "";
        return `<div><span>${escape(data.text ?? "")}</span>${hint}</div>`;
      },
      item: (data, escape) => `<div>${escape(data.text ?? "")}</div>`,
      no_results: note("nothing_found"),
      loading: note("searching"),
      not_loading: () => "",
    },
  });

  const choices = (select) => ({
    ...common(select),
    render: { no_results: note("nothing_found") },
  });

  houtai.enhance("select[data-lookup], select[data-choices]", async (select) => {
    await houtai.loadAll(assets().choose);
    if (!select.tomselect) new TomSelect(select, select.dataset.lookup ? lookup(select) : choices(select));
  });
})();
