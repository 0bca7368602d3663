// The smallest application that reads its own path.
"use strict";

function render() {
  document.querySelector("h1").textContent = `This is ${location.pathname}`;
}

document.querySelector("nav").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link === null) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  render();
});

addEventListener("popstate", render);
render();
