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

  houtai.enhance("input[data-picker]", async (input) => {
    await houtai.loadAll(JSON.parse(holder.dataset.assets).dates);
    const isMoment = input.dataset.picker === "moment";
    const words = flatpickr.l10ns[holder.dataset.dateLanguage] ?? flatpickr.l10ns.default;
    const value = input.value.replace("T", " ");
    const { min, max } = input;
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
      // A typed value that is no date stays, so that the server can say what is wrong with it.
      errorHandler() {},
      onClose(_dates, text, self) { if (input.value && input.value !== text) self._input.value = input.value; },
    });
    addEventListener("scroll", (event) => {
      if (picker.isOpen && !picker.calendarContainer.contains(event.target)) place(picker);
    }, { capture: true, passive: true });
    input.form?.dispatchEvent(new Event("houtai:settled"));
  });
})();
