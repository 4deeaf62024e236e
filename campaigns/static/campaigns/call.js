// The page of a call: the speed of the player, and lines of the transcript that lead to their place and follow it.
"use strict";
(() => {
  const player = document.querySelector("[data-player] audio");
  if (!player) return;
  const lines = [...document.querySelectorAll("[data-at]")];
  const speed = document.querySelector("[data-player] select");
  speed.addEventListener("change", () => { player.playbackRate = Number(speed.value); });

  const goTo = (seconds) => {
    const go = () => {
      player.currentTime = seconds;
      player.playbackRate = Number(speed.value);
      player.play().catch(() => {});
    };
    if (player.readyState >= HTMLMediaElement.HAVE_METADATA) return go();
    player.addEventListener("loadedmetadata", go, {once: true});
    return player.load();
  };
  for (const line of lines) line.addEventListener("click", () => goTo(Number(line.dataset.at)));
  player.addEventListener("play", () => { player.playbackRate = Number(speed.value); });
  player.addEventListener("timeupdate", () => {
    const past = lines.filter((line) => Number(line.dataset.at) <= player.currentTime + 0.05);
    for (const line of lines) line.closest("li").classList.toggle("d-spoken", line === past.at(-1));
  });
  player.addEventListener("error", () => {
    document.querySelector("[data-player-problem]").hidden = false;
  });
})();
