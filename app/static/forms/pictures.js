/* Pictures of a form: <input type="hidden" data-picture> holds one key, <input type="hidden" data-pictures> a JSON list.
 *
 * Pictures come from the file picker (or the camera of a phone), by dropping or by pasting; each is sent at once and
 * shows how far it is. A gallery is put in order by dragging or with the arrows of each picture. */

(() => {
  const holder = document.getElementById("form-assets");
  if (!holder) return;
  const { uploadUrl, filesUrl } = holder.dataset;
  const SPRITE = document.querySelector(".icon use")?.getAttribute("href").split("#")[0] ?? "";

  const drawing = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${SPRITE}#${name}`);
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    svg.append(use);
    return svg;
  };

  /** Send one file; `onProgress` gets 0 to 100. XMLHttpRequest, because fetch cannot tell how much was sent. */
  houtai.upload = (file, onProgress = () => {}) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file, file.name || "picture.png");
    request.open("POST", uploadUrl);
    request.setRequestHeader("X-CSRFToken", houtai.csrf());
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(Math.round((event.loaded / event.total) * 100)); };
    request.onerror = () => reject(new Error(houtai.text("offline")));
    request.onload = () => {
      if (request.status < 300 && request.response?.key) resolve(request.response);
      else reject(new Error(request.response?.message || houtai.text("picture_failed")));
    };
    request.send(body);
  });

  class Pictures {
    constructor(input) {
      this.input = input;
      this.isMany = "pictures" in input.dataset;
      this.max = this.isMany ? Number(input.dataset.max) || 20 : 1;
      this.busy = 0;
      this.build();
      this.draw();
      this.write(false);
      this.input.addEventListener("houtai:restored", () => { this.draw(); this.write(); });
      if (this.isMany) this.makeSortable();
    }

    read() {
      if (!this.isMany) return this.input.value ? [this.input.value] : [];
      try { return JSON.parse(this.input.value || "[]"); } catch { return []; }
    }

    build() {
      const label = document.querySelector(`label[for="${this.input.id}"]`);
      label?.setAttribute("id", `${this.input.id}-label`);
      this.file = houtai.make("input", { type: "file", accept: "image/*", multiple: this.isMany, class: "sr-only", tabindex: "-1", "aria-hidden": "true" });
      this.add = houtai.make("button", { type: "button", class: "picture-add", "aria-describedby": this.input.getAttribute("aria-describedby") }, drawing("image"),
        houtai.make("span", {}, houtai.text("picture_add")), houtai.make("small", { class: "only-wide" }, houtai.text("picture_drop")));
      this.list = houtai.make("ul", { class: "picture-list" });
      this.root = houtai.make("div", { class: `pictures${this.isMany ? " is-many" : ""}`, role: "group", "aria-labelledby": label?.id }, this.list, this.add, this.file);
      this.input.after(this.root);
      this.add.addEventListener("click", () => this.file.click());
      this.file.addEventListener("change", () => { this.take(this.file.files); this.file.value = ""; });
      this.root.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.take(event.clipboardData.files); } });
      this.root.addEventListener("dragover", (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        this.root.classList.add("is-over");
      });
      this.root.addEventListener("dragleave", (event) => { if (!this.root.contains(event.relatedTarget)) this.root.classList.remove("is-over"); });
      this.root.addEventListener("drop", (event) => {
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        this.root.classList.remove("is-over");
        this.take(event.dataTransfer.files);
      });
      // Saving before everything has arrived would lose the rest.
      this.input.form?.addEventListener("submit", (event) => {
        if (!this.busy) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        houtai.toast(houtai.text("picture_wait"), "warn");
      }, true);
    }

    /** Show the pictures that the input names. */
    draw() {
      this.list.replaceChildren();
      this.read().forEach((key) => this.addTile(key, filesUrl + key));
    }

    tiles() { return [...this.list.children]; }

    addTile(key, url) {
      const picture = houtai.make("img", { src: url, alt: "", loading: "lazy" });
      const tile = houtai.make("li", { class: "picture-tile" }, picture, this.buttons());
      if (key) tile.dataset.key = key;
      if (this.isMany) this.list.append(tile);
      else this.list.replaceChildren(tile);
      return tile;
    }

    buttons() {
      const make = (name, word, run) => {
        const button = houtai.make("button", { type: "button", class: "picture-button", "aria-label": houtai.text(word), title: houtai.text(word) }, drawing(name));
        button.addEventListener("click", () => run(button.closest("li")));
        return button;
      };
      const row = houtai.make("div", { class: "picture-buttons" });
      if (this.isMany) {
        row.append(make("arrow-left", "picture_earlier", (tile) => this.move(tile, -1)), make("arrow-right", "picture_later", (tile) => this.move(tile, 1)));
      } else row.append(make("rotate", "picture_replace", () => this.file.click()));
      row.append(make("trash", "picture_remove", (tile) => this.remove(tile)));
      return row;
    }

    move(tile, step) {
      const other = step < 0 ? tile.previousElementSibling : tile.nextElementSibling;
      if (!other) return;
      if (step < 0) other.before(tile);
      else other.after(tile);
      tile.querySelector(`.picture-button:nth-child(${step < 0 ? 1 : 2})`).focus();
      this.write();
    }

    remove(tile) {
      const next = tile.nextElementSibling ?? tile.previousElementSibling;
      tile.remove();
      this.write();
      (next?.querySelector(".picture-button:last-child") ?? this.add).focus();
    }

    async take(files) {
      for (const file of files) {
        if (!file.type.startsWith("image/")) houtai.toast(houtai.text("picture_wrong"), "warn");
        else if (this.isMany && this.tiles().length >= this.max) { houtai.toast(houtai.text("picture_full", { n: this.max }), "warn"); return; }
        else { const sent = this.send(file); if (!this.isMany) await sent; }
        if (!this.isMany) return;
      }
    }

    async send(file) {
      const before = this.isMany ? null : this.list.firstElementChild;
      const preview = URL.createObjectURL(file);
      const tile = this.addTile(null, preview);
      const state = houtai.make("span", { class: "picture-state", role: "status" }, houtai.text("picture_busy", { n: 0 }));
      tile.classList.add("is-busy");
      tile.append(state);
      this.busy += 1;
      this.write();
      try {
        const { key, url } = await houtai.upload(file, (part) => { state.textContent = houtai.text("picture_busy", { n: part }); });
        tile.dataset.key = key;
        tile.querySelector("img").src = url;
        tile.classList.remove("is-busy");
        state.remove();
      } catch (error) {
        // The picture that was there before a failed replacement is still the one that is stored.
        if (before) tile.replaceWith(before);
        else tile.remove();
        houtai.toast(`${file.name}: ${error.message}`, "bad");
      } finally {
        URL.revokeObjectURL(preview);
        this.busy -= 1;
        this.write();
      }
    }

    write(isChange = true) {
      const tiles = this.tiles();
      const keys = tiles.map((tile) => tile.dataset.key).filter(Boolean);
      if (this.isMany || !this.busy) this.input.value = this.isMany ? JSON.stringify(keys) : keys[0] ?? "";
      this.add.hidden = tiles.length >= this.max;
      tiles.forEach((tile, index) => {
        tile.setAttribute("aria-label", houtai.text("picture_number", { n: index + 1, all: tiles.length }));
        tile.toggleAttribute("data-first", this.isMany && index === 0);
        if (index === 0) tile.dataset.word = houtai.text("picture_first");
      });
      if (isChange) this.input.dispatchEvent(new Event("change", { bubbles: true }));
      else this.input.form?.dispatchEvent(new Event("houtai:settled"));
    }

    async makeSortable() {
      await houtai.loadAll(JSON.parse(holder.dataset.assets).sort);
      new Sortable(this.list, {
        animation: 150, filter: ".picture-button, .is-busy", preventOnFilter: false,
        // On a touch screen a short hold tells dragging from scrolling.
        delay: 180, delayOnTouchOnly: true, onEnd: () => this.write(),
      });
    }
  }

  houtai.enhance("input[data-picture], input[data-pictures]", (input) => { new Pictures(input); });
})();
