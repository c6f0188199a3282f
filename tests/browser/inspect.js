// What can be seen wrong on a page by looking at it: told as sentences. Run in the page by `tests.browser.inspecting`.
const [language, size, check] = arguments;
const found = [];
const tell = (problem, element) => found.push(problem + (element ? ": " + describe(element) : ""));
const describe = element => {
  const text = (element.innerText || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
  const classes = typeof element.className === "string" ? element.className.trim().replace(/\s+/g, ".") : "";
  return element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") + (classes ? "." + classes : "") + (text ? ` “${text}”` : "");
};
const shown = element => {
  if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1;
};
const clipped = element => {
  for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.clipPath !== "none" && /inset\(50%|circle\(0/.test(style.clipPath)) return true;
    if (style.clip !== "auto" && style.position === "absolute") return true;
  }
  return false;
};
const all = css => [...document.querySelectorAll(css)].filter(element => shown(element) && !clipped(element));

// -- colours ----------------------------------------------------------------------------------------------------
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const known = new Map();
const rgba = colour => {
  if (!known.has(colour)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    known.set(colour, [r, g, b, a / 255]);
  }
  return known.get(colour);
};
const over = (top, under) => top.slice(0, 3).map((value, index) => value * top[3] + under[index] * (1 - top[3])).concat(1);
const light = colour => {
  const [r, g, b] = colour.slice(0, 3).map(value => {
    value /= 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.backgroundImage !== "none") return null;
    const colour = rgba(style.backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reverse().reduce((under, top) => over(top, under), rgba(getComputedStyle(document.documentElement).backgroundColor)[3] === 1
    ? rgba(getComputedStyle(document.documentElement).backgroundColor) : [255, 255, 255, 1]);
};
const dimming = element => {
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
  return opacity;
};
const readable = () => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || element.closest("script, style, noscript, [aria-disabled=true], :disabled, svg, option")) continue;
    seen.add(element);
    if (!shown(element) || clipped(element)) continue;
    const under = behind(element);
    if (!under) continue;
    const style = getComputedStyle(element);
    const colour = rgba(style.color);
    const text = over([...colour.slice(0, 3), colour[3] * dimming(element)], under);
    const [a, b] = [light(text), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.005) tell(`too little contrast (${ratio.toFixed(2)}:1)`, element);
  }
};

// -- structure --------------------------------------------------------------------------------------------------
const nameOf = element => (element.getAttribute("aria-label") || element.title || element.innerText || element.value ||
  (element.getAttribute("aria-labelledby") || "").split(" ").map(id => document.getElementById(id)?.innerText || "").join("") ||
  [...(element.labels || [])].map(label => label.innerText).join("") ||
  [...element.querySelectorAll("img[alt]")].map(image => image.alt).join("") || "").trim();
const structure = () => {
  if (document.documentElement.lang !== language) tell(`the page says its language is “${document.documentElement.lang}”, not “${language}”`);
  if (document.characterSet !== "UTF-8") tell(`the characters are ${document.characterSet}`);
  if (!document.title.trim()) tell("the page has no title");
  if (all("h1").length !== 1) tell(`the page has ${all("h1").length} main headings`);
  if (!document.querySelector("main")) tell("the page has no main part");
  if (document.compatMode !== "CSS1Compat") tell("the page is in quirks mode");
  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) tell(`two things have the id “${element.id}”`);
    ids.add(element.id);
  }
  for (const element of all("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]")) {
    if (element.closest(".swagger-ui")) continue;
    const labelled = ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName) && !["submit", "button"].includes(element.type)
      ? Boolean(element.getAttribute("aria-label") || element.title || element.getAttribute("aria-labelledby") || element.labels?.length)
      : Boolean(nameOf(element));
    if (!labelled) tell("nothing says what this is", element);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) tell("a picture has no words", image);
  for (const image of all("img")) if (image.complete && image.src && !image.naturalWidth) tell(`a picture did not load (${image.src})`, image);
  if (!document.styleSheets.length) tell("the page is unstyled");
};

// -- words ------------------------------------------------------------------------------------------------------
const english = () => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const spoken = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element.closest("script, style, code, pre, kbd, noscript, [lang=en], [data-verbatim]")) spoken.push([walker.currentNode.data, element]);
  }
  for (const element of document.querySelectorAll("[placeholder], [aria-label], [title], [data-confirm], [alt]")) {
    if (element.closest("[lang=en], [data-verbatim]")) continue;
    for (const name of ["placeholder", "aria-label", "title", "data-confirm", "alt"]) {
      if (element.hasAttribute(name)) spoken.push([element.getAttribute(name), element]);
    }
  }
  for (const [text, element] of spoken) {
    const words = text.match(/[A-Za-z]{2,}[,;]? [a-z]{2,}(?: [a-z]{2,})*|\b(?:[Aa]dd|[Ee]dit|[Dd]elete|[Ss]ave|[Cc]ancel|[Ss]earch|[Nn]one|True|False|Yes|No|null|undefined)\b/);
    if (words) tell(`English on a Chinese page: “${words[0].slice(0, 60)}”`, element);
  }
};

// -- fingers ----------------------------------------------------------------------------------------------------
const touchable = () => {
  const least = 43.5;
  for (const element of all("button, .btn, input:not([type=hidden]), select, textarea, summary, [role=button], nav a, .menu-panel a")) {
    if (element.closest(".tox, .swagger-ui")) continue; // drawn by others, and made for thumbs by its makers or not at all
    const boxes = [element.closest(".ts-control") || element, ...(["checkbox", "radio"].includes(element.type) ? element.labels : [])]
      .map(area => area.getBoundingClientRect());
    const [left, top, right, bottom] = [["left", "min"], ["top", "min"], ["right", "max"], ["bottom", "max"]]
      .map(([side, pick]) => Math[pick](...boxes.map(box => box[side])));
    const box = { width: right - left, height: bottom - top };
    // What is drawn small may reach further for the finger, by a pseudo-element laid over it.
    const reach = getComputedStyle(element, "::after");
    const tall = Math.max(box.height, reach.content !== "none" && reach.position === "absolute" ? parseFloat(reach.height) || 0 : 0);
    const wide = Math.max(box.width, reach.content !== "none" && reach.position === "absolute" ? parseFloat(reach.width) || 0 : 0);
    if (tall < least || wide < Math.min(least, 44)) tell(`too small for a finger (${Math.round(wide)}×${Math.round(tall)})`, element);
  }
  for (const element of all("input:not([type=checkbox], [type=radio], [type=range], [type=file]), select, textarea")) {
    if (parseFloat(getComputedStyle(element).fontSize) < 16) tell("a phone zooms in on letters below 16 px", element);
  }
};

if (check.includes("structure")) structure();
if (check.includes("words")) english();
if (check.includes("contrast")) readable();
if (size === "phone") touchable();
return [...new Set(found)].slice(0, 12);
