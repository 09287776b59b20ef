// Clicking a time plays the recording from there. Without this, the link opens the recording.
"use strict";
const player = document.getElementById("player");
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-seek]");
  if (!link || !player || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  player.currentTime = Number(link.dataset.seek);
  player.play();
});
