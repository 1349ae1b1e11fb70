// What stands around every page: links within the app open without loading everything anew, and keys do what "?" lists.
(() => {
  const PAGES = {
    o: "Overview", r: "Repository", c: "Compare", p: "Report", h: "Chart", d: "Daily traffic", w: "Weekly traffic", b: "Dashboards",
    s: "SQL", n: "Connect", l: "Repositories", a: "Add repositories", v: "Import", m: "Subscriptions",
    y: "System log", t: "Tenants", u: "Users", i: "Audit log",
  };
  const MAIN = '[data-testid="stMain"]';
  const WAIT_MS = 1500, SETTLE_MS = 60, LONGEST_MS = 20000;
  const TYPING = "input, textarea, select, [contenteditable], [role=dialog], dialog";
  let goingUntil = 0;

  // Streamlit keeps a theme for the address at which it was loaded; one that was chosen is that of all.
  const themeHere = `stActiveTheme-${location.pathname}-v2`;
  function keepTheme(name) {
    try {
      if (name) localStorage.setItem("theme", name);
      const theme = localStorage.getItem("theme") ?? "System";
      theme === "System" ? localStorage.removeItem(themeHere) : localStorage.setItem(themeHere, JSON.stringify(theme));
    } catch { /* where nothing may be kept, it is the system's */ }
  }
  keepTheme();
  window.chooseTheme = (name) => {
    keepTheme(name);
    location.reload();
  };

  const links = () => [...document.querySelectorAll('[data-testid="stSidebarNavLink"]')];
  const linkTo = (title) => links().find((each) => each.innerText.trim().endsWith(title));

  // To come back from: another page, and each choice of what a page is of. What a page adds to its own address is none.
  let acted = false, leaving = false, restored = false;
  const STEPS = ["range", "dates", "of", "dashboard", "chapter", "period"];
  const step = history.pushState.bind(history), same = history.replaceState.bind(history);
  for (const kind of ["click", "keydown", "change"]) document.addEventListener(kind, noteAct, true);
  function noteAct(event) {
    const link = event.target.closest?.("a[href]");
    acted = true;
    restored = false;
    const goes = link && event.type === "click" && !link.target && link.origin === location.origin;
    leaving = Boolean(goes) && link.pathname !== location.pathname;
  }
  function move(state, _, to) {
    const url = new URL(to ?? location, location);
    // What Streamlit drops of an address before it leaves it, or when it has just come back to it, stays.
    const drops = leaving || (restored && url.search.length < location.search.length);
    if (drops && url.pathname === location.pathname) return;
    leaving = false;
    const asked = (key) => [url, location].map((each) => `${new URLSearchParams(each.search).getAll(key)}`);
    const isOther = url.pathname !== location.pathname || (acted && STEPS.map(asked).some(([now, was]) => now !== was));
    (isOther ? step : same)(state, "", url);
    acted &&= !isOther;
  }
  history.pushState = history.replaceState = move;
  addEventListener("popstate", () => (restored = true));

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.copy-link");
    if (!link) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (link.matches(".print-page")) return print();
    const to = new URL(location), frozen = new URLSearchParams(link.search);
    for (const key of new Set(frozen.keys())) to.searchParams.delete(key);
    frozen.forEach((value, key) => to.searchParams.append(key, value));
    copy(to.href).then((done) => {
      link.textContent = done ? "Link copied" : "Not copied";
      setTimeout(() => (link.textContent = "Copy link"), WAIT_MS);
    });
  }, true);

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { // without HTTPS there is no such clipboard
      const box = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(box);
      box.select();
      const done = document.execCommand("copy");
      box.remove();
      return done;
    }
  }

  const isPage = (to) => to.origin === location.origin && window.pageAddresses.includes(to.pathname.split("/").pop());

  function follow(to) {
    const kept = to.searchParams.has("range") ? ["against", "by"] : ["range", "dates", "against", "by"];
    for (const key of kept.filter((key) => !to.searchParams.has(key)))
      new URLSearchParams(location.search).getAll(key).forEach((value) => to.searchParams.append(key, value));
    history.pushState({}, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
    if (to.hash) reach(to.hash);
    else document.querySelector(MAIN)?.scrollTo(0, 0);
  }

  // Streamlit scrolls once to the heading that an address names, while what stands above it may still grow. So it is
  // scrolled to until it has been there for a while, or somebody does something else.
  let reaching = 0;
  function reach(hash) {
    const turn = ++reaching, opened = Date.now();
    let seen = 0;
    (function again() {
      const heading = document.getElementById(decodeURIComponent(hash.slice(1)));
      if (heading) seen ||= Date.now();
      if (turn !== reaching || Date.now() > (seen ? seen + WAIT_MS : opened + LONGEST_MS)) return;
      heading?.scrollIntoView();
      setTimeout(again, SETTLE_MS);
    })();
  }
  for (const kind of ["wheel", "pointerdown", "keydown"]) addEventListener(kind, () => reaching++, true);
  if (location.hash) reach(location.hash);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.download || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href);
    if (!isPage(to) || link.getAttribute("href").startsWith("#") || !link.closest(MAIN)) return;
    event.preventDefault();
    follow(to);
  });

  // Tables open their links so, each in a window of its own.
  const open = window.open.bind(window);
  window.open = (address, ...how) => {
    const to = new URL(address ?? "", location.href);
    return address && isPage(to) ? follow(to) : open(address, ...how);
  };

  // Streamlit sends what was typed a moment after the field is left: a link that is followed at once waits for that.
  let leftAt = 0;
  document.addEventListener("focusout", (event) => event.target.matches("input, textarea") && (leftAt = Date.now()), true);
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || Date.now() - leftAt > SETTLE_MS) return;
    leftAt = 0;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => link.click(), SETTLE_MS);
  }, true);

  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
    if (act(event.key, event.timeStamp)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  // Paper is white: a dark page is printed with its colours turned.
  window.addEventListener("beforeprint", () => {
    const app = document.querySelector('[data-testid="stApp"]');
    document.documentElement.toggleAttribute("data-dark", !!app && getComputedStyle(app).colorScheme === "dark");
  });

  // A chart's tooltip follows the mouse. A finger only taps: the tooltip stays until it taps elsewhere.
  let tapped = null;
  document.addEventListener("click", (event) => {
    if (event.pointerType !== "touch") return;
    tapped?.dispatchEvent(new PointerEvent("pointerout", { bubbles: true }));
    tapped = event.target.closest?.('[data-testid="stVegaLiteChart"]') ? event.target : null;
    const { clientX, clientY } = event;
    for (const kind of ["pointerover", "pointermove"])
      tapped?.dispatchEvent(new PointerEvent(kind, { bubbles: true, clientX, clientY }));
  });

  // By when keys were pressed, as a page that is busy drawing hears of them later; it waits from when it heard.
  function act(key, at) {
    const going = at < goingUntil;
    goingUntil = 0;
    if (going && PAGES[key]) return press(linkTo(PAGES[key]));
    if (key === "g") return (goingUntil = Math.max(at, performance.now()) + WAIT_MS);
    if (key === "/") return focusOn('input[type="search"]') || focusOn(`${MAIN} input`);
    if (key === "?") return showShortcuts();
  }

  function press(link) {
    link?.click();
    return link;
  }

  function focusOn(selector) {
    const input = document.querySelector(selector);
    input?.focus();
    return input;
  }

  window.showShortcuts = function showShortcuts() {
    const box = document.createElement("dialog");
    const page = getComputedStyle(document.querySelector('[data-testid="stApp"]'));
    box.className = "shortcuts";
    box.style.cssText = `background:${page.backgroundColor};color:${page.color};font-family:${page.fontFamily}`;
    const rows = [
      ["?", "Show this list"],
      ["/", "Search, or the first field of the page"],
      ["Esc", "Close what is open"],
      ...Object.entries(PAGES).filter(([, title]) => linkTo(title)).map(([key, title]) => [`g ${key}`, title]),
    ];
    box.innerHTML =
      "<h2>Keyboard shortcuts</h2><form method=dialog><button aria-label=Close>✕</button></form><dl>" +
      rows.map(([keys, what]) => {
        const shown = keys.split(" ").map((each) => `<kbd>${each}</kbd>`).join(" ");
        return `<div><dt>${shown}</dt><dd>${what}</dd></div>`;
      }).join("") +
      "</dl>";
    box.setAttribute("aria-label", "Keyboard shortcuts");
    box.addEventListener("close", () => box.remove());
    box.addEventListener("click", (event) => event.target === box && box.close());
    document.body.append(box);
    box.showModal();
    return box;
  };
  const { showShortcuts } = window;
})();
