// A page opened from disk may not start a Worker from a file beside it. There the search's worker runs in a hidden
// frame instead: its script is loaded as a plain script, and messages are copied and delivered later, as a Worker's are.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.appendChild(this.frame);
      const inner = this.frame.contentWindow;
      inner.postMessage = (data) => later(() => this.onmessage?.(message(data)));
      const script = inner.document.createElement("script");
      script.src = new URL(url, document.baseURI).href;
      this.loaded = new Promise((done) => (script.onload = done));
      script.onerror = (error) => this.onerror?.(error);
      inner.document.body.appendChild(script);
    }

    postMessage(data) {
      const sent = message(data);
      this.loaded.then(() => later(() => this.frame.contentWindow?.dispatchEvent(sent)));
    }

    terminate() {
      this.frame.remove();
    }
  };

  const later = (call) => setTimeout(call, 0);
  const message = (data) => new MessageEvent("message", { data: structuredClone(data) });
}
