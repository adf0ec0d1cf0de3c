// Added to every page by `cargo xtask serve` only: loads the page again when Trunk has built anew.
(() => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const listen = (onOpen) => {
    const socket = new WebSocket(`${scheme}://${location.host}/.well-known/trunk/ws`);
    socket.onopen = onOpen;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "reload") location.reload();
      if (message.type === "buildFailure") console.error(`Build failed: ${message.data.reason}`);
    };
    // The server is gone. When it is back, it has built anew.
    socket.onclose = () => setTimeout(() => listen(() => location.reload()), 2000);
  };
  listen(() => {});
})();
