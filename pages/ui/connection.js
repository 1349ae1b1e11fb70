// Streamlit tries again in silence where its socket is refused. This says why, in the words of the server.
(() => {
  const SHOWN = "traffic-no-connection";
  const NO_SOCKET =
    "This page cannot reach its server: the proxy in between must pass WebSockets on " +
    "(nginx: proxy_http_version 1.1, and the headers Upgrade and Connection).";

  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given);
      let opened = false;
      this.addEventListener("open", () => {
        opened = true;
        document.getElementById(SHOWN)?.remove();
      });
      this.addEventListener("close", () => opened || explain(new URL(this.url).pathname));
    }
  };

  async function explain(socketPath) {
    try {
      const answer = await fetch(socketPath.replace("_stcore/stream", "session/reach"), { method: "POST" });
      if (answer.ok) show(NO_SOCKET);
      else if (answer.status === 400 || answer.status === 403) show(await answer.text());
    } catch {
      // the server is not there at all: Streamlit says so itself
    }
  }

  function show(reason) {
    const box = document.getElementById(SHOWN) ?? document.createElement("p");
    box.id = SHOWN;
    box.setAttribute("role", "alert");
    box.style.cssText =
      "position:fixed;inset:0 0 auto;z-index:2147483647;margin:0;padding:1rem;font:1rem/1.5 sans-serif;" +
      "color:#1b1b1b;background:#ffe9b3";
    box.textContent = reason;
    document.body.append(box);
  }
})();
