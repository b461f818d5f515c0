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

// A picture wider than its card is made to fit, as far as it can still be read; a click changes that.
for (const box of document.querySelectorAll(".picture")) {
  const drawn = box.querySelector("svg");
  const { width, height } = drawn.viewBox.baseVal;
  const size = (scale) => {
    drawn.setAttribute("width", width * scale);
    drawn.setAttribute("height", height * scale);
    box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  };
  const fitting = () => Math.max(0.5, Math.min(1, (box.clientWidth - 24) / width));
  if (fitting() < 1) {
    box.classList.add("wide");
    box.addEventListener("click", () => size(box.classList.toggle("full") ? 1 : fitting()));
  }
  size(fitting());
}
