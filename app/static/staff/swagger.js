/* The description of the API. Requests that are tried carry the page's form token, as those of our own scripts do.
 *
 * Swagger UI speaks English alone. Where the page hands over words (`data-words`: what it says → what we say), they take
 * the place of its own whenever it has drawn. What stands in the description, what the reader types, what the server
 * answers and all code are left as they are. */

(() => {
  const holder = document.getElementById("swagger-ui");

  // -- words ------------------------------------------------------------------------------------------------------

  const words = new Map(Object.entries(JSON.parse(holder.dataset.words || "{}")));
  const GAP = /\{(\w+)\}/g;
  const sentences = [...words].filter(([english]) => english.match(GAP)).map(([english, ours]) =>
    [new RegExp(`^${english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(GAP, "(?<$1>.+)")}$`), ours]);
  const NOT_ITS_OWN = `pre:not(.errors-wrapper), code, textarea, option, .opblock-tag, .opblock-summary-path,
    .opblock-summary-description, .opblock-description, td.parameters-col_name, td.header-col, .response-col_description__inner,
    .model-title, .property-row > td:first-child,
    .renderedMarkdown:not(.parameter__enum, .parameter__default, .live-responses-table *)`;
  const ATTRIBUTES = ["aria-label", "title", "placeholder"];

  const inOurs = (text) => {
    const english = text.trim();
    if (words.has(english)) return text.replace(english, () => words.get(english));
    for (const [pattern, ours] of sentences) {
      const given = pattern.exec(english)?.groups;
      if (given) return text.replace(english, () => ours.replace(GAP, (_all, name) => inOurs(given[name])));
    }
    return text;
  };
  const translateAttributes = (element) => {
    for (const name of ATTRIBUTES) {
      const text = element.getAttribute(name) ?? "";
      const ours = inOurs(text);
      if (ours !== text) element.setAttribute(name, ours);
    }
  };
  const translate = (root) => {
    if (root instanceof Element) [root, ...root.querySelectorAll("*")].forEach(translateAttributes);
    if ((root instanceof Element ? root : root.parentElement)?.closest(NOT_ITS_OWN)) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node instanceof Element && node.matches(NOT_ITS_OWN) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    for (let node = root; node; node = walker.nextNode()) {
      if (!(node instanceof Text)) continue;
      const ours = inOurs(node.data);
      // Written only where it differs, and what is ours is none of its words: so the observer comes to rest.
      if (ours !== node.data) node.data = ours;
    }
  };
  // Two words are said by its style sheet.
  for (const word of ["required", "loading"]) {
    if (words.has(word)) holder.style.setProperty(`--word-${word}`, JSON.stringify(words.get(word)));
  }

  // -- drawing ----------------------------------------------------------------------------------------------------

  let complete = false;
  const settle = () => {
    const drawn = complete && holder.querySelector(".opblock-tag, h3");
    if (drawn || holder.querySelector(".loading-container .title")) holder.removeAttribute("aria-busy");
  };
  new MutationObserver((changes, observer) => {
    if (words.size) {
      for (const { type, target, addedNodes } of changes) {
        if (type === "childList") addedNodes.forEach(translate);
        else if (type === "attributes") translateAttributes(target);
        else translate(target);
      }
    }
    settle();
    if (!words.size && !holder.hasAttribute("aria-busy")) observer.disconnect();
  }).observe(holder, { subtree: true, childList: true, characterData: true, attributeFilter: ATTRIBUTES });

  SwaggerUIBundle({
    domNode: holder,
    url: holder.dataset.url,
    layout: "BaseLayout",
    docExpansion: "none",
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    onComplete: () => {
      complete = true;
      settle();
    },
    requestInterceptor: (request) => {
      if (new URL(request.url, location.href).origin === location.origin) {
        request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
      }
      return request;
    },
  });
})();
