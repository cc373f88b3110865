/* Keeps every <time data-age> ticking by the server's clock, in the words of victoros/lib/figures.py. */
(() => {
  const served = document.querySelector("meta[name=victor-now]");
  const skew = served ? Date.parse(served.content) - Date.now() : 0;

  function say(seconds) {
    const whole = Math.max(Math.floor(seconds), 0);
    if (whole < 100) return `${whole} s`;
    if (whole < 6000) return `${Math.floor(whole / 60)} min`;
    if (whole < 172800) return `${Math.floor(whole / 3600)} h`;
    return `${Math.floor(whole / 86400)} d`;
  }

  function tick() {
    const now = Date.now() + skew;
    for (const element of document.querySelectorAll("time[data-age]")) {
      const seconds = (now - Date.parse(element.dateTime)) / 1000;
      const text = seconds > -1 ? say(seconds) : victor.word("future", { time: say(-seconds) });
      if (element.firstChild?.nodeType === 3) victor.setText(element.firstChild, text);
      else element.textContent = text;
    }
  }

  /* The server's time of day, as lists say it: 14:03:11. */
  victor.hour = (at = Date.now()) => new Date(at + skew).toTimeString().slice(0, 8);

  setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  document.addEventListener("htmx:afterSwap", tick);
})();
