/* The ground floor of every script: translated texts, requests, lazy loading, and `enhance`.
 *
 * Pages work without JavaScript wherever a plain form can do the job; scripts make what is there nicer. Each file
 * says `houtai.enhance(selector, function)`, which runs once for every matching element, now and for parts added
 * to the page later (`houtai.enhanceIn(element)`). */

window.houtai = (() => {
  const texts = {};
  const enhancers = [];
  const done = new WeakMap();
  const loading = new Map();

  document.querySelectorAll("[data-texts]").forEach((holder) => Object.assign(texts, JSON.parse(holder.dataset.texts)));

  /** The translated text `key`, with {name} replaced from `values`. */
  const text = (key, values = {}) => (texts[key] ?? "").replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  const applyOne = (selector, run, root) => {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      const runs = done.get(element) ?? new Set();
      if (runs.has(run)) continue;
      done.set(element, runs.add(run));
      run(element);
    }
  };

  /** Run `run(element)` once for each element that matches, now and when parts are added. */
  const enhance = (selector, run) => {
    enhancers.push([selector, run]);
    applyOne(selector, run, document);
  };

  /** Tell that `root` was added to the page. */
  const enhanceIn = (root) => enhancers.forEach(([selector, run]) => applyOne(selector, run, root));

  const csrf = () => document.querySelector('meta[name="csrf-token"]').content;

  /** An HTTP failure as a sentence for people. */
  class RequestFailed extends Error {
    constructor(status, message, body = null) {
      super(message);
      this.status = status;
      this.body = body;
    }
  }

  const answer = async (response) => {
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    const body = isJson ? await response.json() : null;
    if (response.redirected && /\/login\b/.test(new URL(response.url).pathname) || response.status === 401) {
      throw new RequestFailed(401, text("signed_out"));
    }
    if (!response.ok) throw new RequestFailed(response.status, body?.message || text("failed"), body);
    return isJson ? body : response;
  };

  const request = async (url, options) => {
    let response;
    try {
      response = await fetch(url, { credentials: "same-origin", ...options });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new RequestFailed(0, text("offline"));
    }
    return answer(response);
  };

  /** GET JSON. */
  const getJson = (url, options = {}) => request(url, { ...options, headers: { Accept: "application/json" } });

  /** GET a piece of HTML as a fragment. What refuses it answers in JSON. */
  const getHtml = async (url) => {
    const response = await request(url, { headers: { Accept: "application/json" } });
    return document.createRange().createContextualFragment(await response.text());
  };

  /** POST form fields (an object or FormData); answers the JSON, or the response where there is none. */
  const post = (url, fields) => {
    const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
    return request(url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": csrf() } });
  };

  /** POST JSON. */
  const postJson = (url, value) => request(url, {
    method: "POST", body: JSON.stringify(value),
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrf() },
  });

  /** Load a script or style sheet once; resolves when it is there. */
  const load = (url) => {
    if (!loading.has(url)) {
      loading.set(url, new Promise((resolve, reject) => {
        const isStyle = /\.css($|\?)/.test(url);
        const tag = document.createElement(isStyle ? "link" : "script");
        tag.onload = () => resolve();
        tag.onerror = () => { loading.delete(url); reject(new Error(url)); };
        if (isStyle) Object.assign(tag, { rel: "stylesheet", href: url });
        else Object.assign(tag, { src: url, async: false });
        document.head.append(tag);
      }));
    }
    return loading.get(url);
  };

  /** Load several after each other. */
  const loadAll = async (urls) => { for (const url of urls) await load(url); };

  /** `run`, once nothing has called for `wait` milliseconds. */
  const debounce = (run, wait = 200) => {
    let timer;
    return (...values) => { clearTimeout(timer); timer = setTimeout(() => run(...values), wait); };
  };

  /** What this browser remembers; storage may be switched off, so nothing depends on it. */
  const memory = {
    get(key, otherwise = null) {
      try { return JSON.parse(localStorage.getItem(`houtai.${key}`)) ?? otherwise; } catch { return otherwise; }
    },
    set(key, value) {
      try { localStorage.setItem(`houtai.${key}`, JSON.stringify(value)); } catch { /* full or switched off */ }
    },
    remove(key) {
      try { localStorage.removeItem(`houtai.${key}`); } catch { /* switched off */ }
    },
    /** The keys that begin with `start`. */
    keys(start) {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(`houtai.${start}`)).map((key) => key.slice(7));
      } catch { return []; }
    },
  };

  /** Under which name what somebody typed into a form and did not save is kept: by user, screen and record. */
  const draftKey = (name = "") => `draft.${document.documentElement.dataset.user ?? ""}.${name}`;

  /** Whether the page is shown as on a phone. */
  const isPhone = () => matchMedia("(max-width: 859px)").matches;

  /** A new element: make("button", {class: "btn", type: "button"}, "Save"). Children that are strings become text. */
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  };

  return { text, enhance, enhanceIn, csrf, getJson, getHtml, post, postJson, load, loadAll, debounce, memory, draftKey, isPhone, make, RequestFailed };
})();
