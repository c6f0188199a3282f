/* Days and moments. On a touch screen the device's own picker is best and stays; on a desk flatpickr takes its place,
 * because the browsers' own have no Chinese of ours and no keyboard entry of a time. What is sent is the same. */

(() => {
  const holder = document.getElementById("form-assets");
  if (!holder || matchMedia("(pointer: coarse)").matches) return;

  /** Below or above the input, on the window: inside a dialog nothing else is neither hidden nor cut off. */
  const place = (picker, element) => {
    const at = (element ?? picker._positionElement).getBoundingClientRect();
    const calendar = picker.calendarContainer;
    const height = calendar.offsetHeight;
    const below = at.bottom + height + 8 < innerHeight || at.top < height;
    const start = document.dir === "rtl" ? at.right - calendar.offsetWidth : at.left;
    Object.assign(calendar.style, {
      position: "fixed", right: "auto",
      top: `${below ? at.bottom + 4 : at.top - height - 4}px`,
      left: `${Math.min(Math.max(8, start), innerWidth - calendar.offsetWidth - 8)}px`,
    });
  };

  /** What is written, if it is a day of the calendar (and a time): flatpickr itself would make 2 March of 30 February. */
  const read = (text) => {
    const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d\d)(?::\d\d)?)?$/.exec(text.trim());
    if (!parts) return undefined;
    const [year, month, day, hour, minute] = parts.slice(1).map((part) => Number(part ?? 0));
    const moment = new Date(year, month - 1, day, hour, minute);
    return moment.getMonth() === month - 1 && moment.getDate() === day && hour < 24 && minute < 60 ? moment : undefined;
  };

  houtai.enhance("input[data-picker]", async (input) => {
    await houtai.loadAll(JSON.parse(holder.dataset.assets).dates);
    const isMoment = input.dataset.picker === "moment";
    const words = flatpickr.l10ns[holder.dataset.dateLanguage] ?? flatpickr.l10ns.default;
    const value = input.value.replace("T", " ");
    const { min, max } = input;
    // A typed value that is no date stays, so that the server can say what is wrong with it.
    let typed = value;
    input.addEventListener("input", () => { typed = input.value; });
    const restore = () => { if (!input.value && typed) input.value = typed; };
    input.type = "text";
    input.value = value;
    input.autocomplete = "off";
    input.placeholder ||= isMoment ? "2026-08-01 09:30" : "2026-08-01";
    const picker = flatpickr(input, {
      enableTime: isMoment,
      time_24hr: true,
      dateFormat: isMoment ? "Y-m-d H:i" : "Y-m-d",
      minDate: min || undefined,
      maxDate: max || undefined,
      locale: { ...words, rangeSeparator: " – ", hourAriaLabel: houtai.text("hour"), minuteAriaLabel: houtai.text("minute") },
      allowInput: true,
      disableMobile: true,
      appendTo: input.closest("dialog") ?? undefined,
      position: place,
      parseDate: read,
      errorHandler() {},
      onChange(dates) { if (dates.length) typed = ""; else restore(); },
      onClose: restore,
    });
    restore();
    addEventListener("scroll", (event) => {
      if (picker.isOpen && !picker.calendarContainer.contains(event.target)) place(picker);
    }, { capture: true, passive: true });
    input.form?.dispatchEvent(new Event("houtai:settled"));
  });
})();
