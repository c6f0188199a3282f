/* Charts: draws what `<div class="chart" data-chart="/…/charts?…" data-chart-name="trend">` asks for.
 *
 * The address answers {language, currency, charts: {name: ECharts option}}; several charts on a page share one answer.
 * Options are plain data: a formatter is a name ("fmt:money"), a colour is a name ("token:muted"); both are looked up
 * here, so nothing from a server is ever run. ECharts is fetched when the first chart comes near the window. Colours
 * follow the page's tokens, live when the theme changes; a chart fits itself to its box, keeps still for readers who
 * want no motion, is described in words, can be read as a table and saved as a picture. */

(() => {
  const assets = document.getElementById("chart-assets");
  if (!assets) return;

  const answers = new Map();
  const drawn = new Set();
  const isStill = matchMedia("(prefers-reduced-motion: reduce)");
  const onPaper = matchMedia("print");
  let isPrinting = false;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const FEW_NAMES = 8; // so many bars always have their names, in two lines if need be
  const TOKENS = { muted: "text-faint", faint: "edge", text: "text" };

  // -- words and numbers ------------------------------------------------------------------------------------

  const formatters = (language, currency) => {
    const isChinese = language.startsWith("zh");
    const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
    const exact = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
    const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
    const some = (write) => (value) => (value == null || value === "-" ? "–" : write(Number(value)));
    const amount = (value) => `${value < 0 ? "−" : ""}${currency}${exact.format(Math.abs(value))}`;
    return {
      money: some(amount), count: some((value) => plain.format(value)), number: some((value) => plain.format(value)),
      percent: some((value) => share.format(value)), change: some((value) => (value > 0 ? "+" : "") + share.format(value)),
      short: some((value) => compact.format(value)),
      // 2026-08-31 is 08-31 on an axis; the tooltip has the year.
      day: (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? (isChinese ? value.slice(5) : new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(value))) : value),
    };
  };

  /** A copy of the option with formatters and colours looked up; the data itself is shared. */
  const revive = (value, words) => {
    if (typeof value === "string") {
      if (value.startsWith("fmt:")) return words[value.slice(4)];
      if (value.startsWith("token:")) return token(TOKENS[value.slice(6)] ?? value.slice(6));
      return value;
    }
    if (Array.isArray(value)) return value.map((item) => revive(item, words));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "data" ? item : revive(item, words)]));
    }
    return value;
  };

  // -- look -------------------------------------------------------------------------------------------------

  const theme = () => {
    const font = getComputedStyle(document.body).fontFamily;
    const small = { color: token("text-soft"), fontSize: 12, fontFamily: font };
    const line = { lineStyle: { color: token("line") } };
    const axis = { axisLine: { show: true, ...line }, axisTick: { show: false }, axisLabel: small, splitLine: { show: false, ...line } };
    return {
      color: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => token(`chart-${number}`)),
      backgroundColor: "transparent",
      textStyle: { color: token("text"), fontFamily: font },
      categoryAxis: axis,
      valueAxis: { ...axis, axisLine: { show: false }, splitLine: { show: true, ...line } },
      legend: { textStyle: small, inactiveColor: token("edge"), itemWidth: 18, itemHeight: 10 },
      tooltip: {
        backgroundColor: token("raised"), borderColor: token("line"), borderWidth: 1, padding: [8, 12],
        textStyle: { color: token("text"), fontSize: 13, fontFamily: font },
        axisPointer: { lineStyle: { color: token("edge") }, shadowStyle: { color: token("edge"), opacity: 0.12 } },
      },
      pie: { itemStyle: { borderColor: token("surface"), borderWidth: 2 } },
    };
  };

  /** What depends on the room there is, and on the reader. */
  const fit = (option, box) => {
    const isNarrow = box.clientWidth < 480;
    const hasLegend = option.legend?.some((legend) => legend.show !== false);
    const isBars = option.series[0].type === "bar";
    const isLying = option.yAxis?.[0].type === "category";
    if (option.xAxis) {
      const isLow = option.legend?.some((legend) => legend.bottom != null);
      option.grid = { left: 4, right: isBars && !isLying ? 12 : 26, top: hasLegend && !isLow ? 38 : 14, bottom: 6, containLabel: true };
      option.legend?.forEach((legend) => Object.assign(legend, { type: "scroll", right: 0 }));
      for (const axis of [option.xAxis, option.yAxis].flat()) {
        if (axis.type === "category" && axis.inverse) {
          axis.axisLabel = { ...axis.axisLabel, width: isNarrow ? 84 : 150, overflow: "truncate" };
        } else if (axis.type === "category" && isBars && axis.data.length <= FEW_NAMES) {
          const width = (box.clientWidth - 60) / axis.data.length;
          axis.axisLabel = { ...axis.axisLabel, interval: 0, width, overflow: "break", lineHeight: 15 };
        } else if (axis.type !== "category" && isNarrow) axis.splitNumber = 4;
      }
    }
    if (isStill.matches || isPrinting) option.animation = false;
    return option;
  };

  // -- one chart --------------------------------------------------------------------------------------------

  const ask = (url) => {
    if (!answers.has(url)) {
      const answer = houtai.getJson(url);
      answers.set(url, answer);
      answer.catch(() => answers.delete(url));
    }
    return answers.get(url);
  };

  const hasData = (option) => (option.series ?? []).some((series) => (series.data ?? []).some((item) => {
    const value = item && typeof item === "object" ? item.value : item;
    return value != null && value !== 0;
  }));

  const show = async (box) => {
    box.classList.remove("chart-failed");
    box.classList.add("chart-loading");
    box.replaceChildren();
    try {
      const [answer] = await Promise.all([ask(box.dataset.chart), houtai.load(assets.dataset.echarts)]);
      const option = answer.charts[box.dataset.chartName];
      if (!hasData(option)) {
        box.classList.add("chart-empty");
        box.textContent = houtai.text("chart_empty");
        return;
      }
      const words = formatters(answer.language, answer.currency);
      const lying = option.yAxis?.find((axis) => axis.type === "category");
      if (lying) box.style.minHeight = `${Math.max(box.clientHeight, 64 + 34 * lying.data.length)}px`;
      const chart = echarts.init(box, theme(), { renderer: "canvas", locale: answer.language.startsWith("zh") ? "ZH" : "EN" });
      const draw = () => chart.setOption(fit(revive(option, words), box), true);
      draw();
      box.setAttribute("role", "img");
      let width = box.clientWidth;
      new ResizeObserver(() => {
        // On paper the picture as it is shrinks to the sheet.
        if (onPaper.matches) return;
        chart.resize();
        if ((width < 480) !== (box.clientWidth < 480)) draw();
        width = box.clientWidth;
      }).observe(box);
      const one = { chart, repaint: () => { chart.setTheme(theme()); draw(); } };
      drawn.add(one);
      tools(box, one, option, words);
    } catch (error) {
      const retry = houtai.make("button", { type: "button", class: "btn btn-small" }, houtai.text("chart_retry"));
      retry.addEventListener("click", () => show(box));
      box.replaceChildren(houtai.make("p", {}, error.status === undefined ? houtai.text("chart_failed") : error.message), retry);
      box.classList.add("chart-failed");
    } finally {
      box.classList.remove("chart-loading");
    }
  };

  // -- as a table, as a picture -----------------------------------------------------------------------------

  const asTable = (option, words) => {
    const write = words[/^fmt:(\w+)$/.exec(option.tooltip?.valueFormatter ?? "")?.[1]] ?? String;
    const category = [option.xAxis, option.yAxis].flat().find((axis) => axis?.type === "category");
    const names = category ? category.data : option.series[0].data.map((item) => item.name);
    const value = (item) => (item && typeof item === "object" ? item.value : item);
    const head = houtai.make("tr", {}, houtai.make("th", {}), ...option.series.map((series) => houtai.make("th", { class: "num", scope: "col" }, series.name)));
    const rows = names.map((name, at) => houtai.make("tr", {}, houtai.make("th", { scope: "row" }, name),
      ...option.series.map((series) => houtai.make("td", { class: "num" }, write(value(series.data[at]))))));
    return houtai.make("table", { class: "table-list figures" }, houtai.make("thead", {}, head), houtai.make("tbody", {}, ...rows));
  };

  const tools = (box, one, option, words) => {
    const card = box.closest(".chart-card");
    const bar = card?.querySelector(".chart-tools");
    if (!bar) return;
    bar.hidden = false;
    const toggle = bar.querySelector("[data-chart-table]");
    const holder = card.querySelector(".chart-table");
    toggle.addEventListener("click", () => {
      const showsTable = holder.hidden;
      if (!holder.hasChildNodes()) holder.append(asTable(option, words));
      holder.hidden = !showsTable;
      box.hidden = showsTable;
      toggle.setAttribute("aria-pressed", String(showsTable));
      const label = houtai.text(showsTable ? "chart_as_chart" : "chart_as_table");
      toggle.setAttribute("aria-label", label);
      toggle.title = label;
    });
    bar.querySelector("[data-chart-save]").addEventListener("click", () => {
      const address = one.chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: token("surface") });
      const link = houtai.make("a", { href: address, download: `${card.querySelector("h2").textContent.trim()}.png` });
      link.click();
    });
  };

  // -- when -------------------------------------------------------------------------------------------------

  const coming = new Set();
  const begin = (box) => {
    near.unobserve(box);
    if (coming.delete(box)) show(box);
  };
  const near = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => begin(entry.target));
  }, { rootMargin: "200px" });

  houtai.enhance(".chart[data-chart]", (box) => {
    coming.add(box);
    near.observe(box);
  });

  const repaint = () => drawn.forEach((one) => one.repaint());
  // A style sheet switched by its media attribute counts from the next frame on.
  addEventListener("houtai:theme", () => requestAnimationFrame(() => requestAnimationFrame(repaint)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(repaint));
  isStill.addEventListener("change", repaint);
  // Paper is white whatever the theme; ECharts draws once more in the print style sheet's colours.
  addEventListener("beforeprint", () => {
    isPrinting = true;
    repaint();
    // All charts of a page come in one answer: once it is here, those further down are drawn before the page is.
    coming.forEach(begin);
  });
  addEventListener("afterprint", () => {
    isPrinting = false;
    repaint();
  });
})();
