// A line of the text and what is drawn of it light up together.
function light(line, on) {
  for (const found of document.querySelectorAll(`[data-line="${line}"]`)) {
    found.classList.toggle("lit", on);
  }
}

for (const found of document.querySelectorAll("[data-line]")) {
  found.addEventListener("mouseover", (event) => {
    event.stopPropagation();
    light(found.dataset.line, true);
  });
  found.addEventListener("mouseout", () => light(found.dataset.line, false));
}
