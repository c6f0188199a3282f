/* Formatted text: <textarea data-editor> becomes HugeRTE, fetched when the field comes near the window or the browser has
 * nothing else to do. Without it the textarea with its HTML works. The server cleans what is saved in any case. */

(() => {
  const holder = document.getElementById("form-assets");
  if (!holder) return;
  const { editorBase, editorCss, editorLanguage } = holder.dataset;

  const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";

  const options = (area) => ({
    target: area,
    base_url: editorBase,
    suffix: ".min",
    language: editorLanguage || "en",
    language_url: editorLanguage ? `${editorBase}/langs/${editorLanguage}.js` : undefined,
    directionality: document.dir || "ltr",
    skin: isDark() ? "oxide-dark" : "oxide",
    // A file, never `content_style`: that would be a style element, which the policy of the page forbids.
    content_css: editorCss,
    body_class: isDark() ? "prose dark" : "prose",
    plugins: "advlist autolink autoresize code fullscreen image link lists searchreplace table wordcount",
    toolbar: "undo redo | blocks | bold italic underline forecolor | image link | bullist numlist | alignleft aligncenter alignright | table | removeformat searchreplace code fullscreen",
    toolbar_mode: houtai.isPhone() ? "scrolling" : "wrap",
    block_formats: undefined,
    menubar: false,
    branding: false,
    promotion: false,
    elementpath: false,
    contextmenu: false,
    browser_spellcheck: true,
    min_height: 320,
    max_height: 720,
    autoresize_bottom_margin: 24,
    convert_urls: false,
    link_assume_external_targets: "https",
    link_target_list: false,
    image_description: true,
    image_dimensions: false,
    image_advtab: false,
    paste_data_images: true,
    block_unsupported_drop: true,
    file_picker_types: "image",
    images_file_types: "jpeg,jpg,png,webp,gif",
    images_upload_handler: async (blob, progress) => {
      const name = blob.filename();
      const file = new File([blob.blob()], name, { type: blob.blob().type });
      const { url } = await houtai.upload(file, progress);
      return url;
    },
    setup(editor) {
      // The translations lack the name of the colour button with its colour.
      if (editorLanguage) editor.on("ScriptsLoaded", () => hugerte.addI18n(editorLanguage, { "Text color {0}": `${hugerte.translate("Text color")} {0}` }));
      editor.on("init", () => {
        untouched.set(area, untouched.get(area) ?? { given: area.value, drawn: editor.getContent() });
        editor.save();
        area.form?.dispatchEvent(new Event("houtai:settled"));
      });
      editor.on("change input undo redo", () => {
        editor.save();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      });
    },
  });

  const started = new WeakSet();

  /* An editor writes the same text in its own way. A text in which nothing was changed is sent as it came, so that it
   * counts as untouched. */
  const untouched = new WeakMap();
  document.addEventListener("formdata", (event) => {
    for (const area of event.target.querySelectorAll("textarea[data-editor][name]")) {
      const before = untouched.get(area);
      if (before && area.value === before.drawn) event.formData.set(area.name, before.given);
    }
  });

  const start = async (area) => {
    if (started.has(area)) return;
    started.add(area);
    try {
      await houtai.loadAll(JSON.parse(holder.dataset.assets).editor);
      await hugerte.init(options(area));
    } catch {
      area.classList.add("is-plain");
      houtai.toast(houtai.text("editor_failed"), "warn");
    }
  };

  const near = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    near.unobserve(entry.target);
    start(entry.target);
  }), { rootMargin: "600px" });

  houtai.enhance("textarea[data-editor]", (area) => {
    near.observe(area);
    // Whoever goes from field to field with the keyboard should find it ready.
    setTimeout(() => { near.unobserve(area); start(area); }, 1500);
  });

  // The editor draws its own colours, so it is made anew when the theme changes.
  addEventListener("houtai:theme", () => {
    for (const editor of window.hugerte?.get() ?? []) {
      const area = editor.getElement();
      editor.save();
      editor.remove();
      started.delete(area);
      start(area);
    }
  });
})();
